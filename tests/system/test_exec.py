"""The exec sink in a real bus: the examples that its README shows, and that nothing of a program stays behind."""

import os
import pathlib
import re
import signal
import sqlite3

import pytest

from harness import (SPEC_CREATED, SPEC_DEACTIVATED, Bus, canonical, children_of, event, id_of, is_running,
                     wait_until)
from test_trial import ask

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "etc" / "examples"
SECRET = "example-of-a-token"


def section(command, extra="", name="program"):
    return f"[sink:{name}]\nplugin = exec\ncommand = {command}\n{extra}\n"


@pytest.fixture
def script(tmp_path):
    """Writes a program of sh; returns its path."""

    def write(text, name="program"):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


def tried(bus, number):
    """What became of the event's first attempt."""
    return wait_until(lambda: bus.delivery(number, "program")["attempts_made"], "it was tried")[0]["what"]


def pids_in(path):
    """The processes whose numbers a file holds, once it has some."""
    return wait_until(lambda: path.exists() and [int(word) for word in path.read_text().split()], f"{path} holds numbers")


def wait_until_gone(pids):
    wait_until(lambda: not any(is_running(pid) for pid in pids), f"{pids} have ended")


# ---- The examples ----


@pytest.mark.parametrize("name", ["sink.sh", "sink.py"])
def test_the_readme_shows_the_examples(name):
    text = (EXAMPLES / name).read_text()
    assert f"\n{text}```\n" in (ROOT / "plugins" / "exec" / "README.md").read_text()
    code = [line for line in text.splitlines() if not line.startswith(("#", '"""'))]
    assert len([line for line in code if line]) <= 11


def test_the_example_in_shell(start, https_server):
    settings = f"env.URL = {https_server.url}/affiliates\nenv.CURL_CA_BUNDLE = {https_server.ca_file}"
    bus = start(section(EXAMPLES / "sink.sh", settings))
    hostile = event(1, email="$HOME`id`'{a}|c&d*~#!%s@example.com", link="https://myapp.link/$HOME/*/\u202e;'&?a=b%20c")
    ids = bus.emit(SPEC_CREATED, SPEC_DEACTIVATED, hostile)
    bus.wait_for("program", delivered=3)
    bodies = [request.body for request in https_server.requests]
    assert [id_of(body) for body in bodies] == [request.headers["webhook-id"] for request in https_server.requests]
    assert sorted(map(id_of, bodies)) == sorted(ids) and canonical(SPEC_CREATED) in bodies
    assert {request.headers["content-type"] for request in https_server.requests} == {"application/json"}

    https_server.answer = lambda request: 503
    (late,) = bus.emit(event(2))
    found = tried(bus, late)
    assert found.startswith("it ended with exit status 75 (try again later): curl: (22) ") and "503" in found

    count = len(https_server.requests)
    (result,) = ask(bus, "--test", "program")["results"]
    assert result["verdict"] == "DELIVERED" and re.fullmatch("would POST evt_test_[0-9a-f]{27}", result["what"])
    assert len(https_server.requests) == count


def rows(database):
    with sqlite3.connect(database) as connection:
        return connection.execute("SELECT id, event FROM events ORDER BY rowid").fetchall()


def test_the_example_in_python(start, tmp_path):
    database = tmp_path / "events.db"
    bus = start(section(EXAMPLES / "sink.py", f"mode = stream\nbatch = 100\nenv.DATABASE = {database}"))
    people = [event(n, email=f"\u7528\u6237{n}@example.com") for n in range(300)]
    ids = bus.emit(SPEC_CREATED, SPEC_DEACTIVATED, *people)
    bus.wait_for("program", delivered=302)
    assert sorted(row[0] for row in rows(database)) == sorted(ids)
    assert (id_of(canonical(SPEC_CREATED)), canonical(SPEC_CREATED).decode()) in rows(database)
    assert all(id_of(text.encode()) == number for number, text in rows(database))

    before = bus.delivery(ids[2], "program")["at"]
    done = bus.command("replay", "--sink", "program", "--event", ids[2], "--yes")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: bus.delivery(ids[2], "program")["at"] not in (None, before), "it was sent again")
    (result,) = ask(bus, "--test", "program")["results"]
    assert result["verdict"] == "DELIVERED"
    assert len(rows(database)) == 302

    lock = sqlite3.connect(database, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    (late,) = bus.emit(event(400))
    assert tried(bus, late) == "database is locked"
    lock.close()


def test_render_shows_the_lines(tmp_path):
    answer = ask(Bus(tmp_path, section("/bin/cat", "batch = 2\nmode = stream")), "--render", "program",
                     events=[SPEC_CREATED, SPEC_DEACTIVATED])
    (message,) = answer["messages"]
    bodies = [canonical(SPEC_CREATED), canonical(SPEC_DEACTIVATED)]
    assert message["text"] == "".join(f"{id_of(body)}\t1\treal\t{body.decode()}\n" for body in bodies)
    assert not (tmp_path / "state").exists()


# ---- What follows from what it says ----


def test_exit_statuses_in_the_bus(start, script, tmp_path):
    program = script('read -r id attempt kind event; exit "$(cat status)"')
    (tmp_path / "status").write_text("65")
    bus = start(section(program, f"directory = {tmp_path}"))
    (refused,) = bus.emit(event(1))
    bus.wait_for("program", dead=1)
    assert bus.delivery(refused, "program")["what"] == "it ended with exit status 65 (the event is not acceptable)"
    (tmp_path / "status").write_text("69")
    bus.emit(event(2))
    bus.wait_for("program", state="held", dead=1, pending=1)
    (tmp_path / "status").write_text("0")
    bus.wait_for("program", state="open", delivered=1, pending=0)


def test_a_setting_that_is_wrong_holds_the_sink(start, script):
    program = script('while read -r id attempt kind event; do echo "$id misset no such table"; done')
    bus = start(section(program, "mode = stream\nbatch = 10"))
    bus.emit(event(1), event(2))
    sink = bus.wait_for("program", state="held", pending=2, in_flight=0)
    assert "no such table" in str(sink)


def test_a_program_that_is_not_there(start, tmp_path):
    bus = start(section(tmp_path / "missing"))
    bus.emit(event(1))
    wait_until(lambda: f"cannot start {tmp_path}/missing: No such file or directory" in bus.log(), "it is said")
    assert bus.sink("program")["pending"] == 1
    (tmp_path / "missing").write_text("#!/bin/sh\ncat >/dev/null\n")
    (tmp_path / "missing").chmod(0o755)
    bus.command("resume", "program")
    bus.wait_for("program", delivered=1)


def test_secrets_and_control_characters_do_not_get_out(start, script, tmp_path):
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "token").chmod(0o600)
    program = script('cat >/dev/null; printf "it is %s \\033[31m\\001\\377 affiliate@example.com\\n" "$TOKEN" >&2; exit 65')
    bus = start(section(program, f"secret.TOKEN = file:{tmp_path}/token"))
    (number,) = bus.emit(SPEC_CREATED)
    bus.wait_for("program", dead=1)
    what = bus.delivery(number, "program")["what"]
    assert "it is \u2022\u2022\u2022\u2022 " in what and "affiliate@example.com" not in what
    log = bus.log()
    assert "printed: it is \u2022\u2022\u2022\u2022" in log
    for text in (what, log):
        assert SECRET not in text and not re.search("[\x00-\x08\x0b-\x1f]", text)
    shown = bus.command("config", "show", "program", "-c", str(bus.config)).stdout
    assert "secret.TOKEN" in shown and SECRET not in shown


def test_a_secret_is_hidden_where_its_middle_is_cut_off(start, script, tmp_path):
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "token").chmod(0o600)
    filler = "z" * 65  # 80 bytes of a word are shown
    program = script(f'while read -r id rest; do echo "$id {filler}$TOKEN"; done')
    bus = start(section(program, f"mode = stream\nretry = none\nsecret.TOKEN = file:{tmp_path}/token"))
    (number,) = bus.emit(event(1))
    bus.wait_for("program", dead=1)
    what = bus.delivery(number, "program")["what"]
    assert what.endswith(f"{filler}\u2022\u2022\u2022\u2022")
    assert SECRET[:4] not in what and SECRET[:4] not in bus.log()


# ---- Nothing stays behind ----

# It leaves a process in its group, and one in a session of its own; all write down who they are.
LEAVING = """
sleep 1000 &
echo $! >>near
setsid sleep 1000 &
echo $! >>far
echo $$ >>pids
"""


def leaving(script, tmp_path, mode):
    answer = 'echo "$id ok"' if mode == "stream" else "exec sleep 1000"
    program = script(f"{LEAVING}while read -r id attempt kind event; do {answer}; done; exec sleep 1000")
    return section(program, f"mode = {mode}\ndirectory = {tmp_path}\ntimeout = 1h")


@pytest.mark.parametrize("mode", ["once", "stream"])
def test_it_ends_with_its_host(start, script, tmp_path, mode):
    bus = start(leaving(script, tmp_path, mode))
    bus.emit(event(1))
    near, far, first = [pids_in(tmp_path / name) for name in ("near", "far", "pids")]
    if mode == "stream":
        bus.wait_for("program", delivered=1)
    (host,) = bus.hosts()
    os.kill(host, signal.SIGKILL)
    wait_until_gone(near + first)
    for pid in far:  # out of reach, as the README says
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("mode", ["once", "stream"])
def test_it_ends_with_the_bus(start, script, tmp_path, mode):
    bus = start(leaving(script, tmp_path, mode))
    bus.emit(event(1))
    near, far, first = [pids_in(tmp_path / name) for name in ("near", "far", "pids")]
    if mode == "stream":
        bus.wait_for("program", delivered=1)
    bus.kill()
    wait_until_gone(first)
    for pid in near + far:
        os.kill(pid, signal.SIGKILL)


def test_a_tidy_stop_ends_all(start, script, tmp_path):
    bus = start(leaving(script, tmp_path, "stream"))
    bus.emit(event(1))
    bus.wait_for("program", delivered=1)
    everybody = [pid for name in ("near", "far", "pids") for pid in pids_in(tmp_path / name)]
    assert all(is_running(pid) for pid in everybody)
    assert bus.stop() == 0
    assert not any(is_running(pid) for pid in everybody)


def test_a_deadline_ends_all_and_not_the_host(start, script, tmp_path):
    bus = start(leaving(script, tmp_path, "once").replace("timeout = 1h", "timeout = 1s"))
    bus.wait_for_log('msg="sink open"')
    hosts = bus.hosts()
    (number,) = bus.emit(event(1))
    found = tried(bus, number)
    assert found.startswith("it was not done in time; it was ended, and all that it had started")
    everybody = [pid for name in ("near", "far", "pids") for pid in pids_in(tmp_path / name)]
    assert len(everybody) >= 3 and not any(is_running(pid) for pid in everybody)
    assert bus.hosts() == hosts and children_of(hosts[0]) == []


def test_a_signal_to_its_group_ends_it_alone(start, script):
    """A trap with `kill 0` is common in scripts."""
    program = script("trap 'trap - TERM; kill -TERM 0' EXIT; cat >/dev/null")
    bus = start(section(program))
    bus.wait_for_log('msg="sink open"')
    hosts = bus.hosts()
    (number,) = bus.emit(event(1))
    found = tried(bus, number)
    assert found == "it was ended by signal 15 (Terminated)"
    assert bus.hosts() == hosts


@pytest.mark.parametrize("mode", ["once", "stream"])
def test_many_events_leave_no_descriptor_and_no_process(start, script, mode):
    answering = "exec sed -u 's/\\t.*/ ok/'"
    count = 1000 if mode == "stream" else 200  # each is a process of its own; the unit test has a thousand
    bus = start(section(script(answering if mode == "stream" else "cat >/dev/null"), f"mode = {mode}"))
    bus.emit(event(0))
    bus.wait_for("program", delivered=1)
    (host,) = bus.hosts()
    before = sorted(os.listdir(f"/proc/{host}/fd"))
    bus.emit(*[event(n) for n in range(1, count + 1)])
    bus.wait_for("program", delivered=count + 1)
    assert bus.hosts() == [host]
    wait_until(lambda: len(children_of(host)) == (mode == "stream"), "no process is left")
    assert sorted(os.listdir(f"/proc/{host}/fd")) == before


def test_a_trial_has_a_process_of_its_own(start, script, tmp_path):
    program = script('echo $$ >>pids; while read -r id attempt kind event; do echo "$id ok $kind"; done')
    bus = start(section(program, f"mode = stream\ndirectory = {tmp_path}"))
    bus.emit(event(1))
    bus.wait_for("program", delivered=1)
    (result,) = ask(bus, "--test", "program")["results"]
    assert result["items"][0]["what"] == "test"
    live, trial = pids_in(tmp_path / "pids")
    assert is_running(live) and not is_running(trial)
