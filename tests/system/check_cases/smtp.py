"""Cases of the smtp sink."""

from check_cases import marked, say, warn
from check_cases.webhook import BEFORE

HEADER = "plugins/smtp/sentences.h"
SOURCES = ["plugins/smtp/address.c", "plugins/smtp/envelope.c", "plugins/smtp/smtp.c"]
TEST = "tests/unit/plugins/test_smtp.c"

ADA = "ada@example.com"


def mail(name, *lines, url="smtp://mail.example.com:587"):
    """With the keys that every one needs, unless they are among the lines."""
    whole = [f"[sink:{name}]", "plugin = smtp"]
    keys = [str(getattr(line, "line", line)).split(" = ")[0] for line in lines]
    whole += [f"{key} = {value}" for key, value in (("url", url), ("from", ADA), ("to", f"{name}@example.com"))
              if key not in keys]
    return (*whole, *lines)


SERVER = marked(
    *mail("scheme", say("url = https://example.com", SAY_SCHEME="must begin with smtp:// or smtps://")),
    *mail("letter", say("url = smtp://example.com/\u00e4",
                        SAY_HOST_CHARACTER="holds a character that no host has; write smtp://HOST:PORT")),
    *mail("path", say("url = smtp://example.com/mail",
                      SAY_URL_END="must end after host and port; write smtp://HOST:PORT")),
    *mail("smtps", say("starttls = never",
                       SAY_STARTTLS_OF_SMTPS="belongs to smtp://; leave it out: smtps:// is encrypted from the beginning"),
          url="smtps://mail.example.com"),
    *mail("never", say("starttls = never",
                       SAY_STARTTLS_NEVER="may be never only for a server on this machine (localhost, 127.0.0.1, [::1]); "
                                          "leave it out, so that the mail is encrypted")),
    *mail("empty", say("user =", SAY_EMPTY="is empty; leave it out")),
    *mail("user", say("user = ada", SAY_USER_ALONE="is set without password; set both, or neither")),
    *mail("password", say("password = file:{here}/password",
                          SAY_PASSWORD_ALONE="is set without user; set both, or neither (read from {here}/password)")),
    *mail("token", say("auth = xoauth2", SAY_NO_TOKEN="needs oauth_token, which is the access token of user")),
    *mail("whose", "auth = xoauth2",
          say("oauth_token = file:{here}/password",
              SAY_NO_TOKEN_USER="is set without user, to whom the token belongs: mostly an address (read from {here}/password)")),
    *mail("clear", "auth = oauthbearer", "user = ada", "oauth_token = file:{here}/password",
          say("password = file:{here}/password",
              SAY_PASSWORD_OF_TOKEN="belongs to auth = plain or login; leave it out: oauth_token is set in its place (read from {here}/password)"),
          say("starttls = never",
              SAY_TOKEN_IN_THE_CLEAR="may not be never with a token; leave it out, or log in by a password"),
          url="smtp://localhost"),
    *mail("both", "user = ada", "password = file:{here}/password",
          say("oauth_token = file:{here}/password",
              SAY_TOKEN_OF_PASSWORD="belongs to auth = xoauth2 or oauthbearer; set one of these, or leave it out (read from {here}/password)")),
    *mail("hidden", say("subject_prefix = A\u200bB",
                        SAY_HIDDEN="holds a character that cannot be seen, such as a line break; leave it out")),
    *mail("reply", say("reply_to = \u00e4da@example.com",
                       SAY_LOCAL_IN_HEADER_ONLY="has a letter beyond ASCII before its @, but no address has that the mail "
                                                "goes to or comes from; use an ASCII address of that mailbox")),
    *mail("list", say("list_id = affiliates",
                      SAY_LIST_ID="is no list's ID of at most 255 bytes; write LABEL.DOMAIN or NAME <LABEL.DOMAIN>, "
                                  "such as affiliates.example.com")),
    *mail("long", say("subject_prefix = " + 101 * "x", SAY_PREFIX_TOO_LONG="has more than 100 bytes; shorten it")),
    files={"password": "example-password"},
)

PEOPLE = marked(
    *mail("people",
          say(f"from = {ADA}, bob@example.com", SAY_ONE_SENDER="names more than one sender; write one address"),
          say(f"envelope_from = Ada <{ADA}>",
              SAY_NAME_OF_SENDER="has a name, which nobody would see; write the address alone"),
          say("to = " + ", ".join(f"{40 * 'Ada '}<{number}@example.com>" for number in range(60)),
              SAY_HEADER_TOO_LONG="makes a header of more than 8000 bytes; shorten the names, or use a mailing list"),
          warn("cc = 1@example.com",
               SAY_RECIPIENT_TWICE="names 1@example.com, who is a recipient already and gets one mail"),
          say("bcc = " + ", ".join(f"bcc{number}@example.com" for number in range(41)),
              SAY_RECIPIENTS="has one recipient too many: to, cc and bcc may name 100; use a mailing list")),
)

# What is wrong with an address, after its name; the address; how it is shown, if otherwise.
ADDRESSES = [
    ("SAY_NO_AT", "ada", "has no @; write name@example.com"),
    ("SAY_ADDRESS__SAY_LOCAL_EMPTY", "@example.com", "has nothing before its @; write name@example.com"),
    ("SAY_LOCAL_TOO_LONG", 65 * "a" + "@b.com", "has more than 64 bytes before its @; no mail server takes that"),
    ("SAY_LOCAL_DOT", ".ada@example.com",
     "has a dot before its @ that stands at an end or beside another; leave it out"),
    ("SAY_LOCAL_CHARACTER", "a(da@example.com",
     "has a character before its @ that no address may have there; write name@example.com"),
    ("SAY_LABEL_EMPTY", "ada@example..com", "has an empty part in its domain; write name@example.com"),
    ("SAY_LABEL_TOO_LONG", "ada@" + 64 * "x" + ".com",
     "has a part of more than 63 bytes in its domain; check the domain"),
    ("SAY_LABEL_HYPHEN", "ada@-example.com",
     "has a part in its domain that begins or ends with a hyphen; check the domain"),
    ("SAY_DOMAIN_BEYOND_ASCII", "ada@-ex\u00e4mple.com",
     "has a domain beyond ASCII that no name server could know; check the domain"),
    ("SAY_DOMAIN_CHARACTER", "ada@exam_ple.com",
     "has a domain with other than letters, digits, hyphens and dots; write name@example.com"),
    ("SAY_NOTHING_BUT_NAME", "Ada <>", "is empty; write name@example.com"),
    ("SAY_NAME_TOO_LONG", 257 * "n" + f" <{ADA}>", "has a name of more than 256 bytes; shorten it", 80 * "n" + "..."),
    ("SAY_ADDRESS_TOO_LONG", 255 * "a", "has more than 254 bytes; no mail server takes that"),
    ("SAY_BRACKET_OPEN", f"Ada <{ADA}", "has a < without its >; write NAME <name@example.com>"),
    ("SAY_BEHIND_BRACKET", f"<{ADA}> Ada", "has something after its >; put commas between addresses"),
    ("SAY_AT_IN_NAME", f"{ADA} <{ADA}>",
     "has an @ in its name; put commas between addresses, or quotes around the name"),
    ("SAY_BRACKET_CLOSED", f"{ADA}>", "has a > without its <; write NAME <name@example.com>"),
    ("SAY_SEMICOLON", f"{ADA};bob@example.com",
     "has a semicolon; put commas between addresses, or quotes around the name"),
    ("SAY_QUOTE_IN_NAME", f'Ada "A" <{ADA}>', "has a quotation mark within its name; put the whole name in quotes"),
    ("SAY_QUOTE_OPEN", f'x@example.com, "Ada <{ADA}>',
     'has a quotation mark that is not closed; write "NAME" <name@example.com>'),
    ("SAY_NAME_HIDDEN", f"Ada\u200b <{ADA}>",
     "has a character in its name that cannot be seen, such as a line break; leave it out", f"Ada[U+200B] <{ADA}>"),
    ("SAY_NAME_ALONE", 'y@example.com, "Ada"', "has a name without an address; write NAME <name@example.com>"),
]


def addresses():
    """Of each sink, the sender and all kinds of recipients are wrong."""
    for index, (name, address, sentence, *shown) in enumerate(ADDRESSES):
        key = ("from", "to", "cc", "bcc")[index % 4]
        if key == "from":
            yield from (f"[sink:{index}]", "plugin = smtp", "url = smtp://mail.example.com")
        number = 1 + (", " in address)
        item = shown[0] if shown else address.split(", ")[-1]
        quoted = f", `{item}`," if "@" in item or "..." in item else ""  # else it may be a password
        yield say(f"{key} = {address}", **{name: f"address {number}{quoted} {sentence}"})
    yield say(f"bcc = {ADA},,",
              SAY_ADDRESS_UNSHOWN__SAY_ADDRESS_EMPTY="address 2 is empty; write name@example.com or NAME "
                                                     "<name@example.com>, with commas between")


MARKED = [SERVER, PEOPLE, marked(*addresses())]
CASES = {}

ELSEWHERE = dict.fromkeys(("SAY_LOGIN_IN_URL", "SAY_NO_HOST"), (BEFORE, TEST))
