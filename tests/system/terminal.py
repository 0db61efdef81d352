"""A command on a terminal of its own."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios

from harness import AFFNOTIFY, wait_until


class Terminal:
    """`affnotify` with a terminal as stdin and stderr, and stdout elsewhere."""

    def __init__(self, *arguments, columns=0):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

        def enter():
            os.setsid()
            fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell starts what is in the background without

        self.process = subprocess.Popen([AFFNOTIFY, *map(str, arguments)], stdin=self.theirs, stderr=self.theirs,
                                        stdout=subprocess.PIPE, preexec_fn=enter, text=True)
        self.shown = b""
        self.shows_what_is_typed = self.echoes()

    def echoes(self):
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def read(self):
        while select.select([self.ours], [], [], 0)[0]:
            self.shown += os.read(self.ours, 4096)
        return self.shown

    def wait_for(self, text):
        wait_until(lambda: text.encode() in self.read(), f"the terminal shows {text!r}")

    def answer(self, question, line):
        """Types a line when the question is the last that is shown."""
        wait_until(lambda: self.read().endswith(question.encode()), f"the terminal asks {question!r}")
        os.write(self.ours, line.encode() + b"\n")

    def finish(self):
        """stdout, and all that the terminal showed."""
        out, _ = self.process.communicate(timeout=60)
        self.read()
        assert self.echoes() == self.shows_what_is_typed
        os.close(self.ours)
        os.close(self.theirs)
        return out, self.shown.decode().replace("\r\n", "\n")
