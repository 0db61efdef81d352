"""Fixtures that system tests share."""
import os
import pathlib
import ssl
import subprocess

import pytest

from door import Door, free_port, settings
from harness import Bus, is_running
from host_driver import Host
from https_server import HttpsServer
from mail_server import MailServer


@pytest.fixture(scope="session")
def build():
    """The build directory whose programs are tested."""
    return pathlib.Path(os.environ["AFFN_BUILD"])


class Tls:
    """A certificate authority of our own, and a certificate for localhost that it has signed."""

    def __init__(self, directory):
        self.directory = directory
        self.ca = directory / "ca.pem"
        self.certificate = directory / "server.pem"
        self.key = directory / "server.key"
        self.make("ca", "affnotify test CA", [])
        self.sign("server", "localhost", "IP:127.0.0.1")

    def sign(self, name, host, *more):
        """NAME.pem and NAME.key: a certificate for a host that our authority has signed."""
        names = ",".join([f"DNS:{host}", *more])
        self.make(name, host, ["-addext", f"subjectAltName={names}",
                               "-addext", "basicConstraints=critical,CA:FALSE",
                               "-CA", "ca.pem", "-CAkey", "ca.key"])

    def make(self, name, subject, more):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                        "-subj", f"/CN={subject}", "-keyout", f"{name}.key",
                        "-out", f"{name}.pem", *more],
                       cwd=self.directory, check=True, capture_output=True)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    return Tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def https_server(tls):
    server = HttpsServer(tls.context(), tls.ca)
    yield server
    server.close()


@pytest.fixture
def launch(build):
    """Starts hosts by the plugin's name or path; each is gone at the end."""
    hosts = []

    def launch_host(plugin, **how):
        path = plugin if "/" in str(plugin) else build / "fixtures" / f"{plugin}.so"
        hosts.append(Host(build, path, **how))
        return hosts[-1]

    yield launch_host
    for host in hosts:
        host.finish()


@pytest.fixture
def serve(tls):
    """Starts mail servers."""
    servers = []

    def start_server(**how):
        servers.append(MailServer(tls, **how))
        return servers[-1]

    yield start_server
    for server in servers:
        server.stop()


@pytest.fixture
def start(tmp_path):
    """Makes buses that are stopped at the end; none may leave a process behind."""
    started = []

    def start_bus(sinks="", bus="", *arguments, **options):
        made = Bus(tmp_path, sinks, bus)
        started.append(made)
        return made.start(*arguments, **options)

    yield start_bus
    for bus in started:
        hosts = bus.hosts() if bus.process.poll() is None else []
        status = bus.stop()
        assert status in (0, -9), bus.log()
        assert [pid for pid in hosts if is_running(pid)] == []
        assert "ERROR: " not in bus.log() and "runtime error" not in bus.log(), bus.log()


@pytest.fixture
def open_door(start, tls):
    """Starts a bus that listens on a port of its own, by https unless told otherwise."""

    def open_one(sinks="", https=True, port=None, **what):
        port = port or free_port()
        bus = start(sinks, settings(port, tls if https else None, **what))
        return Door(bus, port, tls if https else None).wait()

    return open_one
