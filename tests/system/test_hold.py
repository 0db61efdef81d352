"""Holds: how often a far side is asked while it is down, full or set up wrongly, and what ends that."""
import json
import re
import socket
import threading
import time
from datetime import datetime, timezone

import pytest

from harness import event, wait_until, webhook_section
from https_server import HttpsServer, response
from journal_file import attempts
from obey import Obey, fill

DOWN, MISSET = 4, 5  # as the journal has them
MISSET_HOLD_S = 15 * 60
SENTENCE = "told to say 404; another event got through right after, so it is this event"


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


def resume(bus, name="far"):
    answer = bus.ask({"command": "resume", "sink": name})
    assert answer["ok"], answer
    return answer


def hold(bus, name="far"):
    answer = bus.ask({"command": "hold", "sink": name})
    assert answer["ok"] and answer["state"] == "held", answer
    return answer


def held_for_s(sink, since):
    """How long after `since` (time.time()) the sink says that it is held."""
    assert sink["state"] == "held"
    until = datetime.strptime(sink["until"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return until.timestamp() - since


def people(*numbers):
    return [event(number) for number in numbers]


def prepare(start, far, sinks, *events):
    """The bus, and the IDs of events that were all there before the sink was given any."""
    bus = start(sinks)
    assert bus.stop() == 0
    return bus, fill(bus, sinks, *events)


# ---- DOWN ----


class Listener:
    """Takes connections and closes them at once; keeps when each came."""

    def __init__(self, port=0):
        self.times = []
        self.socket = socket.create_server(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.times.append(time.monotonic())
            connection.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def backend(port, tls, extra):
    return (f"[sink:backend]\nplugin = webhook\nurl = https://localhost:{port}/\nca_file = {tls.ca}\n"
            f"{extra}\n")


def test_a_server_that_is_not_there_yet(start, tls):
    """Events wait, nothing is charged; and once it is there, they arrive."""
    listener = Listener()  # so that the port is ours
    bus = start(backend(listener.port, tls, "retry = 1h"))
    (first,) = bus.emit(event(1))
    sink = bus.wait_for("backend", state="held", pending=1)
    assert sink["error"] and sink["by_hand"] is False
    others = bus.emit(*people(*range(2, 52)))
    wait_until(lambda: len(listener.times) >= 3, "two probes went out")
    times = listener.times[:3]
    assert times[1] - times[0] >= 1 and times[2] - times[1] >= 2  # one at a time, twice as late
    assert bus.sink("backend")["pending"] == 51
    port = listener.port
    listener.close()
    server = HttpsServer(tls.context(), tls.ca)
    try:
        server.listener.close()
        server.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        threading.Thread(target=server.accept, daemon=True).start()
        bus.wait_for("backend", delivered=51, pending=0, dead=0, state="open")
        assert len(server.requests) == 51
    finally:
        server.close()
    assert all(bus.delivery(id, "backend")["attempts"] == 1 for id in [first, *others])
    made = [each for id in [first, *others] for each in bus.delivery(id, "backend")["attempts_made"]]
    failed = [each for each in made if each["verdict"] == "DOWN"]
    assert {each["attempt"] for each in failed} == {1}
    assert sum(each["times"] for each in failed) >= 3
    assert bus.log().count('msg="sink held"') == 1 and bus.log().count('msg="sink open again"') == 1


def test_down_is_asked_less_and_less(start, far):
    far.say("DOWN")
    bus, ids = prepare(start, far, far.section("retry = 1h"), *people(*range(30)))
    wait_until(lambda: len(far.calls()) == 4, "three probes went out")
    times = [at for at, _ in far.calls()]
    for before, after, least_ms in zip(times, times[1:], (1000, 2000, 4000)):
        assert after - before >= least_ms - 1
    assert all(attempt == 1 for _, events in far.calls() for _, attempt in events)
    far.say("DELIVERED")
    resume(bus)
    bus.wait_for("far", delivered=30, pending=0, dead=0, state="open")
    assert len(far.calls()) == 4 + 30


def test_a_stuck_event_does_not_keep_others_from_being_probes(start, far):
    far.say("DOWN")
    bus, ids = prepare(start, far, far.section("retry = 1h"), *people(*range(1, 4)))
    bus.wait_for("far", state="held")
    far.say("DELIVERED", person1="DOWN")
    wait_until(lambda: bus.sink("far")["delivered"] == 2, "the others get through")
    assert bus.delivery(ids[0], "far")["state"] in ("pending", "in flight")
    # Held, the first as the probe, held, another as the probe, which opens it.
    assert [id for id in far.ids()[:3]] == [ids[0], ids[0], ids[1]]
    far.say("DELIVERED")
    bus.wait_for("far", delivered=3, pending=0, dead=0, state="open")
    assert bus.delivery(ids[0], "far")["attempts"] == 1


def test_a_host_that_dies_while_probing(start, far):
    far.say("DOWN")
    bus, ids = prepare(start, far, far.section("retry = 1h", "batch = 5"), *people(*range(8)))
    bus.wait_for("far", state="held")
    far.say("die")
    bus.wait_for_log('msg="host ended" sink=far')
    assert bus.sink("far")["delivered"] == 0
    far.say("DELIVERED")
    bus.wait_for("far", delivered=8, pending=0, dead=0, state="open")
    calls = [[id for id, _ in events] for _, events in far.calls()]
    died = max(at for at, batch in enumerate(calls) if len(batch) == 5)
    singles = calls[died + 1:-1]
    assert list(dict.fromkeys(map(tuple, singles))) == [(id,) for id in calls[died]]


def test_a_probe_without_an_answer_is_no_success(start, far):
    """An overrun is a RETRY, also of a probe: the next hold is set, and the next probe is another."""
    far.say("DOWN")
    bus, ids = prepare(start, far, far.section("retry = 1h", "timeout = 200ms"), *people(*range(4)))
    bus.wait_for("far", state="held")
    far.say("hang")
    bus.wait_for_log('msg="host ended" sink=far')
    far.say("DELIVERED")
    bus.wait_for("far", delivered=3, pending=1, state="open")
    *down, (hung_at, hung), (next_at, others), _, _ = far.calls()
    assert len(hung) == len(others) == 1 and hung != others
    # Killed after its time-out and a grace of 2 s, and then held for twice the last hold.
    assert next_at - hung_at >= 2200 + 1000 * 2 ** len(down) - 1
    delivery = bus.delivery(hung[0][0], "far")
    assert delivery["attempts"] == 1 and delivery["next"]


# ---- 429 ----


def test_too_many_requests_are_not_answered_with_more(start, https_server):
    """Without Retry-After: one probe after a second, then after two, whoever is waiting."""
    times, full = [], threading.Event()

    def answer(request):
        times.append(time.monotonic())
        return 204 if full.is_set() else 429

    https_server.answer = answer
    bus = start(webhook_section(https_server, "retry = " + "100ms " * 20))
    bus.emit(event(0))
    bus.wait_for("backend", state="held")
    bus.emit(*people(*range(1, 41)))
    wait_until(lambda: len(times) == 3, "two probes went out")
    assert times[1] - times[0] >= 1 and times[2] - times[1] >= 2
    full.set()
    bus.wait_for("backend", delivered=41, pending=0, dead=0, state="open")
    assert len(times) == 3 + 41


def test_too_many_requests_with_retry_after(start, https_server):
    times = []

    def answer(request):
        times.append(time.monotonic())
        if len(times) <= 2:
            return response(429, headers=[("Retry-After", "2")])
        return 204

    https_server.answer = answer
    bus = start(webhook_section(https_server, "retry = 100ms 100ms 100ms"))
    before = time.time()
    bus.emit(event(0))
    sink = bus.wait_for("backend", state="held")
    assert held_for_s(sink, before) >= 2
    bus.emit(*people(*range(1, 21)))
    bus.wait_for("backend", delivered=21, pending=0, dead=0, state="open")
    assert times[1] - times[0] >= 2 and times[2] - times[1] >= 2
    assert len(times) == 2 + 21


def test_a_burst_that_meets_429_makes_one_hold(start, https_server):
    """What was under way when the hold began neither ends nor doubles it."""
    times, full, gate = [], threading.Event(), threading.Event()

    def answer(request):
        times.append(time.monotonic())
        if full.is_set() or len(times) == 1:  # the first goes ahead of the others
            return 204
        gate.wait(30)
        return 429

    https_server.answer = answer
    bus = start(webhook_section(https_server, "retry = 100ms 100ms 100ms\nconcurrency = 8"))
    bus.emit(*people(*range(300)))
    https_server.wait_for(1 + 8)
    before = time.time()
    gate.set()
    sink = bus.wait_for("backend", state="held", in_flight=0)
    assert held_for_s(sink, time.time()) <= 1
    assert len(times) == 1 + 8  # what was not begun by then came back from the host
    full.set()
    bus.wait_for("backend", delivered=300, pending=0, dead=0, state="open")
    assert len(times) == 8 + 300


# ---- MISSET ----


def test_misset_twice_holds_for_a_quarter_of_an_hour(start, far):
    far.say("MISSET", 401)
    before = time.time()
    bus, ids = prepare(start, far, far.section("retry = 1h"), *people(*range(20)))
    sink = bus.wait_for("far", state="held", in_flight=0)
    now = time.time()
    assert held_for_s(sink, before) >= MISSET_HOLD_S - 1 and held_for_s(sink, now) <= MISSET_HOLD_S
    assert sink["error"] == "told to say 401" and sink["by_hand"] is False
    assert "change the orders" in sink["remedy"] and "affnotify resume far" in sink["remedy"]
    assert f"{bus.config}:" in sink["remedy"]
    more = bus.emit(*people(*range(20, 40)))
    bus.wait_for("far", pending=40)
    assert far.ids() == ids[:2]  # the first, and one other to compare it with
    assert attempts(bus, ids[0])[0][:4] == (1, 1, MISSET, 401)
    far.say("DELIVERED")
    assert resume(bus)["changed"] is True
    bus.wait_for("far", delivered=40, pending=0, dead=0, state="open")
    assert far.ids() == [*ids[:2], *ids, *more]  # the suspect was the probe
    assert all(attempt == 1 for _, events in far.calls() for _, attempt in events)
    assert bus.sink("far")["until"] is None


def test_resume_before_it_is_mended_asks_once_more(start, far):
    far.say("MISSET", 401)
    bus, ids = prepare(start, far, far.section("retry = 1h"), *people(*range(10)))
    bus.wait_for("far", state="held", in_flight=0)
    for count in (3, 4, 5):
        resume(bus)
        wait_until(lambda: len(far.calls()) == count, "a probe went out")
        sink = bus.wait_for("far", state="held", in_flight=0)
        assert held_for_s(sink, time.time()) > MISSET_HOLD_S - 120
    assert far.ids() == [ids[0], ids[1], ids[0], ids[1], ids[2]]  # the suspect, and then they go round
    assert bus.sink("far")["pending"] == 10 and bus.log().count('msg="sink held"') == 1


def test_misset_alone_holds_at_once(start, far):
    far.say("MISSET", 403)
    bus = start(far.section("retry = 100ms 100ms"))
    before = time.time()
    (event_id,) = bus.emit(event(1))
    sink = bus.wait_for("far", state="held")
    assert held_for_s(sink, before) >= MISSET_HOLD_S
    bus.emit(*people(2, 3, 4))
    assert bus.wait_for("far", pending=4)["state"] == "held"
    assert far.ids() == [event_id]


def test_an_event_behind_the_suspect_is_nothing_to_compare_with(start, far):
    far.say("MISSET", 403)
    bus, ids = prepare(start, far, far.section("retry = 1h"), event(1), event(1, "affiliate.deactivated"))
    bus.wait_for("far", state="held", pending=2)
    assert far.ids() == ids[:1]
    far.say("DELIVERED")
    resume(bus)
    bus.wait_for("far", delivered=2, pending=0)
    assert far.ids() == [ids[0], *ids]


def test_one_event_that_is_misset_while_another_gets_through(start, far):
    far.say(person3="MISSET")
    bus, ids = prepare(start, far, far.section("retry = 1h"), *people(*range(8)))
    bus.wait_for("far", delivered=7, dead=1, state="open")
    assert sorted(set(far.ids())) == sorted(ids)
    delivery = bus.delivery(ids[3], "far")
    assert (delivery["state"], delivery["verdict"], delivery["attempts"]) == ("dead", "REFUSED", 1)
    assert "another event got through right after, so it is this event" in delivery["what"]
    assert delivery["remedy"] == "change the orders"


def test_the_sentence_of_a_dead_suspect(start, far):
    far.say(code=404, person0="MISSET")
    bus, ids = prepare(start, far, far.section("retry = 1h"), *people(*range(8)))
    bus.wait_for("far", delivered=7, dead=1, pending=0, state="open")
    delivery = bus.delivery(ids[0], "far")
    assert (delivery["verdict"], delivery["code"], delivery["what"]) == ("REFUSED", 404, SENTENCE)
    assert far.ids() == ids  # each came once: nobody was asked in vain


def test_bad_events_do_not_speak_for_each_other_for_ever(start, far):
    """Two of them in a row look like our settings; but then a probe finds that others get through."""
    far.say(code=404, person2="MISSET", person3="MISSET", person7="MISSET")
    bus, ids = prepare(start, far, far.section("retry = 1h"), *people(*range(12)))
    for count, probed in enumerate((2, 3), 5):
        bus.wait_for("far", state="held", in_flight=0, delivered=2)
        resume(bus)
        wait_until(lambda: len(far.calls()) == count, "a probe went out")
        assert far.ids()[-1] == ids[probed]
    bus.wait_for("far", state="held", in_flight=0)
    resume(bus)
    bus.wait_for("far", delivered=9, dead=3, pending=0, state="open")
    for number in (2, 3, 7):
        assert bus.delivery(ids[number], "far")["verdict"] == "REFUSED"
    assert len(far.calls()) == 4 + 2 + 10


def test_misset_of_one_in_a_burst_of_requests(start, https_server):
    """404 for one event only, while many are under way."""
    https_server.answer = lambda request: 404 if b"person7@" in request.body else 204
    bus = start(webhook_section(https_server, "retry = 1h\nconcurrency = 4"))
    ids = bus.emit(*people(*range(400)))
    bus.wait_for("backend", delivered=399, dead=1, pending=0, state="open")
    assert bus.delivery(ids[7], "backend")["verdict"] == "REFUSED"


def test_misset_while_all_others_are_under_way(start, https_server):
    """One of them gets through: so it was the event, and nobody waits for a quarter of an hour."""
    told = threading.Event()

    def answer(request):
        if b"person7@" in request.body:
            return 404
        if b"person0@" not in request.body:
            told.wait(30)
        return 204

    https_server.answer = answer
    bus = start(webhook_section(https_server, "retry = 1h\nconcurrency = 8\ntimeout = 60s"))
    bus.emit(event(0))
    bus.wait_for("backend", delivered=1)
    ids = bus.emit(*people(7, 8, 9, 10))
    wait_until(lambda: bus.delivery(ids[0], "backend")["attempts_made"], "the first has come back")
    assert bus.sink("backend")["state"] == "open"
    told.set()
    bus.wait_for("backend", state="open", delivered=4, dead=1, pending=0)
    assert bus.delivery(ids[0], "backend")["verdict"] == "REFUSED"
    assert len(https_server.requests) == 5


def test_misset_of_all_that_are_under_way(start, https_server):
    """One is asked again, to compare, and then the sink is held; nothing is lost."""
    told = threading.Event()
    https_server.answer = lambda request: 204 if b"person0@" in request.body else told.wait(30) and 401
    bus = start(webhook_section(https_server, "retry = 1h\nconcurrency = 8\ntimeout = 60s"))
    bus.emit(event(0))
    bus.wait_for("backend", delivered=1)
    bus.emit(*people(1, 2, 3, 4))
    https_server.wait_for(5)
    told.set()
    bus.wait_for("backend", state="held", in_flight=0, delivered=1, dead=0, pending=4)
    assert len(https_server.requests) == 6


def test_misset_of_all_in_a_burst_of_requests(start, https_server):
    """A 401 costs no more than what was under way, and nothing is lost."""
    told = threading.Event()
    https_server.answer = lambda request: 204 if told.is_set() else 401
    bus = start(webhook_section(https_server, "retry = 1h\nconcurrency = 4"))
    bus.emit(*people(*range(400)))
    bus.wait_for("backend", state="held", in_flight=0)
    asked = len(https_server.requests)
    assert asked == 2  # the first, and one other to compare it with
    bus.emit(*people(*range(400, 420)))
    bus.wait_for("backend", pending=420)
    assert len(https_server.requests) == asked
    told.set()
    resume(bus, "backend")
    bus.wait_for("backend", delivered=420, dead=0, pending=0, state="open")
    assert len(https_server.requests) == asked + 420


def test_without_retries_misset_costs_one_event(start, https_server):
    told = threading.Event()
    https_server.answer = lambda request: 204 if told.is_set() else 401
    bus = start(webhook_section(https_server))
    before = time.time()
    (first,) = bus.emit(event(1))
    sink = bus.wait_for("backend", dead=1, state="held", pending=0)
    assert held_for_s(sink, before) >= MISSET_HOLD_S
    bus.emit(*people(2, 3, 4, 5))
    bus.wait_for("backend", pending=4, dead=1)
    assert len(https_server.requests) == 1
    assert bus.delivery(first, "backend")["verdict"] == "MISSET"
    told.set()
    resume(bus, "backend")
    bus.wait_for("backend", delivered=4, dead=1, pending=0, state="open")
    assert len(https_server.requests) == 5


def test_a_batch_that_is_misset(start, far):
    far.say("MISSET", 401)
    bus, ids = prepare(start, far, far.section("batch = 5", "retry = 1h"), *people(*range(12)))
    sink = bus.wait_for("far", state="held", in_flight=0)
    assert held_for_s(sink, time.time()) > MISSET_HOLD_S - 120
    assert [[id for id, _ in events] for _, events in far.calls()] == [ids[:5], ids[5:6]]
    far.say("DELIVERED")
    resume(bus)
    bus.wait_for("far", delivered=12, pending=0, dead=0, state="open")


def test_of_a_batch_that_is_misset_by_one_only_that_is_dead(start, far):
    far.say(code=404, person2="MISSET")
    bus, ids = prepare(start, far, far.section("batch = 5", "retry = 1h"), *people(*range(12)))
    bus.wait_for("far", delivered=11, dead=1, pending=0, state="open")
    delivery = bus.delivery(ids[2], "far")
    assert (delivery["verdict"], delivery["what"]) == ("REFUSED", SENTENCE)
    assert sorted(far.ids()) == sorted(ids[:5] + ids)


def test_order_journal_compares_with_nothing(start, far):
    far.say(code=404, person0="MISSET")
    bus, ids = prepare(start, far, far.section("order = journal", "retry = 1h"), *people(*range(5)))
    bus.wait_for("far", state="held", pending=5)
    assert far.ids() == ids[:1]
    far.say("DELIVERED")
    resume(bus)
    bus.wait_for("far", delivered=5, pending=0, dead=0)
    assert far.ids() == [ids[0], *ids]


def test_a_mail_server_that_knows_us_no_more(start, serve, tmp_path, tls):
    """535 after AUTH: one login, not one for each event."""
    server = serve()
    (tmp_path / "password").write_text("wrong\n")
    (tmp_path / "password").chmod(0o600)
    sinks = (f"[sink:far]\nplugin = smtp\nurl = {server.url}\nca_file = {tls.ca}\nuser = someone\n"
             f"password = file:{tmp_path}/password\nfrom = a@example.com\nto = b@example.com\n"
             "expire = 0\n")
    bus, ids = prepare(start, None, sinks, *people(*range(10)))
    sink = bus.wait_for("far", state="held", in_flight=0, pending=10)
    assert held_for_s(sink, time.time()) > MISSET_HOLD_S - 120 and "535" in sink["error"]
    logins = len(server.logins)
    assert logins == 2  # the batch, and one event by itself
    bus.emit(*people(*range(10, 20)))
    bus.wait_for("far", pending=20)
    assert len(server.logins) == logins and server.envelopes == []


def test_the_reason_of_one_event_in_a_batch(start, far):
    far.say("MISSET", 403)
    sinks = far.section("retry = 1h", "batch = 5", "items = yes")
    bus, ids = prepare(start, far, sinks, *people(*range(5)))
    assert bus.wait_for("far", state="held", in_flight=0)["error"] == "told to say 403"


# ---- By hand ----


def test_a_hold_by_hand_outlives_the_bus(start, far):
    bus = start(far.section())
    bus.wait_for("far", state="open")
    assert hold(bus)["changed"] is True
    assert hold(bus)["changed"] is False
    bus.emit(*people(*range(10)))
    for how in ("stop", "kill"):
        sink = bus.wait_for("far", state="held", pending=10)
        assert sink["by_hand"] is True and sink["until"] is None and sink["error"] == "held by hand"
        assert far.calls() == []
        getattr(bus, how)()
        bus.start()
        bus.wait_for_log('msg="sink open"', 2 if how == "stop" else 3)
    bus.wait_for("far", state="held", by_hand=True, pending=10)
    assert far.calls() == []
    assert resume(bus)["changed"] is True
    bus.wait_for("far", state="open", delivered=10, pending=0)
    assert resume(bus)["changed"] is False
    assert bus.stop() == 0
    bus.start()
    bus.wait_for("far", state="open", by_hand=False)


def test_resume_of_a_sink_that_cannot_open(start, tmp_path):
    """It opens before its own next try, which is 8 s away at least."""
    folder = tmp_path / "there"
    bus = start(f"[sink:far]\nplugin = csv\npath = {folder}/a.csv\n")
    delays = lambda: [int(ms) for ms in re.findall(r"again_in_ms=(\d+)", bus.log())]
    wait_until(lambda: delays() and delays()[-1] >= 8000, "it is tried less and less")
    next_try = time.monotonic() + delays()[-1] / 1000
    folder.mkdir()
    answer = resume(bus)
    assert (answer["changed"], answer["state"]) == (True, "opening")
    bus.wait_for("far", state="open")
    assert time.monotonic() < next_try - 1 and resume(bus)["changed"] is False


def test_a_hold_during_work(start, https_server):
    """What is under way is finished; nothing more goes out until `resume`, and nothing goes twice."""
    gate = threading.Event()
    https_server.answer = lambda request: (len(https_server.requests) > 1 and gate.wait(30), 204)[1]
    bus = start(webhook_section(https_server, "concurrency = 4\ntimeout = 60s"))
    ids = bus.emit(*people(*range(200)))
    https_server.wait_for(1 + 4)
    hold(bus, "backend")
    gate.set()
    sink = bus.wait_for("backend", state="held", in_flight=0)
    done = sink["delivered"]
    assert 1 + 4 <= done <= 1 + 4 * 4 and sink["pending"] == 200 - done
    assert len(https_server.requests) == done
    bus.emit(event(500))
    assert bus.wait_for("backend", pending=201 - done)["state"] == "held"
    assert len(https_server.requests) == done
    resume(bus, "backend")
    bus.wait_for("backend", delivered=201, pending=0, state="open")
    bodies = [request.headers["webhook-id"] for request in https_server.requests]
    assert len(bodies) == len(set(bodies)) == 201 and set(ids) <= set(bodies)


def test_a_hold_by_hand_stays_when_others_end(start, far):
    """Neither its time nor an answer ends it."""
    far.say("DOWN")
    bus, ids = prepare(start, far, far.section("retry = 1h"), *people(*range(3)))
    bus.wait_for("far", state="held", in_flight=0)
    hold(bus)
    far.say("DELIVERED")
    calls = len(far.calls())
    bus.emit(event(7))
    bus.wait_for("far", state="held", by_hand=True, until=None, pending=4)
    time.sleep(2.5)  # longer than the hold that it took the place of: nothing else tells that it is over
    assert len(far.calls()) == calls and bus.sink("far")["pending"] == 4
    resume(bus)
    bus.wait_for("far", delivered=4, pending=0, state="open")


def test_retries_due_during_a_hold_come_after_it(start, far):
    far.say("RETRY")
    bus, ids = prepare(start, far, far.section("retry = 100ms 100ms 100ms", "batch = 10"), *people(*range(5)))
    wait_until(lambda: far.calls(), "it was tried")
    hold(bus)
    bus.wait_for("far", state="held", in_flight=0)
    calls = len(far.calls())
    far.say("DELIVERED")
    resume(bus)
    bus.wait_for("far", delivered=5, pending=0, dead=0)
    assert far.calls()[calls][1][0][1] >= 2


@pytest.mark.parametrize("command", ["hold", "resume"])
def test_a_sink_that_is_not_there(start, far, command):
    bus = start(far.section())
    answer = bus.ask({"command": command, "sink": "fra"})
    assert answer["ok"] is False and answer["field"] == "sink" and "far" in answer["message"]


# ---- What a mistake costs with `retry = none`, where each attempt is the last ----


def test_a_wrong_token_at_the_start_costs_one_event(start, https_server):
    told = threading.Event()
    https_server.answer = lambda request: 204 if told.is_set() else 401
    bus = start("")
    assert bus.stop() == 0
    fill(bus, webhook_section(https_server), *people(*range(400)))
    sink = bus.wait_for("backend", state="held", in_flight=0)
    assert (sink["dead"], sink["pending"]) == (1, 399)
    told.set()
    resume(bus, "backend")
    bus.wait_for("backend", state="open", delivered=399, dead=1, pending=0)
    assert len(https_server.requests) == 400


def test_a_far_side_that_is_down_at_the_start_costs_one_event(start, tls):
    listener = Listener()
    bus = start("")
    assert bus.stop() == 0
    fill(bus, backend(listener.port, tls, ""), *people(*range(400)))
    bus.wait_for("backend", state="held")
    hold(bus, "backend")  # each probe costs another
    sink = bus.wait_for("backend", by_hand=True, in_flight=0)
    listener.close()
    assert 1 <= sink["dead"] == len(listener.times) < 8 and sink["pending"] == 400 - sink["dead"]


def test_a_token_that_expires_costs_what_was_under_way(start, https_server):
    """Not what the host had in line, nor what the bus sent before it had heard."""
    seen, expired = [], threading.Event()

    def answer(request):
        seen.append(request)
        if len(seen) <= 20:
            return 204
        expired.wait(30)
        return 401

    https_server.answer = answer
    bus = start(webhook_section(https_server, "concurrency = 8"))
    bus.emit(*people(*range(400)))
    https_server.wait_for(20 + 8)
    expired.set()
    sink = bus.wait_for("backend", state="held", in_flight=0)
    assert (sink["delivered"], sink["dead"], sink["pending"]) == (20, 8, 372)
    https_server.answer = lambda request: 204
    resume(bus, "backend")
    bus.wait_for("backend", state="open", delivered=392, dead=8, pending=0)


def test_a_slow_first_answer_does_not_cost_the_others(start, https_server):
    """Nothing else goes out until the first has its answer, whatever that is; then all do."""
    answered = threading.Event()
    https_server.answer = lambda request: 500 if answered.wait(30) and b"person0@" in request.body else 204
    bus = start(webhook_section(https_server, "timeout = 60s"))
    bus.emit(*people(*range(50)))
    https_server.wait_for(1)
    assert bus.sink("backend")["in_flight"] == 1
    answered.set()
    bus.wait_for("backend", state="open", delivered=49, dead=1, pending=0)


# ---- Others ----


def test_a_sink_that_hangs_and_one_at_429_leave_the_third_alone(start, far, https_server, tmp_path):
    third = Obey(tmp_path, "third")
    far.say("hang")
    https_server.answer = lambda request: 429
    bus = start(far.section("timeout = 60s") + webhook_section(https_server, "retry = 1h") + third.section())
    bus.emit(*people(*range(300)))
    bus.wait_for("third", delivered=300, pending=0)
    assert bus.sink("far")["pending"] == 300
    assert bus.sink("backend")["pending"] == 300


def test_a_sink_that_hangs_and_one_at_429_never_leave_the_third_idle(start, far, https_server):
    """While more is pending than may be under way, something is under way."""
    https_server.answer = lambda request: 429 if request.path == "/full" else 204
    full = webhook_section(https_server, "retry = 1h").replace("/affiliates", "/full")
    third = webhook_section(https_server, "concurrency = 4").replace("sink:backend", "sink:third")
    others = far.section("timeout = 60s") + full
    far.say("hang")
    bus = start(others + third)
    assert bus.stop() == 0
    fill(bus, others + third, *people(*range(1500)))  # `third` is the one that was given none
    wait_until(lambda: bus.sink("third")["in_flight"] > 0, "it has begun")
    idle_at = None  # `status` is answered when outcomes are settled, just before new batches go out
    while (sink := bus.sink("third"))["pending"] > 4 * 4:
        assert sink["in_flight"] > 0 or sink["delivered"] != idle_at, sink
        idle_at = sink["delivered"] if sink["in_flight"] == 0 else None
    bus.wait_for("third", state="open", delivered=1500, pending=0)
    assert bus.sink("far")["pending"] == 1500 and bus.sink("backend")["pending"] == 1500
