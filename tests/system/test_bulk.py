"""`emit --jsonl` into a real bus: a file of any length takes the same memory of both."""

import json
import os
import pathlib
import re
import subprocess
import threading

from harness import AFFNOTIFY, event, wait_until

LINES = int(os.environ.get("AFFN_BULK_LINES", "100000"))
FEW = 10_000
EMIT_MORE_KIB = 4 * 1024  # of lines under way, when the bus was fast at first and is slow later
BUS_MORE_KIB = 40 * 1024  # the journal's cache of 24 MiB fills up meanwhile
PLAIN = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1")  # which else keeps what was freed


def peak_kib(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1])


def test_any_number_of_lines_takes_the_same_memory(start):
    bus = start(env=PLAIN)
    emit = subprocess.Popen([AFFNOTIFY, "emit", "--jsonl", "-", "--socket", bus.socket], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN)
    answered = 0

    def count():
        nonlocal answered
        for line in emit.stdout:
            assert line.startswith(b"evt_"), line
            answered += 1

    def write(first, end):
        """Hands these in and waits for their answers; returns what both had at most so far."""
        for begin in range(first, end, 1000):
            emit.stdin.write(b"".join(json.dumps(event(at)).encode() + b"\n" for at in range(begin, begin + 1000)))
        emit.stdin.flush()
        wait_until(lambda: answered == end or not reader.is_alive(), f"{end} lines are answered", 600)
        return peak_kib(emit), peak_kib(bus.process)

    reader = threading.Thread(target=count)
    reader.start()
    try:
        few = write(0, FEW)
        many = write(FEW, LINES)
    finally:
        emit.stdin.close()
        reader.join()
        said = emit.stderr.read().decode()
        emit.wait()
    assert (emit.returncode, said) == (
        0, f"affnotify emit: stdin: {LINES} accepted, 0 known already, 0 spooled, 0 refused\n")
    print(f"emit {few[0]} → {many[0]} KiB, bus {few[1]} → {many[1]} KiB")
    assert many[0] <= few[0] + EMIT_MORE_KIB and many[1] <= few[1] + BUS_MORE_KIB, (few, many)
