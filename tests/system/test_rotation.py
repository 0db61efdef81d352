"""A token that is rotated in its file while the bus runs: nobody restarts anything for it."""
import base64
import hmac
import os
import shutil
import signal
import threading

import pytest

from harness import BUILD, Bus, event, wait_until, webhook_section

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


def signed_by(server, secrets):
    """Which of the secrets the last request is signed by."""
    request = server.requests[-1]
    signed = b".".join([request.headers["webhook-id"].encode(), request.headers["webhook-timestamp"].encode(),
                        request.body])
    digests = {secret: base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256"))
               for secret in secrets}
    return [secret for value in request.headers["webhook-signature"].split(" ") for secret in secrets
            if value == "v1," + digests[secret].decode()]


def test_a_file_of_signing_secrets(start, https_server, tmp_path):
    """A new one joins the old one, and later the old one goes; whenever the far side says 401, the file is read."""
    old, new, other = ("whsec_" + base64.b64encode(bytes([number]) * 24).decode() for number in range(3))
    file = tmp_path / "secrets"
    wanted = [old]
    https_server.answer = lambda request: 200 if signed_by(https_server, [old, new, other]) == wanted else 401
    file.write_text(old + "\n")
    bus = start(webhook_section(https_server, f"signing_secret = file:{file}\nretry = standard"))
    for number, secrets in enumerate([[old], [old, new], [new], [new, other]]):
        file.write_text("\n".join(secrets) + "\n")
        wanted[:] = secrets
        bus.emit(event(number))
        bus.wait_for("backend", delivered=1 + number, state="open")
    assert bus.log().count(RENEWED) == 3


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


def hold_by_401(start, far, **section):
    bus = deliver_one(start, far, **section)
    far.taken = SECOND
    bus.emit(event(1))
    bus.wait_for("backend", state="held", pending=1)
    return bus


def line_of(bus, key):
    lines = bus.config.read_text().splitlines()
    return 1 + next(at for at, line in enumerate(lines) if line.startswith(f"{key} ="))


UNUSABLE = {
    "control character": ("example\x01token\n", "holds a control character, perhaps a line break; write one line"
                          " (read from {file})"),
    "empty": ("", "{file} is empty; put the secret into it"),
    "two lines": ("example-one\nexample-two\n", "{file} holds a line break; a secret is one line of text"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_an_unusable_one_is_held_until_it_is_mended(start, far, kind):
    """The host has ended for a new token when what it finds there is none."""
    content, text = UNUSABLE[kind]
    bus = start(f"[sink:backend]\nplugin = webhook\nurl = {far.server.url}/affiliates\n"
                f"ca_file = {far.server.ca_file}\nbearer_token = file:{far.file}\n")
    bus.emit(event(0))
    bus.wait_for("backend", delivered=1, state="open")
    far.file.write_text(content)
    os.kill(bus.hosts()[0], signal.SIGKILL)  # the next one reads it
    held = bus.wait_for("backend", state="held")
    place = f"{bus.config}:{line_of(bus, 'bearer_token')}: [sink:backend] bearer_token: "
    assert held["error"] == place + text.format(file=far.file)
    assert held["remedy"] == "mend that; it is read again by and by, or at once by `affnotify resume backend`"
    assert not held["by_hand"] and held["plugin"] == "webhook"
    bus.emit(event(1))
    far.write(FIRST)
    assert bus.ask({"command": "resume", "sink": "backend"})["ok"]
    bus.wait_for("backend", state="open", delivered=2, pending=0, error=None)
    assert bus.log().count("sink held") == 1, "the same is said once, however often it is looked at"


def test_an_unusable_one_opens_by_itself(start, far):
    bus = hold_by_401(start, far)
    far.write("example\x01token")
    assert bus.ask({"command": "resume", "sink": "backend"})["ok"]
    bus.wait_for_log(f"(read from {far.file})")
    held = bus.wait_for("backend", state="held", pending=1)
    assert "bearer_token" in held["error"] and str(far.file) in held["error"]
    far.write(SECOND)
    bus.wait_for("backend", state="open", delivered=2)
    assert far.tokens() == [FIRST, FIRST, SECOND]


def test_another_plugin_is_no_matter_of_waiting(start, far, tmp_path):
    """What was right with one build and is wrong with the next is for somebody to look at, and to reload."""
    plugin = tmp_path / "ours.so"
    shutil.copy(BUILD / "fixtures" / "fixture_verdict.so", plugin)
    bus = start(f"[sink:far]\nplugin = {plugin}\npassword = file:{far.file}\n")
    bus.wait_for("far", state="open")
    shutil.copy(BUILD / "fixtures" / "fixture_options.so", tmp_path / "new.so")
    (tmp_path / "new.so").rename(plugin)
    os.kill(bus.hosts()[0], signal.SIGKILL)
    assert "affnotify reload" in bus.wait_for("far", state="stopped")["remedy"]


def test_held_by_hand_it_is_that_first(start, far):
    bus = deliver_one(start, far)
    assert bus.ask({"command": "hold", "sink": "backend"})["ok"]
    far.file.write_text("")
    os.kill(bus.hosts()[0], signal.SIGKILL)
    bus.wait_for_log("is empty; put the secret into it")
    held = bus.sink("backend")
    assert held["state"] == "held" and held["by_hand"] and held["error"] == "held by hand"
    assert bus.ask({"command": "resume", "sink": "backend"})["ok"]
    wait_until(lambda: "is empty" in (bus.sink("backend")["error"] or ""), "it says what is wrong")
    far.write(FIRST)
    bus.emit(event(1))
    bus.wait_for("backend", state="open")


def test_a_reload_opens_it_too(start, far):
    bus = deliver_one(start, far)
    far.file.write_text("")
    os.kill(bus.hosts()[0], signal.SIGKILL)
    bus.wait_for("backend", state="held")
    far.write(FIRST)
    assert bus.ask({"command": "reload"})["ok"]
    bus.wait_for("backend", state="open")


def test_it_stops_while_it_waits(start, far):
    bus = deliver_one(start, far)
    far.file.write_text("")
    os.kill(bus.hosts()[0], signal.SIGKILL)
    bus.wait_for("backend", state="held")
    assert bus.stop() == 0


def test_what_cannot_be_read_is_what_is_to_be_mended(start, far):
    bus = deliver_one(start, far)
    far.taken = SECOND
    far.file.unlink()
    bus.emit(event(1))
    held = bus.wait_for("backend", state="held", pending=1)
    assert held["error"].startswith("HTTP 401")
    assert held["remedy"] == (
        f"a secret cannot be read again: {bus.config}:{line_of(bus, 'bearer_token')}: [sink:backend] bearer_token: "
        f"{far.file} cannot be read: No such file or directory; mend that, then `affnotify resume backend`")


# ---- What is over with the new secret, or with a reload ----


def test_an_error_from_before_a_reload_is_no_call_to_do_something(start, far):
    bus = deliver_one(start, far, retry="none")
    far.taken = SECOND
    bus.emit(event(1))
    assert not bus.wait_for("backend", state="held", dead=1)["error_is_old"]
    far.write(SECOND)
    assert bus.ask({"command": "reload"})["ok"]
    sink = bus.wait_for("backend", state="open")
    assert (sink["error_is_old"], sink["remedy"]) == (True, None)
    assert sink["error"].startswith("HTTP 401")
    shown = bus.command("status").stdout
    assert " ago, before its settings or secrets changed: HTTP 401" in shown and "what to do" not in shown
    far.taken = FIRST
    bus.emit(event(2))
    bus.wait_for("backend", state="held", dead=2, error_is_old=False)


def test_an_error_from_before_a_rotation_is_so_too(start, far):
    bus = deliver_one(start, far, retry="none")
    far.rotate()
    bus.emit(event(1))
    bus.wait_for("backend", dead=1, state="open", error_is_old=True, remedy=None)


def test_an_error_of_the_settings_of_now_is_not_old(start, far):
    bus = deliver_one(start, far, retry="none")
    bus.ask({"command": "reload"})
    far.server.answer = lambda request: 422
    bus.emit(event(1))
    assert bus.wait_for("backend", dead=1)["error_is_old"] is False
    bus.ask({"command": "reload"})  # changes nothing
    sink = bus.sink("backend")
    assert not sink["error_is_old"] and sink["remedy"]


# ---- Where the secret stands ----


def test_the_remedy_names_the_file(start, far):
    bus = hold_by_401(start, far)
    remedy = bus.sink("backend")["remedy"]
    assert remedy == (
        "check the credentials in the sink's section: bearer_token "
        f"({bus.config}:{line_of(bus, 'bearer_token')}, read from {far.file}), then `affnotify reload`; "
        "or, when nothing in the file was wrong, `affnotify resume backend`")
    assert f"read from {far.file}" in bus.log()
    assert FIRST not in bus.log() and FIRST not in remedy


@pytest.mark.parametrize("value, source, mended", [
    ("env:TOKEN", ", read from the environment variable TOKEN", "restart affnotifyd"),
    ("credential:token", ", read from the credential token", "`affnotify reload`"),
    (FIRST, "", "`affnotify reload`"),
])
def test_the_remedy_names_where_it_stands(build, tmp_path, https_server, value, source, mended):
    (tmp_path / "token").write_text(FIRST)
    https_server.answer = lambda request: 401
    bus = Bus(tmp_path, webhook_section(https_server, f"bearer_token = {value}"))
    try:
        bus.start(env=dict(os.environ, TOKEN=FIRST, CREDENTIALS_DIRECTORY=str(tmp_path)))
        bus.emit(event(0))
        held = bus.wait_for("backend", state="held")
        assert (f": bearer_token ({bus.config}:{line_of(bus, 'bearer_token')}{source}), then {mended}; or"
                in held["remedy"])
    finally:
        bus.stop()


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
