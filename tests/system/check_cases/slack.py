"""Cases of the slack sink."""

from check_cases import marked, say, warn
from check_cases.webhook import BEFORE

HEADER = "plugins/slack/slack.c"
SOURCES = ["plugins/slack/slack.c"]
TEST = "tests/unit/plugins/test_slack.c"

GOOD = "https://hooks.slack.com/services/T/B/"


def chat(name, url, speaks=say, **sentences):
    said = {key: f"{text} (read from the environment variable {url})" for key, text in sentences.items()}
    return f"[sink:{name}]", "plugin = slack", speaks(f"url = env:{url}", **said)


MARKED = [marked(
    *chat("plain", "PLAIN", SAY_NOT_HTTP="must be https, not http: nothing is sent in the clear"),
    *chat("scheme", "SCHEME", SAY_HTTPS="must begin with https://"),
    *chat("host", "HOST", SAY_HOST_ALONE="names a host alone; copy the whole URL of the incoming webhook"),
    *chat("workflow", "WORKFLOW", warn,
          SAY_NO_INCOMING_WEBHOOK="is not an incoming webhook's, which begins with https://hooks.slack.com/services/; a "
                                  "workflow's webhook does not take such messages"),
    *chat("hidden", "ONE"),
    say("programme = A\u200bB", SAY_PROGRAMME_HIDDEN="holds a control character or one that cannot be seen"),
    *chat("empty", "TWO"),
    say("programme =", SAY_PROGRAMME_EMPTY="is empty; leave it out for no name"),
    *chat("long", "THREE"),
    say("programme = " + 61 * "x", SAY_PROGRAMME_TOO_LONG="is longer than 60 characters"),
    environment={
        "PLAIN": "http://hooks.slack.com/services/T/B/example",
        "SCHEME": "ftp://hooks.slack.com/services/T/B/example",
        "HOST": "https://hooks.slack.com/",
        "WORKFLOW": "https://hooks.slack.com/workflows/T/example",
        "ONE": GOOD + "example-1",
        "TWO": GOOD + "example-2",
        "THREE": GOOD + "example-3",
    },
)]
CASES = {}

ELSEWHERE = {
    "SAY_LOGIN_IN_URL": (BEFORE, TEST),
    "SAY_NO_HOST": (BEFORE, TEST),
    "SAY_BLANK_IN_URL": (BEFORE, TEST),
    "SAY_PROGRAMME_NOT_UTF8": ("the file's reader refuses such a line", TEST),
}
