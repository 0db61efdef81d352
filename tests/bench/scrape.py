"""A scrape: GET /metrics with no sink and with 64, beside GET /healthz, for which the bus is not asked."""

import http.client
import statistics
import time

from place import Bus, folder, free_port, running

SINKS = [0, 64]
SCRAPES = 200


def scrape(client, path):
    """Seconds until the whole answer was there, and its bytes."""
    before = time.perf_counter()
    client.request("GET", path)
    body = client.getresponse().read()
    return time.perf_counter() - before, len(body)


def measure(port, sinks):
    client = http.client.HTTPConnection("127.0.0.1", port)
    for path in ("/metrics", "/healthz"):
        figures = [scrape(client, path) for _ in range(SCRAPES)]
        times = sorted(took * 1000 for took, _ in figures)
        print(f"GET {path}, {sinks} sinks: p50 {statistics.median(times):.2f} ms, "
              f"p99 {times[SCRAPES * 99 // 100]:.2f} ms, {figures[-1][1]:,} bytes", flush=True)
    client.close()


def main():
    for sinks in SINKS:
        with folder() as place:
            port = free_port()
            sections = "".join(f"[sink:s{number}]\nplugin = csv\npath = {place}/{number}.csv\n" for number in range(sinks))
            with running(Bus(place, sections, f"admin_listen = {port}")) as bus:
                bus.wait_for_log('the door is open"')
                for number in range(sinks):
                    bus.wait_for(f"s{number}", state="open")
                measure(port, sinks)


main()
