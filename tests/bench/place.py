"""What the benchmarks share: a bus in a temporary folder, events, a certificate, medians."""

import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from door import TOKEN, free_port  # noqa: E402  the path comes first
from harness import AFFNOTIFY, Bus, event  # noqa: E402


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="affnotify-bench-") as name:
        yield pathlib.Path(name)


@contextlib.contextmanager
def running(bus):
    bus.start()
    try:
        yield bus
    finally:
        bus.stop()


def make_certificate(place):
    """For localhost, signed by itself: server.key and server.pem."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", "server.key", "-out", "server.pem"],
        cwd=place, check=True, capture_output=True)


def lines(first, count):
    """`count` events as they go over the socket, one line each."""
    return [json.dumps(event(number)).encode() + b"\n" for number in range(first, first + count)]


def show(name, figures, unit):
    low, middle, high = min(figures), statistics.median(figures), max(figures)
    print(f"{name:44} {middle:12,.1f} {unit}   (of {len(figures)}: {low:,.1f} to {high:,.1f})", flush=True)
    return middle


__all__ = ["AFFNOTIFY", "Bus", "TOKEN", "folder", "free_port", "lines", "make_certificate", "running", "show"]
