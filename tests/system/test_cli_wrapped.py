"""On a terminal of 80 columns no word is broken; what is piped is not wrapped. And an address for an ID."""

import pytest

from cli_place import always, place
from test_cli_ask import ID, TRACE, checked
from test_forget import said

LONG = "the far side takes no more of what it is sent: ask whoever runs it, or lower `rate` in the section, " * 2
SINK = {"name": "crm", "plugin": "webhook", "state": "open", "pending": 1, "in_flight": 0, "delivered": 0, "dead": 0,
        "error": LONG, "remedy": LONG, "error_at": "2026-03-18T12:00:00.000Z"}
BUS = {"version": "1", "pid": 7, "config": "/etc/" + 30 * "c", "journal": "/var/" + 60 * "j", "accepted": 1}
CHECKED = checked((3, True))
CHECKED["mistakes"][0]["message"] = "a.ini:3: " + LONG
ONE = {"ok": True, "number": 1, "received": "2026-03-18T12:00:00.000Z", "message": LONG, "raw": "x"}
ROWS = [(CHECKED, ["check"]), ({"ok": True, "bus": BUS, "sinks": [SINK]}, ["status"]), (ONE, ["refused", "1"]),
        (said(), ["forget", "--yes", "ann.lee@example.com"]),
        ({**TRACE, "deliveries": [{"sink": "crm", "state": "pending", "what": LONG, "remedy": LONG}]}, ["trace", ID])]


@pytest.mark.parametrize("answer, arguments", ROWS, ids=[row[1][0] for row in ROWS])
def test_words_stay_whole(place, answer, arguments):  # noqa: F811
    piped, _ = place.ask(answer, *arguments)
    place.socket.unlink(missing_ok=True)
    with place.bus(always(answer)):
        shown = place.on_terminal(*arguments, columns=80, TERM="dumb").replace("\r\n", "\n")
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80 < max(map(len, piped.stdout.splitlines()))
    assert shown.split() == piped.stdout.split()
    assert piped.stderr == ""


def test_notes_hang(place):  # noqa: F811
    with place.bus(always(ROWS[1][0])):
        lines = place.on_terminal("status", columns=80, TERM="dumb").replace("\r\n", "\n").splitlines()
    notes = lines[next(i for i, line in enumerate(lines) if line.startswith("    what to do")):]
    assert len(notes) > 2 and all(line.startswith("      ") for line in notes[1:])


def test_an_error_is_wrapped(place):  # noqa: F811
    with place.bus(always({"ok": False, "field": "", "rule": "no", "message": LONG})):
        lines = place.on_terminal("status", columns=80, typed="", code=1).replace("\r\n", "\n").splitlines()
    assert lines[0].startswith("affnotify status: ") and all(line.startswith("  ") for line in lines[1:])
    assert len(lines) > 2 and max(map(len, lines)) <= 80


@pytest.mark.parametrize("arguments", [["trace"], ["render", "crm", "--id"],
                                       ["replay", "--sink", "crm", "--event"],
                                       ["dead", "--drop", "--sink", "crm", "--event"]], ids=lambda words: words[0])
def test_an_address_is_no_id(place, arguments):  # noqa: F811
    done = place.run(*arguments, "ada@example.com")
    name = arguments[0]
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"affnotify {name}: “ada@example.com” is an address, and no event's ID; `affnotify events --email "
        f"ada@example.com` lists its events with their IDs\nSee affnotify {name} --help.\n")
