"""Mail by a real affnotify-host and a real SMTP server (aiosmtpd) on loopback."""
import asyncio
import email
import email.policy
import threading

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from host_driver import DELIVERED, DOWN, MISSET, REFUSED, RETRY, Host, event


class MailServer:
    """Keeps the envelopes it takes; `refuse` maps a command or a recipient to a reply."""

    def __init__(self, tls, implicit_tls=False, starttls=True):
        self.envelopes = []
        self.refuse = {}
        self.logins = []
        context = tls.context()
        server = self

        class Handler:
            async def handle_MAIL(self, _server, _session, envelope, address, options):
                if "MAIL" in server.refuse:
                    return server.refuse["MAIL"]
                envelope.mail_from = address
                envelope.mail_options.extend(options)
                return "250 OK"

            async def handle_RCPT(self, _server, _session, envelope, address, _options):
                if address in server.refuse:
                    return server.refuse[address]
                envelope.rcpt_tos.append(address)
                return "250 fine"

            async def handle_DATA(self, _server, _session, envelope):
                if "DATA" in server.refuse:
                    return server.refuse["DATA"]
                server.envelopes.append(envelope)
                return "250 queued as 1234"

        def authenticate(_server, _session, _envelope, mechanism, login):
            server.logins.append((mechanism, login.login, login.password))
            return AuthResult(success=login.password == b"sesame", handled=False,
                              message=None)

        def talk():
            return SMTP(Handler(), authenticator=authenticate, auth_require_tls=False,
                        tls_context=None if implicit_tls or not starttls else context,
                        hostname="mail.example.com", loop=self.loop)

        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        listening = self.loop.create_server(talk, "127.0.0.1", 0,
                                            ssl=context if implicit_tls else None)
        self.server = asyncio.run_coroutine_threadsafe(listening, self.loop).result(30)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"{'smtps' if implicit_tls else 'smtp'}://localhost:{self.port}"

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def mail(self):
        """The one mail that came, parsed."""
        envelope, = self.envelopes
        return email.message_from_bytes(envelope.content, policy=email.policy.default)


@pytest.fixture
def serve(tls):
    servers = []

    def start_server(**how):
        servers.append(MailServer(tls, **how))
        return servers[-1]

    yield start_server
    for server in servers:
        server.stop()


@pytest.fixture
def start(build, tls):
    hosts = []

    def start_host(server, values=None, **tuning):
        host = Host(build, build / "fixtures" / "fixture_mail.so")
        hosts.append(host)
        sent = {"url": server.url, "ca_file": str(tls.ca), "from": "me@example.com",
                "to": "one@example.com"}
        return host.ready({**sent, **(values or {})}, **tuning)

    yield start_host
    for host in hosts:
        host.finish()


BODY = "Joined: café.\n.a dot begins this line\nThe end.\n"


def test_a_mail_over_starttls(serve, start):
    server = serve()
    host = start(server, {"to": "one@example.com, two@example.com"})
    outcome = host.one(1)
    assert outcome["verdict"] == DELIVERED, outcome
    assert outcome["code"] == 250
    assert outcome["what"] == (
        f"phase 7 code 250: localhost:{server.port} took the mail: 250 "
        "| one@example.com: 250 fine | two@example.com: 250 fine")
    envelope = server.envelopes[0]
    assert envelope.mail_from == "me@example.com"
    assert envelope.rcpt_tos == ["one@example.com", "two@example.com"]
    head, body = envelope.content.split(b"\r\n\r\n", 1)
    assert head.split(b"\r\n") == [b"Subject: An affiliate has joined",
                                   b"Message-ID: " + event(1)[0].encode()]
    assert body == BODY.replace("\n", "\r\n").encode()
    assert host.close() == 0


@pytest.mark.parametrize("mechanism, sent", [("plain", "PLAIN"), ("login", "LOGIN")])
def test_a_login_over_smtps(serve, start, mechanism, sent):
    server = serve(implicit_tls=True)
    host = start(server, {"user": "me", "password": "sesame", "mechanism": mechanism})
    assert host.one()["verdict"] == DELIVERED
    assert server.logins == [(sent, b"me", b"sesame")]


def test_alternatives(serve, start):
    server = serve()
    assert start(server, {"parts": "yes"}).one()["verdict"] == DELIVERED
    mail = server.mail()
    assert mail["Subject"] == "An affiliate has joined"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain["Content-Transfer-Encoding"] == html["Content-Transfer-Encoding"] == (
        "quoted-printable")
    assert plain.get_content().replace("\r\n", "\n") == BODY
    assert "café" in html.get_content()


def test_many_mails_at_once(serve, start):
    server = serve()
    host = start(server, concurrency=2)
    for number in range(10):
        host.deliver(number, [event(number)])
    assert [host.outcome()["verdict"] for _ in range(10)] == [DELIVERED] * 10
    assert sorted(envelope.content.split(b"\r\n")[1] for envelope in server.envelopes) == sorted(
        b"Message-ID: " + event(number)[0].encode() for number in range(10))


@pytest.mark.parametrize("refuse, verdict, phase, code", [
    ({"MAIL": "451 later"}, RETRY, 5, 451),
    ({"MAIL": "550 not you"}, MISSET, 5, 550),
    ({"one@example.com": "450 full"}, RETRY, 6, 450),
    ({"one@example.com": "550 5.1.1 no such user"}, REFUSED, 6, 550),
    ({"DATA": "452 no room"}, RETRY, 7, 452),
    ({"DATA": "554 looks like spam"}, REFUSED, 7, 554),
])
def test_refusals(serve, start, refuse, verdict, phase, code):
    server = serve()
    server.refuse = refuse
    outcome = start(server).one()
    assert (outcome["verdict"], outcome["code"]) == (verdict, code), outcome
    assert outcome["what"].startswith(f"phase {phase} code {code}: localhost:{server.port} answered")
    assert server.envelopes == []


def test_one_recipient_of_two_is_refused(serve, start):
    server = serve()
    server.refuse = {"one@example.com": "550 5.1.1 no such user"}
    outcome = start(server, {"to": "one@example.com two@example.com"}).one()
    assert outcome["verdict"] == DELIVERED
    assert outcome["what"] == (
        f"phase 7 code 250: localhost:{server.port} took the mail: 250, but refused 1 of 2 recipients "
        "| one@example.com: 550 5.1.1 no such user | two@example.com: 250 fine")
    assert server.envelopes[0].rcpt_tos == ["two@example.com"]


def test_all_recipients_refused_one_of_them_for_now(serve, start):
    server = serve()
    server.refuse = {"one@example.com": "450 full", "two@example.com": "550 unknown"}
    assert start(server, {"to": "one@example.com two@example.com"}).one()["verdict"] == RETRY


def test_a_wrong_password(serve, start):
    server = serve(implicit_tls=True)
    outcome = start(server, {"user": "me", "password": "guess-work"}).one()
    assert (outcome["verdict"], outcome["code"]) == (MISSET, 535)
    assert "guess-work" not in str(outcome)


def test_nothing_is_sent_in_the_clear(serve, start):
    server = serve(starttls=False)
    outcome = start(server, {"user": "me", "password": "sesame"}).one()
    assert outcome["verdict"] == DOWN
    assert f"localhost:{server.port} offers no TLS" in outcome["what"]
    assert server.logins == [] and server.envelopes == []


def test_a_certificate_that_is_not_trusted(serve, start):
    outcome = start(serve(), {"ca_file": "/etc/ssl/certs/ca-certificates.crt"}).one()
    assert outcome["verdict"] == DOWN


def test_nobody_listens(serve, start):
    server = serve()
    server.url = "smtp://127.0.0.1:1"
    outcome = start(server).one()
    assert outcome["verdict"] == DOWN
    assert outcome["what"] == (
        "phase 1 code 0: no connection to 127.0.0.1:1: Connection refused")


@pytest.mark.parametrize("values, what", [
    ({"from": "a b@example.com"}, "the sender is not an address"),
    ({"to": "<one@example.com>"}, "a recipient is not an address"),
    ({"user": "me", "password": "x", "mechanism": "bearer"}, "auth by bearer is not for mail"),
])
def test_a_mail_that_is_not_sent(serve, start, values, what):
    outcome = start(serve(), values).one()
    assert (outcome["verdict"], outcome["what"]) == (MISSET, what)
