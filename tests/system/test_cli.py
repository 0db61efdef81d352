"""The command line of affnotify, whatever the command: usage, help, which socket and which spool."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from cli_place import CREATED, ID, PROGRAM, place
from fake_bus import FakeBus, accepted, always

COMMANDS = re.findall(r"^  ([a-z]+) ", subprocess.run([PROGRAM, "--help"], capture_output=True, text=True,
                                                      check=True).stdout, re.M)


# ---- The command line ----

@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(place, command):
    done = place.run(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: affnotify {command}")
    for option in ["-c, --config FILE", "--socket PATH", "--json", "--help", "Exit codes: 0"]:
        assert option in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert re.search(r"\n\n[A-Z][^\n]*\.\n\n\S", done.stdout)  # the summary, and what else there is to say
    assert done.stderr == ""


def test_help_and_version(place):
    done = place.run("--help")
    assert done.returncode == 0 and {"check", "emit", "id", "status", "trace"} < set(COMMANDS)
    assert max(map(len, done.stdout.splitlines())) <= 80
    version = place.run("--version")
    assert version.returncode == 0
    assert re.fullmatch(r"affnotify \d+\.\d+\.\d+\n", version.stdout)


@pytest.mark.parametrize("arguments, message", [
    ([], "affnotify: which command? See affnotify --help.\n"),
    (["stauts"], "affnotify: “stauts” is not a command; did you mean status?\n"),
    (["xyzzy"], "affnotify: “xyzzy” is not a command\n"),
    (["--json", "status"], "affnotify: “--json”: options come after the command\n"),
    (["status", "--jsno"], "affnotify status: --jsno is not an option of this command"),
    (["status", "--sockett=x"], "--sockett is not an option of this command; did you mean "
                                "--socket?\n"),
    (["status", "-x"], "affnotify status: -x is not an option of this command\n"),
    (["status", "--json=yes"], "affnotify status: --json=yes takes no value\n"),
    (["status", "--socket"], "affnotify status: --socket needs a value\n"),
    (["status", "-c"], "affnotify status: -c needs a value\n"),
    (["status", "now"], "affnotify status: “now” is one argument too many\n"),
    (["status", "--socket", "a", "--socket", "b"], "an option is given twice: “a” and “b”\n"),
    (["trace"], "affnotify trace: ID is missing\n"),
    (["trace", ID, ID], "is one argument too many\n"),
    (["trace", b"\xff"], "affnotify trace: the ID is not valid UTF-8\n"),
    (["id"], "affnotify id: EMAIL is missing\n"),
    (["emit"], "affnotify emit: TYPE is missing: created or deactivated\n"),
    (["emit", "created"], "affnotify emit: --email is missing\n"),
    (["emit", "creatd", "--email", "a"], "“creatd” is not a TYPE; did you mean created?\n"),
    (["emit", "paid", "--email", "a"], "“paid” is not a TYPE: created or deactivated\n"),
    (["emit", "created", "--jsonl", "f"], "TYPE and --jsonl exclude each other\n"),
    (["emit", "--via", "dashboard", "--jsonl", "f"], "--via and --jsonl exclude each other\n"),
])
def test_wrong_usage(place, arguments, message):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60)
    assert done.returncode == 2
    assert done.stdout == b""
    assert message in done.stderr.decode()
    assert "--help." in done.stderr.decode()


def test_options_stand_anywhere_behind_the_command(place):
    done, bus = place.ask(accepted(), "emit", "--email", "a@example.com", "--json", "created")
    assert done.returncode == 0
    assert bus.requests[0]["event"] == "affiliate.created"


# ---- Which socket, which spool ----

@pytest.fixture
def two(place):
    """A second bus, configured by an INI file, beside the one of the environment."""
    state = place.path / "state"
    (state / "spool").mkdir(parents=True)
    other = place.path / "other.sock"
    ini = place.ini(state=state, socket=other)
    with FakeBus(other, always(accepted(2))), place.bus(always(accepted(1))):
        yield place, ini, other


def test_socket_of_the_environment(two):
    place, _, _ = two
    assert place.run(*CREATED).stdout == accepted(1)["id"] + "\n"


def test_socket_of_the_configuration(two):
    place, ini, _ = two
    for option in [["-c", ini], ["--config", ini], [f"-c{ini}"]]:
        assert place.run(*CREATED, *option).stdout == accepted(2)["id"] + "\n"


def test_socket_option_comes_first(two):
    place, ini, other = two
    assert place.run(*CREATED, "--socket", other).stdout == accepted(2)["id"] + "\n"
    done = place.run(*CREATED, "-c", ini, "--socket", place.socket)
    assert done.stdout == accepted(1)["id"] + "\n"


@pytest.mark.skipif(os.path.exists("/run/affnotify/bus.sock"), reason="a bus of the machine's own")
def test_empty_environment_means_the_usual_place(place):
    done = place.run("status", AFFNOTIFY_SOCKET="")
    assert "/run/affnotify/bus.sock" in done.stderr


def test_spool_of_option_configuration_environment(place):
    state = place.path / "state"
    configured = state / "spool"
    configured.mkdir(parents=True)
    option = place.path / "option"
    option.mkdir()
    ini = place.ini(state=state, socket=place.path / "none.sock")
    for folder, arguments in [(place.spool, []), (configured, ["-c", ini]),
                              (option, ["-c", ini, "--spool", option])]:
        assert place.run(*CREATED, *arguments).stdout == "spooled\n"
        assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("arguments", [CREATED, ["status"], ["trace", ID], ["id", "a@b.example"]])
def test_configuration_that_cannot_be_used(place, arguments):
    done = place.run(*arguments, "-c", "/nowhere/affnotify.ini")
    assert done.returncode == 2
    assert "the configuration cannot be used:\n/nowhere/affnotify.ini" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_socket_that_may_not_be_opened(place):
    """In a directory that everybody may enter, with a program that everybody may run."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(PROGRAM, folder)
        path = Path(folder) / "bus.sock"
        with FakeBus(path, always({"ok": True})):
            os.chmod(path, 0o600)
            closed = [subprocess.run([program, "status", "--socket", path], user="nobody",
                                     capture_output=True, text=True, timeout=60)]
            below = Path(folder) / "below"
            below.mkdir(mode=0o700)
            path.rename(below / path.name)
            closed.append(subprocess.run([program, "status", "--socket", below / path.name], user="nobody",
                                         capture_output=True, text=True, timeout=60))
            (below / path.name).rename(path)
    assert [done.returncode for done in closed] == [3, 3]
    assert closed[0].stderr == (
        f"affnotify status: {path}: Permission denied; only root and the bus's own user may, for its "
        "[bus] names no group in `publishers` or `operators`: use sudo, or name one\n")
    assert closed[1].stderr == (
        f"affnotify status: {below / path.name}: Permission denied; you may not search a directory on "
        "that path: open it with chmod o+x, or become its owner\n")


# ---- The program ----

def test_output_that_cannot_be_written(place):
    with place.bus(always({"ok": True})), open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "status", "--socket", place.socket], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "affnotify: not all output could be written\n"
