"""The main job: an event in, the same event out at every sink."""

import json
import pathlib
import sqlite3
import stat
import subprocess
import threading

import pytest

import book
from harness import (
    SPEC_CREATED, SPEC_DEACTIVATED, canonical, csv_section, event, id_of, rows, wait_until, webhook_section,
)
from https_server import response

ROOT = pathlib.Path(__file__).resolve().parents[2]


# ---- The way of an event ----


def test_both_sinks_get_the_same_event(start, tmp_path, https_server):
    (tmp_path / "token").write_text("a-made-up-token\n")
    bus = start(
        csv_section(tmp_path) + webhook_section(https_server, f"bearer_token = file:{tmp_path}/token")
    )
    ids = bus.emit(SPEC_CREATED, SPEC_DEACTIVATED)
    assert ids == [id_of(canonical(SPEC_CREATED)), id_of(canonical(SPEC_DEACTIVATED))]
    bus.wait_for("crm", delivered=2, pending=0)
    bus.wait_for("backend", delivered=2, pending=0)

    requests = https_server.requests
    assert [request.body for request in requests] == [canonical(SPEC_CREATED), canonical(SPEC_DEACTIVATED)]
    for request, event_id in zip(requests, ids):
        assert request.method == "POST" and request.path == "/affiliates"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["authorization"] == "Bearer a-made-up-token"
        assert request.headers["webhook-id"] == event_id
        assert request.headers["webhook-timestamp"].isdigit()
        assert request.headers["user-agent"].startswith("affnotify/")
        assert "expect" not in request.headers

    header, created, deactivated = rows(tmp_path)
    assert len(header) == 7
    assert created == [
        ids[0],
        "affiliate.created",
        "ia_45fee001",
        "affiliate@example.com",
        "https://myapp.link/ref/abc123",
        "2026-03-18T12:00:00.000Z",
        "active",
    ]
    assert deactivated[0] == ids[1] and deactivated[6] == "archived"
    assert (tmp_path / "crm.csv").read_bytes().count(b"\r\n") == 3


def test_the_journal_opens_in_any_sqlite(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit(SPEC_CREATED)
    bus.wait_for("crm", delivered=1)
    journal = bus.state / "journal.db"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        assert database.execute("SELECT canonical FROM events").fetchall() == [
            (canonical(SPEC_CREATED),)
        ] or database.execute("SELECT canonical FROM events").fetchall() == [
            (canonical(SPEC_CREATED).decode(),)
        ]
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_is_absent_is_remembered_or_derived(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit({"event": "affiliate.created", "email": " Affiliate@Example.com ", "deep_link": "myapp://x"})
    bus.emit({"event": "affiliate.deactivated", "email": "affiliate@example.com"})
    bus.wait_for("crm", delivered=2)
    _, created, deactivated = rows(tmp_path)
    assert created[2:5] == ["ia_43831f8e", "Affiliate@Example.com", "myapp://x"]
    assert deactivated[2:5] == ["ia_43831f8e", "affiliate@example.com", "myapp://x"]


def test_the_same_event_twice_is_one(start, tmp_path):
    bus = start(csv_section(tmp_path))
    first = bus.ask(SPEC_CREATED)
    second = bus.ask(dict(SPEC_CREATED, unknown_field={"may": ["hold", None, 1]}))
    assert first["new"] is True and second["new"] is False and first["id"] == second["id"]
    bus.wait_for("crm", delivered=1, pending=0)
    assert len(rows(tmp_path)) == 2


def test_only_the_events_asked_for(start, tmp_path, https_server):
    bus = start(
        csv_section(tmp_path) + webhook_section(https_server, "events = affiliate.deactivated")
    )
    ids = bus.emit(SPEC_CREATED, SPEC_DEACTIVATED)
    bus.wait_for("backend", delivered=1, pending=0)
    bus.wait_for("crm", delivered=2)
    assert bus.delivery(ids[0], "backend")["state"] == "not sent"
    assert [request.headers["webhook-id"] for request in https_server.requests] == [ids[1]]


def test_deactivated_never_overtakes_created(start, tmp_path, https_server):
    """Each affiliate's second event goes out only after its first was answered."""
    under_way, seen, overlaps = set(), {}, []

    def answer(request):
        fields = json.loads(request.body)
        if fields["email"] in under_way:
            overlaps.append(fields["email"])
        under_way.add(fields["email"])
        seen.setdefault(fields["email"], []).append(fields["event"])
        under_way.discard(fields["email"])
        return 204

    https_server.answer = answer
    bus = start(webhook_section(https_server))
    for number in range(50):
        bus.emit(event(number), event(number, "affiliate.deactivated"))
    bus.wait_for("backend", delivered=100, pending=0)
    assert len(seen) == 50 and overlaps == []
    for kinds in seen.values():
        assert kinds == ["affiliate.created", "affiliate.deactivated"]


def test_more_than_a_window_of_one_affiliate(start, tmp_path, https_server):
    """Events that are stuck behind their affiliate make room for others, and come in order."""
    gate = threading.Event()

    def answer(request):
        if b"person0@" in request.body and not gate.is_set():
            gate.wait(30)
        return 204

    https_server.answer = answer
    bus = start(webhook_section(https_server, "timeout = 60s"))
    bus.emit(event(5000))
    bus.wait_for("backend", delivered=1)
    stuck = [event(0, link=f"https://myapp.link/{n}") for n in range(1500)]
    bus.emit(*stuck)
    others = bus.emit(*[event(number) for number in range(1, 101)])
    bus.wait_for("backend", delivered=101)
    assert bus.delivery(others[-1], "backend")["state"] == "delivered"
    gate.set()
    bus.wait_for("backend", delivered=1601, pending=0)
    links = [json.loads(r.body)["deep_link"] for r in https_server.requests if b"person0@" in r.body]
    assert links == [fields["deep_link"] for fields in stuck]


def test_waiting_events_outlive_a_crash(start, tmp_path, https_server):
    gate = threading.Event()
    https_server.answer = lambda request: (b"person0@" in request.body and gate.wait(30), 204)[1]
    sinks = webhook_section(https_server, "timeout = 60s")
    bus = start(sinks)
    bus.emit(event(1))
    bus.wait_for("backend", delivered=1)
    stuck = [event(0, link=f"https://myapp.link/{n}") for n in range(1500)]
    bus.emit(*stuck)

    def waiting():
        with sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM waiting").fetchone()[0]

    wait_until(lambda: waiting() > 500, "blocked events are put aside")
    bus.kill()
    gate.set()
    bus.start()
    bus.wait_for("backend", delivered=1501, pending=0)
    links = [json.loads(r.body)["deep_link"] for r in https_server.requests[1:]]
    expected = [fields["deep_link"] for fields in stuck]
    assert list(dict.fromkeys(links)) == expected  # the first one may have come twice
    assert waiting() == 0


# ---- Verdicts, in the plain form of this release ----


@pytest.mark.parametrize(
    "status, verdict", [(301, "MISSET"), (401, "MISSET"), (422, "REFUSED"), (500, "RETRY"), (429, "RETRY")]
)
def test_what_is_not_delivered_is_a_dead_letter(start, tmp_path, https_server, status, verdict):
    https_server.answer = lambda request: status
    bus = start(webhook_section(https_server))
    (event_id,) = bus.emit(SPEC_CREATED)
    sink = bus.wait_for("backend", dead=1, pending=0)
    assert str(status) in sink["error"] and sink["remedy"]
    delivery = bus.delivery(event_id, "backend")
    assert delivery["state"] == "dead" and delivery["verdict"] == verdict
    assert delivery["code"] == status and delivery["attempts"] == 1
    assert len(https_server.requests) == 1


def test_a_dead_letter_unblocks_its_affiliate(start, tmp_path, https_server):
    https_server.answer = lambda request: 422 if b"affiliate.created" in request.body else 204
    bus = start(webhook_section(https_server))
    bus.emit(SPEC_CREATED, SPEC_DEACTIVATED)
    bus.wait_for("backend", dead=1, delivered=1, pending=0)


# ---- The plugin author's book ----


def test_the_sink_of_the_book_runs(start, tmp_path):
    """Extracted from the book, built by its own command line, loaded by its path."""
    (tmp_path / "lines.c").write_text(book.files()["lines.c"])
    subprocess.run(
        ["gcc", "-std=c17", "-shared", "-fPIC", "-fvisibility=hidden", "-I", ROOT / "include",
         "-o", tmp_path / "lines.so", tmp_path / "lines.c"], check=True)
    (tmp_path / "lines.so").chmod(0o755)
    bus = start(f"[sink:archive]\nplugin = {tmp_path}/lines.so\npath = {tmp_path}/archive.txt\n")
    ids = bus.emit(SPEC_CREATED, SPEC_DEACTIVATED)
    bus.wait_for("archive", delivered=2, pending=0)
    assert (tmp_path / "archive.txt").read_bytes() == b"".join(
        f"{event_id}\t".encode() + canonical(fields) + b"\n"
        for event_id, fields in zip(ids, (SPEC_CREATED, SPEC_DEACTIVATED)))
    assert "appending to" in bus.log()
    assert bus.stop() == 0  # close() ran, under the sanitizers


def test_a_far_side_that_quotes_the_person(start, https_server):
    """The log, `status` and notices name no person, whatever the far side sends back."""
    https_server.answer = lambda request: response(401, request.body.replace(b"Second", b"SECOND") + b" for second%40example.com")
    bus = start(webhook_section(https_server))
    (id,) = bus.emit(event(1, email="Second@example.com"))
    bus.wait_for("backend", state="held")
    error = bus.sink("backend")["error"]
    assert error.startswith(f"HTTP 401 from localhost:{https_server.port}: ") and '"email":"••••"' in error, error
    assert error.endswith(" for ••••")
    attempts = bus.delivery(id, "backend")
    for text in (bus.log(), json.dumps(attempts), json.dumps(bus.sink("backend"))):
        assert "second" not in text.lower()
