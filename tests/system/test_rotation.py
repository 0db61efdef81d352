"""A token that is rotated in its file while the bus runs: nobody restarts anything for it."""
import signal
import threading

import pytest

from harness import event, wait_until, webhook_section

FIRST, SECOND = "example-token-one", "example-token-two"
RENEWED = "the secrets have changed; the host begins anew with the new ones"
UNREADABLE = "the secret cannot be read again; the one that was read before stays in use"


class Rotating:
    """A far side that takes one token and says 401 to all others, and the file with ours."""

    def __init__(self, server, folder):
        self.server, self.file = server, folder / "token"
        self.taken = FIRST
        self.write(FIRST)
        server.answer = lambda request: 200 if self.token_of(request) == self.taken else 401

    @staticmethod
    def token_of(request):
        return request.headers["authorization"].removeprefix("Bearer ")

    def write(self, token):
        made = self.file.with_suffix(".new")
        made.write_text(token + "\n")
        made.rename(self.file)

    def rotate(self):
        self.taken = SECOND
        self.write(SECOND)

    def section(self, retry="standard", extra=""):
        return webhook_section(self.server, f"bearer_token = file:{self.file}\nretry = {retry}\n{extra}")

    def tokens(self):
        return [self.token_of(request) for request in self.server.requests]


@pytest.fixture
def far(https_server, tmp_path):
    return Rotating(https_server, tmp_path)


def deliver_one(start, far, **section):
    bus = start(far.section(**section))
    bus.emit(event(0))
    bus.wait_for("backend", delivered=1, state="open")
    return bus


@pytest.mark.parametrize("others", [0, 30])
def test_the_event_goes_again_with_the_new_token(start, far, others):
    bus = deliver_one(start, far)
    host = bus.hosts()
    far.rotate()
    bus.emit(*[event(1 + number) for number in range(1 + others)])
    bus.wait_for("backend", delivered=2 + others, dead=0, state="open")
    assert bus.hosts() != host
    assert bus.log().count(RENEWED) == 1
    assert "sink held" not in bus.log() and "host ended" not in bus.log()
    tokens = far.tokens()
    assert tokens.count(SECOND) == 1 + others
    assert tokens == sorted(tokens), "nothing goes with the old token after the new one"


def test_one_attempt_is_one_attempt(start, far):
    bus = deliver_one(start, far, retry="none")
    far.rotate()
    refused = bus.emit(event(1))[0]
    bus.wait_for("backend", dead=1, state="open")
    bus.emit(event(2))
    bus.wait_for("backend", dead=1, delivered=2, state="open")
    assert bus.delivery(refused, "backend")["state"] == "dead"
    assert far.tokens() == [FIRST, FIRST, SECOND]
    assert "sink held" not in bus.log()


def test_the_same_token_is_held_as_ever(start, far):
    bus = deliver_one(start, far)
    far.taken = SECOND
    bus.emit(event(1))
    bus.wait_for("backend", state="held", pending=1)
    assert RENEWED not in bus.log()
    assert far.tokens() == [FIRST, FIRST]


def test_a_probe_has_the_token_of_now(start, far):
    bus = deliver_one(start, far)
    far.taken = SECOND
    bus.emit(event(1))
    bus.wait_for("backend", state="held", pending=1)
    far.write(SECOND)
    assert bus.ask({"command": "resume", "sink": "backend"})["ok"]
    bus.wait_for("backend", state="open", delivered=2)
    assert far.tokens() == [FIRST, FIRST, SECOND]
    assert bus.log().count(RENEWED) == 1


def test_what_cannot_be_read_changes_nothing(start, far):
    bus = deliver_one(start, far)
    far.taken = SECOND
    far.file.unlink()
    bus.emit(event(1))
    bus.wait_for("backend", state="held", pending=1)
    assert bus.log().count(UNREADABLE) == 1
    assert f"{far.file} cannot be read" in bus.log()
    far.write(SECOND)
    assert bus.ask({"command": "resume", "sink": "backend"})["ok"]
    bus.wait_for("backend", state="open", delivered=2)


def test_a_file_that_never_rests_does_not_keep_it_from_being_held(start, far):
    bus = deliver_one(start, far)

    def refuse(request):
        far.write(f"example-token-{len(far.server.requests)}")
        return 401

    far.server.answer = refuse
    bus.emit(event(1))
    bus.wait_for("backend", state="held", pending=1)
    assert bus.log().count(RENEWED) == 1
    assert len(far.tokens()) == 3
    assert bus.ask({"command": "resume", "sink": "backend"})["ok"]
    wait_until(lambda: len(far.tokens()) == 4, "the probe has gone")
    bus.wait_for("backend", state="held", pending=1)
    assert bus.log().count(RENEWED) == 2


def test_a_plugin_that_cannot_open(start, tmp_path):
    file = tmp_path / "token"
    file.write_text(FIRST)
    bus = start("[sink:far]\nplugin = fixture_verdict\nopen_verdict = 5\nopen_failures = 1\n"
                f"password = file:{file}\n")
    bus.wait_for_log("sink not open")
    file.write_text(SECOND)
    bus.wait_for("far", state="open")
    assert bus.log().count(RENEWED) == 1


def test_a_bus_that_stops_meanwhile(start, far):
    """One is still under way with the old token, so the host has not ended yet."""
    bus = deliver_one(start, far)
    released = threading.Event()

    def answer(request):
        if b"person2@" in request.body:
            return 401
        released.wait()
        return 200

    far.server.answer = answer
    bus.emit(event(1))
    wait_until(lambda: len(far.tokens()) == 2, "the first is under way")
    far.rotate()
    bus.emit(event(2))
    bus.wait_for_log(RENEWED)
    bus.process.send_signal(signal.SIGTERM)
    bus.wait_for_log("stopping")
    released.set()
    assert bus.stop() == 0
    assert bus.log().count("sink open") == 1
