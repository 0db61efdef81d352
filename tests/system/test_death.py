"""Plugins that abort, hang or close their socket: only their own sink notices, and only the guilty event pays."""

import os
import signal
import threading
import time

import pytest

from harness import event, wait_until

POISON = "poison@example.com"


def sinks(tmp_path, kind, extra=""):
    return f"""
[sink:bad]
plugin = fixture_misfit
does = {kind}
path = {tmp_path}/bad
poison = {POISON}
{extra}
[sink:good]
plugin = csv
path = {tmp_path}/good.csv
"""


def delivered_ids(path):
    return path.read_text().split() if path.exists() else []


@pytest.mark.parametrize("kind", ["abort", "close_socket"])
def test_the_third_death_alone_makes_a_dead_letter(start, tmp_path, kind):
    bus = start(sinks(tmp_path, kind, "batch = 10"))
    bus.wait_for("bad", state="open")
    first_host = set(bus.hosts())
    innocent = [event(number) for number in range(20)]
    ids = bus.emit(*innocent[:7], event(0, email=POISON), *innocent[7:])
    bus.wait_for("good", delivered=21, dead=0)
    sink = bus.wait_for("bad", delivered=20, dead=1, pending=0)

    guilty = ids.pop(7)
    assert sorted(set(delivered_ids(tmp_path / "bad")) - {guilty}) == sorted(ids)
    delivery = bus.delivery(guilty, "bad")
    assert delivery["state"] == "dead" and delivery["verdict"] is None
    assert delivery["what"].startswith("the plugin's process died 3 times with this event alone in flight: "
    )
    assert ("closed descriptors that belong to affnotify-host" if kind == "close_socket" else "signal 6 (Aborted)") in delivery["what"]
    assert sink["error"] == delivery["what"] and sink["remedy"]
    # Once with others in flight, three times alone; the other sink's host is the one it always was.
    assert bus.log().count('msg="host ended" sink=bad') == 4
    assert bus.log().count('msg="host ended" sink=good') == 0
    assert len(first_host & set(bus.hosts())) == 1


def test_the_count_of_deaths_outlives_the_bus(start, tmp_path):
    bus = start(sinks(tmp_path, "abort"))
    bus.wait_for("bad", state="open")
    (guilty,) = bus.emit(event(0, email=POISON))
    bus.wait_for_log('msg="host ended" sink=bad', 2)
    wait_until(lambda: bus.sink("bad")["in_flight"] == 0, "nothing is in flight")
    bus.kill()
    bus.start()
    bus.wait_for("bad", dead=1)
    assert bus.log().count('msg="host ended" sink=bad') == 3
    assert bus.delivery(guilty, "bad")["state"] == "dead"


def test_a_plugin_that_never_returns_is_killed(start, tmp_path):
    bus = start(sinks(tmp_path, "hang", "batch = 10\ntimeout = 300ms"))
    bus.wait_for("bad", state="open")
    ids = bus.emit(*[event(number) for number in range(5)], event(0, email=POISON), event(6))
    bus.wait_for("good", delivered=7)
    sink = bus.wait_for("bad", delivered=6, dead=1, pending=0)
    delivery = bus.delivery(ids[5], "bad")
    assert (delivery["state"], delivery["verdict"]) == ("dead", "RETRY")
    assert "no answer within its timeout of 300 ms" in delivery["what"] and "timeout" in sink["remedy"]
    assert set(delivered_ids(tmp_path / "bad")) == set(ids) - {ids[5]}
    assert bus.log().count('msg="host ended" sink=good') == 0


def test_events_behind_the_guilty_one_keep_their_order(start, tmp_path):
    """Later events of the affiliate that kills the host wait for its dead letter, then go out in order."""
    bus = start(sinks(tmp_path, "abort"))
    ids = bus.emit(event(0, email=POISON), event(1, email="after@example.com"), event(2, email="after@example.com"))
    bus.wait_for("bad", delivered=2, dead=1, pending=0)
    assert list(dict.fromkeys(delivered_ids(tmp_path / "bad"))) == ids[1:]


def test_what_arrives_after_a_death_is_not_stuck(start, tmp_path, https_server):
    """The next event of an affiliate comes while the first one waits to go alone."""
    gate = threading.Event()
    https_server.answer = lambda request: (gate.wait(30), 204)[1]
    bus = start(f"[sink:backend]\nplugin = webhook\nurl = {https_server.url}/\n"
                f"ca_file = {https_server.ca_file}\ntimeout = 60s\n")
    bus.wait_for("backend", state="open")
    bus.emit(event(1))
    https_server.wait_for(1)
    (host,) = bus.hosts()
    os.kill(host, signal.SIGKILL)
    https_server.wait_for(2)  # it goes alone
    bus.emit(event(1, "affiliate.deactivated"), event(1, link="https://myapp.link/later"))
    gate.set()
    bus.wait_for("backend", delivered=3, pending=0, dead=0)
    assert "killed by signal 9" in bus.log()


def test_a_bus_that_was_frozen_blames_nobody(start, tmp_path, https_server):
    https_server.answer = lambda request: 204
    bus = start(f"[sink:backend]\nplugin = webhook\nurl = {https_server.url}/\n"
                f"ca_file = {https_server.ca_file}\ntimeout = 2s\n")
    bus.wait_for("backend", state="open")
    for number in range(2):
        bus.emit(event(number))
        https_server.wait_for(number + 1)
        bus.process.send_signal(signal.SIGSTOP)
        time.sleep(7)  # longer than the time-out, its grace, and the same grace for the bus itself
        bus.process.send_signal(signal.SIGCONT)
    bus.wait_for("backend", delivered=2, dead=0, pending=0)
    assert len(https_server.requests) == 2
