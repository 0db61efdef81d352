"""The roads by which an event comes in: whichever it takes, it is one event, and nobody on it waits for a sink."""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess

import pytest

from door import Door, free_port, settings
from harness import AFFNOTIFY, BUILD, SPEC_CREATED, canonical, event, id_of, wait_until, webhook_section

# The same event, spelt in ways that mean the same.
SPELLINGS = [
    SPEC_CREATED,
    dict(SPEC_CREATED, affiliate_id="IA_45FEE001"),
    dict(SPEC_CREATED, email="  affiliate@example.com\t"),
    dict(SPEC_CREATED, occurred_at="2026-03-18T17:30:00.0009999+05:30"),
    dict(reversed(SPEC_CREATED.items()), occurred_at="2026-03-18t04:00:00-08:00", more={"of": ["this", None]}),
]


class Roads:
    """Each hands one event in and returns whether it was new; all check the ID that they are told."""

    def __init__(self, door):
        self.door, self.bus = door, door.bus
        self.id = id_of(canonical(SPEC_CREATED))

    def taken(self, answer):
        assert answer["id"] == self.id, answer
        return answer["new"]

    def socket(self, one):
        return self.taken(self.bus.ask(one))

    def handover(self, one):
        return self.taken(self.bus.ask({"take": one, "source": "a test"}))

    def http(self, one):
        reply = self.door.post(json.dumps(one, indent=1).encode())
        assert reply.status in (200, 202), reply.body
        return self.taken(reply.json["events"][0])

    def options(self, one):
        words = [f"--{name.replace('_', '-')}={one[name]}"
                 for name in ("email", "affiliate_id", "deep_link", "occurred_at")]
        done = self.bus.command("emit", one["event"], *words, "--json")
        assert done.returncode == 0, done
        return self.taken(json.loads(done.stdout))

    def file(self, one, *more):
        done = self.bus.command("emit", "--jsonl", "-", "--json", *more, input=json.dumps(one) + "\n")
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    def jsonl(self, one):
        return self.taken(self.file(one))

    def spool(self, one):
        def known():
            status = self.bus.ask({"command": "status"})["bus"]
            return status["accepted"]

        before, taken = known(), self.bus.log().count("taken from the spool")
        assert self.file(one, "--socket", "/nowhere")["spooled"]
        self.bus.wait_for_log("taken from the spool", taken + 1)
        return known() > before


ROADS = ["socket", "handover", "http", "options", "jsonl", "spool"]


def stored(bus):
    with contextlib.closing(sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True)) as database:
        return [(f"evt_{key.hex()}", bytes(body) if isinstance(body, bytes) else body.encode())
                for key, body in database.execute("SELECT id, canonical FROM events")]


@pytest.mark.parametrize("first", range(len(ROADS)), ids=ROADS)
def test_an_event_by_every_road_is_one_event(open_door, https_server, first):
    """Each road is the first in turn, and each takes another spelling in each turn."""
    door = open_door(webhook_section(https_server))
    roads = Roads(door)
    for turn in range(len(ROADS)):
        road = ROADS[(first + turn) % len(ROADS)]
        spelling = SPELLINGS[(2 * first + turn) % len(SPELLINGS)]
        assert getattr(roads, road)(spelling) == (turn == 0), (road, spelling)
    body = canonical(SPEC_CREATED)
    assert stored(door.bus) == [(roads.id, body)]
    other = door.bus.emit(event(1))[0]  # what comes behind it has been delivered: nothing more will come
    door.bus.wait_for("backend", delivered=2, pending=0)
    assert sorted((one.headers["webhook-id"], one.body) for one in https_server.requests if
                  one.headers["webhook-id"] != other) == [(roads.id, body)]


@pytest.mark.parametrize("road", ROADS)
def test_the_longest_event_by_every_road(open_door, https_server, road):
    """The longest address, the longest link and the longest name of an event: nothing is cut on the way."""
    longest = dict(SPEC_CREATED, event="affiliate.deactivated", deep_link=f"https://x.example/{2030 * 'l'}",
                   email=f"{64 * 'e'}@{'.'.join(3 * [59 * 'd'])}.{9 * 'o'}")
    assert (len(longest["deep_link"]), len(longest["email"])) == (2048, 254)
    door = open_door(webhook_section(https_server))
    roads = Roads(door)
    body = canonical(longest)
    roads.id = id_of(body)
    assert getattr(roads, road)(longest)
    door.bus.wait_for("backend", delivered=1)
    assert [one.body for one in https_server.requests] == [body]
    for field in ("email", "deep_link"):
        refused = door.post(dict(longest, **{field: longest[field] + "x"}))
        assert (refused.status, refused.json["field"], refused.json["rule"]) == (400, field, "too_long")


# ---- Nobody waits for a sink ----


@pytest.fixture
def deaf():
    """A port that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


def test_nobody_who_hands_an_event_in_waits_for_a_sink(start, tls, deaf):
    """Every sink hangs, each at another place, for ten minutes: whoever waited for one would wait for so long."""
    hanging = "".join(f"[sink:{place}]\nplugin = fixture_misfit\nin = {place}\ndoes = hang\ntimeout = 10m\n"
                      for place in ("check", "open", "deliver"))
    hanging += f"[sink:far]\nplugin = webhook\nurl = https://127.0.0.1:{deaf}/\ntimeout = 10m\n"
    port = free_port()
    bus = start(hanging, settings(port, tls))
    bus.emit(event(1))
    bus.wait_for("far", in_flight=1)
    bus.wait_for("deliver", in_flight=1)
    door = Door(bus, port, tls).wait()
    assert door.post(event(2)).status == 202
    assert bus.command("emit", "--jsonl", "-", input=json.dumps(event(3)) + "\n").returncode == 0
    environment = dict(os.environ, AFFNOTIFY_SOCKET=str(bus.socket), AFFNOTIFY_SPOOL="/nowhere", TIMEOUT_MS="60000")
    done = subprocess.run([BUILD / "fixtures" / "drive_client"], env=environment, capture_output=True, text=True,
                          input="publish ada@example.com\nthreads 4 50 publish\npost grace@example.com\n"
                                "flush 60000\ncount\nclose\n", timeout=120)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("1 evt_") and len(lines) == 1 + 200 + 1 + 4
    assert {line.split()[0] for line in lines[1:201]} == {"1"}  # accepted and durable, none of them spooled
    assert "accepted 1 spooled 0 refused 0 lost 0" in done.stdout and lines[-1] == "closed, lost 0"
    for name in ("check", "open", "deliver", "far"):  # and not one was delivered meanwhile
        assert bus.sink(name)["delivered"] == 0
        assert bus.sink(name)["pending"] == 205
