"""The commands events and dead of a real bus: on the socket, and by affnotify."""

import json
import sqlite3

import pytest

from harness import csv_section, event

VERDICT = """[sink:{name}]
plugin = fixture_verdict
verdict = {verdict}
code = {code}
what = {what}
remedy = {remedy}
"""


def sink(name, verdict=3, code=422, what="no such plan", remedy="mend the event"):
    return VERDICT.format(name=name, verdict=verdict, code=code, what=what, remedy=remedy)


def ask(bus, **command):
    answer = bus.ask(command)
    assert answer["ok"], answer
    return answer


def walk(bus, rows, go_on, **command):
    """All rows of a list and how many pages they came in."""
    found, pages, more = [], 0, {}
    while True:
        answer = ask(bus, **command, **more)
        found += answer[rows]
        pages += 1
        if answer["next"] is None:
            return found, pages
        more = {go_on: answer["next"]}


# ---- events ----

def test_events_on_the_socket(start, tmp_path):
    bus = start(csv_section(tmp_path))
    answer = bus.ask({"command": "events"})
    assert answer == {"ok": True, "events": [], "next": None, "log_email": "masked"}
    event_ids = bus.emit(*[event(n) for n in range(120)])
    newest = ask(bus, command="events")
    assert (len(newest["events"]), newest["next"]) == (50, 71)
    first = newest["events"][0]
    assert first.pop("received").endswith("Z")
    assert first == {"seq": 120, "id": event_ids[119], "via": "", "event": {
        "event": "affiliate.created", "affiliate_id": first["event"]["affiliate_id"],
        "email": "person119@example.com", "deep_link": "https://myapp.link/ref/abc123",
        "occurred_at": "2026-03-18T12:01:59.000Z"}}
    for limit, pages in ((7, 18), (60, 2), (100, 2)):
        rows, count = walk(bus, "events", "before", command="events", limit=limit)
        assert [row["id"] for row in rows] == event_ids[::-1]
        assert count == pages


def test_events_by_affiliate_and_type(start, tmp_path):
    bus = start(csv_section(tmp_path))
    first = bus.emit({**event(1, email="Ann@example.com"), "via": "dashboard"})
    bus.emit(*[event(n) for n in range(2, 2100)])  # more than one page looks at
    last = bus.emit(event(5000, email="ann@EXAMPLE.com", kind="affiliate.deactivated"))
    rows, pages = walk(bus, "events", "before", command="events", email=" aNN@example.com ")
    assert [row["id"] for row in rows] == last + first
    assert rows[1]["via"] == "dashboard"
    assert pages == 2
    rows, _ = walk(bus, "events", "before", command="events", type="affiliate.deactivated")
    assert [row["id"] for row in rows] == last
    rows, _ = walk(bus, "events", "before", command="events", email="ann@example.com",
                   type="affiliate.created")
    assert [row["id"] for row in rows] == first
    answer = ask(bus, command="events", email="nobody@example.com")
    assert answer == {"ok": True, "events": [], "next": None, "log_email": "full"}
    done = bus.command("events", "--email", "ann@example.com")
    assert [line.split()[4] for line in done.stdout.splitlines()[1:]] == last + first
    assert done.stderr == ""
    done = bus.command("events", "--event", "deactivated", "--json")
    answer = json.loads(done.stdout)
    assert [row["id"] for row in answer["events"]] == last
    assert (answer["ok"], answer["next"]) == (True, None)


LIMIT = "limit: must be a whole number from 1 to 100; ask again with `next` for more"
BEFORE = ("before: must be the `next` of an earlier answer, a whole number from 1; leave it out to "
          "begin with the newest")
TYPE = "type: must be affiliate.created or affiliate.deactivated; leave it out for all"
AFTER = ("after: must be the `next` of an earlier answer, with its `sink` and `seq`; leave it out to "
         "begin at the top")


@pytest.fixture(scope="module")
def quiet_bus(tmp_path_factory):
    from harness import Bus
    folder = tmp_path_factory.mktemp("quiet")
    bus = Bus(folder, csv_section(folder) + sink("alerts")).start()
    yield bus
    assert bus.stop() == 0


@pytest.mark.parametrize("command, members, field, rule, message", [
    *[(command, {"limit": limit}, "limit", rule, LIMIT) for command in ("events", "dead")
      for limit, rule in ((0, "out_of_range"), (101, "out_of_range"), (-1, "out_of_range"),
                          ("20", "type"), (1.5, "type"), (None, "type"), (True, "type"))],
    *[("events", {"before": before}, "before", rule, BEFORE)
      for before, rule in ((0, "out_of_range"), (-5, "out_of_range"), ("17", "type"), (None, "type"),
                           ({"sink": "crm", "seq": 1}, "type"))],
    ("events", {"email": "nonsense"}, "email", "syntax",
     "email has no @; send an address such as name@example.com"),
    ("events", {"email": 7}, "email", "type", "email: must be text; leave it out for all"),
    ("events", {"email": "a\0@x.org"}, "email", "type", "email: must be text; leave it out for all"),
    ("events", {"type": "created"}, "type", "unknown_type", TYPE),
    ("events", {"type": ["affiliate.created"]}, "type", "type",
     "type: must be text; leave it out for all"),
    ("dead", {"sink": "alert"}, "sink", "unknown_sink",
     "sink: no sink has or had the name alert; did you mean alerts?"),
    ("dead", {"sink": "quite-another"}, "sink", "unknown_sink",
     "sink: no sink has or had the name quite-another"),
    ("dead", {"sink": ""}, "sink", "unknown_sink", "sink: no sink has or had the name "),
    ("dead", {"sink": "\u00e9" * 40}, "sink", "unknown_sink",
     "sink: no sink has or had the name " + "\u00e9" * 32),
    ("dead", {"sink": None}, "sink", "type", "sink: must be text; leave it out for all"),
    *[("dead", {"after": after}, "after", "type", AFTER)
      for after in (7, None, "crm", {}, {"sink": "crm"}, {"seq": 7}, {"sink": "", "seq": 7},
                    {"sink": "crm", "seq": 0}, {"sink": "crm", "seq": "7"}, {"sink": 7, "seq": 7},
                    {"sink": "x" * 64, "seq": 7}, {"sink": "crm\0", "seq": 7})],
])
def test_bad_members_are_refused(quiet_bus, command, members, field, rule, message):
    answer = quiet_bus.ask({"command": command, **members})
    assert answer == {"ok": False, "field": field, "rule": rule, "message": message}


def test_good_members_are_taken(quiet_bus):
    empty = {"ok": True, "dead": [], "next": None, "log_email": "masked"}
    assert quiet_bus.ask({"command": "dead", "sink": "alerts", "limit": 1}) == empty
    assert quiet_bus.ask({"command": "dead", "after": {"sink": "x" * 63, "seq": 2**63 - 1}}) == empty
    assert ask(quiet_bus, command="events", limit=100, before=2**63 - 1)["events"] == []


# ---- dead ----

def test_dead_letters_on_the_socket(start, tmp_path):
    bus = start(sink("crm") + sink("alerts", verdict=2, code=503, what="busy", remedy="wait"))
    assert bus.ask({"command": "dead"}) == {"ok": True, "dead": [], "next": None, "log_email": "masked"}
    event_ids = bus.emit(*[event(n) for n in range(5)])
    bus.wait_for("crm", dead=5)
    bus.wait_for("alerts", dead=5)
    rows, pages = walk(bus, "dead", "after", command="dead", limit=3)
    assert [(row["sink"], row["id"]) for row in rows] == [
        (name, each) for name in ("alerts", "crm") for each in event_ids[::-1]]
    assert pages == 4
    assert rows[0].pop("at").endswith("Z")
    assert rows[0]["event"].pop("affiliate_id").startswith("ia_")
    assert rows[0] == {"sink": "alerts", "configured": True, "seq": 5, "id": event_ids[4],
                       "event": {"event": "affiliate.created", "email": "person4@example.com",
                                 "deep_link": "https://myapp.link/ref/abc123",
                                 "occurred_at": "2026-03-18T12:00:04.000Z"},
                       "verdict": "RETRY", "code": 503, "attempts": 1, "what": "busy",
                       "remedy": "wait"}
    rows, pages = walk(bus, "dead", "after", command="dead", sink="crm", limit=5)
    assert [row["id"] for row in rows] == event_ids[::-1]
    assert {(row["sink"], row["verdict"], row["code"]) for row in rows} == {("crm", "REFUSED", 422)}
    assert pages == 1
    answer = ask(bus, command="dead", limit=5)
    assert answer["next"] == {"sink": "alerts", "seq": 1}


def test_dead_letters_of_a_removed_sink(start):
    bus = start(sink("old") + sink("crm"))
    event_ids = bus.emit(event(1))
    bus.wait_for("old", dead=1)
    bus.wait_for("crm", dead=1)
    assert bus.stop() == 0
    bus.configure(sink("crm"))
    bus.start()
    rows, _ = walk(bus, "dead", "after", command="dead")
    assert [(row["sink"], row["configured"], row["id"]) for row in rows] == [
        ("crm", True, event_ids[0]), ("old", False, event_ids[0])]
    assert len(ask(bus, command="dead", sink="old")["dead"]) == 1
    answer = bus.ask({"command": "dead", "sink": "olt"})
    assert answer["message"] == "sink: no sink has or had the name olt; did you mean old?"
    done = bus.command("dead", "--sink", "old")
    assert done.stdout.splitlines()[1].startswith("old (removed)  ")


def test_a_page_of_dead_letters_fits_an_answer(start):
    """What far sides said may need six bytes a character in JSON."""
    bus = start(sink("crm"))
    bus.emit(*[event(n) for n in range(100)])
    bus.wait_for("crm", dead=100)
    assert bus.stop() == 0
    journal = sqlite3.connect(bus.state / "journal.db")
    with journal:
        journal.execute("UPDATE settled SET what = ?1, remedy = ?1", ("\x01" * 1023,))
    journal.close()
    bus.start()
    answer = ask(bus, command="dead", limit=100)
    assert len(json.dumps(answer)) > 1000 * 1000
    assert ([row["seq"] for row in answer["dead"]], answer["next"]) == (list(range(100, 0, -1)), None)
    answer = json.loads(bus.command("dead", "--all", "--json").stdout)
    assert [row["seq"] for row in answer["dead"]] == list(range(100, 0, -1))
    shown = bus.command("dead", "--all").stdout
    assert (shown.count("evt_"), shown.count("what to do"), "\x01" in shown) == (100, 1, False)


# ---- By affnotify, what only a real bus has ----

HOSTILE = ["\u202egro.live@example.com", "\u05e9\u05dc\u05d5\u05dd@example.com",
           "\u65e5\u672c\U0001f389@example.com", "a=cmd|'/c'!@example.com",
           "a" * 64 + "@" + ".".join(["b" * 61] * 3) + ".com"]


def test_hostile_addresses_are_shown_safely(start):
    bus = start(sink("crm", what="far \u202eside", remedy="wait"), "log_email = full")
    bus.emit(*[event(n, email=email) for n, email in enumerate(HOSTILE)])
    bus.wait_for("crm", dead=len(HOSTILE))
    harmless = [email.replace("\u202e", "\ufffd") for email in HOSTILE]
    lines = bus.command("events").stdout.splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["E-MAIL", *harmless[::-1]]
    assert {line.index("evt_") for line in lines[1:]} == {lines[0].index("EVENT ID")}
    lines = bus.command("dead").stdout.splitlines()
    lines = lines[:lines.index("")]  # behind which stands what can be done with them
    assert [line.split("  ")[-1] for line in lines[:-2]] == ["E-MAIL", *harmless[::-1]]
    assert lines[-2:] == ["    these 5: far \ufffdside", "    what to do: wait"]
    answer = json.loads(bus.command("events", "--json").stdout)
    assert [row["event"]["email"] for row in answer["events"]] == HOSTILE[::-1]


def test_status_names_the_command_and_the_id_can_be_traced(start):
    bus = start(sink("crm"))
    event_ids = bus.emit(event(1))
    bus.wait_for("crm", dead=1)
    note, way_back = bus.command("status").stdout.splitlines()[-2:]
    assert note == "    dead letters: affnotify dead --sink crm"
    assert way_back == "    to send them again: affnotify replay --sink crm --dead"
    done = bus.command(*note.split()[3:])
    shown = done.stdout.splitlines()[1].split()
    assert shown[0] == "crm" and shown[3:] == ["created", "REFUSED", "422", event_ids[0],
                                               "p•••@example.com"]
    assert bus.command("trace", shown[6]).stdout.startswith(f"ID            {event_ids[0]}\n")


def test_refusals_by_the_bus_are_told(start):
    bus = start(sink("crm"))
    for arguments, said in [
        (["events", "--email", "nonsense"],
         "events: email has no @; send an address such as name@example.com"),
        (["dead", "--sink", "crn"],
         "dead: sink: no sink has or had the name crn; did you mean crm?"),
    ]:
        done = bus.command(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"affnotify {said}\n")
        done = bus.command(*arguments, "--json")
        assert (done.returncode, done.stderr) == (1, "")
        assert json.loads(done.stdout)["ok"] is False
