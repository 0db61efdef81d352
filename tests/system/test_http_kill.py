"""Events by HTTPS while the bus is killed again and again: what got a 202 is in the journal, once."""

import contextlib
import http.client
import json
import os
import sqlite3
import ssl
import threading
import time

from door import TOKEN
from harness import event, wait_until

EVENTS = int(os.environ.get("AFFN_HTTP_EVENTS", "10000"))
KILLS = 5
SENDERS = 8
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


class Sender(threading.Thread):
    """Posts its share, each request until it has got a 202 or a 200; notes which events got which."""

    def __init__(self, door, first, count):
        super().__init__()
        self.door, self.first, self.count = door, first, count
        self.confirmed = set()
        self.tries = 0
        self.stop = False

    def run(self):
        client = None
        at, end = self.first, self.first + self.count
        while at < end and not self.stop:
            size = 1 if at % 7 else min(25, end - at)
            body = [event(number) for number in range(at, at + size)]
            try:
                client = client or self.door.client()
                self.tries += 1
                client.request("POST", "/v1/events", json.dumps(body if size > 1 else body[0]), HEADERS)
                response = client.getresponse()
                told = json.loads(response.read())
            except (OSError, http.client.HTTPException, ssl.SSLError):
                if client:
                    client.close()
                client = None
                time.sleep(0.02)
                continue
            if response.status in (200, 202):
                self.confirmed.update(one["id"] for one in told["events"])
                at += size
            else:
                assert response.status in (429, 503), (response.status, told)
                time.sleep(0.02)
        if client:
            client.close()


def test_what_was_accepted_survives(open_door):
    door = open_door()
    bus = door.bus
    share = EVENTS // SENDERS
    senders = [Sender(door, number * share, share) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        for kill in range(1, KILLS + 1):
            def confirmed():
                assert any(sender.is_alive() for sender in senders), "the senders were done too early"
                return sum(len(sender.confirmed) for sender in senders) >= kill * EVENTS // (KILLS + 1)

            wait_until(confirmed, f"the senders are on their way to kill {kill}")
            bus.kill()
            bus.start()
        for sender in senders:
            sender.join()
    finally:
        for sender in senders:
            sender.stop = True
    confirmed = set().union(*(sender.confirmed for sender in senders))
    assert len(confirmed) == share * SENDERS
    with contextlib.closing(sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True)) as database:
        stored = [row[0] for row in database.execute("SELECT 'evt_' || lower(hex(id)) FROM events")]
    assert len(stored) == len(set(stored)) and set(stored) == confirmed
