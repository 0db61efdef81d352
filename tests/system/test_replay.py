"""Sending again what a sink has behind it, and dropping dead letters."""
import csv
import threading
import time

import pytest

from harness import csv_section, event, rows, wait_until
from journal_file import ask, waiting
from obey import Obey, fill


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


def replay(bus, sink="far", **members):
    return bus.ask({"command": "replay", "sink": sink, **members})


def events_of(answer):
    assert answer["ok"], answer
    return answer["events"]


def dead_letters(start, far, *events, settings=("retry = none",)):
    far.say("REFUSED", 422)
    bus = start(far.section(*settings))
    ids = bus.emit(*events)
    bus.wait_for("far", dead=len(ids), pending=0)
    far.say("DELIVERED")
    return bus, ids


# ---- Dead letters ----


def test_dead_letters_are_sent_again_after_mending(start, far):
    bus, ids = dead_letters(start, far, *[event(number) for number in range(3)])
    counted = replay(bus, dead=True, dry=True)
    assert counted == {"ok": True, "sink": "far", "to": "far", "events": 3, "superseded": 0, "superseded_events": [],
                       "more": False, "pending": 0, "not_taken": 0, "dry": True, "log_email": "masked"}
    assert bus.sink("far")["dead"] == 3
    assert replay(bus, dead=True) == dict(counted, dry=False)
    bus.wait_for("far", dead=0, delivered=3, pending=0)
    assert far.ids() == ids + ids
    for event_id in ids:
        delivery = bus.delivery(event_id, "far")
        assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
    assert events_of(replay(bus, dead=True)) == 0


def test_the_trace_tells_that_it_is_a_replay(start, far):
    bus = start(far.section())
    (event_id,) = bus.emit(event(1))
    bus.wait_for("far", delivered=1)
    assert bus.delivery(event_id, "far")["replay"] is False
    assert bus.ask({"command": "hold", "sink": "far"})["ok"]
    assert bus.ask({"command": "replay", "sink": "far", "id": event_id})["ok"]
    (other,) = bus.emit(event(2))
    assert bus.delivery(event_id, "far")["state"] == "waiting"
    assert bus.delivery(event_id, "far")["replay"] is True
    assert "sent again, because an operator asked for it" in bus.command("trace", event_id).stdout
    assert bus.delivery(other, "far")["replay"] is False
    assert bus.ask({"command": "resume", "sink": "far"})["ok"]
    bus.wait_for("far", delivered=2, pending=0)


def test_a_replay_has_its_retries_anew(start, far):
    far.say("RETRY", 503)
    bus = start(far.section("retry = 50ms"))
    (event_id,) = bus.emit(event(1))
    bus.wait_for("far", dead=1, pending=0)
    assert events_of(replay(bus, dead=True)) == 1
    bus.wait_for("far", dead=1, pending=0)
    assert [attempt for _, attempt in far.tries(event_id)] == [1, 2, 1, 2]
    delivery = bus.delivery(event_id, "far")
    assert [(made["attempt"], made["times"]) for made in delivery["attempts_made"]] == [(1, 1)]


def test_the_plugin_sees_that_it_is_a_replay(start, tmp_path, far):
    bus = start(far.section(f"flags = {tmp_path}/flags"))
    bus.emit(event(1))
    bus.wait_for("far", delivered=1)
    assert events_of(replay(bus)) == 1
    wait_until(lambda: len(far.calls()) == 2, "it came again")
    assert (tmp_path / "flags").read_text() == "0\n2\n"


def test_the_flag_outlives_the_bus_and_retries(start, tmp_path, far):
    bus, (event_id,) = dead_letters(start, far, event(1),
                                    settings=["retry = none", f"flags = {tmp_path}/flags"])
    bus.ask({"command": "hold", "sink": "far"})
    assert events_of(replay(bus)) == 1
    bus.kill()
    bus.start()
    assert bus.delivery(event_id, "far")["state"] == "waiting"
    bus.ask({"command": "resume", "sink": "far"})
    bus.wait_for("far", delivered=1, dead=0, pending=0)
    assert (tmp_path / "flags").read_text() == "0\n2\n"


def test_what_expired_is_sent_when_asked_for(start, far):
    bus = start(far.section("expire = 1h"))
    (event_id,) = bus.emit(event(1))  # of a day long past
    bus.wait_for("far", expired=1, pending=0)
    assert far.calls() == []
    assert events_of(replay(bus)) == 1
    bus.wait_for("far", expired=0, delivered=1, pending=0)
    assert far.ids() == [event_id]


def test_what_was_skipped_is_sent_when_asked_for(start, far):
    bus = start(far.section())
    bus.ask({"command": "hold", "sink": "far"})
    ids = bus.emit(*[event(number) for number in range(4)])
    assert bus.ask({"command": "skip", "sink": "far"})["skipped"] == 4
    bus.ask({"command": "resume", "sink": "far"})
    assert events_of(replay(bus)) == 4
    bus.wait_for("far", skipped=0, delivered=4, pending=0)
    assert far.ids() == ids


# ---- Superseded ----


def test_what_a_later_event_has_overtaken_is_left_out(start, far):
    far.say("REFUSED")
    bus = start(far.section("retry = none"))
    (first,) = bus.emit(event(1))
    bus.wait_for("far", dead=1)
    far.say("DELIVERED")
    (second,) = bus.emit(event(1, kind="affiliate.deactivated"))
    (other,) = bus.emit(event(2))
    bus.wait_for("far", delivered=2)
    answer = replay(bus, dead=True)
    assert (answer["events"], answer["superseded"], answer["more"]) == (0, 1, False)
    assert answer["superseded_events"] == [{"id": first, "email": "person1@example.com", "by": second}]
    assert bus.sink("far")["dead"] == 1
    answer = replay(bus, dead=True, superseded=True)
    assert (answer["events"], answer["superseded"]) == (1, 1)
    bus.wait_for("far", delivered=3, dead=0)
    assert far.ids() == [first, second, other, first]


def test_of_a_long_list_the_first_are_named(start, far):
    bus = start(far.section("batch = 50"))
    bus.emit(*[event(number) for number in range(30)])
    bus.emit(*[event(number, kind="affiliate.deactivated") for number in range(30)])
    bus.wait_for("far", delivered=60)
    answer = replay(bus, dry=True)
    assert (answer["events"], answer["superseded"], len(answer["superseded_events"]), answer["more"]) == (
        30, 30, 20, True)


def test_a_later_event_that_was_not_delivered_overtakes_nothing(start, far):
    kinds = ["affiliate.created", "affiliate.deactivated"]
    bus, ids = dead_letters(start, far, *[event(1, kind=kind) for kind in kinds])
    assert events_of(replay(bus)) == 2
    bus.wait_for("far", delivered=2, dead=0)
    assert far.ids() == ids + ids


def test_one_in_flight_is_waited_for(start, far):
    """Else an event could go out while a later one of its affiliate is on its way."""
    far.say("REFUSED")
    bus = start(far.section("retry = none"))
    (first,) = bus.emit(event(1))
    bus.wait_for("far", dead=1)
    far.say("hang")
    bus.configure(far.section("retry = none", "timeout = 300ms"))
    assert bus.stop() == 0
    bus.start()
    (second,) = bus.emit(event(1, kind="affiliate.deactivated"))
    wait_until(lambda: second in far.ids(), "the second is on its way")
    answer = replay(bus, id=first)
    assert answer["events"] == 1
    bus.wait_for("far", pending=0, dead=2)
    assert far.ids() == [first, second, first]


# ---- Which ones ----


def test_by_person_time_and_id(start, far):
    bus = start(far.section("events = affiliate.created"))
    early = bus.emit(event(1), event(2))
    bus.wait_for("far", delivered=2)
    time.sleep(0.01)  # the clock of the journal counts milliseconds
    between = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() // 10**6 % 1000:03}Z"
    late = bus.emit(event(1, link="https://myapp.link/ref/other"), event(3))
    (untaken,) = bus.emit(event(4, kind="affiliate.deactivated"))
    bus.wait_for("far", delivered=4)

    def count(**members):
        answer = replay(bus, dry=True, superseded=True, **members)
        return answer["events"]

    assert count() == 4
    assert count(since=between) == 2
    assert count(until=between) == 2
    assert count(since=between, until=between) == 0
    assert count(email="Person1@example.com") == 2
    assert count(email="person1@example.com", since=between) == 1
    assert count(id=early[1]) == 1
    assert count(id=early[1], since=between) == 0
    assert count(id=early[1], email="person1@example.com") == 0
    assert count(id=early[1], dead=True) == 0
    answer = replay(bus, id=untaken)
    assert (answer["events"], answer["not_taken"]) == (0, 1)
    assert events_of(replay(bus, id=late[1])) == 1
    bus.wait_for("far", pending=0, delivered=4)
    assert far.ids() == early + late + [late[1]]


def test_one_that_is_older_than_the_sink_goes_by_its_id(start, far, tmp_path):
    new = Obey(tmp_path, "new")
    bus = start(far.section())
    (event_id,) = bus.emit(event(1))
    bus.wait_for("far", delivered=1)
    assert bus.stop() == 0
    bus.configure(far.section() + new.section())
    bus.start()
    assert events_of(replay(bus, "new")) == 0
    assert events_of(replay(bus, "new", id=event_id)) == 1
    bus.wait_for("new", delivered=1, pending=0)
    assert new.ids() == [event_id]


def test_to_another_sink(start, far, tmp_path):
    other = Obey(tmp_path, "other")
    bus, ids = dead_letters(start, far, event(1), event(2))
    assert bus.stop() == 0
    bus.configure(other.section())
    bus.start()
    refused = replay(bus)
    assert (refused["rule"], refused["message"]) == (
        "not_configured", "sink: far is no longer configured; say to which sink its events are to go")
    bus.ask({"command": "hold", "sink": "other"})
    assert events_of(replay(bus, to="other", dead=True)) == 2
    again = replay(bus, to="other", dead=True)
    assert (again["events"], again["pending"]) == (0, 2)
    bus.ask({"command": "resume", "sink": "other"})
    bus.wait_for("other", delivered=2, pending=0)
    assert other.ids() == ids
    assert bus.delivery(ids[0], "far")["state"] == "dead"


@pytest.mark.parametrize("members, field, rule", [
    ({"sink": "fat"}, "sink", "unknown_sink"),
    ({"sink": 1}, "sink", "missing"),
    ({"to": "fat"}, "to", "unknown_sink"),
    ({"to": 1}, "to", "type"),
    ({"since": "yesterday"}, "since", "type"),
    ({"until": 1}, "until", "type"),
    ({"id": "evt_" + 32 * "0"}, "id", "unknown_id"),
    ({"id": "x"}, "id", "unknown_id"),
    ({"email": "nobody@example.com"}, "email", "unknown_email"),
    ({"email": "nobody"}, "email", "syntax"),
    ({"dead": 1}, "dead", "type"),
    ({"superseded": 1}, "superseded", "type"),
    ({"dry": 1}, "dry", "type"),
])
def test_what_is_wrong_is_refused(start, far, members, field, rule):
    bus = start(far.section())
    answer = replay(bus, **members)
    assert (answer["ok"], answer["field"], answer["rule"]) == (False, field, rule), answer


# ---- Order, and many ----


def test_a_csv_file_gets_no_row_twice(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit(*[event(number) for number in range(5)])
    bus.wait_for("crm", delivered=5)
    before = rows(tmp_path)
    assert events_of(replay(bus, "crm")) == 5
    bus.wait_for("crm", delivered=5, pending=0)
    assert rows(tmp_path) == before


def test_where_order_is_the_journals_it_is_kept(start, far):
    """Also by more than a window, of affiliates whose events come by turns."""
    count = 2500
    bus = start(far.section("order = journal", "batch = 100"))
    kinds = ["affiliate.created", "affiliate.deactivated"]
    ids = bus.emit(*[event(number % 700, kind=kinds[number // 700 % 2], link=f"x:{number}")
                     for number in range(count)])
    bus.wait_for("far", delivered=count)
    assert events_of(replay(bus, superseded=True)) == count
    bus.wait_for("far", delivered=count, pending=0)
    assert far.ids() == ids + ids


def test_many_are_put_back_beside_all_else(start, far, tmp_path):
    count = 5000
    near = Obey(tmp_path, "near")
    bus = start(far.section("batch = 500") + near.section())
    for first in range(0, count, 500):
        bus.emit(*[event(number) for number in range(first, first + 500)])
    bus.wait_for("far", delivered=count)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(replay(bus)))
    thread.start()
    number = count
    waited = []
    while thread.is_alive():
        began = time.monotonic()
        bus.emit(event(number))
        waited.append(time.monotonic() - began)
        number += 1
    thread.join()
    assert events_of(answers[0]) in range(count, number + 1)
    assert len(waited) > 1  # others were heard meanwhile: it went by steps
    bus.wait_for("far", delivered=number, pending=0)
    bus.wait_for("near", delivered=number, pending=0)
    assert len(near.ids()) == number
    assert len(far.ids()) == number + answers[0]["events"]


def test_killed_in_the_middle(start, far):
    """What was put back is pending, the rest is what it was; nothing is lost and nothing is both."""
    count = 3000
    bus, ids = dead_letters(start, far, *[event(number) for number in range(count)],
                            settings=["retry = none", "batch = 500"])
    bus.ask({"command": "hold", "sink": "far"})
    connection = bus.connect()
    connection.send({"command": "replay", "sink": "far", "dead": True})
    wait_until(lambda: ask(bus, "SELECT count(*) FROM waiting")[0][0] > 0, "the first step is done")
    bus.kill()
    connection.close()
    put_back = ask(bus, "SELECT count(*) FROM waiting")[0][0]
    assert 0 < put_back <= count
    bus.start()
    sink = bus.sink("far")
    assert (sink["pending"], sink["dead"]) == (put_back, count - put_back)
    answer = replay(bus, dead=True)
    assert answer["events"] == count - put_back
    bus.ask({"command": "resume", "sink": "far"})
    bus.wait_for("far", delivered=count, dead=0, pending=0)
    assert sorted(far.ids()[-count:]) == sorted(ids)


def test_two_at_once(start, far):
    bus = start(far.section())
    bus.emit(event(1))
    bus.wait_for("far", delivered=1)
    far.say("hang")
    bus.emit(event(2))
    wait_until(lambda: len(far.calls()) == 2, "one is on its way")
    first = bus.connect()
    first.send({"command": "replay", "sink": "far"})
    wait_until(lambda: replay(bus)["ok"] is False, "the first one has begun")
    busy = {"ok": False, "field": "sink", "rule": "busy",
            "message": "sink: far is busy: events are being sent to it again; try again when that is done"}
    assert replay(bus) == busy
    assert bus.ask({"command": "skip", "sink": "far"}) == busy
    first.close()


# ---- Dropping ----


def drop(bus, **members):
    return bus.ask({"command": "drop", "sink": "far", **members})


def test_dead_letters_are_dropped(start, far):
    bus, ids = dead_letters(start, far, event(1), event(2), event(3))
    assert drop(bus, dry=True) == {"ok": True, "sink": "far", "dropped": 3, "dry": True}
    assert bus.sink("far")["dead"] == 3
    assert drop(bus, email="person2@example.com") == {"ok": True, "sink": "far", "dropped": 1, "dry": False}
    delivery = bus.delivery(ids[1], "far")
    assert (delivery["state"], delivery["verdict"], delivery["code"]) == ("dropped", "REFUSED", 422)
    assert drop(bus, id=ids[0])["dropped"] == 1
    assert [row["id"] for row in bus.ask({"command": "dead"})["dead"]] == [ids[2]]
    assert drop(bus)["dropped"] == 1
    assert bus.sink("far")["dead"] == 0
    assert drop(bus)["dropped"] == 0
    assert events_of(replay(bus, id=ids[0])) == 1
    bus.wait_for("far", delivered=1, pending=0)


def test_those_of_a_removed_sink_are_dropped(start, far):
    bus, ids = dead_letters(start, far, event(1))
    assert bus.stop() == 0
    bus.configure("")
    bus.start()
    assert drop(bus)["dropped"] == 1
    assert bus.ask({"command": "dead"})["dead"] == []


# ---- The command ----


def test_by_command(start, far):
    bus, ids = dead_letters(start, far, event(1), event(2))
    done = bus.command("replay", "--sink", "far", "--dead", stdin=-3)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("2 events would be sent to far again.\n"
                           "affnotify replay: nothing was sent; without a terminal to ask on, --yes is needed\n")
    done = bus.command("replay", "--sink", "far", "--dead", "--yes")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2 events go to far again\n", "")
    bus.wait_for("far", delivered=2, dead=0)
    done = bus.command("replay", "--sink", "far", "--dead", stdin=-3)
    assert (done.returncode, done.stderr) == (0, "There is nothing to send to far again.\n")
