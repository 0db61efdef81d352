"""Deliveries/s of a sink while another hangs for ever and a third gets 429, in turn with the same sink alone."""

import socket

from far_side import HANG_PORT, deliver, hand_in, nginx, section
from place import Bus, folder, running, show

ROUNDS = 5
EVENTS = 30_000


def measure(place, others):
    """In a folder of its own, so that each round begins with an empty journal."""
    with folder() as own:
        sinks = section(place, "third", "affiliates", "@\n") + "".join(others)
        bus = Bus(own, sinks.replace("@", "enabled = no"))
        with running(bus):
            hand_in(bus, 0, EVENTS)
        bus.configure(sinks.replace("@", ""))
        with running(bus):
            figure = deliver(bus, "third", EVENTS)
            for name in ("hangs", "full")[:len(others)]:
                sink = bus.sink(name)
                assert (sink["pending"], sink["delivered"]) == (EVENTS, 0), sink
        return figure


def main():
    with folder() as place, nginx(place), socket.create_server(("127.0.0.1", HANG_PORT), backlog=512):
        others = [section(place, "hangs", "hang", "retry = standard\ntimeout = 5m\n"),
                  section(place, "full", "429", "retry = standard\n")]
        beside, alone = [], []
        for _ in range(ROUNDS):
            alone.append(measure(place, []))
            beside.append(measure(place, others))
    with_others = show("beside one that hangs and one at 429", beside, "deliveries/s")
    by_itself = show("the same sink alone", alone, "deliveries/s")
    print(f"ratio {with_others / by_itself:.3f}")


main()
