"""Resident memory of the bus before and after 100,000 events that a stopped sink has not taken."""

import pathlib
import re

from place import Bus, folder, lines, running

EVENTS = 100_000
BURST = 1_000


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE).group(1))


def hand_in(bus, first, count):
    connection = bus.connect()
    for start in range(first, first + count, BURST):
        connection.socket.sendall(b"".join(lines(start, BURST)))
        for _ in range(BURST):
            assert connection.receive()["ok"]
    connection.close()


def main():
    with folder() as place:
        stopped = f"[sink:crm]\nplugin = csv\npath = {place}/crm.csv\nenabled = no\n"
        with running(Bus(place, stopped)) as bus:
            hand_in(bus, 0, BURST)
            before = resident_kib(bus.process.pid)
            hand_in(bus, BURST, EVENTS)
            after = resident_kib(bus.process.pid)
            pending = bus.sink("crm")["pending"]
    print(f"pending {pending:,}; before {before:,} KiB, after {after:,} KiB: {after - before:,} KiB more")


main()
