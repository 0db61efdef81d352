"""
Deliveries/s of the webhook sink by HTTP/2, in turn with HTTP/1.1 into the same nginx; and the processor time that the
sink's host takes for one delivery. nginx reads the whole request before it answers: the HTTP/2 of one that does not ends
in errors of libcurl's, see the webhook's README.
"""

import os
import pathlib

from far_side import deliver, hand_in, nginx, section
from place import Bus, folder, running, show

ROUNDS = 5
EVENTS = 30_000
VERSIONS = ("1.1", "2")


def processor_us(bus):
    """What the one host has used so far, for each event."""
    pid, = (pid for pid in bus.hosts() if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "affnotify-host")
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6 / EVENTS


def main():
    rates = {version: [] for version in VERSIONS}
    times = {version: [] for version in VERSIONS}
    with folder() as place, nginx(place):
        total = 0
        for _ in range(ROUNDS):
            for version in VERSIONS:
                sink = section(place, "backend", "read", f"http_version = {version}\n")
                bus = Bus(place, sink + "enabled = no\n")
                with running(bus):
                    hand_in(bus, total, EVENTS)
                total += EVENTS
                bus.configure(sink)
                with running(bus):
                    rates[version].append(deliver(bus, "backend", total))
                    times[version].append(processor_us(bus))
    one, two = (show(f"webhook sink, HTTP/{version}", rates[version], "deliveries/s") for version in VERSIONS)
    one_us, two_us = (show(f"its host's processor time, HTTP/{version}", times[version], "µs a delivery")
                      for version in VERSIONS)
    print(f"HTTP/2 against HTTP/1.1: {two / one:.3f} of the deliveries/s, {two_us / one_us:.3f} of the processor time")


main()
