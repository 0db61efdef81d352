"""Plays the bus for one real affnotify-host: starts it, and speaks its frames (core/wire/message.h).

Every wait has a time limit, so that a silent host fails a test instead of holding it up.
"""
import fcntl
import hashlib
import json
import os
import select
import signal
import socket
import struct
import termios
import time

(TABLE, FAILED, OPTIONS, CHECKED, OPEN, OPENED, DELIVER, OUTCOME, CLOSE, LOG, RENDER, RENDERED,
 SAID, NOTICE, NOTICED) = range(1, 16)
DELIVERED, RETRY, REFUSED, DOWN, MISSET = range(1, 6)
SEND = 100  # of a rendering: no verdict
TEST = 1  # a flag of events
SPEAKERS = {1: "note", 2: "sent", 3: "received"}
WAIT_S = 30


def event(number, email=None):
    """A canonical event, as the bus would make it: (id, canonical bytes)."""
    fields = {
        "event": "affiliate.created",
        "affiliate_id": f"ia_{number:08x}",
        "email": email or f"person{number}@example.com",
        "deep_link": "",
        "occurred_at": "2026-03-18T12:00:00.000Z",
    }
    canonical = json.dumps(fields, separators=(",", ":")).encode()
    return "evt_" + hashlib.sha256(canonical).hexdigest()[:32], canonical


def put(kind, *fields):
    """A frame; int is a u32, ("i64", n) an i64, str and bytes a text."""
    body = b""
    for field in fields:
        if isinstance(field, tuple):
            body += struct.pack("<q", field[1])
        elif isinstance(field, int):
            body += struct.pack("<I", field & 0xFFFFFFFF)
        else:
            raw = field.encode() if isinstance(field, str) else field
            body += struct.pack("<I", len(raw)) + raw + b"\0"
    return struct.pack("<II", len(body), kind) + body


class Reader:
    """The fields of one frame, in order."""

    def __init__(self, body):
        self.body = body
        self.at = 0

    def u32(self):
        self.at += 4
        return struct.unpack_from("<I", self.body, self.at - 4)[0]

    def i32(self):
        self.at += 4
        return struct.unpack_from("<i", self.body, self.at - 4)[0]

    def i64(self):
        self.at += 8
        return struct.unpack_from("<q", self.body, self.at - 8)[0]

    def text(self):
        length = self.u32()
        raw = self.body[self.at:self.at + length]
        assert self.body[self.at + length] == 0
        self.at += length + 1
        return raw.decode()  # strict: no broken UTF-8 leaves the host

    def bytes(self):
        length = self.u32()
        self.at += length + 1
        assert self.body[self.at - 1] == 0
        return self.body[self.at - length - 1:self.at - 1]

    def done(self):
        assert self.at == len(self.body), "bytes are left over in the frame"


class Host:
    def __init__(self, build, plugin, sink="crm", before=None):
        """`before` is a command that ends by running what it is given, such as unshare's."""
        ours, theirs = socket.socketpair()
        self.socket = ours
        output, output_end = os.pipe()
        self.output = output
        command = [str(build / "libexec" / "affnotify-host"), sink, str(plugin)]
        command = (before or []) + command
        self.pid = os.posix_spawnp(
            command[0], command, {"PATH": os.environ["PATH"]},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output_end, 1),
                (os.POSIX_SPAWN_DUP2, output_end, 2),
                (os.POSIX_SPAWN_DUP2, theirs.fileno(), 3),
            ])
        theirs.close()
        os.close(output_end)
        self.received = b""
        self.logs = []
        self.heard = 0  # outcomes
        self.said = []  # of a trial: (who, text)
        self.status = None

    # ---- Frames ----

    def send(self, kind, *fields):
        self.socket.sendall(put(kind, *fields))

    def wait_until_read(self):
        """Until the host has read all that was sent."""
        until = time.monotonic() + WAIT_S
        unread = bytearray(4)
        while True:
            fcntl.ioctl(self.socket, termios.TIOCOUTQ, unread)
            if not any(unread):
                return
            assert time.monotonic() < until, "the host does not read"
            time.sleep(0.005)

    def frame(self, wait_s=WAIT_S):
        """The next frame that is no LOG and no SAID, as (kind, Reader); None at the end."""
        until = time.monotonic() + wait_s
        while True:
            taken = self.take()
            if taken and taken[0] == LOG:
                level, text = taken[1].i32(), taken[1].text()
                taken[1].done()
                self.logs.append((level, text))
                continue
            if taken and taken[0] == SAID:
                who, after_ms, text = taken[1].u32(), taken[1].i64(), taken[1].text()
                taken[1].done()
                assert 0 <= after_ms < 1000 * wait_s
                self.said.append((SPEAKERS[who], text))
                continue
            if taken:
                return taken
            readable = select.select([self.socket], [], [], max(0, until - time.monotonic()))[0]
            assert readable, "the host said nothing"
            try:
                got = self.socket.recv(1 << 20)
            except ConnectionResetError:
                got = b""
            if not got:
                return None
            self.received += got

    def take(self):
        if len(self.received) < 8:
            return None
        length, kind = struct.unpack_from("<II", self.received)
        if len(self.received) < 8 + length:
            return None
        body = self.received[8:8 + length]
        self.received = self.received[8 + length:]
        return kind, Reader(body)

    def expect(self, kind, wait_s=WAIT_S):
        frame = self.frame(wait_s)
        assert frame, f"the host ended: {self.printed()}"
        assert frame[0] == kind, f"frame {frame[0]} instead of {kind}: {frame[1].body[:300]}"
        return frame[1]

    # ---- The conversation ----

    def failed(self):
        reader = self.expect(FAILED)
        text = reader.text()
        reader.done()
        assert self.wait() == 1
        return text

    def table(self):
        reader = self.expect(TABLE)
        table = {"name": reader.text(), "version": reader.text(), "summary": reader.text(),
                 "defaults": reader.text(), "revision": reader.u32(),
                 "requests": bool(reader.u32()), "notices": bool(reader.u32()), "options": {}}
        for _ in range(reader.u32()):
            name, help_text = reader.text(), reader.text()
            has_fallback, fallback = reader.u32(), reader.text()
            table["options"][name] = {
                "help": help_text, "fallback": fallback if has_fallback else None,
                "choices": reader.text(), "type": reader.u32(), "flags": reader.u32(),
                "min": reader.i64(), "max": reader.i64(), "hosts": bool(reader.u32())}
        reader.done()
        return table

    def options(self, values, timeout_ms=10000, concurrency=32, state_dir="/nonexistent/state",
                trial=False, incomplete=False):
        """Returns the mistakes as (key, text, is a warning)."""
        fields = []
        for key, value in values.items():
            fields += [key, value]
        self.send(OPTIONS, str(state_dir), int(trial), int(incomplete), ("i64", timeout_ms),
                  concurrency, len(values), *fields)
        reader = self.expect(CHECKED)
        mistakes = [(reader.text(), reader.text(), bool(reader.u32()))
                    for _ in range(reader.u32())]
        reader.done()
        return mistakes

    def open(self):
        self.send(OPEN)
        reader = self.expect(OPENED)
        opened = reader.i32(), reader.text(), reader.text()
        reader.done()
        return opened

    def ready(self, values, **tuning):
        """All of the handshake for a sink without mistakes; `tuning` as for options()."""
        self.table()
        mistakes = self.options(values, **tuning)
        assert mistakes == []
        assert self.open() == (DELIVERED, "", "")
        return self

    def deliver(self, batch, events, flags=0, attempt=1, kind=DELIVER, heard=None):
        fields = []
        for event_id, canonical in events:
            fields += [event_id, canonical, flags, attempt]
        self.send(kind, batch, self.heard if heard is None else heard, len(events), *fields)

    def render(self, events):
        """What would be sent for these events, a dict for each message, as RENDERED has it;
        `body` is bytes. Needs a trial: options(…, trial=True) or ready(…, trial=True)."""
        messages = []
        while events:
            self.deliver(1, events, kind=RENDER)
            messages.append(self.rendered())
            assert 1 <= messages[-1]["taken"] <= len(events)
            events = events[messages[-1]["taken"]:]
        return messages

    def rendered(self):
        reader = self.expect(RENDERED)
        rendered = {"taken": reader.u32(), "verdict": reader.i32(), "what": reader.text(),
                    "remedy": reader.text(), "kind": reader.text(), "method": reader.text(),
                    "url": reader.text(), "sender": reader.text()}
        rendered["lines"] = [reader.text() for _ in range(reader.u32())]
        rendered["body"] = reader.bytes()
        reader.done()
        return rendered

    def test(self, events, batch=1):
        """Delivers test events in a trial: the outcome, and the conversation as (who, text)."""
        self.said = []
        self.deliver(batch, events, flags=TEST)
        return self.outcome(), self.said

    def outcome(self, wait_s=WAIT_S):
        reader = self.expect(OUTCOME, wait_s)
        self.heard += 1
        outcome = {"batch": reader.u32(), "taken": reader.u32(), "verdict": reader.i32(),
                   "code": reader.i32(), "duration_ms": reader.i64(),
                   "retry_after_ms": reader.i64(), "what": reader.text(),
                   "remedy": reader.text(), "items": []}
        for _ in range(reader.u32()):
            outcome["items"].append((reader.u32(), reader.i32(), reader.i32(), reader.text()))
        reader.done()
        return outcome

    def notice(self, number=1, flags=0, about="crm", subject="crm is held", text="One.\n\nTwo."):
        """Hands a notice over; returns what became of it."""
        self.send(NOTICE, number, f"ntc_{about}_1_held", about, subject, text, flags, ("i64", 1773835200000))
        return self.noticed()

    def noticed(self):
        reader = self.expect(NOTICED)
        noticed = {"number": reader.u32(), "verdict": reader.i32(), "retry_after_ms": reader.i64(),
                   "what": reader.text(), "remedy": reader.text()}
        reader.done()
        return noticed

    def one(self, number=1, email=None):
        """Delivers a batch of one event and returns its outcome."""
        self.deliver(number, [event(number, email)])
        return self.outcome()

    def close(self):
        """CLOSE; returns the host's exit status once it has ended."""
        self.send(CLOSE)
        return self.ended()

    def ended(self):
        frame = self.frame()
        assert frame is None, f"frame {frame[0]} instead of the end"
        return self.wait()

    # ---- The process ----

    def wait(self, wait_s=WAIT_S):
        """Its exit status, or minus the signal that ended it."""
        until = time.monotonic() + wait_s
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            else:
                assert time.monotonic() < until, "the host does not end"
                time.sleep(0.005)
        return self.status

    def printed(self):
        """What it wrote to stdout and stderr, once it has ended."""
        printed = b""
        while select.select([self.output], [], [], 0)[0]:
            got = os.read(self.output, 1 << 16)
            if not got:
                break
            printed += got
        return printed.decode(errors="replace")

    def finish(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        self.socket.close()
        os.close(self.output)
