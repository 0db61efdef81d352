"""The slack sink against a server that answers as Slack does: what the channel gets, what the operator is told."""

import json
import re

import pytest

from harness import SPEC_CREATED, event
from https_server import response

PATH = "/services/T00EXAMPLE/B00EXAMPLE/x4MpLeOfAnUrl0nLyForTests"
SECRETS = PATH.strip("/").split("/")[1:]  # any part of the URL's path is a secret

# Word, HTTP status, verdict, and a part of what the operator is told to do. The words and statuses are those that
# Slack documents for incoming webhooks, then some that it sends beside them.
ANSWERS = [
    ("invalid_payload", 400, "REFUSED", "report it to the plugin's author"),
    ("no_text", 400, "REFUSED", "report it to the plugin's author"),
    ("user_not_found", 400, "MISSET", "make a new incoming webhook for a channel"),
    ("too_many_attachments", 400, "REFUSED", "lower `batch`"),
    ("action_prohibited", 403, "MISSET", "ask an administrator of the Slack workspace"),
    ("posting_to_general_channel_denied", 403, "MISSET", "make a new incoming webhook for another channel"),
    ("invalid_token", 403, "MISSET", "copy the webhook's whole URL"),
    ("team_disabled", 403, "MISSET", "make a new incoming webhook and set `url`"),
    ("channel_not_found", 404, "MISSET", "invite the Slack app to the channel again"),
    ("no_service", 404, "MISSET", "copy the webhook's whole URL"),
    ("no_service_id", 404, "MISSET", "copy the webhook's whole URL"),
    ("no_active_hooks", 404, "MISSET", "switch Incoming Webhooks on"),
    ("no_team", 404, "MISSET", "copy the webhook's whole URL"),
    ("channel_is_archived", 410, "MISSET", "un-archive the channel in Slack"),
    ("rollup_error", 500, "RETRY", "slack-status.com"),
    ("invalid_blocks", 400, "REFUSED", "may not know Block Kit"),
    ("missing_text_or_fallback_or_attachments", 500, "REFUSED", "report it to the plugin's author"),
    ("rate_limited", 429, "RETRY", "keep `rate = 1/s`"),
    ("channel_is_archived", 200, "MISSET", "un-archive the channel in Slack"),
]


def section(server, extra=""):
    """Without `expire`, for the events of these tests are from a fixed day."""
    return (f"[sink:alerts]\nplugin = slack\nurl = file:{server.ca_file.parent}/slack-url\n"
            f"ca_file = {server.ca_file}\nexpire = 0\n{extra}\n")


@pytest.fixture
def slack(https_server):
    """The server, and the file that the section names as the secret."""
    secret = https_server.ca_file.parent / "slack-url"
    secret.write_text(f"{https_server.url}{PATH}\n")
    secret.chmod(0o600)
    https_server.answer = lambda request: response(200, b"ok")
    return https_server


def expect_no_secret(*texts):
    for text in texts:
        assert [secret for secret in SECRETS if secret in text] == [], text


def settle(bus, verdict):
    """Hands one event in and waits until the sink is done with it; what trace tells of it."""
    (event_id,) = bus.emit(SPEC_CREATED)
    bus.wait_for("alerts", pending=0, in_flight=0)
    delivery = bus.delivery(event_id, "alerts")
    assert delivery["verdict"] == verdict, delivery
    return delivery


def test_a_message_arrives(start, slack):
    bus = start(section(slack))
    delivery = settle(bus, "DELIVERED")
    assert delivery["code"] == 200 and bus.sink("alerts")["delivered"] == 1
    (request,) = slack.requests
    assert (request.method, request.path) == ("POST", PATH)
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    message = json.loads(request.body)
    assert message["text"].split("\n")[0] == "affiliate@example.com joined"
    assert [block["type"] for block in message["blocks"]] == ["header", "section", "context"]
    expect_no_secret(bus.log())


def test_the_plugins_defaults_are_taken_without_a_word(start, slack):
    bus = start(section(slack))
    done = bus.command("check", "-c", str(bus.config))
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 mistakes, 0 warnings\n", "")
    assert "warning" not in bus.log()


def test_several_events_make_one_message(start, slack):
    bus = start(section(slack, "enabled = no"))
    bus.emit(*[event(number, kind="affiliate.deactivated" if number % 5 == 4 else "affiliate.created")
               for number in range(45)])
    bus.stop()
    bus.configure(section(slack, "batch = 40"))
    bus.start()
    bus.wait_for("alerts", delivered=45, pending=0)
    messages = [json.loads(request.body) for request in slack.requests]
    headers = [message["blocks"][0]["text"]["text"] for message in messages]
    assert all(len(message["blocks"]) <= 50 for message in messages)
    rows = [[int(row) for row in re.findall(r"person(\d+)@", message["text"])] for message in messages]
    assert sum(rows, []) == list(range(45))  # each once, oldest first: what is left of a batch comes next
    assert len(messages[0]["blocks"]) == 49 and headers[0] == "20 joined, 4 left"


@pytest.mark.parametrize("word,status,verdict,remedy", ANSWERS, ids=lambda value: str(value)[:40])
def test_each_answer_has_a_remedy(start, slack, word, status, verdict, remedy):
    slack.answer = lambda request: response(status, word.encode())
    bus = start(section(slack, "retry = none"))
    delivery = settle(bus, verdict)
    assert delivery["state"] == "dead" and delivery["code"] == status, delivery
    what = f"HTTP {status} from localhost:{slack.port}: " + ("it gets too much" if status == 429 else f"{word}: ")
    assert delivery["what"].startswith(what), delivery
    assert remedy in delivery["remedy"], delivery
    shown = bus.command("status")
    assert f"what to do: {delivery['remedy']}" in shown.stdout
    assert delivery["what"] in shown.stdout
    expect_no_secret(shown.stdout, shown.stderr, bus.log(), json.dumps(bus.ask({"command": "status"})))


@pytest.mark.parametrize("answered,verdict,what,remedy", [
    (response(200, b"<html>Log in to the network first</html>"), "MISSET", ", but not Slack's answer",
     "whether a login page stands in between"),
    (response(204), "MISSET", ", but not Slack's answer", "check `url`"),
    (response(503, b"<html>"), "RETRY", "HTTP 503 from localhost", ""),
    (response(302, b"", [("Location", "https://example.com/")]), "MISSET", "HTTP 302 from localhost", "redirects"),
    (response(400, b"a_word_of_next_year"), "REFUSED", ": a_word_of_next_year", ""),
], ids=["login page", "no content", "unavailable", "redirect", "unknown word"])
def test_other_answers(start, slack, answered, verdict, what, remedy):
    slack.answer = lambda request: answered
    bus = start(section(slack, "retry = none"))
    delivery = settle(bus, verdict)
    assert what in delivery["what"] and remedy in delivery["remedy"], delivery
    expect_no_secret(bus.command("status").stdout, bus.log())


def test_an_answer_that_quotes_the_url_shows_no_secret(start, slack):
    """Not Slack's way, but a gateway's: the path in the body is kept out of every sentence."""
    slack.answer = lambda request: response(404, f"nothing at {PATH}".encode())
    bus = start(section(slack, "retry = none"))
    delivery = settle(bus, "MISSET")
    expect_no_secret(json.dumps(delivery), bus.command("status").stdout, bus.log())


def test_a_test_message_is_marked_and_its_conversation_shows_no_secret(start, slack):
    bus = start(section(slack))
    done = bus.command("test", "alerts")
    assert done.returncode == 0, done.stdout + done.stderr
    (request,) = slack.requests
    message = json.loads(request.body)
    assert message["text"].startswith("Test: affiliate@example.com joined\n")
    assert message["blocks"][0]["text"]["text"] == "🧪 Test: affiliate@example.com joined"
    assert "DELIVERED" in done.stdout
    expect_no_secret(done.stdout, done.stderr, bus.log())


def test_a_mistake_in_the_url_does_not_show_it(start, tmp_path):
    bus = start(f"[sink:alerts]\nplugin = slack\nurl = http://hooks.slack.com{PATH}\n")
    sink = bus.wait_for("alerts", state="stopped")
    assert "[sink:alerts] url: " in sink["error"] and "must be https, not http" in sink["error"]
    expect_no_secret(json.dumps(sink), bus.command("status").stdout, bus.log())
