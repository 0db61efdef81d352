"""
The csv sink in a real bus: CRMs' files, what the guard counts, and files that get full while bus and host
are killed: AFFN_CSV_KILLS of them, 20 by default.
"""

import csv
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import threading

import pytest

from harness import AFFNOTIFY, AFFNOTIFYD, PATIENCE_S, Connection, event, wait_until

KILLS = int(os.environ.get("AFFN_CSV_KILLS", "20"))
NEAR_KILLS_LEAST = KILLS * 30 // 200
ROWS_A_FILE = 50
NEAR = 10


def read(path, **form):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file, **form))


def section(folder, *lines):
    return "\n".join(("[sink:crm]", "plugin = csv", f"path = {folder}/crm.csv", *lines, ""))


# ---- Form ----


def test_a_file_in_a_form_of_its_own(start, tmp_path):
    bus = start(section(tmp_path, "columns = Who: now:email, Since:occurred_at, Was:status, Why:fill", "fill.why = a;b",
                        "delimiter = semicolon", "bom = yes", "line_end = lf", "date_format = eu", "mode = 0600"))
    bus.emit(event(1), event(1, kind="affiliate.deactivated"))
    bus.wait_for("crm", delivered=2)
    path = tmp_path / "crm.csv"
    assert path.read_bytes() == (
        b"\xef\xbb\xbfWho: now;Since;Was;Why\n"
        b'person1@example.com;18/03/2026;active;"a;b"\nperson1@example.com;18/03/2026;archived;"a;b"\n')
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("preset, fills, header", [
    ("hubspot", ("fill.lead_status = New",),
     "Email,Lead Status,Affiliate ID,Affiliate Status,Affiliate Link,Affiliate Status Date"),
    ("salesforce", ("fill.last_name = Affiliate", "fill.company = Example"),
     "Last Name,Company,Email,Affiliate ID,Affiliate Status,Affiliate Link,Affiliate Status Date"),
    ("pipedrive", ("fill.person_name = Affiliate",),
     "Person - Name,Person - Email,Person - Affiliate ID,Person - Affiliate Status,Person - Affiliate Link,"
     "Person - Affiliate Status Date"),
])
def test_a_file_for_a_crm(start, tmp_path, preset, fills, header):
    bus = start(section(tmp_path, f"preset = {preset}", *fills, "rotate_rows = 2", "done_marker = yes"))
    bus.emit(event(1), event(2))
    bus.wait_for("crm", delivered=2)
    wait_until(lambda: list(tmp_path.glob("*.done")), "the file is finished when nothing more comes")
    (done,) = tmp_path.glob("*.done")
    finished = done.with_suffix("")
    assert re.fullmatch(r"crm-\d{4}-\d\d-\d\d-\d{6}-\d{3}\.csv", finished.name)
    rows = read(finished)
    assert ",".join(rows[0]) == header
    assert [row[header.split(",").index(next(h for h in header.split(",") if "mail" in h))] for row in rows[1:]] == [
        "person1@example.com", "person2@example.com"]
    assert not (tmp_path / "crm.csv.part").exists()


GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "csv"
FORMS = {
    "own": (),
    "hubspot": ("preset = hubspot",),
    "salesforce": ("preset = salesforce", "fill.last_name = =Affiliate", "fill.company = Example, Inc."),
    "pipedrive": ("preset = pipedrive", "fill.person_name = Affiliate", "date_format = dots"),
    "semicolon": ("columns = =Mail:email, Link; deep:deep_link, When:occurred_at, Now:status", "delimiter = semicolon",
                  "bom = yes", "line_end = lf", "date_format = time"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_extremes_look_as_they_should(form, tmp_path):
    config = tmp_path / "affnotify.ini"
    config.write_text(f"[bus]\nstate = {tmp_path}/state\n" + section(tmp_path, "show_header = yes", *FORMS[form]))
    done = subprocess.run([AFFNOTIFYD, "-c", config, "--render", "crm", "--events"], input=(GOLDEN / "events.jsonl").read_bytes(),
                          capture_output=True)
    (message,) = json.loads(done.stdout)["messages"]
    if os.environ.get("AFFN_GOLDEN_WRITE"):
        (GOLDEN / f"{form}.csv").write_bytes(message["text"].encode())
    assert message["text"].encode() == (GOLDEN / f"{form}.csv").read_bytes()


# ---- What the guard changed ----


def test_what_the_guard_changed_is_counted(start, tmp_path):
    bus = start(section(tmp_path))
    bus.wait_for("crm", state="open", counts={"formulas_guarded": 0})
    assert "guarded" not in bus.command("status").stdout
    bus.emit(event(1), event(email="=cmd@example.com"), event(email="+1@example.com", link=""))
    bus.wait_for("crm", delivered=3, counts={"formulas_guarded": 2})
    assert "  formulas guarded: 2\n" in bus.command("status").stdout
    (family,) = [one for one in bus.ask({"command": "metrics"})["metrics"] if one["name"] == "affnotify_plugin_counts_total"]
    assert family["samples"] == [{"labels": {"sink": "crm", "what": "formulas_guarded"}, "value": 2}]
    (host,) = bus.hosts()
    os.kill(host, signal.SIGKILL)
    bus.emit(event(email="-1@example.com"))
    bus.wait_for("crm", delivered=4, counts={"formulas_guarded": 3})  # since the bus began, not the host
    bus.configure(section(tmp_path, "batch = 7"))
    assert bus.command("reload").returncode == 0
    bus.wait_for("crm", state="open", counts={"formulas_guarded": 3})


def test_a_plugin_cannot_count_without_end(start):
    names = ["rows", "Bad", "x" * 33, *(f"name_{number}" for number in range(20)), "rows"]
    bus = start(f"[sink:count]\nplugin = fixture_count\nnames = {', '.join(names)}\n")
    bus.wait_for("count", state="open", counts={})  # nothing is counted in `check`
    bus.emit(event(1), event(2))
    counts = bus.wait_for("count", delivered=2)["counts"]
    assert counts == {"rows": 4, **{f"name_{number}": 2 for number in range(15)}}
    assert bus.log().count("it is not counted") == 1
    assert bus.command("test", "count").returncode == 0
    assert bus.sink("count")["counts"] == counts


# ---- Killed while files get full ----


class Producer(threading.Thread):
    """Hands events in one after another until it is told to stop or the bus is gone."""

    def __init__(self, bus, first):
        super().__init__(daemon=True)
        self.bus = bus
        self.next = first
        self.accepted = []
        self.stopped = threading.Event()

    def run(self):
        try:
            connection = Connection(self.bus.socket)
            while not self.stopped.is_set():
                burst = range(self.next, self.next + 5)
                self.next = burst.stop
                connection.send(*[event(number, email=f"{number}@example.com") for number in burst])
                for number in burst:
                    assert connection.receive()["ok"]
                    self.accepted.append(number)
        except OSError:
            pass  # killed, as it should be


def finished_files(folder):
    return sorted(path for path in folder.glob("crm-*.csv"))


def rows_in_work(folder):
    try:
        return (folder / "crm.csv.part").read_bytes().count(b"\n") - 1
    except FileNotFoundError:
        return 0


def rows_so_far(folder):
    return len(finished_files(folder)) * ROWS_A_FILE + max(rows_in_work(folder), 0)


def test_each_row_is_there_once_whatever_is_killed(start, tmp_path):
    randomness = random.Random(20260318)
    bus = start(section(tmp_path, "columns = Mail:email", f"rotate_rows = {ROWS_A_FILE}", "batch = 7", "done_marker = yes"))
    accepted = []
    near = by_host = 0
    first = 0
    for _ in range(KILLS):
        bus.wait_for("crm", state="open")
        producer = Producer(bus, first)
        producer.start()
        target = rows_so_far(tmp_path) + randomness.randrange(1, 2 * ROWS_A_FILE)
        wait_until(lambda: rows_so_far(tmp_path) >= target, f"{target} rows are there")
        if randomness.random() < 0.3:
            by_host += 1
            hosts = bus.hosts()
            for pid in hosts:
                os.kill(pid, signal.SIGKILL)
            rows = rows_in_work(tmp_path)
            producer.stopped.set()
            producer.join()
        else:
            bus.kill()
            producer.join()
            rows = rows_in_work(tmp_path)
            bus.start()
        near += not NEAR < rows < ROWS_A_FILE - NEAR
        accepted += producer.accepted
        first = producer.next

    print(f"{KILLS} kills, {by_host} of them of the host alone, {near} within {NEAR} rows of a rotation; "
          f"{len(accepted)} accepted")
    assert near >= NEAR_KILLS_LEAST
    assert by_host > 0
    total = bus.ask({"command": "status"})["bus"]["accepted"]
    bus.wait_for("crm", delivered=total, pending=0, dead=0)

    files = finished_files(tmp_path)
    assert [path.name + ".done" for path in files if path.name + ".done" not in os.listdir(tmp_path)] in (
        [], [files[-1].name + ".done"])
    numbers = []
    for path in files:
        rows = read(path)
        assert rows[0] == ["Mail"] and len(rows) == ROWS_A_FILE + 1, path
        numbers += [int(row[0].partition("@")[0]) for row in rows[1:]]
    if (tmp_path / "crm.csv.part").exists():
        numbers += [int(row[0].partition("@")[0]) for row in read(tmp_path / "crm.csv.part")[1:]]
    assert len(numbers) == total
    assert numbers == sorted(set(numbers)), "each once, in their order"
    assert set(accepted) <= set(numbers)


# ---- The roster as a file ----


@pytest.fixture
def roster(start, tmp_path):
    """A bus that knows 350 affiliates, of whom one has left."""
    bus = start("")
    bus.emit(*[event(number, email=f"{number}@example.com") for number in range(349)],
             event(email="=1+1@example.com", link="https://example.com/a,b"))
    bus.emit(dict(event(7, kind="affiliate.deactivated", email="7@example.com"), occurred_at="2026-03-19T12:00:00.000Z"))

    def run(*arguments, code=0):
        done = bus.command("roster", "--csv", *arguments)
        assert done.returncode == code, done.stderr
        return done.stderr if code else list(csv.reader(done.stdout.splitlines()))

    run.bus = bus
    return run


def test_the_roster_is_a_file_for_an_import(roster):
    rows = roster()
    assert rows[0] == ["Affiliate ID", "E-mail", "Deep link", "Since", "Status"]
    assert [row[1] for row in rows[1:]] == [
        *(f"{number}@example.com" for number in range(349) if number != 7), "'=1+1@example.com"]
    assert rows[-1][2:] == ["https://example.com/a,b", "2026-03-18T12:00:00.000Z", "active"]
    (gone,) = roster("--state", "inactive", "--columns", "Who:email, Now:status, When:occurred_at")[1:]
    assert gone == ["7@example.com", "archived", "2026-03-19T12:00:00.000Z"]
    assert len(roster("--state", "all", "--preset", "hubspot")) == 351


def test_the_roster_has_the_form_of_the_sink(roster, start, tmp_path):
    options = ("last_name=Affiliate", "company=Example")
    rows = roster("--preset", "salesforce", *(word for option in options for word in ("--set", f"fill.{option}")))
    assert ",".join(rows[0]) == ("Last Name,Company,Email,Affiliate ID,Affiliate Status,Affiliate Link,"
                                 "Affiliate Status Date")
    assert rows[1][:3] == ["Affiliate", "Example", "0@example.com"]
    done = roster("--columns", "Who:email", "--set", "line_end=lf", "--set", "bom=yes")
    assert done[0] == ["\ufeffWho"]


def test_what_is_wrong_with_the_form_is_said(roster):
    assert roster("--preset", "pipedrive", code=1) == (
        "affnotify roster: preset: needs the column `Person - Name`, which no event can supply; write fill.person_name "
        "= VALUE\n")
    assert "preset: this value is none of hubspot, salesforce, pipedrive" in roster("--preset", "sap", code=1)
    assert "--set: “x” is not KEY=VALUE" in roster("--set", "x", code=2)
    assert "holds a quote or a control character" in roster("--set", 'fill.a="', code=2)
    assert "--columns: holds a quote or a control character" in roster("--columns", "a\nb:email", code=2)
    assert "--preset: there is no such preset" in roster("--preset", '"', code=2)
    assert "--csv takes no --limit, --all or --json" in roster("--all", code=2)


def test_a_roster_that_nobody_reads_to_its_end_leaves_no_folder(roster, tmp_path):
    mark = f"Mark of {tmp_path.name}-{os.getpid()}"
    bus = roster.bus
    environment = dict(os.environ, AFFNOTIFY_SOCKET=str(bus.socket))
    running = subprocess.Popen([AFFNOTIFY, "roster", "--csv", "--columns", f"{mark}:deep_link, Who:email"],
                               stdout=subprocess.PIPE, env=environment)
    running.stdout.close()
    assert running.wait(PATIENCE_S) == -signal.SIGPIPE
    left = [file for file in pathlib.Path("/tmp").glob("affnotify-roster-*/affnotify.ini")
            if os.access(file, os.R_OK) and mark in file.read_text()]
    assert left == []


def test_an_empty_roster_is_a_header(start):
    bus = start("")
    assert bus.command("roster", "--csv").stdout == "Affiliate ID,E-mail,Deep link,Since,Status\r\n".replace("\r\n", "\n")
    done = bus.command("roster", "--preset", "hubspot")
    assert done.returncode == 2 and "--preset, --columns and --set are for --csv" in done.stderr
    bus.stop()
    assert bus.command("roster", "--csv").returncode == 3
