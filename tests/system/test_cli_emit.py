"""affnotify emit against a bus that says whatever a test needs."""

import json
import os
import pathlib
import pty
import re
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from cli_place import CREATED, ID, PROGRAM, place, read_terminal
from fake_bus import HANG, HANG_UP, UNAVAILABLE, accepted, always, in_turn, refused

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


# ---- emit: one event ----

def test_emit_prints_the_id_alone(place):
    done, bus = place.ask(accepted(7), *CREATED)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"evt_{7:032x}\n", "")
    request = bus.requests[0]
    assert STAMP.fullmatch(request.pop("occurred_at"))
    assert request == {"event": "affiliate.created", "email": "a@example.com"}
    assert place.spooled() == []


def test_emit_hands_on_all_that_is_given(place):
    done, bus = place.ask(
        accepted(), "emit", "affiliate.deactivated", "--email", 'Zoë "q"\\@example.com',
        "--affiliate-id", "ia_0123abcd", "--deep-link", "", "--via", "self_signup",
        "--occurred-at", "yesterday")
    assert done.returncode == 0
    assert bus.requests == [{
        "event": "affiliate.deactivated", "email": 'Zoë "q"\\@example.com',
        "affiliate_id": "ia_0123abcd", "deep_link": "", "via": "self_signup",
        "occurred_at": "yesterday"}]


@pytest.mark.parametrize("value", ["12", "", "ia_0123abc", "ia_0123abcg", "ia_0123abcd ", "id_0123abcd"])
def test_emit_refuses_an_affiliate_id_that_is_none(place, value):
    done, bus = place.ask(accepted(), *CREATED, "--affiliate-id", value)
    assert (done.returncode, done.stdout, bus.requests) == (2, "", [])
    assert done.stderr.startswith(
        f"affnotify emit: “{value}” is not an affiliate ID: write ia_ and 8 hex digits, or leave "
        "--affiliate-id out\n")


def test_emit_known_already(place):
    done, _ = place.ask(accepted(new=False), *CREATED)
    assert (done.returncode, done.stdout) == (0, ID + "\n")
    assert done.stderr == "affnotify emit: this event was known already\n"


def test_emit_refused(place):
    done, _ = place.ask(refused(), *CREATED)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "affnotify emit: email has no @; write it as name@example.com\n"
    assert place.spooled() == []


def test_emit_names_the_field_of_a_terse_refusal(place):
    done, _ = place.ask(refused(message="too\x1bshort"), *CREATED)
    assert done.stderr == "affnotify emit: email: too short\n"


def test_emit_refuses_what_is_no_text(place):
    done = subprocess.run([PROGRAM, "emit", "created", "--email", b"\xff"], capture_output=True,
                          timeout=60)
    assert done.returncode == 1
    assert done.stderr == b"affnotify emit: email is not UTF-8; write all text in UTF-8\n"


def expect_spooled(place, done, reason):
    assert (done.returncode, done.stdout) == (0, "spooled\n")
    assert reason in done.stderr
    assert done.stderr.endswith(f"the event waits in {place.spool}\n")
    [[event]] = place.spooled()
    assert STAMP.fullmatch(event.pop("occurred_at"))
    assert event == {"event": "affiliate.created", "email": "a@example.com"}
    [file] = place.spool.iterdir()
    assert re.fullmatch(r"\d{10}\.\d{9}-\d+-[0-9a-f]{8}\.jsonl", file.name)
    assert file.read_text().endswith("}\n")


def test_emit_spools_without_a_socket(place):
    expect_spooled(place, place.run(*CREATED),
                   "No such file or directory; is affnotifyd running? Start it with affnotifyd -c")


@pytest.mark.parametrize("options, field", [
    (["--email", "nobody"], "email"),
    (["--email", "a@b", "--deep-link", "x/y"], "deep_link"),
    (["--email", "a@b", "--occurred-at", "yesterday"], "occurred_at"),
])
def test_emit_spools_nothing_that_would_be_refused(place, options, field):
    done = place.run("emit", "created", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"affnotify emit: {field}")
    assert place.spooled() == []


def test_emit_spools_when_nobody_listens(place):
    socket.socket(socket.AF_UNIX).bind(str(place.socket))
    expect_spooled(place, place.run(*CREATED), "Connection refused; is affnotifyd running?")


def test_emit_spools_after_two_seconds(place):
    with place.bus(always(HANG)):
        begun = time.monotonic()
        done = place.run(*CREATED)
        took = time.monotonic() - begun
    assert took >= 2  # it waited; how much longer the machine took is not ours to say
    expect_spooled(place, done, f"{place.socket}: the bus did not answer in time")


def test_emit_spools_when_nobody_takes_the_connection(place):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place.socket))
    listener.listen(0)
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(str(place.socket))
    expect_spooled(place, place.run(*CREATED), "nobody took the connection in time")


def test_emit_spools_when_the_connection_is_lost(place):
    done, _ = place.ask(HANG_UP, *CREATED)
    expect_spooled(place, done, "the bus closed the connection before it answered; its log tells why")


def test_emit_spools_what_the_bus_cannot_take(place):
    done, _ = place.ask(UNAVAILABLE, *CREATED)
    expect_spooled(place, done, "the journal cannot be written: the disk is full;")


@pytest.mark.parametrize("answer", ["HTTP/1.1 400 Bad Request", "{}", '{"ok":true,"id":"x"}'])
def test_emit_spools_when_a_stranger_answers(place, answer):
    done, _ = place.ask(answer, *CREATED)
    expect_spooled(place, done, "what answered is not affnotifyd")


def test_emit_without_bus_and_spool(place):
    place.spool.rmdir()
    done = place.run(*CREATED)
    assert (done.returncode, done.stdout) == (3, "")
    assert f"the event was not handed in: {place.socket}: No such file" in done.stderr
    assert done.stderr.endswith(f"and it cannot wait in the spool: there is no directory {place.spool}; make it, "
                                "or name another as the spool\n")


def test_emit_json(place):
    done, _ = place.ask(accepted(1), *CREATED, "--json")
    assert json.loads(done.stdout) == accepted(1)
    done, _ = place.ask(refused(), *CREATED, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, refused())
    done = place.run(*CREATED, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"ok": True, "spooled": True})
    done = place.run(*CREATED, "--json", "--spool", "/nowhere")
    assert done.returncode == 3
    assert json.loads(done.stdout)["rule"] == "unavailable"


def test_spool_file_can_be_read_by_the_group(place):
    before = os.umask(0o077)
    try:
        place.run(*CREATED)
    finally:
        os.umask(before)
    [file] = place.spool.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


# ---- emit --jsonl ----

def numbered():
    """Accepts every line, numbering the IDs; refuses those with the e-mail "bad"."""
    count = iter(range(1000000))

    def answer(line):
        return refused() if json.loads(line).get("email") == "bad" else accepted(next(count))
    return answer


def test_jsonl_hands_in_each_line(place):
    file = place.path / "events.jsonl"
    file.write_text('\ufeff{"event":"affiliate.created","email":"a"}\r\n'
                    '\n  \t\n'
                    '{"event":"affiliate.created","email":"bad"}\n'
                    'not json\n'
                    '{"command":"status"}\n'
                    '{"event":"affiliate.created","email":"b","occurred_at":"t","n":1.50}')
    with place.bus(numbered()) as bus:
        done = place.run("emit", "--jsonl", file)
    assert done.returncode == 1
    assert done.stdout == f"evt_{0:032x}\nevt_{1:032x}\n"
    assert done.stderr == (
        f"{file}:4: email: syntax (email has no @; write it as name@example.com)\n"
        f"{file}:5: not_json (the document is not JSON: its syntax is wrong, near byte 3; send one JSON object)\n"
        f"{file}:6: event: missing (event is missing; every event must have one)\n"
        f"affnotify emit: {file}: lines without occurred_at that are in: 1; handed in again, each would be a new event\n"
        f"affnotify emit: {file}: 2 accepted, 0 known already, 0 spooled, 3 refused\n")
    assert [request["email"] for request in bus.requests] == ["a", "bad", "b"]
    assert all(STAMP.fullmatch(request["occurred_at"]) for request in bus.requests[:2])
    assert bus.lines[2] == ('{"event":"affiliate.created","email":"b","occurred_at":"t",'
                            '"n":1.50}\n')


def test_jsonl_from_stdin(place):
    done, bus = place.ask(accepted(new=False), "emit", "--jsonl", "-",
                          stdin='{"event":"e"}\n{"event":"e"}\n')
    assert (done.returncode, done.stdout) == (0, 2 * (ID + "\n"))
    assert done.stderr == ("affnotify emit: stdin: 0 accepted, 2 known already, 0 spooled, "
                           "0 refused\n")
    assert len(bus.lines) == 2


def test_jsonl_hands_on_what_a_slow_writer_wrote(place):
    """The first line is answered before the second one is written."""
    with place.bus(numbered()):
        process = subprocess.Popen([PROGRAM, "emit", "--jsonl", "-", "--socket", place.socket],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, bufsize=1)
        for number in range(3):
            process.stdin.write('{"event":"affiliate.created"}\n')
            assert process.stdout.readline() == f"evt_{number:032x}\n"
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_jsonl_that_is_interrupted_says_where_to_go_on(place):
    for number in (signal.SIGINT, signal.SIGTERM):
        with place.bus(numbered()):
            process = subprocess.Popen([PROGRAM, "emit", "--jsonl", "-", "--socket", place.socket],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            process.stdin.write('{"event":"e"}\n\n{"event":"e","occurred_at":"t"}\n{"event":')
            process.stdin.flush()
            assert process.stdout.readline() + process.stdout.readline() == f"evt_{0:032x}\nevt_{1:032x}\n"
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == -number
        assert errors == (
            "affnotify emit: stdin: interrupted before line 4: what stands above it is settled, and `tail -n +4` gives "
            "the rest\n"
            "affnotify emit: stdin: lines without occurred_at that are in: 1; handed in again, each would be a new event\n"
            "affnotify emit: stdin: 2 accepted, 0 known already, 0 spooled, 0 refused\n")


def test_jsonl_of_a_file_is_interrupted_too(place):
    """The bus answers the first line only once the signal has come, with most of the file still unread."""
    lines = 30000
    file = place.path / "events.jsonl"
    file.write_text("".join(f'{{"event":"e","n":{i},"p":"{100 * "x"}"}}\n' for i in range(lines)))
    asked, go_on = threading.Event(), threading.Event()

    def answer(_):
        asked.set()
        go_on.wait(1)
        return accepted()

    with place.bus(answer) as bus:
        process = subprocess.Popen([PROGRAM, "emit", "--jsonl", file, "--socket", place.socket],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        go_on.set()
        _, errors = process.communicate(timeout=60)
    settled = int(re.search(r"interrupted before line (\d+): ", errors)[1]) - 1
    assert process.returncode == -signal.SIGINT and 0 < settled < lines
    assert [request["n"] for request in bus.requests] == list(range(settled))
    assert errors.endswith(f" {settled} accepted, 0 known already, 0 spooled, 0 refused\n")


def test_an_ignored_signal_stays_ignored(place):
    with place.bus(numbered()):
        process = subprocess.Popen([PROGRAM, "emit", "--jsonl", "-", "--socket", place.socket], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        for number in range(2):
            process.stdin.write('{"event":"e"}\n')
            process.stdin.flush()
            assert process.stdout.readline() == f"evt_{number:032x}\n"
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and "interrupted" not in errors


def test_jsonl_in_utf16_is_said_once(place):
    file = place.path / "events\x1b[31m.jsonl"
    file.write_text('{"event":"e"}\n{"event":"e"}\n', encoding="utf-16")
    done, bus = place.ask(accepted(), "emit", "--jsonl", file)
    shown = str(file).replace("\x1b", " ")
    assert (done.returncode, done.stdout, bus.requests) == (1, "", [])
    assert done.stderr == (f"affnotify emit: {shown}: is UTF-16; save it as UTF-8\n"
                           f"affnotify emit: {shown}: 0 accepted, 0 known already, 0 spooled, 0 refused\n")


def test_the_name_of_a_file_does_not_steer_the_terminal(place):
    file = place.path / "\x1b[31m"
    file.write_text("x\n")
    for path in (file, str(file) + "x"):
        done, _ = place.ask(accepted(), "emit", "--jsonl", path)
        assert done.returncode == 1 and "\x1b" not in done.stderr and " [31m" in done.stderr


def test_without_standard_streams_nothing_is_written_to_the_bus(place):
    """Else the bus's socket would become stdout."""
    file = place.path / "events.jsonl"
    file.write_text(3 * '{"event":"e"}\n')
    with place.bus(numbered()) as bus:
        done = subprocess.run(["sh", "-c", 'exec "$0" emit --jsonl "$1" --socket "$2" <&- >&- 2>"$3"', PROGRAM, file,
                               place.socket, place.path / "said"], timeout=60)
    assert done.returncode == 0 and [request["event"] for request in bus.requests] == 3 * ["e"]
    assert (place.path / "said").read_text().endswith(" 3 accepted, 0 known already, 0 spooled, 0 refused\n")


def test_jsonl_of_many_lines(place):
    lines = 20000
    padding = 100 * "x"
    text = "".join(f'{{"event":"e","n":{i},"p":"{padding}"}}\n' for i in range(lines))
    with place.bus(numbered()) as bus:
        done = place.run("emit", "--jsonl", "-", stdin=text)
    assert done.returncode == 0
    assert done.stdout == "".join(f"evt_{i:032x}\n" for i in range(lines))
    assert [request["n"] for request in bus.requests] == list(range(lines))


def test_jsonl_tells_on_a_terminal_how_far_it_is(place):
    lines = 30000
    file = place.path / "events.jsonl"
    file.write_text("".join(f'{{"event":"e","n":{i},"p":"{100 * "x"}"}}\n' for i in range(lines)) + "x\n")
    waits = iter([0.3] + lines * [0])

    def answer(_):
        time.sleep(next(waits))
        return accepted()

    with place.bus(answer):
        ours, theirs = pty.openpty()
        done = subprocess.Popen([PROGRAM, "emit", "--jsonl", file, "--socket", place.socket], stdout=subprocess.PIPE,
                                stderr=theirs, env={"TERM": "xterm"}, text=True)
        os.close(theirs)
        printed = threading.Thread(target=done.stdout.read)
        printed.start()
        shown = read_terminal(ours)
        printed.join()
    assert done.wait() == 1
    assert re.search(r"\r\033\[K[\d,]+ lines, [\d,]+/s, \d+ %, \d+ s to go", shown)
    assert f"\r\033[K{file}:{lines + 1}: not_json (" in shown  # the line is cleared before others print
    assert shown.endswith(f"affnotify emit: {file}: {lines} accepted, 0 known already, 0 spooled, 1 refused\n")


def peak_kib_of_jsonl(place, lines):
    """VmHWM when all lines were read; a child's ru_maxrss would begin with that of this program."""
    process = subprocess.Popen([PROGRAM, "emit", "--jsonl", "-", "--socket", "/nowhere", "--spool", place.spool],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    with process.stdin:
        for i in range(lines):
            process.stdin.write(b'{"event":"e","n":%d}\n' % i)
        process.stdin.flush()
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    assert process.wait() == 0
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def test_jsonl_of_any_length_takes_the_same_memory(place):
    """The short one has more lines than are under way at a time, too."""
    assert peak_kib_of_jsonl(place, 600_000) < peak_kib_of_jsonl(place, 200_000) + 8 * 1024


def test_jsonl_refuses_lines_that_are_too_long(place):
    text = '{"event":"e","n":1}\n' + 300000 * "x" + '\n{"event":"e","n":2}\n'
    done, bus = place.ask(accepted(), "emit", "--jsonl", "-", stdin=text)
    assert (done.returncode, done.stdout) == (1, 2 * (ID + "\n"))
    assert "stdin:2: too_long (the line is longer than 65536 bytes)\n" in done.stderr
    assert [request["n"] for request in bus.requests] == [1, 2]


def test_jsonl_json(place):
    with place.bus(numbered()):
        done = place.run("emit", "--json", "--jsonl", "-",
                         stdin='{"event":"e"}\n\n{"event":"e","email":"bad"}\n[]\n')
    assert done.returncode == 1
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"line": 1, **accepted(0)},
        {"line": 3, **refused()},
        {"line": 4, **refused("", "not_object", "not a JSON object; write one event a line")}]


def test_jsonl_spools_all_without_a_bus(place):
    lines = 30000
    text = "".join(f'{{"event":"e","n":{i},"p":"{60 * "x"}"}}\n' for i in range(lines))
    done = place.run("emit", "--jsonl", "-", stdin=text + "nonsense\n")
    assert done.returncode == 1
    assert done.stdout == lines * "spooled\n"
    assert done.stderr.count("what follows waits in") == 1
    assert done.stderr.endswith(f"0 accepted, 0 known already, {lines} spooled, 1 refused\n")
    files = place.spooled()
    assert len(files) > 1
    assert [event["n"] for file in files for event in file] == list(range(lines))
    assert all(STAMP.fullmatch(event["occurred_at"]) for file in files for event in file)
    assert all(file.stat().st_size <= 1024 * 1024 for file in place.spool.iterdir())


def test_jsonl_spools_from_where_the_bus_went_away(place):
    answers = [accepted(0), accepted(1), HANG_UP]
    with place.bus(in_turn(*answers)):
        done = place.run("emit", "--jsonl", "-",
                         stdin="".join(f'{{"event":"e","n":{i}}}\n' for i in range(6)))
    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"evt_{0:032x}", f"evt_{1:032x}"] + 4 * ["spooled"]
    assert [event["n"] for event in place.spooled()[0]] == [2, 3, 4, 5]


def test_jsonl_spools_what_the_bus_cannot_take_and_all_behind_it(place):
    """What was sent already keeps its answer; a later read is not sent any more."""
    with place.bus(in_turn(accepted(0), UNAVAILABLE, accepted(2))) as bus:
        process = subprocess.Popen([PROGRAM, "emit", "--jsonl", "-", "--socket", place.socket,
                                    "--spool", place.spool], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdin.write("".join(f'{{"event":"e","n":{i}}}\n' for i in range(3)))
        process.stdin.flush()
        shown = [process.stdout.readline() for _ in range(3)]
        rest, errors = process.communicate('{"event":"e","n":3}\n', timeout=60)
    assert shown == [f"evt_{0:032x}\n", "spooled\n", f"evt_{2:032x}\n"]
    assert rest == "spooled\n"
    assert "the disk is full; what follows waits in" in errors
    assert len(bus.lines) == 3
    assert [[event["n"] for event in file] for file in place.spooled()] == [[1], [3]]


def test_jsonl_without_bus_and_spool(place):
    place.spool.rmdir()
    text = 'x\n{"event":"e"}\n{"event":"e"}\n'
    done = place.run("emit", "--jsonl", "-", stdin=text)
    assert (done.returncode, done.stdout) == (3, "")
    assert "affnotify emit: stdin:2: from here on nothing was handed in: " in done.stderr
    assert (f"and it cannot wait in the spool: there is no directory {place.spool}; make it, or name another "
                "as the spool") in done.stderr
    assert done.stderr.endswith("0 accepted, 0 known already, 0 spooled, 1 refused\n")
    done = place.run("emit", "--json", "--jsonl", "-", stdin=text)
    assert [json.loads(line)["rule"] for line in done.stdout.splitlines()] == [
        "not_json", "unavailable", "unavailable"]


@pytest.mark.parametrize("path, message", [("/nowhere.jsonl", "No such file"),
                                           ("/", "reading: Is a directory")])
def test_jsonl_that_cannot_be_read(place, path, message):
    done, _ = place.ask(accepted(), "emit", "--jsonl", path)
    assert done.returncode == 1
    assert message in done.stderr
