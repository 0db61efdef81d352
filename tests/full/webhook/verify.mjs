// Verifies captured requests by two libraries, with every secret that signed them; then flips each byte
// of body, ID, timestamp and signature in turn, which both must refuse: verify.mjs CAPTURED.json
import { readFileSync } from "node:fs";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";

const libraries = { standardwebhooks: StandardWebhook, svix: SvixWebhook };
const captured = JSON.parse(readFileSync(process.argv[2], "utf8"));
const counts = { verified: 0, refused: 0 };

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function verifies(Library, secret, body, headers) {
  try {
    new Library(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

// Every way to have one byte of the request be another; a library is given text or bytes as it arrived.
function* flipped(body, headers) {
  for (let at = 0; at < body.length; at++) {
    const changed = Buffer.from(body);
    changed[at] ^= 1;
    yield [`body[${at}]`, changed, headers];
  }
  for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
    for (let at = 0; at < headers[name].length; at++) {
      const changed = Buffer.from(headers[name], "latin1");
      changed[at] ^= 1;
      yield [`${name}[${at}]`, body, { ...headers, [name]: changed.toString("latin1") }];
    }
  }
}

for (const { name, secrets, headers, body: base64 } of captured) {
  const body = Buffer.from(base64, "base64");
  const signatures = headers["webhook-signature"].split(" ");
  if (signatures.length !== secrets.length) fail(`${name}: ${signatures.length} signatures`);
  for (const [library, Library] of Object.entries(libraries)) {
    for (const [index, secret] of secrets.entries()) {
      if (!verifies(Library, secret, body, headers)) fail(`${library} refuses ${name}`);
      if (!verifies(Library, secret, body.toString("utf8"), headers)) fail(`${library} refuses ${name} as text`);
      counts.verified++;
      // Alone, so that no other signature saves a flipped one.
      const alone = { ...headers, "webhook-signature": signatures[index] };
      for (const [what, changedBody, changedHeaders] of flipped(body, alone)) {
        if (verifies(Library, secret, changedBody, changedHeaders))
          fail(`${library} takes ${name} with ${what} flipped`);
        counts.refused++;
      }
    }
    const other = "whsec_" + Buffer.alloc(32, 7).toString("base64");
    if (verifies(Library, other, body, headers)) fail(`${library} takes ${name} for another secret`);
  }
}
if (captured.length === 0) fail("nothing was captured");
console.log(`both libraries: ${counts.verified} verified; ${counts.refused} refused with one byte flipped`);
