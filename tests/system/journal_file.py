"""What the journal's file says, to the millisecond, while the bus runs."""
import contextlib
import sqlite3


def change(bus, *statements):
    """Runs (SQL, values…) on the file of a bus that is stopped."""
    with contextlib.closing(sqlite3.connect(f"{bus.state}/journal.db")) as database:
        with database:
            for sql, *values in statements:
                database.execute(sql, values)


def ask(bus, query, *values):
    with contextlib.closing(sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True)) as database:
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
