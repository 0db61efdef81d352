"""The main job: an event in, the same event out at every sink; and what operators see of it."""

import csv
import grp
import hashlib
import json
import os
import pathlib
import resource
import shutil
import socket
import sqlite3
import stat
import subprocess
import threading
import time

import pytest

from harness import AFFNOTIFY, Bus, event, is_running, wait_until
from test_abi_headers import book_sources

ROOT = pathlib.Path(__file__).resolve().parents[2]

SPEC_CREATED = {
    "event": "affiliate.created",
    "affiliate_id": "ia_45fee001",
    "email": "affiliate@example.com",
    "deep_link": "https://myapp.link/ref/abc123",
    "occurred_at": "2026-03-18T12:00:00.000Z",
}
SPEC_DEACTIVATED = dict(SPEC_CREATED, event="affiliate.deactivated", occurred_at="2026-03-18T14:30:00.000Z")


def canonical(fields):
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def id_of(body):
    return "evt_" + hashlib.sha256(body).hexdigest()[:32]


def csv_section(folder, extra=""):
    return f"[sink:crm]\nplugin = csv\npath = {folder}/crm.csv\n{extra}\n"


def webhook_section(server, extra=""):
    return (
        f"[sink:backend]\nplugin = webhook\nurl = {server.url}/affiliates\nca_file = {server.ca_file}\n{extra}\n"
    )


def rows(folder):
    with open(folder / "crm.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


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
    stuck = [event(0, link=f"https://myapp.link/{n}") for n in range(1500)]
    bus.emit(*stuck)
    others = bus.emit(*[event(number) for number in range(1, 101)])
    bus.wait_for("backend", delivered=100)
    assert bus.delivery(others[-1], "backend")["state"] == "delivered"
    gate.set()
    bus.wait_for("backend", delivered=1600, pending=0)
    links = [json.loads(r.body)["deep_link"] for r in https_server.requests if b"person0@" in r.body]
    assert links == [fields["deep_link"] for fields in stuck]


def test_waiting_events_outlive_a_crash(start, tmp_path, https_server):
    gate = threading.Event()
    https_server.answer = lambda request: (gate.wait(30), 204)[1]
    sinks = webhook_section(https_server, "timeout = 60s")
    bus = start(sinks)
    stuck = [event(0, link=f"https://myapp.link/{n}") for n in range(1500)]
    bus.emit(*stuck)

    def waiting():
        with sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM waiting").fetchone()[0]

    wait_until(lambda: waiting() > 500, "blocked events are put aside")
    bus.kill()
    gate.set()
    bus.start()
    bus.wait_for("backend", delivered=1500, pending=0)
    links = [json.loads(r.body)["deep_link"] for r in https_server.requests]
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


# ---- The socket ----


def test_answers_come_in_the_order_of_requests(start, tmp_path):
    bus = start(csv_section(tmp_path))
    connection = bus.connect()
    connection.send(event(1), {"command": "status"}, {"event": "affiliate.gone"}, event(2), {"command": "nap"})
    answers = [connection.receive() for _ in range(5)]
    assert answers[0]["new"] is True
    assert answers[1]["bus"]["accepted"] == 1  # commands see what came before them, and no more
    assert (answers[2]["field"], answers[2]["rule"]) == ("event", "unknown_event")
    assert answers[3]["new"] is True
    assert answers[4]["rule"] == "unknown_command" and "status" in answers[4]["message"]
    connection.close()


@pytest.mark.parametrize(
    "line, field, rule",
    [
        (b"hello", "", "not_json"),
        (b"[]", "", "not_object"),
        (b"{}", "", "no_event_or_command"),
        (b'{"event":"affiliate.created","event":"affiliate.created"}', "event", "duplicate_key"),
        (b'{"event":"affiliate.created"}', "email", "missing"),
        (b'{"event":"affiliate.created","email":7}', "email", "type"),
        (b'{"event":"affiliate.created","email":"a@b","deep_link":"x/y"}', "deep_link", "not_absolute"),
        (b'{"command":7}', "command", "unknown_command"),
        (b'{"command":"trace"}', "id", "missing"),
        (b'{"command":"trace","id":"evt_nonsense"}', "id", "unknown_id"),
        (b'{"command":"id","email":"nonsense"}', "email", "syntax"),
    ],
)
def test_refusals_name_field_and_rule(start, tmp_path, line, field, rule):
    bus = start()
    connection = bus.connect()
    connection.socket.sendall(line + b"\n\n  \n")  # blank lines are not requests
    answer = connection.receive()
    assert (answer["ok"], answer["field"], answer["rule"]) == (False, field, rule), answer
    assert connection.ask({"command": "status"})["ok"]
    connection.close()


def test_a_line_too_long_closes_the_connection(start, tmp_path):
    bus = start()
    connection = bus.connect()
    connection.socket.sendall(b'{"event":"' + b"x" * 70000)
    assert connection.receive()["rule"] == "too_long"
    assert connection.lines.readline() == b""
    connection.close()
    assert bus.ask({"command": "status"})["ok"]


def test_the_last_line_needs_no_break(start, tmp_path):
    bus = start()
    connection = bus.connect()
    connection.socket.sendall(canonical(SPEC_CREATED))
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.receive()["new"] is True
    connection.close()


def test_a_client_that_does_not_read_holds_nobody_up(start, tmp_path):
    bus = start()
    rude = bus.connect()
    rude.socket.settimeout(0.5)
    line = canonical(SPEC_CREATED) + b"\n"
    with pytest.raises(TimeoutError):
        while True:
            rude.socket.sendall(line * 1000)
    assert bus.ask({"command": "status"})["ok"]
    rude.close()


def test_id_tells_derived_and_remembered(start, tmp_path):
    bus = start()
    unknown = bus.ask({"command": "id", "email": "Affiliate@Example.com"})
    assert (unknown["derived"], unknown["remembered"]) == ("ia_43831f8e", None)
    bus.emit(SPEC_CREATED)
    known = bus.ask({"command": "id", "email": "affiliate@example.com"})
    assert (known["derived"], known["remembered"]) == ("ia_43831f8e", "ia_45fee001")


def test_collisions_are_reported_once(start, tmp_path):
    bus = start(csv_section(tmp_path))
    for n in range(3):
        bus.emit(dict(SPEC_CREATED, email="other@example.com", deep_link=f"https://x.example/{n}"))
        bus.emit(dict(SPEC_CREATED, deep_link=f"https://x.example/{n}"))
    bus.wait_for("crm", delivered=6)
    assert bus.log().count("one affiliate ID, two e-mails") == 1
    bus.emit(dict(SPEC_CREATED, affiliate_id="ia_00000001"))
    bus.emit(dict(SPEC_DEACTIVATED, affiliate_id="ia_00000001"))
    assert bus.log().count("one e-mail, two affiliate IDs") == 1


# ---- Who may do what ----


def as_user(uid, groups, question):
    """Runs question() in a child with these rights and returns what it returned, as text."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(groups)
            os.setgid(uid)
            os.setuid(uid)
            answer = question()
        except BaseException as error:  # noqa: BLE001  the parent shows it
            answer = repr(error)
        os.write(write_end, str(answer).encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return answer


def test_publishers_publish_and_operators_control(start, tmp_path):
    assert os.geteuid() == 0, "this test changes users, so it needs root"
    for folder in [tmp_path, *tmp_path.parents]:
        if str(folder).startswith("/tmp/") and folder.exists():
            folder.chmod(0o755)
    bus = start(csv_section(tmp_path), "publishers = daemon\noperators = adm")
    publishers, operators = grp.getgrnam("daemon").gr_gid, grp.getgrnam("adm").gr_gid
    status = lambda: bus.ask({"command": "status"})
    publish = lambda: bus.ask(SPEC_CREATED)
    assert "'new': True" in as_user(65534, [publishers], publish)
    assert "forbidden" in as_user(65534, [publishers], status)
    assert "'sinks'" in as_user(65534, [operators], status)
    refused = as_user(65534, [], status)
    assert "closed the connection" in refused or "Broken" in refused or "reset" in refused, refused
    spool = (bus.state / "spool").stat()
    assert stat.S_IMODE(spool.st_mode) == 0o3730 and spool.st_gid == publishers


def test_publishers_spool_while_the_bus_is_away(start, tmp_path):
    assert os.geteuid() == 0, "this test changes users, so it needs root"
    for folder in [tmp_path, *tmp_path.parents]:
        if str(folder).startswith("/tmp/") and folder.exists():
            folder.chmod(0o755)
    bus = start(csv_section(tmp_path), "publishers = daemon")
    assert bus.stop() == 0
    publishers = grp.getgrnam("daemon").gr_gid
    program = shutil.copy(AFFNOTIFY, tmp_path)  # out of a checkout that they may not enter
    emit = lambda: bus.command("emit", "created", "--email", "a@example.com", program=program).stdout
    assert as_user(65534, [publishers], emit) == "spooled\n"
    bus.start()
    bus.wait_for("crm", delivered=1)


def test_alone_the_socket_is_private(start, tmp_path):
    bus = start()
    assert stat.S_IMODE(bus.socket.stat().st_mode) == 0o600


def test_any_bytes_in_a_path_can_be_told(start, tmp_path):
    folder = os.fsencode(tmp_path) + b"/b\xfcro"
    os.mkdir(folder)
    bus = start()
    bus.stop()
    bus.config = bus.config.rename(os.fsdecode(folder + b"/x.ini"))
    bus.configure("[sink:crm]\nplugin = csv\npath = crm.csv\n")
    bus.start()
    bus.wait_for("crm", state="stopped")
    connection = bus.connect()
    connection.send({"command": "status"}, {"command": "check"}, {"command": "id", "email": "a@b"})
    status, check, identity = [connection.receive() for _ in range(3)]
    assert "b?ro/x.ini" in status["bus"]["config"] and "b?ro/x.ini:" in status["sinks"][0]["error"]
    assert check["errors"] == 1 and "b?ro/x.ini:" in check["mistakes"][0]["message"]
    assert identity["ok"]
    connection.close()


# ---- Start and stop ----


def test_a_stale_socket_is_replaced(start, tmp_path):
    bus = start()
    bus.kill()
    assert bus.socket.exists()
    bus.start()


def test_a_second_bus_is_refused(start, tmp_path):
    bus = start()
    second = Bus(tmp_path)
    second.log_path = tmp_path / "second.log"
    assert second.launch().process.wait(30) == 1
    assert f"another affnotifyd (process {bus.process.pid}) works on this state directory" in second.log()
    assert bus.ask({"command": "status"})["ok"]


def test_a_live_socket_of_another_bus_is_not_taken(start, tmp_path):
    bus = start()
    (tmp_path / "two").mkdir()
    second = Bus(tmp_path / "two")
    second.socket = bus.socket
    second.configure("")
    assert second.launch().process.wait(30) == 1
    assert "another program listens on it" in second.log()
    assert bus.ask({"command": "status"})["ok"]


def test_a_file_in_the_place_of_the_socket_is_not_removed(tmp_path):
    bus = Bus(tmp_path)
    bus.socket.write_text("precious")
    assert bus.launch().process.wait(30) == 1
    assert "is not a socket" in bus.log() and bus.socket.read_text() == "precious"


def test_a_broken_bus_section_stops_the_start(tmp_path):
    bus = Bus(tmp_path, bus="sokcet = /tmp/x")
    assert bus.launch().process.wait(30) == 1
    assert "did you mean `socket`?" in bus.log()


def test_hangups_are_ignored_and_a_stop_is_clean(start, tmp_path, https_server):
    gate = threading.Event()
    https_server.answer = lambda request: (gate.wait(30), 204)[1]
    bus = start(csv_section(tmp_path) + webhook_section(https_server, "timeout = 60s"))
    bus.emit(SPEC_CREATED)
    wait_until(lambda: https_server.requests, "the request is on its way")
    bus.process.send_signal(1)
    assert bus.ask({"command": "status"})["ok"]
    hosts = bus.hosts()
    assert len(hosts) == 2
    asked = time.monotonic()
    assert bus.stop() == 0
    assert time.monotonic() - asked < 10  # a promise, not a speed: 5 s of grace for what hangs
    assert [pid for pid in hosts if is_running(pid)] == []
    assert not bus.socket.exists()
    gate.set()
    bus.start()
    bus.wait_for("backend", delivered=1, pending=0)
    bus.wait_for("crm", delivered=1, pending=0)


def test_hosts_never_outlive_the_bus(start, tmp_path, https_server):
    bus = start(csv_section(tmp_path) + webhook_section(https_server))
    wait_until(lambda: len(bus.hosts()) == 2, "both hosts run")
    hosts = bus.hosts()
    bus.kill()
    wait_until(lambda: not [pid for pid in hosts if is_running(pid)], "the hosts have ended")


def test_hosts_see_no_environment_and_no_descriptor_of_the_bus(start, tmp_path):
    bus = start(csv_section(tmp_path), env=dict(os.environ, CANARY="must-not-be-seen"))
    bus.wait_for("crm", state="open")
    (host,) = bus.hosts()
    environment = open(f"/proc/{host}/environ", "rb").read()
    assert b"CANARY" not in environment
    targets = [os.readlink(f"/proc/{host}/fd/{fd}") for fd in os.listdir(f"/proc/{host}/fd")]
    assert not [target for target in targets if "journal.db" in target or target.endswith("/lock")]
    assert open(f"/proc/{host}/comm").read().strip() == "affnotify-host"


# ---- Mistakes and troubles ----


def test_a_sink_with_a_mistake_starts_stopped_and_its_events_wait(start, tmp_path, https_server):
    good = webhook_section(https_server)
    bus = start(good + "[sink:crm]\nplugin = csv\npaht = /tmp/crm.csv\n")
    bus.emit(SPEC_CREATED)
    bus.wait_for("backend", delivered=1)
    sink = bus.wait_for("crm", state="stopped", pending=1)
    assert f"{bus.config}:" in sink["error"] and "did you mean `path`?" in bus.log()
    assert sink["oldest"]
    bus.stop()
    bus.configure(good + csv_section(tmp_path))
    bus.start()
    bus.wait_for("crm", delivered=1, pending=0)


def test_an_unknown_plugin_gets_a_suggestion(start, tmp_path):
    bus = start("[sink:crm]\nplugin = cvs\n")
    sink = bus.wait_for("crm", state="stopped")
    assert sink["error"].endswith("[sink:crm] plugin: no plugin is named cvs; did you mean `csv`?")


def test_a_plain_http_url_is_a_mistake(start, tmp_path):
    bus = start("[sink:backend]\nplugin = webhook\nurl = http://example.com/\n")
    sink = bus.wait_for("backend", state="stopped")
    assert "[sink:backend] url: " in sink["error"] and "must be https, not http" in sink["error"]


def test_strict_refuses_the_whole_file(tmp_path):
    bus = Bus(tmp_path, "[sink:crm]\nplugin = csv\n")
    assert bus.launch("--strict").process.wait(30) == 1
    assert "[sink:crm] path: " in bus.log()


def test_a_disabled_sink_waits(start, tmp_path):
    bus = start(csv_section(tmp_path, "enabled = no"))
    bus.emit(SPEC_CREATED)
    sink = bus.wait_for("crm", state="stopped", pending=1)
    assert "enabled = no" in sink["error"] and bus.hosts() == []


def test_a_sink_that_cannot_open_is_tried_again(start, tmp_path):
    """Its events wait, uncharged, until the directory is there."""
    bus = start(f"[sink:crm]\nplugin = csv\npath = {tmp_path}/later/crm.csv\n")
    (event_id,) = bus.emit(SPEC_CREATED)
    bus.wait_for_log("again_in_ms=2000")
    sink = bus.sink("crm")
    assert sink["state"] == "opening" and sink["error"] and sink["pending"] == 1
    (tmp_path / "later").mkdir()
    bus.wait_for("crm", state="open", delivered=1)
    assert bus.delivery(event_id, "crm")["attempts"] == 1


def test_check_asks_the_running_bus(start, tmp_path):
    bus = start(csv_section(tmp_path))
    assert bus.ask({"command": "check"})["errors"] == 0
    bus.configure("[sink:crm]\nplugin = csv\npath = crm.csv\n[sink:other]\nplugin = csv\n")
    connection = bus.connect()
    connection.send({"command": "check", "config": str(bus.config)}, {"command": "status"})
    answer = connection.receive()
    assert answer["errors"] == 2
    assert [m["section"] for m in answer["mistakes"] if not m["warning"]] == ["sink:crm", "sink:other"]
    assert connection.receive()["bus"]["pid"] == bus.process.pid  # in order, also behind a slow one
    connection.close()
    assert bus.ask({"command": "check", "config": "/other.ini"})["rule"] == "other_config"
    assert (tmp_path / "crm.csv").exists()  # made by the running sink; the check opened nothing new


# ---- The spool ----


def test_the_spool_is_taken_in_at_start_and_while_running(start, tmp_path):
    spool = tmp_path / "state" / "spool"
    spool.mkdir(parents=True)
    (spool / "1.jsonl").write_bytes(canonical(SPEC_CREATED) + b"\nnonsense\n" + canonical(SPEC_DEACTIVATED))
    bus = start(csv_section(tmp_path))
    bus.wait_for("crm", delivered=2)
    temporary = spool / ".2.jsonl"
    temporary.write_bytes(canonical(dict(SPEC_CREATED, email="later@example.com")) + b"\n")
    temporary.rename(spool / "2.jsonl")
    bus.wait_for("crm", delivered=3)
    wait_until(lambda: list(spool.iterdir()) == [], "the spool is empty")
    with sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True) as database:
        refused = database.execute("SELECT source, rule, raw FROM refused").fetchall()
    assert [(source, rule, bytes(raw)) for source, rule, raw in refused] == [
        ("spool/1.jsonl", "not_json", b"nonsense")
    ]
    assert "refused and kept" in bus.log()


def test_what_cannot_be_taken_keeps_nothing_behind_it_waiting(start, tmp_path):
    spool = tmp_path / "state" / "spool"
    spool.mkdir(parents=True)
    for number in range(300):
        (spool / f"0-{number}").mkdir()  # not files
        (spool / f"1-{number}.jsonl").write_bytes(b"\n" if number % 2 else b"")  # nothing in them
    (spool / "2.jsonl").write_bytes(canonical(SPEC_CREATED) + b"\n")
    bus = start(csv_section(tmp_path))
    bus.wait_for("crm", delivered=1)
    wait_until(lambda: len(list(spool.iterdir())) == 300, "only what is no file is left")
    assert bus.log().count("is not a regular file") >= 1


def test_links_in_the_spool_are_not_followed(start, tmp_path):
    spool = tmp_path / "state" / "spool"
    spool.mkdir(parents=True)
    secret = tmp_path / "secret"
    secret.write_text("nobody should see this")
    (spool / "0.jsonl").symlink_to(secret)
    bus = start(csv_section(tmp_path))
    bus.wait_for_log("spool/0.jsonl: ")
    bus.emit(SPEC_CREATED)
    bus.wait_for("crm", delivered=1)
    assert secret.exists() and "nobody should see this" not in bus.log()


def test_a_journal_that_was_removed_accepts_nothing(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit(event(1))
    journal = bus.state / "journal.db"
    journal.rename(bus.state / "elsewhere")
    bus.wait_for_log("removed or replaced")
    answer = bus.ask(event(2))
    assert answer["rule"] == "unavailable" and "restart affnotifyd" in answer["message"]
    (bus.state / "elsewhere").rename(journal)
    wait_until(lambda: bus.ask(event(2))["ok"], "it is accepted again")
    bus.wait_for("crm", delivered=2, pending=0)


def test_another_tools_lock_freezes_nobody(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit(event(1))
    bus.wait_for("crm", delivered=1)
    other = sqlite3.connect(bus.state / "journal.db")
    other.execute("BEGIN IMMEDIATE")
    connection = bus.connect()
    connection.send(*[event(number) for number in range(2, 22)], {"command": "status"})
    answers = [connection.receive() for _ in range(21)]
    assert [answer["rule"] for answer in answers[:20]] == ["unavailable"] * 20
    assert "locked" in answers[0]["message"] and answers[20]["sinks"][0]["delivered"] == 1
    other.rollback()
    other.close()
    wait_until(lambda: bus.ask(event(2))["ok"], "it is accepted again")
    bus.wait_for("crm", delivered=2, pending=0)
    connection.close()


def test_a_full_journal_says_so_and_recovers(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit(event(1))
    bus.wait_for("crm", delivered=1)
    before = resource.prlimit(bus.process.pid, resource.RLIMIT_FSIZE, (16384, resource.RLIM_INFINITY))
    answer = bus.ask(event(2))
    assert (answer["ok"], answer["rule"]) == (False, "unavailable"), answer
    bus.wait_for_log("nothing accepted is lost")
    resource.prlimit(bus.process.pid, resource.RLIMIT_FSIZE, before)
    assert bus.ask(event(2))["new"] is True
    bus.wait_for("crm", delivered=2, pending=0)


# ---- The plugin author's book ----


def test_the_sink_of_the_book_runs(start, tmp_path):
    """Extracted from the book, built by its own command line, loaded by its path."""
    (tmp_path / "lines.c").write_text(book_sources()["lines.c"])
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
