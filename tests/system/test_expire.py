"""Which events a sink gets at all: not those that are too old, from `start` on, and what it `was`."""
import time
from datetime import datetime, timedelta, timezone

import pytest

from harness import event, wait_until
from journal_file import attempts, waiting
from obey import Obey, fill


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


def aged(number, seconds, kind="affiliate.created"):
    """An event that occurred so many seconds ago."""
    at = datetime.now(timezone.utc) - timedelta(seconds=seconds)
    return dict(event(number, kind), occurred_at=at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z")


def people(*numbers):
    return [event(number) for number in numbers]


# ---- expire ----


def test_old_events_are_not_sent(start, far):
    bus = start(far.section("expire = 1h"))
    old, fresh, nearly = bus.emit(aged(1, 3700), aged(2, 0), aged(3, 3000))
    sink = bus.wait_for("far", delivered=2, expired=1, pending=0, dead=0)
    assert sink["state"] == "open" and sink["error"] is None
    assert far.ids() == [fresh, nearly]
    delivery = bus.delivery(old, "far")
    assert (delivery["state"], delivery["verdict"], delivery["attempts"]) == ("expired", None, 0)
    assert delivery["what"] == "it was older than the sink's `expire`"
    assert bus.delivery(fresh, "far")["state"] == "delivered"
    assert bus.ask({"command": "dead"})["dead"] == []
    assert "dead letter" not in bus.log()


def test_an_expired_event_blocks_nobody(start, far):
    bus = start(far.section("expire = 1h"))
    ids = bus.emit(aged(1, 9000), aged(1, 10, "affiliate.deactivated"))
    bus.wait_for("far", delivered=1, expired=1, pending=0)
    assert far.ids() == ids[1:]


def test_nothing_expires_without_it(start, far):
    bus = start(far.section())
    bus.emit(event(1), aged(2, 9_999_999))
    bus.wait_for("far", delivered=2, expired=0, pending=0)


def test_whole_batches_expire_and_the_next_go_on(start, far):
    sinks = far.section("expire = 1h", "batch = 10")
    bus = start(sinks)
    assert bus.stop() == 0
    fill(bus, sinks, *[aged(number, 9000) for number in range(2500)],
         *[aged(number, 9000 if number % 2 else 0) for number in range(2500, 2520)])
    bus.wait_for("far", delivered=10, expired=2510, pending=0)
    assert [len(events) for _, events in far.calls()] == [5, 5]
    assert bus.stop() == 0
    bus.start()
    bus.wait_for("far", delivered=10, expired=2510, pending=0)


def test_what_waits_for_its_next_attempt_may_expire(start, far):
    far.say("RETRY", 503)
    bus = start(far.section("expire = 3s", "retry = " + "1s " * 20))
    (event_id,) = bus.emit(aged(1, 0))
    bus.wait_for("far", expired=1, dead=0, pending=0)
    delivery = bus.delivery(event_id, "far")
    assert delivery["state"] == "expired"
    assert delivery["attempts"] == len(far.calls()) == len(attempts(bus, event_id)) >= 1
    assert waiting(bus) == {}


def test_an_old_event_is_no_probe(start, far):
    """What a hold kept for too long is not sent when it ends; the next one is the probe."""
    far.say("MISSET", 401)
    bus = start(far.section("expire = 3s", "retry = 1h"))
    (old,) = bus.emit(aged(1, 0))
    bus.wait_for("far", state="held", in_flight=0)
    time.sleep(3)  # its age is all that matters here
    (fresh,) = bus.emit(dict(aged(2, 0), occurred_at="2100-01-01T00:00:00Z"))
    far.say("DELIVERED")
    assert bus.ask({"command": "resume", "sink": "far"})["ok"]
    bus.wait_for("far", delivered=1, expired=1, pending=0, state="open")
    assert far.ids() == [old, fresh]


def test_each_sink_has_its_own_age(start, far, tmp_path):
    other = Obey(tmp_path, "other")
    bus = start(far.section("expire = 1h") + other.section("expire = 1d"))
    bus.emit(aged(1, 7200))
    bus.wait_for("far", expired=1, delivered=0, pending=0)
    bus.wait_for("other", expired=0, delivered=1, pending=0)


# ---- start ----


def add_later(start, far, tmp_path, *settings, before=5, after=2):
    """A sink that is new beside one that was there; gives the events' IDs, and when each half came."""
    first = Obey(tmp_path, "first")
    bus = start(first.section())
    ids = bus.emit(*people(*range(before)))
    bus.wait_for("first", delivered=before)
    assert bus.stop() == 0
    bus.configure(first.section() + far.section(*settings))
    bus.start()
    ids += bus.emit(*people(*range(before, before + after)))
    bus.wait_for("first", delivered=before + after, pending=0)
    return bus, ids


@pytest.mark.parametrize("settings", [(), ("start = now",)])
def test_a_new_sink_starts_now(start, far, tmp_path, settings):
    bus, ids = add_later(start, far, tmp_path, *settings)
    bus.wait_for("far", delivered=2, pending=0)
    assert far.ids() == ids[5:]
    assert bus.delivery(ids[0], "far")["state"] == "not sent"


def test_a_new_sink_starts_at_the_beginning(start, far, tmp_path):
    bus, ids = add_later(start, far, tmp_path, "start = beginning")
    bus.wait_for("far", delivered=7, pending=0)
    assert far.ids() == ids
    assert bus.stop() == 0
    bus.start()  # it is not new any more
    bus.wait_for("far", state="open", delivered=7, pending=0)
    assert far.ids() == ids


def test_a_new_sink_starts_at_a_date(start, far, tmp_path):
    """By when the event came in, not when it occurred."""
    first = Obey(tmp_path, "first")
    bus = start(first.section())
    old = bus.emit(*people(*range(4)))
    received = bus.ask({"command": "trace", "id": old[-1]})["received"]
    wait_until(lambda: datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") > received[:19], "the next second")
    date = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    new = bus.emit(*people(*range(4, 7)))
    bus.wait_for("first", delivered=7)
    assert bus.stop() == 0
    bus.configure(first.section() + far.section(f"start = {date}"))
    bus.start()
    bus.wait_for("far", delivered=3, pending=0)
    assert far.ids() == new
    assert bus.delivery(old[0], "far")["state"] == "not sent"


def test_a_start_in_the_past_or_to_come(start, far, tmp_path):
    later = Obey(tmp_path, "later")
    first = Obey(tmp_path, "first")
    bus = start(first.section())
    ids = bus.emit(*people(*range(3)))
    bus.wait_for("first", delivered=3)
    assert bus.stop() == 0
    bus.configure(first.section() + far.section("start = 2020-01-01") + later.section("start = 2999-12-31"))
    bus.start()
    bus.wait_for("far", delivered=3, pending=0)
    (new,) = bus.emit(event(9))
    bus.wait_for("later", delivered=1, pending=0)
    assert far.ids() == [*ids, new] and later.ids() == [new]


def test_start_counts_only_events_that_are_its_own(start, far, tmp_path):
    first = Obey(tmp_path, "first")
    bus = start(first.section())
    bus.emit(event(1), event(1, "affiliate.deactivated"), event(2))
    bus.wait_for("first", delivered=3)
    assert bus.stop() == 0
    far.say("MISSET")
    bus.configure(first.section() + far.section("start = beginning", "events = affiliate.deactivated"))
    bus.start()
    bus.wait_for("far", pending=1, state="held")


# ---- was ----


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_renamed_sink_goes_on_where_it_was(start, far, tmp_path, how):
    far.say(person1="RETRY")
    bus = start(far.section("retry = 1h"))
    ids = bus.emit(event(0), event(1), event(1, "affiliate.deactivated"), event(2))
    bus.wait_for("far", delivered=2, pending=2)
    before = waiting(bus)
    getattr(bus, how)()
    new = Obey(tmp_path, "new")
    bus.configure(new.section("was = far", "retry = 1h"))
    bus.start()
    bus.wait_for("new", state="open", delivered=2, pending=2)
    more = bus.emit(event(5))
    bus.wait_for("new", delivered=3, pending=2)
    assert new.ids() == more  # what waits keeps its time
    assert before.items() <= waiting(bus).items()
    assert bus.delivery(ids[1], "new")["attempts_made"][0]["verdict"] == "RETRY"
    assert bus.delivery(ids[1], "new")["next"] is not None
    names = [sink["name"] for sink in bus.ask({"command": "status"})["sinks"]]
    assert names == ["new"]


def test_a_renamed_sink_delivers_what_was_pending(start, far, tmp_path):
    far.say("MISSET", 401)
    bus = start(far.section("retry = 1h"))
    ids = bus.emit(*people(*range(20)))
    bus.wait_for("far", state="held", pending=20, in_flight=0)
    assert bus.stop() == 0
    new = Obey(tmp_path, "new")
    bus.configure(new.section("was = far"))
    bus.start()
    bus.wait_for("new", delivered=20, pending=0)
    assert new.ids() == ids
    assert bus.stop() == 0
    bus.start()  # `was` may stay in the section
    bus.wait_for("new", state="open", delivered=20, pending=0)
    assert new.ids() == ids


def test_a_hold_by_hand_is_taken_over(start, far, tmp_path):
    bus = start(far.section())
    assert bus.ask({"command": "hold", "sink": "far"})["ok"]
    bus.emit(event(1))
    assert bus.stop() == 0
    new = Obey(tmp_path, "new")
    bus.configure(new.section("was = far"))
    bus.start()
    bus.wait_for("new", state="held", by_hand=True, pending=1)


def test_was_a_sink_that_is_still_there_takes_nothing(start, far, tmp_path):
    far.say("MISSET", 401)
    bus = start(far.section("retry = 1h"))
    bus.emit(*people(*range(3)))
    bus.wait_for("far", state="held", pending=3, in_flight=0)
    assert bus.stop() == 0
    new = Obey(tmp_path, "new")
    bus.configure(far.section("retry = 1h") + new.section("was = far"))
    bus.start()
    bus.wait_for("far", pending=3)
    bus.wait_for("new", state="open", pending=0, delivered=0)


def test_was_a_name_that_nobody_had(start, far):
    bus = start(far.section("was = nobody"))
    bus.emit(event(1))
    bus.wait_for("far", delivered=1, pending=0)


def test_the_events_of_a_removed_sink_are_kept_and_shown(start, far, tmp_path):
    far.say("MISSET", 401)
    bus = start(far.section("retry = 1h"))
    ids = bus.emit(*people(*range(3)))
    bus.wait_for("far", state="held", pending=3, in_flight=0)
    assert bus.stop() == 0
    other = Obey(tmp_path, "other")
    bus.configure(other.section())
    bus.start()
    sink = bus.sink("far")
    assert sink["configured"] is False and sink["pending"] == 3 and sink["state"] == "removed"
    far.say("DELIVERED")
    assert bus.stop() == 0
    bus.configure(other.section() + far.section())
    bus.start()
    bus.wait_for("far", delivered=3, pending=0)
    assert set(far.ids()) == set(ids)
