"""Events by HTTPS while the bus is killed again and again: what got a 202 is in the journal, once.

The senders are Python's http.client and its TLS, and share no code with the door; that an ID is the right one is
worked out here. In the full run, wrk does the same with 100,000.
"""

import contextlib
import hashlib
import http.client
import json
import os
import sqlite3
import ssl
import threading
import time

from door import TOKEN
from harness import canonical, event, id_of, wait_until

EVENTS = int(os.environ.get("AFFN_HTTP_EVENTS", "10000"))
KILLS = 5
SENDERS = 8
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def expected_id(sent):
    """The ID of an event of a new affiliate."""
    affiliate = "ia_" + hashlib.sha256(sent["email"].encode()).hexdigest()[:8]
    return id_of(canonical({"event": sent["event"], "affiliate_id": affiliate, "email": sent["email"],
                            "deep_link": sent["deep_link"], "occurred_at": sent["occurred_at"]}))


class Sender(threading.Thread):
    """Posts its share, each request until it has got a 202 or a 200; notes which events got which."""

    def __init__(self, door, first, count):
        super().__init__()
        self.door, self.first, self.count = door, first, count
        self.confirmed = set()
        self.wrong = []
        self.tries = self.answers = 0
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
                self.answers += 1
                ids = [one["id"] for one in told["events"]]
                if ids != [expected_id(one) for one in body]:
                    self.wrong.append((body, told))
                self.confirmed.update(ids)
                at += size
            else:
                if response.status not in (429, 503):
                    self.wrong.append((response.status, told))
                    return
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
    assert [sender.wrong for sender in senders if sender.wrong] == []
    assert len(confirmed) == share * SENDERS
    with contextlib.closing(sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True)) as database:
        stored = [row[0] for row in database.execute("SELECT 'evt_' || lower(hex(id)) FROM events")]
    assert len(stored) == len(set(stored)) and set(stored) == confirmed
    requests, answers = (sum(getattr(sender, name) for sender in senders) for name in ("tries", "answers"))
    print(f"{len(confirmed)} events, {KILLS} kills: {requests} requests, {requests - answers} of them without a 202 or a 200")
