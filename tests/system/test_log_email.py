"""`log_email`: how addresses stand in the log, in what plugins log, and in the tables of the command."""
import json

import pytest

from harness import event

ADDRESS = "émile.zola@example.com"
SHOWN = {"full": ADDRESS, "masked": "é•••@example.com", "none": "•••"}
SINK = "[sink:far]\nplugin = fixture_verdict\nverdict = 3\nretry = none\n"


def tables(bus, event_id, *more):
    return {command[0]: bus.command(*command, *more).stdout
            for command in (["events"], ["dead"], ["trace", event_id], ["roster"])}


@pytest.mark.parametrize("shown", [None, *SHOWN])
def test_log_and_tables(start, shown):
    bus = start(SINK, f"log_email = {shown}" if shown else "")
    event_id, = bus.emit(event(email=ADDRESS))
    bus.wait_for("far", dead=1)
    wanted = SHOWN[shown or "masked"]
    said = [line for line in bus.log().splitlines() if " ms: " in line]
    assert len(said) == 1 and said[0].endswith(f' ms: {wanted}"'), said
    assert (ADDRESS in bus.log()) == (shown == "full")
    for command, text in tables(bus, event_id).items():
        assert text.count(wanted) == 1, (command, text)
        assert (ADDRESS in text) == (shown == "full"), (command, text)
    for command, text in tables(bus, event_id, "--json").items():
        assert ADDRESS in json.dumps(json.loads(text), ensure_ascii=False), command


def test_whoever_names_an_address_is_shown_it(start):
    bus = start(SINK, "log_email = none")
    bus.emit(event(email=ADDRESS))
    bus.wait_for("far", dead=1)
    assert bus.command("events", "--email", ADDRESS).stdout.endswith(f"{ADDRESS}\n")
    assert bus.command("id", ADDRESS).returncode == 0
    assert ADDRESS in bus.command("forget", ADDRESS, "--yes").stdout


def test_what_was_refused_is_masked_in_the_list_and_whole_by_its_number(start):
    bus = start(SINK)
    spool = bus.state / "spool"
    (spool / "1.json").write_text('{"event":"affiliate.created","email":"ada@exam_ple.com"}\n')
    bus.wait_for_log("refused")
    listed = bus.command("refused").stdout
    assert "a•••@exam_ple.com" in listed and "ada@" not in listed.replace("email=ada@example.com", "")
    assert "ada@exam_ple.com" in bus.command("refused", "1").stdout


def test_a_reload_changes_it(start):
    bus = start(SINK)
    event_id, = bus.emit(event(email=ADDRESS))
    bus.wait_for("far", dead=1)
    assert ADDRESS not in bus.command("trace", event_id).stdout + bus.log()
    bus.configure(SINK, "log_email = full")
    assert bus.ask({"command": "reload"})["ok"]
    assert ADDRESS in bus.command("trace", event_id).stdout
    bus.emit(event(email=f"x{ADDRESS}"))
    bus.wait_for_log(f"x{ADDRESS}")
