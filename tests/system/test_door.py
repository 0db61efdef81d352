"""The door's own settings: what `check` finds, what a reload makes of them, and that each listener stands for itself."""

import base64
import shutil
import signal
import socket
import subprocess
import types

import pytest

from door import TOKEN, Door, free_port, settings
from harness import AFFNOTIFYD, Bus, csv_section, event, wait_until


@pytest.fixture
def own(tls, tmp_path):
    """A certificate and a key of the test's own, to be replaced."""
    made = types.SimpleNamespace(certificate=tmp_path / "door.pem", key=tmp_path / "door.key", ca=tls.ca)
    shutil.copy(tls.certificate, made.certificate)
    shutil.copy(tls.key, made.key)
    return made


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(TOKEN)
    return path


def make(folder, *more):
    """A certificate that nobody signed: folder/made.pem and folder/made.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-keyout", "made.key", "-out", "made.pem", *more],
                   cwd=folder, check=True, capture_output=True)


def check(bus):
    """What is said when nobody else may read what is secret."""
    for path in bus.folder.iterdir():
        if path.is_file():
            path.chmod(0o600)
    done = subprocess.run([AFFNOTIFYD, "-c", bus.config, "--check"], capture_output=True, text=True)
    return done.returncode, [line.replace(str(bus.config), "a.ini") for line in done.stdout.splitlines()]


def http(bus):
    return bus.ask({"command": "status"})["bus"]["http"]


def states(bus):
    return {listener["key"]: (listener["state"], listener["error"]) for listener in http(bus)["listeners"]}


def reload(bus, code):
    """What it prints of the door."""
    done = bus.command("reload")
    assert done.returncode == code, done
    return next((line for line in done.stdout.splitlines() if line.startswith("door  ")), None)


def served(door):
    with door.connect() as connection:
        return connection.getpeercert(binary_form=True)


def alive(port):
    return Door(None, port).request("GET", "/healthz").status == 200


# ---- check ----


def test_check_finds_what_is_wrong_with_certificate_and_key(tmp_path, own, tokens, tls):
    bus = Bus(tmp_path, csv_section(tmp_path), settings(1, own, f"file:{tokens}"))
    assert check(bus) == (0, [])
    key = f"a.ini:7: [bus] tls_key: {own.key}"
    shutil.copy(tls.directory / "ca.key", own.key)
    assert check(bus) == (1, [f"{key} is not the key of {own.certificate}; put the two that belong together there"])
    shutil.copy(tls.certificate, own.key)
    remedy = "name the PEM file with the key of tls_certificate"
    assert check(bus) == (1, [f"{key} holds a certificate and no key; {remedy}"])
    own.key.write_text("rubbish")
    own.certificate.write_text("")
    assert check(bus) == (1, [
        f"a.ini:6: [bus] tls_certificate: {own.certificate} holds no certificate; name a PEM file with the door's "
        "certificate first and its chain behind it",
        f"{key} holds no key; {remedy}"])
    shutil.copy(tls.certificate, own.certificate)
    subprocess.run(["openssl", "ec", "-in", tls.key, "-aes128", "-passout", "pass:example", "-out", own.key],
                   check=True, capture_output=True)
    assert check(bus) == (1, [f"{key} has a passphrase, which nobody is there to give; {remedy}, without one"])
    own.key.write_bytes(256 * 1024 * b"x")
    assert check(bus) == (1, [f"{key} is larger than 262144 bytes; it can be no certificate or key"])


def test_check_warns_before_a_certificate_expires(tmp_path, own, tokens):
    bus = Bus(tmp_path, csv_section(tmp_path), settings(1, own, f"file:{tokens}"))
    own.certificate, own.key = tmp_path / "made.pem", tmp_path / "made.key"
    bus.configure(csv_section(tmp_path), settings(1, own, f"file:{tokens}"))
    make(tmp_path, "-days", "15")
    assert check(bus) == (0, [])
    make(tmp_path, "-days", "3")
    code, lines = check(bus)
    assert code == 0 and len(lines) == 1
    assert lines[0].startswith(f"warning: a.ini:6: [bus] tls_certificate: {own.certificate} expires on ")
    assert lines[0].endswith(", in 2 days; renew it")


def test_check_finds_secrets_that_are_none_and_ports_that_clash(tmp_path, tokens):
    (tmp_path / "secret").write_text("whsec_!!!")
    more = f"ingest_signing_secret = file:{tmp_path}/secret\nadmin_listen = "
    bus = Bus(tmp_path, csv_section(tmp_path))
    wrong = "a.ini:7: [bus] ingest_signing_secret: must be `whsec_` and base64, as the sender shows it"
    clash = "a.ini:8: [bus] admin_listen: has the port of `listen`; give it another"
    bus.configure(csv_section(tmp_path), settings(18443, None, f"file:{tokens}", more + "18443"))
    assert check(bus) == (1, [wrong, clash])
    (tmp_path / "secret").write_text("whsec_" + base64.b64encode(b"0123456789abcdef").decode())
    bus.configure(csv_section(tmp_path), settings(18443, None, f"file:{tokens}", more + "http://localhost:18443"))
    assert check(bus) == (1, [clash])
    bus.configure(csv_section(tmp_path), settings(18443, None, f"file:{tokens}", more + "http://[::1]:18443"))
    assert check(bus) == (0, [])


def test_a_file_has_a_token_a_line(start, tokens, tmp_path):
    port = free_port()
    bus = start("", settings(port, None, f"file:{tokens}"))
    door = Door(bus, port).wait()
    tokens.write_text(f"{TOKEN}\n\nanother-token-for-tests\r\nthe-third-token-for-tests, and-one-more-of-them\n")
    assert reload(bus, 0) == "door  renewed  open"
    for token in (TOKEN, "another-token-for-tests", "the-third-token-for-tests", "and-one-more-of-them"):
        assert door.post(event(1), token).status in (200, 202)
    tokens.write_text(" \n\n")
    code, lines = check(bus)
    assert (code, lines[1:]) == (1, ["a.ini:6: [bus] ingest_tokens: holds nothing but blanks; put a secret there"])


# ---- reload ----


def test_a_reload_opens_a_closed_door_at_once(start, own, tokens, tls, tmp_path):
    port = free_port()
    wrong = types.SimpleNamespace(certificate=own.certificate, key=tls.directory / "ca.key")
    bus = start("", settings(port, wrong, f"file:{tokens}"))
    bus.wait_for_log("next_try_ms=4000")
    assert reload(bus, 1) is None  # it is a mistake, and says so
    assert states(bus)["listen"][1].endswith(
        f"ca.key is not the key of {own.certificate}; put the two that belong together there")
    bus.configure("", settings(port, own, f"file:{tokens}"))
    assert reload(bus, 0) == "door  opened  open"
    assert http(bus) == {"listeners": [{"key": "listen", "url": f"https://127.0.0.1:{port}", "state": "open", "error": None}],
                         "refused": None, "needs_somebody": False}
    assert Door(bus, port, own).post(event(1)).status == 202
    assert reload(bus, 0) == "door  unchanged  open"


def test_a_certificate_that_is_half_renewed_changes_nothing_and_is_told(start, own, tokens, tls):
    port = free_port()
    bus = start("", settings(port, own, f"file:{tokens}"))
    door = Door(bus, port, own).wait()
    before = served(door)
    tls.sign("half", "localhost", "IP:127.0.0.1")
    shutil.copy(tls.directory / "half.pem", own.certificate)
    assert reload(bus, 1) is None  # the file has a mistake
    told = f"[bus] tls_key: {own.key} is not the key of {own.certificate}; put the two that belong together there"
    shown = http(bus)
    assert shown["refused"].endswith(told) and shown["needs_somebody"] and states(bus) == {"listen": ("open", None)}
    assert "the last reload was refused: " in bus.command("status").stdout and told in bus.command("status").stdout
    assert bus.command("status", "--check").returncode == 1
    assert served(door) == before and door.post(event(1)).status == 202
    shutil.copy(tls.directory / "half.key", own.key)
    assert reload(bus, 0) == "door  renewed  open"
    assert served(door) != before
    assert http(bus)["refused"] is None and bus.command("status", "--check").returncode == 0
    tokens.write_text("another-token-for-tests")
    assert reload(bus, 0) == "door  renewed  open"
    assert (door.post(event(1)).status, door.post(event(1), "another-token-for-tests").status) == (401, 200)


def test_what_only_the_door_finds_leaves_it_as_it_was(start, own, tokens, tmp_path):
    """A key that OpenSSL takes to be too weak to serve with."""
    port = free_port()
    bus = start("", settings(port, own, f"file:{tokens}"))
    door = Door(bus, port, own).wait()
    before = served(door)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:512", "-nodes", "-subj", "/CN=localhost", "-days", "30",
                    "-keyout", own.key, "-out", own.certificate], check=True, capture_output=True)
    why = f"{own.certificate}: ee key too small; tls_certificate must name a PEM file with a certificate that OpenSSL serves with"
    assert reload(bus, 1) == f"door  unchanged: https://127.0.0.1:{port} goes on with what it had: {why}"
    assert states(bus) == {"listen": ("open", why)} and http(bus)["needs_somebody"]
    assert f"listens on https://127.0.0.1:{port} with what it had: {why}" in bus.command("status").stdout
    assert bus.command("status", "--check").returncode == 1
    assert "the door goes on with the certificate and the secrets that it had" in bus.log()
    assert served(door) == before and door.post(event(1)).status == 202


def test_a_reload_without_a_door_says_nothing_of_it(start):
    bus = start()
    assert reload(bus, 0) is None
    assert bus.ask({"command": "reload"})["door"] is None and http(bus) is None


# ---- Each listener stands for itself ----


def test_what_keeps_events_out_keeps_nobody_from_metrics(start, tokens, own, tmp_path):
    port, admin_port = free_port(), free_port()
    more = f"admin_listen = {admin_port}"
    bus = start("", settings(port, own, "file:/nowhere/tokens", more))
    wait_until(lambda: states(bus)["admin_listen"] == ("open", None), "admin_listen is open")
    state, error = states(bus)["listen"]
    assert state == "closed" and error.endswith("ingest_tokens: /nowhere/tokens cannot be read: No such file or directory")
    assert alive(admin_port) and http(bus)["needs_somebody"]
    assert bus.command("status", "--check").returncode == 1
    own.certificate.write_text("rubbish")
    bus.process.send_signal(signal.SIGHUP)
    bus.wait_for_log("not reloaded")
    assert alive(admin_port)
    bus.kill()
    bus.start()  # now with a certificate that is none
    wait_until(lambda: states(bus)["admin_listen"] == ("open", None), "admin_listen is open")
    pid = Door(bus, port).process()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port)).close()
    bus.configure("", settings(port, None, f"file:{tokens}", more))
    assert bus.command("reload").returncode == 1  # `listen` itself has changed
    shutil.copy(own.key, own.certificate)
    assert alive(admin_port) and Door(bus, port).process() == pid


def test_a_port_that_is_taken_closes_one_listener_alone(start, tokens):
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        admin_port = taken.getsockname()[1]
        bus = start("", settings(port, None, f"file:{tokens}", f"admin_listen = {admin_port}"))
        wait_until(lambda: states(bus)["listen"] == ("open", None), "listen is open")
        assert Door(bus, port).post(event(1)).status == 202
        wait_until(lambda: states(bus)["admin_listen"] == ("closed", "cannot listen: Address already in use"), "it is told")
        assert http(bus)["needs_somebody"] and "nobody sees metrics and health" in bus.log()
        line = f"door  unchanged: http://127.0.0.1:{admin_port} is closed: cannot listen: Address already in use"
        assert reload(bus, 1) == line
        pid = Door(bus, port).process()
    assert reload(bus, 0) in ("door  opened  open", "door  unchanged  open")  # it may have been tried just before
    assert alive(admin_port) and Door(bus, port).process() == pid and Door(bus, port).post(event(1)).status == 200


def test_a_port_that_becomes_free_is_listened_on(start, tokens):
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        admin_port = taken.getsockname()[1]
        bus = start("", settings(port, None, f"file:{tokens}", f"admin_listen = {admin_port}"))
        bus.wait_for_log("the door is closed: nobody sees metrics and health")
        process = Door(bus, port).process()
    bus.wait_for_log(f"msg=listening url=http://127.0.0.1:{admin_port}")  # by itself
    assert alive(admin_port) and Door(bus, port).process() == process


def test_listeners_that_clash(start, tokens):
    port = free_port()
    bus = start("", settings(port, None, f"file:{tokens}", f"admin_listen = {port}"))
    wait_until(lambda: states(bus)["listen"] == ("open", None), "listen is open")
    assert states(bus)["admin_listen"] == (
        "closed", f"{bus.config}:7: [bus] admin_listen: has the port of `listen`; give it another")
    assert Door(bus, port).post(event(1)).status == 202
