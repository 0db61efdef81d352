"""What the journal's file says, to the millisecond, while the bus runs."""
import sqlite3


def ask(bus, query, *values):
    with sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True) as database:
        return database.execute(query, values).fetchall()


def attempts(bus, event_id):
    """The failed attempts of one event: (attempt, times, verdict, code, at_unix_ms)."""
    return ask(bus, "SELECT attempt, times, verdict, code, at_unix_ms FROM attempts"
                    " WHERE seq = (SELECT seq FROM events WHERE id = ?) ORDER BY attempt",
               bytes.fromhex(event_id.removeprefix("evt_")))


def waiting(bus):
    """What waits: {event ID: (attempts, due_unix_ms)}."""
    rows = ask(bus, "SELECT e.id, w.attempts, w.due_unix_ms FROM waiting w JOIN events e ON e.seq = w.seq")
    return {f"evt_{id.hex()}": (attempts, due) for id, attempts, due in rows}
