"""The C client: durable or not handed over, whatever the bus does; in threads, after forks; as it is installed."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import threading

import pytest

from cli_place import place  # noqa: F401  a fixture
from fake_bus import HANG, HANG_UP, UNAVAILABLE, FakeBus, accepted, always, in_turn, refused
from harness import BUILD, PATIENCE_S, wait_until
from installed import STRICT, install, run
from test_tree import ROOT

DRIVER = BUILD / "fixtures" / "drive_client"
README = (ROOT / "core/client/README.md").read_text()
SOURCES = [*(ROOT / "core/client").glob("*.c"), ROOT / "core/wire/line_client.c", ROOT / "core/wire/spool_file.c",
           *[ROOT / f"core/event/{name}.c" for name in (
               "characters", "deep_link", "email", "refusal", "timestamp", "utf8")],
           *[ROOT / f"core/base/{name}.c" for name in ("buffer", "clock", "error", "file", "memory", "text")]]
SANITIZED = "libasan" in run(["ldd", DRIVER])


class Driver:
    """A program that links the client; says what each call returned."""

    def __init__(self, socket, spool, program=DRIVER, **environment):
        variables = {"PATH": os.environ["PATH"], "AFFNOTIFY_SOCKET": str(socket), "AFFNOTIFY_SPOOL": str(spool),
                     **environment}
        self.process = subprocess.Popen([program], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1)
        self.watch = threading.Timer(3 * PATIENCE_S, self.process.kill)  # no test waits for ever
        self.watch.daemon = True
        self.watch.start()

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def ask(self, command):
        self.say(command)
        return self.process.stdout.readline().rstrip("\n")

    def outcome(self, command):
        """The number that a call returned, and its words."""
        number, _, words = self.ask(command).partition(" ")
        return int(number), words

    def threads(self, threads, events, how="publish"):
        self.say(f"threads {threads} {events} {how}")

    def outcomes(self):
        """What the threads' calls returned: [(number, e-mail, ID)]."""
        found = []
        for line in self.process.stdout:
            if line == "done\n":
                return found
            number, email, event_id = line.rstrip("\n").split(" ")
            found.append((int(number), email, event_id))
        raise AssertionError(self.process.stderr.read())

    def count(self):
        words = self.ask("count").split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def close(self):
        self.watch.cancel()
        out, err = self.process.communicate("close\n", timeout=PATIENCE_S)
        assert (self.process.returncode, err) == (0, "")
        return int(re.fullmatch(r"closed, lost (\d+)\n", out)[1])


@pytest.fixture
def drive(place):  # noqa: F811
    drivers = []

    def make(**environment):
        drivers.append(Driver(place.socket, place.spool, **environment))
        return drivers[-1]

    yield make
    for driver in drivers:
        driver.process.kill()
        driver.process.communicate()


def journaled(bus):
    with sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True) as database:
        return [json.loads(row[0])["email"] for row in database.execute("SELECT canonical FROM events")]


# ---- One event ----


def test_an_event_is_published_and_posted(start):
    bus = start()
    driver = Driver(bus.socket, bus.state / "spool")
    number, words = driver.outcome("publish ada@example.com")
    assert number == 1 and re.fullmatch(r"evt_[0-9a-f]{32} ", words)
    assert driver.outcome("post grace@example.com") == (0, " ")
    assert driver.ask(f"flush {PATIENCE_S * 1000}") == "0"
    assert driver.count() == {"queued": 0, "accepted": 1, "spooled": 0, "refused": 0, "lost": 0}
    assert journaled(bus) == ["ada@example.com", "grace@example.com"]
    # A restart breaks the connection that was kept; nobody is to notice.
    assert bus.stop() == 0
    bus.start()
    assert driver.outcome("publish alan@example.com")[0] == 1
    assert driver.close() == 0


@pytest.mark.parametrize("answer, expected", [
    (accepted(7), (1, "evt_00000000000000000000000000000007 ")),
    (accepted(7, new=False), (2, "evt_00000000000000000000000000000007 ")),
    (refused(), (-1, "syntax email has no @; write it as name@example.com")),
])
def test_what_the_bus_answers(place, drive, answer, expected):  # noqa: F811
    with place.bus(always(answer)) as bus:
        assert drive().outcome("publish a@example.com") == expected
    (request,) = bus.requests
    assert list(request) == ["event", "email", "occurred_at"]
    assert place.spooled() == []


@pytest.mark.parametrize("answer, reason", [
    (UNAVAILABLE, "the journal cannot be written: the disk is full"),
    (refused("", "forbidden", "only members may"), "only members may"),
    (HANG, "the bus did not answer in time"),
    (HANG_UP, "the bus closed the connection before it answered; its log tells why"),
    ("HTTP/1.1 400", "what answered is not affnotifyd: it does not speak the line protocol"),
    (f"{json.dumps(accepted())}\n{json.dumps(refused())}",
     "what answered is not affnotifyd: it answers more than it was asked"),
])
def test_what_the_bus_does_not_take_is_spooled_once(place, drive, answer, reason):  # noqa: F811
    with place.bus(always(answer)) as bus:
        driver = drive(TIMEOUT_MS="200")
        assert driver.outcome("publish a@example.com") == (
            3, f" {place.socket}: {reason}; the event waits in {place.spool}")
        # What comes later may not overtake it, so it is not even tried.
        assert driver.outcome("publish a@example.com") == (
            3, f" the bus has not taken what was spooled before; the event waits in {place.spool}")
        ((first,), (second,)) = place.spooled()
        assert bus.requests == [first] and first["occurred_at"] <= second["occurred_at"]
        bus.answer = always(accepted())
        for file in place.spool.iterdir():
            assert file.stat().st_mode & 0o777 == 0o640  # the bus's group can read it
            file.unlink()
        assert driver.outcome("publish a@example.com")[0] == 1
        assert driver.close() == 0


def test_what_comes_unasked_is_nobodys_answer(place, drive):  # noqa: F811
    with place.bus(in_turn(accepted(1), accepted(2))) as bus:
        driver = drive()
        assert driver.outcome("publish a@example.com") == (1, f"evt_{1:032x} ")
        bus.say_unasked(refused())
        assert driver.outcome("publish b@example.com") == (1, f"evt_{2:032x} ")
        assert driver.close() == 0


def test_without_bus_and_spool_it_says_so(place, drive):  # noqa: F811
    place.spool.rmdir()
    assert drive().outcome("publish a@example.com") == (
        -2, f" the event is not safe: {place.socket}: No such file or directory; and it cannot wait "
            f"in the spool: there is no directory {place.spool}; make it, or name another as the spool")


def test_what_breaks_a_rule_never_leaves(place, drive):  # noqa: F811
    driver = drive()
    for call in ("publish", "post"):
        assert driver.outcome(f"{call} nobody") == (
            -1, "syntax email has no @; send an address such as name@example.com")
    assert driver.count()["refused"] == 1
    assert place.spooled() == []


# ---- The queue ----


def test_what_is_posted_is_spooled_together(place, drive):  # noqa: F811
    with place.bus(in_turn(accepted(1), refused(), UNAVAILABLE, accepted(2))) as bus:
        driver = drive()
        for name in ("a", "b", "c"):
            driver.ask(f"post {name}@example.com")
            wait_until(lambda: len(bus.lines) + len(place.spooled()) > "abc".index(name), "it is handed over")
        driver.ask(f"flush {PATIENCE_S * 1000}")
        for name in ("d", "e"):  # all that comes behind what is spooled
            assert driver.outcome(f"post {name}@example.com") == (0, " ")
        driver.ask(f"flush {PATIENCE_S * 1000}")
        assert driver.count() == {"queued": 0, "accepted": 1, "spooled": 3, "refused": 1, "lost": 0}
        assert driver.close() == 0
    assert [line["email"][0] for file in place.spooled() for line in file] == ["c", "d", "e"]
    assert len(bus.lines) == 3


def test_what_nobody_takes_stays_until_somebody_does(place, drive):  # noqa: F811
    place.spool.rmdir()
    driver = drive()
    assert driver.outcome("post a@example.com") == (0, " ")
    assert driver.ask("flush 100") == "-2"
    assert driver.count()["queued"] == 1
    place.spool.mkdir()
    assert driver.ask(f"flush {PATIENCE_S * 1000}") == "0"
    assert driver.count() == {"queued": 0, "accepted": 0, "spooled": 1, "refused": 0, "lost": 0}
    assert driver.close() == 0


def test_a_full_queue_is_said_and_counted(place, drive):  # noqa: F811
    place.spool.rmdir()
    driver = drive(QUEUE_BYTES="3000", TIMEOUT_MS="100")
    outcomes = [driver.outcome(f"post p{i}@example.com") for i in range(100)]
    queued = outcomes.count((0, " "))
    assert 30 <= queued <= 70  # both halves, and no more
    assert set(outcomes) == {(0, " "), (-3, " the queue is full: the bus and the spool take events more slowly than "
                                            "they are posted")}
    assert driver.count() == {"queued": queued, "accepted": 0, "spooled": 0, "refused": 0, "lost": 100 - queued}
    assert driver.close() == 100


def test_closing_hands_over_what_is_queued(start):
    bus = start()
    driver = Driver(bus.socket, bus.state / "spool")
    driver.threads(4, 500, "post")
    assert {number for number, _, _ in driver.outcomes()} == {0}
    assert driver.close() == 0
    assert len(journaled(bus)) == len(set(journaled(bus))) == 2000


# ---- In others' programs ----


def test_a_child_is_told_to_open_its_own(start):
    bus = start()
    driver = Driver(bus.socket, bus.state / "spool")
    assert driver.outcome("publish a@example.com")[0] == 1
    assert driver.outcome("post b@example.com")[0] == 0
    sentence = "-4  the client was opened by another process; open one after the fork"
    assert [driver.ask("fork"), driver.process.stdout.readline(), driver.process.stdout.readline()] == [
        sentence, sentence + "\n", "-4 0 0\n"]
    assert driver.outcome("publish c@example.com")[0] == 1  # the parent's is as it was
    assert driver.close() == 0
    assert sorted(journaled(bus)) == ["a@example.com", "b@example.com", "c@example.com"]


def test_nothing_of_the_process_is_touched(place, drive):  # noqa: F811
    with place.bus(in_turn(accepted(), HANG_UP)):
        driver = drive(TIMEOUT_MS="500")
        driver.ask("publish a@example.com")
        folder = f"/proc/{driver.process.pid}"
        kept = [name for name in os.listdir(f"{folder}/fd") if "socket" in os.readlink(f"{folder}/fd/{name}")]
        (fd,) = kept
        with open(f"{folder}/fdinfo/{fd}") as info:
            flags = int(re.search(r"flags:\s+(\d+)", info.read())[1], 8)
        assert flags & os.O_CLOEXEC
        assert os.listdir(f"{folder}/task") == [str(driver.process.pid)]  # no thread without a post
        with open(f"{folder}/status") as status:
            caught = int(re.search(r"SigCgt:\s+(\w+)", status.read())[1], 16)
        assert caught & 1 << (signal.SIGPIPE - 1) == 0
        assert driver.outcome("publish b@example.com")[0] == 3  # and it lives
        driver.outcome("post c@example.com")
        driver.ask(f"flush {PATIENCE_S * 1000}")
        (thread,) = set(os.listdir(f"{folder}/task")) - {str(driver.process.pid)}
        with open(f"{folder}/task/{thread}/status") as status:
            blocked = int(re.search(r"SigBlk:\s+(\w+)", status.read())[1], 16)
        assert blocked & (1 << (signal.SIGTERM - 1)) and blocked & (1 << (signal.SIGUSR1 - 1))


KILLS = 10


def test_nothing_that_was_safe_is_lost_when_the_bus_is_killed(start):
    bus = start()
    safe, spooled = set(), 0
    for kill in range(KILLS):
        driver = Driver(bus.socket, bus.state / "spool", TIMEOUT_MS="500")
        driver.threads(4, 100)
        lines = [driver.process.stdout.readline() for _ in range(20 * (kill + 1) % 300)]
        bus.kill()
        outcomes = driver.outcomes()
        outcomes += [(int(line.split(" ")[0]), *line.split()[1:]) for line in lines]
        assert len(outcomes) == 400 and {outcome[0] for outcome in outcomes} <= {1, 3}
        spooled += sum(outcome[0] == 3 for outcome in outcomes)
        safe |= {outcome[2] for outcome in outcomes if outcome[0] == 1}
        assert driver.close() == 0
        bus.start()
        wait_until(lambda: not list((bus.state / "spool").iterdir()), "the spool is taken in")
    emails = journaled(bus)
    assert len(emails) == 400 * KILLS  # each once: the same e-mail comes once in each round
    assert all(emails.count(f"p{i}x{i}@example.com") == KILLS for i in range(4))
    with sqlite3.connect(f"file:{bus.state}/journal.db?mode=ro", uri=True) as database:
        assert safe <= {f"evt_{row[0].hex()}" for row in database.execute("SELECT id FROM events")}
    assert spooled > 0 and len(safe) > 0
    print(f"{KILLS} kills: {len(safe)} journaled at once, {spooled} by the spool")


def compiles(flags, tmp_path):
    probe = subprocess.run(["gcc", *flags, "-xc", "-", "-o", tmp_path / "probe"], input="int main(void){return 0;}",
                           capture_output=True, text=True)
    return probe.returncode == 0 and subprocess.run([tmp_path / "probe"]).returncode == 0


def test_no_thread_races_with_another(start, tmp_path):
    """The library's sources under ThreadSanitizer, which a build with AddressSanitizer cannot have."""
    flags = ["-std=c17", "-g", "-O1", "-fsanitize=thread", "-D_GNU_SOURCE", f"-I{ROOT}", f"-I{ROOT}/include"]
    if not compiles(["-fsanitize=thread"], tmp_path):
        pytest.skip("ThreadSanitizer does not run here")
    program = tmp_path / "drive_client"
    run(["gcc", *flags, "-o", program, ROOT / "tests/fixtures/drive_client.c", *SOURCES, "-lpthread"])
    bus = start()
    driver = Driver(bus.socket, bus.state / "spool", program=program, TIMEOUT_MS="1000")
    for how in ("publish", "post"):
        driver.threads(6, 30, how)
        assert len(driver.outcomes()) == 180
    driver.threads(6, 100, "post")
    bus.kill()
    driver.outcomes()
    driver.threads(6, 5, "publish")
    assert {outcome[0] for outcome in driver.outcomes()} <= {1, 3}
    driver.ask(f"flush {PATIENCE_S * 1000}")
    assert driver.close() == 0  # and nothing on stderr, which is where it would complain


# ---- As it is installed ----


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("installed") / "prefix")


def block(language):
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)
    return text


EXTRA = ["-fsanitize=address,undefined"] if SANITIZED else []


@pytest.mark.parametrize("compiler, standard", [("gcc", "c17"), ("clang", "c17"), ("g++", "c++17"), ("clang++", "c++20")])
def test_the_header_is_strict(compiler, standard, tmp_path):
    language = "c++" if "+" in compiler else "c"
    for text in ("#include <affnotify/client.h>\n", block("c")):
        done = subprocess.run([compiler, f"-std={standard}", *STRICT, f"-I{ROOT}/include", "-x", language, "-c", "-",
                               "-o", tmp_path / "out.o"], input=text, capture_output=True, text=True)
        if language == "c++" and standard == "c++17":  # GNU extension there, standard in C++20
            assert "designated" in done.stderr or done.returncode == 0
        else:
            assert done.returncode == 0, done.stderr


def test_the_example_does_what_it_says(installed, start, tmp_path):
    assert len(block("c").splitlines()) <= 36
    bus = start()
    (tmp_path / "join.c").write_text(block("c"))
    commands = block("sh").replace("cc ", f"cc {' '.join(EXTRA)} ")
    environment = dict(installed.environment(), AFFNOTIFY_SOCKET=str(bus.socket),
                       AFFNOTIFY_SPOOL=str(bus.state / "spool"), LD_LIBRARY_PATH=str(installed.prefix / "lib"))
    done = subprocess.run(["bash", "-euc", commands], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"safe: evt_[0-9a-f]{32}\n", done.stdout)
    assert journaled(bus) == ["ada@example.com", "grace@example.com"]
    assert bus.stop() == 0
    done = subprocess.run(["./join", "alan@example.com"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "safe: spooled\n")
    done = subprocess.run(["./join", "alan"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "email has no @; send an address such as name@example.com\n")
    environment["AFFNOTIFY_SPOOL"] = str(tmp_path / "nowhere" / "spool")
    done = subprocess.run(["./join", "alan@example.com"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("the event is not safe: "), done.stderr


def test_the_archive_shows_no_name_of_ours(installed, tmp_path):
    names = re.findall(r" [A-Z] (\w+)$", run(["nm", "-g", "--defined-only", installed.prefix / "lib/libaffnotify-client.a"]),
                       re.M)
    header = (ROOT / "include/affnotify/client.h").read_text()
    declared = sorted(set(re.findall(r"\b(affn_client_\w+)\(", header)))
    assert sorted(names) == declared and len(declared) == 6
    shown = re.findall(r" [TDBR] (\w+)$", run(["nm", "-D", "--defined-only",
                                              installed.prefix / "lib/libaffnotify-client.so"]), re.M)
    assert sorted(shown) == declared
    # A program that has names like ours inside.
    (tmp_path / "own.c").write_text(block("c").replace("int main", 'int buffer_add(void);\nint buffer_add(void) { return 1; }\nint main'))
    run(["cc", *EXTRA, f"-I{installed.prefix}/include", "-o", tmp_path / "own", tmp_path / "own.c",
         installed.prefix / "lib/libaffnotify-client.a"])


def test_it_needs_libc_alone(installed):
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run(["readelf", "-d", installed.prefix / "lib/libaffnotify-client.so"]))
    assert [name for name in needed if not re.match(r"libc\.so|libasan|libubsan", name)] == []


def test_cmake_finds_it(installed, tmp_path):
    (tmp_path / "join.c").write_text(block("c"))
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(join C)\nfind_package(affnotify REQUIRED)\n"
        f"add_executable(join join.c)\ntarget_link_libraries(join affnotify::client)\n"
        f"target_compile_options(join PRIVATE {' '.join(EXTRA)})\ntarget_link_options(join PRIVATE {' '.join(EXTRA)})\n")
    build = installed.build_by_cmake(tmp_path)
    done = subprocess.run([build / "join"], env={"AFFNOTIFY_SOCKET": "/nowhere", "AFFNOTIFY_SPOOL": "/nowhere"},
                          capture_output=True, text=True)
    assert done.returncode == 1 and "there is no directory /nowhere" in done.stderr
