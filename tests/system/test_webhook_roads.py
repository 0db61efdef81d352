"""The webhook sink's ways through TLS and proxies, with servers of others: who shows which certificate to whom, and what
a proxy gets to see."""
import base64
import os
import shutil

import pytest

from harness import SPEC_CREATED, canonical, id_of
from host_driver import DELIVERED, DOWN, MISSET, RETRY
from host_driver import event as sent_event
from web_servers import Apache, Nginx, Wire, free_port

SERVERS = {"apache": Apache, "nginx": Nginx}
USER, PASSWORD = "tunnel-user", "example-password-of-the-proxy"
EARLY_ANSWERS = 500  # libcurl stumbled over one in ten
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@pytest.fixture
def hook(launch, build, tls):
    def start_host(url, values=None, **tuning):
        options = {"url": url + "/affiliates", "ca_file": str(tls.ca), **(values or {})}
        return launch(build / "plugins" / "webhook.so").ready(options, **tuning)

    return start_host


@pytest.fixture
def server(tmp_path):
    """Makes servers, which are stopped at the end."""
    made = []

    def make(kind):
        made.append(kind(tmp_path / f"server{len(made)}"))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def wire():
    made = []

    def make(port):
        made.append(Wire(port))
        return made[-1]

    yield make
    for each in made:
        each.close()


# ---- Certificates ----

@pytest.fixture(params=SERVERS)
def mutual(request, server, tls):
    if not shutil.which(request.param) and request.param == "nginx":
        assert "AFFN_NGINX" not in os.environ, "the full run needs nginx"
        pytest.skip("no nginx; the full run installs it")
    tls.sign("client", "affnotify-client")
    tls.make("stranger", "stranger", [])
    return server(SERVERS[request.param]).mutual(tls)


def shown(tls, name):
    return {"client_certificate": str(tls.directory / f"{name}.pem"), "client_key": str(tls.directory / f"{name}.key")}


def test_who_shows_its_certificate_gets_in(mutual, hook, tls):
    outcome = hook(mutual.url, shown(tls, "client")).one()
    assert (outcome["verdict"], outcome["code"]) == (DELIVERED, 204)
    both = tls.directory / "both.pem"
    both.write_text((tls.directory / "client.pem").read_text() + (tls.directory / "client.key").read_text())
    assert hook(mutual.url, {"client_certificate": str(both)}).one(2)["verdict"] == DELIVERED
    assert len(mutual.seen()) == 2
    for line in mutual.seen():
        assert line.startswith("SUCCESS ") and "affnotify-client" in line
        assert line.endswith('"POST /affiliates HTTP/1.1" 204')


def test_an_answer_before_the_request_is_read(mutual, hook, tls):
    """
    By HTTP/2 nginx answers as soon as it has a request's head, and resets the stream: that is an answer, unless libcurl
    saw the reset alone, which it seldom does.
    """
    host = hook(mutual.url, {**shown(tls, "client"), "http_version": "2"})
    for number in range(EARLY_ANSWERS):
        host.deliver(number, [sent_event(number)])
    outcomes = [host.outcome() for _ in range(EARLY_ANSWERS)]
    answered = [outcome for outcome in outcomes if outcome["code"]]
    assert {(outcome["verdict"], outcome["code"], outcome["what"]) for outcome in answered} == {(DELIVERED, 204, "")}
    assert len(answered) > EARLY_ANSWERS // 2
    assert {outcome["verdict"] for outcome in outcomes if not outcome["code"]} <= {RETRY}
    assert len(mutual.seen()) == EARLY_ANSWERS
    assert isinstance(mutual, Apache) or all("HTTP/2.0" in line for line in mutual.seen())


def test_nobody_else_gets_in(mutual, hook, tls):
    """Without a certificate, and with one that nobody there trusts; the event is not spent for it."""
    for number, values in enumerate([{}, shown(tls, "stranger")]):
        outcome = hook(mutual.url, values).one(number)
        assert (outcome["verdict"], outcome["remedy"]) == (
            MISSET, "the far side wants a certificate that it trusts: check client_certificate and client_key in the "
                    "section"), outcome
    assert not any(" 204" in line or "SUCCESS" in line for line in mutual.seen())


def test_who_we_do_not_trust_gets_nothing(mutual, hook, tls):
    """No ca_file, or the authority of somebody else: no request, whatever certificate we would show."""
    tls.make("others", "another authority", [])
    for ca_file in (tls.directory / "others.pem", None):
        values = {**shown(tls, "client"), "ca_file": str(ca_file)}
        if ca_file is None:
            values["ca_file"] = "/etc/ssl/certs/ca-certificates.crt"
        outcome = hook(mutual.url, values).one()
        assert outcome["verdict"] == DOWN
        assert outcome["what"].startswith(f"localhost:{mutual.port} could not show that it is itself: ")
    assert mutual.seen() == []


# ---- Proxies ----

def with_login(port, user=USER, password=PASSWORD):
    return {"proxy": f"http://{user}:{password}@127.0.0.1:{port}"}


@pytest.fixture
def tunnel(server, https_server):
    return server(Apache).tunnel(USER, PASSWORD, https_server.port)


def test_a_proxy_sees_where_to_and_no_more(tunnel, wire, hook, https_server):
    """A wire on either side of it: to the proxy goes the login and then TLS; to the far side TLS alone."""
    near, far = wire(tunnel.port), https_server
    secret = "whsec_" + base64.b64encode(bytes(32)).decode()
    host = hook(far.url, {**with_login(near.port), "bearer_token": "example-token", "signing_secret": secret,
                          "header.X-Key": "example-of-a-secret"})
    event_id, body = sent_event(1)
    assert host.one(1)["verdict"] == DELIVERED
    assert host.one(2)["verdict"] == DELIVERED
    assert far.requests[0].body == body

    said, = near.said  # one tunnel for both
    head, _, rest = bytes(said).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == f"CONNECT localhost:{far.port} HTTP/1.1"
    assert sorted(line.split(":")[0].lower() for line in lines[1:]) == [
        "host", "proxy-authorization", "proxy-connection", "user-agent"]
    assert f"Proxy-Authorization: Basic {BASIC}" in lines
    assert rest[:2] == b"\x16\x03", "TLS begins"
    for told in (body, event_id.encode(), b"person1@example.com", b"example-token", b"X-Key", b"webhook-", b"/affiliates",
                 b"POST"):
        assert told not in said
    for request in far.requests:
        assert "proxy-authorization" not in request.headers and "proxy-connection" not in request.headers
        assert PASSWORD.encode() not in request.raw and BASIC.encode() not in request.raw


@pytest.mark.parametrize("login", [("", ""), (USER, "another-password"), ("nobody", PASSWORD)])
def test_a_proxy_that_does_not_know_us(tunnel, wire, hook, https_server, login):
    """It answers 407, which is for the operator; nothing of the event was said, nor is the password shown."""
    near = wire(tunnel.port)
    proxy = with_login(near.port, *login) if login[0] else {"proxy": f"http://127.0.0.1:{near.port}"}
    outcome = hook(https_server.url, proxy).one()
    assert (outcome["verdict"], outcome["what"]) == (
        MISSET, f"the proxy answered 407 to CONNECT for localhost:{https_server.port}")
    assert outcome["remedy"] == "check the user and the password in `proxy`"
    assert https_server.connections == 0
    assert all(said.startswith(b"CONNECT ") and said.count(b"\r\n\r\n") == 1 for said in near.said)
    assert not any(b"person1@example.com" in said or b"\x16\x03" in said for said in near.said)


def test_a_proxy_that_refuses(server, hook, https_server):
    """Neither to that port nor at all; the far side is never spoken to directly instead."""
    other_port = server(Apache).tunnel(USER, PASSWORD, free_port())
    nobody = server(Apache).tunnel(USER, PASSWORD, https_server.port, require="all denied")
    for proxy in (other_port, nobody):
        outcome = hook(https_server.url, with_login(proxy.port)).one()
        assert (outcome["verdict"], outcome["what"]) == (
            DOWN, f"the proxy answered 403 to CONNECT for localhost:{https_server.port}")
        assert PASSWORD not in outcome["remedy"]
    gone = hook(https_server.url, with_login(free_port())).one()
    assert gone["verdict"] == DOWN
    assert https_server.connections == 0


def test_a_certificate_through_a_proxy(server, hook, tls, wire):
    """The far side asks for ours, and the proxy cannot see it."""
    tls.sign("client", "affnotify-client")
    far = server(Apache).mutual(tls)
    near = wire(server(Apache).tunnel(USER, PASSWORD, far.port).port)
    outcome = hook(far.url, {**with_login(near.port), **shown(tls, "client")}).one()
    assert (outcome["verdict"], outcome["code"]) == (DELIVERED, 204)
    assert far.seen() == ['SUCCESS affnotify-client "POST /affiliates HTTP/1.1" 204']
    assert b"affnotify-client" not in near.said[0]


def test_the_password_of_the_proxy_is_shown_nowhere(start, tmp_path, tls, tunnel, https_server):
    """By a real bus, from a file."""
    secret = tmp_path / "proxy"
    secret.touch(mode=0o600)
    secret.write_text(f"http://{USER}:{PASSWORD}@127.0.0.1:{tunnel.port}\n")
    bus = start(f"[sink:backend]\nplugin = webhook\nurl = {https_server.url}/affiliates\nca_file = {tls.ca}\n"
                f"proxy = file:{secret}\nexpire = 0\n")
    bus.emit(SPEC_CREATED)
    bus.wait_for("backend", delivered=1)
    assert https_server.requests[0].headers["webhook-id"] == id_of(canonical(SPEC_CREATED))
    printed = [bus.command(*call) for call in (["test", "backend"], ["status"], ["render", "backend"], ["config", "show"])]
    assert [done.returncode for done in printed] == [0] * 4, printed
    text = bus.log() + "".join(done.stdout + done.stderr for done in printed)
    assert PASSWORD not in text and BASIC not in text
