#!/usr/bin/python3
"""For `plugin = exec`, `mode = stream`: each event into $DATABASE."""
import os, sqlite3, sys

ADD = "INSERT OR IGNORE INTO events VALUES (?, ?)"  # what is there stays
db = sqlite3.connect(os.environ["DATABASE"], isolation_level=None)
db.execute("CREATE TABLE IF NOT EXISTS events (id PRIMARY KEY, event)")
for line in sys.stdin:
    id, attempt, kind, event = line.rstrip("\n").split("\t")
    try:
        if kind != "test": db.execute(ADD, (id, event))
        print(id, "ok", flush=True)
    except sqlite3.OperationalError as error:
        print(id, "retry", error, flush=True)
