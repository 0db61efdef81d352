"""Events that were left while the bus was away, and a journal that cannot be written."""

import resource
import sqlite3

from harness import SPEC_CREATED, SPEC_DEACTIVATED, canonical, csv_section, event, wait_until


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


def test_a_file_of_rubbish_pushes_nothing_out(start, tmp_path):
    spool = tmp_path / "state" / "spool"
    spool.mkdir(parents=True)
    (spool / "1.jsonl").write_bytes(b"x\n" * 5000 + canonical(SPEC_CREATED))
    bus = start(csv_section(tmp_path))
    bus.wait_for("crm", delivered=1)
    assert "lines=5000 kept=1000" in bus.log()
    assert bus.ask({"command": "status"})["bus"]["refused"] == 1000


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


# ---- The journal ----


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
