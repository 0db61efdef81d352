"""`take` and `keep` on the socket: what a client that stands for others hands over."""

import base64
import contextlib
import sqlite3

from harness import event


def refused(bus):
    with contextlib.closing(sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True)) as database:
        return database.execute("SELECT source, field, rule, message, raw FROM refused ORDER BY number").fetchall()


def test_take_is_an_event_with_its_circumstances(start):
    bus = start()
    first = bus.ask({"take": event(1), "source": "door 1"})
    assert (first["ok"], first["new"]) == (True, True)
    assert bus.ask(event(1)) == {"ok": True, "id": first["id"], "new": False}
    assert bus.ask({"take": event(1)})["new"] is False


def test_what_is_taken_and_refused_is_kept(start):
    bus = start()
    answers = [bus.ask({"take": {"event": "affiliate.created", "email": "x"}, "source": "door 1"}),
               bus.ask({"take": "no object"}), bus.ask({"take": None})]
    assert [(answer["ok"], answer["field"], answer["rule"], answer["kept"]) for answer in answers] == [
        (False, "email", "syntax", True), (False, "", "not_object", True), (False, "", "not_object", True)]
    assert [(row[0], row[2], row[4]) for row in refused(bus)] == [
        ("door 1", "syntax", '{"event":"affiliate.created","email":"x"}'.encode()),
        ("socket", "not_object", b'"no object"'), ("socket", "not_object", b"null")]


def test_keys(start):
    bus = start()
    short = {"event": "affiliate.created", "email": "ada@example.com"}
    first = bus.ask({"take": short, "key": "k"})
    assert bus.ask({"take": dict(short, email="ADA@example.com"), "key": "k"}) == dict(first, new=False)
    reused = bus.ask({"take": dict(short, event="affiliate.deactivated"), "key": "k"})
    assert (reused["field"], reused["rule"], reused["kept"]) == ("key", "key_reused", True)
    assert bus.ask({"take": event(1), "key": "k"})["new"] is True  # its time outweighs the key
    # Both in one transaction.
    connection = bus.connect()
    connection.send({"take": short, "key": "l"}, {"take": short, "key": "l"})
    one, two = connection.receive(), connection.receive()
    assert (one["new"], two["new"]) == (True, False) and one["id"] == two["id"]
    connection.close()


def test_keep(start):
    bus = start()
    raw = bytes(range(256))
    assert bus.ask({"keep": base64.b64encode(raw).decode(), "source": "door 2", "field": "email", "rule": "r",
                    "message": "a sentence"}) == {"ok": True, "kept": True}
    assert bus.ask({"keep": ""}) == {"ok": True, "kept": True}
    for padding in (1, 2, 3):
        assert bus.ask({"keep": base64.b64encode(padding * b"x").decode()})["ok"]
    assert refused(bus) == [("door 2", "email", "r", "a sentence", raw), ("socket", "", "", "", b""),
                            ("socket", "", "", "", b"x"), ("socket", "", "", "", b"xx"), ("socket", "", "", "", b"xxx")]
    assert bus.ask({"command": "status"})["bus"]["refused"] == 5


def test_wrong_members(start):
    bus = start()
    cases = [
        ({"keep": 7}, "keep", "type"), ({"keep": "a"}, "keep", "syntax"), ({"keep": "ab=c"}, "keep", "syntax"),
        ({"keep": "===="}, "keep", "syntax"), ({"keep": "", "rule": 7}, "rule", "type"),
        ({"keep": "", "rule": 32 * "r"}, "rule", "too_long"), ({"keep": "", "source": 65 * "s"}, "source", "too_long"),
        ({"keep": "", "message": "a\0"}, "message", "control_character"),
        ({"take": event(1), "key": 273 * "k"}, "key", "too_long"), ({"take": event(1), "key": None}, "key", "type"),
        ({"take": event(1), "source": []}, "source", "type"),
    ]
    for request, field, rule in cases:
        answer = bus.ask(request)
        assert (answer["ok"], answer["field"], answer["rule"]) == (False, field, rule), request
        assert "kept" not in answer
    assert refused(bus) == [] and bus.ask({"command": "status"})["bus"]["accepted"] == 0


def test_without_a_journal_nothing_is_said_to_be_kept(start):
    bus = start()
    (bus.state / "journal.db").rename(bus.state / "aside.db")
    bus.wait_for_log("the file was removed or replaced")
    for request in ({"take": event(1)}, {"take": 1}, {"keep": ""}, {"take": {"event": "affiliate.created", "email": "a@b.org"}, "key": "k"}):
        assert bus.ask(request)["rule"] == "unavailable"


def test_an_event_that_has_such_members_is_an_event(start):
    bus = start()
    odd = dict(event(1), take={"event": "x"}, keep="x", key=1)
    assert bus.ask(odd)["ok"]
