"""A place to run the program affnotify in: a directory with a socket path and a spool."""

import fcntl
import json
import os
import pty
import shutil
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest

from fake_bus import FakeBus, always

PROGRAM = Path(os.environ["AFFN_BUILD"]) / "bin" / "affnotify"
ID = "evt_" + 32 * "0"
CREATED = ["emit", "created", "--email", "a@example.com"]


def moment(seconds_ago):
    """A timestamp as the bus writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - seconds_ago))


def read_terminal(fd):
    """All that comes, until nobody has the terminal open any more."""
    shown = b""
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError:  # how a terminal's end reads
            piece = b""
        if not piece:
            return shown.decode().replace("\r\n", "\n")
        shown += piece


class Place:
    """A directory with a socket path and a spool that commands find by the environment."""

    def __init__(self, path):
        self.path = path
        self.socket = path / "bus.sock"
        self.spool = path / "spool"
        self.spool.mkdir()

    def bus(self, answer):
        return FakeBus(self.socket, answer)

    def run(self, *arguments, program=PROGRAM, stdin="", **environment):
        variables = {"PATH": os.environ["PATH"], "AFFNOTIFY_SOCKET": str(self.socket),
                     "AFFNOTIFY_SPOOL": str(self.spool), **environment}
        return subprocess.run([str(program), *map(str, arguments)], env=variables, input=stdin,
                              capture_output=True, text=True, timeout=60)

    def ask(self, answer, *arguments, **more):
        """Runs a command against a bus that gives this answer; also returns the bus."""
        with self.bus(always(answer)) as bus:
            return self.run(*arguments, **more), bus

    def on_terminal(self, *arguments, columns=0, typed=None, code=0, **environment):
        """What a command prints on a terminal, of so many columns when it says so. `typed`: the terminal is its
        input, too, and this is typed into it."""
        variables = {"AFFNOTIFY_SOCKET": str(self.socket), "TERM": "xterm", **environment}
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        streams = {} if typed is None else {"stdin": theirs, "stderr": theirs}
        if typed is not None:
            os.write(ours, typed.encode())
        with subprocess.Popen([PROGRAM, *arguments], env=variables, stdout=theirs, **streams) as process:
            os.close(theirs)
            shown = read_terminal(ours)
        os.close(ours)
        assert process.returncode == code
        return shown

    def spooled(self):
        """The lines in the spool, file by file, in the order in which a bus reads them."""
        files = sorted(self.spool.iterdir())
        return [[json.loads(line) for line in file.read_text().splitlines()] for file in files]

    def daemon(self, script):
        """A copy of the program, with an affnotifyd beside it that is this shell script."""
        folder = self.path / "bin"
        folder.mkdir()
        shutil.copy(PROGRAM, folder)
        daemon = folder / "affnotifyd"
        daemon.write_text("#!/bin/sh\n" + script)
        daemon.chmod(0o755)
        return folder / "affnotify"

    def ini(self, name="affnotify.ini", **keys):
        file = self.path / name
        lines = [f"{key} = {value}\n" for key, value in keys.items()]
        file.write_text("[bus]\n" + "".join(lines))
        return file


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)
