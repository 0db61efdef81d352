"""What was refused at the door: listed, shown, taken in after mending; from a real bus."""

import contextlib
import json
import re
import os
import subprocess

import pytest

from cli_place import place
from harness import csv_section, event, wait_until


@pytest.fixture
def bus(start):
    """A bus that found four lines of rubbish and one event in its spool."""
    made = start()
    lines = [json.dumps(event(1)), json.dumps(event(2, email="nobody")),
             json.dumps(dict(event(3), deep_link=None, occurred_at=None)), "not \xff json\x1b[31m",
             json.dumps({"event": "affiliate.created", "email": 200 * "é" + "@"})]
    (made.state / "spool" / ".x").write_bytes("\n".join(lines).encode("latin-1", "replace"))
    (made.state / "spool" / ".x").rename(made.state / "spool" / "1.jsonl")
    wait_until(lambda: not list((made.state / "spool").iterdir()), "the spool is taken in")
    return made


def ask(bus, **command):
    answer = bus.ask(command)
    assert answer["ok"], answer
    return answer


def test_they_are_listed(bus):
    listed = ask(bus, command="refused")
    assert listed["next"] is None
    rows = listed["refused"]
    assert [(row["number"], row["field"], row["rule"], row["value"]) for row in rows] == [
        (4, "email", "too_long", 40 * "é"),
        (3, "", "not_json", "not ? json\x1b[31m"), (2, "deep_link", "type", "null"), (1, "email", "syntax", "nobody")]
    assert rows[-1] == {"number": 1, "received": rows[-1]["received"], "source": "spool/1.jsonl", "field": "email",
                        "rule": "syntax", "message": "email has no @; send an address such as name@example.com",
                        "value": "nobody", "email": "nobody", "bytes": len(json.dumps(event(2, email="nobody")))}
    assert ask(bus, command="refused", limit=2)["next"] == 3
    assert [row["number"] for row in ask(bus, command="refused", limit=2, before=3)["refused"]] == [2, 1]
    for row in rows:
        assert len(row["value"].encode() if row["value"] else b"") <= 80


def test_one_is_shown_whole(bus):
    assert json.loads(ask(bus, command="refused", number=1)["raw"]) == event(2, email="nobody")
    done = bus.command("refused", "1")
    assert done.returncode == 0 and done.stdout.endswith("\n" + json.dumps(event(2, email="nobody")) + "\n")
    done = bus.command("refused", "3")
    assert "\x1b" not in done.stdout and "not ? json" in done.stdout
    assert bus.command("refused", "9").stderr == (
        "affnotify refused: number: nothing that was refused is kept under 9; affnotify refused lists what is\n")


def test_one_is_taken_in_after_mending(bus):
    done = bus.command("refused", "--accept", "1")
    assert (done.returncode, done.stderr) == (
        1, "affnotify refused: email has no @; send an address such as name@example.com\n")
    done = bus.command("refused", "--accept", "1", "--set", "email=ada@example.com", "--set", "via=dashboard")
    assert (done.returncode, done.stderr) == (0, "")
    trace = ask(bus, command="trace", id=done.stdout.strip())
    assert trace["event"]["email"] == "ada@example.com" and trace["via"] == "dashboard"
    assert trace["event"]["occurred_at"] == event(2)["occurred_at"]
    assert bus.command("refused", "--accept", "1").returncode == 1  # it has left the list
    assert 1 not in [row["number"] for row in ask(bus, command="refused")["refused"]]
    assert ask(bus, command="status")["bus"]["refused"] == 3
    # One without a time is of when it came: taken in twice, it would be one event.
    received = ask(bus, command="refused", number=4)["received"]
    done = bus.command("refused", "--accept", "4", "--set", "email=grace@example.com")
    assert ask(bus, command="trace", id=done.stdout.strip())["event"]["occurred_at"] == received


def test_what_cannot_be_mended(bus):
    done = bus.command("refused", "--accept", "3", "--set", "email=a@example.com")
    assert done.returncode == 1 and "it is no JSON object, so no field can be set" in done.stderr
    assert bus.ask({"command": "accept", "number": 1, "set": {"name": "x"}})["rule"] == "unknown_field"
    assert bus.ask({"command": "accept", "number": 1, "set": []})["rule"] == "type"
    assert bus.ask({"command": "accept", "number": 1, "set": {"email": 1}})["rule"] == "type"
    assert bus.ask({"command": "accept"})["rule"] == "missing"
    assert bus.ask({"command": "accept", "number": "1"})["rule"] == "type"
    assert bus.ask({"command": "refused", "limit": 101})["rule"] == "out_of_range"
    assert bus.command("refused", "--drop", "3").stdout == "3 is dropped\n"
    assert bus.ask({"command": "discard", "number": 3})["rule"] == "unknown_number"
    assert ask(bus, command="status")["bus"]["refused"] == 3


def test_an_accepted_one_outlives_a_kill(bus):
    event_id = ask(bus, command="accept", number=1, set={"email": "ada@example.com"})["id"]
    bus.kill()
    bus.start()
    assert ask(bus, command="trace", id=event_id)["id"] == event_id
    assert len(ask(bus, command="refused")["refused"]) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_loses_nothing_of_it(start, tmp_path):
    """Neither the input nor the event: it says so, and works when there is room."""
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", state], check=True)
    try:
        bus = start(csv_section(tmp_path))
        broken = [event(number, email=f"nobody{number}", link="https://x.org/" + 900 * "x") for number in range(50)]
        for one in broken:
            assert bus.ask({"take": one})["kept"]
        with contextlib.suppress(OSError), open(state / "ballast", "wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass
        taken = {}
        for number in range(1, 51):
            done = bus.command("refused", "--accept", str(number), "--set", f"email=p{number}@example.com")
            if done.returncode:
                break
            taken[number] = done.stdout.strip()
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr.startswith("affnotify refused: journal ") and "full" in done.stderr, done.stderr
        dropped = bus.command("refused", "--drop", str(number))
        assert (dropped.returncode, dropped.stdout) == (1, "") and "full" in dropped.stderr
        assert [row["number"] for row in ask(bus, command="refused", limit=100)["refused"]] == list(range(50, number - 1, -1))
        assert json.loads(ask(bus, command="refused", number=number)["raw"]) == broken[number - 1]
        assert ask(bus, command="status")["bus"]["accepted"] == len(taken)
        (state / "ballast").unlink()
        done = bus.command("refused", "--accept", str(number), "--set", f"email=p{number}@example.com")
        assert (done.returncode, done.stderr) == (0, "")
        taken[number] = done.stdout.strip()
        assert bus.command("refused", "--accept", str(number)).returncode == 1  # it is gone
        for id in taken.values():
            assert bus.ask({"command": "trace", "id": id})["ok"]
        bus.wait_for("crm", delivered=len(taken), pending=0)
        assert ask(bus, command="status")["bus"]["refused"] == 50 - len(taken)
    finally:
        subprocess.run(["umount", "-l", state], check=True)


def test_the_command(bus):
    done = bus.command("refused", "--limit", "1")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["NUMBER", "RECEIVED", "(UTC)", "FROM", "FIELD", "RULE", "VALUE", "E-MAIL"]
    assert lines[1].split()[0] == "4" and "refused --accept NUMBER" in done.stdout
    assert done.stderr == "affnotify refused: 1 shown; --limit N or --all shows more\n"
    assert len(json.loads(bus.command("refused", "--json", "--all").stdout)["refused"]) == 4
    for words, message in ((["1", "--all"], "exclude each other"), (["--set", "a=b"], "--set, --superseded and --yes go with --accept"),
                           (["x"], "“x” is not a number of the list"),
                           (["--accept", "1", "--set", "email"], "“email” is not a field and its value"),
                           (["--accept", "1", "--set", "email=a", "--set", "email=b"], "--set: email is given twice"),
                           (["--accept", "1,x"], "“x” is not a number of the list"), (["--yes"], "go with --accept"),
                           (["--accept", "1", "--rule", "r"], "--field and --rule go with the list and --accept all"),
                           (["1", "--field", "email"], "--field and --rule go with")):
        done = bus.command("refused", *words)
        assert done.returncode == 2 and message in done.stderr


# ---- Who it is about ----


def refuse(bus, *inputs, **more):
    """Refused as affnotify-http hands them on; their numbers, oldest first."""
    for one in inputs:
        answer = bus.ask({"take": one, "source": "https ::1", **more})
        assert answer["ok"] is False and answer["kept"], answer
    return sorted(row["number"] for row in ask(bus, command="refused")["refused"])[-len(inputs):]


def test_whom_it_is_about(start):
    bus = start()
    refuse(bus, dict(event(1, email="ada@example.com"), via="x"), dict(event(2), email=7), 17,
           dict(event(3, email=300 * "é"), via="x"))
    rows = ask(bus, command="refused")["refused"]
    assert [row["email"] for row in rows] == [127 * "é", None, None, "ada@example.com"]
    assert "e-mail        ada@example.com\n" in bus.command("refused", "1").stdout


def test_it_fits_a_terminal_of_80_columns(start, place):
    bus = start()
    refuse(bus, dict(event(1, email="ada@example.com"), deep_link="x y " + 200 * "z"),
           dict(event(2, email="grace@example.com"), affiliate_id="a\u0000"), event(3, email="nobody"))
    shown = place.on_terminal("refused", "--socket", bus.socket, columns=80).replace("\r\n", "\n")
    lines = re.sub(r"\x1b\[\dm", "", shown).split("\n\n")[0].splitlines()
    assert lines[0].split() == ["NUMBER", "RECEIVED", "(UTC)", "FIELD", "RULE"]
    assert lines[2::2][:2] == ["    nobody", "    g•••@example.com: a"]
    assert lines[6].startswith("    a•••@example.com: x y zzz") and lines[6].endswith("z…")
    assert max(map(len, lines)) <= 80
    wide = place.on_terminal("refused", "--socket", bus.socket, columns=200)
    assert "FROM" in wide and "https ::1" in wide


def test_json_does_not_steer_the_terminal(start):
    bus = start()
    refuse(bus, dict(event(1), email="a\u009b31m\u202eé\x7f"))
    for words in (["--all"], ["1"]):
        done = bus.command("refused", "--json", *words)
        assert "\u009b" not in done.stdout and "\u202e" not in done.stdout and "\x7f" not in done.stdout
        assert "é" in done.stdout and "a\u009b31m\u202eé\x7f" in json.dumps(json.loads(done.stdout), ensure_ascii=False)


# ---- Mending ----


def test_a_field_can_be_left_out(start):
    bus = start()
    numbers = refuse(bus, dict(event(1), via="?"), dict(event(2), event="created"), dict(event(3), deep_link="x y"))
    done = bus.command("refused", "--accept", str(numbers[0]), "--set", "via=")
    assert (done.returncode, done.stderr) == (0, "")
    assert ask(bus, command="trace", id=done.stdout.strip())["via"] == ""
    assert bus.command("refused", "--accept", str(numbers[1]), "--set", "event=created").returncode == 0
    done = bus.command("refused", "--accept", str(numbers[2]), "--set", "deep_link=")
    assert ask(bus, command="trace", id=done.stdout.strip())["event"]["deep_link"] == ""
    assert ask(bus, command="refused")["refused"] == []
    (number,) = refuse(bus, dict(event(4), email=1))
    assert bus.ask({"command": "accept", "number": number, "set": {"email": None}})["rule"] == "missing"
    assert bus.ask({"command": "accept", "number": number, "superseded": 1})["rule"] == "type"


def test_several_are_taken_in(start, place):
    bus = start()
    inputs = [dict(event(number), via="?") for number in range(150)] + [event(200, email="nobody")]
    numbers = refuse(bus, *inputs)
    done = bus.command("refused", "--accept", f"{numbers[1]},{numbers[0]},{numbers[-1]}", "--set", "via=")
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 2
    assert done.stderr == (f"affnotify refused: {numbers[-1]}: email has no @; send an address such as name@example.com\n"
                           "affnotify refused: 2 accepted, 0 known already, 1 stay\n")
    rule = ["refused", "--accept", "all", "--rule", "unknown_via", "--set", "via=dashboard"]
    done = bus.command(*rule, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout, done.stderr) == (
        1, "", "affnotify refused: 148 would be taken in; without a terminal to ask on, --yes is needed\n")
    shown = place.on_terminal(*rule, "--socket", bus.socket, typed="n\n", code=1)
    assert "Take in 148? [y/N]" in shown and "nothing was taken in" in shown
    assert len(json.loads(bus.command("refused", "--json", "--all", "--field", "via").stdout)["refused"]) == 148
    done = bus.command(*rule, "--yes")
    assert (done.returncode, done.stderr) == (0, "affnotify refused: 148 accepted, 0 known already, 0 stay\n")
    ids = done.stdout.split()
    assert [row["id"] for row in ask(bus, command="events", limit=100)["events"]] == ids[:-101:-1]  # oldest first
    assert [row["number"] for row in ask(bus, command="refused")["refused"]] == [numbers[-1]]
    done = bus.command(*rule, "--yes")
    assert (done.returncode, done.stderr) == (0, "affnotify refused: 0 accepted, 0 known already, 0 stay\n")


@pytest.mark.parametrize("late, newest", [("affiliate.created", "affiliate.deactivated"),
                                          ("affiliate.deactivated", "affiliate.created")])
def test_what_a_later_event_has_overtaken_stays(start, late, newest):
    bus = start()
    (number,) = refuse(bus, dict(event(1, late, email="ada@example.com"), via="?"))
    bus.emit(event(2, newest, email="Ada@example.com"))
    (later,) = ask(bus, command="events")["events"]
    wrong = bus.ask({"command": "accept", "number": number, "set": {"via": None}})
    assert (wrong["rule"], wrong["by"]) == ("superseded", later["id"])
    done = bus.command("refused", "--accept", str(number), "--set", "via=")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"affnotify refused: it is of {event(1)['occurred_at']}, and ada@example.com has a later event: {newest} of "
        f"{event(2)['occurred_at']}, {later['id']}; taken in now, it would come last and undo that one; --superseded "
        "takes it in all the same\n")
    (row,) = ask(bus, command="roster", state="all")["roster"]
    assert row["active"] == (newest == "affiliate.created")
    assert bus.command("refused", "--accept", str(number), "--set", "via=", "--superseded").returncode == 0
    assert ask(bus, command="refused")["refused"] == []


# ---- What its sender calls it ----


def test_its_key_answers_the_retry(start):
    bus = start()
    bad = {"event": "affiliate.created", "email": "ada@example.com", "via": "?"}
    for _ in range(3):
        (number,) = refuse(bus, bad, key="k")
    assert number == 3 and ask(bus, command="status")["bus"]["refused"] == 1
    refuse(bus, dict(bad, via="!"), key="k")  # other bytes lose nothing
    refuse(bus, bad)
    refuse(bus, bad)
    assert ask(bus, command="status")["bus"]["refused"] == 4
    taken = ask(bus, command="accept", number=number, set={"via": None})
    retry = {name: value for name, value in bad.items() if name != "via"}
    assert bus.ask({"take": retry, "key": "k"}) == {"ok": True, "id": taken["id"], "new": False}
    assert ask(bus, command="accept", number=number + 1, set={"via": "dashboard"}) == {
        "ok": True, "number": number + 1, "id": taken["id"], "new": False}
    (number,) = refuse(bus, dict(bad, email="grace@example.com"), key="k")
    assert bus.ask({"command": "accept", "number": number, "set": {"via": None}})["rule"] == "key_reused"
    assert ask(bus, command="accept", number=number, set={"via": None, "occurred_at": "2026-03-18T12:00:00Z"})["new"]


def test_what_is_kept_unread_has_a_key_too(start):
    bus = start()
    for key in ("k", "k", "l"):
        assert bus.ask({"keep": "eyI=", "key": key})["kept"]
    assert ask(bus, command="status")["bus"]["refused"] == 2
    assert bus.ask({"keep": "eyI=", "key": 273 * "k"})["rule"] == "too_long"
