"""The far side of fixture_obey: what it is to say, and what it was asked."""
import os


class Obey:
    """One sink's far side, in files of a folder; says DELIVERED until it is told otherwise."""

    def __init__(self, folder, name="far"):
        self.name = name
        self.orders = folder / f"{name}.orders"
        self.record = folder / f"{name}.calls"
        self.told = folder / f"{name}.notices"
        self.say("DELIVERED")

    def section(self, *settings):
        lines = [f"[sink:{self.name}]", "plugin = fixture_obey", f"orders = {self.orders}",
                 f"calls = {self.record}", f"notices = {self.told}", *settings]
        return "\n".join(lines) + "\n"

    def say(self, what="DELIVERED", code=0, retry_after_ms=0, **by_person):
        """To all; by_person: person3="REFUSED" is for person3@example.com, as harness.event has it."""
        lines = [f"{who}@example.com {said} {code} {retry_after_ms}\n" for who, said in by_person.items()]
        new = self.orders.with_suffix(".new")
        new.write_text("".join(lines) + f"* {what} {code} {retry_after_ms}\n")
        os.rename(new, self.orders)  # at once, for the plugin may be reading it

    def calls(self):
        """What came so far: (unix_ms, [(id, attempt), …]) of each batch."""
        text = self.record.read_text() if self.record.exists() else ""
        found = []
        for line in text.splitlines():
            at, *events = line.split()
            found.append((int(at), [(id, int(attempt)) for id, attempt in (e.split("/") for e in events)]))
        return found

    def notices(self):
        """What it was told of other sinks: (flags, id, about, subject, text) of each."""
        text = self.told.read_text() if self.told.exists() else ""
        found = []
        for notice in text.split("=== ")[1:]:
            head, subject, body = notice.split("\n", 2)
            flags, id, about = head.split()
            found.append((int(flags), id, about, subject, body.removesuffix("\n")))
        return found

    def tries(self, event_id):
        """When one event came, and as which attempt: [(unix_ms, attempt), …]."""
        return [(at, attempt) for at, events in self.calls() for id, attempt in events if id == event_id]

    def ids(self):
        """All that came, in the order in which they came."""
        return [id for _, events in self.calls() for id, _ in events]


def fill(bus, sinks, *events):
    """Starts the bus with the events waiting at a sink that has been given none: `sinks` is its section."""
    bus.configure(sinks + "enabled = no\n")
    bus.start()
    ids = bus.emit(*events)
    assert bus.stop() == 0
    bus.configure(sinks)
    bus.start()
    return ids
