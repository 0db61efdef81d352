"""Cases of the webhook sink."""

from check_cases import marked, say, warn

HEADER = "plugins/webhook/webhook.c"
SOURCES = ["plugins/webhook/webhook.c"]
TEST = "tests/unit/plugins/test_webhook.c"

URL = "url = https://example.com/"

MARKED = [marked(
    "[sink:plain]",
    "plugin = webhook",
    say("url = http://example.com/", SAY_NOT_HTTP="must be https, not http"),
    "[sink:scheme]",
    "plugin = webhook",
    say("url = ftp://example.com/", SAY_HTTPS="must begin with https://"),
    "[sink:control]",
    "plugin = webhook",
    "url = https://control.example.com/",
    say("bearer_token = file:{here}/control",
        SAY_TOKEN_CONTROL="holds a control character, perhaps a line break; write one line (read from "
                          "{here}/control)"),
    "[sink:word]",
    "plugin = webhook",
    "url = https://word.example.com/",
    warn("bearer_token = file:{here}/word",
         SAY_TOKEN_BLANK="holds a blank; write the token alone, without a word before it (read from {here}/word)"),
    files={"control": "example\x01", "word": "Bearer example"},
)]
CASES = {}

BEFORE = "what reads URLs and secrets has said so before"
ELSEWHERE = dict.fromkeys(("SAY_LOGIN_IN_URL", "SAY_NO_HOST", "SAY_BLANK_IN_URL", "SAY_TOKEN_EMPTY"), (BEFORE, TEST))
