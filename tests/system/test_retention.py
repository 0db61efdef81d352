"""What the journal keeps: `retain`, `retain_dead`, `journal_max`."""
import pytest

from harness import csv_section, event, wait_until
from journal_file import ask, change
from obey import Obey

DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


def set_back(bus, days, ids=None):
    """The bus being stopped: its events, or these, came in so long ago."""
    sql = "UPDATE events SET received_unix_ms = received_unix_ms - ?"
    if ids is None:
        change(bus, (sql, days * DAY_MS))
    else:
        change(bus, *[(sql + " WHERE id = ?", days * DAY_MS, bytes.fromhex(id.removeprefix("evt_"))) for id in ids])


def kept(bus):
    return {f"evt_{id.hex()}" for (id,) in ask(bus, "SELECT id FROM events")}


def of_few(number, link=""):
    """Many events of twenty affiliates, so that it is events that fill the journal."""
    said = event(number, kind="affiliate.created", email=f"person{number % 20}@example.com")
    return dict(said, deep_link="https://myapp.link/ref/" + link)


# ---- Age ----


def test_what_is_settled_and_old_is_pruned_soon_after_the_start(start, tmp_path):
    bus = start(csv_section(tmp_path))
    old = bus.emit(*[event(number) for number in range(500)])
    young = bus.emit(*[event(number) for number in range(500, 520)])
    bus.wait_for("crm", delivered=520, pending=0)
    bus.stop()
    set_back(bus, 31, old)
    bus.start()
    bus.wait_for_log("msg=pruned events=500 refused=0")
    assert kept(bus) == set(young)
    assert ask(bus, "SELECT count(*) FROM settled") == [(20,)]
    assert ask(bus, "SELECT count(*) FROM affiliates") == [(520,)]
    crm = bus.sink("crm")
    assert (crm["pending"], crm["delivered"]) == (0, 520)
    assert bus.ask({"command": "trace", "id": old[0]})["rule"] == "unknown_id"
    # It is a new one now, and one that is kept is not.
    assert bus.ask(event(0)) == {"ok": True, "id": old[0], "new": True}
    assert bus.ask(event(510))["new"] is False
    bus.wait_for("crm", delivered=521, pending=0)
    assert bus.ask({"command": "status"})["bus"]["accepted"] == 521


def test_what_is_pending_somewhere_stays(start, far, tmp_path):
    far_off = far.section("enabled = no")
    bus = start(csv_section(tmp_path) + far_off)
    pending = bus.emit(*[event(number) for number in range(5)])
    bus.wait_for("crm", delivered=5)
    bus.stop()
    bus.configure(csv_section(tmp_path))
    bus.start()
    settled = bus.emit(event(100))
    bus.wait_for("crm", delivered=6)
    bus.stop()
    set_back(bus, 400)
    bus.configure(csv_section(tmp_path), "retain = 1d")
    bus.start()
    refused = dict(event(101), email="nonsense")
    assert bus.ask(refused)["ok"] is False
    # `far` was removed, and its events are kept with what has become of them elsewhere.
    assert bus.sink("far")["pending"] == 6
    trace = bus.delivery(pending[0], "crm")
    assert trace["state"] == "delivered"
    assert bus.ask({"command": "skip", "sink": "far"})["skipped"] == 6
    bus.stop()
    bus.start()
    bus.wait_for_log("msg=pruned events=6")
    assert kept(bus) == set()
    assert settled


def test_dead_letters_are_kept_longer(start, far):
    far.say("DELIVERED", person0="REFUSED", person2="REFUSED")
    bus = start(far.section("retry = none"))
    ids = bus.emit(*[event(number) for number in range(4)])
    bus.wait_for("far", delivered=2, dead=2)
    bus.stop()
    set_back(bus, 20)
    set_back(bus, 20, ids[:2])
    bus.configure(far.section("retry = none"), "retain = 10d\nretain_dead = 30d")
    bus.start()
    bus.wait_for_log("msg=pruned events=3")
    assert kept(bus) == {ids[2]}
    assert bus.sink("far")["dead"] == 1
    assert [letter["id"] for letter in bus.ask({"command": "dead"})["dead"]] == [ids[2]]
    far.say("DELIVERED")
    assert bus.ask({"command": "replay", "sink": "far", "dead": True})["events"] == 1
    bus.wait_for("far", dead=0, delivered=3, pending=0)


def test_refused_inputs_are_kept_as_long_as_events(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit(event(1))
    spool = bus.state / "spool"
    (spool / ".1").write_bytes(b"one\ntwo\nthree\n")
    (spool / ".1").rename(spool / "1.jsonl")
    bus.wait_for_log("refused and kept")
    wait_until(lambda: bus.ask({"command": "status"})["bus"]["refused"] == 3, "they are kept")
    bus.stop()
    change(bus, ("UPDATE refused SET received_unix_ms = received_unix_ms - ? WHERE number < 3", 31 * DAY_MS))
    bus.start()
    bus.wait_for_log("msg=pruned events=0 refused=2")
    assert bus.ask({"command": "status"})["bus"]["refused"] == 1


def keys(bus):
    return sorted(key for (key,) in ask(bus, "SELECT key FROM keys"))


def take(bus, number, key):
    """Hands one in that has no time of its own; returns its ID."""
    said = {name: value for name, value in event(number).items() if name != "occurred_at"}
    return bus.ask({"take": said, "key": key})["id"]


def set_keys_back(bus, days, *which):
    change(bus, *[("UPDATE keys SET at_unix_ms = at_unix_ms - ? WHERE key = ?", days * DAY_MS, key) for key in which])


def test_a_senders_key_is_kept_as_long_as_its_event(start, far, tmp_path):
    """Whatever its own age; then it goes, also when nothing else does."""
    far.say("DELIVERED", person2="REFUSED")
    sinks = csv_section(tmp_path) + far.section("retry = none")
    bus = start(sinks)
    ids = [take(bus, number, f"k{number}") for number in range(4)]
    bus.wait_for("crm", delivered=4)
    bus.wait_for("far", delivered=3, dead=1)
    bus.stop()
    set_back(bus, 31, ids[:3])  # 1: its key is younger; 2: a dead letter; 3: young
    set_keys_back(bus, 31, "k0", "k2", "k3")
    bus.start()
    bus.wait_for_log("msg=pruned events=2 refused=0 keys=1")
    assert kept(bus) == set(ids[2:]) and keys(bus) == ["k1", "k2", "k3"]
    assert take(bus, 2, "k2") == ids[2] and take(bus, 3, "k3") == ids[3]
    assert take(bus, 0, "k0") != ids[0]  # of another time
    bus.stop()
    set_keys_back(bus, 31, "k1")
    bus.start()
    bus.wait_for_log("msg=pruned events=0 refused=0 keys=1")
    assert keys(bus) == ["k0", "k2", "k3"]


def test_many_keys_go_by_steps(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.stop()
    change(bus, ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) INSERT INTO keys"
                 " SELECT 'k' || i, x'00112233445566778899aabbccddeeff', 1000 FROM n",))
    bus.start()
    bus.wait_for_log("msg=pruned events=0 refused=0 keys=1500")
    assert keys(bus) == []


def test_space_is_given_back(start, tmp_path):
    """Beyond 4 MiB of free pages, which are kept for what comes in."""
    bus = start(csv_section(tmp_path))
    for page in range(8):
        bus.emit(*[of_few(page * 1000 + n, "x" * 1800) for n in range(1000)])
    bus.wait_for("crm", delivered=8000, pending=0)
    bus.stop()
    before = (bus.state / "journal.db").stat().st_size
    assert before > 16_000_000
    set_back(bus, 31)
    bus.start()
    bus.wait_for_log("msg=pruned events=8000")
    wait_until(lambda: ask(bus, "PRAGMA freelist_count")[0][0] <= 1024, "the free pages are given back")
    bus.stop()  # which writes the log to the file
    assert (bus.state / "journal.db").stat().st_size < 6_000_000


# ---- Room ----


def bus_of(bus):
    return bus.ask({"command": "status"})["bus"]


def wait_for_room(bus):
    wait_until(lambda: bus.log().count("the journal is at its limit") > 0 and bus_of(bus)["note"] is None,
               "there is room again")


def test_what_is_settled_goes_first(start, far, tmp_path):
    """Then dead letters; what is pending stays as long as there is room without it."""
    far.say("DELIVERED", person0="REFUSED")
    sinks = csv_section(tmp_path) + far.section("retry = none")
    bus = start(sinks)
    for page in range(8):
        bus.emit(*[of_few(page * 500 + n, "x" * 1000) for n in range(500)])
    bus.wait_for("crm", pending=0, delivered=4000)
    bus.wait_for("far", pending=0)
    bus.stop()
    bus.configure(sinks, "journal_max = 4M")
    bus.start()
    assert bus_of(bus)["journal_max"] == 4 * 1024 * 1024
    wait_for_room(bus)
    assert bus_of(bus)["journal_bytes"] <= 0.9 * 4 * 1024 * 1024
    assert [bus.sink(name)["expired"] for name in ("crm", "far")] == [0, 0]
    seqs = [seq for (seq,) in ask(bus, "SELECT e.seq FROM events e ORDER BY e.seq")]
    dead = {seq for (seq,) in ask(bus, "SELECT seq FROM settled WHERE settled_as = 2")}
    assert seqs[-1] == 4000 and dead <= set(seqs)
    assert len(dead) == bus.sink("far")["dead"]


def test_the_worst_sinks_oldest_events_expire(start, far, tmp_path):
    """Pending, waiting and in flight ones; the intake goes on, and so does every other sink."""
    far.say("RETRY", 503)
    near = Obey(tmp_path, "near")
    near.say("hang")
    bus = start(csv_section(tmp_path) + far.section("retry = 1h") + near.section("timeout = 2s", "enabled = no"),
                "journal_max = 2M")
    ids = []
    for page in range(6):
        ids += bus.emit(*[of_few(page * 500 + n, "x" * 1000) for n in range(500)])
        assert len(ids) == 500 * (page + 1)
    bus.wait_for("crm", delivered=3000, pending=0)
    wait_for_room(bus)
    assert bus_of(bus)["journal_bytes"] <= 0.9 * 2 * 1024 * 1024
    assert 'msg="events expired to make room" sink=far' in bus.log()
    sinks = [bus.sink(name) for name in ("far", "near")]
    for sink in sinks:
        assert sink["expired"] > 1000 and sink["expired"] + sink["pending"] == 3000
    # What is left are the newest, and they are whole.
    left = ask(bus, "SELECT count(*), min(seq), max(seq) FROM events")[0]
    assert left[0] == 3001 - left[1] and left[2] == 3000
    expired = ask(bus, "SELECT DISTINCT what, remedy FROM settled WHERE settled_as = 3")
    assert expired in ([], [("given up to make room: the journal had reached `journal_max`",
                             "raise `journal_max` in [bus], or see that this sink gets its events in time")])
    # The sink that expired goes on with the rest.
    far.say("DELIVERED")
    assert bus.ask({"command": "resume", "sink": "far"})["ok"]
    (new,) = bus.emit(event(5000))
    wait_until(lambda: bus.delivery(new, "far")["state"] == "delivered", "the sink goes on")


def test_nothing_expires_in_vain(start, far):
    """Where it is the affiliates that fill the journal, pending events are left alone."""
    bus = start(far.section("enabled = no"), "journal_max = 300k")
    link = "https://myapp.link/ref/" + "x" * 1500
    for number in range(300):
        bus.emit(event(number, link=link))
    bus.wait_for_log("the journal is over its limit, and nothing can go")
    status = bus.ask({"command": "status"})["bus"]
    assert status["note"] == ("the journal is at its limit of 307200 bytes, and nothing can go that would help;"
                              " raise `journal_max` or lower `retain` in [bus]")
    assert status["note"] in bus.command("status").stdout
    assert status["journal_bytes"] > 300_000
    assert bus.sink("far")["pending"] > 0
    bus.configure(far.section("enabled = no"), "journal_max = 320k")
    assert bus.ask({"command": "reload"})["ok"]
    bus.wait_for_log('nothing can go"', 2)  # of a new limit it is said again
    assert status["note"].replace("307200", "327680") == bus_of(bus)["note"]
    bus.configure(far.section("enabled = no"), "journal_max = 100M")
    assert bus.ask({"command": "reload"})["ok"]
    assert bus_of(bus)["note"] is None
    bus.stop()
    bus.configure(far.section("enabled = no"))
    bus.start()
    assert bus_of(bus)["note"] is None and bus_of(bus)["journal_max"] is None


def test_the_note_follows_the_limit(start, far):
    """First nothing would help; under a higher limit the oldest pending events do, and must be at rest."""
    far.say("hang")
    bus = start(far.section("enabled = no"))
    link = "https://myapp.link/ref/" + "x" * 1500
    for number in range(300):
        bus.emit(event(number, link=link))
    bus.stop()  # filled before there is a limit, whenever the journal is looked at
    bus.configure(far.section("timeout = 10m"), "journal_max = 300k")
    bus.start()
    bus.wait_for_log("the journal is over its limit, and nothing can go")
    assert ", and nothing can go that would help;" in bus_of(bus)["note"]
    assert bus.sink("far")["at_rest"] is None
    used = bus_of(bus)["journal_bytes"]
    limit = (used - 100_000) // 1024
    bus.configure(far.section("timeout = 10m"), f"journal_max = {limit}k")
    assert bus.ask({"command": "reload"})["ok"]
    assert "nothing can go" not in bus_of(bus)["note"]
    bus.wait_for("far", at_rest="its oldest events are being given up to make room")
    assert bus_of(bus)["note"] == (
        f"the journal is at its limit of {limit * 1024} bytes: the oldest pending events expire, of the sink that "
        "has most; raise `journal_max` or lower `retain` in [bus]")
    assert "nothing goes out at the moment: its oldest events are being given up" in bus.command("status").stdout
    bus.configure(far.section("timeout = 10m"), "journal_max = 100M")
    assert bus.ask({"command": "reload"})["ok"]
    assert bus_of(bus)["note"] is None
    bus.wait_for("far", at_rest=None)  # it never came to rest, and goes on with what it had
    bus.emit(event(1000))
    assert bus.wait_for("far", pending=301)["in_flight"] > 0
    bus.kill()
