"""The public line protocol, and who may speak it."""

import contextlib
import grp
import json
import os
import pathlib
import shutil
import socket
import stat
import tempfile
import threading
import time

import pytest

from harness import (AFFNOTIFY, PATIENCE_S, SPEC_CREATED, SPEC_DEACTIVATED, Bus, canonical, csv_section, event,
                     wait_until)


# ---- The socket ----


def test_answers_come_in_the_order_of_requests(start, tmp_path):
    bus = start(csv_section(tmp_path))
    connection = bus.connect()
    connection.send(event(1), {"command": "status"}, {"event": "affiliate.gone"}, event(2), {"command": "nap"})
    answers = [connection.receive() for _ in range(5)]
    assert answers[0]["new"] is True
    assert answers[1]["bus"]["accepted"] == 1  # commands see what came before them, and no more
    assert (answers[2]["field"], answers[2]["rule"]) == ("event", "unknown_event")
    assert answers[3]["new"] is True
    assert answers[4]["rule"] == "unknown_command" and "status" in answers[4]["message"]
    connection.close()


@pytest.mark.parametrize(
    "line, field, rule",
    [
        (b"hello", "", "not_json"),
        (b"[]", "", "not_object"),
        (b"{}", "", "no_event_or_command"),
        (b'{"event":"affiliate.created","event":"affiliate.created"}', "event", "duplicate_key"),
        (b'{"event":"affiliate.created"}', "email", "missing"),
        (b'{"event":"affiliate.created","email":7}', "email", "type"),
        (b'{"event":"affiliate.created","email":"a@b","deep_link":"x/y"}', "deep_link", "not_absolute"),
        (b'{"command":7}', "command", "unknown_command"),
        (b'{"command":"trace"}', "id", "missing"),
        (b'{"command":"trace","id":"evt_nonsense"}', "id", "unknown_id"),
        (b'{"command":"id","email":"nonsense"}', "email", "syntax"),
    ],
)
def test_refusals_name_field_and_rule(start, tmp_path, line, field, rule):
    bus = start()
    connection = bus.connect()
    connection.socket.sendall(line + b"\n\n  \n")  # blank lines are not requests
    answer = connection.receive()
    assert (answer["ok"], answer["field"], answer["rule"]) == (False, field, rule), answer
    assert connection.ask({"command": "status"})["ok"]
    connection.close()


def test_a_line_too_long_closes_the_connection(start, tmp_path):
    bus = start()
    connection = bus.connect()
    connection.socket.sendall(b'{"event":"' + b"x" * 70000)
    assert connection.receive()["rule"] == "too_long"
    assert connection.lines.readline() == b""
    connection.close()
    assert bus.ask({"command": "status"})["ok"]


def test_the_last_line_needs_no_break(start, tmp_path):
    bus = start()
    connection = bus.connect()
    connection.socket.sendall(canonical(SPEC_CREATED))
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.receive()["new"] is True
    connection.close()


def test_a_client_that_does_not_read_holds_nobody_up(start, tmp_path):
    bus = start()
    rude = bus.connect()
    rude.socket.settimeout(0.5)
    line = canonical(SPEC_CREATED) + b"\n"
    with pytest.raises(TimeoutError):
        while True:
            rude.socket.sendall(line * 1000)
    assert bus.ask({"command": "status"})["ok"]
    rude.close()


def test_id_tells_derived_and_remembered(start, tmp_path):
    bus = start()
    unknown = bus.ask({"command": "id", "email": "Affiliate@Example.com"})
    assert (unknown["derived"], unknown["remembered"]) == ("ia_43831f8e", None)
    bus.emit(SPEC_CREATED)
    known = bus.ask({"command": "id", "email": "affiliate@example.com"})
    assert (known["derived"], known["remembered"]) == ("ia_43831f8e", "ia_45fee001")


def test_collisions_are_reported_once(start, tmp_path):
    bus = start(csv_section(tmp_path))
    for n in range(3):
        bus.emit(dict(SPEC_CREATED, email="other@example.com", deep_link=f"https://x.example/{n}"))
        bus.emit(dict(SPEC_CREATED, deep_link=f"https://x.example/{n}"))
    bus.wait_for("crm", delivered=6)
    assert bus.log().count("one affiliate ID, two e-mails") == 1
    bus.emit(dict(SPEC_CREATED, affiliate_id="ia_00000001"))
    bus.emit(dict(SPEC_DEACTIVATED, affiliate_id="ia_00000001"))
    assert bus.log().count("one e-mail, two affiliate IDs") == 1


def test_an_id_of_another_form_is_passed_over_and_told(start, tmp_path):
    bus = start(csv_section(tmp_path))
    told = ('an affiliate_id that is not ia_ and 8 hex digits counts as absent: the affiliate has the one that is '
            'remembered, or derived from the e-mail" count=1 last_has=ia_43831f8e last_seq=1')
    for number in range(3):  # one line a minute
        bus.emit(dict(SPEC_CREATED, affiliate_id="4711", deep_link=f"https://x.example/{number}"))
    bus.emit(dict(SPEC_CREATED, affiliate_id=""))
    assert bus.log().count("an affiliate_id that is not") == 1 and told in bus.log(), bus.log()
    assert "4711" not in bus.log()


# ---- Who may do what ----


def as_user(uid, groups, question):
    """Runs question() in a child with these rights and returns what it returned, as text."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(groups)
            os.setgid(uid)
            os.setuid(uid)
            answer = question()
        except BaseException as error:  # noqa: BLE001  the parent shows it
            answer = repr(error)
        os.write(write_end, str(answer).encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return answer


def test_publishers_publish_and_operators_control(start, tmp_path):
    assert os.geteuid() == 0, "this test changes users, so it needs root"
    for folder in [tmp_path, *tmp_path.parents]:
        if str(folder).startswith("/tmp/") and folder.exists():
            folder.chmod(0o755)
    bus = start(csv_section(tmp_path), "publishers = daemon\noperators = adm")
    publishers, operators = grp.getgrnam("daemon").gr_gid, grp.getgrnam("adm").gr_gid
    status = lambda: bus.ask({"command": "status"})
    publish = lambda: bus.ask(SPEC_CREATED)
    assert "'new': True" in as_user(65534, [publishers], publish)
    assert "forbidden" in as_user(65534, [publishers], status)
    assert "'sinks'" in as_user(65534, [operators], status)
    refused = as_user(65534, [], status)
    assert "closed the connection" in refused or "Broken" in refused or "reset" in refused, refused
    spool = (bus.state / "spool").stat()
    assert stat.S_IMODE(spool.st_mode) == 0o3730 and spool.st_gid == publishers


@pytest.fixture
def start_open():
    """Makes a bus whose folder everybody may enter; no other run of pytest sets that back."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        pathlib.Path(folder).chmod(0o755)
        started = []

        def start_bus(bus):
            started.append(Bus(folder, "", bus).start())
            return started[0]

        yield start_bus
        for bus in started:
            assert bus.stop() == 0, bus.log()


def test_publishers_keep_no_operator_out(start_open):
    assert os.geteuid() == 0, "this test changes users, so it needs root"
    bus = start_open("publishers = daemon")
    publishers = grp.getgrnam("daemon").gr_gid

    def connect():
        one = socket.socket(socket.AF_UNIX)
        one.connect(str(bus.socket))
        return one

    def ask(one, request):
        one.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(one.makefile("rb").readline())

    def take_all():
        held = [connect() for _ in range(240)]
        assert ask(held[-1], SPEC_CREATED)["ok"]  # so all of them are in
        with connect() as further:
            refusal = json.loads(further.makefile("rb").readline())
        assert (refusal["rule"], refusal["message"]) == (
            "unavailable", "240 clients are connected, and the other places are for `operators`; try again")
        # While they say something, they stay; then the one that said nothing for the longest goes.
        def got_in():
            for one in held[1:]:
                assert ask(one, SPEC_CREATED)["ok"]
            with connect() as further:
                further.settimeout(PATIENCE_S)
                with contextlib.suppress(BrokenPipeError):  # it may be turned away already
                    further.sendall(json.dumps(SPEC_CREATED).encode() + b"\n")
                answer = json.loads(further.makefile("rb").readline())
                return answer["ok"] or time.sleep(1)
        wait_until(got_in, "a place was given up", patience_s=120)
        assert held[0].recv(1) == b""
        for one in held[1:]:
            assert ask(one, SPEC_CREATED)["ok"]
        return "done"

    read_end, write_end = os.pipe()
    holder = threading.Thread(target=lambda: os.write(write_end, as_user(65534, [publishers], take_all).encode()))
    holder.start()
    bus.wait_for_log("240 clients are connected")
    operators = [socket.socket(socket.AF_UNIX) for _ in range(15)]  # idle ones of their own
    for each in operators:
        each.connect(str(bus.socket))
    assert bus.command("status").returncode == 0
    for each in operators:
        each.close()
    holder.join()
    assert os.read(read_end, 100_000).decode() == "done"


def test_publishers_spool_while_the_bus_is_away(start, tmp_path):
    assert os.geteuid() == 0, "this test changes users, so it needs root"
    for folder in [tmp_path, *tmp_path.parents]:
        if str(folder).startswith("/tmp/") and folder.exists():
            folder.chmod(0o755)
    bus = start(csv_section(tmp_path), "publishers = daemon")
    assert bus.stop() == 0
    publishers = grp.getgrnam("daemon").gr_gid
    program = shutil.copy(AFFNOTIFY, tmp_path)  # out of a checkout that they may not enter
    emit = lambda: bus.command("emit", "created", "--email", "a@example.com", program=program).stdout
    assert as_user(65534, [publishers], emit) == "spooled\n"
    bus.start()
    bus.wait_for("crm", delivered=1)


def test_alone_the_socket_is_private(start, tmp_path):
    bus = start()
    assert stat.S_IMODE(bus.socket.stat().st_mode) == 0o600
