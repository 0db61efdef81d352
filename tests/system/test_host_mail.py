"""Mail by a real affnotify-host and a real SMTP server (aiosmtpd) on loopback."""
import socket
import threading

import pytest

from host_driver import DELIVERED, DOWN, MISSET, REFUSED, RETRY, event
from mail_server import parse_strictly


@pytest.fixture
def start(launch, tls):
    """Starts hosts with the plugin that sends mail, to a server that they trust."""
    def start_host(server, values=None, **tuning):
        sent = {"url": server.url, "ca_file": str(tls.ca), "from": "me@example.com",
                "to": "one@example.com"}
        return launch("fixture_mail").ready({**sent, **(values or {})}, **tuning)
    return start_host


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
                                   f"Message-ID: <{event(1)[0]}@example.com>".encode()]
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
    mail = parse_strictly(server.envelopes[0].content)
    assert mail["MIME-Version"] == "1.0"
    assert mail["Subject"] == "An affiliate has joined"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain["Content-Transfer-Encoding"] == html["Content-Transfer-Encoding"] == (
        "quoted-printable")
    assert plain.get_content().replace("\r\n", "\n") == BODY
    assert html.get_content().replace("\r\n", "\n") == "<p>Joined: café.</p>\n"


@pytest.mark.parametrize("values", [{}, {"parts": "yes"}])
def test_a_mail_is_shown_as_it_is_sent(serve, start, values):
    server = serve()
    host = start(server, values, trial=True)
    shown, = host.render([event(1)])
    assert host.test([event(1)])[0]["verdict"] == DELIVERED
    envelope, = server.envelopes
    assert shown["body"] == envelope.content
    assert (shown["sender"], shown["lines"]) == (envelope.mail_from, envelope.rcpt_tos)


def test_many_mails_at_once(serve, start):
    server = serve()
    host = start(server, concurrency=2)
    for number in range(10):
        host.deliver(number, [event(number)])
    assert [host.outcome()["verdict"] for _ in range(10)] == [DELIVERED] * 10
    assert sorted(envelope.content.split(b"\r\n")[1] for envelope in server.envelopes) == sorted(
        f"Message-ID: <{event(number)[0]}@example.com>".encode() for number in range(10))


# ---- One connection for many mails ----

LOGIN = {"user": "me", "password": "sesame"}


@pytest.mark.parametrize("implicit_tls", [False, True])
def test_many_mails_go_by_one_connection(serve, start, implicit_tls):
    server = serve(implicit_tls=implicit_tls)
    host = start(server, LOGIN, concurrency=1)
    for number in range(60):
        host.deliver(number, [event(number)])
    assert [host.outcome()["verdict"] for _ in range(60)] == [DELIVERED] * 60
    assert len(server.envelopes) == 60
    assert (server.connections, len(server.logins)) == (1, 1)


def test_there_are_no_more_connections_than_mails_at_a_time(serve, start):
    server = serve()
    host = start(server, LOGIN, concurrency=3)
    for number in range(60):
        host.deliver(number, [event(number)])
    assert [host.outcome()["verdict"] for _ in range(60)] == [DELIVERED] * 60
    assert 1 <= server.connections <= 3


@pytest.mark.parametrize("refuse", [
    {"MAIL": "421 4.7.0 enough mails by this connection"},
    {"MAIL": "550 not you"},
    {"one@example.com": "550 5.1.1 no such user"},
    {"DATA": "452 no room"},
])
def test_a_mail_that_is_refused_leaves_nothing_behind(serve, start, refuse):
    """Nobody says RSET: the next mail begins with a connection of its own."""
    server = serve()
    host = start(server, LOGIN, concurrency=1)
    assert host.one(1)["verdict"] == DELIVERED
    server.refuse = refuse
    assert host.one(2)["verdict"] != DELIVERED
    server.refuse = {}
    assert [host.one(number)["verdict"] for number in (3, 4)] == [DELIVERED] * 2
    assert server.connections == 2
    assert [envelope.rcpt_tos for envelope in server.envelopes] == [["one@example.com"]] * 3


def test_one_recipient_who_is_refused_costs_no_connection(serve, start):
    server = serve()
    server.refuse = {"one@example.com": "550 5.1.1 no such user"}
    host = start(server, {"to": "one@example.com two@example.com"}, concurrency=1)
    assert [host.one(number)["verdict"] for number in range(3)] == [DELIVERED] * 3
    assert server.connections == 1


@pytest.mark.parametrize("last_words", [b"", b"421 4.4.2 you say nothing\r\n"])
def test_a_connection_that_the_server_has_ended_costs_no_attempt(serve, start, last_words):
    server = serve()
    host = start(server, LOGIN, concurrency=1)
    for number in range(3):
        outcome = host.one(number)
        assert outcome["verdict"] == DELIVERED, outcome
        server.close_all(last_words)
    assert server.connections == 3


# ---- Refusals ----

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


@pytest.mark.parametrize("host_name", ["localhost", "LOCALHOST", "127.0.0.1"])
def test_in_the_clear_to_this_machine(serve, start, host_name):
    server = serve(starttls=False)
    server.url = f"smtp://{host_name}:{server.port}"
    nowhere = "http://127.0.0.1:1"  # what is not encrypted goes to no proxy
    host = start(server, {"plain": "yes", "user": "me", "password": "sesame", "proxy": nowhere})
    assert host.one()["verdict"] == DELIVERED
    assert server.logins == [("PLAIN", b"me", b"sesame")]


@pytest.mark.parametrize("url, host_name", [
    ("smtp://mail.example.com", "mail.example.com"),
    ("smtp://localhost.example.com:26", "localhost.example.com:26"),
    ("smtp://128.0.0.1", "128.0.0.1"),
    ("smtp://[::2]", "[::2]"),
    ("smtps://localhost", "localhost"),
])
def test_in_the_clear_to_nobody_else(serve, start, url, host_name):
    server = serve()
    server.url = url
    outcome = start(server, {"plain": "yes"}).one()
    assert (outcome["verdict"], outcome["what"]) == (
        MISSET, "only mail by smtp:// to this machine (localhost, 127.0.0.1, [::1]) may go without "
        f"TLS, but this is for {host_name}")


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


# ---- Servers that stop in the middle ----

EHLO = "250 hello"
SENT = ["250 sender", "250 recipient", "354 go on", "250 queued"]  # MAIL, RCPT, DATA, the mail


class BrokenServer:
    """Takes connections one after the other, and says one reply after each command and each mail.

    Each connection has its list of replies; one that is None ends it, and "" is silence."""

    def __init__(self, *connections):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections = connections
        self.mails = []  # the number of the connection that each came by
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with self.listener:
            for number, replies in enumerate(self.connections):
                connection, _ = self.listener.accept()
                with connection, connection.makefile("rb") as lines:
                    try:
                        self.talk(connection, lines, replies, number)
                    except OSError:
                        pass  # the host had enough

    def talk(self, connection, lines, replies, number):
        connection.sendall(b"220 hello\r\n")
        before = ""
        for reply in replies:
            line = lines.readline()
            while before.startswith("354") and line not in (b".\r\n", b""):
                line = lines.readline()
            if before.startswith("354") and line:
                self.mails.append(number)
            if reply is None or not line:
                return
            connection.sendall(reply.encode() + b"\r\n" if reply else b"")
            before = reply
        while lines.readline():
            pass  # silent until the host has gone


@pytest.mark.parametrize("replies, code", [
    ([EHLO, SENT[0], "550 no such user", None], 550),
    ([EHLO, SENT[0], "550 no such user", ""], 550),
    (["500 what?", None], 500),
])
def test_a_refusal_is_not_the_answer_to_what_came_after_it(start, replies, code):
    server = BrokenServer(replies)
    host = start(server, {"plain": "yes", "to": "one@example.com, two@example.com"}, timeout_ms=500)
    outcome = host.one()
    assert (outcome["verdict"], outcome["code"]) == (RETRY, code), outcome
    assert "answered" not in outcome["what"]


def test_a_server_without_a_login_hears_nothing_of_the_mail(start):
    """libcurl would go on without."""
    server = BrokenServer([EHLO, "250 MAIL was said", "250 to", "354 go on", "250 taken"])
    host = start(server, {"plain": "yes", "user": "me", "password": "sesame"}, timeout_ms=5000)
    outcome = host.one()
    assert (outcome["verdict"], outcome["code"]) == (MISSET, 0), outcome
    assert outcome["what"] == f"phase 4 code 0: {server.url.removeprefix('smtp://')} offers no login"
    assert server.mails == []


def test_a_line_with_more_digits_is_no_reply(start):
    server = BrokenServer([EHLO, "5500 nonsense"])
    outcome = start(server, {"plain": "yes"}, timeout_ms=500).one()
    assert (outcome["verdict"], outcome["code"]) == (RETRY, 250), outcome


def test_no_mail_gets_the_reply_that_another_waited_for(start):
    """What the first connection says late would tell of the second mail that it has arrived."""
    server = BrokenServer([EHLO, *SENT[:3], "", "250 late"], [EHLO, *SENT[:3], "554 not this one"])
    host = start(server, {"plain": "yes"}, timeout_ms=500)
    assert host.one(1)["verdict"] == RETRY
    outcome = host.one(2)
    assert (outcome["verdict"], outcome["code"]) == (REFUSED, 554), outcome
    assert server.mails == [0, 1]
    assert host.close() == 0
