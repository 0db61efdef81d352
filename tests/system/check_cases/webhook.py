"""Cases of the webhook sink."""

from check_cases import marked, say, warn

HEADER = "plugins/webhook/sentences.h"
SOURCES = ["plugins/webhook/header.c", "plugins/webhook/signature.c", "plugins/webhook/webhook.c"]
TEST = "tests/unit/plugins/test_webhook.c"

GOOD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MAKE = "`echo whsec_$(openssl rand -base64 32)` makes one"
FROM = " (read from the environment variable PLAIN)"


def sink(name, *lines):
    return f"[sink:{name}]", "plugin = webhook", f"url = https://{name}.example.com/", *lines


MARKED = [marked(
    "[sink:plain]",
    "plugin = webhook",
    say("url = http://example.com/", SAY_NOT_HTTP="must be https, not http"),
    "[sink:scheme]",
    "plugin = webhook",
    say("url = ftp://example.com/", SAY_HTTPS="must begin with https://"),
    *sink("control", say("bearer_token = file:{here}/control",
                         SAY_TOKEN_CONTROL="holds a control character, perhaps a line break; write one line (read from "
                                           "{here}/control)")),
    *sink("word", warn("bearer_token = file:{here}/word",
                       SAY_TOKEN_BLANK="holds a blank; write the token alone, without a word before it (read from "
                                       "{here}/word)")),
    files={"control": "example\x01", "word": "Bearer example"},
), marked(
    *sink("form", say("signing_secret = env:GOOD, env:FORM",
                      SAY_SIGNING_FORM=f"secret 2 is not `whsec_` and base64, as {MAKE}")),
    *sink("length", say("signing_secret = env:SHORT",
                        SAY_SIGNING_LENGTH=f"secret 1 stands for 7 bytes, but must stand for 24 to 64; {MAKE} (read from the "
                                           "environment variable SHORT)")),
    *sink("twice", warn("signing_secret = env:GOOD file:{here}/good",
                        SAY_SIGNING_TWICE="secret 2 is secret 1 again; leave one of them out")),
    *sink("many", say("signing_secret = file:{here}/many",
                      SAY_SIGNING_TOO_MANY="holds 9 secrets, but a request is signed by at most 8 (read from {here}/many)")),
    *sink("good", "signing_secret = file:{here}/good"),
    environment={"GOOD": GOOD, "FORM": "example-signing-secret", "SHORT": "whsec_ZXhhbXBsZQ=="},
    files={"good": GOOD + "\n", "many": 9 * (GOOD + "\n")},
), marked(
    *sink("http", say("header.Transfer-Encoding = env:PLAIN",
                      SAY_HEADER_OF_HTTP="belongs to HTTP itself and cannot be set; leave it out" + FROM)),
    *sink("ours", say("header.Webhook-Id = env:PLAIN",
                      SAY_HEADER_OF_SINK="is sent by affnotify itself and cannot be set; leave it out" + FROM)),
    *sink("token", "bearer_token = env:PLAIN",
          say("header.authorization = env:PLAIN",
              SAY_HEADER_OF_TOKEN="is what bearer_token sends; leave one of the two out" + FROM)),
    *sink("twin", "header.X-Key = env:PLAIN",
          say("header.x-key = env:PLAIN",
              SAY_HEADER_TWICE="is header.X-Key again, for names of headers are the same in any case; leave one out" + FROM)),
    *sink("break", say("header.X-Key = env:CONTROL",
                       SAY_HEADER_CONTROL="holds a control character, perhaps a line break; write one line"
                                          + FROM.replace("PLAIN", "CONTROL"))),
    *sink("accent", warn("header.X-Key = env:ACCENT",
                         SAY_HEADER_NOT_ASCII="holds characters beyond ASCII, which the far side may read as others"
                                              + FROM.replace("PLAIN", "ACCENT"))),
    *sink("long", say("header.X-Key = file:{here}/long",
                      SAY_HEADER_TOO_LONG="has 8193 bytes with its name, but a header may have at most 8192 (read from "
                                          "{here}/long)")),
    say("[sink:full]", SAY_HEADERS_TOO_MANY="there are 33 headers, but at most 32 can be set"),
    *sink("full", *(f"header.X-{number} = env:PLAIN" for number in range(33)))[1:],
    environment={"PLAIN": "example", "CONTROL": "example\x01", "ACCENT": "caf\u00e9"},
    files={"long": 8186 * "x"},
)]
CASES = {}

BEFORE = "what reads URLs and secrets has said so before"
ELSEWHERE = dict.fromkeys(("SAY_LOGIN_IN_URL", "SAY_NO_HOST", "SAY_BLANK_IN_URL", "SAY_TOKEN_EMPTY"), (BEFORE, TEST))
