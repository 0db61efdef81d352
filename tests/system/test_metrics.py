"""admin_listen: health, readiness and metrics; that figures equal what happened, and who is served what."""

import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import ssl
import subprocess
import time

import pytest

from door import TOKEN, Door, free_port, in_threads, settings, statuses
from exposition import Metrics
from harness import AFFNOTIFYD, BUILD, Bus, csv_section, event, is_running, wait_until
from obey import Obey

ROOT = pathlib.Path(__file__).resolve().parents[2]
SANITIZED = b"libasan" in subprocess.run(["ldd", BUILD / "libexec" / "affnotify-http"], capture_output=True).stdout


class Admin(Door):
    """The other listener of a door."""

    def get(self, path, method="GET", **headers):
        return self.request(method, path, None, {k.replace("_", "-"): v for k, v in headers.items()})

    def metrics(self):
        reply = self.get("/metrics")
        assert reply.status == 200, reply.body
        assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return Metrics(reply.body.decode())

    def is_ready(self):
        return self.get("/readyz").status == 200


@pytest.fixture
def admin(start):
    """A bus that has no `listen`, only this."""

    def open_one(sinks="", bus=""):
        port = free_port()
        return Admin(start(sinks, f"admin_listen = {port}\n{bus}"), port).wait()

    return open_one


@pytest.fixture
def both(start):
    """A bus with both listeners: (door, admin)."""

    def open_both(sinks=""):
        port, admin_port = free_port(), free_port()
        bus = start(sinks, settings(port, more=f"admin_listen = http://127.0.0.1:{admin_port}"))
        return Door(bus, port).wait(), Admin(bus, admin_port)

    return open_both


# ---- What is there ----

TYPES = {
    "affnotify_build_info": "gauge",
    "affnotify_start_time_seconds": "gauge",
    "affnotify_events_accepted_total": "counter",
    "affnotify_events_repeated_total": "counter",
    "affnotify_events_refused_total": "counter",
    "affnotify_events_unavailable_total": "counter",
    "affnotify_refused_inputs": "gauge",
    "affnotify_journal_commit_seconds": "histogram",
    "affnotify_journal_bytes": "gauge",
    "affnotify_journal_max_bytes": "gauge",
    "affnotify_journal_full": "gauge",
    "affnotify_notices_total": "counter",
    "affnotify_http_restarts_total": "counter",
    "affnotify_http_responses_total": "counter",
    "affnotify_http_misled_total": "counter",
    "affnotify_http_connections": "gauge",
    "affnotify_http_certificate_expiry_timestamp_seconds": "gauge",
    "affnotify_sink_state": "gauge",
    "affnotify_sink_held": "gauge",
    "affnotify_sink_needs_somebody": "gauge",
    "affnotify_sink_pending": "gauge",
    "affnotify_sink_oldest_pending_seconds": "gauge",
    "affnotify_sink_in_flight": "gauge",
    "affnotify_sink_dead_letters": "gauge",
    "affnotify_deliveries_total": "counter",
    "affnotify_attempts_total": "counter",
    "affnotify_host_restarts_total": "counter",
    "affnotify_plugin_counts_total": "counter",
    "affnotify_batch_seconds": "histogram",
    "affnotify_delivery_latency_seconds": "histogram",
}


def test_every_metric_is_there_from_the_start(admin, tmp_path):
    door = admin(csv_section(tmp_path))
    metrics = door.metrics()
    assert metrics.types == TYPES
    bus = door.bus.ask({"command": "status"})["bus"]
    assert metrics.get("affnotify_build_info", version=bus["version"]) == 1
    assert abs(time.time() - metrics.get("affnotify_start_time_seconds")) < 3600
    assert metrics.get("affnotify_events_accepted_total", type="affiliate.deactivated") == 0
    assert metrics.all("affnotify_attempts_total", sink="crm") == dict.fromkeys(
        ["delivered", "retry", "refused", "down", "misset"], 0)
    assert set(metrics.all("affnotify_deliveries_total", sink="crm")) == {
        "delivered,delivered", "dead,none", "dead,retry", "dead,refused", "dead,down", "dead,misset", "expired,none"}


def test_every_status_is_counted_from_the_start(admin):
    """An increase is seen only of what was there before."""
    statuses = set(re.findall(r"(?:fault_set\((?:&?fault), |connection_refuse\(connection, )(\d{3})",
                              "".join(path.read_text() for path in (ROOT / "core/http").glob("*.c"))))
    counted = admin().metrics().all("affnotify_http_responses_total")
    assert len(statuses) > 10 and statuses | {"200", "202", "401", "400"} <= set(counted) and set(counted.values()) == {0}


def test_the_readme_names_every_metric():
    text = (ROOT / "core/http/README.md").read_text()
    named = set(re.findall(r"`(affnotify_[a-z_]+)[`{]", text))
    assert named == set(TYPES)


def test_every_rule_of_an_event_is_counted_by_its_name(admin):
    words = set()
    for path in [*(ROOT / "core/event").glob("*.c"), ROOT / "core/bus/handover.c"]:
        words |= set(re.findall(r'refusal_set\([^,]+,\s*[^,]+,\s*"([a-z_0-9]+)"', path.read_text()))
    rules = set(admin().metrics().all("affnotify_events_refused_total"))
    assert len(words) > 10 and words <= rules and "other" in rules


# ---- Figures ----


def test_events_in_by_every_road(both):
    door, admin = both()
    assert door.post([event(1), event(2), event(3, kind="affiliate.deactivated")]).status == 202
    assert door.post([event(1), event(2), {"event": "affiliate.created", "email": "nobody"}]).status == 400
    assert door.post(b"rubbish").status == 400
    assert door.post(event(4), "no token of ours").status == 401
    short = {"event": "affiliate.created", "email": "ada@example.com"}
    assert [door.post(short, Idempotency_Key="k").status for _ in range(2)] == [202, 200]
    assert door.post(dict(short, email="bob@example.com"), Idempotency_Key="k").status == 400
    connection = door.bus.connect()
    answers = [connection.ask(line) for line in (event(5), event(5), {"email": "x"}, {"event": 7},
                                                 {"keep": "eA==", "rule": "made_up", "message": "m"})]
    connection.close()
    assert [answer["ok"] for answer in answers] == [True, True, False, False, True]
    spool = door.bus.state / "spool"
    (spool / ".a").write_text("\n".join([json.dumps(event(6)), json.dumps(event(1)), "{", "{"]) + "\n")
    (spool / ".a").rename(spool / "a.jsonl")
    door.bus.wait_for_log("taken from the spool")
    wait_until(lambda: not list(spool.iterdir()), "the spool is empty")

    metrics = admin.metrics()
    assert metrics.all("affnotify_events_accepted_total") == {"affiliate.created": 5, "affiliate.deactivated": 1}
    assert metrics.get("affnotify_events_repeated_total") == 5
    refused = {rule: count for rule, count in metrics.all("affnotify_events_refused_total").items() if count}
    assert refused == {"syntax": 1, "not_json": 3, "key_reused": 1, "no_event_or_command": 1, "type": 1, "other": 1}
    assert metrics.get("affnotify_refused_inputs") == 6  # what was refused on the socket is not kept
    assert nonzero(metrics.all("affnotify_http_responses_total")) == {"202": 2, "200": 1, "400": 3, "401": 1}
    assert metrics.get("affnotify_events_unavailable_total") == 0
    assert metrics.get("affnotify_journal_commit_seconds_count") >= 5
    assert metrics.get("affnotify_journal_commit_seconds_sum") > 0
    bus = door.bus.ask({"command": "status"})["bus"]
    assert metrics.get("affnotify_journal_bytes") == bus["journal_bytes"] > 0

    # What is mended is an event that was taken in.
    number = door.bus.ask({"command": "refused"})["refused"][-1]["number"]
    assert door.bus.ask({"command": "accept", "number": number, "set": {"email": "a@b.org"}})["ok"]
    assert admin.metrics().get("affnotify_events_accepted_total", type="affiliate.created") == 6

    # The journal remembers what was taken in; the rest begins anew.
    door.bus.kill()
    door.bus.log_path.unlink()
    door.bus.start()
    door.wait()
    metrics = admin.metrics()
    assert metrics.get("affnotify_events_accepted_total", type="affiliate.created") == 6
    assert metrics.get("affnotify_events_repeated_total") == 0


def settled(admin, name, count):
    """The metrics once so many events are settled at a sink."""

    def question():
        metrics = admin.metrics()
        return metrics if sum(metrics.all("affnotify_deliveries_total", sink=name).values()) == count else None

    return wait_until(question, f"{count} events are settled at {name}")


def nonzero(found):
    return {key: value for key, value in found.items() if value}


def test_deliveries_and_attempts_by_their_verdicts(admin, tmp_path):
    far = Obey(tmp_path)
    far.say("DELIVERED", person1="REFUSED", person2="RETRY")
    door = admin(far.section("retry = 10ms 10ms", "expire = 3650000d") + csv_section(tmp_path, "batch = 100"))
    door.bus.emit(*[event(number) for number in range(10)])
    door.bus.wait_for("crm", delivered=10)
    metrics = settled(door, "far", 10)
    assert nonzero(metrics.all("affnotify_deliveries_total", sink="far")) == {
        "delivered,delivered": 8, "dead,refused": 1, "dead,retry": 1}
    assert nonzero(metrics.all("affnotify_attempts_total", sink="far")) == {"delivered": 8, "refused": 1, "retry": 3}
    assert metrics.get("affnotify_batch_seconds_count", sink="far") == len(far.calls()) == 12
    assert metrics.get("affnotify_delivery_latency_seconds_count", sink="far") == 8
    assert metrics.get("affnotify_sink_dead_letters", sink="far") == 2
    assert nonzero(metrics.all("affnotify_attempts_total", sink="crm")) == {"delivered": 10}
    assert metrics.get("affnotify_delivery_latency_seconds_count", sink="crm") == 10
    assert metrics.get("affnotify_batch_seconds_count", sink="crm") <= 10
    for name in ("far", "crm"):
        shown = door.bus.sink(name)
        assert metrics.get("affnotify_sink_pending", sink=name) == shown["pending"] == 0
        assert metrics.get("affnotify_sink_oldest_pending_seconds", sink=name) == 0

    # What is sent again by hand counts as delivered, but says nothing of how long events take.
    far.say("DELIVERED")
    assert door.bus.ask({"command": "replay", "sink": "far", "dead": True})["events"] == 2
    metrics = settled(door, "far", 12)
    assert metrics.get("affnotify_deliveries_total", sink="far", state="delivered", verdict="delivered") == 10
    assert metrics.get("affnotify_delivery_latency_seconds_count", sink="far") == 8
    assert metrics.get("affnotify_sink_dead_letters", sink="far") == 0


def test_a_host_that_dies_and_a_reload(admin, tmp_path):
    far = Obey(tmp_path)
    door = admin(far.section())
    door.bus.emit(event(1))
    door.bus.wait_for("far", delivered=1)
    (host,) = [pid for pid in door.bus.hosts()
               if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "affnotify-host"]
    os.kill(host, signal.SIGKILL)
    wait_until(lambda: door.metrics().get("affnotify_host_restarts_total", sink="far") == 1, "its end is counted")
    door.bus.wait_for("far", state="open")
    # The counters are the sink's also when a reload begins it anew, and a stop by hand is no restart.
    door.bus.configure(far.section("timeout = 7s"), f"admin_listen = {door.port}")
    assert door.bus.ask({"command": "reload"})["sinks"][0]["change"] == "changed"
    door.bus.emit(event(2))
    door.bus.wait_for("far", delivered=2)
    metrics = door.metrics()
    assert metrics.get("affnotify_host_restarts_total", sink="far") == 1
    assert metrics.get("affnotify_attempts_total", sink="far", verdict="delivered") == 2
    os.kill(door.process(), signal.SIGKILL)
    door.bus.wait_for_log("the door is open", 2)
    assert door.metrics().get("affnotify_http_restarts_total") == 1


def held(metrics, name):
    return [reason for reason, value in metrics.all("affnotify_sink_held", sink=name).items() if value]


def state(metrics, name):
    (one,) = [state for state, value in metrics.all("affnotify_sink_state", sink=name).items() if value]
    return one


def test_states_and_why_a_sink_is_held(admin, tmp_path):
    far = {name: Obey(tmp_path, name) for name in ("hand", "settings", "down", "busy", "off", "well")}
    far["settings"].say("MISSET", 401)
    far["down"].say("DOWN")
    far["busy"].say("RETRY", 429, 3_600_000)
    sinks = "".join(one.section("enabled = no" if name == "off" else "retry = 1h") for name, one in far.items())
    door = admin(sinks + "[sink:wrong]\nplugin = none\n")
    assert door.bus.ask({"command": "hold", "sink": "hand"})["ok"]
    door.bus.emit(event(1))
    for name in ("settings", "down", "busy"):
        door.bus.wait_for(name, state="held")
    door.bus.wait_for("well", delivered=1)
    metrics = door.metrics()
    assert {name: held(metrics, name) for name in [*far, "wrong"]} == {
        "hand": ["by_hand"], "settings": ["by_settings"], "down": ["down"], "busy": ["busy"], "off": [], "well": [],
        "wrong": []}
    assert {name: state(metrics, name) for name in [*far, "wrong"]} == {
        "hand": "held", "settings": "held", "down": "held", "busy": "held", "off": "stopped", "well": "open",
        "wrong": "stopped"}
    assert nonzero(metrics.all("affnotify_sink_needs_somebody")) == {"hand": 1, "settings": 1, "wrong": 1}
    assert metrics.all("affnotify_sink_pending") == dict.fromkeys([*far, "wrong"], 1) | {"well": 0}

    # The oldest grows older; one that was removed is there as long as it owes something.
    age = metrics.get("affnotify_sink_oldest_pending_seconds", sink="off")
    wait_until(lambda: door.metrics().get("affnotify_sink_oldest_pending_seconds", sink="off") > age, "it is older")
    door.bus.configure(far["well"].section("retry = 1h"), f"admin_listen = {door.port}")
    assert door.bus.ask({"command": "reload"})["ok"]
    metrics = door.metrics()
    assert state(metrics, "hand") == "removed" and metrics.get("affnotify_sink_pending", sink="hand") == 1
    assert metrics.get("affnotify_sink_oldest_pending_seconds", sink="hand") > 0
    assert metrics.get("affnotify_sink_needs_somebody", sink="hand") == 1
    assert door.bus.ask({"command": "skip", "sink": "hand"})["skipped"] == 1
    assert "hand" not in door.metrics().all("affnotify_sink_pending")


def test_expired_events_and_notices(admin, tmp_path):
    late, far, told = Obey(tmp_path, "late"), Obey(tmp_path), Obey(tmp_path, "told")
    far.say("MISSET", 401)
    door = admin(late.section("expire = 1h") + far.section() + told.section("events = affiliate.deactivated"),
                 "alert_sink = told")
    door.bus.emit(event(1))
    metrics = settled(door, "late", 1)
    assert nonzero(metrics.all("affnotify_deliveries_total", sink="late")) == {"expired,none": 1}
    assert nonzero(metrics.all("affnotify_attempts_total", sink="late")) == {}
    wait_until(lambda: door.metrics().get("affnotify_notices_total") == 1, "the notice is counted")
    assert len(told.notices()) == 1


def test_journal_max(admin, tmp_path):
    metrics = admin(csv_section(tmp_path), "journal_max = 10M").metrics()
    assert metrics.get("affnotify_journal_max_bytes") == 10 * 1024 * 1024
    assert metrics.get("affnotify_journal_full") == 0


def test_the_commands_on_the_socket(admin, tmp_path):
    bus = admin(csv_section(tmp_path)).bus
    assert bus.ask({"command": "ready"}) == {"ok": True, "ready": True, "reason": None}
    answer = bus.ask({"command": "metrics"})
    assert answer["ok"] and {metric["name"] for metric in answer["metrics"]} <= TYPES.keys()
    build = answer["metrics"][0]
    assert build["samples"] == [{"labels": {"version": build["samples"][0]["labels"]["version"]}, "value": 1}]


# ---- Health ----


def alive(door):
    reply = door.get("/healthz")
    return (reply.status, reply.json) == (200, {"status": "alive"})


def expect_not_ready(door, detail):
    def question():
        reply = door.get("/readyz")
        return reply if reply.status == 503 else None

    reply = wait_until(question, "it is not ready")
    assert reply.headers["Content-Type"] == "application/problem+json" and reply.headers["Retry-After"] == "1"
    assert reply.json["status"] == 503 and detail in reply.json["detail"], reply.json
    assert alive(door)


def test_healthy_and_ready(admin):
    door = admin()
    assert alive(door)
    reply = door.get("/readyz?verbose=1")
    assert (reply.status, reply.json) == (200, {"status": "ready"})
    assert reply.headers["Content-Type"] == "application/json"
    for path in ("/healthz", "/readyz", "/metrics"):
        received = door.raw(f"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ") and body == b"", received


def test_a_sink_in_trouble_keeps_nobody_from_being_ready(admin):
    door = admin("[sink:wrong]\nplugin = none\n")
    assert door.is_ready()


def test_a_bus_that_stands_still(both):
    door, admin = both()
    assert admin.is_ready()
    os.kill(door.bus.process.pid, signal.SIGSTOP)
    try:
        for path in ("/readyz", "/metrics"):
            reply = admin.get(path)
            assert (reply.status, reply.json["detail"]) == (503, "The bus has not answered in time; send it again.")
        assert alive(admin)
        replies = in_threads(lambda _: admin.get("/readyz"), range(60))  # questions do not pile up
        assert {reply.status for reply in replies} == {503}
    finally:
        os.kill(door.bus.process.pid, signal.SIGCONT)
    wait_until(admin.is_ready, "it is ready again")
    assert admin.metrics().types == TYPES


def test_a_journal_that_is_gone(admin):
    door = admin()
    journal, aside = door.bus.state / "journal.db", door.bus.state / "aside.db"
    journal.rename(aside)
    expect_not_ready(door, "the journal was removed or replaced; put it back, or restart affnotifyd")
    aside.rename(journal)
    wait_until(door.is_ready, "it is ready again")


def test_a_journal_that_another_program_has_locked(both):
    door, admin = both()
    with contextlib.closing(sqlite3.connect(door.bus.state / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        expect_not_ready(admin, "another program has it locked; end that program")
        assert door.post(event(1)).status == 503
        other.execute("ROLLBACK")
    wait_until(admin.is_ready, "it is ready again")
    assert admin.metrics().get("affnotify_events_unavailable_total") == 1
    assert admin.metrics().all("affnotify_events_accepted_total") == {"affiliate.created": 0, "affiliate.deactivated": 0}
    assert door.post(event(1)).status == 202


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_disk_that_is_full(admin, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    try:
        door = admin()
        assert door.is_ready()
        with contextlib.suppress(OSError), open(folder / "ballast", "wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass
        expect_not_ready(door, "free some space")  # without a single event
        (folder / "ballast").unlink()
        wait_until(door.is_ready, "it is ready again")
        door.bus.emit(event(1))
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_while_it_stops(both):
    door, admin = both()
    with admin.connect() as begun:
        begun.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")
        assert alive(admin)  # so the door has read that
        door.bus.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(admin), "the listeners are closed")
        begun.sendall(b"\r\n")
        received = b""
        while data := begun.recv(4096):
            received += data
    assert received.startswith(b"HTTP/1.1 503 ") and b"affnotifyd is stopping" in received
    assert b"Connection: close\r\n" in received
    assert door.bus.process.wait() == 0


def refuses(door):
    try:
        door.connect().close()
        return False
    except OSError:
        return True


def test_a_killed_bus_takes_the_door_along(admin):
    door = admin()
    process = door.process()
    door.bus.kill()
    wait_until(lambda: not is_running(process), "the door has ended")
    assert refuses(door)


# ---- Who is served what ----


def test_each_listener_serves_its_own(both):
    door, admin = both()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    for path in ("/metrics", "/healthz", "/readyz"):
        assert door.request("GET", path, None, headers).status == 404
    for method in ("POST", "GET"):
        assert admin.request(method, "/v1/events", json.dumps(event(1)), headers).status == 404
    assert door.bus.ask({"command": "status"})["bus"]["accepted"] == 0
    reply = admin.request("POST", "/metrics", b"{}", headers)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


def test_what_is_hostile_meets_the_same_guards(both):
    door, admin = both()
    get = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"
    for request, status in [
        (b"GET /metrics HTTP/1.1\nHost: x\n\n", 400),
        (get + b"a\x00b: c\r\n\r\n", 400),
        (get + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (get + b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (get + b"Content-Length: 10000000000\r\n\r\n", 413),
        (get + b"Transfer-Encoding: chunked\r\n\r\n", 413),
        (get + b"X: " + 20_000 * b"x" + b"\r\n\r\n", 431),
        (b"GET /" + 20_000 * b"x" + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET /metrics HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (os.urandom(4096) + b"\r\n\r\n", 400),
    ]:
        assert statuses(admin.raw(request)) == [status], request[:60]
    assert alive(admin) and door.post(event(1)).status == 202
    assert nonzero(admin.metrics().all("affnotify_http_responses_total")) == {"202": 1}  # not those of admin_listen


def test_requests_on_one_connection(admin):
    door = admin()
    requests = [b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]
    received = door.raw(b"".join(requests))
    assert statuses(received) == [200, 200, 200]
    assert received.index(b"alive") < received.index(b"# HELP") < received.index(b'"ready"')


def test_many_at_once_share_questions(admin, tmp_path):
    door = admin(csv_section(tmp_path))
    ids = door.bus.emit(*[event(number) for number in range(5)])
    door.bus.wait_for("crm", delivered=len(ids))
    found = in_threads(lambda _: door.metrics().get("affnotify_events_accepted_total", type="affiliate.created"), range(50))
    assert found == 50 * [5]
    assert {reply.status for reply in in_threads(lambda _: door.get("/readyz"), range(50))} == {200}


def test_scrapers_that_never_read_disturb_nobody(both, tmp_path):
    door, admin = both("".join(csv_section(tmp_path).replace("crm", f"crm{number}") for number in range(20)))
    assert admin.metrics().types == TYPES
    before = door.memory_kib()
    lazy = [admin.connect() for _ in range(100)]  # more than there are places
    for connection in lazy:
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.send(200 * b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    for number in range(20):
        assert door.post(event(number)).status == 202
        wait_until(lambda: admin.get("/metrics").status == 200, "a scraper that reads is served")
    wait_until(admin.is_ready, "it is ready")
    assert SANITIZED or door.memory_kib() < before + 32 * 1024  # AddressSanitizer keeps what is freed
    for connection in lazy:
        connection.close()


def test_a_flood_at_one_listener_takes_no_place_at_the_other(both):
    door, admin = both()
    sender = door.connect()  # has sent nothing yet
    scrapers = [admin.connect() for _ in range(80)]
    assert alive(admin)
    body = json.dumps(event(1)).encode()
    sender.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
                   f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    assert sender.recv(100).startswith(b"HTTP/1.1 202 ")
    assert admin.metrics().get("affnotify_http_connections") <= 1
    # The oldest made room for the next.
    assert scrapers[0].recv(1) == b""
    for connection in [sender, *scrapers]:
        connection.close()


# ---- Configuration ----


def test_by_https_with_the_doors_certificate(start, tls):
    port = free_port()
    bus = start("", f"admin_listen = https://0.0.0.0:{port}\ntls_certificate = {tls.certificate}\ntls_key = {tls.key}")
    door = Admin(bus, port, tls).wait()
    assert alive(door) and door.is_ready() and door.metrics().types == TYPES
    expiry = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", tls.certificate], check=True,
                            capture_output=True, text=True).stdout.strip().removeprefix("notAfter=")
    assert door.metrics().get("affnotify_http_certificate_expiry_timestamp_seconds") == ssl.cert_time_to_seconds(expiry)
    with contextlib.suppress(OSError):
        assert statuses(Door(bus, port).raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")) == []


def test_check(tmp_path):
    bus = Bus(tmp_path, csv_section(tmp_path))
    for value, said in [
        ("9464", []),
        ("http://localhost:9464", []),
        ("http://0.0.0.0:9464", ["must be https, not http: only a loopback address may go without"]),
        ("https://0.0.0.0:9464", ["needs `tls_certificate` and `tls_key`, each a PEM file"]),
        ("http://:9464", ["must be a port from 1 to 65535, or like `http://127.0.0.1:9464`: where to listen, and the port"]),
        ("70000", ["must be a port from 1 to 65535, or like `http://127.0.0.1:9464`"]),
    ]:
        bus.configure(csv_section(tmp_path), f"admin_listen = {value}")
        done = subprocess.run([AFFNOTIFYD, "-c", bus.config, "--check"], capture_output=True, text=True)
        lines = [line.replace(f"{bus.config}:5: [bus] admin_listen: ", "") for line in done.stdout.splitlines()]
        assert (done.returncode, lines) == (1 if said else 0, said), value


def test_status_and_reload(admin, tmp_path):
    door = admin(csv_section(tmp_path))
    assert door.bus.ask({"command": "status"})["bus"]["http"] == {
        "listeners": [{"key": "admin_listen", "url": f"http://127.0.0.1:{door.port}", "state": "open", "error": None}],
        "refused": None, "needs_somebody": False}
    assert f"listens on http://127.0.0.1:{door.port}\n" in door.bus.command("status").stdout
    door.bus.configure(csv_section(tmp_path), "admin_listen = 1")
    answer = door.bus.ask({"command": "reload"})
    assert not answer["ok"] and "cannot change that while it runs" in json.dumps(answer)
    door.bus.configure(csv_section(tmp_path), f"admin_listen = http://127.0.0.1:{door.port}")  # the same, written out
    assert door.bus.ask({"command": "reload"})["ok"]
    assert alive(door)
