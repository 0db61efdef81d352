"""How fast events go out, and how they are gathered. Counts never exceed what is allowed; how late
they may come is not measured."""
import threading
import time

import pytest

from harness import event, wait_until, webhook_section
from https_server import response
from obey import Obey, fill

SLACK_MS = 20  # what may have come in while nothing went out, besides the first; see core/bus/bucket.h


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


def people(*numbers):
    return [event(number) for number in numbers]


def expect_rate(times_ms, since_ms, per_s):
    """No more than the rate allows in any time that begins when the events were handed in."""
    for count, at in enumerate(times_ms):
        assert at - since_ms >= count * 1000 / per_s - SLACK_MS, (count, times_ms)


def now_ms():
    return time.time() * 1000


# ---- rate ----


def test_a_rate_is_kept(start, https_server):
    times = []
    https_server.answer = lambda request: (times.append(now_ms()), 204)[1]
    bus = start(webhook_section(https_server, "rate = 5/s"))
    bus.wait_for("backend", state="open")
    since = now_ms()
    bus.emit(*people(*range(16)))
    bus.wait_for("backend", delivered=16, pending=0)
    expect_rate(times, since, 5)


def test_quiet_times_are_not_made_up_for(start, https_server):
    times = []
    https_server.answer = lambda request: (times.append(now_ms()), 204)[1]
    bus = start(webhook_section(https_server, "rate = 5/s"))
    bus.emit(event(0))
    bus.wait_for("backend", delivered=1)
    time.sleep(2)  # ten could have gone out
    since = now_ms()
    bus.emit(*people(*range(1, 9)))
    bus.wait_for("backend", delivered=9, pending=0)
    expect_rate(times[1:], since, 5)


def test_a_rate_counts_batches(start, far):
    bus = start(far.section("rate = 2/s", "batch = 10"))
    bus.wait_for("far", state="open")
    since = now_ms()
    bus.emit(*people(*range(40)))
    bus.wait_for("far", delivered=40, pending=0)
    expect_rate([at for at, _ in far.calls()], since, 2)
    assert len(far.calls()) <= 5  # the first may not have been full


def test_attempts_again_count_too(start, far):
    far.say("RETRY")
    bus = start(far.section("rate = 5/s", "retry = 100ms 100ms"))
    bus.wait_for("far", state="open")
    since = now_ms()
    bus.emit(*people(*range(4)))
    bus.wait_for("far", dead=4, pending=0)
    assert len(far.calls()) == 12
    expect_rate([at for at, _ in far.calls()], since, 5)


def test_a_rate_by_the_hour_lets_one_go(start, far):
    bus = start(far.section("rate = 1/h"))
    bus.emit(*people(*range(3)))
    bus.wait_for("far", delivered=1, pending=2, in_flight=0)
    bus.emit(event(5))
    bus.wait_for("far", delivered=1, pending=3)
    assert len(far.calls()) == 1


def test_one_sinks_rate_is_not_anothers(start, far, tmp_path):
    other = Obey(tmp_path, "other")
    bus = start(far.section("rate = 1/h") + other.section())
    bus.emit(*people(*range(200)))
    bus.wait_for("other", delivered=200, pending=0)
    bus.wait_for("far", delivered=1, pending=199)


# ---- digest ----


def test_a_digest_gathers(start, far):
    bus = start(far.section("digest = 2s", "batch = 50"))
    bus.wait_for("far", state="open")
    since = now_ms()
    ids = bus.emit(*people(*range(6)))
    ids += bus.emit(*people(*range(6, 10)))
    bus.wait_for("far", delivered=10, pending=0)
    ((at, events),) = far.calls()
    assert [id for id, _ in events] == ids
    assert at - since >= 2000 - 1


def test_a_digest_ends_when_the_batch_is_full(start, far):
    bus = start(far.section("digest = 1h", "batch = 5"))
    ids = bus.emit(*people(*range(8)))
    bus.wait_for("far", delivered=5, pending=3, in_flight=0)
    ids += bus.emit(*people(8, 9))
    bus.wait_for("far", delivered=10, pending=0)
    ids += bus.emit(*people(10))
    bus.wait_for("far", delivered=10, pending=1)
    assert [[id for id, _ in events] for _, events in far.calls()] == [ids[:5], ids[5:10]]


def test_a_digest_of_single_events_waits_for_nothing(start, far):
    bus = start(far.section("digest = 1h"))
    bus.emit(*people(*range(3)))
    bus.wait_for("far", delivered=3, pending=0)


def test_a_digest_is_not_filled_by_what_cannot_go(start, far):
    """Events that wait behind their affiliate do not make a batch full."""
    far.say(person0="RETRY")
    bus = start(far.section("digest = 1s", "batch = 3", "retry = 1h"))
    bus.emit(event(0))
    wait_until(lambda: bus.sink("far")["next"], "it waits for its next attempt")
    since = now_ms()
    bus.emit(*[event(0, link=f"https://myapp.link/{n}") for n in range(5)], event(1), event(2))
    bus.wait_for("far", delivered=2, pending=6)
    (at, events), = far.calls()[1:]
    assert len(events) == 2 and at - since >= 1000 - 1


@pytest.mark.parametrize("verdict", ["RETRY", "DOWN"])
def test_one_that_goes_again_does_not_wait_for_a_digest(start, far, verdict):
    """It was gathered once; it would be late by as much as the digest, and more than its list says."""
    far.say(person1=verdict)
    bus = start(far.section("digest = 1h", "batch = 3", "retry = 200ms 200ms 200ms 200ms 1h", "items = yes"))
    ids = bus.emit(*people(*range(3)))
    wait_until(lambda: len(far.calls()) >= 2, "it is tried again")
    far.say("DELIVERED")
    bus.wait_for("far", delivered=3, pending=0, dead=0, state="open")
    assert [[id for id, _ in events] for _, events in far.calls()][:2] == [ids, ids[1:2]]


def test_slack_gathers_one_message(start, tmp_path, https_server):
    https_server.answer = lambda request: response(200, b"ok")
    (tmp_path / "hook").write_text(f"{https_server.url}/services/T000/B000/made-up\n")
    bus = start(f"[sink:alerts]\nplugin = slack\nurl = file:{tmp_path}/hook\nexpire = 0\n"
                f"ca_file = {https_server.ca_file}\ndigest = 2s\n")
    bus.wait_for("alerts", state="open")
    bus.emit(*people(*range(7)))
    bus.wait_for("alerts", delivered=7, pending=0)
    (request,) = https_server.requests
    assert all(f"person{number}@".encode() in request.body for number in range(7))


def test_slacks_own_rate(start, tmp_path, https_server):
    times = []
    https_server.answer = lambda request: (times.append(now_ms()), response(200, b"ok"))[1]
    (tmp_path / "hook").write_text(f"{https_server.url}/services/T000/B000/made-up\n")
    sinks = (f"[sink:alerts]\nplugin = slack\nurl = file:{tmp_path}/hook\nexpire = 0\n"
             f"ca_file = {https_server.ca_file}\n")
    bus = start(sinks)
    assert bus.stop() == 0
    since = now_ms()
    fill(bus, sinks, *people(*range(70)))  # four messages
    bus.wait_for("alerts", delivered=70, pending=0)
    assert len(times) == 4
    expect_rate(times, since, 1)
