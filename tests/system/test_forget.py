"""affnotify forget: a person is erased, and nobody else."""
import json
import sqlite3

import pytest

from cli_place import place  # noqa: F401
from fake_bus import refused
from harness import csv_section, event, wait_until
from journal_file import ask, change
from obey import Obey
from test_cli_replay import answered

ANN = "ann.lee@example.com"
OUT_OF_REACH = ("Out of its reach, and yours to see to: what the destinations were sent, the files of csv "
                "sinks, the log, files in the spool, copies and backups of the journal, and an event of "
                "somebody else whose deep link has the address in it.\n")


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


def of_ann(number, kind="affiliate.created"):
    return event(number, kind=kind, email="Ann.Lee@example.com")


def spool(bus, *lines):
    folder = bus.state / "spool"
    (folder / ".1").write_bytes(b"".join(line + b"\n" for line in lines))
    (folder / ".1").rename(folder / "1.jsonl")
    bus.wait_for_log("refused and kept")
    wait_until(lambda: list(folder.iterdir()) == [], "the spool is empty")


def held_by(bus, text):
    """The journal's files that have these bytes, in any case."""
    return [file.name for file in bus.state.glob("journal.db*") if text.lower().encode() in file.read_bytes().lower()]


# ---- Against a real bus ----


def test_a_person_is_erased_and_nobody_else(start, far, tmp_path):
    """Delivered at one sink, dead and waiting at another, pending at a third and at a removed one."""
    far.say("DELIVERED", **{"Ann.Lee": "RETRY"})
    off = Obey(tmp_path, "off")
    gone = Obey(tmp_path, "gone")
    three = csv_section(tmp_path) + far.section("retry = 1h") + off.section("enabled = no")
    bus = start(three + gone.section("enabled = no"))
    ids = bus.emit(of_ann(1), event(2), of_ann(3, "affiliate.deactivated"), event(4), of_ann(5))
    bus.wait_for("crm", delivered=5, pending=0)
    bus.wait_for("far", delivered=2, pending=3)
    bus.stop()
    bus.configure(three)
    bus.start()
    spool(bus, b'{"event":"affiliate.exploded","email":"ANN.LEE@example.com"}', b'ann.lee\\u0040example.com',
          b"joann.lee@example.com")
    assert held_by(bus, ANN)

    asked = bus.command("forget", "ann.lee@EXAMPLE.com")
    id = bus.ask({"command": "id", "email": ANN})["remembered"]
    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr == (f"Of {ANN}, affiliate {id}, the journal would forget 3 events and 2 refused inputs.\n"
                            f"9 deliveries that wait would never be made.\n{OUT_OF_REACH}"
                            "affnotify forget: nothing was forgotten; without a terminal to ask on, --yes is needed\n")
    assert bus.sink("off")["pending"] == 5

    done = bus.command("forget", ANN, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (f"{ANN} is forgotten: 3 events, 9 pending deliveries, 2 refused inputs,"
                           f" 0 texts of other rows\n{OUT_OF_REACH}")
    assert done.stderr == ""
    assert held_by(bus, ANN) == ["journal.db"]  # of joann.lee, who is somebody else
    assert ask(bus, "SELECT count(*) FROM refused WHERE raw = CAST('joann.lee@example.com' AS BLOB)") == [(1,)]
    assert [seq for (seq,) in ask(bus, "SELECT seq FROM events ORDER BY seq")] == [2, 4]
    assert ask(bus, "SELECT count(*) FROM affiliates") == [(2,)]
    figures = {name: (bus.sink(name)["pending"], bus.sink(name)["skipped"]) for name in ("crm", "far", "off", "gone")}
    assert figures == {"crm": (0, 0), "far": (0, 3), "off": (2, 3), "gone": (2, 3)}
    assert ANN not in bus.log().lower()
    assert f'msg="affiliate forgotten" affiliate_id={id} events=3 pending=9 refused=2' in bus.log()
    assert bus.ask({"command": "trace", "id": ids[0]})["rule"] == "unknown_id"

    again = bus.command("forget", ANN, "--yes")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "affnotify forget: email: the journal holds nothing of this address\n"
    assert bus.ask({"command": "forget", "email": ANN, "dry": True})["rule"] == "unknown_email"

    # Whoever comes back is new, and every sink goes on.
    far.say("DELIVERED")
    answer = bus.ask(dict(of_ann(1), affiliate_id="ia_0000000a"))
    assert answer["new"] and bus.ask({"command": "id", "email": ANN})["remembered"] == "ia_0000000a"
    bus.wait_for("crm", delivered=6, pending=0)
    assert bus.ask({"command": "resume", "sink": "far"})["ok"]
    bus.wait_for("far", delivered=3, pending=0)


def test_what_a_sender_called_an_event_goes_with_it(start, tmp_path):
    """It may be the address itself."""
    bus = start(csv_section(tmp_path))
    for key, email in ((f"created {ANN}", ANN), ("other", "other@example.com")):
        assert bus.ask({"take": {"event": "affiliate.created", "email": email}, "key": key})["new"]
    bus.wait_for("crm", delivered=2)
    assert bus.command("forget", ANN, "--yes").returncode == 0
    assert ask(bus, "SELECT key FROM keys") == [("other",)]
    assert held_by(bus, ANN) == []


def test_nothing_is_left_in_the_files(start, far, tmp_path):
    """Nor in the texts of the sinks and of other people's dead letters."""
    bus = start(csv_section(tmp_path) + far.section("retry = none"))
    far.say("REFUSED", 422)
    for page in range(4):
        people = [event(page * 200 + number) for number in range(200)]
        bus.emit(*people, of_ann(page), event(1000 + page, link=f"https://x.org/{page}"))
    bus.wait_for("far", dead=808, pending=0)
    bus.wait_for("crm", delivered=808)
    bus.stop()
    change(bus, ("UPDATE settled SET what = '550 <ann.lee@example.com>' WHERE sink = 2 AND seq % 50 = 3",),
           ("UPDATE sinks SET last_error = 'Ann.Lee@example.com is unknown'",))
    bus.start()
    assert "journal.db" in held_by(bus, ANN)
    answer = json.loads(bus.command("forget", ANN, "--yes", "--json").stdout)
    assert answer == {"ok": True, "email_key": ANN, "affiliate_id": answer["affiliate_id"], "events": 4, "pending": 0,
                      "refused": 0, "dry": False, "texts": 18, "complete": True}
    assert held_by(bus, ANN) == []
    assert held_by(bus, "person7@example.com")
    assert (bus.state / "journal.db-wal").stat().st_size == 0
    assert bus.sink("far")["error"] == "this text named an affiliate who was forgotten"
    assert bus.sink("far")["dead"] == 804
    letters = bus.ask({"command": "dead", "sink": "far", "limit": 100})
    assert letters["ok"] and len(letters["dead"]) == 100
    # Nor when others have written over it, and after the end.
    bus.emit(*[event(2000 + number) for number in range(50)])
    bus.wait_for("crm", pending=0)
    bus.stop()
    assert held_by(bus, ANN) == []


def test_what_is_in_flight_comes_back_first(start, far, tmp_path):
    far.say("hang")
    bus = start(csv_section(tmp_path) + far.section("retry = 1h", "timeout = 3s", "batch = 1"))
    (mine,) = bus.emit(of_ann(1))
    bus.wait_for("far", in_flight=1)
    (other,) = bus.emit(event(2))
    bus.wait_for("crm", delivered=2)
    connection = bus.connect()
    connection.send({"command": "forget", "email": ANN})
    # Meanwhile the intake goes on, and nothing new goes to any sink; nor is another one forgotten.
    (late,) = bus.emit(event(3))
    assert bus.ask({"command": "forget", "email": ANN})["rule"] == "busy"
    assert bus.ask({"command": "replay", "sink": "crm"})["rule"] == "busy"
    far.say("DELIVERED")
    answer = connection.receive()
    connection.close()
    assert (answer["ok"], answer["events"], answer["pending"]) == (True, 1, 1)
    bus.wait_for("crm", delivered=3, pending=0)
    bus.wait_for("far", delivered=2, pending=0, skipped=1)
    assert far.ids()[0] == mine and set(far.ids()[1:]) == {other, late}


def test_another_program_that_reads_is_said(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit(of_ann(1))
    bus.wait_for("crm", delivered=1)
    reader = sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchall()
    done = bus.command("forget", ANN, "--yes")
    assert done.returncode == 0
    assert done.stderr == ("affnotify forget: another program reads the journal: until it ends and affnotifyd has"
                           " written on for a while, the file journal.db-wal may still hold what was erased\n")
    reader.close()


@pytest.mark.parametrize("request_, rule", [
    ({}, "missing"), ({"email": 1}, "type"), ({"email": "nobody"}, "syntax"), ({"email": ANN, "dry": 1}, "type"),
    ({"email": ANN}, "unknown_email"),
])
def test_what_is_no_question_is_refused(start, tmp_path, request_, rule):
    bus = start(csv_section(tmp_path))
    answer = bus.ask({"command": "forget", **request_})
    assert not answer["ok"] and (answer["rule"] == rule or rule == "syntax"), answer


# ---- The command, against a bus that says whatever a test needs ----


def said(events=12, pending=1, refused_inputs=1, **members):
    return {"ok": True, "email_key": ANN, "affiliate_id": "ia_0000000a", "events": events, "pending": pending,
            "refused": refused_inputs, "dry": True, "texts": 1, "complete": True, **members}


@pytest.mark.parametrize("line, code, requests", [(b"y\n", 0, 2), (b"no\n", 1, 1)])
def test_a_question_on_a_terminal(place, line, code, requests):  # noqa: F811
    done, asked = answered(place, line, said(), "forget", "Ann.Lee@Example.com")
    request = {"command": "forget", "email": "Ann.Lee@Example.com"}
    assert asked == [dict(request, dry=True), request][:requests]
    assert done.returncode == code
    assert done.stderr == (
        f"Of {ANN}, affiliate ia_0000000a, the journal would forget 12 events and 1 refused input.\n"
        f"1 delivery that waits would never be made.\n{OUT_OF_REACH}Forget {ANN} for good? [y/N] "
        + ("" if code == 0 else "affnotify forget: nothing was forgotten\n"))
    assert done.stdout == ("" if code else f"{ANN} is forgotten: 12 events, 1 pending delivery, 1 refused input,"
                                           f" 1 text of other rows\n{OUT_OF_REACH}")


def test_who_is_no_affiliate_may_have_been_refused(place):  # noqa: F811
    done, _ = place.ask(said(0, 0, 3, affiliate_id=None), "forget", ANN)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{ANN} is no affiliate; the journal would forget 3 refused inputs.\n{OUT_OF_REACH}")


def test_a_refusal_is_shown(place):  # noqa: F811
    done, _ = place.ask(refused("email", "unknown_email", "email: nothing"), "forget", ANN, "--yes")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "affnotify forget: email: nothing\n")
    assert place.run("forget").returncode == 2
    assert place.run("forget", ANN, "--yes").returncode == 3
