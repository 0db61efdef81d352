"""Events in by HTTPS, from senders that behave: every answer, what is kept, rotation, restarts."""

import base64
import contextlib
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import types
import urllib.request
import zlib

import pytest

from door import TOKEN, Door, free_port, in_threads, read_to_end, settings
from harness import (AFFNOTIFYD, SPEC_CREATED, SPEC_DEACTIVATED, Bus, canonical, csv_section, event, id_of,
                     is_running, rows, wait_until)
from obey import Obey
from test_tree import ROOT

SECRET = b"0123456789abcdef0123456789abcdef"
WHSEC = "whsec_" + base64.b64encode(SECRET).decode()


def kept(bus):
    """The refused inputs: source, field, rule, raw."""
    with contextlib.closing(sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True)) as database:
        return database.execute("SELECT source, field, rule, raw FROM refused ORDER BY number").fetchall()


# ---- Events ----


def test_the_upstreams_payloads_as_the_spec_shows_them(open_door, tmp_path):
    door = open_door(csv_section(tmp_path))
    for fields in (SPEC_CREATED, SPEC_DEACTIVATED):
        reply = door.post(json.dumps(fields, indent=4).encode())
        assert (reply.status, reply.ids, reply.new) == (202, [id_of(canonical(fields))], [True])
        assert reply.headers["Content-Type"] == "application/json"
    again = door.post(SPEC_CREATED)
    assert (again.status, again.ids, again.new) == (200, [id_of(canonical(SPEC_CREATED))], [False])
    door.bus.wait_for("crm", delivered=2)
    assert [row[1] for row in rows(tmp_path)[1:]] == ["affiliate.created", "affiliate.deactivated"]


def test_the_short_form(open_door):
    door = open_door()
    before = int(time.time() * 1000)
    reply = door.post({"event": "affiliate.created", "email": "ada@example.com", "via": "self_signup"})
    assert (reply.status, reply.new) == (202, [True])
    listed = door.bus.ask({"command": "events"})["events"][0]
    assert (listed["id"], listed["via"]) == (reply.ids[0], "self_signup")
    assert listed["event"]["deep_link"] == "" and listed["event"]["affiliate_id"].startswith("ia_")
    moment = listed["event"]["occurred_at"]
    assert before - 2000 <= 1000 * time.mktime(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S")) - 1000 * time.timezone


def test_an_array(open_door):
    door = open_door()
    known = door.post(event(0)).ids[0]
    reply = door.post([event(number) for number in range(1000)])
    assert reply.status == 202
    assert reply.new == [False] + 999 * [True] and reply.ids[0] == known and len(set(reply.ids)) == 1000
    assert door.post([event(number) for number in range(1000)]).status == 200


def test_what_is_refused_in_an_array_keeps_nothing_else_out(open_door):
    door = open_door()
    reply = door.post([event(1), {"event": "affiliate.created", "email": "nobody"}, 7, event(2)])
    problem = reply.json
    assert reply.status == 400 and reply.headers["Content-Type"] == "application/problem+json"
    assert [(error["index"], error["field"], error["rule"]) for error in problem["errors"]] == [
        (1, "email", "syntax"), (2, "", "not_object")]
    assert [(taken["index"], taken["new"]) for taken in problem["events"]] == [(0, True), (3, True)]
    assert problem["detail"].startswith("2 of 4 events are refused, the others are in; event 2: email has no @")
    assert [row[1:3] for row in kept(door.bus)] == [("email", "syntax"), ("", "not_object")]


def without_time(number):
    return {name: value for name, value in event(number).items() if name != "occurred_at"}


# As they stand in the array; the field, the rule, and what mends it.
BAD_ELEMENTS = [
    (b'{"event":"affiliate.created","email":"nobody","occurred_at":"2026-03-18T12:00:00Z"}', "email", "syntax",
     {"email": "ada@example.com"}),
    (b'{"event":"affiliate.created","email":"bob@example.com","occurred_at":"2026-03-18T12:00:00Z","x":"\\ud83d\\ude00 "'
     b',"deep_link":null}', "deep_link", "type", {"deep_link": "https://myapp.link/ref/bob"}),
    (b'{"event":"affiliate.created","email":"eve@example.com","amount":1e400}', "", "not_json", None),
    (b'{"email":"tim@example.com", "event":"affiliate.deactivated","email":"tim@example.com"}', "email",
     "duplicate_key", None),
    (b'{"event":"affiliate.created","email":"z\xc3@example.com"}', "", "invalid_utf8", None),
]


def test_each_element_of_an_array_stands_alone(open_door):
    """Also where one of them makes the whole body no JSON."""
    door = open_door(https=False)
    good = [json.dumps(event(number)).encode() for number in range(len(BAD_ELEMENTS) + 1)]
    parts = [part for pair in zip(good, [bad[0] for bad in BAD_ELEMENTS]) for part in pair] + good[-1:]
    reply = door.post(b" [ " + b" ,\n".join(parts) + b"]")
    assert reply.status == 400
    assert [(error["index"], error["field"], error["rule"]) for error in reply.json["errors"]] == [
        (2 * at + 1, bad[1], bad[2]) for at, bad in enumerate(BAD_ELEMENTS)]
    assert [(taken["index"], taken["new"]) for taken in reply.json["events"]] == [
        (2 * at, True) for at in range(len(good))]
    assert [taken["id"] for taken in reply.json["events"]] == [door.post(part).ids[0] for part in good]
    found = kept(door.bus)
    assert [json.loads(row[3]) for row in found[:2]] == [json.loads(bad[0]) for bad in BAD_ELEMENTS[:2]]
    assert [bytes(row[3]) for row in found[2:]] == [bad[0] for bad in BAD_ELEMENTS[2:]]

    # Mended, each is the event that it would have been alone.
    for number, (raw, _, _, mend) in enumerate(BAD_ELEMENTS, 1):
        words = [word for field, value in (mend or {}).items() for word in ("--set", f"{field}={value}")]
        done = door.bus.command("refused", "--accept", str(number), *words)
        if mend:
            same = door.post({**json.loads(raw), **mend})
            assert (same.status, same.ids) == (200, done.stdout.split()), done
        else:
            assert (done.returncode, done.stdout) == (1, "") and "it is no JSON object" in done.stderr
    assert [row[2] for row in kept(door.bus)] == ["not_json", "duplicate_key", "invalid_utf8"]


def test_an_element_without_a_time_is_of_when_it_came(open_door):
    """Not of when it was mended; with a key of the sender's as well as without."""
    door = open_door(https=False)
    for headers in ({}, {"webhook_id": "msg_1"}):
        before = time.time()
        assert door.post([without_time(1), dict(without_time(2), email="x")], **headers).status == 400
        after = time.time()
        number = door.bus.ask({"command": "refused"})["refused"][0]["number"]
        time.sleep(0.01)  # so that "now" is another moment
        id = door.bus.command("refused", "--accept", str(number), "--set", "email=ada@example.com").stdout.strip()
        event_of = door.bus.ask({"command": "trace", "id": id})["event"]
        at = datetime.datetime.fromisoformat(event_of["occurred_at"].replace("Z", "+00:00")).timestamp()
        assert before - 0.001 <= at <= after
        assert id == id_of(canonical(event_of))


def test_a_body_that_does_not_close_is_kept_as_one(open_door):
    door = open_door(https=False)
    body = b"[" + json.dumps(event(1)).encode() + b', {"event":]'
    reply = door.post(body)
    assert (reply.status, reply.json["rule"], reply.json["events"]) == (400, "not_json", [])
    assert [bytes(row[3]) for row in kept(door.bus)] == [body]


def test_too_many_or_none(open_door):
    door = open_door()
    many = door.post([event(number) for number in range(1001)])
    assert (many.status, many.json["detail"]) == (
        413, "the array has 1001 events; send at most 1000 at a time")
    none = door.post([])
    assert (none.status, none.json["detail"]) == (400, "the array is empty; send at least one event")
    assert door.bus.ask({"command": "status"})["bus"]["accepted"] == 0


# ---- Repeats without a time ----


@pytest.mark.parametrize("header", ["webhook_id", "Idempotency_Key"])
def test_a_repeat_without_a_time_is_known_by_its_key(open_door, header):
    door = open_door()
    short = {"event": "affiliate.created", "email": "ada@example.com"}
    first = door.post(short, **{header: "msg_1"})
    second = door.post(short, **{header: "msg_1"})
    other = door.post(short, **{header: "msg_2"})
    assert [first.status, second.status, other.status] == [202, 200, 202]
    assert second.ids == first.ids and other.ids != first.ids
    # After a restart as well, and each event of an array has a key of its own.
    door.bus.kill()
    door.bus.log_path.unlink()
    door.bus.start()
    door.wait()
    assert door.post(short, **{header: "msg_1"}).ids == first.ids
    pair = [short, {"event": "affiliate.created", "email": "bob@example.com"}]
    assert door.post(pair, **{header: "msg_3"}).new == [True, True]
    assert door.post(pair, **{header: "msg_3"}).new == [False, False]


def test_a_key_of_another_event_is_refused_and_kept(open_door):
    door = open_door()
    first = door.post({"event": "affiliate.created", "email": "ada@example.com"}, Idempotency_Key="k")
    same = door.post({"event": "affiliate.created", "email": "ada@example.com", "deep_link": ""}, Idempotency_Key="k")
    assert same.ids == first.ids
    for different in ({"event": "affiliate.deactivated", "email": "ada@example.com"},
                      {"event": "affiliate.created", "email": "bob@example.com"},
                      {"event": "affiliate.created", "email": "ada@example.com", "deep_link": "https://x.org/"},
                      {"event": "affiliate.created", "email": "ada@example.com", "affiliate_id": "ia_00000001"}):
        reply = door.post(different, Idempotency_Key="k")
        assert (reply.status, reply.json["rule"]) == (400, "key_reused"), different
    assert [row[2] for row in kept(door.bus)] == 4 * ["key_reused"]


def test_a_time_of_its_own_outweighs_the_key(open_door):
    door = open_door()
    assert door.post(event(1), Idempotency_Key="k").status == 202
    assert door.post(event(2), Idempotency_Key="k").status == 202
    long = door.post(event(3), Idempotency_Key=257 * "k")
    assert (long.status, long.json["detail"]) == (
        400, "webhook-id and Idempotency-Key have at most 256 bytes of ASCII")
    assert door.post(event(4), webhook_id="é").json["rule"] == "syntax"
    assert [row[1:3] for row in kept(door.bus)] == [("key", "too_long"), ("key", "syntax")]


def test_the_deepest_body_is_kept(open_door):
    door = open_door()
    body = '{"occurred_at":"t","x":' + 2047 * "[" + 2047 * "]" + "}"
    reply = door.post(body.encode())
    assert (reply.status, reply.json["rule"]) == (400, "not_json") and kept(door.bus)[0][2] == "not_json"


# ---- Who ----


def test_tokens_can_be_rotated(open_door, tmp_path):
    (tmp_path / "tokens").write_text("token-of-the-file-one, token-of-the-file-two\n")
    door = open_door(tokens=f"token-in-the-ini-itself file:{tmp_path}/tokens")
    for token in ("token-in-the-ini-itself", "token-of-the-file-one", "token-of-the-file-two"):
        assert door.post(event(1), token).status in (200, 202)
    for token in ("token-of-the-file-on", "token-of-the-file-onee", "Token-of-the-file-one", "x"):
        reply = door.post(event(2), token)
        assert reply.status == 401 and reply.headers["WWW-Authenticate"] == 'Bearer realm="affnotify"'
        assert reply.json == {"type": "about:blank", "title": "Unauthorized", "status": 401,
                              "detail": "The header Authorization is not `Bearer TOKEN` with a token of this server."}
    for value in ("Basic " + TOKEN, TOKEN, "Bearer", "Bearer ", "Bearer\ttoken-of-the-file-one"):
        assert door.post(event(2), None, Authorization=value).status == 401
    assert door.post(event(2), None, Authorization="bEARER  token-of-the-file-one").status == 202
    assert door.bus.ask({"command": "status"})["bus"]["accepted"] == 2
    door.bus.wait_for_log("requests without a valid token or signature")
    assert "token-of" not in door.bus.log()
    assert kept(door.bus) == []  # a stranger's rubbish is not kept


def sign(body, name="msg_1", at=None, secret=SECRET):
    at = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook_id": name, "webhook_timestamp": at,
            "webhook_signature": "v1," + base64.b64encode(digest).decode()}


def test_standard_webhooks_signatures(open_door):
    door = open_door(tokens=None, more=f"ingest_signing_secret = {WHSEC}")
    body = json.dumps(event(1)).encode()
    right = sign(body)
    assert door.post(body, None, **right).status == 202
    several = dict(right, webhook_signature=f"v1,{44 * 'A'} v1a,x {right['webhook_signature']}")
    assert door.post(body, None, **several).status == 200
    assert door.post(body, None, **sign(body, at=int(time.time()) - 290)).status == 200
    wrong = [
        sign(body + b" "),
        sign(body, secret=b"1" + SECRET[1:]),
        sign(body, at=int(time.time()) - 310),
        sign(body, at=int(time.time()) + 310),
        dict(right, webhook_id="msg_2"),
        dict(right, webhook_signature=right["webhook_signature"][3:]),
        dict(right, webhook_signature="v2" + right["webhook_signature"][2:]),
        dict(right, webhook_timestamp="now"),
        {name: right[name] for name in ("webhook_id", "webhook_timestamp")},
    ]
    for headers in wrong:
        assert door.post(body, None, **headers).status == 401, headers
    assert door.bus.ask({"command": "status"})["bus"]["accepted"] == 1


STALE = dict(sign(b"{}"), webhook_timestamp="1614265330")
TOKEN_WANTED = "Send `Authorization: Bearer TOKEN`."
NOT_A_TOKEN = "The header Authorization is not `Bearer TOKEN` with a token of this server."
LONG_AGO = "webhook-timestamp is more than five minutes ago, by this server's clock."


@pytest.mark.parametrize("what, cases", [
    ({}, [({}, TOKEN_WANTED), ({"Authorization": "Bearer x"}, NOT_A_TOKEN),
          (STALE, "This server takes no signatures: send `Authorization: Bearer TOKEN`.")]),
    ({"tokens": None, "more": f"ingest_signing_secret = {WHSEC}"},
     [({}, "Sign the request: webhook-id, webhook-timestamp, webhook-signature."),
      ({"Authorization": "Bearer x"}, "Sign the request: webhook-id, webhook-timestamp, webhook-signature."),
      (STALE, LONG_AGO), (lambda: sign(b"other"), "The signature is not by a secret of this server.")]),
    ({"more": f"ingest_signing_secret = {WHSEC}"},
     [({}, "Send `Authorization: Bearer TOKEN`, or sign the request."), ({"Authorization": "x"}, NOT_A_TOKEN),
      ({"Authorization": "Bearer x", **STALE}, LONG_AGO)]),
], ids=["tokens", "signatures", "both"])
def test_whoever_is_not_let_in_is_told_why(open_door, what, cases):
    door = open_door(https=False, **what)
    for headers, detail in cases:
        reply = door.post(b"{}", None, **(headers() if callable(headers) else headers))
        assert (reply.status, reply.json["detail"]) == (401, detail)
    door.bus.wait_for_log("last_why=")
    assert any(f'last_why="{detail}"' in door.bus.log() for _, detail in cases)


def test_either_a_token_or_a_signature(open_door):
    door = open_door(more=f"ingest_signing_secret = {WHSEC}")
    body = json.dumps(event(1)).encode()
    assert door.post(body).status == 202
    assert door.post(body, "a wrong token", **sign(body)).status == 200
    assert door.post(body, None).status == 401


# ---- Everything else that is answered ----

JSON = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}

NOTHING = "There is nothing at this path; events are taken at /v1/events."

REFUSALS = [
    ("GET", "/v1/events", None, JSON, 405, "This path takes another method; see the header Allow."),
    ("PUT", "/v1/events", b"{}", JSON, 405, "This path takes another method; see the header Allow."),
    ("POST", "/", b"{}", JSON, 404, NOTHING),
    ("POST", "/v1/events/", b"{}", JSON, 404, NOTHING),
    ("POST", "/v1//events", b"{}", JSON, 404, NOTHING),
    ("POST", "/v1/%65vents", b"{}", JSON, 404, NOTHING),
    ("POST", "/v1/events", None, {**JSON, "Content-Length": "2000000"}, 413,
     "The body is larger than 1,048,576 bytes."),
    ("POST", "/v1/events", b"{}", {**JSON, "Content-Type": "application/x-www-form-urlencoded"}, 415,
     "Send JSON, with `Content-Type: application/json`."),
    ("POST", "/v1/events", b"{}", {**JSON, "Content-Encoding": "gzip"}, 415,
     "Send the body as it is, without a Content-Encoding."),
    ("POST", "/v1/events", b"{}", {**JSON, "Expect": "miracles"}, 417, "The only Expect is `100-continue`."),
    ("POST", "/v1/events", b"", JSON, 400, "the body is empty; send an event as JSON"),
    ("POST", "/v1/events", b"{}", JSON, 400, "event is missing; every event must have one"),
    ("POST", "/v1/events", b'"x"', JSON, 400,
     "the document is a string; send an object with event, email and the rest"),
    ("POST", "/v1/events", b'{"event":"affiliate.created","email":"a@b.org","email":"a@b.org"}', JSON, 400,
     "the key that ends at byte 54 is there twice; send it once"),
]


def test_refusals(open_door):
    door = open_door(https=False)
    for method, path, body, headers, status, detail in REFUSALS:
        reply = door.request(method, path, body, headers)
        problem = reply.json
        assert (reply.status, problem["status"], problem["detail"]) == (status, status, detail), (method, path)
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert problem["type"] == "about:blank" and problem["title"] == reply_title(status)
        assert reply.headers["Allow"] == ("POST" if status == 405 else None)
    assert door.post(event(1)).status == 202


def reply_title(status):
    return {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large",
            415: "Unsupported Media Type", 417: "Expectation Failed"}[status]


def test_a_body_of_another_type_is_kept_as_it_came(open_door):
    door = open_door(https=False)
    body = json.dumps(SPEC_CREATED).encode()
    packed = zlib.compress(body)
    assert door.post(body, Content_Type="text/plain").status == 415
    assert door.post(packed, Content_Encoding="deflate").json["rule"] == "content_type"
    assert door.post(body, None, Content_Type="text/plain").status == 401  # a stranger's is not
    assert door.raw(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                    b"Authorization: Bearer %b\r\nContent-Length: 0\r\n\r\n" % TOKEN.encode()).startswith(
                        b"HTTP/1.1 415 ")
    source, rule = "http 127.0.0.1", "content_type"
    assert kept(door.bus) == [(source, "", rule, body), (source, "", rule, packed), (source, "", rule, b"")]
    accepted = door.bus.command("refused", "--accept", "1")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert len(kept(door.bus)) == 2


def test_a_head_request_gets_no_body(open_door):
    door = open_door(https=False)
    received = door.raw(b"HEAD /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ") and b"Content-Length: 1" in head and body == b""


def test_content_types_that_are_json(open_door):
    door = open_door(https=False)
    for number, kind in enumerate(["application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"]):
        assert door.post(event(number), Content_Type=kind).status == 202
    bare = door.request("POST", "/v1/events", json.dumps(event(9)).encode(), {"Authorization": f"Bearer {TOKEN}"})
    assert bare.status == 202


def test_a_client_that_waits_for_100_continue(open_door, tmp_path):
    door = open_door()
    body = tmp_path / "body"
    body.write_text(json.dumps([event(number) for number in range(900)]))
    done = subprocess.run(
        ["curl", "-sS", "-v", "--cacert", door.tls.ca, "-H", "Expect: 100-continue", "-H", f"Authorization: Bearer {TOKEN}",
         "-H", "Content-Type: application/json", "--data-binary", f"@{body}", f"https://localhost:{door.port}/v1/events"],
        capture_output=True, text=True, check=True)
    assert "HTTP/1.1 100 Continue" in done.stderr and "HTTP/1.1 202" in done.stderr
    assert len(json.loads(done.stdout)["events"]) == 900


def test_what_is_refused_is_kept_as_it_came(open_door):
    door = open_door()
    broken = [b'{"event":"affil', b"\xff\xfe\x00\x01", b'{"a":1e400}', b'"' + b"\xc3" + b'"', b"\x00", b"x" * 100_000]
    for raw in broken:
        assert door.post(raw).status == 400
    assert door.post({"event": "affiliate.created", "email": "x" * 70_000}).status == 400
    found = kept(door.bus)
    assert [bytes(row[3]) for row in found[:5]] == broken[:5]
    assert bytes(found[5][3]) == b"x" * 45_000  # what a line can hold
    assert found[6][1:3] == ("", "too_long") and len(found[6][3]) == 45_000
    assert {row[0] for row in found} == {"https 127.0.0.1"}
    assert door.bus.ask({"command": "status"})["bus"]["refused"] == 7


def test_a_known_sender_that_is_misled_is_told_of_and_counted(open_door):
    admin = free_port()
    door = open_door(https=False, more=f"admin_listen = {admin}")
    every = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    assert door.request("POST", "/v1/events/?x=secret", b"{}").status == 404  # a stranger's: no word
    assert door.request("POST", "/v1/event?x=secret", b"{}", every).status == 404
    door.bus.wait_for_log("requests of a known sender that hand no event in; nothing of them is kept")
    assert ('count=1 last_from=127.0.0.1 last_status=404 last_request="POST /v1/event" '
            'last_why="There is nothing at this path') in door.bus.log(), door.bus.log()
    for status, path, body in ((404, "/v1/events/", b"{}"), (405, None, b""), (413, None, b" " * (2 << 20))):
        method = "GET" if status == 405 else "POST"
        with contextlib.suppress(ConnectionError):  # the body of the 413 is not read
            assert door.request(method, path or "/v1/events", body, every).status == status
    assert door.bus.log().count("requests of a known sender") == 1  # the others wait for their minute
    assert "secret" not in door.bus.log() and kept(door.bus) == []
    with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics") as metrics:
        assert b"\naffnotify_http_misled_total 4\n" in metrics.read()


# ---- TLS ----


def test_tls_from_1_2_on(open_door):
    door = open_door()
    for version, works in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{door.port}", version, "-alpn", "h2,http/1.1",
                               "-cipher", "DEFAULT@SECLEVEL=0"],
                              input=b"", capture_output=True)
        assert (b"ALPN protocol: http/1.1" in done.stdout) == works, done.stdout + done.stderr


def test_hangup_reads_certificate_and_tokens_anew(start, tls, tmp_path):
    tokens, certificate, key = (tmp_path / name for name in ("tokens", "door.pem", "door.key"))
    tokens.write_text("the-first-token-of-all")
    shutil.copy(tls.certificate, certificate)
    shutil.copy(tls.key, key)

    own = types.SimpleNamespace(certificate=certificate, key=key, ca=tls.ca)
    port = free_port()
    door = Door(start("", settings(port, own, f"file:{tokens}")), port, own).wait()
    long_lived = door.client()
    long_lived.request("POST", "/v1/events", json.dumps(event(1)).encode(),
                       {"Authorization": "Bearer the-first-token-of-all"})
    assert long_lived.getresponse().read()
    before = served_certificate(door)
    tls.sign("renewed", "localhost", "IP:127.0.0.1")
    shutil.copy(tls.directory / "renewed.pem", certificate)
    shutil.copy(tls.directory / "renewed.key", key)
    tokens.write_text("the-second-token-of-all")
    door.bus.process.send_signal(signal.SIGHUP)
    door.bus.wait_for_log("the door has its certificate and secrets anew")
    assert served_certificate(door) != before
    assert door.post(event(2), "the-second-token-of-all").status == 202
    assert door.post(event(3), "the-first-token-of-all").status == 401
    # A connection that is there goes on; what cannot be used changes nothing.
    long_lived.request("POST", "/v1/events", json.dumps(event(4)).encode(),
                       {"Authorization": "Bearer the-second-token-of-all"})
    assert long_lived.getresponse().status == 202
    long_lived.close()
    served = served_certificate(door)
    certificate.write_text("rubbish")
    door.bus.process.send_signal(signal.SIGHUP)
    door.bus.wait_for_log("not reloaded")
    assert served_certificate(door) == served


def test_a_reload_waits_for_the_door(open_door, tmp_path):
    (tmp_path / "tokens").write_text("the-first-token-of-all")
    door = open_door(https=False, tokens=f"file:{tmp_path}/tokens")
    pid = door.process()
    os.kill(pid, signal.SIGSTOP)
    try:
        (tmp_path / "tokens").write_text("the-second-token-of-all")
        first = door.bus.connect()
        first.send({"command": "reload"})
        second = door.bus.connect()
        second.send({"command": "reload"})
        assert door.bus.ask({"command": "status"})["ok"]  # the bus itself does not wait
    finally:
        os.kill(pid, signal.SIGCONT)
    assert first.receive()["door"]["change"] == "renewed"
    assert second.receive()["door"]["state"] == "open"
    first.close()
    second.close()
    assert door.post(event(1), "the-second-token-of-all").status == 202
    assert door.post(event(2), "the-first-token-of-all").status == 401


def test_https_in_any_case_is_https(start, tls):
    port = free_port()
    listen = settings(port, tls).replace("https://", "Https://")
    door = Door(start("", listen), port, tls).wait()
    assert door.post(event(1)).status == 202


def served_certificate(door):
    with door.connect() as connection:
        return connection.getpeercert(binary_form=True)


def test_what_the_readme_says_about_https(start, tmp_path):
    text = (ROOT / "README.md").read_text().split("## Events in by HTTPS\n")[1].split("\n## ")[0]
    port = free_port()
    text = text.replace("/etc/affnotify", str(tmp_path)).replace("0.0.0.0:8443", f"127.0.0.1:{port}")
    blocks = re.findall(r"(?:^    .*\n)+", text.replace("localhost:8443", f"localhost:{port}"), re.MULTILINE)
    section, make, post = ["".join(line[4:] for line in block.splitlines(True)) for block in blocks]
    subprocess.run(["sh", "-euc", make], check=True, capture_output=True)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("ingest.token", "tls.key")} == {0o600}
    bus = start("", section.removeprefix("[bus]\n"))
    bus.wait_for_log("the door is open")
    assert "tokens" not in "".join(line for line in bus.log().splitlines() if "warning" in line)
    told = [json.loads(subprocess.run(["sh", "-euc", post], check=True, capture_output=True).stdout) for _ in range(2)]
    assert [one["events"][0]["new"] for one in told] == [True, False]
    assert told[0]["events"][0]["id"] == told[1]["events"][0]["id"]


# ---- Configuration ----


def check(bus):
    done = subprocess.run([AFFNOTIFYD, "-c", bus.config, "--check"], capture_output=True, text=True)
    return done.returncode, [line.replace(str(bus.config), "a.ini") for line in done.stdout.splitlines()]


def test_check_finds_what_keeps_the_door_closed(tmp_path, tls):
    bus = Bus(tmp_path, csv_section(tmp_path), "listen = http://127.0.0.1:1")
    needs = "a.ini:5: [bus] listen: needs `ingest_tokens` or `ingest_signing_secret`: without either, anybody could hand events in"
    assert check(bus) == (1, [needs])
    bus.configure(csv_section(tmp_path), "listen = https://127.0.0.1:1\ningest_tokens = file:/nowhere")
    assert check(bus) == (1, ["a.ini:5: [bus] listen: needs `tls_certificate` and `tls_key`, each a PEM file"])
    bus.configure(csv_section(tmp_path), "listen = https://127.0.0.1:1\ntls_certificate = /nowhere/c\ntls_key = /nowhere/k\n"
                  "ingest_tokens = file:/nowhere/t short\ningest_signing_secret = env:NOT_SET, a-secret-of-none")
    assert check(bus) == (1, [
        "warning: a.ini: has mode 0644, so that others may read the secrets in lines 8, 9; `affnotify seal --in-place -c "
        "a.ini`, or `chmod 0640 a.ini`",
        "a.ini:6: [bus] tls_certificate: /nowhere/c cannot be read: No such file or directory",
        "a.ini:7: [bus] tls_key: /nowhere/k cannot be read: No such file or directory",
        "a.ini:8: [bus] ingest_tokens: /nowhere/t cannot be read: No such file or directory",
        "warning: a.ini:8: [bus] ingest_tokens: the secret stands in the file itself; seal it by `affnotify seal --in-place -c a.ini`, or write file:/PATH, credential:NAME or env:NAME",
        "warning: a.ini:8: [bus] ingest_tokens: a token of fewer than 16 characters can be guessed",
        "a.ini:9: [bus] ingest_signing_secret: the environment variable NOT_SET is not set; set it where affnotifyd is started, and start it again",
        "warning: a.ini:9: [bus] ingest_signing_secret: the secret stands in the file itself; seal it by `affnotify seal --in-place -c a.ini`, or write file:/PATH, credential:NAME or env:NAME",
        "a.ini:9: [bus] ingest_signing_secret: must be `whsec_` and base64, as the sender shows it",
    ])
    (tmp_path / "t").write_text(TOKEN)
    (tmp_path / "t").chmod(0o600)
    bus.configure(csv_section(tmp_path), settings(1, tls, f"file:{tmp_path}/t"))
    assert check(bus) == (0, [])
    os.mkfifo(tmp_path / "pipe")
    bus.configure(csv_section(tmp_path), settings(1, tls, f"file:{tmp_path}/pipe").replace(str(tls.key), f"{tmp_path}/pipe"))
    refused = f"{tmp_path}/pipe cannot be read: it is not a regular file"
    assert check(bus) == (1, [f"a.ini:7: [bus] tls_key: {refused}", f"a.ini:8: [bus] ingest_tokens: {refused}"])


def test_a_door_without_authentication_stops_the_start(tmp_path):
    bus = Bus(tmp_path, csv_section(tmp_path), "listen = http://127.0.0.1:1").launch()
    assert bus.process.wait() == 1
    assert "without either, anybody could hand events in" in bus.log()


def test_a_door_that_cannot_open_keeps_nothing_else_from_its_work(start, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        bus = start(csv_section(tmp_path), settings(port))
        bus.wait_for_log("the door is closed: nothing comes in by the network")
        bus.emit(event(1))
        bus.wait_for("crm", delivered=1)
        shown = bus.ask({"command": "status"})["bus"]["http"]
        listener = {"key": "listen", "url": f"http://127.0.0.1:{port}"}
        why = "cannot listen: Address already in use"
        assert shown == {"listeners": [dict(listener, state="closed", error=why)], "refused": None, "needs_somebody": True}
        assert f"http://127.0.0.1:{port} is closed: {why}\n" in bus.command("status").stdout
        assert bus.command("status", "--check").returncode == 1
    Door(bus, port).wait()  # by itself, once the port is free
    assert bus.ask({"command": "status"})["bus"]["http"] == {
        "listeners": [dict(listener, state="open", error=None)], "refused": None, "needs_somebody": False}
    assert f"listens on http://127.0.0.1:{port}" in bus.command("status").stdout
    assert bus.command("status", "--check").returncode == 0
    assert Door(bus, port).post(event(2)).status == 202


def test_without_listen_there_is_no_door(start):
    bus = start()
    assert bus.ask({"command": "status"})["bus"]["http"] is None
    assert bus.hosts() == []


# ---- Trouble ----


def test_a_door_that_is_killed_is_started_again(open_door, tmp_path):
    door = open_door(csv_section(tmp_path))
    for number in range(3):
        pid = door.process()
        os.kill(pid, signal.SIGKILL)
        door.bus.emit(event(number))
        door.bus.wait_for("crm", delivered=2 * number + 1)
        door.bus.wait_for_log("the door is open", number + 2)
        assert door.post(event(100 + number)).status == 202
        door.bus.wait_for("crm", delivered=2 * number + 2)
        wait_until(lambda: not is_running(pid), "the old door is gone")
    assert "affnotify-http was killed by signal 9 (Killed)" in door.bus.log()


def test_the_door_ends_with_its_bus(open_door):
    door = open_door()
    pid = door.process()
    door.bus.kill()
    wait_until(lambda: not is_running(pid), "the door has ended")


def test_without_a_journal_503_and_by_itself_back(open_door):
    door = open_door()
    assert door.post(event(1)).status == 202
    journal = door.bus.state / "journal.db"
    aside = door.bus.state / "aside.db"
    journal.rename(aside)
    door.bus.wait_for_log("the file was removed or replaced")
    for body in (event(2), [event(2), event(3)], {"event": "none"}, b"rubbish"):
        reply = door.post(body)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
        assert reply.json["detail"] == "the journal was removed or replaced; put it back, or restart affnotifyd"
    aside.rename(journal)
    wait_until(lambda: door.post(event(2)).status == 202, "it takes events again")
    assert kept(door.bus) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_503_and_by_itself_back(open_door, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", state], check=True)
    try:
        door = open_door(csv_section(tmp_path))
        accepted = door.post([event(number) for number in range(100)]).ids
        (state / "ballast").write_bytes(b"")
        with contextlib.suppress(OSError), open(state / "ballast", "wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass
        number = 1000

        def refused():
            nonlocal number
            number += 1000
            reply = door.post([event(at, link="https://x.org/" + 900 * "x") for at in range(number, number + 1000)])
            if reply.status == 202:
                accepted.extend(reply.ids)
            return reply if reply.status == 503 else None

        reply = wait_until(refused, "the disk is full")
        assert reply.headers["Retry-After"] == "1" and "full" in reply.json["detail"], reply.json
        assert door.request("GET", "/").status == 404  # the door itself goes on
        status = door.bus.command("status", "--check")
        assert status.returncode == 1 and re.search(r"^no event is taken now: journal .* is full", status.stdout,
                                                    re.MULTILINE), status.stdout
        (state / "ballast").unlink()
        wait_until(lambda: door.post(event(500_000)).status in (200, 202), "it takes events again")
        wait_until(lambda: door.bus.ask({"command": "status"})["bus"]["trouble"] is None, "status says so")
        for one in accepted:
            assert door.bus.ask({"command": "trace", "id": one})["ok"]
        door.bus.wait_for("crm", pending=0)
    finally:
        subprocess.run(["umount", "-l", state], check=True)


def test_a_bus_that_stands_still_is_waited_for(open_door):
    door = open_door()
    os.kill(door.bus.process.pid, signal.SIGSTOP)
    client = door.client()
    try:
        client.request("POST", "/v1/events", json.dumps(event(1)).encode(), JSON)
        other = door.request("GET", "/v1/events")  # the door itself does not wait
        assert other.status == 405
    finally:
        os.kill(door.bus.process.pid, signal.SIGCONT)
    assert client.getresponse().status == 202
    client.close()


def test_a_stop_answers_what_was_begun(open_door):
    """Also somebody who has only just connected; who has had an answer and sends nothing is let go."""
    door = open_door()
    body = json.dumps(event(1)).encode()
    head = (f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    begun, new, idle = door.connect(), door.connect(), door.connect()
    shaking = socket.create_connection(("127.0.0.1", door.port))
    idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle.recv(65536).startswith(b"HTTP/1.1 404 ")
    begun.sendall(head + body[:10])
    assert door.request("GET", "/").status == 404  # so the door has read the other's head
    door.bus.process.send_signal(signal.SIGTERM)
    assert idle.recv(1) == b""
    shaken = door.context().wrap_socket(shaking, server_hostname="localhost")
    new.sendall(head + body)
    shaken.sendall(head + body)
    begun.sendall(body[10:])
    for connection in (begun, new, shaken):
        received = read_to_end(connection)
        assert received.startswith((b"HTTP/1.1 202 ", b"HTTP/1.1 200 ")) and b"Connection: close\r\n" in received
    assert door.bus.process.wait() == 0


def test_a_dying_door_disturbs_no_delivery(open_door, tmp_path):
    """It is killed and crashes while a sink delivers: every event goes out once, by its first attempt."""
    far = Obey(tmp_path)
    door = open_door(far.section("batch = 1", "concurrency = 1"))
    bus, count, sent = door.bus, 3000, set()
    host = next(pid for pid in bus.hosts() if pid != door.process())
    for number, killing in enumerate([signal.SIGKILL, signal.SIGABRT, signal.SIGQUIT, signal.SIGKILL], 1):
        sent.update(bus.emit(*[event(at) for at in range((number - 1) * count // 4, number * count // 4)]))
        wait_until(lambda: len(far.calls()) > len(sent) - count // 4, "it delivers these")
        begun = door.connect()  # only now: a request has 30 seconds
        begun.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\n")
        os.kill(door.process(), killing)
        assert read_to_end(begun) == b""
        bus.wait_for_log("the door is open", number + 1)
    bus.wait_for(far.name, delivered=count, pending=0)
    assert [events for _, events in far.calls() if events[0][1] != 1 or len(events) != 1] == []
    assert len(far.ids()) == count and set(far.ids()) == sent
    assert host in bus.hosts()


# ---- systemd's sockets ----


def start_with_socket(bus, listening):
    """As systemd does it: the socket on fd 3, and who it is for."""
    fd = listening.fileno()
    script = f'exec 3<&{fd}; [ {fd} = 3 ] || exec {fd}<&-; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
    with open(bus.log_path, "ab") as log:
        bus.process = subprocess.Popen(["bash", "-c", script, "bash", AFFNOTIFYD, "-c", bus.config],
                                       pass_fds=[fd], stdout=log, stderr=log)
    wait_until(bus.answers, "the bus answers")


def test_a_restart_with_systemds_socket_loses_no_connection(tmp_path, tls):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        port = listening.getsockname()[1]
        bus = Bus(tmp_path, csv_section(tmp_path), settings(port, tls))
        door = Door(bus, port, tls)
        try:
            start_with_socket(bus, listening)
            door.wait()
            assert 'sockets="handed down"' in bus.log()
            assert door.post(event(1)).status == 202
            for number in range(3):
                assert bus.stop() == 0
                waiting = socket.create_connection(("127.0.0.1", port))  # nobody is there, and it is not refused
                start_with_socket(bus, listening)
                with door.context().wrap_socket(waiting, server_hostname="localhost") as connection:
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
                assert door.post(event(2 + number)).status == 202
            hosts = [pid for pid in bus.hosts() if pathlib.Path(f"/proc/{pid}/comm").read_text() == "affnotify-host\n"]
            names = {os.readlink(f"/proc/{hosts[0]}/fd/{fd}") for fd in os.listdir(f"/proc/{hosts[0]}/fd")}
            inode = os.readlink(f"/proc/self/fd/{listening.fileno()}")
            assert inode not in names  # a plugin does not get it
        finally:
            bus.stop()


@pytest.mark.parametrize("family, address, shown", [
    (socket.AF_INET, "0.0.0.0", "0.0.0.0"), (socket.AF_INET6, "::", "::"), (socket.AF_INET, "127.0.0.2", None),
    (socket.AF_INET6, "::1", None), (socket.AF_INET6, "::ffff:127.0.0.1", None)])
def test_a_socket_that_is_not_loopback_is_not_used_without_tls(tmp_path, family, address, shown):
    with socket.socket(family) as listening:
        listening.bind((address, 0))
        listening.listen(64)
        port = listening.getsockname()[1]
        bus = Bus(tmp_path, csv_section(tmp_path), settings(port))
        try:
            start_with_socket(bus, listening)
            if not shown:
                bus.wait_for_log("the door is open")
                assert 'sockets="handed down"' in bus.log()
                return
            reason = (f"systemd's socket for this port is bound to {shown}, and http is for "
                      "loopback alone; let its ListenStream name 127.0.0.1, or make this https")
            listener = lambda: bus.ask({"command": "status"})["bus"]["http"]["listeners"][0]
            wait_until(lambda: listener()["error"], "the door says why")
            assert (listener()["state"], listener()["error"]) == ("closed", reason)
        finally:
            bus.stop()


def test_senders_do_not_notice_restarts_with_systemds_socket(tmp_path, tls):
    """Each connects anew for each event, and tries none again: every one of them is taken in."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        port = listening.getsockname()[1]
        bus = Bus(tmp_path, csv_section(tmp_path), settings(port, tls))
        door = Door(bus, port, tls)
        over, accepted = threading.Event(), []

        def send(first):
            number = first
            while not over.is_set():
                reply = door.post(event(number))
                assert reply.status == 202, (reply.status, reply.body)
                accepted.append(reply.ids[0])
                number += 8

        def restart(_):
            try:
                for _ in range(5):
                    before = len(accepted)
                    wait_until(lambda: len(accepted) >= before + 40, "the senders are at work")
                    assert bus.stop() == 0
                    start_with_socket(bus, listening)
            finally:
                over.set()

        start_with_socket(bus, listening)
        try:
            in_threads(lambda job: job[0](job[1]), [(restart, 0), *((send, number) for number in range(8))])
            bus.wait_for("crm", pending=0)
            assert len(accepted) == len(set(accepted)) >= 200
            assert {row[0] for row in rows(tmp_path)[1:]} == set(accepted)
        finally:
            bus.stop()
