"""A trial by a real affnotify-host: test events alone are sent, and the conversation is told."""
import base64
import re
import socket
import threading

import pytest

from host_driver import DELIVERED, DOWN, MISSET, REFUSED, RETRY, event
from https_server import response

MASK = "••••"
ID = event(1)[0]
CANONICAL = event(1)[1].decode()


@pytest.fixture
def start(launch):
    """Starts hosts in a trial, through the handshake."""
    def start_host(plugin, values=None, trial=True, **tuning):
        return launch(plugin).ready(values or {}, trial=trial, **tuning)
    return start_host


@pytest.fixture
def post(start, https_server):
    def start_host(values=None, **tuning):
        trusted = {"url": https_server.url + "/hook", "ca_file": str(https_server.ca_file)}
        return start("fixture_request", {**trusted, **(values or {})}, **tuning)
    return start_host


@pytest.fixture
def mail(start, tls):
    def start_host(server, values=None, **tuning):
        sent = {"url": server.url, "ca_file": str(tls.ca), "from": "me@example.com",
                "to": "one@example.com"}
        return start("fixture_mail", {**sent, **(values or {})}, **tuning)
    return start_host


def same(said):
    """The conversation without what differs from run to run."""
    def line(text):
        text = re.sub(r"(port |:)\d{4,5}\b", r"\1PORT", text)
        return re.sub(r"(expire date: ).*", r"\1DATE", text)
    return [(who, line(text)) for who, text in said]


CONNECTING = [
    ("note", "Trying 127.0.0.1:PORT..."),
    ("note", "Connected to localhost (127.0.0.1) port PORT (#0)"),
]
TLS = [
    ("note", "SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384"),
    ("note", "Server certificate:"),
    ("note", "subject: CN=localhost"),
    ("note", "expire date: DATE"),
    ("note", 'subjectAltName: host "localhost" matched cert\'s "localhost"'),
    ("note", "issuer: CN=affnotify test CA"),
    ("note", "SSL certificate verify ok."),
]


# ---- HTTP ----

def test_the_conversation_of_a_request(post, https_server):
    https_server.answer = lambda _request: response(
        400, b'{"error":\r\n\r\n"no such \xff\x1b[1m thing"}', [("X-Why", "because")])
    outcome, said = post().test([event(1)])
    assert (outcome["verdict"], outcome["code"]) == (REFUSED, 400)
    assert same(said) == CONNECTING + TLS + [
        ("sent", "POST /hook HTTP/1.1"),
        ("sent", "Host: localhost:PORT"),
        ("sent", "User-Agent: affnotify/0.1.0"),
        ("sent", "Accept: */*"),
        ("sent", f"webhook-id: {ID}"),
        ("sent", "X-Round: 0"),
        ("sent", f"Content-Length: {len(CANONICAL)}"),
        ("sent", CANONICAL),
        ("received", "HTTP/1.1 400 Status"),
        ("received", "Content-Length: 35"),
        ("received", "X-Why: because"),
        ("received", '{"error":'),
        ("received", ""),
        ("received", '"no such ? [1m thing"}'),
    ]


def test_nothing_is_told_outside_of_a_trial(post):
    host = post(trial=False)
    assert host.one()["verdict"] == DELIVERED
    assert host.said == []


def test_each_round_is_told(post, https_server):
    answers = [200, 500]
    https_server.answer = lambda _request: answers.pop(0)
    said = post({"mode": "again"}).test([event(1)])[1]
    assert [text for who, text in said if " Status" in text or "X-Round" in text] == [
        "X-Round: 0", "HTTP/1.1 200 Status", "X-Round: 1", "HTTP/1.1 500 Status"]


def chunked(*pieces):
    """A body in pieces, as HTTP sends it."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


def test_no_secret_is_told(post, https_server):
    """Not even by a server that repeats them, in a header and in two pieces of a body."""
    secrets = ["open sesame", "x7KqSecret", "key-12345"]
    https_server.answer = lambda _request: chunked(
        b"you are open se", b"same of /hoo", b"ks/x7KqSecret with ", b"key-1", b"2345")
    host = post({"secret_url": https_server.url + "/hooks/x7KqSecret", "token": secrets[0],
                 "api_key": secrets[2]})
    said = host.test([event(1)])[1]
    assert [text for who, text in said if MASK in text] == [
        f"POST /{MASK} HTTP/1.1",
        f"X-Api-Key: {MASK}",
        f"Authorization: Bearer {MASK}",
        f"you are {MASK} of {MASK} with {MASK}",
    ]
    assert not [secret for secret in secrets if secret in str(said)]


def test_a_path_that_libcurl_tidies_is_hidden(post, https_server):
    said = post({"secret_url": https_server.url + "/a/../x7KqSecret"}).test([event(1)])[1]
    assert https_server.requests[0].path == "/x7KqSecret"
    assert ("sent", f"POST /{MASK} HTTP/1.1") in said
    assert "x7Kq" not in str(said)


def test_a_password_that_is_short_is_hidden(post):
    said = post({"token": "abc", "user": "me"}).test([event(1)])[1]
    assert ("sent", f"Authorization: Basic {MASK}") in said


def test_a_proxys_password_is_hidden(post):
    listener = socket.create_server(("127.0.0.1", 0))
    asked = []

    def refuse():
        client = listener.accept()[0]
        with client:
            asked.append(client.recv(65536))
            client.sendall(b"HTTP/1.1 407 No\r\nX-You-Said: bWU6cGFzcy13b3Jk pass-word\r\n\r\n")

    threading.Thread(target=refuse, daemon=True).start()
    proxy = f"http://me:pass-word@127.0.0.1:{listener.getsockname()[1]}"
    outcome, said = post({"proxy": proxy}).test([event(1)])
    assert outcome["verdict"] == MISSET
    assert b"Proxy-Authorization: Basic bWU6cGFzcy13b3Jk\r\n" in asked[0]
    assert ("sent", f"Proxy-Authorization: Basic {MASK}") in said
    assert ("received", f"X-You-Said: {MASK} {MASK}") in said
    assert "pass-word" not in str(said) and "cGFzcy13b3Jk" not in str(said)


def test_a_long_line_is_cut(post):
    said = post({"size": "100k"}).test([event(1)])[1]
    assert [text for who, text in said if text.startswith("xx")] == ["x" * (64 << 10)]


def test_a_long_conversation_is_cut(post, https_server):
    https_server.answer = lambda _request: response(200, (b"y" * 4095 + b"\n") * 100)
    host = post({"token": "open sesame"})
    outcome, said = host.test([event(1)])
    assert outcome["verdict"] == DELIVERED
    assert said[-1] == ("note", "the rest of the conversation is left out")
    told = [text for who, text in said if text.startswith("yy")]
    assert set(told) == {"y" * 4095} and 60 <= len(told) <= 64
    https_server.answer = lambda _request: 200  # the next batch is told again
    said = host.test([event(2)], batch=2)[1]
    assert said[-2:] == [("received", "HTTP/1.1 200 Status"), ("received", "Content-Length: 0")]


def test_a_secret_at_the_cut_is_hidden(post, https_server):
    """256 KiB of a body are looked at; they end in the middle of the secret."""
    body = (b"y" * 63 + b"\n") * 4095 + b"z" * 56 + b" open sesame and more"
    https_server.answer = lambda _request: response(200, body)
    said = post({"token": "open sesame"}).test([event(1)])[1]
    assert said[-2:] == [("received", "z" * 56 + " " + MASK),
                         ("note", "the rest of the conversation is left out")]


def test_a_body_that_is_sent_in_pieces(post, https_server):
    body = "".join(f"{number:0>1000}\n" for number in range(100))
    said = post({"body": body}).test([event(1)])[1]
    assert [text for who, text in said if text.startswith("000")] == body.split()


# ---- What fails ----

def test_nobody_listens(post):
    outcome, said = post({"url": "https://127.0.0.1:1/"}).test([event(1)])
    assert outcome["verdict"] == DOWN
    assert re.sub(r"after \d+ ms", "after N ms", str(said)) == str([
        ("note", "Trying 127.0.0.1:1..."),
        ("note", "connect to 127.0.0.1 port 1 failed: Connection refused"),
        ("note", "Failed to connect to 127.0.0.1 port 1 after N ms: Couldn't connect to server"),
    ])


def test_a_certificate_that_is_not_trusted(start, https_server):
    host = start("fixture_request", {"url": https_server.url})
    outcome, said = host.test([event(1)])
    assert outcome["verdict"] == DOWN
    assert same(said) == CONNECTING + [
        ("note", "TLSv1.3 (OUT), TLS alert, unknown CA (560):"),
        ("note", "SSL certificate problem: unable to get local issuer certificate"),
    ]


def test_an_answer_that_breaks_off(post, https_server):
    https_server.answer = lambda _request: (
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", False)
    outcome, said = post().test([event(1)])
    assert outcome["verdict"] == RETRY
    assert said[-2] == ("received", "half")
    assert said[-1] == ("note", "transfer closed with 96 bytes remaining to read")


# ---- Mail ----

HELLO = [("sent", "EHLO HOST"), ("received", "250-mail.example.com"),
         ("received", "250-SIZE 33554432"), ("received", "250-8BITMIME")]
MESSAGE = [
    ("sent", "MAIL FROM:<me@example.com>"),
    ("received", "250 OK"),
    ("sent", "RCPT TO:<one@example.com>"),
    ("received", "250 fine"),
    ("sent", "DATA"),
    ("received", "354 End data with <CR><LF>.<CR><LF>"),
    ("sent", "Subject: An affiliate has joined"),
    ("sent", f"Message-ID: <{ID}@example.com>"),
    ("sent", ""),
    ("sent", "Joined: café."),
    ("sent", "..a dot begins this line"),
    ("sent", "The end."),
    ("received", "250 queued as 1234"),
]


def mail_said(said):
    return [(who, re.sub("^EHLO .*", "EHLO HOST", text)) for who, text in same(said)]


def test_the_conversation_of_a_mail(mail, serve):
    outcome, said = mail(serve()).test([event(1)])
    assert outcome["verdict"] == DELIVERED
    assert mail_said(said) == CONNECTING + [
        ("received", "220 mail.example.com Python SMTP 1.4.3"),
        *HELLO,
        ("received", "250-STARTTLS"),
        ("received", "250-AUTH LOGIN PLAIN"),
        ("received", "250 HELP"),
        ("sent", "STARTTLS"),
        ("received", "220 Ready to start TLS"),
        *TLS,
        *HELLO,
        ("received", "250-AUTH LOGIN PLAIN"),
        ("received", "250 HELP"),
        *MESSAGE,
    ]


@pytest.mark.parametrize("mechanism, login", [
    ("plain", [("sent", "AUTH PLAIN"), ("received", "334 "), ("sent", MASK)]),
    ("login", [("sent", "AUTH LOGIN"), ("received", "334 VXNlciBOYW1lAA=="), ("sent", MASK),
               ("received", "334 UGFzc3dvcmQA"), ("sent", MASK)]),
])
@pytest.mark.parametrize("password, verdict, reply", [
    ("sesame", DELIVERED, "235 2.7.0 Authentication successful"),
    ("guess-work", MISSET, "535 5.7.8 Authentication credentials invalid"),
])
def test_a_login_is_hidden(mail, serve, mechanism, login, password, verdict, reply):
    server = serve(implicit_tls=True)
    values = {"user": "mailbox", "password": password, "mechanism": mechanism}
    outcome, said = mail(server, values).test([event(1)])
    assert outcome["verdict"] == verdict
    said = mail_said(said)
    start = said.index(login[0])
    assert said[start:] == login + [("received", reply)] + (
        MESSAGE if verdict == DELIVERED else [])
    secrets = [password.encode(), b"mailbox", b"\0mailbox\0" + password.encode()]
    encoded = [base64.b64encode(secret).decode() for secret in secrets]
    assert not [secret for secret in [password, *encoded] if secret in str(said)]


def test_a_login_out_of_the_url_is_hidden(mail, serve):
    """The plugin says nothing of it; what is sent is hidden for where it stands."""
    server = serve()
    server.url = server.url.replace("://", "://mailbox:sesame@")
    outcome, said = mail(server).test([event(1)])
    assert outcome["verdict"] == DELIVERED
    assert server.logins == [("LOGIN", b"mailbox", b"sesame")]
    start = said.index(("sent", "AUTH LOGIN"))
    assert [text for who, text in said[start:] if who == "sent"][:4] == [
        "AUTH LOGIN", MASK, MASK, "MAIL FROM:<me@example.com>"]


def test_a_server_that_repeats_the_login(mail, serve):
    server = serve()
    secret = base64.b64encode(b"\0mailbox\0sesame").decode()
    server.refuse = {"MAIL": f"550 sesame {base64.b64encode(b'sesame').decode()} {secret}"}
    said = mail(server, {"user": "mailbox", "password": "sesame"}).test([event(1)])[1]
    assert ("received", f"550 {MASK} {MASK} {MASK}") in said


# ---- The trial itself ----

def test_a_plugin_can_tell_a_trial(start):
    assert start("fixture_render").test([event(1)])[0]["what"] == "a trial of 1"
    assert start("fixture_render", trial=False).one()["what"] == "no trial of 1"


@pytest.mark.parametrize("plugin", ["fixture_render", "fixture_request"])
def test_no_real_event_is_sent(start, plugin):
    host = start(plugin)
    host.deliver(1, [event(1)])
    assert host.ended() == 1
    assert host.logs[-1][1] == "the bus sent a real event into a trial; the host ends"
