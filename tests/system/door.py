"""A bus with its door to the network, and clients of that door: careful ones and raw ones."""

import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import threading

from harness import PATIENCE_S, children_of, wait_until

TOKEN = "a-token-for-tests-only"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Reply:
    """A response that was read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def ids(self):
        return [event["id"] for event in self.json["events"]]

    @property
    def new(self):
        return [event["new"] for event in self.json["events"]]


class Door:
    """Where a bus listens. `tls` is the fixture of that name, or None for http."""

    def __init__(self, bus, port, tls=None):
        self.bus = bus
        self.port = port
        self.tls = tls

    def wait(self):
        self.bus.wait_for_log("the door is open")
        return self

    def process(self):
        """The process ID of affnotify-http."""
        for pid in children_of(self.bus.process.pid):
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "affnotify-http":
                return pid
        return None

    def context(self):
        context = ssl.create_default_context(cafile=str(self.tls.ca))
        context.set_alpn_protocols(["http/1.1"])
        return context

    def connect(self, timeout=PATIENCE_S):
        """A connected socket, over TLS when the door is https."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        if not self.tls:
            return plain
        return self.context().wrap_socket(plain, server_hostname="localhost")

    def client(self):
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=PATIENCE_S,
                                               context=self.context())
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def request(self, method, path, body=None, headers=None):
        client = self.client()
        try:
            client.request(method, path, body, headers or {})
            return Reply(client.getresponse())
        finally:
            client.close()

    def post(self, body, token=TOKEN, **headers):
        """Events or bytes; further headers with `_` for `-`."""
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False).encode()
        every = {"Content-Type": "application/json"}
        if token:
            every["Authorization"] = f"Bearer {token}"
        every.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.request("POST", "/v1/events", body, every)

    def raw(self, data, patience_s=PATIENCE_S):
        """Sends bytes and returns all that comes back until the door closes."""
        with self.connect(timeout=patience_s) as connection:
            try:
                connection.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_to_end(connection)

    def memory_kib(self):
        text = pathlib.Path(f"/proc/{self.process()}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])


def read_to_end(connection):
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except (ConnectionResetError, ssl.SSLError):
        pass
    return received


def statuses(received):
    """The status of each response in some bytes."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def in_threads(work, items):
    """Calls work(item) for all of them at once; returns what they return."""
    found = [None] * len(items)
    failed = []

    def one(index, item):
        try:
            found[index] = work(item)
        except BaseException as error:  # noqa: BLE001  it is raised again below
            failed.append(error)

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(items)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return found


def settings(port, tls=None, tokens=TOKEN, more=""):
    """The lines of [bus] for a door."""
    lines = [f"listen = {'https' if tls else 'http'}://127.0.0.1:{port}"]
    if tls:
        lines += [f"tls_certificate = {tls.certificate}", f"tls_key = {tls.key}"]
    if tokens:
        lines.append(f"ingest_tokens = {tokens}")
    return "\n".join([*lines, more])


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


__all__ = ["Door", "Reply", "TOKEN", "free_port", "in_threads", "open_files", "read_to_end",
           "settings", "statuses", "wait_until"]
