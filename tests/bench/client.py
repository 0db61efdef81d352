"""The C client's calls in microseconds: without sinks, and while four sinks hang; beside the disk's own fsync."""

import contextlib
import os
import socket
import subprocess
import time

from place import Bus, folder, running, show

from harness import BUILD

ROUNDS = 5
CALLS = 1000


def quantile(times, part):
    return sorted(times)[int(len(times) * part)]


def fsyncs(place):
    """What it takes to write 4 KiB to a file and have it on disk."""
    times = []
    with open(place / "probe", "wb") as file:
        for _ in range(CALLS):
            file.write(bytes(4096))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begun) * 1e6)
    return times


def drive(bus, number, call):
    """p50 and p99 of so many calls from one thread."""
    environment = dict(os.environ, AFFNOTIFY_SOCKET=str(bus.socket), AFFNOTIFY_SPOOL=str(bus.state / "spool"))
    done = subprocess.run([BUILD / "fixtures" / "drive_client"], env=environment, capture_output=True, text=True,
                          input=f"time {CALLS} {call} x{number}@{call}.example.com\nclose\n", check=True)
    times, closed = done.stdout.splitlines()
    assert closed == "closed, lost 0", closed
    return [float(word) for word in times.split()]


@contextlib.contextmanager
def bus_with(place, name, sinks):
    (place / name).mkdir()
    with running(Bus(place / name, sinks)) as bus:
        yield bus


def main():
    with folder() as place, socket.create_server(("127.0.0.1", 0), backlog=4096) as deaf, contextlib.ExitStack() as buses:
        port = deaf.getsockname()[1]  # takes every connection and never says a word
        hanging = "".join(f"[sink:s{i}]\nplugin = {BUILD}/plugins/webhook.so\nurl = https://127.0.0.1:{port}/\n"
                          for i in range(4))
        still = buses.enter_context(bus_with(place, "still", ""))
        hung = buses.enter_context(bus_with(place, "hung", hanging))
        found = {}
        for number in range(ROUNDS):
            times = fsyncs(place)
            found.setdefault("fdatasync of 4 KiB", []).append((quantile(times, .5), quantile(times, .99)))
            for call in ("publish", "post"):
                for bus, name in ((still, "no sink"), (hung, "four sinks hang")):
                    found.setdefault(f"{call}, {name}", []).append(drive(bus, number, call))
    for name, rounds in found.items():
        show(f"{name}: p50", [one[0] for one in rounds], "µs")
        show(f"{name}: p99", [one[1] for one in rounds], "µs")


main()
