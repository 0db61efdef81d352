"""The smtp sink in a real bus, against a real mail server with TLS (aiosmtpd)."""

import base64
import email.header
import email.policy
import email.utils
import json
import re
import time

import pytest

from harness import SPEC_CREATED, SPEC_DEACTIVATED, event, wait_until
from mail_server import parse_strictly


def section(server, tls, extra="", to="Team <team@example.com>"):
    """Without `expire`, for the events of these tests are from a fixed day."""
    return f"""
[sink:alerts]
plugin = smtp
url = {server.url}
ca_file = {tls.ca}
from = Affiliates <affnotify@example.com>
to = {to}
expire = 0
{extra}
"""


def settled(bus, event_id):
    """What trace says of the event, once there is a verdict."""

    def question():
        delivery = bus.delivery(event_id, "alerts")
        return delivery if delivery["verdict"] else None

    return wait_until(question, "the event has a verdict")


def parts(mail):
    """The text and the HTML of a mail."""
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    return plain.get_content(), html.get_content()


@pytest.mark.parametrize("implicit_tls", [False, True])
def test_an_event_becomes_a_mail(serve, start, tls, implicit_tls):
    server = serve(implicit_tls=implicit_tls)
    bus = start(section(server, tls))
    (event_id,) = bus.emit(SPEC_CREATED)
    delivery = settled(bus, event_id)
    assert (delivery["state"], delivery["verdict"], delivery["code"]) == ("delivered", "DELIVERED", 250)
    assert (delivery["what"], delivery["remedy"]) == ("", "")

    (envelope,) = server.envelopes
    assert envelope.mail_from == "affnotify@example.com"
    assert envelope.rcpt_tos == ["team@example.com"]
    mail = parse_strictly(envelope.content)
    assert mail["From"] == "Affiliates <affnotify@example.com>"
    assert mail["To"] == "Team <team@example.com>"
    assert mail["Subject"] == "affiliate@example.com joined"
    assert mail["Message-ID"] == f"<{event_id}.alerts@example.com>"
    assert mail["References"] == "<ia_45fee001.alerts@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Affnotify-Event-ID"] == event_id
    assert mail["Affnotify-Event"] == "affiliate.created"
    assert mail["MIME-Version"] == "1.0"
    assert "In-Reply-To" not in mail and "Affnotify-Test" not in mail
    sent = email.utils.parsedate_to_datetime(mail["Date"])
    assert abs(sent.timestamp() - time.time()) < 3600 and mail["Date"].endswith(" +0000")
    plain, html = parts(mail)
    assert "affiliate@example.com joined.\n" in plain.replace("\r\n", "\n")
    assert "\nhttps://myapp.link/ref/abc123\n" in plain.replace("\r\n", "\n")
    assert 'href="https://myapp.link/ref/abc123"' in html
    for text in (plain, html):
        assert "Wednesday, 18 March 2026, 12:00:00 UTC" in text
        assert "ia_45fee001" in text and event_id in text


def test_the_mails_of_an_affiliate_are_one_thread(serve, start, tls):
    server = serve()
    bus = start(section(server, tls))
    for fields in (SPEC_CREATED, SPEC_DEACTIVATED):
        settled(bus, bus.emit(fields)[0])
    joined, left = (parse_strictly(envelope.content) for envelope in server.envelopes)
    assert joined["References"] == left["References"]
    assert joined["Message-ID"] != left["Message-ID"]
    assert left["Subject"] == "affiliate@example.com left"


def test_names_beyond_ascii_and_people_whom_nobody_sees(serve, start, tls):
    server = serve()
    bus = start(section(
        server, tls,
        "cc = アフィリエイト・プログラム担当チームの皆さん <cc@example.com>\n"
        "bcc = Hidden <hidden@example.com>, ann@example.com\n"
        "subject_prefix = [Programm Zürich]",
        to='Zoë <zoe@example.com>, "Lee, Ann" <ann@example.com>, '
           + ", ".join(f"Number {number} <number{number}@example.com>" for number in range(40))))
    (event_id,) = bus.emit(event(1, email="jürgen.großmann@example.com"))
    assert settled(bus, event_id)["verdict"] == "DELIVERED"
    (envelope,) = server.envelopes
    assert len(envelope.rcpt_tos) == len(set(envelope.rcpt_tos)) == 44
    assert envelope.rcpt_tos[-2:] == ["cc@example.com", "hidden@example.com"]
    mail = parse_strictly(envelope.content)
    assert b"hidden" not in envelope.content.lower()
    assert [(person.display_name, person.addr_spec) for person in mail["To"].addresses[:2]] == [
        ("Zoë", "zoe@example.com"), ("Lee, Ann", "ann@example.com")]
    assert len(mail["To"].addresses) == 42
    # Of a name in two encoded words, Python 3.11's newer parser keeps the blank between them.
    raw = email.message_from_bytes(envelope.content, policy=email.policy.compat32)["Cc"]
    assert str(email.header.make_header(email.header.decode_header(raw))) == (
        "アフィリエイト・プログラム担当チームの皆さん <cc@example.com>")
    assert mail["Subject"] == "[Programm Zürich] jürgen.großmann@example.com joined"


def test_what_an_event_says_is_never_more_than_text(serve, start, tls):
    server = serve()
    bus = start(section(server, tls))
    emails = ["=?utf-8?q?bcc=3a?=@example.com", "%s%n{0}@example.com", "&lt@example.com",
              "🎉👩‍🚀@example.com", "=cmd|'/C'!A0@example.com",
              "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".exampl"]
    links = ["https://example.com/?a=1&b=%22%3Cscript%3E", "javascript:alert(1)",
             "https://example.com/" + "é" * 900, "myapp://open?x=y'", "data:text/html,x",
             "https://example.com/" + "?&" * 1000]
    for number, (address, link) in enumerate(zip(emails, links)):
        (event_id,) = bus.emit(event(number, email=address, link=link))
        assert settled(bus, event_id)["verdict"] == "DELIVERED", bus.log()
        mail = parse_strictly(server.envelopes[-1].content)
        assert mail["Subject"] == f"{address} joined"
        assert set(mail.keys()) == {"Date", "From", "To", "Subject", "Message-ID", "References",
                                    "Auto-Submitted", "Affnotify-Event-ID", "Affnotify-Event",
                                    "MIME-Version", "Content-Type"}
        plain, html = parts(mail)
        assert f"\n{link}\n" in plain.replace("\r\n", "\n")
        tags = set(re.findall(r"</?([a-z0-9]+)", html))
        assert tags == {"html", "head", "meta", "style", "title", "body", "div", "h1", "p", "br", "span",
                        "strong", "bdi", "a"} - (set() if link.startswith("https") else {"a"})
        assert not re.search(r"src=|url\(|@import|<link|onload|http-equiv", html)


def test_events_that_wait_become_one_mail(serve, start, tls):
    server = serve()
    bus = start(section(server, tls, "enabled = no"))
    bus.emit(*(event(number, kind="affiliate.deactivated" if number % 4 == 3 else "affiliate.created")
               for number in range(20)))
    bus.stop()
    bus.configure(section(server, tls))
    bus.start()
    bus.wait_for("alerts", delivered=20)
    told = [parse_strictly(envelope.content) for envelope in server.envelopes]
    assert len(told) < 20
    assert "15 joined, 5 left" in [mail["Subject"] for mail in told]
    for mail in told:
        assert "References" not in mail
        plain, html = parts(mail)
        assert re.search(r"\n +1\. person0@example.com joined\n", plain.replace("\r\n", "\n"))
        assert re.search(r"\n +20\. person19@example.com left\n", plain.replace("\r\n", "\n"))
        assert html.index("person0@") < html.index("person1@") < html.index("person19@")


def test_failures_go_to_one_address_and_answers_to_another(serve, start, tls):
    server = serve()
    bus = start(section(server, tls, "envelope_from = bounces@example.net\n"
                                     "reply_to = Zoë <zoe@example.com>, ann@example.com\n"
                                     "list_id = Partner & Freunde <affiliates.example.com>"))
    (event_id,) = bus.emit(SPEC_CREATED)
    assert settled(bus, event_id)["verdict"] == "DELIVERED"
    (envelope,) = server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("bounces@example.net", ["team@example.com"])
    mail = parse_strictly(envelope.content)
    assert mail["From"] == "Affiliates <affnotify@example.com>"
    assert mail["Reply-To"] == "Zoë <zoe@example.com>, ann@example.com"
    assert mail["List-Id"] == "Partner & Freunde <affiliates.example.com>"
    assert mail["Message-ID"] == f"<{event_id}.alerts@example.com>"


@pytest.mark.parametrize("mechanism", ["plain", "login"])
@pytest.mark.parametrize("implicit_tls", [False, True])
def test_logins(serve, start, tls, mechanism, implicit_tls):
    server = serve(implicit_tls=implicit_tls)
    bus = start(section(server, tls, f"user = me\npassword = sesame\nauth = {mechanism}"))
    (event_id,) = bus.emit(event())
    assert settled(bus, event_id)["verdict"] == "DELIVERED"
    assert server.logins == [(mechanism.upper(), b"me", b"sesame")]


LATER = "nothing, unless it lasts: the server wants a later try"
NO_AUTH = "log in by one of those that the server offers"


@pytest.mark.parametrize("refuse, verdict, code, what, remedy", [
    ({"MAIL": "451 4.7.1 greylisted"}, "RETRY", 451, "answered 451 to the sender: 451 4.7.1 greylisted", LATER),
    ({"MAIL": "530 5.7.0 Authentication required"}, "MISSET", 530,
     "answered 530 to the sender: 530 5.7.0 Authentication required",
     "the server wants a login: set user and password"),
    ({"MAIL": "550 5.7.1 not you"}, "MISSET", 550, "answered 550 to the sender: 550 5.7.1 not you",
     "check from: the server does not let this user or this machine send as that address"),
    ({"team@example.com": "450 4.2.1 full"}, "RETRY", 450,
     "the server refused every recipient: team@example.com (450 4.2.1 full)", LATER),
    ({"team@example.com": "550 5.1.1 no such user"}, "MISSET", 550,
     "the server refused every recipient: team@example.com (550 5.1.1 no such user)",
     "check to, cc and bcc, and whether the server takes mail for them from us"),
    ({"DATA": "452 4.3.1 no room"}, "RETRY", 452, "answered 452 to the message: 452 4.3.1 no room", LATER),
    ({"DATA": "552 5.3.4 too big"}, "REFUSED", 552, "answered 552 to the message: 552 5.3.4 too big",
     "the mail is too large for the server, or a mailbox is full: lower batch, or ask whoever runs it"),
    ({"DATA": "554 5.7.1 looks like spam"}, "REFUSED", 554,
     "answered 554 to the message: 554 5.7.1 looks like spam", "ask whoever runs the mail server"),
])
def test_refusals(serve, start, tls, refuse, verdict, code, what, remedy):
    server = serve()
    server.refuse = refuse
    bus = start(section(server, tls, "retry = none"))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert (delivery["verdict"], delivery["code"]) == (verdict, code), delivery
    if what.startswith("answered"):
        what = f"localhost:{server.port} {what}"
    assert (delivery["what"], delivery["remedy"]) == (what, remedy)
    sink = bus.sink("alerts")
    assert what in sink["error"] and sink["remedy"].startswith(remedy)
    assert server.envelopes == []


def test_one_recipient_of_three_is_refused(serve, start, tls):
    server = serve()
    server.refuse = {"two@example.com": "550 5.1.1 no such user"}
    bus = start(section(server, tls, "bcc = three@example.com", to="one@example.com, two@example.com"))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert (delivery["state"], delivery["verdict"]) == ("delivered", "DELIVERED")
    assert delivery["what"] == "refused: two@example.com (550 5.1.1 no such user)"
    bus.wait_for_log("not everybody got the mail")
    assert "refused: t•••@example.com (550 5.1.1 no such user)" in bus.log()
    assert server.envelopes[0].rcpt_tos == ["one@example.com", "three@example.com"]


def test_a_wrong_password_is_nowhere_to_be_seen(serve, start, tls, tmp_path):
    server = serve()
    password = tmp_path / "password"
    password.write_text("guess-work")
    password.chmod(0o600)
    bus = start(section(server, tls, f"user = me\npassword = file:{password}\nretry = none"))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert (delivery["verdict"], delivery["code"]) == ("MISSET", 535)
    assert delivery["what"].startswith(f"localhost:{server.port} answered 535 to the login: 535 ")
    assert delivery["remedy"] == (
        "check user and password; some servers want a password made for this purpose only")
    assert server.logins == [("PLAIN", b"me", b"guess-work")]
    bus.stop()
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path != password]
    assert len(kept) >= 3
    for path in kept:
        content = path.read_bytes()
        assert b"guess-work" not in content and b"AG1lAGd1ZXNzLXdvcms" not in content, path


def test_a_login_that_the_server_does_not_know(serve, start, tls):
    server = serve(without_auth=["PLAIN"])
    bus = start(section(server, tls, "user = me\npassword = sesame\nretry = none"))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert (delivery["verdict"], delivery["remedy"]) == ("MISSET", NO_AUTH), delivery
    assert delivery["what"] == f"localhost:{server.port} offers no login by PLAIN, only by LOGIN"
    assert server.logins == [] and server.envelopes == []


def test_a_server_without_any_login(serve, start, tls):
    server = serve(without_auth=["PLAIN", "LOGIN"])
    bus = start(section(server, tls, "user = me\npassword = sesame\nretry = none"))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert (delivery["verdict"], delivery["what"]) == ("MISSET", f"localhost:{server.port} offers no login")
    assert delivery["remedy"].startswith("use the server's port for programs that log in")
    assert server.envelopes == []


# ---- SMTPUTF8 ----

UTF8 = email.policy.SMTPUTF8.clone(raise_on_defect=True)


@pytest.mark.parametrize("sender, to", [
    ("Jürgen <jürgen@büro.example>", "Ann <ann@example.com>"),
    ("Affiliates <affnotify@example.com>", "ann@büro.example, שלום@example.com"),
    ("Affiliates <affnotify@example.com>", "张 <张伟@例子.example>"),
])
def test_people_with_addresses_beyond_ascii(serve, start, tls, sender, to):
    server = serve(utf8=True)
    bus = start(section(server, tls, "reply_to = Jürgen <jürgen@例子.example>", to=to)
                .replace("Affiliates <affnotify@example.com>", sender))
    ids = bus.emit(event(0))
    bus.wait_for("alerts", delivered=1)
    ids += bus.emit(event(1))  # on the connection that is kept
    bus.wait_for("alerts", delivered=2)
    assert server.connections == 1
    for envelope in server.envelopes:
        assert "SMTPUTF8" in envelope.mail_options
        mail = email.message_from_string(envelope.content.decode(), policy=UTF8)
        domain = {"büro.example": "xn--bro-hoa.example", "例子.example": "xn--fsqu00a.example"}

        def spelt(address):
            local, at, name = address.rpartition("@")
            return local + at + domain.get(name, name)

        assert [person.addr_spec for person in mail["To"].addresses] == [
            spelt(person.strip().split("<")[-1].rstrip(">")) for person in to.split(",")]
        assert envelope.rcpt_tos == [person.addr_spec for person in mail["To"].addresses]
        assert mail["From"].addresses[0].addr_spec == envelope.mail_from == spelt(
            sender.split("<")[-1].rstrip(">"))
        assert str(mail["Reply-To"]) == "Jürgen <jürgen@xn--fsqu00a.example>"
        assert mail["Message-ID"].isascii() and mail["Message-ID"].endswith(envelope.mail_from.split("@")[1] + ">")


def test_a_server_that_takes_no_addresses_beyond_ascii(serve, start, tls):
    server = serve()
    bus = start(section(server, tls, "retry = none", to="ann@example.com, jürgen@example.com"))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert (delivery["verdict"], delivery["code"]) == ("MISSET", 0), delivery
    assert delivery["what"] == (
        f"localhost:{server.port} takes no address with letters beyond ASCII before its @, for it offers no SMTPUTF8")
    assert delivery["remedy"] == (
        "use ASCII addresses of these mailboxes, or a server that offers SMTPUTF8")
    assert server.connections == 1 and server.senders == [] and server.envelopes == []


def test_a_domain_beyond_ascii_needs_nothing_of_the_server(serve, start, tls):
    server = serve()
    bus = start(section(server, tls, to="Jürgen <juergen@büro.example>"))
    (event_id,) = bus.emit(event())
    assert settled(bus, event_id)["verdict"] == "DELIVERED"
    (envelope,) = server.envelopes
    assert envelope.rcpt_tos == ["juergen@xn--bro-hoa.example"]
    assert parse_strictly(envelope.content)["To"] == "Jürgen <juergen@xn--bro-hoa.example>"


# ---- Tokens ----

TOKEN, NEXT_TOKEN = "example-token-0001", "example-token-0002"
EXPIRED = "check user and oauth_token: mostly the token has expired, and its file needs a new one"
BY_TOKEN = pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])


@pytest.fixture
def token(tmp_path):
    """The file of a token, which a program renews; not where the bus keeps its own."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    file = folder / "mail"

    def write(text):
        made = file.with_suffix(".new")
        made.write_text(text + "\n")
        made.chmod(0o600)
        made.rename(file)
        return file

    return write


def by_token(mechanism, file, extra=""):
    return f"user = me@example.com\nauth = {mechanism}\noauth_token = file:{file}\n{extra}"


def login_of(mechanism, token_text, port):
    """What must come over the wire, before Base64."""
    bearer = f"auth=Bearer {token_text}\1\1"
    if mechanism == "xoauth2":
        return f"user=me@example.com\1{bearer}".encode()
    return f"n,a=me@example.com,\1host=localhost\1port={port}\1{bearer}".encode()


@BY_TOKEN
@pytest.mark.parametrize("implicit_tls", [False, True])
def test_a_login_by_token(serve, start, tls, token, mechanism, implicit_tls):
    server = serve(implicit_tls=implicit_tls, tokens={TOKEN})
    bus = start(section(server, tls, by_token(mechanism, token(TOKEN))))
    (event_id,) = bus.emit(event())
    assert settled(bus, event_id)["verdict"] == "DELIVERED"
    assert server.logins == [(mechanism.upper(), login_of(mechanism, TOKEN, server.port))]
    assert len(server.envelopes) == 1 and server.last_words == []


@BY_TOKEN
def test_a_user_with_signs_that_end_one(serve, start, tls, token, mechanism):
    server = serve(tokens={TOKEN})
    bus = start(section(server, tls, by_token(mechanism, token(TOKEN)).replace("me@", "m=e,@")))
    (event_id,) = bus.emit(event())
    assert settled(bus, event_id)["verdict"] == "DELIVERED"
    start_of_login = {"xoauth2": b"user=m=e,@example.com\1", "oauthbearer": b"n,a=m=3De=2C@example.com,\1"}
    assert server.logins[0][1].startswith(start_of_login[mechanism])


@BY_TOKEN
def test_a_token_that_has_expired(serve, start, tls, token, tmp_path, mechanism):
    server = serve(tokens={NEXT_TOKEN})
    bus = start(section(server, tls, by_token(mechanism, token(TOKEN), "retry = none")))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert (delivery["verdict"], delivery["remedy"]) == ("MISSET", EXPIRED), delivery
    assert delivery["what"] == f"localhost:{server.port} answered " + {
        "xoauth2": '334 to the login: 334 {"status": "401", "schemes": "bearer"}',
        "oauthbearer": "535 to the login: 535 5.7.8 Authentication credentials invalid"}[mechanism]
    if mechanism == "oauthbearer":
        assert server.last_words == [b"\1"]  # RFC 7628, 3.2.3
    assert server.envelopes == []
    bus.stop()
    encoded = base64.b64encode(login_of(mechanism, TOKEN, server.port))
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "tokens"]
    assert len(kept) >= 3
    for path in kept:
        content = path.read_bytes()
        assert TOKEN.encode() not in content and encoded[-32:-8] not in content, path


@BY_TOKEN
def test_a_token_is_renewed_in_its_file_and_nobody_restarts_anything(serve, start, tls, token, mechanism):
    server = serve(tokens={TOKEN})
    bus = start(section(server, tls, by_token(mechanism, token(TOKEN))))
    bus.emit(event(0))
    bus.wait_for("alerts", delivered=1, state="open")
    server.tokens = {NEXT_TOKEN}
    token(NEXT_TOKEN)
    # A connection that is logged in stays so, whatever becomes of the token.
    server.close_all()
    bus.emit(event(1))
    bus.wait_for("alerts", delivered=2, dead=0, state="open")
    assert [login for _, login in server.logins] == [
        login_of(mechanism, text, server.port) for text in (TOKEN, TOKEN, NEXT_TOKEN)]
    assert bus.log().count("the secrets have changed; the host begins anew with the new ones") == 1
    assert "sink held" not in bus.log()


def test_a_token_that_comes_late(serve, start, tls, token):
    server = serve(tokens={NEXT_TOKEN})
    bus = start(section(server, tls, by_token("xoauth2", token(TOKEN))))
    bus.emit(event(0))
    assert EXPIRED in bus.wait_for("alerts", state="held", pending=1)["remedy"]
    token(NEXT_TOKEN)
    assert bus.ask({"command": "resume", "sink": "alerts"})["ok"]
    bus.wait_for("alerts", delivered=1, dead=0, state="open")


@BY_TOKEN
def test_a_server_that_knows_no_tokens(serve, start, tls, token, mechanism):
    server = serve()
    bus = start(section(server, tls, by_token(mechanism, token(TOKEN), "retry = none")))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert (delivery["verdict"], delivery["remedy"]) == ("MISSET", NO_AUTH), delivery
    assert delivery["what"] == (
        f"localhost:{server.port} offers no login by {mechanism.upper()}, only by LOGIN PLAIN")
    assert server.logins == [] and server.envelopes == []


@BY_TOKEN
@pytest.mark.parametrize("valid", [True, False])
def test_the_conversation_of_a_test_shows_no_token(serve, start, tls, token, mechanism, valid):
    server = serve(tokens={TOKEN} if valid else set())
    encoded = base64.b64encode(login_of(mechanism, TOKEN, server.port)).decode()
    server.refuse = {"MAIL": f"550 {TOKEN} {encoded}"}
    bus = start(section(server, tls, by_token(mechanism, token(TOKEN))))
    answer = bus.ask({"command": "test", "sink": "alerts"})
    assert answer["results"][0]["verdict"] == "MISSET"
    said = json.dumps(answer, ensure_ascii=False)
    assert f"AUTH {mechanism.upper()}" in said and "235" in said or not valid
    assert TOKEN not in said
    # Of the whole login, what stands around the token is all that can be seen of it.
    start_of_token = len(login_of(mechanism, "", server.port)) - 2
    assert encoded[start_of_token * 4 // 3 + 4:][:12] not in said
    assert ("550 ••••" in said) == valid


def test_without_starttls_nothing_is_sent(serve, start, tls):
    server = serve(starttls=False)
    bus = start(section(server, tls, "user = me\npassword = sesame\nretry = none"))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert delivery["verdict"] == "DOWN"
    assert delivery["what"].startswith(f"localhost:{server.port} offers no TLS")
    assert delivery["remedy"] == (
        "use the server's port with STARTTLS (often 587), or smtps:// and its port (often 465); for "
        "a server on this machine there is starttls = never")
    assert server.logins == [] and server.envelopes == []


@pytest.mark.parametrize("implicit_tls, what", [(True, "no greeting from"), (False, "no TLS with")])
def test_a_port_that_wants_the_other_scheme(serve, start, tls, implicit_tls, what):
    server = serve(implicit_tls=implicit_tls)
    other = server.url.replace("smtps:", "smtp:") if implicit_tls else server.url.replace("smtp:", "smtps:")
    bus = start(section(server, tls, "timeout = 1s\nretry = none").replace(server.url, other))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert delivery["verdict"] == "DOWN" and delivery["what"].startswith(f"{what} localhost:{server.port}")
    assert delivery["remedy"] == (
        "check that scheme and port fit together: 587 and 25 want smtp://, 465 wants smtps://")


def test_to_this_machine_without_starttls(serve, start, tls):
    server = serve(starttls=False)
    bus = start(section(server, tls, "starttls = never"))
    (event_id,) = bus.emit(event())
    assert settled(bus, event_id)["verdict"] == "DELIVERED"
    assert parse_strictly(server.envelopes[0].content)["Subject"] == "person0@example.com joined"


def test_a_certificate_that_nobody_vouches_for(serve, start, tls):
    server = serve()
    bus = start(section(server, tls, "retry = none").replace(f"ca_file = {tls.ca}\n", ""))
    (event_id,) = bus.emit(event())
    delivery = settled(bus, event_id)
    assert delivery["verdict"] == "DOWN"
    assert "could not show that it is itself" in delivery["what"]
    assert "220" not in delivery["what"] and delivery["code"] == 0
    assert "ca_file" in delivery["remedy"]
    assert server.envelopes == []


def test_mistakes_stop_the_sink_and_say_where(serve, start, tls):
    server = serve()
    bus = start(section(server, tls, "user = me\ncc = Ann <ann@example.com\nstarttls = never",
                        to="jürgen @example.com, b@example.com").replace("localhost", "mail.example.com"),
                "log_email = full")
    sink = bus.wait_for("alerts", state="stopped")
    assert "5 mistakes" in sink["error"] or "mistake" in sink["error"]
    for text in (
            "[sink:alerts] to: address 1, `jürgen @example.com`, has a character before its @ that no "
            "address may have there",
            "[sink:alerts] cc: address 1, `Ann <ann@example.com`, has a < without its >",
            "[sink:alerts] user: is set without password",
            "[sink:alerts] starttls: may be never only for a server on this machine"):
        assert text in bus.log()


def test_render_shows_the_mail_and_test_sends_a_marked_one(serve, start, tls):
    server = serve()
    bus = start(section(server, tls, "user = me\npassword = sesame"))
    (shown,) = bus.ask({"command": "render", "sink": "alerts"})["messages"]
    assert server.envelopes == []
    assert (shown["kind"], shown["url"], shown["from"]) == ("mail", server.url, "affnotify@example.com")
    assert shown["recipients"] == ["team@example.com"]
    rendered = parse_strictly(shown["message"].encode())
    assert rendered["Message-ID"] == f"<{shown['events'][0]}.alerts@example.com>"
    assert "Affnotify-Test" not in rendered

    answer = bus.ask({"command": "test", "sink": "alerts"})
    (result,) = answer["results"]
    assert (result["verdict"], result["code"]) == ("DELIVERED", 250), answer
    assert "sesame" not in str(answer) and "AG1lAHNlc2FtZQ" not in str(answer)
    (envelope,) = server.envelopes
    mail = parse_strictly(envelope.content)
    assert mail["Subject"] == "[TEST] affiliate@example.com joined"
    assert mail["Affnotify-Test"] == "1"
    assert mail["Affnotify-Event-ID"] == result["events"][0]
    for text in parts(mail):
        assert "This is a test." in text
