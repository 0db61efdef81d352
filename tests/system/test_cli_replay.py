"""affnotify replay and dead --drop against a bus that says whatever a test needs."""
import json
import os
import pty
import subprocess

import pytest

from cli_place import PROGRAM, place
from fake_bus import always, refused


def counted(events=12, sink="crm", to="crm", superseded=0, **members):
    listed = [{"id": f"evt_{n:032x}", "email": f"a{n}@x.org", "by": f"evt_{n + 16:032x}"}
              for n in range(1, min(superseded, 20) + 1)]
    return {"ok": True, "sink": sink, "to": to, "events": events, "superseded": superseded, "superseded_events": listed,
            "more": superseded > 20, "pending": 0, "not_taken": 0, "dry": True, **members}


def answered(place, line, answer, *arguments):
    """Runs a command whose input is a terminal on which this line is typed."""
    ours, theirs = pty.openpty()
    os.write(ours, line)
    with place.bus(always(answer)) as bus:
        done = subprocess.run([PROGRAM, *arguments], stdin=theirs, capture_output=True, text=True, timeout=60,
                              env={"AFFNOTIFY_SOCKET": str(place.socket)})
    os.close(theirs)
    os.close(ours)
    return done, bus.requests


@pytest.mark.parametrize("line, code, asked", [(b"y\n", 0, 2), (b"yes\n", 0, 2), (b"n\n", 1, 1), (b"\n", 1, 1)])
def test_a_question_on_a_terminal(place, line, code, asked):
    done, requests = answered(place, line, counted(), "replay", "--sink", "crm", "--dead")
    request = {"command": "replay", "sink": "crm", "dead": True}
    assert requests == [dict(request, dry=True), request][:asked]
    assert done.returncode == code
    said = "12 events would be sent to crm again.\nSend 12 events to crm again? [y/N] "
    assert done.stdout == ("12 events go to crm again\n" if code == 0 else "")
    assert done.stderr == said + ("" if code == 0 else "affnotify replay: nothing was sent\n")


def test_without_a_terminal_it_says_what_it_would_do(place):
    done, bus = place.ask(counted(1, to="new", pending=2, not_taken=1), "replay", "--sink", "crm", "--to", "new")
    assert bus.requests == [{"command": "replay", "sink": "crm", "to": "new", "dry": True}]
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("Left out: 2 events that new has pending already.\n"
                           "Left out: 1 event of a type that new does not take.\n"
                           "1 event would be sent of crm to new.\n"
                           "affnotify replay: nothing was sent; without a terminal to ask on, --yes is needed\n")
    done, _ = place.ask(counted(), "replay", "--sink", "crm", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, counted())


def test_superseded_events_are_listed(place):
    done, _ = place.ask(counted(0, superseded=1), "replay", "--sink", "crm")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "1 event is superseded, for a later one of the affiliate was delivered to crm:\n"
        "  evt_00000000000000000000000000000001  by evt_00000000000000000000000000000011  a•••@x.org\n"
        "They are left out; --superseded sends them, too.\n"
        "There is nothing to send to crm again.\n")
    done, bus = place.ask(counted(2, superseded=21), "replay", "--sink", "crm", "--superseded")
    assert bus.requests == [{"command": "replay", "sink": "crm", "superseded": True, "dry": True}]
    lines = done.stderr.splitlines()
    assert lines[0] == "21 events are superseded, for a later one of the affiliate was delivered to crm:"
    assert lines[21:23] == ["  …", "They are sent, too."]


def test_yes_asks_nothing(place):
    done, bus = place.ask(counted(1, superseded=3), "replay", "--sink", "crm", "--yes", "--event", "evt_1", "--email",
                          "a@x.org", "--since", "2026-03-18", "--until", "2026-03-18T12:00:00Z")
    assert bus.requests == [{"command": "replay", "sink": "crm", "id": "evt_1", "email": "a@x.org",
                             "since": "2026-03-18T00:00:00.000Z", "until": "2026-03-18T12:00:00.000Z"}]
    assert (done.returncode, done.stdout, done.stderr) == (
        0, "1 event goes to crm again\n3 superseded, left out\n", "")


@pytest.mark.parametrize("command", [["replay"], ["dead", "--drop"]])
@pytest.mark.parametrize("arguments, said", [
    ([], "which sink? --sink S is needed"),
    (["--sink", "crm", "--since", "noon"], "--since: “noon” is not a time; write 2026-03-18, 2026-03-18T12:00:00Z, or "
                                           "how long ago, like 2h or 3d"),
    (["--sink", b"\xff"], "--sink: what stands there is not valid UTF-8"),
    (["--sink", "crm", "--event", b"\xff"], "--event: what stands there is not valid UTF-8"),
])
def test_wrong_usage(place, command, arguments, said):
    done = subprocess.run([PROGRAM, *command, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == f"affnotify {command[0]}: {said}"


def test_a_refusal_is_told(place):
    done, _ = place.ask(refused("sink", "unknown_sink", "sink: no sink has or had the name x"), "replay", "--sink", "x")
    assert (done.returncode, done.stderr) == (1, "affnotify replay: sink: no sink has or had the name x\n")


# ---- dead --drop ----


def dropped(count):
    return {"ok": True, "sink": "crm", "dropped": count, "dry": True}


def test_drop(place):
    done, requests = answered(place, b"y\n", dropped(2), "dead", "--drop", "--sink", "crm")
    assert requests == [{"command": "drop", "sink": "crm", "dry": True}, {"command": "drop", "sink": "crm"}]
    assert (done.returncode, done.stdout) == (0, "2 dead letters of crm dropped\n")
    assert done.stderr == ("2 dead letters of crm would be dropped: listed no longer, and kept in the trace.\n"
                           "Drop 2 dead letters of crm? [y/N] ")
    done, _ = place.ask(dropped(1), "dead", "--drop", "--sink", "crm")
    assert done.returncode == 1
    assert done.stderr == ("1 dead letter of crm would be dropped: listed no longer, and kept in the trace.\n"
                           "affnotify dead: nothing was dropped; without a terminal to ask on, --yes is needed\n")
    done, _ = place.ask(dropped(0), "dead", "--drop", "--sink", "crm")
    assert (done.returncode, done.stderr) == (0, "There is no dead letter of crm to drop.\n")
    done, bus = place.ask(dropped(1), "dead", "--drop", "--sink", "crm", "--yes", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, dropped(1))


@pytest.mark.parametrize("arguments, said", [
    (["--since", "2h"], "--since goes with --drop"),
    (["--yes"], "--yes goes with --drop"),
    (["--drop", "--sink", "crm", "--all"], "--limit and --all are for the list, not for --drop"),
])
def test_what_goes_with_drop(arguments, said):
    done = subprocess.run([PROGRAM, "dead", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == f"affnotify dead: {said}"
