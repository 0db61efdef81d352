"""affnotify events and dead against a bus that says whatever a test needs."""

import json
import subprocess

import pytest

from cli_place import PROGRAM, moment, place
from fake_bus import HANG_UP, always, in_turn, refused


def row(seq, received="2026-03-18T12:00:00.104Z", kind="affiliate.created"):
    return {"seq": seq, "id": f"evt_{seq:032x}", "received": received, "via": "",
            "event": {"event": kind, "affiliate_id": f"ia_{seq:08x}",
                      "email": f"person{seq}@example.com", "deep_link": "",
                      "occurred_at": "2026-03-18T11:00:00.000Z"}}


def events(*rows, following=None):
    return {"ok": True, "events": list(rows), "next": following}


def letter(seq, sink="crm", what="no such plan", remedy="mend it", **members):
    return {"sink": sink, "configured": True, "seq": seq, "id": f"evt_{seq:032x}",
            "event": row(seq)["event"], "verdict": "REFUSED", "code": 422, "attempts": 1,
            "at": "2026-03-18T12:00:01.000Z", "what": what, "remedy": remedy, **members}


def dead(*letters, following=None):
    return {"ok": True, "dead": list(letters), "next": following}


def ask_in_turn(place, answers, *arguments):
    with place.bus(in_turn(*answers)) as bus:
        return place.run(*arguments), bus.requests


# ---- events ----

def test_events(place):
    done, bus = place.ask(events(row(17), row(9, kind="affiliate.deactivated")), "events")
    assert (done.returncode, done.stderr) == (0, "")
    assert bus.requests == [{"command": "events", "limit": 20}]
    assert done.stdout == (
        "RECEIVED (UTC)       EVENT        AFFILIATE ID  EVENT ID                              E-MAIL\n"
        "2026-03-18 12:00:00  created      ia_00000011   evt_00000000000000000000000000000011  "
        "p•••@example.com\n"
        "2026-03-18 12:00:00  deactivated  ia_00000009   evt_00000000000000000000000000000009  "
        "p•••@example.com\n")


def test_no_events(place):
    done, _ = place.ask(events(), "events")
    assert (done.returncode, done.stdout, done.stderr) == (0, "No such event has come in.\n", "")
    done, _ = place.ask(events(), "events", "--json")
    assert done.stdout == '{"ok":true,"events":[],"next":null}\n'


def test_filters_are_handed_on(place):
    done, bus = place.ask(events(row(1)), "events", "--email", "A@x.org", "--event", "deactivated",
                          "--limit", "7")
    assert done.returncode == 0
    assert bus.requests == [{"command": "events", "type": "affiliate.deactivated",
                             "email": "A@x.org", "limit": 7}]


def test_pages_are_asked_for_until_the_limit(place):
    pages = [events(*[row(seq) for seq in range(300, 200, -1)], following=201),
             events(following=150),  # nothing among those that were looked at
             events(*[row(seq) for seq in range(149, 99, -1)], following=100)]
    done, requests = ask_in_turn(place, pages, "events", "--limit", "150")
    assert requests == [{"command": "events", "limit": 100},
                        {"command": "events", "limit": 50, "before": 201},
                        {"command": "events", "limit": 50, "before": 150}]
    lines = done.stdout.splitlines()
    assert [line.split()[3] for line in lines[1:]] == [
        f"ia_{seq:08x}" for seq in [*range(300, 200, -1), *range(149, 99, -1)]]
    assert done.stderr == "affnotify events: 150 shown; --limit N or --all shows more\n"
    done, _ = ask_in_turn(place, pages, "events", "--limit", "150", "--json")
    assert (done.stderr, done.stdout.count("\n")) == ("", 1)
    answer = json.loads(done.stdout)
    assert answer == {"ok": True, "events": pages[0]["events"] + pages[2]["events"], "next": 100}


def test_all(place):
    pages = [events(*[row(seq) for seq in range(200, 100, -1)], following=101), events(row(5))]
    done, requests = ask_in_turn(place, pages, "events", "--all")
    assert [request["limit"] for request in requests] == [100, 100]
    assert (len(done.stdout.splitlines()), done.stderr) == (102, "")


def test_since_ends_the_list(place):
    rows = [row(9, moment(60)), row(8, moment(3000)), row(7, moment(4000)), row(6, moment(60))]
    done, bus = place.ask(events(*rows, following=6), "events", "--since", "1h")
    assert len(bus.requests) == 1
    assert [line.split()[3] for line in done.stdout.splitlines()[1:]] == ["ia_00000009", "ia_00000008"]
    assert done.stderr == ""
    done, _ = place.ask(events(*rows, following=6), "events", "--since", "1h", "--json")
    assert json.loads(done.stdout) == events(*rows[:2])
    done, _ = place.ask(events(*rows, following=6), "events", "--since", "10s")
    assert done.stdout == "No such event has come in.\n"
    old = [row(2, "2026-03-18T00:00:00.000Z"), row(1, "2026-03-17T23:59:59.999Z")]
    for since in ("2026-03-18", "2026-03-18T00:00:00Z", "2026-03-18T01:00:00+01:00"):
        done, _ = place.ask(events(*old), "events", "--since", since)
        assert [line.split()[3] for line in done.stdout.splitlines()[1:]] == ["ia_00000002"]


@pytest.mark.parametrize("arguments, said", [
    (["events", "--limit", "0"],
     "--limit: must be at least 1, not `0`"),
    (["dead", "--limit", "many"], "--limit: this value is not a whole number; write one in digits"),
    (["events", "--limit", "5", "--all"], "--limit and --all exclude each other"),
    (["dead", "--limit", "5", "--all"], "--limit and --all exclude each other"),
    (["events", "--event", "joined"], "--event: “joined” is not created or deactivated"),
    (["events", "--since", "tuesday"],
     "--since: “tuesday” is not a time; write 2026-03-18, 2026-03-18T12:00:00Z, or how long ago, "
     "like 2h or 3d"),
    (["events", "--email", b"\xff@x.org"], "--email: the address is not valid UTF-8"),
    (["dead", "--sink", b"\xff"], "--sink: the name is not valid UTF-8"),
    (["dead", "crm"], "“crm” is one argument too many"),
])
def test_wrong_usage(place, arguments, said):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"affnotify {arguments[0]}: {said}\n"
                           f"See affnotify {arguments[0]} --help.\n")


# ---- A later page that cannot be had ----

@pytest.mark.parametrize("failure, code, said", [
    (refused("", "unavailable", "the disk is gone"), 1, "the disk is gone"),
    (HANG_UP, 3, None),
])
def test_what_came_stays_shown(place, failure, code, said):
    answers = [events(row(300), following=300), failure]
    done, _ = ask_in_turn(place, answers, "events", "--all")
    assert (done.returncode, len(done.stdout.splitlines())) == (code, 2)
    assert done.stderr == f"affnotify events: {said}\n" if said else "bus.sock" in done.stderr
    done, _ = ask_in_turn(place, answers, "events", "--all", "--json")
    assert done.returncode == code
    assert json.loads(done.stdout) == events(row(300), following=300)
    answers = [dead(letter(3), following={"sink": "crm", "seq": 3}), failure]
    done, _ = ask_in_turn(place, answers, "dead", "--all")
    assert done.returncode == code
    assert "    no such plan\n    what to do: mend it\n\nTo send them again: " in done.stdout


@pytest.mark.parametrize("command", ["events", "dead"])
def test_no_first_page(place, command):
    done = place.run(command)
    assert (done.returncode, done.stdout) == (3, "")
    assert "is affnotifyd running?" in done.stderr
    answer = refused("", "forbidden", "you may hand events in, no more")
    done, _ = place.ask(answer, command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"affnotify {command}: you may hand events in, no more\n"
    done, _ = place.ask(answer, command, "--json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (1, answer, "")


# ---- dead ----

def test_dead(place):
    done, bus = place.ask(dead(letter(3), letter(2), letter(1, what="other"), letter(
        3, "old", configured=False, verdict=None, code=0, remedy="")), "dead")
    assert (done.returncode, done.stderr) == (0, "")
    assert bus.requests == [{"command": "dead", "limit": 20}]
    assert done.stdout == (
        "SINK           GIVEN UP (UTC)       EVENT    VERDICT  CODE  EVENT ID                              E-MAIL\n"
        "crm            2026-03-18 12:00:01  created  REFUSED   422  evt_00000000000000000000000000000003  p•••@example.com\n"
        "crm            2026-03-18 12:00:01  created  REFUSED   422  evt_00000000000000000000000000000002  p•••@example.com\n"
        "    these 2: no such plan\n"
        "    what to do: mend it\n"
        "crm            2026-03-18 12:00:01  created  REFUSED   422  evt_00000000000000000000000000000001  p•••@example.com\n"
        "    other\n"
        "    what to do: mend it\n"
        "old (removed)  2026-03-18 12:00:01  created  -           -  evt_00000000000000000000000000000003  p•••@example.com\n"
        "    no such plan\n"
        "\nTo send them again: affnotify replay --sink SINK --dead\n"
        "To give them up: affnotify dead --drop --sink SINK\n")


def test_no_dead_letters(place):
    done, bus = place.ask(dead(), "dead", "--sink", "crm")
    assert bus.requests == [{"command": "dead", "sink": "crm", "limit": 20}]
    assert (done.returncode, done.stdout, done.stderr) == (0, "There are no dead letters.\n", "")


def test_one_reason_is_told_once_also_across_pages(place):
    pages = [dead(*[letter(seq) for seq in range(300, 200, -1)], following={"sink": "crm", "seq": 201}),
             dead(letter(9), letter(8, sink="slack"))]
    done, requests = ask_in_turn(place, pages, "dead", "--all")
    assert requests[1] == {"command": "dead", "limit": 100, "after": {"sink": "crm", "seq": 201}}
    lines = done.stdout.splitlines()
    assert [n for n, line in enumerate(lines) if "no such plan" in line] == [102, 105]
    assert lines[102:104] == ["    these 101: no such plan", "    what to do: mend it"]
    assert lines[105:107] == ["    no such plan", "    what to do: mend it"]
    done, _ = ask_in_turn(place, pages, "dead", "--all", "--json")
    assert json.loads(done.stdout) == dead(*pages[0]["dead"], *pages[1]["dead"])


# ---- On a terminal ----

def test_events_on_terminals(place):
    with place.bus(always(events(row(17)))):
        wide = place.on_terminal("events", columns=120, TERM="dumb")
        assert wide == place.run("events").stdout
        assert place.on_terminal("events", columns=0, TERM="dumb") == wide  # one that does not say
        assert place.on_terminal("events", columns=80, TERM="dumb") == (
            "RECEIVED (UTC)       EVENT    AFFILIATE ID  E-MAIL\n"
            "2026-03-18 12:00:00  created  ia_00000011   p•••@example.com\n"
            "    evt_00000000000000000000000000000011\n")


def test_dead_on_terminals(place):
    remedy = "mend the event at its source and hand it in again, for this one is not sent any more"
    with place.bus(always(dead(letter(3, remedy=remedy), letter(2, remedy=remedy)))):
        assert place.on_terminal("dead", columns=120, TERM="dumb") == place.run("dead").stdout
        assert place.on_terminal("dead", columns=80, TERM="dumb") == (
            "SINK  GIVEN UP (UTC)       EVENT    VERDICT  CODE  E-MAIL\n"
            "crm   2026-03-18 12:00:01  created  REFUSED   422  p•••@example.com\n"
            "    evt_00000000000000000000000000000003\n"
            "crm   2026-03-18 12:00:01  created  REFUSED   422  p•••@example.com\n"
            "    evt_00000000000000000000000000000002\n"
            "    these 2: no such plan\n"
            "    what to do: mend the event at its source and hand it in again, for this one\n"
            "      is not sent any more\n"
            "\nTo send them again: affnotify replay --sink crm --dead\n"
            "To give them up: affnotify dead --drop --sink crm\n")
