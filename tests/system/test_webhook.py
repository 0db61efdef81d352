"""The webhook sink as its receiver sees it: what is signed, which headers come, what is never done."""
import base64
import hmac

import pytest

from harness import SPEC_CREATED, canonical, id_of, webhook_section
from host_driver import DELIVERED, MISSET, REFUSED
from host_driver import event as sent_event
from https_server import HttpsServer, response

SECRETS = ["whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in range(3)]


@pytest.fixture
def hook(launch, build, https_server):
    """A host with the sink alone; its options have what every one needs."""

    def start_host(values=None, **tuning):
        options = {"url": https_server.url + "/affiliates", "ca_file": str(https_server.ca_file), **(values or {})}
        return launch(build / "plugins" / "webhook.so").ready(options, **tuning)

    return start_host


def signature(request, secret):
    """By another hand than ours."""
    text = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.digest(base64.b64decode(secret[len("whsec_"):]), text, "sha256")).decode()


# ---- What is sent ----

def test_a_request_byte_for_byte(hook, https_server):
    host = hook({"signing_secret": SECRETS[0], "bearer_token": "example-token", "header.X-Team": "one two"})
    event_id, body = sent_event(1)
    assert host.one(1)["verdict"] == DELIVERED
    request, = https_server.requests
    assert request.raw.startswith(b"POST /affiliates HTTP/1.1\r\n") and request.body == body
    assert request.header_lines == [
        f"Host: localhost:{https_server.port}",
        "Accept: */*",
        "Content-Type: application/json",
        "User-Agent: affnotify/0.1.0",
        f"webhook-id: {event_id}",
        f"webhook-timestamp: {request.headers['webhook-timestamp']}",
        f"webhook-signature: {signature(request, SECRETS[0])}",
        "affnotify-attempt: 1",
        "X-Team: one two",
        "Authorization: Bearer example-token",
        f"Content-Length: {len(body)}",
    ]


def test_ones_own_headers_take_the_place_of_ours_where_they_may(hook, https_server):
    hook({"header.user-agent": "mine/1", "header.Accept": "text/plain", "header.AUTHORIZATION": "Key example"}).one()
    headers = [line.split(": ")[0] for line in https_server.requests[0].header_lines]
    assert [headers.count(name) for name in ("user-agent", "User-Agent", "Accept", "AUTHORIZATION")] == [1, 0, 1, 1]


@pytest.mark.parametrize("secrets", [SECRETS[:1], SECRETS[:2], SECRETS[::-1]])
def test_each_secret_signs(start, https_server, tmp_path, secrets):
    """From wherever they come: the first from the environment, the others from one file."""
    (tmp_path / "others").write_text("".join(secret + "\n" for secret in secrets[1:]))
    (tmp_path / "others").chmod(0o600)
    listed = ["env:FIRST_SECRET"] + ([f"file:{tmp_path}/others"] if secrets[1:] else [])
    bus = start(webhook_section(https_server, f"signing_secret = {', '.join(listed)}\nexpire = 0"),
                env={"FIRST_SECRET": secrets[0]})
    bus.emit(SPEC_CREATED)
    bus.wait_for("backend", delivered=1)
    request, = https_server.requests
    assert request.headers["webhook-signature"] == " ".join(signature(request, secret) for secret in secrets)


# ---- The attempt ----

def test_the_number_of_the_attempt(start, https_server):
    """It grows with each attempt that counts, and a replay begins anew; the ID stays, and so does the body."""
    statuses = [500, 503, 200]
    https_server.answer = lambda request: statuses.pop(0) if statuses else 200
    bus = start(webhook_section(https_server, "retry = 10ms 10ms 10ms\nexpire = 0"))
    event_id, = bus.emit(SPEC_CREATED)
    bus.wait_for("backend", delivered=1)
    done = bus.command("replay", "--sink", "backend", "--event", event_id, "--yes")
    assert done.returncode == 0, done.stderr
    bus.wait_for("backend", delivered_since=2)
    assert [request.headers["affnotify-attempt"] for request in https_server.requests] == ["1", "2", "3", "1"]
    body = canonical(SPEC_CREATED)
    assert {(request.headers["webhook-id"], request.body) for request in https_server.requests} == {(id_of(body), body)}


def test_a_moment_in_which_nobody_is_there_is_no_attempt(start, https_server):
    """401 holds the sink and charges nobody: the event comes again as what it was."""
    https_server.answer = lambda request: 401
    bus = start(webhook_section(https_server, "retry = standard\nexpire = 0"))
    bus.emit(SPEC_CREATED)
    bus.wait_for("backend", state="held")
    https_server.answer = lambda request: 200
    assert bus.command("resume", "backend").returncode == 0
    bus.wait_for("backend", delivered=1)
    assert {request.headers["affnotify-attempt"] for request in https_server.requests} == {"1"}


# ---- What is shown ----

def test_render_and_test_show_no_secret(hook, https_server):
    values = {"signing_secret": f"{SECRETS[0]}, {SECRETS[1]}", "header.X-Key": "example-of-a-secret", "header.X-Short": "abc"}
    host = hook(values, trial=True)
    shown, = host.render([sent_event(1)])
    assert {"X-Key: ••••", "X-Short: ••••", "affnotify-attempt: 1"} <= set(shown["lines"])
    assert any(line.startswith("webhook-signature: v1,") for line in shown["lines"])

    key = SECRETS[1].removeprefix("whsec_").rstrip("=")
    echoed = f"{SECRETS[0]} {key} {key}= example-of-a-secret".encode()
    https_server.answer = lambda request: response(400, echoed, [("X-Echo", SECRETS[1]), ("X-Echo-Key", key)])
    outcome, said = host.test([sent_event(2)])
    request, = https_server.requests
    assert (request.headers["x-key"], request.headers["x-short"], request.headers["affnotify-test"]) == (
        "example-of-a-secret", "abc", "1")
    text = "\n".join([outcome["what"], *(what for _, what in said)])
    assert outcome["what"].endswith(": •••• •••• ••••= ••••")
    assert "X-Echo: ••••" in text and "X-Echo-Key: ••••" in text
    assert not any(secret in text for secret in (SECRETS[0][6:-1], key, "example-of-a-secret"))


# ---- What is never done ----

@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(hook, https_server, tls, status):
    """Neither to another server nor to the same one: no body, no token and no secret goes where nobody sent it."""
    other = HttpsServer(tls.context(), tls.ca)
    try:
        for place in (other.url, https_server.url):
            https_server.answer = lambda request: response(status, headers=[("Location", place + "/elsewhere")])
            outcome = hook({"bearer_token": "example-token", "header.X-Key": "example-of-a-secret"}).one()
            assert (outcome["verdict"], outcome["code"]) == (MISSET, status)
            assert outcome["what"].endswith(f", which leads to {place.removeprefix('https://')}")
        assert (other.requests, other.connections) == ([], 0)
        assert [request.path for request in https_server.requests] == ["/affiliates"] * 2
    finally:
        other.close()


def memory_of(pid):
    """What the process has had at most, in bytes."""
    line, = (line for line in open(f"/proc/{pid}/status", encoding="ascii") if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def test_an_answer_without_end_is_bounded(hook, https_server, tls):
    """It is not read to its end, and takes no memory: of 1 GiB that are offered, a small part is read."""

    class Flood(HttpsServer):
        sent = 0

        def exchange(self, connection, number):
            self.requests.append(self.read(connection, number))
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n")
            while self.sent < 1 << 30:
                connection.sendall(b"x" * 65536)
                self.sent += 65536
            return False

    flood = Flood(tls.context(), tls.ca)
    try:
        host = hook({"url": flood.url + "/"})
        before = memory_of(host.pid)
        outcome = host.one()
        assert (outcome["verdict"], outcome["code"]) == (REFUSED, 400)
        assert len(outcome["what"]) < 500
        assert flood.sent < 64 << 20, "what the sockets between them hold, and no more"
        assert memory_of(host.pid) - before < 64 << 20
    finally:
        flood.close()
