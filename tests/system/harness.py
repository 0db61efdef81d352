"""A real bus in a folder of its own, and what tests ask of it."""

import csv
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

BUILD = pathlib.Path(os.environ["AFFN_BUILD"]).resolve()
AFFNOTIFYD = BUILD / "bin" / "affnotifyd"
AFFNOTIFY = BUILD / "bin" / "affnotify"
PATIENCE_S = 60  # how long anything may take on a busy machine before a test gives up


def wait_until(question, what, patience_s=PATIENCE_S):
    """Asks until the answer is true and returns it; fails with `what` when that takes too long."""
    deadline = time.monotonic() + patience_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"gave up waiting until {what}")
        time.sleep(0.01)


def event(number=0, kind="affiliate.created", email=None, link="https://myapp.link/ref/abc123"):
    """An event as a producer hands it in; distinct numbers give distinct affiliates."""
    return {
        "event": kind,
        "email": email or f"person{number}@example.com",
        "deep_link": link,
        "occurred_at": f"2026-03-18T12:{number // 60 % 60:02}:{number % 60:02}.{number // 3600 % 1000:03}Z",
    }


def children_of(pid):
    """The processes whose parent is `pid`, as a list of process IDs."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == pid:
            found.append(int(folder.name))
    return found


def is_running(pid):
    """Whether the process is there and not a zombie."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in ("Z", "X")


class Connection:
    """One connection to the bus's socket: requests out, answers in."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def send(self, *requests):
        data = b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in requests)
        self.socket.sendall(data)

    def receive(self):
        line = self.lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the bus closed the connection")
        return json.loads(line)

    def ask(self, request):
        self.send(request)
        return self.receive()

    def close(self):
        self.lines.close()
        self.socket.close()


def refusing(call):
    """The environment of a program whose system refuses the call (see tests/fixtures/refusing.c)."""
    return {"PATH": os.environ["PATH"], "LD_PRELOAD": str(BUILD / "fixtures" / "refusing.so"), "REFUSE": call,
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}


class Bus:
    """affnotifyd with a configuration made of `sinks`, an INI text without [bus]."""

    def __init__(self, folder, sinks="", bus=""):
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "state"
        self.socket = self.folder / "bus.sock"
        self.config = self.folder / "affnotify.ini"
        self.log_path = self.folder / "log"
        self.process = None
        self.configure(sinks, bus)

    def configure(self, sinks, bus=""):
        fixtures = BUILD / "fixtures"
        self.config.write_text(
            f"[bus]\nstate = {self.state}\nsocket = {self.socket}\nplugins = {fixtures}\n{bus}\n{sinks}"
        )

    def launch(self, *arguments, **options):
        """Starts the program and does not wait for it."""
        options.setdefault("restore_signals", False)
        log = open(self.log_path, "ab")
        try:
            self.process = subprocess.Popen(
                [AFFNOTIFYD, "-c", self.config, *arguments], stderr=log, stdout=log, **options
            )
        finally:
            log.close()
        return self

    def start(self, *arguments, **options):
        self.launch(*arguments, **options)
        wait_until(self.answers, "the bus answers")
        return self

    def answers(self):
        assert self.process.poll() is None, f"the bus has ended:\n{self.log()}"
        try:
            connection = Connection(self.socket)
        except OSError:
            return False
        connection.close()
        return True

    def connect(self):
        return Connection(self.socket)

    def ask(self, request):
        connection = self.connect()
        try:
            return connection.ask(request)
        finally:
            connection.close()

    def emit(self, *events):
        """Hands events in by one connection; returns their IDs, all accepted."""
        connection = self.connect()
        try:
            connection.send(*events)
            answers = [connection.receive() for _ in events]
        finally:
            connection.close()
        assert all(answer["ok"] for answer in answers), answers
        return [answer["id"] for answer in answers]

    def sink(self, name):
        """The sink's line of `status`."""
        status = self.ask({"command": "status"})
        assert status["ok"], status
        return next(sink for sink in status["sinks"] if sink["name"] == name)

    def delivery(self, event_id, name):
        """What `trace` says of one event at one sink."""
        trace = self.ask({"command": "trace", "id": event_id})
        assert trace["ok"], trace
        return next(delivery for delivery in trace["deliveries"] if delivery["sink"] == name)

    def wait_for(self, name, **wanted):
        """Waits until the sink's status has these values; returns it."""

        def question():
            sink = self.sink(name)
            return sink if all(sink[key] == value for key, value in wanted.items()) else None

        try:
            return wait_until(question, f"{name} has {wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it has {self.sink(name)}\n{self.log()}") from None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_for_log(self, text, count=1):
        wait_until(lambda: self.log().count(text) >= count, f"the log says {text!r}")

    def hosts(self):
        return children_of(self.process.pid)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Asks it to stop; returns its exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()  # nothing may stay behind, also when a test fails
            raise

    def command(self, *arguments, program=AFFNOTIFY, **options):
        """Runs the affnotify command against this bus."""
        environment = dict(os.environ, AFFNOTIFY_SOCKET=str(self.socket),
                           AFFNOTIFY_SPOOL=str(self.state / "spool"))
        options.setdefault("env", environment)
        return subprocess.run([program, *arguments], capture_output=True, text=True,
                              timeout=PATIENCE_S, **options)


# The two examples of the contract.
SPEC_CREATED = {
    "event": "affiliate.created",
    "affiliate_id": "ia_45fee001",
    "email": "affiliate@example.com",
    "deep_link": "https://myapp.link/ref/abc123",
    "occurred_at": "2026-03-18T12:00:00.000Z",
}
SPEC_DEACTIVATED = dict(SPEC_CREATED, event="affiliate.deactivated", occurred_at="2026-03-18T14:30:00.000Z")


def canonical(fields):
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def id_of(body):
    return "evt_" + hashlib.sha256(body).hexdigest()[:32]


def csv_section(folder, extra=""):
    return f"[sink:crm]\nplugin = csv\npath = {folder}/crm.csv\n{extra}\n"


def webhook_section(server, extra=""):
    return (
        f"[sink:backend]\nplugin = webhook\nurl = {server.url}/affiliates\nca_file = {server.ca_file}\n{extra}\n"
    )


def rows(folder):
    with open(folder / "crm.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))
