"""A unix socket with scripted answers, in the place of affnotifyd: for tests of its clients."""

import json
import pathlib
import socket
import threading

HANG = object()  # take the line and never answer it
HANG_UP = object()  # take the line and close the connection


class FakeBus:
    """Answers each line by `answer(line)`: a dict, a string, HANG or HANG_UP. Keeps the lines."""

    def __init__(self, path, answer):
        self.path = str(path)
        self.answer = answer
        self.lines = []
        self._connections = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # shutdown() wakes the threads that wait in accept() and recv(); close() alone would not.
        for each in [self._listener, *self._connections]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
        pathlib.Path(self.path).unlink(missing_ok=True)

    @property
    def requests(self):
        return [json.loads(line) for line in self.lines]

    def say_unasked(self, answer):
        """To everybody who is connected."""
        for connection in self._connections:
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection.makefile("rb") as lines:
                for line in lines:
                    self.lines.append(line.decode())
                    answer = self.answer(line)
                    if answer is HANG_UP:
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    if answer is HANG:
                        continue
                    text = answer if isinstance(answer, str) else json.dumps(answer)
                    connection.sendall(text.encode() + b"\n")
        except OSError:
            pass


def always(answer):
    return lambda line: answer


def in_turn(*answers):
    """The first answer to the first line, and so on; the last one to all that follow."""
    left = list(answers)
    return lambda line: left.pop(0) if len(left) > 1 else left[0]


def accepted(number=0, new=True):
    return {"ok": True, "id": f"evt_{number:032x}", "new": new}


def refused(field="email", rule="syntax", message="email has no @; write it as name@example.com"):
    return {"ok": False, "field": field, "rule": rule, "message": message}


UNAVAILABLE = refused("", "unavailable", "the journal cannot be written: the disk is full")
