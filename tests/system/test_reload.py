"""affnotify reload and SIGHUP: what changes and what goes on, on the real programs."""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import threading

import pytest

from harness import Connection, event, rows, wait_until, webhook_section
from journal_file import waiting
from obey import Obey

CHANGED_WHILE_CHECKED = "changed while it was checked, 3 times in a row, so nothing was done"


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


@pytest.fixture
def closed(https_server):
    """A server that answers no request while `open` is clear; see in_flight."""
    https_server.open = threading.Event()
    https_server.open.set()
    https_server.answer = lambda request: 200 if https_server.open.wait(60) else 500
    yield https_server
    https_server.open.set()


def in_flight(bus, server, *events):
    """Hands events in that stay in flight; one was delivered before, for a sink begins with one."""
    bus.emit(event(99))
    wait_until(lambda: bus.sink("backend")["delivered"] == 1, "the first is delivered")
    server.open.clear()
    ids = bus.emit(*events)
    server.wait_for(1 + len(events))
    return ids


def csv(folder, name, *settings):
    return "\n".join([f"[sink:{name}]", "plugin = csv", f"path = {folder}/{name}.csv", *settings]) + "\n"


def reload(bus):
    """The answer, once the new configuration is in force: {name: (change, state)}, in its order."""
    answer = bus.ask({"command": "reload"})
    assert answer["ok"], answer
    return {sink["name"]: (sink["change"], sink["state"]) for sink in answer["sinks"]}


def begin(bus):
    """A reload that is not answered yet."""
    connection = bus.connect()
    connection.send({"command": "reload"})
    return connection


def printed(bus, *arguments, code=0, errors=""):
    done = bus.command("reload", *arguments)
    assert (done.returncode, done.stderr) == (code, errors), done
    return done.stdout


def log_line(bus, *texts):
    """The first line of the log that has them all; fails when there is none."""
    return next(line for line in bus.log().splitlines() if all(text in line for text in texts))


def host_of(bus, name):
    """The process that the sink's log line says it is in."""
    opened = [line for line in bus.log().splitlines() if f'msg="sink open" sink={name} ' in line]
    return int(opened[-1].rpartition("host=")[2])


# ---- What is said ----


def test_a_line_for_each_sink(start, tmp_path):
    bus = start(csv(tmp_path, "kept") + csv(tmp_path, "turned") + csv(tmp_path, "gone"))
    bus.wait_for("kept", state="open")
    bus.wait_for("turned", state="open")
    bus.configure(csv(tmp_path, "fresh") + csv(tmp_path, "turned", "batch = 7") + csv(tmp_path, "kept"))
    assert printed(bus) == (
        "SINK    CHANGE     STATE\n"
        "fresh   added      open\n"
        "turned  changed    open\n"
        "kept    unchanged  open\n"
        "gone    removed    removed\n")
    assert [sink["name"] for sink in bus.ask({"command": "status"})["sinks"]] == ["fresh", "turned", "kept"]
    answer = json.loads(printed(bus, "--json"))
    assert answer == {"ok": True, "door": None, "mistakes": [], "sinks": [
        {"name": name, "change": "unchanged", "state": "open", "what": None, "remedy": None}
        for name in ("fresh", "turned", "kept")]}
    bus.configure("")
    text = printed(bus)
    assert "fresh   removed  removed\n" in text and "(warning)\n0 mistakes, 1 warning\n\n" in text


def test_what_did_not_open_is_told(start, tmp_path):
    """It is in force all the same: exit code 0."""
    bus = start(csv(tmp_path, "crm"))
    bus.wait_for("crm", state="open")
    bus.configure(csv(tmp_path / "nowhere", "crm") + csv(tmp_path, "off", "enabled = no"))
    text = printed(bus)
    crm = bus.sink("crm")
    assert crm["state"] == "opening" and crm["error"].startswith(f"{tmp_path}/nowhere/crm.csv")
    assert text == (f"SINK  CHANGE   STATE\n"
                    f"crm   changed  opening\n"
                    f"    {crm['error']}\n"
                    f"    what to do: {crm['remedy']}\n"
                    f"off   added    stopped\n"
                    f"    enabled = no\n"
                    f"    what to do: set `enabled = yes`, then `affnotify reload`\n")
    bus.configure(csv(tmp_path, "crm") + csv(tmp_path, "off", "enabled = yes"))
    assert reload(bus) == {"crm": ("changed", "open"), "off": ("changed", "open")}
    bus.configure(csv(tmp_path, "crm", "enabled = no") + csv(tmp_path, "off", "enabled = yes"))
    assert reload(bus) == {"crm": ("changed", "stopped"), "off": ("unchanged", "open")}
    assert reload(bus) == {"crm": ("unchanged", "stopped"), "off": ("unchanged", "open")}
    bus.emit(event(1))
    bus.configure(csv(tmp_path, "crm") + csv(tmp_path, "off", "enabled = yes"))
    assert reload(bus)["crm"] == ("changed", "open")
    bus.wait_for("crm", delivered=1, pending=0)


def test_mistakes_change_nothing(start, tmp_path, far):
    """Deliveries go on in the same processes, and every mistake is told."""
    sinks = far.section() + csv(tmp_path, "crm")
    bus = start(sinks)
    bus.wait_for("far", state="open")
    bus.wait_for("crm", state="open")
    hosts = sorted(bus.hosts())
    (first,) = bus.emit(event(1))
    bus.configure("publishers = root\n" + far.section("batch = 0") + csv(tmp_path, "new", "pth = x") +
                  "[sink:none]\nplugin = nonsuch\n" + csv(tmp_path, "fine"))
    text = bus.config.read_text().replace(f"state = {bus.state}", "state = /elsewhere")
    bus.config.write_text(text)
    number = {key: index + 1 for index, line in enumerate(text.splitlines()) for key in [line.split(" =")[0]]}
    told = printed(bus, code=1, errors=f"affnotify reload: config: {bus.config} has 5 mistakes, so nothing was changed\n")
    lines = told.splitlines()
    fixed = "and cannot change that while it runs; restart affnotifyd"
    assert lines[0] == f"{bus.config}:2: [bus] state: affnotifyd runs with {bus.state} {fixed}"
    assert lines[1] == f"{bus.config}:{number['publishers']}: [bus] publishers: affnotifyd runs without it {fixed}"
    assert lines[2].startswith(f"{bus.config}:{number['batch']}: [sink:far] batch: ")
    assert lines[3] == f"{bus.config}:{number['pth']}: [sink:new] pth: unknown key; did you mean `path`?"
    assert lines[4].startswith(f"{bus.config}:{number['[sink:none]'] + 1}: [sink:none] plugin: no plugin has this name")
    assert lines[5:] == ["5 mistakes, 0 warnings"]
    (second,) = bus.emit(event(2))
    bus.wait_for("far", delivered=2, state="open")
    bus.wait_for("crm", delivered=2, state="open")
    assert sorted(bus.hosts()) == hosts and far.ids() == [first, second]
    assert [sink["name"] for sink in bus.ask({"command": "status"})["sinks"]] == ["far", "crm"]
    bus.configure(sinks)
    assert reload(bus) == {"far": ("unchanged", "open"), "crm": ("unchanged", "open")}


def test_a_file_that_cannot_be_read(start, tmp_path):
    bus = start(csv(tmp_path, "crm"))
    bus.wait_for("crm", state="open")
    bus.config.rename(tmp_path / "away")
    told = printed(bus, code=1, errors=f"affnotify reload: config: {bus.config} has 1 mistake, so nothing was changed\n")
    assert told == f"{bus.config}: cannot be read: No such file or directory\n1 mistake, 0 warnings\n"
    assert bus.sink("crm")["state"] == "open"
    (tmp_path / "away").rename(bus.config)


def test_its_own_file_only(start, tmp_path):
    bus = start(csv(tmp_path, "crm"))
    assert printed(bus, "-c", str(bus.config)).startswith("SINK  CHANGE     STATE\ncrm   ")
    other = tmp_path / "other.ini"
    other.write_text(bus.config.read_text())
    assert printed(bus, "-c", str(other), code=1,
                   errors=f"affnotify reload: config: this bus runs with {bus.config}\n") == ""
    other.write_text(f"[bus]\nsocket = {bus.socket}\nnonsense\n")
    assert printed(bus, "-c", str(other), code=1,
                   errors=f"affnotify reload: config: this bus runs with {bus.config}\n") == ""


# ---- Mended ----


def test_a_mended_section_is_what_reload_is_for(start, tmp_path):
    bus = start(csv(tmp_path, "crm", "bach = 3") + csv(tmp_path, "other"))
    stopped = bus.wait_for("crm", state="stopped")
    assert stopped["remedy"] == "mend it, then `affnotify reload`; its events wait until then"
    bus.wait_for("other", state="open")
    bus.emit(event(1), event(2))
    bus.configure(csv(tmp_path, "crm", "batch = 3") + csv(tmp_path, "other"))
    assert reload(bus) == {"crm": ("changed", "open"), "other": ("unchanged", "open")}
    bus.wait_for("crm", delivered=2, pending=0)


def test_mended_beside_its_section(start, tmp_path):
    """A secret's file that was not there, and a plugin: the section is the same as before."""
    secret = tmp_path / "secret"
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    section = f"[sink:late]\nplugin = fixture_verdict\npassword = file:{secret}\n"
    bus = start(section + f"[sink:absent]\nplugin = {plugins}/mine.so\n")
    bus.wait_for("late", state="stopped")
    bus.wait_for("absent", state="stopped")
    bus.emit(event(1))
    secret.write_text("open sesame\n")
    fixture = pathlib.Path(os.environ["AFFN_BUILD"]).resolve() / "fixtures" / "fixture_verdict.so"
    shutil.copy(fixture, plugins / "mine.so")
    assert reload(bus) == {"late": ("changed", "open"), "absent": ("changed", "open")}
    bus.wait_for("late", delivered=1)
    bus.wait_for("absent", delivered=1)
    assert reload(bus) == {"late": ("unchanged", "open"), "absent": ("unchanged", "open")}


def test_a_rotated_secret(start, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("first\n")
    bus = start(f"[sink:one]\nplugin = fixture_verdict\npassword = file:{secret}\n" + csv(tmp_path, "crm"))
    bus.wait_for("one", state="open")
    bus.wait_for("crm", state="open")
    assert reload(bus) == {"one": ("unchanged", "open"), "crm": ("unchanged", "open")}
    secret.write_text("second\n")
    assert reload(bus) == {"one": ("changed", "open"), "crm": ("unchanged", "open")}
    assert reload(bus) == {"one": ("unchanged", "open"), "crm": ("unchanged", "open")}


@pytest.mark.parametrize("how", [shutil.copy, os.rename])
def test_a_new_build_of_a_plugin(start, tmp_path, how):
    fixture = pathlib.Path(os.environ["AFFN_BUILD"]).resolve() / "fixtures" / "fixture_verdict.so"
    mine = tmp_path / "mine.so"
    shutil.copy(fixture, mine)
    bus = start(f"[sink:one]\nplugin = {mine}\nenabled = no\n[sink:two]\nplugin = fixture_verdict\n")
    bus.wait_for("two", state="open")
    bus.configure(f"[sink:one]\nplugin = {mine}\n[sink:two]\nplugin = fixture_verdict\n")
    assert reload(bus) == {"one": ("changed", "open"), "two": ("unchanged", "open")}
    assert reload(bus) == {"one": ("unchanged", "open"), "two": ("unchanged", "open")}
    build = tmp_path / "build.so"
    shutil.copy(fixture, build)
    if how is shutil.copy:
        mine.unlink()  # written into, it would take the running host down: that is another story
    how(build, mine)
    assert reload(bus) == {"one": ("changed", "open"), "two": ("unchanged", "open")}
    assert reload(bus) == {"one": ("unchanged", "open"), "two": ("unchanged", "open")}


def test_keys_of_bus_that_take_effect(start, tmp_path):
    """`plugins`: a file that is found earlier now is another one."""
    fixture = pathlib.Path(os.environ["AFFN_BUILD"]).resolve() / "fixtures" / "fixture_verdict.so"
    first = tmp_path / "first"
    first.mkdir()
    shutil.copy(fixture, first)
    sinks = "[sink:one]\nplugin = fixture_verdict\n" + csv(tmp_path, "crm")
    bus = start(sinks, "retain = 30d")
    bus.wait_for("one", state="open")
    bus.wait_for("crm", state="open")
    bus.config.write_text(bus.config.read_text().replace("plugins = ", f"plugins = {first}, ", 1)
                          .replace("retain = 30d", "retain = 2d\nretain_dead = 9d\njournal_max = 1g"))
    assert reload(bus) == {"one": ("changed", "open"), "crm": ("unchanged", "open")}


# ---- What is unchanged ----


def test_unchanged_sinks_keep_process_and_connection(start, tmp_path, https_server):
    backend = webhook_section(https_server, "timeout = 9s\nretry = 1s")
    bus = start(backend + csv(tmp_path, "crm"))
    bus.emit(event(1))
    bus.wait_for("backend", delivered=1)
    bus.wait_for("crm", delivered=1)
    pid = host_of(bus, "backend")
    lines = backend.strip().splitlines()
    moved = "\n".join(["", "; moved", lines[0], *reversed(lines[1:])]) + "\n"
    for number in range(3):
        bus.configure(csv(tmp_path, "crm", f"batch = {number + 1}") + "; x\n" * number + moved)
        assert reload(bus) == {"crm": ("changed", "open"), "backend": ("unchanged", "open")}
        bus.emit(event(number + 2))
        bus.wait_for("backend", delivered=number + 2)
    assert pid in bus.hosts() and host_of(bus, "backend") == pid
    assert https_server.connections == 1 and len(https_server.requests) == 4
    bus.wait_for("crm", delivered=4)
    assert len(rows(tmp_path)) == 5


def test_places_move_with_the_lines(start, tmp_path, https_server):
    """A remedy names the line where the key stands now."""
    https_server.answer = lambda request: 401
    backend = webhook_section(https_server, "retry = 1h")
    bus = start(backend)
    bus.emit(event(1))
    held = bus.wait_for("backend", state="held", needs_somebody=True)
    line = bus.config.read_text().splitlines().index("[sink:backend]") + 1
    assert f" at {bus.config}:{line}" in held["remedy"] or f"{bus.config}:" in held["remedy"]
    bus.configure("; one\n; two\n; three\n" + backend)
    assert reload(bus) == {"backend": ("unchanged", "held")}
    after = bus.sink("backend")
    before = int(held["remedy"].partition(f"{bus.config}:")[2].partition(",")[0])
    assert int(after["remedy"].partition(f"{bus.config}:")[2].partition(",")[0]) == before + 3
    assert after["until"] and len(https_server.requests) == 1


def test_what_is_in_flight_elsewhere_goes_on(start, tmp_path, closed):
    """An unchanged sink does not wait for a reload, nor a reload for it."""
    bus = start(webhook_section(closed) + csv(tmp_path, "crm"))
    in_flight(bus, closed, event(1))
    bus.configure(webhook_section(closed) + csv(tmp_path, "crm", "batch = 3"))
    assert reload(bus) == {"backend": ("unchanged", "open"), "crm": ("changed", "open")}
    assert bus.sink("backend")["in_flight"] == 1
    closed.open.set()
    bus.wait_for("backend", delivered=2)
    assert len(closed.requests) == 2


# ---- What is in flight ----


def test_what_is_in_flight_is_finished(start, closed):
    """Its outcome is committed before the sink begins anew: it is sent once."""
    bus = start(webhook_section(closed))
    ids = in_flight(bus, closed, event(1), event(2))
    bus.configure(webhook_section(closed, "rate = 1000/s"))
    asking = begin(bus)
    bus.wait_for("backend", state="stopping")
    ids += bus.emit(event(3))
    closed.open.set()
    assert asking.receive()["sinks"][0]["change"] == "changed"
    bus.wait_for("backend", delivered=4, state="open")
    assert len(closed.requests) == 4
    assert [bus.delivery(id, "backend")["attempts"] for id in ids] == [1, 1, 1]
    asking.close()


def test_what_takes_too_long_goes_out_again(start, closed):
    bus = start(webhook_section(closed, "timeout = 50s"))
    in_flight(bus, closed, event(1))
    bus.configure(webhook_section(closed, "timeout = 40s"))
    asking = begin(bus)
    closed.wait_for(3)  # after five seconds
    assert "did not end within 5 s" in log_line(bus, 'msg="host ended"', "sink=backend")
    closed.open.set()
    assert asking.receive()["sinks"][0]["state"] == "open"
    bus.wait_for("backend", delivered=2, dead=0, pending=0)
    asking.close()


def test_removed_while_in_flight(start, tmp_path, closed):
    bus = start(webhook_section(closed, "concurrency = 1") + csv(tmp_path, "crm"))
    in_flight(bus, closed, event(1))
    bus.emit(*[event(number) for number in range(2, 9)])
    bus.configure(csv(tmp_path, "crm"))
    asking = begin(bus)
    bus.wait_for("backend", state="stopping")
    closed.open.set()
    answer = asking.receive()
    removed = answer["sinks"][1]
    gone = bus.sink("backend")
    left = gone["pending"]
    assert gone["state"] == "removed" and gone["delivered"] + left == 9 == len(closed.requests) + left
    assert removed == {"name": "backend", "change": "removed", "state": "removed",
                       "what": f"{left} pending event{'s are' if left != 1 else ' is'} kept" if left else None,
                       "remedy": gone["remedy"] if left else None}
    bus.configure(csv(tmp_path, "crm") + webhook_section(closed, "concurrency = 1"))
    assert reload(bus) == {"crm": ("unchanged", "open"), "backend": ("added", "open")}
    bus.wait_for("backend", delivered=9, pending=0)
    assert len(closed.requests) == 9
    asking.close()


def test_a_host_that_dies_on_its_way_out(start, closed):
    bus = start(webhook_section(closed, "timeout = 50s"))
    in_flight(bus, closed, event(1))
    bus.configure(webhook_section(closed, "timeout = 40s"))
    asking = begin(bus)
    bus.wait_for("backend", state="stopping")
    os.kill(host_of(bus, "backend"), signal.SIGKILL)
    closed.open.set()
    assert asking.receive()["sinks"][0]["state"] == "open"
    bus.wait_for("backend", delivered=2, dead=0, pending=0)
    assert bus.delivery(bus.ask({"command": "events"})["events"][0]["id"], "backend")["attempts"] == 1
    asking.close()


def test_under_load(start, tmp_path, https_server):
    """Nothing is lost, and nothing is doubled: each host has its time to finish."""
    def sinks(number):
        return (webhook_section(https_server, f"rate = {50000 + number}/s") +
                csv(tmp_path, "crm", f"batch = {number + 10}") + csv(tmp_path, "kept"))

    bus = start(sinks(0))
    bus.wait_for("kept", state="open")
    kept = host_of(bus, "kept")
    ids, stop = [], threading.Event()

    def load():
        connection, number = Connection(bus.socket), 0
        while not stop.is_set():
            connection.send(*[event(number + i) for i in range(50)])
            ids.extend(connection.receive()["id"] for _ in range(50))
            number += 50
        connection.close()

    thread = threading.Thread(target=load)
    thread.start()
    for number in range(1, 6):
        bus.configure(sinks(number))
        assert reload(bus) == {"backend": ("changed", "open"), "crm": ("changed", "open"),
                               "kept": ("unchanged", "open")}
    stop.set()
    thread.join()
    for name in ("backend", "crm", "kept"):
        bus.wait_for(name, delivered=len(ids), pending=0, dead=0)
    assert sorted(request.headers["webhook-id"] for request in https_server.requests) == sorted(ids)
    for name in ("crm", "kept"):
        assert len((tmp_path / f"{name}.csv").read_text().splitlines()) == len(ids) + 1
    assert host_of(bus, "kept") == kept


# ---- Order and retries ----


def people(*numbers):
    """`created` then `deactivated` of each."""
    return [event(number, kind) for number in numbers
            for kind in ("affiliate.created", "affiliate.deactivated")]


def all_wait(bus, count):
    return wait_until(lambda: len(waiting(bus)) == count and waiting(bus), f"{count} events wait")


def test_order_is_kept_with_retries_waiting(start, far):
    far.say("RETRY", 503)
    bus = start(far.section("retry = 1h", "batch = 1"))
    ids = bus.emit(*people(1, 2))
    wait_until(lambda: len(far.ids()) == 2, "the first of each was tried")
    all_wait(bus, 2)
    far.say("DELIVERED")
    bus.configure(far.section("retry = 1s 1s", "batch = 1"))
    assert reload(bus) == {"far": ("changed", "open")}
    ids += bus.emit(*people(3))
    wait_until(lambda: set(far.ids()) >= set(ids[4:]), "another affiliate is not kept waiting")
    delivery = bus.delivery(ids[1], "far")
    assert delivery["state"] in ("pending", "waiting") and delivery["waits_for"]["id"] == ids[0]
    assert far.ids().count(ids[0]) == 1 and ids[1] not in far.ids()


@pytest.mark.parametrize("before, after", [("none", "affiliate"), ("affiliate", "journal"), ("journal", "none")])
def test_another_order_with_retries_waiting(start, far, before, after):
    far.say("RETRY", 503)
    bus = start(far.section("retry = 3s 3s 3s", "batch = 1", f"order = {before}"))
    first, second, other = bus.emit(*people(1), event(2))
    tried = {"none": {first, second, other}, "affiliate": {first, other}, "journal": {first}}[before]
    wait_until(lambda: set(far.ids()) == tried, "those were tried that may go")
    far.say("DELIVERED")
    bus.configure(far.section("retry = 3s 3s 3s", "batch = 1", f"order = {after}"))
    assert reload(bus) == {"far": ("changed", "open")}
    (last,) = bus.emit(event(3))
    bus.wait_for("far", delivered=4, pending=0, dead=0)
    through = {id: far.ids()[::-1].index(id) for id in (first, second, other, last)}  # the last try of each
    if after != "none":
        assert through[first] > through[second]
    if after == "journal":
        assert through[first] > through[second] > through[other] > through[last]


def test_was_takes_over_in_the_same_reload(start, tmp_path, far):
    far.say("RETRY", 503)
    bus = start(far.section("retry = 1h", "batch = 1", "order = none") + csv(tmp_path, "crm"))
    ids = bus.emit(event(1), event(2))
    all_wait(bus, 2)
    assert bus.ask({"command": "hold", "sink": "far"})["ok"]
    ids += bus.emit(event(3))
    bus.wait_for("crm", delivered=3)
    new = Obey(tmp_path, "new")
    bus.configure(csv(tmp_path, "crm") + new.section("was = far", "retry = 1s"))
    answer = bus.ask({"command": "reload"})
    assert answer["sinks"] == [
        {"name": "crm", "change": "unchanged", "state": "open", "what": None, "remedy": None},
        {"name": "new", "change": "added", "state": "held", "what": "held by hand",
         "remedy": "`affnotify resume new` ends it"},
        {"name": "far", "change": "removed", "state": "removed", "what": "new goes on with what it had",
         "remedy": None}]
    assert bus.sink("new")["pending"] == 3
    assert [sink["name"] for sink in bus.ask({"command": "status"})["sinks"]] == ["crm", "new"]
    assert bus.ask({"command": "resume", "sink": "new"})["ok"]
    wait_until(lambda: new.ids() == [ids[2]], "what had not been tried goes out")
    replayed = bus.ask({"command": "trace", "id": ids[0]})["deliveries"]
    assert {each["sink"]: each["state"] for each in replayed} == {"crm": "delivered", "new": "waiting"}


def test_a_new_sink_begins_where_it_says(start, tmp_path):
    bus = start(csv(tmp_path, "crm"))
    bus.emit(event(1), event(2))
    bus.wait_for("crm", delivered=2)
    bus.configure(csv(tmp_path, "crm") + csv(tmp_path, "now") + csv(tmp_path, "all", "start = beginning"))
    assert reload(bus) == {"crm": ("unchanged", "open"), "now": ("added", "open"), "all": ("added", "open")}
    bus.emit(event(3))
    bus.wait_for("now", delivered=1, pending=0)
    bus.wait_for("all", delivered=3, pending=0)


def test_holds(start, tmp_path, https_server):
    """One by hand stays; one for our settings is over when they changed."""
    https_server.answer = lambda request: 401
    bus = start(webhook_section(https_server, "retry = 1h") + csv(tmp_path, "crm"))
    bus.emit(event(1))
    bus.wait_for("backend", state="held")
    bus.wait_for("crm", delivered=1)
    assert bus.ask({"command": "hold", "sink": "crm"})["ok"]
    https_server.answer = lambda request: 200
    bus.configure(webhook_section(https_server, "retry = 2h") + csv(tmp_path, "crm", "batch = 2"))
    assert reload(bus) == {"backend": ("changed", "open"), "crm": ("changed", "held")}
    bus.wait_for("backend", delivered=1)
    bus.emit(event(2))
    bus.wait_for("backend", delivered=2)
    crm = bus.sink("crm")
    assert (crm["state"], crm["by_hand"], crm["pending"], crm["delivered"]) == ("held", True, 1, 1)
    assert bus.ask({"command": "resume", "sink": "crm"})["ok"]
    bus.wait_for("crm", delivered=2, state="open")


# ---- One at a time ----


def test_who_asks_meanwhile_shares_the_next(start, tmp_path, closed):
    bus = start(webhook_section(closed))
    in_flight(bus, closed, event(1))
    bus.configure(webhook_section(closed, "rate = 100/s"))
    first = begin(bus)
    bus.wait_for("backend", state="stopping")
    bus.configure(webhook_section(closed, "rate = 100/s") + csv(tmp_path, "crm"))
    others = [begin(bus) for _ in range(3)]
    gone = begin(bus)
    assert bus.ask({"command": "status"})["ok"]  # they have been read by now
    gone.close()
    closed.open.set()
    assert [sink["change"] for sink in first.receive()["sinks"]] == ["changed"]
    for other in others:
        assert [(sink["name"], sink["change"]) for sink in other.receive()["sinks"]] == [
            ("backend", "unchanged"), ("crm", "added")]
    assert bus.log().count("msg=reloaded") == 2
    for connection in [first, *others]:
        connection.close()


def test_other_commands_are_told_to_wait(start, tmp_path, closed):
    bus = start(webhook_section(closed) + csv(tmp_path, "crm"))
    in_flight(bus, closed, event(1))
    bus.configure(webhook_section(closed, "rate = 100/s") + csv(tmp_path, "crm"))
    asking = begin(bus)
    bus.wait_for("backend", state="stopping")
    busy = {"ok": False, "field": "sink", "rule": "busy",
            "message": "sink: backend is being reloaded; try again when that is done"}
    assert bus.ask({"command": "skip", "sink": "backend"}) == busy
    assert bus.ask({"command": "replay", "sink": "backend"}) == busy
    assert bus.ask({"command": "replay", "sink": "crm", "to": "backend"}) == busy
    assert bus.ask({"command": "skip", "sink": "crm"})["ok"]  # it is none of the reload's
    closed.open.set()
    assert asking.receive()["ok"]
    bus.wait_for("backend", delivered=2)
    assert bus.ask({"command": "skip", "sink": "backend"})["ok"]
    asking.close()


def test_it_waits_for_a_replay(start, closed):
    """The replay waits for what is in flight; the reload for the replay."""
    bus = start(webhook_section(closed))
    in_flight(bus, closed, event(1))
    replaying = bus.connect()
    replaying.send({"command": "replay", "sink": "backend"})
    wait_until(lambda: bus.ask({"command": "skip", "sink": "backend"}).get("rule") == "busy", "the replay has begun")
    bus.configure(webhook_section(closed, "rate = 100/s"))
    asking = begin(bus)
    wait_until(lambda: "being reloaded" in bus.ask({"command": "skip", "sink": "backend"})["message"],
               "the reload waits")
    assert bus.sink("backend")["state"] == "open"
    closed.open.set()
    assert replaying.receive()["ok"]
    assert asking.receive()["sinks"][0]["change"] == "changed"
    bus.wait_for("backend", pending=0, dead=0)
    replaying.close()
    asking.close()


# ---- By signal ----


def test_by_signal(start, tmp_path):
    """The log says what the command would print."""
    bus = start(csv(tmp_path, "crm"))
    bus.wait_for("crm", state="open")
    bus.configure(csv(tmp_path, "crm", "batch = 0") + csv(tmp_path, "new"))
    bus.process.send_signal(signal.SIGHUP)
    bus.wait_for_log('msg="not reloaded"')
    assert f"{bus.config} has 1 mistake, so nothing was changed" in log_line(bus, 'msg="not reloaded"')
    log_line(bus, "error at=", "msg=configuration", "[sink:crm] batch: ")
    bus.configure(csv(tmp_path / "nowhere", "new"))
    bus.process.send_signal(signal.SIGHUP)
    bus.wait_for_log("msg=reloaded changed=2 unchanged=0")
    assert "change=added state=opening" in log_line(bus, 'warning at=', 'msg="sink reloaded" sink=new')
    assert "change=removed state=removed" in log_line(bus, 'msg="sink reloaded" sink=crm')
    assert bus.sink("new")["state"] == "opening"


def test_what_was_not_touched_is_not_told_of(start, tmp_path):
    bus = start(csv(tmp_path, "crm"))
    bus.wait_for("crm", state="open")
    assert bus.ask({"command": "hold", "sink": "crm"})["ok"]
    assert reload(bus) == {"crm": ("unchanged", "held")}
    bus.wait_for_log("msg=reloaded changed=0 unchanged=1")
    assert "sink reloaded" not in bus.log()


# ---- What is no file ----


@pytest.mark.parametrize("running", [True, False])
def test_a_secret_that_is_a_pipe(start, tmp_path, running):
    """Nobody writes into it; the bus goes on, and says so."""
    secret = tmp_path / "secret"
    section = f"[sink:new]\nplugin = fixture_verdict\npassword = file:{secret}\n"
    sentence = f"{secret} cannot be read: it is not a regular file"
    secret.write_text("sesame\n")
    bus = start(section + csv(tmp_path, "crm"))
    bus.wait_for("new", state="open")
    secret.unlink()
    os.mkfifo(secret)
    if running:  # its host ends, and the next start reads the secret
        os.kill(host_of(bus, "new"), signal.SIGKILL)
    else:
        bus.stop()
        bus.start()
    bus.wait_for_log(sentence)
    assert sentence in bus.wait_for("new", state="held" if running else "stopped")["error"]
    assert bus.sink("crm")["configured"]
    answer = bus.ask({"command": "reload"})
    assert not answer["ok"] and sentence in json.dumps(answer)


def test_a_file_of_the_configuration_that_is_a_pipe(start, tmp_path):
    bus = start(csv(tmp_path, "crm"))
    folder = tmp_path / "conf.d"
    folder.mkdir()
    os.mkfifo(folder / "10.ini")
    answer = bus.ask({"command": "reload"})
    assert not answer["ok"] and f"{folder}/10.ini: cannot be read: it is not a regular file" in json.dumps(answer)
    bus.config.unlink()
    os.mkfifo(bus.config)
    answer = bus.ask({"command": "reload"})
    assert not answer["ok"] and f"{bus.config}: cannot be read: it is not a regular file" in json.dumps(answer)
    bus.wait_for("crm", state="open")


# ---- What fails meanwhile ----


def test_the_file_changes_under_the_check(start, tmp_path):
    """A plugin that reads a pipe holds the check up until the file has changed."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    bus = start(csv(tmp_path, "crm"))
    bus.wait_for("crm", state="open")
    new = f"[sink:new]\nplugin = fixture_verdict\ngate = {pipe}\n"

    seen = set()

    def new_check():
        """The process of a check that was not there before."""
        found = set()
        for pid in bus.hosts():
            try:
                if b"--check" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(pid)
            except FileNotFoundError:
                pass  # it has ended meanwhile
        new = found - seen
        seen.update(found)
        return new

    def hold_up(text):
        """Changes the file once the check has read it."""
        wait_until(new_check, "it is checked")
        with open(pipe, "w") as secret:  # opens when the other side reads
            bus.configure(text)
            secret.write("sesame\n")

    bus.configure(new)
    asking = begin(bus)
    for number in range(3):
        hold_up(new + f"rate = {number + 1}/s\n")
    answer = asking.receive()
    assert (answer["ok"], answer["rule"]) == (False, "unsteady")
    assert CHANGED_WHILE_CHECKED in answer["message"]
    assert bus.sink("crm")["state"] == "open"
    asking.send({"command": "reload"})
    hold_up(csv(tmp_path, "crm", "batch = 3"))  # and what is there then is checked and taken
    assert [(sink["name"], sink["change"]) for sink in asking.receive()["sinks"]] == [("crm", "changed")]
    asking.close()


def test_a_journal_that_is_locked(start, tmp_path):
    bus = start(csv(tmp_path, "crm"))
    bus.wait_for("crm", state="open")
    crm = host_of(bus, "crm")
    bus.configure(csv(tmp_path, "crm") + csv(tmp_path, "new"))
    database = sqlite3.connect(bus.state / "journal.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    asking = begin(bus)
    bus.wait_for_log("the reload goes on by itself once the disk has room")
    assert [sink["name"] for sink in bus.ask({"command": "status"})["sinks"]] == ["crm"]
    database.execute("ROLLBACK")
    database.close()
    assert [(sink["name"], sink["change"], sink["state"]) for sink in asking.receive()["sinks"]] == [
        ("crm", "unchanged", "open"), ("new", "added", "open")]
    assert bus.log().count("the reload goes on by itself") == 1 and host_of(bus, "crm") == crm
    bus.emit(event(1))
    bus.wait_for("new", delivered=1)
    asking.close()


def test_the_bus_is_stopped_meanwhile(start, closed):
    bus = start(webhook_section(closed))
    in_flight(bus, closed, event(1))
    bus.configure(webhook_section(closed, "rate = 100/s"))
    asking, queued = begin(bus), begin(bus)
    bus.wait_for("backend", state="stopping")
    bus.process.send_signal(signal.SIGTERM)
    for connection in (asking, queued):
        assert connection.receive() == {
            "ok": False, "field": "", "rule": "unavailable",
            "message": "affnotifyd is stopping; it reads the configuration when it starts again"}
        connection.close()
    closed.open.set()
    assert bus.stop() == 0
    bus.start()
    bus.wait_for("backend", delivered=2, state="open")
    assert len(closed.requests) == 2


@pytest.mark.parametrize("at", ["checking", "stopping", "opening"])
def test_killed_in_the_middle(start, tmp_path, closed, at):
    """The next start has the new configuration, and every event where it was."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    slow = f"[sink:slow]\nplugin = fixture_verdict\ngate = {pipe}\n"
    bus = start(webhook_section(closed, "timeout = 30s") + csv(tmp_path, "crm"))
    in_flight(bus, closed, event(1), event(2))
    new = csv(tmp_path, "crm", "batch = 3") + webhook_section(closed, "rate = 100/s").replace(
        "[sink:backend]", "[sink:other]\nwas = backend")
    bus.configure(new + (slow if at == "checking" else ""))
    asking = begin(bus)
    if at == "checking":
        with open(pipe, "w"):
            bus.kill()
        bus.configure(new)
    else:
        bus.wait_for("backend", state="stopping")
        if at == "opening":
            closed.open.set()
            bus.wait_for_log("msg=reloaded")
        bus.kill()
    closed.open.set()
    with pytest.raises(ConnectionError):
        asking.receive()
        asking.receive()
    asking.close()
    bus.start()
    bus.wait_for("other", delivered=3, pending=0, state="open")
    bus.wait_for("crm", delivered=3, pending=0)
    assert len(closed.requests) in ([3] if at == "opening" else [3, 4, 5])
