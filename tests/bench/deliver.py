"""Deliveries/s of the webhook sink into nginx over HTTPS, in turn with h2load on the same nginx."""

import re
import subprocess

from far_side import PORT, deliver, hand_in, nginx, section
from place import Bus, folder, lines, running, show

ROUNDS = 5
EVENTS = 60_000
CONNECTIONS = 32


def h2load(body):
    output = subprocess.run(
        ["h2load", "--h1", "-n", str(EVENTS), "-c", str(CONNECTIONS), "-t", "1", "-d", body,
         "-H", "content-type: application/json", f"https://127.0.0.1:{PORT}/affiliates"],
        check=True, capture_output=True, text=True).stdout
    assert f"{EVENTS} succeeded" in output, output
    return float(re.search(r"([\d.]+) req/s", output).group(1))


def main():
    with folder() as place, nginx(place):
        body = place / "body.json"
        body.write_bytes(lines(0, 1)[0].strip())
        ours, theirs = [], []
        sink = section(place, "backend", "affiliates")
        for number in range(ROUNDS):
            # The sink is disabled while the events come in, so that it then runs at full speed.
            bus = Bus(place, sink + "enabled = no\n")
            with running(bus):
                hand_in(bus, number * EVENTS, EVENTS)
            bus.configure(sink)
            with running(bus):
                ours.append(deliver(bus, "backend", (number + 1) * EVENTS))
            theirs.append(h2load(body))
    webhook = show("webhook sink into nginx", ours, "deliveries/s")
    load = show(f"h2load --h1 -c {CONNECTIONS} on the same nginx", theirs, "requests/s")
    print(f"ratio {webhook / load:.3f}")


main()
