"""What `accepted` means: the bus is killed fifty times under load, and nothing that it accepted is lost."""

import csv
import json
import random
import sqlite3
import threading
import time

from harness import Connection, event

KILLS = 50
MEETING_KILLS_LEAST = 40
EVENTS_A_BURST = 200


def unsettled(bus):
    """How many deliveries the journal owes, read from the file that the kill left behind."""
    with sqlite3.connect(bus.state / "journal.db") as database:
        (events,) = database.execute("SELECT count(*) FROM events").fetchone()
        (settled,) = database.execute("SELECT count(*) FROM settled").fetchone()
        (sinks,) = database.execute("SELECT count(*) FROM sinks").fetchone()
    return events * sinks - settled


class Producer(threading.Thread):
    """Hands events in until the bus goes away; remembers which were accepted."""

    def __init__(self, bus, numbers):
        super().__init__(daemon=True)
        self.bus = bus
        self.numbers = numbers
        self.accepted = []

    def run(self):
        try:
            connection = Connection(self.bus.socket)
            for start in range(0, len(self.numbers), EVENTS_A_BURST):
                burst = self.numbers[start : start + EVENTS_A_BURST]
                connection.send(*[event(number) for number in burst])
                for _ in burst:
                    answer = connection.receive()
                    assert answer["ok"], answer
                    self.accepted.append(answer["id"])
        except OSError:
            pass  # killed, as it should be


def test_nothing_accepted_is_lost(start, tmp_path, https_server):
    randomness = random.Random(20260318)
    bodies = {}
    lock = threading.Lock()

    def answer(request):
        time.sleep(randomness.random() * 0.01)  # a far side like others, so that some are in flight
        with lock:
            bodies.setdefault(request.headers["webhook-id"], set()).add(request.body)
        return 204

    https_server.answer = answer
    sinks = f"""
[sink:crm]
plugin = csv
path = {tmp_path}/crm.csv

[sink:backend]
plugin = webhook
url = {https_server.url}/affiliates
ca_file = {https_server.ca_file}
timeout = 60s
"""
    bus = start(sinks)
    accepted, met, number = set(), 0, 0
    for kill in range(KILLS):
        producer = Producer(bus, range(number, number + 100_000))
        producer.start()
        wanted = 1 + randomness.randrange(400)
        while len(producer.accepted) < wanted and producer.is_alive():
            time.sleep(0.001)  # the kill comes at some moment, not at an event
        bus.kill()
        producer.join()
        number += 100_000
        accepted.update(producer.accepted)
        met += unsettled(bus) > 0
        bus.start()
    assert met >= MEETING_KILLS_LEAST, f"only {met} of {KILLS} kills met unsettled events"

    with sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True) as database:
        (total,) = database.execute("SELECT count(*) FROM events").fetchone()
    assert total >= len(accepted)
    bus.wait_for("crm", delivered=total, pending=0, dead=0)
    bus.wait_for("backend", delivered=total, pending=0, dead=0)

    with open(tmp_path / "crm.csv", newline="", encoding="utf-8") as file:
        rows = [row[0] for row in csv.reader(file)][1:]
    assert len(rows) == len(set(rows)) == total
    assert accepted <= set(rows)
    assert set(bodies) == set(rows)
    for event_id, versions in bodies.items():
        assert len(versions) == 1, f"{event_id} came in two forms"
        assert set(json.loads(next(iter(versions)))) == {
            "event", "affiliate_id", "email", "deep_link", "occurred_at",
        }
