"""Prints what a bus says at /metrics whose sinks are well, held and stopped: scrape.py FOLDER."""

import pathlib
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "system"))

from door import TOKEN, Door, free_port, settings  # noqa: E402
from harness import Bus, csv_section, event  # noqa: E402


def main(folder):
    port, admin = free_port(), free_port()
    sinks = csv_section(folder) + csv_section(folder, "enabled = no").replace("crm", "off")
    sinks += "[sink:down]\nplugin = webhook\nurl = https://127.0.0.1:1/\n[sink:wrong]\nplugin = none\n"
    bus = Bus(folder, sinks, settings(port, more=f"admin_listen = {admin}")).start()
    try:
        door = Door(bus, port).wait()
        assert door.post([event(number) for number in range(10)]).status == 202
        assert door.post(event(1)).status == 200
        assert door.post({"event": "nothing"}, TOKEN).status == 400
        bus.wait_for("crm", delivered=10)
        bus.wait_for("down", state="held")
        with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics") as answer:
            sys.stdout.write(answer.read().decode())
    finally:
        bus.stop()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
