"""What was refused at the door: listed, shown, taken in after mending; from a real bus."""

import contextlib
import json
import os
import subprocess

import pytest

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
                        "value": "nobody", "bytes": len(json.dumps(event(2, email="nobody")))}
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
    assert lines[0].split() == ["NUMBER", "RECEIVED", "(UTC)", "FROM", "FIELD", "RULE", "VALUE"]
    assert lines[1].split()[0] == "4" and "refused --accept NUMBER" in done.stdout
    assert done.stderr == "affnotify refused: 1 shown; --limit N or --all shows more\n"
    assert len(json.loads(bus.command("refused", "--json", "--all").stdout)["refused"]) == 4
    for words, message in ((["1", "--all"], "exclude each other"), (["--set", "a=b"], "--set goes with --accept"),
                           (["x"], "“x” is not a number of the list"),
                           (["--accept", "1", "--set", "email"], "“email” is not a field and its value")):
        done = bus.command("refused", *words)
        assert done.returncode == 2 and message in done.stderr
