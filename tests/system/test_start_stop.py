"""Start, stop, and who lives how long."""

import os
import pwd
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness import AFFNOTIFYD, SPEC_CREATED, Bus, csv_section, is_running, wait_until, webhook_section


def test_a_stale_socket_is_replaced(start, tmp_path):
    bus = start()
    bus.kill()
    assert bus.socket.exists()
    bus.start()


def test_a_start_with_closed_descriptors(start, tmp_path):
    """What a command's process prints must not go into a file or a socket of the bus."""
    bus = start(csv_section(tmp_path), "", preexec_fn=lambda: os.closerange(0, 3))
    (message,) = bus.ask({"command": "render", "sink": "crm", "events": [SPEC_CREATED]})["messages"]
    assert message["text"].startswith("evt_")
    bus.emit(SPEC_CREATED)
    bus.wait_for("crm", delivered=1)


def test_a_second_bus_is_refused(start, tmp_path):
    bus = start()
    second = Bus(tmp_path)
    second.log_path = tmp_path / "second.log"
    assert second.launch().process.wait(30) == 1
    assert f"another affnotifyd (process {bus.process.pid}) works on this state directory" in second.log()
    assert bus.ask({"command": "status"})["ok"]


@pytest.mark.parametrize("key, path, folder", [("state", "file/state", "file/state"), ("spool", "file/spool", "file/spool"),
                                               ("socket", "file/bus.sock", "file")])
def test_a_folder_that_cannot_be_made(tmp_path, key, path, folder):
    (tmp_path / "file").write_text("")
    places = {"state": "state", "socket": "bus.sock", "spool": "state/spool", key: path}
    config = tmp_path / "a.ini"
    config.write_text("[bus]\n" + "".join(f"{name} = {tmp_path}/{place}\n" for name, place in places.items()))
    done = subprocess.run([AFFNOTIFYD, "-c", config], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"[bus] {key}: the folder {tmp_path}/{folder} cannot be made ({tmp_path}/file" in done.stderr
    assert f"make it, for the user that affnotifyd runs as, or name another `{key}`" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="starts as root")
def test_root_makes_nothing_in_the_folder_of_another(start, tmp_path):
    """Whose user could not open it afterwards."""
    state = tmp_path / "state"
    state.mkdir(0o700)
    os.chown(state, 65534, 65534)
    bus = Bus(tmp_path, csv_section(tmp_path))
    assert bus.launch().process.wait(60) == 1
    name = pwd.getpwuid(65534).pw_name
    assert (f"{bus.config}:2: [bus] state: {state} belongs to the user {name}, who could not open what root makes there, "
            f"so nothing was begun; run affnotifyd as that user, such as `runuser -u {name} -- affnotifyd -c {bus.config}`, "
            "or give the folder to root") in bus.log()
    assert list(state.iterdir()) == [] and not bus.socket.exists()
    os.chown(state, 0, 0)
    start(csv_section(tmp_path))


def test_a_live_socket_of_another_bus_is_not_taken(start, tmp_path):
    bus = start()
    (tmp_path / "two").mkdir()
    second = Bus(tmp_path / "two")
    second.socket = bus.socket
    second.configure("")
    assert second.launch().process.wait(30) == 1
    assert "another program listens on it" in second.log()
    assert bus.ask({"command": "status"})["ok"]


def test_a_file_in_the_place_of_the_socket_is_not_removed(tmp_path):
    bus = Bus(tmp_path)
    bus.socket.write_text("precious")
    assert bus.launch().process.wait(30) == 1
    assert "is not a socket" in bus.log() and bus.socket.read_text() == "precious"


def test_a_broken_bus_section_stops_the_start(tmp_path):
    bus = Bus(tmp_path, bus="sokcet = /tmp/x")
    assert bus.launch().process.wait(30) == 1
    assert "did you mean `socket`?" in bus.log()


def test_a_hangup_stops_nothing_and_a_stop_is_clean(start, tmp_path, https_server):
    gate = threading.Event()
    https_server.answer = lambda request: (gate.wait(30), 204)[1]
    bus = start(csv_section(tmp_path) + webhook_section(https_server, "timeout = 60s"))
    bus.emit(SPEC_CREATED)
    wait_until(lambda: https_server.requests, "the request is on its way")
    bus.process.send_signal(signal.SIGHUP)
    bus.wait_for_log("msg=reloaded changed=0 unchanged=2")
    hosts = bus.hosts()
    assert len(hosts) == 2
    asked = time.monotonic()
    assert bus.stop() == 0
    assert time.monotonic() - asked < 10  # a promise, not a speed: 5 s of grace for what hangs
    assert [pid for pid in hosts if is_running(pid)] == []
    assert not bus.socket.exists()
    gate.set()
    bus.start()
    bus.wait_for("backend", delivered=1, pending=0)
    bus.wait_for("crm", delivered=1, pending=0)


def test_hosts_never_outlive_the_bus(start, tmp_path, https_server):
    bus = start(csv_section(tmp_path) + webhook_section(https_server))
    wait_until(lambda: len(bus.hosts()) == 2, "both hosts run")
    hosts = bus.hosts()
    bus.kill()
    wait_until(lambda: not [pid for pid in hosts if is_running(pid)], "the hosts have ended")


def test_hosts_see_no_environment_and_no_descriptor_of_the_bus(start, tmp_path):
    bus = start(csv_section(tmp_path), env=dict(os.environ, CANARY="must-not-be-seen"))
    bus.wait_for("crm", state="open")
    (host,) = bus.hosts()
    environment = open(f"/proc/{host}/environ", "rb").read()
    assert b"CANARY" not in environment
    targets = [os.readlink(f"/proc/{host}/fd/{fd}") for fd in os.listdir(f"/proc/{host}/fd")]
    assert not [target for target in targets if "journal.db" in target or target.endswith("/lock")]
    assert open(f"/proc/{host}/comm").read().strip() == "affnotify-host"
