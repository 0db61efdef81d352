"""wrk against a door whose bus is killed again and again: load.py FOLDER. It prints what was counted."""

import contextlib
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "system"))

from conftest import Tls  # noqa: E402  the path comes first
from door import TOKEN, Door, free_port, settings  # noqa: E402
from harness import Bus, canonical, event, id_of, wait_until  # noqa: E402

EVENTS = int(os.environ.get("AFFN_LOAD_EVENTS", "100000"))
KILLS = 5
CONNECTIONS = 32


def ids_of(file):
    return file.read_text().split("\n")[:-1] if file.exists() else []


def stored(bus):
    with contextlib.closing(sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True)) as database:
        return [(f"evt_{key.hex()}", body) for key, body in database.execute("SELECT id, canonical FROM events")]


def check(accepted, journal):
    assert len(accepted) == EVENTS, f"{len(accepted)} were accepted"
    assert len(set(accepted)) == EVENTS, "an event was accepted as new twice"
    found = [event_id for event_id, _ in journal]
    assert len(set(found)) == len(found), "an event is in the journal twice"
    assert set(accepted) <= set(found), f"lost: {len(set(accepted) - set(found))}"
    for event_id, body in journal:
        body = body if isinstance(body, bytes) else body.encode()
        number = int(re.search(rb'"email":"p(\d+)@', body)[1])
        sent = dict(event(), affiliate_id=f"ia_{number:08x}", email=f"p{number}@example.com",
                    occurred_at="2026-03-18T12:00:00.000Z")
        in_order = {name: sent[name] for name in ("event", "affiliate_id", "email", "deep_link", "occurred_at")}
        assert body == canonical(in_order) and event_id == id_of(body), body


def main(folder):
    (folder / "tls").mkdir()
    tls, port, file = Tls(folder / "tls"), free_port(), folder / "accepted"
    bus = Bus(folder, "", settings(port, tls)).start()
    Door(bus, port, tls).wait()
    begun = time.monotonic()
    wrk = subprocess.Popen(["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", "30m", "-s",
                            pathlib.Path(__file__).with_name("load.lua"), f"https://127.0.0.1:{port}/",
                            TOKEN, file, str(EVENTS)], stdout=subprocess.PIPE, text=True)
    try:
        for kill in range(1, KILLS + 1):
            wait_until(lambda: len(ids_of(file)) >= kill * EVENTS // (KILLS + 1), f"it is time for kill {kill}", 600)
            assert wrk.poll() is None, "wrk was done too early"
            bus.kill()
            bus.start()
        wait_until(lambda: len(ids_of(file)) == EVENTS, "all are accepted", 600)
        took = time.monotonic() - begun
        wrk.send_signal(signal.SIGINT)  # its one thread has stopped; it waits for the end of its time
        told, _ = wrk.communicate(timeout=60)
        bus.stop()
        accepted, journal = ids_of(file), stored(bus)
        check(accepted, journal)
    finally:
        wrk.kill()
        wrk.wait()
        bus.stop()
    print(told)
    print(f"{len(accepted):,} got a 202 in {took:.0f} s with {KILLS} kills of the bus; all are in the journal once, "
          f"with {len(journal) - len(accepted):,} more whose answer was lost with their connection")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
