"""affnotify hold, resume, skip, and what status and trace say of holds and retries."""

import json
import re

import pytest

from cli_place import ID, moment, place
from fake_bus import always, in_turn, refused
from harness import event, wait_until
from obey import Obey
from test_cli_ask import TRACE, delivery, sink, status

OTHER = "evt_" + 32 * "1"


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


def command(bus, *arguments, code=0):
    done = bus.command(*arguments)
    assert (done.returncode, done.stderr) == (code, ""), done
    return done.stdout


def wait_for_a_retry(bus, event_id):
    """Its delivery, once it waits for its next attempt."""
    def waiting():
        delivery = bus.delivery(event_id, "far")
        return delivery["state"] == "waiting" and delivery

    return wait_until(waiting, "it waits for its next attempt")


def notes(text):
    """What stands below the rows."""
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


# ---- What is printed ----

@pytest.mark.parametrize("name, answer, text", [
    ("hold", {"state": "held", "changed": True},
     "crm is held: nothing more goes to it until affnotify resume crm\n"),
    ("hold", {"state": "held", "changed": False}, "crm was held already; affnotify resume crm ends it\n"),
    ("resume", {"state": "held", "changed": True},
     "crm is resumed: one batch goes first and shows whether it gets through; see affnotify status\n"),
    ("resume", {"state": "stopped", "changed": True}, "crm is resumed, and is stopped; see affnotify status\n"),
    ("resume", {"state": "open", "changed": False}, "crm was not held\n"),
])
def test_hold_and_resume(place, name, answer, text):
    answer = {"ok": True, "sink": "crm", **answer}
    done, bus = place.ask(answer, name, "crm")
    assert (done.returncode, done.stdout, done.stderr) == (0, text, "")
    assert bus.requests == [{"command": name, "sink": "crm"}]
    done, _ = place.ask(answer, name, "crm", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, answer)
    done, _ = place.ask(refused("sink", "unknown_sink", "sink: no sink has the name crn"), name, "crn")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"affnotify {name}: sink: no sink has the name crn\n"


def skipped(count, **members):
    return {"ok": True, "sink": "crm", "skipped": count, **members}


def dry(count, **members):
    return skipped(count, more=False, configured=True, dead=0, dry=True, **members)


def test_skip_needs_a_terminal_or_yes(place):
    done = place.run("skip", "crm")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("affnotify skip: without a terminal to ask on, --yes is needed\n")
    done, bus = place.ask(skipped(1, forgotten=False), "skip", "crm", "--yes")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 event skipped at crm\n", "")
    assert bus.requests == [{"command": "skip", "sink": "crm"}]
    done, bus = place.ask(skipped(7, forgotten=True), "skip", "crm", "--yes", "--until", "2026-03-18")
    assert done.stdout == "7 events skipped at crm, which is forgotten\n"
    assert bus.requests == [{"command": "skip", "sink": "crm", "until": "2026-03-18T00:00:00.000Z"}]
    done, _ = place.ask(skipped(7), "skip", "crm", "--yes", "--json")
    assert json.loads(done.stdout) == skipped(7)


def test_skip_until_some_time(place):
    done = place.run("skip", "crm", "--yes", "--until", "soon")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "affnotify skip: --until: “soon” is not a time; write 2026-03-18, 2026-03-18T12:00:00Z, or how long ago, "
        "like 2h or 3d\n")


@pytest.mark.parametrize("typed", ["y\n", "yes\n", "Y\n"])
def test_skip_asks_on_a_terminal(place, typed):
    with place.bus(in_turn(dry(1234), skipped(1234, forgotten=False))) as bus:
        shown = place.on_terminal("skip", "crm", "--until", "2026-03-18", typed=typed)
    question = {"command": "skip", "sink": "crm", "until": "2026-03-18T00:00:00.000Z"}
    assert bus.requests == [{**question, "dry": True}, question]
    assert "1234 events will never be sent to crm.\nSkip? [y/N] " in shown
    assert shown.endswith("1234 events skipped at crm\n")


@pytest.mark.parametrize("typed", ["n\n", "\n", "yess\n", "\x04"])
def test_skip_is_given_up(place, typed):
    answer = {**dry(20000), "more": True, "configured": False, "dead": 2}
    with place.bus(always(answer)) as bus:
        shown = place.on_terminal("skip", "crm", typed=typed, code=1)
    assert bus.requests == [{"command": "skip", "sink": "crm", "dry": True}]
    assert "more than 20000 events will never be sent to crm.\n" in shown
    assert "The configuration names crm no longer, so it is forgotten, with its 2 dead letters.\n" in shown
    assert shown.endswith("affnotify skip: nothing was skipped\n")


def states():
    """Made when they are needed: the times in them are measured from now."""
    return [
        (sink("crm", "open", next=moment(-7530), expired=3, skipped=4),
         ["next retry in 2 h 5 min", "expired: 3", "skipped: 4"]),
        (sink("crm", "open", next=moment(5), expired=0, skipped=0), []),
        (sink("crm", "held", by_hand=True, error="held by hand", remedy="`affnotify resume crm` ends it"),
         ["held by hand; `affnotify resume crm` ends it"]),
        (sink("crm", "held", until=moment(-750), error="said 401",
              remedy="mend the token at a.ini:14, then `affnotify resume crm`"),
         ["held until T UTC, in 12 min: said 401",
          "what to do: mend the token at a.ini:14, then `affnotify resume crm`"]),
        (sink("crm", "held", until=moment(-30.9), error="no connection"),
         ["held until T UTC, in 30 s: no connection", "`affnotify resume crm` ends the hold early"]),
        (sink("crm", "held", until=moment(1)),
         ["held: the next batch shows how it fares", "`affnotify resume crm` ends the hold early"]),
        (sink("crm", "removed", plugin="", error="gone", remedy="skip it"), ["gone", "what to do: skip it"]),
    ]


@pytest.mark.parametrize("number", range(len(states())))
def test_status_of(place, number):
    one, wanted = states()[number]
    done, _ = place.ask(status(one), "status")
    assert done.returncode == 0
    shown = [re.sub(r"until ([0-9-]+ )?\d\d:\d\d", "until T", note) for note in notes(done.stdout)]
    assert [re.sub(r"in (2\d|30|31) s", "in 30 s", note) for note in shown] == wanted


@pytest.mark.parametrize("needed, code", [([False, False], 0), ([False, True], 1), ([], 0)])
def test_status_check(place, needed, code):
    answer = status(*[sink(f"s{i}", "open", needs_somebody=need) for i, need in enumerate(needed)])
    done, bus = place.ask(answer, "status", "--check")
    assert (done.returncode, done.stderr) == (code, "")
    assert bus.requests == [{"command": "status"}]
    done, _ = place.ask(answer, "status", "--check", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (code, answer)
    assert place.ask(answer, "status")[0].returncode == 0


def attempt(number, **members):
    return {"attempt": number, "times": 1, "at": "2026-03-18T12:00:01.500Z", "verdict": "RETRY", "code": 503,
            "ms": 12, "what": "busy", **members}


def deliveries():
    return [
        (delivery("crm", "waiting", attempts=2, next=moment(-7530), attempts_made=[
            attempt(1), attempt(2, verdict="DOWN", code=0, what="", times=7)]),
         ["attempt 1 at 2026-03-18 12:00:01: RETRY 503, 12 ms: busy",
          "attempt 2, made 7 times, last at 2026-03-18 12:00:01: DOWN, 12 ms", "next in 2 h 5 min"]),
        (delivery("crm", "dead", what="gave up", remedy="ask", attempts_made=[attempt(1, verdict=None)]),
         ["attempt 1 at 2026-03-18 12:00:01: no verdict 503, 12 ms: busy", "gave up", "what to do: ask"]),
        (delivery("crm", "waiting", next=moment(3)), ["next as soon as the sink may"]),
        (delivery("crm", "pending", waits_for={"id": OTHER, "attempts": 3, "next": moment(-7230)}),
         [f"waits for {OTHER} (attempt 4, next in 2 h)"]),
        (delivery("crm", "pending", waits_for={"id": OTHER, "attempts": 0, "next": None}),
         [f"waits for {OTHER} (attempt 1)"]),
        (delivery("crm", "waiting", replay=True), ["sent again, because an operator asked for it"]),
        (delivery("crm", "skipped", next=None, waits_for=None, attempts_made=[]), []),
    ]


@pytest.mark.parametrize("number", range(len(deliveries())))
def test_trace_of(place, number):
    one, wanted = deliveries()[number]
    done, _ = place.ask({**TRACE, "deliveries": [one]}, "trace", ID)
    assert done.returncode == 0
    assert notes(done.stdout) == wanted
    assert f"\ncrm   {one['state']}" in done.stdout


# ---- What a bus does ----

def test_a_hold_by_hand(start, far):
    bus = start(far.section())
    bus.wait_for("far", state="open")
    assert bus.ask({"command": "resume", "sink": "far"}) == {
        "ok": True, "sink": "far", "state": "open", "changed": False}
    assert command(bus, "hold", "far") == "far is held: nothing more goes to it until affnotify resume far\n"
    assert bus.ask({"command": "hold", "sink": "far"}) == {
        "ok": True, "sink": "far", "state": "held", "changed": False}
    bus.emit(event(1), event(2))
    held = bus.sink("far")
    assert (held["state"], held["by_hand"], held["until"], held["pending"], held["needs_somebody"]) == (
        "held", True, None, 2, True)
    assert (held["error"], held["remedy"]) == ("held by hand", "`affnotify resume far` ends it")
    assert notes(command(bus, "status", "--check", code=1)) == ["held by hand; `affnotify resume far` ends it"]
    assert bus.stop() == 0
    bus.start()  # a hand's hold is kept
    bus.wait_for("far", state="held", by_hand=True, pending=2)
    assert far.calls() == []
    command(bus, "resume", "far")
    bus.wait_for("far", state="open", delivered=2, pending=0, by_hand=False, needs_somebody=False)
    command(bus, "status", "--check")


def test_a_hold_for_our_settings_names_the_place(start, far):
    far.say("MISSET", 401)
    bus = start(far.section("retry = standard"))
    (event_id,) = bus.emit(event(1))
    held = bus.wait_for("far", state="held", pending=1)
    line = 1 + bus.config.read_text().splitlines().index("[sink:far]")
    assert held["error"] == "told to say 401"
    assert held["remedy"].endswith(
        f" at {bus.config}:{line}, then `affnotify reload`; or, when nothing in the file was wrong, `affnotify resume far`")
    assert held["until"] is not None and held["needs_somebody"]
    shown = notes(command(bus, "status", "--check", code=1))
    assert re.fullmatch(r"held until (.* )?\d\d:\d\d UTC, in 1[45] min: told to say 401", shown[0])
    assert shown[1:] == [f"what to do: {held['remedy']}"]
    trace = bus.delivery(event_id, "far")
    assert (trace["state"], trace["next"], trace["waits_for"]) == ("pending", None, None)
    assert [(each["attempt"], each["times"], each["verdict"]) for each in trace["attempts_made"]] == [(1, 1, "MISSET")]
    far.say()
    command(bus, "resume", "far")
    bus.wait_for("far", state="open", delivered=1, error="told to say 401")


def test_a_far_side_that_is_down_for_a_moment_needs_nobody(start, far):
    far.say("DOWN")
    bus = start(far.section())
    bus.emit(event(1))
    held = bus.wait_for("far", state="held")
    assert not held["needs_somebody"] and not held["by_hand"]
    command(bus, "status", "--check")


def test_a_sink_with_a_mistake_needs_somebody_and_one_that_is_off_does_not(start, far):
    bus = start(far.section("enabled = no"))
    assert not bus.sink("far")["needs_somebody"]
    assert bus.stop() == 0
    bus.configure(far.section("retry = soon"))
    bus.start()
    assert bus.wait_for("far", state="stopped")["needs_somebody"]


def test_a_later_event_says_what_it_waits_for(start, far):
    far.say("RETRY", 503)
    bus = start(far.section("retry = 1h"))
    first, second = bus.emit(event(1), event(1, "affiliate.deactivated"))
    waits = wait_for_a_retry(bus, first)
    assert waits["attempts"] == 1 and waits["next"] is not None
    assert bus.delivery(second, "far")["waits_for"] == {"id": first, "attempts": 1, "next": waits["next"]}
    assert bus.sink("far")["next"] == waits["next"]
    shown = notes(command(bus, "trace", second))
    assert len(shown) == 1
    assert re.fullmatch(rf"waits for {first} \(attempt 2, next in (\d+ min|1 h( \d+ min)?)\)", shown[0])


def test_order_none_waits_for_nobody(start, far):
    far.say("RETRY", 503)
    bus = start(far.section("retry = 1h", "order = none"))
    ids = bus.emit(event(1), event(1, "affiliate.deactivated"))
    for event_id in ids:
        assert wait_for_a_retry(bus, event_id)["waits_for"] is None


# ---- skip ----

def test_skip_what_is_pending(start, far):
    bus = start(far.section())
    command(bus, "hold", "far")
    ids = bus.emit(*[event(n) for n in range(5)])
    assert bus.ask({"command": "skip", "sink": "far", "dry": True}) == {
        "ok": True, "sink": "far", "skipped": 5, "more": False, "configured": True, "dead": 0, "dry": True}
    assert bus.sink("far")["pending"] == 5
    assert command(bus, "skip", "far", "--yes") == "5 events skipped at far\n"
    bus.wait_for("far", pending=0, skipped=5, state="held")  # once it has started
    assert {bus.delivery(event_id, "far")["state"] for event_id in ids} == {"skipped"}
    bus.emit(event(9))
    command(bus, "resume", "far")
    bus.wait_for("far", delivered=1, pending=0)
    assert len(far.ids()) == 1


def test_skip_what_waits_for_its_next_attempt(start, far):
    far.say("RETRY", 503)
    bus = start(far.section("retry = 1h"))
    first, second = bus.emit(event(1), event(1, "affiliate.deactivated"))
    wait_for_a_retry(bus, first)
    assert command(bus, "skip", "far", "--yes") == "2 events skipped at far\n"
    assert [bus.delivery(each, "far")["state"] for each in (first, second)] == ["skipped", "skipped"]
    far.say()
    bus.emit(event(1, link="https://myapp.link/ref/later"))
    bus.wait_for("far", delivered=1, pending=0, skipped=2)


def test_skip_until_a_time(start, far):
    bus = start(far.section())
    command(bus, "hold", "far")
    old = bus.emit(event(1), event(2))
    between = bus.ask({"command": "trace", "id": old[1]})["received"]
    (new,) = bus.emit(event(3))
    after = bus.ask({"command": "trace", "id": new})["received"]
    if after == between:
        pytest.skip("they came in in the same millisecond")
    assert bus.ask({"command": "skip", "sink": "far", "until": after}) == {
        "ok": True, "sink": "far", "skipped": 2, "forgotten": False}
    assert [bus.delivery(each, "far")["state"] for each in (*old, new)] == ["skipped", "skipped", "pending"]
    command(bus, "resume", "far")
    bus.wait_for("far", delivered=1, pending=0)
    assert far.ids() == [new]


def test_many_are_skipped_by_steps(start, far):
    bus = start(far.section("enabled = no"))
    bus.emit(*[event(n) for n in range(4500)])
    line = bus.connect()
    try:
        line.send({"command": "skip", "sink": "far"}, event(9000))
        assert line.receive() == {"ok": True, "sink": "far", "skipped": 4500, "forgotten": False}
        assert line.receive()["new"]
    finally:
        line.close()
    bus.wait_for("far", pending=1, skipped=4500)


def test_skip_is_refused_while_events_are_in_flight(start, far):
    far.say("hang")
    bus = start(far.section("timeout = 20s"))
    bus.emit(event(1))
    bus.wait_for("far", in_flight=1)
    done = bus.command("skip", "far", "--yes")
    assert (done.returncode, done.stderr) == (
        1, "affnotify skip: sink: far has events in flight; hold it first: affnotify hold far\n")


@pytest.mark.parametrize("request_, rule, message", [
    ({"command": "hold"}, "missing", "sink: a sink's name is needed, as text"),
    ({"command": "resume", "sink": 1}, "missing", "sink: a sink's name is needed, as text"),
    ({"command": "hold", "sink": "fa"}, "unknown_sink", "sink: no sink has the name fa; did you mean far?"),
    ({"command": "skip", "sink": "fa"}, "unknown_sink", "sink: no sink has or had the name fa; did you mean far?"),
    ({"command": "skip", "sink": "far", "dry": 1}, "type", "dry: must be true or false"),
    ({"command": "skip", "sink": "far", "until": "soon"}, "type",
     "until: must be a time like 2026-03-18T12:00:00Z; leave it out to skip all"),
])
def test_refusals(start, far, request_, rule, message):
    answer = start(far.section()).ask(request_)
    assert (answer["ok"], answer["rule"], answer["message"]) == (False, rule, message)


# ---- Sinks that were removed ----

def removed(start, far):
    """A bus whose sink `far` is no longer configured and owes two events."""
    bus = start(far.section("enabled = no"))
    ids = bus.emit(event(1), event(2))
    assert bus.stop() == 0
    bus.configure("")
    bus.start()
    return bus, ids


def test_a_removed_sink_is_shown_while_it_owes_something(start, far):
    bus, ids = removed(start, far)
    gone = bus.sink("far")
    assert gone.pop("oldest") is not None
    assert gone == {
        "name": "far", "configured": False, "plugin": "", "state": "removed", "pending": 2, "in_flight": 0,
        "delivered": 0, "dead": 0, "expired": 0, "skipped": 0, "until": None, "by_hand": False, "next": None,
        "at_rest": None, "counts": {},
        "needs_somebody": True, "error": "the configuration has no such sink any more; its events are kept",
        "error_at": None, "error_is_old": False, "delivered_since": 0, "failing_since": None, "failed_attempts": 0,
        "remedy": "put [sink:far] back, or say `was = far` in the section of a new sink, or give its events up: "
                  "`affnotify skip far`"}
    command(bus, "status", "--check", code=1)
    for name in ("hold", "resume"):
        assert bus.ask({"command": name, "sink": "far"})["rule"] == "unknown_sink"
    assert command(bus, "skip", "far", "--yes") == "2 events skipped at far, which is forgotten\n"
    assert bus.ask({"command": "status"})["sinks"] == []
    assert bus.ask({"command": "trace", "id": ids[0]})["deliveries"] == []


def test_a_removed_sink_that_is_skipped_in_part_is_kept(start, far):
    bus, _ = removed(start, far)
    answer = bus.ask({"command": "skip", "sink": "far", "until": "2020-01-01T00:00:00.000Z"})
    assert answer == {"ok": True, "sink": "far", "skipped": 0, "forgotten": False}
    assert bus.sink("far")["pending"] == 2


def test_a_removed_sink_that_owes_nothing_is_not_shown(start, far):
    bus = start(far.section())
    bus.emit(event(1))
    bus.wait_for("far", delivered=1)
    assert bus.stop() == 0
    bus.configure("")
    bus.start()
    assert bus.ask({"command": "status"})["sinks"] == []
