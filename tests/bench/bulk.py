"""`affnotify emit --jsonl` with new affiliates only: events/s, and what each costs the bus in processor time and bytes."""

import os
import re
import subprocess
import time

from place import AFFNOTIFY, Bus, folder, lines, running, show

ROUNDS = 5
EVENTS = 50_000


def cost(pid):
    """Microseconds of the processor, and bytes written, so far."""
    with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/io") as io:
        ticks = sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
        written = int(re.search(r"wchar: (\d+)", io.read())[1])
    return ticks * 1e6 / os.sysconf("SC_CLK_TCK"), written


def main():
    rates, processor, written = [], [], []
    with folder() as place, running(Bus(place)) as bus:
        file = place / "events.jsonl"
        for number in range(ROUNDS):  # each finds a larger journal
            file.write_bytes(b"".join(lines(number * EVENTS, EVENTS)))
            before = cost(bus.process.pid)
            begun = time.perf_counter()
            process = subprocess.Popen([AFFNOTIFY, "emit", "--jsonl", file, "--socket", bus.socket],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            assert process.wait() == 0
            rates.append(EVENTS / (time.perf_counter() - begun))
            after = cost(bus.process.pid)
            processor.append((after[0] - before[0]) / EVENTS)
            written.append((after[1] - before[1]) / EVENTS)
    show("emit --jsonl", rates, "events/s")
    show("processor time of the bus", processor, "µs an event")
    show("written by the bus", written, "bytes an event")


main()
