#!/usr/bin/python3
"""A sink of `plugin = exec`, `mode = stream`: keeps the events in the SQLite database $DATABASE, each once."""
import os, sqlite3, sys

database = sqlite3.connect(os.environ["DATABASE"], isolation_level=None)  # commits each by itself
database.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, event TEXT)")
for line in sys.stdin:
    id, attempt, kind, event = line.rstrip("\n").split("\t")
    try:
        if kind != "test":
            database.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", (id, event))
        print(id, "ok", flush=True)
    except sqlite3.OperationalError as error:
        print(id, "retry", error, flush=True)
