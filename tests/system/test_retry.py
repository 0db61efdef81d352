"""Attempts: how many, when, in what order, and what is known of them after a crash."""
import email.utils
import json
import threading
import time

import pytest

from harness import event, wait_until, webhook_section
from journal_file import attempts, waiting
from https_server import response
from obey import Obey, fill

LEAST, MOST = 0.8, 1.2  # a delay with its jitter
RETRY = 2  # as the journal has it
LONG_MS = 600_000
LONG_S_MS = 500  # more than the short delays of these lists


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


def now_ms():
    return int(time.time() * 1000)


# ---- The list ----


def test_attempts_follow_the_list_and_then_it_is_a_dead_letter(start, far):
    far.say("RETRY", 503)
    bus = start(far.section("retry = 300ms, 600ms 900ms"))
    (event_id,) = bus.emit(event(1))
    bus.wait_for("far", dead=1, pending=0)
    tries = far.tries(event_id)
    assert [attempt for _, attempt in tries] == [1, 2, 3, 4]
    for (before, _), (after, _), delay_ms in zip(tries, tries[1:], (300, 600, 900)):
        assert after - before >= LEAST * delay_ms - 1  # clocks are read in whole milliseconds
    delivery = bus.delivery(event_id, "far")
    assert (delivery["state"], delivery["verdict"], delivery["code"], delivery["attempts"]) == (
        "dead", "RETRY", 503, 4)
    assert delivery["what"] == "told to say 503"
    made = delivery["attempts_made"]
    assert [(each["attempt"], each["times"], each["verdict"], each["code"], each["what"]) for each in made][:3] == [
        (number, 1, "RETRY", 503, "told to say 503") for number in (1, 2, 3)]
    for each, (at, _) in zip(attempts(bus, event_id), tries):
        assert each[4] >= at


def test_an_attempt_that_gets_through_ends_it(start, far):
    far.say("RETRY")
    bus = start(far.section("retry = 200ms 200ms 200ms 200ms 200ms 200ms"))
    (event_id,) = bus.emit(event(1))
    wait_until(lambda: len(far.calls()) == 2, "it was tried twice")
    far.say("DELIVERED")
    bus.wait_for("far", delivered=1, pending=0, dead=0)
    tries = len(far.calls())
    assert bus.delivery(event_id, "far")["attempts"] == tries
    assert [row[:3] for row in attempts(bus, event_id)] == [(n, 1, RETRY) for n in range(1, tries)]


def test_each_delay_is_within_a_fifth_of_the_lists(start, far):
    far.say("RETRY")
    bus = start(far.section("retry = 10m 20m", "batch = 100"))
    ids = bus.emit(*[event(number) for number in range(60)])
    wait_until(lambda: len(waiting(bus)) == 60, "all wait for their second attempt")
    made = {event_id: attempts(bus, event_id)[0][4] for event_id in ids}
    dues = []
    for event_id, (count, due) in waiting(bus).items():
        ((called, _),) = far.tries(event_id)
        assert count == 1
        assert called + LEAST * LONG_MS <= due <= made[event_id] + MOST * LONG_MS
        dues.append(due - made[event_id])
    assert max(dues) - min(dues) > LONG_MS / 10  # they do not come back together
    sink = bus.sink("far")
    assert sink["pending"] == 60 and sink["state"] == "open" and sink["in_flight"] == 0
    assert sink["next"] is not None
    assert bus.delivery(ids[0], "far")["next"] is not None


@pytest.mark.parametrize("verdict", ["RETRY", "REFUSED", "DOWN", "MISSET"])
def test_none_is_one_attempt(start, far, verdict):
    far.say(verdict, 7)
    bus = start(far.section("retry = none"))
    (event_id,) = bus.emit(event(1))
    bus.wait_for("far", dead=1, pending=0)
    delivery = bus.delivery(event_id, "far")
    assert (delivery["verdict"], delivery["code"], delivery["attempts"]) == (verdict, 7, 1)
    assert len(far.calls()) == 1


def test_none_for_a_whole_batch(start, far):
    """Also of a batch that is refused each event was attempted once, and that was all."""
    far.say(person3="REFUSED")
    bus = start(far.section("retry = none", "batch = 5", "digest = 1h"))
    bus.emit(*[event(number) for number in range(5)])
    bus.wait_for("far", dead=5, pending=0)
    assert [len(events) for _, events in far.calls()] == [5]


def test_no_answer_in_time_is_an_attempt(start, far):
    far.say("hang")
    bus = start(far.section("retry = 100ms", "timeout = 200ms"))
    (event_id,) = bus.emit(event(1))
    bus.wait_for("far", dead=1, pending=0)
    assert [attempt for _, attempt in far.tries(event_id)] == [1, 2]
    delivery = bus.delivery(event_id, "far")
    assert (delivery["verdict"], delivery["attempts"]) == ("RETRY", 2)
    assert delivery["what"] == "the plugin gave no answer within its timeout of 200 ms"


def test_many_more_than_a_window_are_all_tried_again(start, far):
    """Their places in the window are free as soon as the journal has them."""
    count = 2000
    far.say("RETRY")
    bus = start(far.section("retry = 10s 1s", "batch = 50"))
    ids = bus.emit(*[event(number) for number in range(count)])
    wait_until(lambda: len(far.ids()) >= count, "each was tried once")
    far.say("DELIVERED")
    assert len(waiting(bus)) >= 1000
    bus.wait_for("far", delivered=count, pending=0, dead=0)
    assert set(far.ids()) == set(ids)
    for event_id in ids[::97]:
        (first, _), *_, (last, last_attempt) = far.tries(event_id)
        assert last_attempt == len(far.tries(event_id)) and last - first >= LEAST * 10_000 - 1
    assert waiting(bus) == {}


# ---- What the far side asks for ----


def test_retry_after_in_seconds(start, https_server):
    times = []

    def answer(request):
        times.append(time.time())
        return response(503, headers=[("Retry-After", "2")]) if len(times) == 1 else 204

    https_server.answer = answer
    bus = start(webhook_section(https_server, "retry = 100ms 100ms"))
    (first,) = bus.emit(event(1))
    bus.wait_for("backend", state="held")
    others = bus.emit(*[event(number) for number in range(2, 12)])
    bus.wait_for("backend", delivered=11, pending=0, dead=0, state="open")
    assert times[1] - times[0] >= 2
    assert len(times) == 12
    assert bus.delivery(first, "backend")["attempts"] == 2
    assert all(bus.delivery(event_id, "backend")["attempts"] == 1 for event_id in others)


def test_retry_after_as_a_date(start, https_server):
    times = []
    asked_for = int(time.time()) + 4

    def answer(request):
        times.append(time.time())
        date = email.utils.formatdate(asked_for, usegmt=True)
        return response(503, headers=[("Retry-After", date)]) if len(times) == 1 else 204

    https_server.answer = answer
    bus = start(webhook_section(https_server, "retry = 100ms"))
    bus.emit(event(1))
    bus.wait_for("backend", delivered=1, pending=0)
    assert len(times) == 2
    assert times[1] >= asked_for or times[0] >= asked_for


def test_retry_after_without_retries_spares_the_next_event(start, https_server):
    """It puts off first attempts and repeats none."""
    times = []

    def answer(request):
        times.append(time.time())
        return response(429, headers=[("Retry-After", "2")]) if len(times) == 1 else 204

    https_server.answer = answer
    bus = start(webhook_section(https_server))
    (first,) = bus.emit(event(1))
    bus.wait_for("backend", dead=1, state="held")
    bus.emit(event(2), event(3))
    bus.wait_for("backend", delivered=2, dead=1, pending=0)
    assert len(times) == 3 and times[1] - times[0] >= 2
    assert bus.delivery(first, "backend")["code"] == 429


# ---- Across a restart ----


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_due_times_outlive_the_bus(start, far, how):
    far.say("RETRY")
    bus = start(far.section("retry = 10m 20m", "batch = 20"))
    bus.emit(*[event(number) for number in range(100)])
    wait_until(lambda: len(waiting(bus)) == 100, "all wait")
    before, calls = waiting(bus), len(far.calls())
    getattr(bus, how)()
    bus.start()
    bus.wait_for("far", state="open", pending=100)
    bus.emit(event(500))
    wait_until(lambda: len(waiting(bus)) == 101, "the new one was tried")
    after = waiting(bus)
    assert {id: after[id] for id in before} == before
    assert len(far.calls()) == calls + 1


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_what_was_due_while_the_bus_was_away_comes_and_nothing_early(start, far, how):
    far.say("RETRY")
    bus = start(far.section("retry = 3s 1h", "batch = 20"))
    ids = bus.emit(*[event(number) for number in range(200)])
    wait_until(lambda: len(waiting(bus)) == 200 or len(far.ids()) > 200, "all wait")
    far.say("DELIVERED")
    before = waiting(bus)
    getattr(bus, how)()
    bus.start()
    bus.wait_for("far", delivered=200, pending=0, dead=0)
    checked = 0
    for event_id, (count, due) in before.items():
        if count == 1:
            checked += 1
            assert [at >= due for at, attempt in far.tries(event_id) if attempt == 2] == [True]
    assert checked > 0
    assert set(far.ids()) == set(ids)


def test_killed_again_and_again(start, far):
    """Nothing is lost, and no attempt is made before its time, however often the bus is killed."""
    far.say("RETRY")
    bus = start(far.section("retry = 500ms 500ms 500ms 500ms 500ms 500ms 1h", "batch = 10"))
    ids = bus.emit(*[event(number) for number in range(100)])
    dues = {}
    for life in range(5):
        calls = len(far.calls())
        wait_until(lambda: len(far.calls()) >= calls + 8, "attempts are made in this life")
        for event_id, (count, due) in waiting(bus).items():
            if due:
                dues.setdefault((event_id, count + 1), set()).add(due)
        bus.kill()
        bus.start()
    far.say("DELIVERED")
    bus.wait_for("far", delivered=100, pending=0, dead=0)
    for event_id in ids:
        for at, attempt in far.tries(event_id):
            assert all(at >= due for due in dues.get((event_id, attempt), ()))
    assert dues


# ---- Order ----


class Flaky:
    """A far side that fails each event's first `failures` attempts; keeps what it got, in order."""

    def __init__(self, server, failures):
        self.failures = failures
        self.seen = {}
        self.log = []  # (e-mail, event, whether it got through)
        self.lock = threading.Lock()
        server.answer = self.answer

    def answer(self, request):
        fields = json.loads(request.body)
        with self.lock:
            key = (fields["email"], fields["event"])
            self.seen[key] = self.seen.get(key, 0) + 1
            through = self.seen[key] > self.failures
            self.log.append((fields["email"], fields["event"], through))
        return 204 if through else 503


def test_deactivated_never_overtakes_created_across_retries(start, https_server):
    far = Flaky(https_server, 2)
    bus = start(webhook_section(https_server, "retry = 200ms 200ms 200ms"))
    people = 40
    for number in range(people):
        bus.emit(event(number), event(number, "affiliate.deactivated"))
    bus.wait_for("backend", delivered=2 * people, pending=0, dead=0)
    for number in range(people):
        of_one = [entry[1:] for entry in far.log if entry[0] == f"person{number}@example.com"]
        assert of_one == [("affiliate.created", False)] * 2 + [("affiliate.created", True)] + [
            ("affiliate.deactivated", False)] * 2 + [("affiliate.deactivated", True)]


def test_events_of_one_affiliate_in_one_batch_stay_in_order(start, far):
    far.say("RETRY")
    sinks = far.section("retry = 300ms 300ms 300ms 300ms 1h", "batch = 10")
    bus = start(sinks)
    assert bus.stop() == 0
    kinds = ("affiliate.created", "affiliate.deactivated")
    ids = fill(bus, sinks, *[event(1, kinds[n % 2], link=f"https://myapp.link/{n}") for n in range(6)])
    wait_until(lambda: len(far.calls()) == 2, "they were tried again")
    far.say("DELIVERED")
    bus.wait_for("far", delivered=6, pending=0, dead=0)
    calls = [[id for id, _ in events] for _, events in far.calls()]
    assert calls[0] == ids
    got_through = far.calls()
    order = [id for _, events in got_through for id, attempt in events]
    last = [max(i for i, id in enumerate(order) if id == event_id) for event_id in ids]
    assert last == sorted(last)


def test_others_go_on_while_one_waits(start, far):
    far.say(person1="RETRY")
    bus = start(far.section("retry = 1h"))
    created, deactivated, *others = bus.emit(
        event(1), event(1, "affiliate.deactivated"), *[event(number) for number in range(2, 22)])
    bus.wait_for("far", delivered=20, pending=2, dead=0)
    assert deactivated not in far.ids() and set(others) <= set(far.ids())
    later = bus.emit(event(1, link="https://myapp.link/later"), event(30))
    bus.wait_for("far", delivered=21, pending=3)
    assert later[0] not in far.ids()
    for event_id in (deactivated, later[0]):
        waits_for = bus.delivery(event_id, "far")["waits_for"]
        assert (waits_for["id"], waits_for["attempts"]) == (created, 1)
        assert waits_for["next"] == bus.delivery(created, "far")["next"] is not None
    assert bus.delivery(created, "far")["waits_for"] is None


def test_order_is_kept_across_a_crash(start, far):
    far.say(person1="RETRY")
    bus = start(far.section("retry = 2s 2s 2s"))
    created, deactivated = bus.emit(event(1), event(1, "affiliate.deactivated"))
    wait_until(lambda: created in waiting(bus), "the first waits")
    bus.kill()
    bus.start()
    bus.emit(event(2))
    bus.wait_for("far", delivered=1)
    assert deactivated not in far.ids()
    far.say("DELIVERED")
    bus.wait_for("far", delivered=3, pending=0)
    assert far.ids()[-2:] == [created, deactivated]


def test_order_none_lets_nobody_wait(start, far):
    far.say(person1="RETRY")
    bus = start(far.section("order = none", "retry = 1s 1s 1s 1s 1s 1s"))
    (created,) = bus.emit(event(1))
    wait_until(lambda: created in waiting(bus), "the first waits")
    far.say("DELIVERED")
    (deactivated,) = bus.emit(event(1, "affiliate.deactivated"))
    bus.wait_for("far", delivered=2, pending=0)
    assert far.tries(created)[0] < far.tries(deactivated)[0] and len(far.tries(deactivated)) == 1
    assert bus.delivery(deactivated, "far")["attempts"] == 1


@pytest.mark.parametrize("how", [None, "stop", "kill"])
def test_order_journal_pauses_for_the_first(start, far, how):
    far.say(person1="RETRY")
    bus = start(far.section("order = journal", "retry = 2s 1s 1s 1s 1s 1s"))
    ids = bus.emit(*[event(number) for number in range(1, 6)])
    wait_until(lambda: bus.sink("far")["next"], "the sink pauses")
    ((first_at, _),) = far.tries(ids[0])
    far.say("DELIVERED")
    if how:
        getattr(bus, how)()
        bus.start()
    bus.wait_for("far", delivered=5, pending=0, dead=0)
    assert far.ids() == [ids[0], *ids]
    assert [attempt for _, attempt in far.tries(ids[0])] == [1, 2]
    assert far.tries(ids[0])[1][0] - first_at >= LEAST * 2000 - 1


def test_order_journal_with_batches(start, far):
    far.say("RETRY")
    sinks = far.section("order = journal", "batch = 3", "retry = 300ms 300ms 300ms 300ms 1h")
    bus = start(sinks)
    assert bus.stop() == 0
    ids = fill(bus, sinks, *[event(number) for number in range(7)])
    wait_until(lambda: len(far.calls()) == 2, "the first batch is tried again")
    assert set(far.ids()) == set(ids[:3])
    far.say("DELIVERED")
    bus.wait_for("far", delivered=7, pending=0, dead=0)
    seen = list(dict.fromkeys(far.ids()))
    assert seen == ids


def test_order_is_kept_from_when_it_is_asked_for(start, far):
    """Both of one affiliate wait for their next attempts, the later one for less long."""
    far.say("RETRY")
    bus = start(far.section("order = none", "retry = 300ms 1h"))
    (created,) = bus.emit(event(1))
    wait_until(lambda: len(far.tries(created)) == 2, "the first waits for an hour")
    (deactivated, other) = bus.emit(event(1, "affiliate.deactivated"), event(2))
    wait_until(lambda: far.tries(deactivated) and far.tries(other), "the others were tried")
    bus.kill()
    tries = {id: len(far.tries(id)) for id in (created, deactivated, other)}
    far.say("DELIVERED")
    bus.configure(far.section("retry = 300ms 1h"))
    wait_until(lambda: now_ms() > far.tries(deactivated)[-1][0] + LONG_S_MS, "all but one are due")
    bus.start()
    bus.wait_for("far", delivered=1, pending=2)
    assert {id: len(far.tries(id)) for id in tries} == {**tries, other: tries[other] + 1}
    assert bus.delivery(deactivated, "far")["waits_for"]["id"] == created
    assert bus.stop() == 0
    bus.configure(far.section("order = none"))
    bus.start()
    bus.wait_for("far", delivered=2, pending=1)
    assert far.ids()[-1] == deactivated


def test_order_journal_is_kept_from_when_it_is_asked_for(start, far):
    """More wait than the window holds, and all but the first are due."""
    far.say("RETRY")
    sinks = far.section("order = none", "retry = 100ms 1h", "batch = 100")
    bus = start(sinks)
    (first,) = bus.emit(event(0))
    wait_until(lambda: len(far.tries(first)) == 2, "the first waits for an hour")
    hold_all = bus.emit(*[event(number) for number in range(1, 1200)])
    wait_until(lambda: set(hold_all) <= set(far.ids()), "each was tried")
    bus.kill()
    far.say("DELIVERED")
    calls = len(far.calls())
    bus.configure(far.section("order = journal", "retry = 100ms 1h"))
    last_ms = far.calls()[-1][0]
    wait_until(lambda: now_ms() > last_ms + LONG_S_MS, "all but one are due")
    bus.start()
    bus.wait_for("far", state="open", pending=1200)
    wait_until(lambda: bus.sink("far")["next"], "the sink pauses for the first")
    assert len(far.calls()) == calls


# ---- Batches ----


def test_of_a_refused_batch_only_the_bad_one_is_dead(start, far):
    far.say(person3="REFUSED")
    sinks = far.section("batch = 10")
    bus = start(sinks)
    assert bus.stop() == 0
    ids = fill(bus, sinks, *[event(number) for number in range(14)])
    bus.wait_for("far", delivered=13, dead=1, pending=0)
    calls = [[id for id, _ in events] for _, events in far.calls()]
    assert calls == [ids[:10]] + [[event_id] for event_id in ids[:10]] + [ids[10:]]
    assert all(attempt == 1 for _, events in far.calls() for _, attempt in events)  # nothing was charged
    bad = bus.delivery(ids[3], "far")
    assert (bad["state"], bad["verdict"], bad["attempts"]) == ("dead", "REFUSED", 1)
    assert bus.delivery(ids[4], "far")["attempts"] == 1


def test_of_a_refused_digest_the_events_do_not_wait_again(start, far):
    """They were gathered once: to go out one by one is not to be gathered anew."""
    far.say(person1="REFUSED")
    bus = start(far.section("batch = 4", "digest = 1h"))
    ids = bus.emit(*[event(number) for number in range(4)])
    bus.wait_for("far", delivered=3, dead=1, pending=0)
    assert [[id for id, _ in events] for _, events in far.calls()] == [ids] + [[id] for id in ids]


def test_verdicts_event_by_event(start, far):
    far.say(person2="REFUSED", person3="RETRY")
    sinks = far.section("batch = 10", "items = yes", "retry = 200ms 200ms")
    bus = start(sinks)
    assert bus.stop() == 0
    ids = fill(bus, sinks, *[event(number) for number in range(6)])
    bus.wait_for("far", delivered=4, dead=2, pending=0)
    calls = [[id for id, _ in events] for _, events in far.calls()]
    assert calls == [ids, [ids[3]], [ids[3]]]
    assert bus.delivery(ids[2], "far")["verdict"] == "REFUSED"
    delivery = bus.delivery(ids[3], "far")
    assert (delivery["verdict"], delivery["attempts"]) == ("RETRY", 3)


def test_slack_refuses_one_of_a_batch(start, tmp_path, https_server):
    (tmp_path / "hook").write_text(f"{https_server.url}/services/T000/B000/made-up\n")
    https_server.answer = lambda request: response(400, b"invalid_blocks") if b"person3@" in request.body else response(200, b"ok")
    sinks = (f"[sink:far]\nplugin = slack\nurl = file:{tmp_path}/hook\nca_file = {https_server.ca_file}\n"
             "rate = none\nexpire = 0\n")
    bus = start(sinks)
    assert bus.stop() == 0
    ids = fill(bus, sinks, *[event(number) for number in range(8)])
    bus.wait_for("far", delivered=7, dead=1, pending=0)
    assert bus.delivery(ids[3], "far")["verdict"] == "REFUSED"
    assert len(https_server.requests) == 9


def test_a_batch_that_is_put_off_comes_again_as_a_batch(start, far):
    far.say("RETRY")
    sinks = far.section("batch = 10", "retry = 2s 2s 2s 2s 2s 2s", "digest = 1s")
    bus = start(sinks)
    assert bus.stop() == 0
    fill(bus, sinks, *[event(number) for number in range(10)])
    wait_until(lambda: len(far.calls()) == 1, "the batch was tried")
    far.say("DELIVERED")
    bus.wait_for("far", delivered=10, pending=0, dead=0)
    assert len(far.calls()[0][1]) == 10
    assert all(attempt == 2 for _, events in far.calls()[1:] for _, attempt in events)
