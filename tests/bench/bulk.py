"""`affnotify emit --jsonl` with new affiliates only, beside a plain loop that inserts the same rows into SQLite.

The loop parses, hashes and answers nothing: it has one table with what an event's row has, the same unique ID and the
same durability, and is handed its rows ready-made. The two take turns, and each round finds a larger file.
"""

import hashlib
import itertools
import os
import re
import sqlite3
import subprocess
import time

from place import AFFNOTIFY, Bus, folder, lines, running, show

ROUNDS = 5
EVENTS = 50_000
ROWS_A_COMMIT = 8192


def cost(pid):
    """Microseconds of the processor, and bytes written, so far."""
    with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/io") as io:
        ticks = sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
        written = int(re.search(r"wchar: (\d+)", io.read())[1])
    return ticks * 1e6 / os.sysconf("SC_CLK_TCK"), written


class Figures:
    """Of one of the two, a figure for each round."""

    def __init__(self, name):
        self.name, self.rates, self.processor, self.written = name, [], [], []

    def measure(self, pid, work):
        before, begun = cost(pid), time.perf_counter()
        work()
        took, after = time.perf_counter() - begun, cost(pid)
        self.rates.append(EVENTS / took)
        self.processor.append((after[0] - before[0]) / EVENTS)
        self.written.append((after[1] - before[1]) / EVENTS)

    def show(self):
        rate = show(self.name, self.rates, "events/s")
        show("  processor time", self.processor, "µs an event")
        show("  written", self.written, "bytes an event")
        return rate


def open_plain(path):
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (seq INTEGER PRIMARY KEY,"
        " id BLOB NOT NULL UNIQUE, type INTEGER NOT NULL, received_unix_ms INTEGER NOT NULL, canonical TEXT NOT NULL)")
    return database


def insert(database, rows):
    rows = iter(rows)
    while batch := list(itertools.islice(rows, ROWS_A_COMMIT)):
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            "INSERT INTO events (id, type, received_unix_ms, canonical) VALUES (?, ?, ?, ?)", batch)
        database.execute("COMMIT")


def emit(bus, file):
    subprocess.run([AFFNOTIFY, "emit", "--jsonl", file, "--socket", bus.socket],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def main():
    ours, plain = Figures("emit --jsonl; of the bus:"), Figures("rows into SQLite, 8,192 a commit; of the loop:")
    with folder() as place, running(Bus(place)) as bus:
        database = open_plain(place / "plain.db")
        file = place / "events.jsonl"
        for number in range(ROUNDS):
            events = lines(number * EVENTS, EVENTS)
            rows = [(hashlib.sha256(line).digest()[:16], 1, 0, line.decode()) for line in events]
            file.write_bytes(b"".join(events))
            ours.measure(bus.process.pid, lambda: emit(bus, file))
            plain.measure(os.getpid(), lambda: insert(database, rows))
        database.close()
    ratio = ours.show() / plain.show()
    print(f"{'events/s, of those of the loop':44} {100 * ratio:12,.0f} %")


main()
