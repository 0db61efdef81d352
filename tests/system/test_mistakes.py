"""What operators get wrong, and what they are told."""

import grp
import os
import subprocess

import pytest

import harness
from harness import SPEC_CREATED, Bus, csv_section, webhook_section


def test_a_sink_with_a_mistake_starts_stopped_and_its_events_wait(start, tmp_path, https_server):
    good = webhook_section(https_server)
    bus = start(good + "[sink:crm]\nplugin = csv\npaht = /tmp/crm.csv\n")
    bus.emit(SPEC_CREATED)
    bus.wait_for("backend", delivered=1)
    sink = bus.wait_for("crm", state="stopped", pending=1)
    assert f"{bus.config}:" in sink["error"] and "did you mean `path`?" in bus.log()
    assert sink["oldest"]
    bus.stop()
    bus.configure(good + csv_section(tmp_path))
    bus.start()
    bus.wait_for("crm", delivered=1, pending=0)


def test_an_unknown_plugin_gets_a_suggestion(start, tmp_path):
    bus = start("[sink:crm]\nplugin = cvs\n")
    sink = bus.wait_for("crm", state="stopped")
    assert sink["error"].endswith("[sink:crm] plugin: no plugin is named cvs; did you mean `csv`?")


def test_a_plain_http_url_is_a_mistake(start, tmp_path):
    bus = start("[sink:backend]\nplugin = webhook\nurl = http://example.com/\n")
    sink = bus.wait_for("backend", state="stopped")
    assert "[sink:backend] url: " in sink["error"] and "must be https, not http" in sink["error"]


def test_a_proxy_may_be_a_secret_and_no_other_key_of_the_host_is(start, https_server):
    section = webhook_section(https_server)
    bus = start(section + "proxy = env:NO_SUCH_PROXY\n")
    sink = bus.wait_for("backend", state="stopped")
    assert "[sink:backend] proxy: " in sink["error"] and "NO_SUCH_PROXY is not set" in sink["error"]
    bus.stop()
    bus.configure(section.replace("ca_file = ", "ca_file = env:"))
    bus.start()
    sink = bus.wait_for("backend", state="stopped")
    assert "[sink:backend] ca_file: must be an absolute path" in sink["error"]


@pytest.mark.parametrize("text, said", [
    (None, "cannot be read: No such file or directory"),
    ("", "is empty; put the secret into it"),
    ("one\ntwo\n", "holds a line break; a secret is one line of text"),
    ("FILL-IN", "FILL-IN"),
])
def test_a_value_that_cannot_be_had_is_one_mistake(tmp_path, text, said):
    """The plugin is not asked about a section that it sees only a part of."""
    secret = tmp_path / "mail.password"
    if text is not None:
        secret.write_text(text)
        secret.chmod(0o600)
    value = "FILL-IN file:/PATH" if text == "FILL-IN" else f"file:{secret}"
    bus = Bus(tmp_path, "[sink:mail]\nplugin = smtp\nurl = smtp://localhost:587\nuser = ada\n"
                        f"password = {value}\nfrom = a@example.com\nto = b@example.com\n")
    done = subprocess.run([harness.AFFNOTIFYD, "-c", bus.config, "--check"], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 1 and "[sink:mail] password: " in lines[0] and said in lines[0], lines
    assert done.returncode == 1


def test_a_spool_that_cannot_be_given_to_its_group(tmp_path):
    bus = Bus(tmp_path, csv_section(tmp_path), f"publishers = {grp.getgrgid(os.getegid()).gr_name}")
    assert bus.launch(env=harness.refusing("chown")).process.wait(30) == 1
    assert f"{tmp_path}/state/spool: cannot be given to its group: Operation not permitted" in bus.log()


def test_a_group_that_is_not_there(tmp_path):
    """The check says it at its line; the bus does not start."""
    said = "[bus] operators: there is no group of this name; make it with `groupadd`"
    bus = Bus(tmp_path, csv_section(tmp_path), "operators = nobodies-group")
    done = subprocess.run([harness.AFFNOTIFYD, "-c", bus.config, "--check"], capture_output=True, text=True)
    line = bus.config.read_text().splitlines().index("operators = nobodies-group") + 1
    assert (done.returncode, done.stdout) == (1, f"{bus.config}:{line}: {said}\n")
    assert bus.launch().process.wait(30) == 1
    assert said in bus.log() and "[bus] [bus]" not in bus.log()


def test_strict_refuses_the_whole_file(tmp_path):
    bus = Bus(tmp_path, "[sink:crm]\nplugin = csv\n")
    assert bus.launch("--strict").process.wait(30) == 1
    assert "[sink:crm] path: " in bus.log()


def test_a_disabled_sink_waits(start, tmp_path):
    bus = start(csv_section(tmp_path, "enabled = no"))
    bus.emit(SPEC_CREATED)
    sink = bus.wait_for("crm", state="stopped", pending=1)
    assert "enabled = no" in sink["error"] and bus.hosts() == []


def test_a_sink_that_cannot_open_is_tried_again(start, tmp_path):
    """Its events wait, uncharged, until the directory is there."""
    bus = start(f"[sink:crm]\nplugin = csv\npath = {tmp_path}/later/crm.csv\n")
    (event_id,) = bus.emit(SPEC_CREATED)
    bus.wait_for_log("again_in_ms=2000")
    sink = bus.sink("crm")
    assert sink["state"] == "opening" and sink["error"] and sink["pending"] == 1
    (tmp_path / "later").mkdir()
    bus.wait_for("crm", state="open", delivered=1)
    assert bus.delivery(event_id, "crm")["attempts"] == 1


def test_check_asks_the_running_bus(start, tmp_path):
    bus = start(csv_section(tmp_path))
    assert bus.ask({"command": "check"})["errors"] == 0
    bus.configure("[sink:crm]\nplugin = csv\npath = crm.csv\n[sink:other]\nplugin = csv\n")
    connection = bus.connect()
    connection.send({"command": "check", "config": str(bus.config)}, {"command": "status"})
    answer = connection.receive()
    assert answer["errors"] == 2
    assert [m["section"] for m in answer["mistakes"] if not m["warning"]] == ["sink:crm", "sink:other"]
    assert connection.receive()["bus"]["pid"] == bus.process.pid  # in order, also behind a slow one
    connection.close()
    assert bus.ask({"command": "check", "config": "/other.ini"})["rule"] == "other_config"
    assert (tmp_path / "crm.csv").exists()  # made by the running sink; the check opened nothing new


def test_any_bytes_in_a_path_can_be_told(start, tmp_path):
    folder = os.fsencode(tmp_path) + b"/b\xfcro"
    os.mkdir(folder)
    bus = start()
    bus.stop()
    bus.config = bus.config.rename(os.fsdecode(folder + b"/x.ini"))
    bus.configure("[sink:crm]\nplugin = csv\npath = crm.csv\n")
    bus.start()
    bus.wait_for("crm", state="stopped")
    connection = bus.connect()
    connection.send({"command": "status"}, {"command": "check"}, {"command": "id", "email": "a@b"})
    status, check, identity = [connection.receive() for _ in range(3)]
    assert "b?ro/x.ini" in status["bus"]["config"] and "b?ro/x.ini:" in status["sinks"][0]["error"]
    assert check["errors"] == 1 and "b?ro/x.ini:" in check["mistakes"][0]["message"]
    assert identity["ok"]
    connection.close()
