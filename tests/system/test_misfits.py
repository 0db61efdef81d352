"""Plugins that misbehave in every way we could think of, each in a real bus beside a healthy sink.

The healthy sink delivers every time; of the misfit there is one clear line, asserted word for word;
the bus gains no descriptor and no memory, stops in time and leaves no process behind."""

import os
import pathlib
import re
import signal
import struct
import subprocess

import pytest

from harness import (AFFNOTIFYD, BUILD, Bus, children_of, csv_section, event, is_running, rows,
                     wait_until)

FIXTURES = BUILD / "fixtures"
POISON = "poison@example.com"
MENDED = "mend it, then `affnotify reload`; its events wait until then"
LOOK = ("affnotify starts it again; see what it printed before this line, put back the version that "
        "worked, or ask who wrote the plugin")
DYING = "affnotify starts it again; if it keeps dying, ask who wrote the plugin"


# ---- What the tests share ----

def section(name, plugin="fixture_misfit", **options):
    lines = [f"[sink:{name}]", f"plugin = {plugin}"]
    lines += [f"{key.rstrip('_')} = {value}" for key, value in options.items()]
    return "\n".join(lines) + "\n"


def lines_of(bus, sink, message):
    """What the log says of a sink under this message, without times; each different line once."""
    found = []
    for line in bus.log().splitlines():
        match = re.fullmatch(r'(?:info|warning|error) at=\S+ msg="?([^"=]+?)"? sink=(\S+) (.*?)'
                             r'(?: again_in_ms=\d+)?', line)
        if match and match.group(1, 2) == (message, sink) and match.group(3) not in found:
            found.append(match.group(3))
    return found


def number_in(line, key):
    return int(re.search(rf"\b{key}=(\d+)", line).group(1))


class Usage:
    """What the bus itself holds now; `check` says that it is no more later."""

    def __init__(self, bus):
        self.bus = bus
        self.fds, self.kib = self.measure()

    def measure(self):
        process = pathlib.Path(f"/proc/{self.bus.process.pid}")
        kib = re.search(r"VmRSS:\s+(\d+) kB", (process / "status").read_text())
        return len(os.listdir(process / "fd")), int(kib.group(1))

    def check(self):
        wait_until(lambda: self.measure()[0] <= self.fds, f"the bus has {self.fds} descriptors again")
        grown = self.measure()[1] - self.kib
        assert grown < 64 * 1024, f"the bus has grown by {grown} KiB"


class Scene:
    """A bus with misfits beside the healthy sink `crm`."""

    def __init__(self, bus, folder):
        self.bus = bus
        self.folder = folder
        self.delivered = 0
        bus.wait_for("crm", state="open")

    def emit(self, *events):
        """Hands events in, and sees that the healthy sink delivers them."""
        ids = self.bus.emit(*events)
        self.delivered += len(events)
        self.bus.wait_for("crm", delivered=self.delivered, pending=0, dead=0)
        assert len(rows(self.folder)) == self.delivered + 1  # the first row names the columns
        return ids

    def open(self, *names):
        for name in names:
            self.bus.wait_for(name, state="open")

    def stop(self):
        """Stops the bus, within its limit, with nothing left behind."""
        hosts = self.bus.hosts()
        processes = hosts + [pid for host in hosts for pid in children_of(host)]
        assert self.bus.stop() == 0, self.bus.log()
        wait_until(lambda: not [pid for pid in processes if is_running(pid)], "all have ended")
        assert "msg=\"host ended\" sink=crm" not in self.bus.log()


@pytest.fixture
def scene(start, tmp_path):
    def make(*sections):
        # The sanitizer would keep what the bus frees, and its size would tell of nothing else.
        plain = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1")
        return Scene(start("\n".join([csv_section(tmp_path), *sections]), env=plain), tmp_path)

    return make


@pytest.fixture(scope="module", autouse=True)
def patient(tmp_path_factory):
    """A bus, and a check beside it, of plugins that never get ready: their 30 s pass meanwhile."""
    folder = tmp_path_factory.mktemp("patient")
    bus = Bus(folder, "\n".join([csv_section(folder), section("load_hang", "loading_hang"),
                                 section("check_hang", in_="check", does="hang"),
                                 section("open_hang", in_="open", does="hang")])).start()
    with subprocess.Popen([AFFNOTIFYD, "--check", "-c", bus.config], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as check:
        yield Scene(bus, folder), check
        bus.stop()
        check.kill()


# ---- What never gets as far as a callback ----

REFUSED = {
    "no_symbol": "has no function affn_sink_v1: it is no sink plugin, or one of another ABI",
    "null": "affn_sink_v1() returned NULL",
    "wrong_abi": "speaks ABI 2, but this affnotify speaks ABI 1: rebuild it",
    "later_revision": "was built for revision 2 of ABI 1, but this affnotify knows only revision 1: "
                      "update affnotify, or rebuild the plugin with AFFN_TARGET 1",
    "no_stamp": "states revision 0: let the macro AFFN_SINK describe it",
    "odd_size": "sink_bytes is 129, which no revision up to 1 has: let the macros of "
                "affnotify/sink.h fill it in",
    "no_name": 'name is "", but must be of a-z, 0-9 and _, begin with a letter and have at most 63 '
               'bytes',
    "no_version": 'version must be one line of 1 to 63 bytes, such as "1.0.2"',
    "no_table": "option_count is 1, but options is NULL",
    "neither": "has neither deliver nor the extension affn.request/1",
    "both": "has both deliver and the extension affn.request/1; it can deliver by one only",
    "notice_size": "affn.notice/1: notifier_bytes is 8, which no revision up to 1 has: let the macros of "
                   "affnotify/sink.h fill it in",
    "notice_empty": "affn.notice/1: deliver is NULL in a sink that makes no requests",
    "option_name": 'options[1]: its name is "Port", but must be of a-z, 0-9 and _, begin with a '
                   'letter and have at most 63 bytes',
    "option_twice": "option path: stands in the table twice",
    "option_reserved": "option retry: the name is reserved for affnotify",
    "option_bus": 'option bus: no map may be named so; "bus." is reserved',
    "option_type": "option port: its type is 11, which is none",
    "option_flags": "option port: its flags are 0x20, of which some are unknown",
    "option_written": "option port: is AFFN_WRITTEN, but no AFFN_PATH",
    "option_alignment": "option port: its offset 4 is not aligned for its type",
    "option_outside": "option port: its member at 16 does not lie within self_bytes (16)",
    "option_help": "option port: help must be one sentence on one line",
    "option_choices": "option port: has choices, but is no AFFN_CHOICE",
    "option_no_choices": "option port: has no choices",
    "option_two_words": "option port: each choice must be one word",
    "option_bounds": "option host: has bounds, but is no number",
    "option_min_max": "option port: its min is greater than its max",
    "option_map_default": "option header: a map can have no default",
    "option_default": "option port: its default: this value is not a whole number; write one in digits",
}


def library_for(machine, folder, name):
    """A plugin of ours whose ELF head says that it is for another processor."""
    library = bytearray((FIXTURES / "refused_null.so").read_bytes())
    ours = struct.unpack_from("<H", library, 18)[0]
    struct.pack_into("<H", library, 18, machine)
    (folder / name).write_bytes(library)
    return ours


def test_what_cannot_be_loaded(scene, tmp_path):
    expected = {f"refused_{name}": (FIXTURES / f"refused_{name}.so", text)
                for name, text in REFUSED.items()}
    folder = tmp_path / "x.so"
    folder.mkdir()
    (tmp_path / "empty.so").touch()
    (tmp_path / "text.so").write_text("#!/bin/sh\necho a sink\n")
    (tmp_path / "short.so").write_bytes(b"\x7fELF")
    ours = library_for(9999, tmp_path, "foreign.so")
    whole = (FIXTURES / "refused_null.so").stat().st_size
    (tmp_path / "cut.so").write_bytes((FIXTURES / "refused_null.so").read_bytes()[:4096])
    for file, text in {
        "none.so": "No such file or directory",
        "x.so": "is not a regular file",
        "empty.so": "is empty: copy it again",
        "text.so": "is no shared library: copy it again, or name another file",
        "short.so": "is no shared library: copy it again, or name another file",
        "foreign.so": "was built for another kind of processor (ELF machine 9999, and this is "
                      f"{ours}): take the plugin's build for this machine, or build it here",
        "cut.so": f"is cut short: it has 4096 bytes of at least {whole}; copy it again, and see whether "
                  "the disk is full",
    }.items():
        expected[f"file_{file[:-3]}"] = (tmp_path / file, text)
    expected["unresolved"] = (
        FIXTURES / "loading_unresolved.so",
        "cannot be loaded: undefined symbol: misfit_function_of_nowhere; install what it needs, or "
        "have it rebuilt here")
    stage = scene(*[section(name, path) for name, (path, _) in expected.items()])
    bus = stage.bus
    config = bus.config.read_text().splitlines()
    wait_until(lambda: all(bus.sink(name)["state"] == "stopped" for name in expected), "all stopped")
    usage = Usage(bus)
    stage.emit(event(1))
    answer = bus.ask({"command": "check"})
    found = {mistake["section"]: mistake["message"] for mistake in answer["mistakes"]}
    assert answer["errors"] == len(found) == len(expected)
    for name, (path, text) in expected.items():
        line = config.index(f"[sink:{name}]") + 2
        sentence = f"{bus.config}:{line}: [sink:{name}] plugin: {path}: {text}"
        sink = bus.sink(name)
        assert (sink["error"], sink["remedy"], sink["pending"]) == (sentence, MENDED, 1)
        assert found[f"sink:{name}"] == sentence
        quoted = sentence.replace('"', '\\"')
        assert lines_of(bus, name, "configuration") == [f'mistake="{quoted}"']
    usage.check()
    stage.stop()


# ---- What dies before it is open ----

def test_what_dies_at_its_start(scene):
    path = FIXTURES / "loading_abort.so"
    died = {
        "load_abort": f"the plugin's process was killed by signal 6 (Aborted) while it loaded {path}",
        "load_exit": "the plugin's process ended with status 127, as when affnotify-host cannot be "
                     f"executed while it loaded {FIXTURES}/loading_exit.so",
        "check_abort": "the plugin's process was killed by signal 6 (Aborted) while it checked its "
                       "options",
        "check_exit": "the plugin's process ended with status 0 while it checked its options",
        "check_close": "the plugin's process closed descriptors that belong to affnotify-host while it "
                       "checked its options",
        "open_abort": "the plugin's process was killed by signal 6 (Aborted) while it opened",
        "open_exit": "the plugin's process ended with status 0 while it opened",
        "open_quit": "the plugin's process ended with status 127 while it opened",
        "open_garbage": "the plugin's process sent a frame over 1048576 bytes while it opened",
        "open_frame": "the plugin's process sent a frame of type 99 that makes no sense here while it opened",
        "open_close_all": "the plugin's process closed descriptors that belong to affnotify-host while it "
                          "opened",
    }
    unopened = {
        "open_mute": ("the plugin could not open and did not say why", "ask who wrote the plugin"),
        "open_brim": ("w" * 1023, "r" * 1023),
    }
    stage = scene(
        section("load_abort", "loading_abort"), section("load_exit", "loading_exit"),
        section("check_abort", in_="check", does="abort"),
        section("check_exit", in_="check", does="exit"),
        section("check_close", in_="check", does="close_socket"),
        section("open_abort", in_="open", does="abort"),
        section("open_exit", in_="open", does="exit"),
        section("open_quit", in_="open", does="quit", amount=127),
        section("open_garbage", in_="open", does="write_garbage"),
        section("open_frame", in_="open", does="write_frame"),
        section("open_close_all", in_="open", does="close_all"),
        section("open_mute", in_="open", verdict=4),
        section("open_brim", in_="open", does="fill_reply", verdict=5))
    bus = stage.bus
    for name in died:
        bus.wait_for_log(f'msg="host ended" sink={name} ', 2)  # and each time it is said alike
    stage.emit(event(1))
    for name, problem in died.items():
        sink = bus.sink(name)
        assert (sink["state"], sink["error"], sink["remedy"]) == ("starting", problem, LOOK)
        assert lines_of(bus, name, "host ended") == [f'reason="{problem}" remedy="{LOOK}"']
    for name, (problem, remedy) in unopened.items():
        sink = bus.wait_for(name, state="opening", error=problem, remedy=remedy)
        assert sink["pending"] == 1
        assert len(lines_of(bus, name, "sink not open")) == 1
    answer = bus.ask({"command": "check"})
    found = {mistake["section"][5:]: mistake["text"] for mistake in answer["mistakes"]}
    ask = "; see what it printed, put back the version that worked, or ask who wrote the plugin"
    assert found == {
        "load_abort": f"the plugin's process was killed by signal 6 (Aborted) while it was loaded{ask}",
        "load_exit": "the plugin's process ended with status 127, as when affnotify-host cannot be "
                     f"executed while it was loaded{ask}",
        **{name: died[name] + ask for name in ("check_abort", "check_exit", "check_close")},
    }
    stage.stop()


# ---- What dies at work ----

def letter(end):
    return (f"the plugin's process died 3 times with this event alone in flight: it {end}",
            "report it to who wrote the plugin")


def test_what_dies_while_it_delivers(scene, tmp_path):
    """The guilty event becomes a dead letter; the sink delivers the next one."""
    stolen = ("the plugin gave no answer within its timeout of 300 ms",
              "raise `timeout`, or see why the far side is slow")
    dies = {
        "abort": letter("was killed by signal 6 (Aborted)"),
        "exit": letter("ended with status 0"),
        "quit": letter("ended with status 7"),
        "overflow_stack": letter("was killed by signal 11 (Segmentation fault)"),
        "write_beyond": letter("was killed by signal 11 (Segmentation fault)"),
        "close_socket": letter("closed descriptors that belong to affnotify-host"),
        "close_all": letter("closed descriptors that belong to affnotify-host"),
        "write_garbage": letter("sent a frame over 1048576 bytes"),
        "hang": stolen,
        "read_socket": stolen,
    }
    either = "free_twice"  # the allocator aborts, or the sanitizer exits
    stage = scene(*[section(name, does=name, poison=POISON, amount=7, path=tmp_path / name,
                            timeout="300ms" if what == stolen else "60s")
                    for name, what in [*dies.items(), (either, None)]])
    bus = stage.bus
    stage.open(*dies, either)
    usage = Usage(bus)
    (guilty,) = stage.emit(event(0, email=POISON))
    for name, (what, remedy) in dies.items():
        bus.wait_for(name, dead=1, pending=0)
        delivery = bus.delivery(guilty, name)
        assert (delivery["state"], delivery["what"]) == ("dead", what)
        assert lines_of(bus, name, "dead letter") == [
            f'event={guilty} reason="{what}" remedy="{remedy}"']
        end = what.replace("the plugin gave", "it gave").partition("it ")[2]
        again = remedy if dies[name] == stolen else DYING.partition("; ")[2]
        assert lines_of(bus, name, "host ended") == [
            f'reason="the plugin\'s process {end} while it delivered 1 event" '
            f'remedy="affnotify starts it again; {again}"']
    bus.wait_for(either, dead=1)
    assert bus.delivery(guilty, either)["what"] in (
        letter("was killed by signal 6 (Aborted)")[0], letter("ended with status 1")[0])
    for name, (what, remedy) in dies.items():
        bus.wait_for(name, state="open", error=what, remedy=remedy)
    (innocent,) = stage.emit(event(1))
    for name in [*dies, either]:
        bus.wait_for(name, state="open", delivered=1)
        assert (tmp_path / name).read_text().split()[-1] == innocent
    usage.check()
    stage.stop()


# ---- What goes on, but not as it should ----

def test_what_stays_behind(scene, tmp_path):
    """Threads, copies of the process, spoilt settings: all of it ends with the host."""
    stray = ("a function of the host is called from a thread that the plugin has started, which "
             "affnotify/sink.h forbids: such calls do nothing; ask who wrote the plugin")
    limited = f"{tmp_path}/limit_files: Too many open files"
    harmless = ["close_output", "wander", "change_signals", "start_thread", "leave_grandchild"]
    stage = scene(*[section(name, does=name, path=tmp_path / name, poison=POISON)
                    for name in [*harmless, "limit_files", "go_on_twice"]])
    bus = stage.bus
    stage.open(*harmless, "limit_files", "go_on_twice")
    usage = Usage(bus)
    ids = stage.emit(event(0, email=POISON), event(1))
    for name in harmless:
        sink = bus.wait_for(name, delivered=2, dead=0)
        assert (tmp_path / name).read_text().split() == ids
        assert sink["error"] is None
    bus.wait_for_log(stray)
    assert lines_of(bus, "start_thread", "output") == [f'line="{stray}"']

    sink = bus.wait_for("limit_files", dead=1, error=limited, state="held")  # for MISSET
    assert sink["remedy"].startswith(f"see why it cannot be written at {bus.config}:")
    bus.ask({"command": "resume", "sink": "limit_files"})
    bus.wait_for("limit_files", dead=2, error=limited, state="held")

    # Of two that answer for one batch, the second makes no sense; both are ended.
    twice = bus.wait_for("go_on_twice", state="open", pending=0, dead=0, delivered=2)
    assert twice["error"] is None
    (line,) = lines_of(bus, "go_on_twice", "host ended")
    assert re.fullmatch(
        r'reason="the plugin\'s process sent an outcome for 1 events of batch \d+, which has 0 while '
        rf'it .*" remedy="{DYING}"', line)

    # The end of a host is seen at once, though its copy holds the socket and the output open.
    (host, grandchild), = [(host, child) for host in bus.hosts() for child in children_of(host)]
    os.kill(host, signal.SIGKILL)
    bus.wait_for_log('msg="host ended" sink=leave_grandchild')
    assert lines_of(bus, "leave_grandchild", "host ended") == [
        'reason="the plugin\'s process was killed by signal 9 (Killed) while it had nothing to do" '
        'remedy="affnotify starts it again; unless somebody killed it, memory ran out: see the '
        'kernel\'s log"']
    wait_until(lambda: not is_running(grandchild), "the copy has ended with its host")
    bus.wait_for("leave_grandchild", state="open")
    stage.emit(event(0, "affiliate.deactivated", email=POISON))
    bus.wait_for("leave_grandchild", delivered=3)
    usage.check()
    stage.stop()


def test_what_does_not_close(scene, tmp_path):
    """The bus stops within its limit, and says what did not."""
    left = "what it had not finished goes out again at the next start"
    nothing = "nothing is lost; if it does so at every stop, ask who wrote the plugin"
    late = "did not end within 5 s"
    closes = {
        "close_abort": ("was killed by signal 6 (Aborted)", nothing),
        "close_quit": ("ended with status 7", nothing),
        "close_hang": (late, nothing),
        "idle_hang": (late, left),
        "deliver_hang": (late, left),
        "unload_hang": (late, nothing),
    }
    stage = scene(
        section("close_abort", in_="close", does="abort"),
        section("close_quit", in_="close", does="quit", amount=7),
        section("close_hang", in_="close", does="hang"),
        section("idle_hang", in_="idle", does="hang"),
        section("deliver_hang", does="hang", poison=POISON, timeout="60s"),
        section("unload_hang", "loading_unload"))
    bus = stage.bus
    stage.open(*closes)
    stage.emit(event(1))
    for name in closes:
        bus.wait_for(name, delivered=1)
    bus.wait_for_log("sink=idle_hang line=hanging")
    (guilty,) = stage.emit(event(0, email=POISON))
    bus.wait_for_log("sink=deliver_hang line=hanging")
    stage.stop()
    for name, (reason, remedy) in closes.items():
        assert lines_of(bus, name, "host ended") == [
            f'reason="the plugin\'s process {reason} while it closed" remedy="{remedy}"']


def test_an_idle_that_hangs_is_ended_by_the_next_event(scene):
    stage = scene(section("idle_hang", in_="idle", does="hang", timeout="300ms"))
    stage.open("idle_hang")
    stage.bus.wait_for_log("sink=idle_hang line=hanging")
    stage.emit(event(1))
    sink = stage.bus.wait_for("idle_hang", dead=1, pending=0, state="open")
    assert sink["error"] == "the plugin gave no answer within its timeout of 300 ms"
    stage.bus.kill()  # it hangs again: that it stops in time is tested above


# ---- What says too much ----

LINES = 20000


def test_floods(scene, tmp_path):
    """Each line is either shown or counted."""
    stage = scene(section("logs", does="flood_log", amount=LINES, timeout="60s"),
                  section("prints", does="flood_output", amount=LINES, timeout="60s"),
                  section("endless", does="print_endless_line", amount=LINES, timeout="60s"),
                  section("warns", in_="check", amount=1000),
                  section("fills", does="fill_reply", verdict=5))
    bus = stage.bus
    stage.open("logs", "prints", "endless", "warns", "fills")
    usage = Usage(bus)
    stage.emit(event(1))
    for name in ("logs", "prints", "endless", "warns"):
        bus.wait_for(name, delivered=1)
    sink = bus.wait_for("fills", dead=1, error="w" * 1023, state="held")  # for MISSET
    assert sink["remedy"].startswith("r" * 1023 + f" at {bus.config}:")
    usage.check()
    stage.stop()
    log = bus.log().splitlines()
    assert sum(" sink=crm " in line for line in log) <= 3  # nothing of it is the healthy sink's
    for name, shown in (("logs", "error at=.* msg=plugin sink=logs says=\"logged "),
                        ("prints", "info at=.* msg=output sink=prints line=\"printed ")):
        lines = [line for line in log if re.match(shown, line)]
        left_out = lines_of(bus, name, "lines left out")
        assert len(lines) == 300 or 1 < len(left_out) < 5  # a slow machine floods for minutes
        assert len(lines) + sum(number_in(line, "lines") for line in left_out) == LINES
        assert all(line.endswith(' reason="the plugin says too much: of each 60 s, 300 lines are '
                                 'shown" remedy="have the plugin say less, or ask who wrote it"')
                   for line in left_out)
    (endless,) = lines_of(bus, "endless", "output")
    assert len(endless) < 1100
    kept = len(re.search('line="(.*)" cut', endless).group(1))
    assert kept + number_in(endless, "cut_bytes") == len("endless ") * LINES
    warnings = lines_of(bus, "warns", "configuration")
    place = f"{bus.config}:{bus.config.read_text().splitlines().index('[sink:warns]') + 4}"
    assert warnings == [f'mistake="{place}: [sink:warns] amount: is a lot"',
                        f'mistake="{bus.config}:{int(place.rpartition(":")[2]) - 3}: [sink:warns] '
                        '745 more mistakes are not shown"']


# ---- What takes too much ----

def test_a_leak_is_its_own_sinks(scene):
    """The host has a limit, is the first that the kernel takes, and says so before it is too late."""
    stage = scene(section("leaks", does="leak", amount=48))
    bus = stage.bus
    stage.open("leaks")
    leaky, = [pid for pid in bus.hosts() if b"leaks" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert pathlib.Path(f"/proc/{leaky}/oom_score_adj").read_text() == "500\n"
    limits = pathlib.Path(f"/proc/{leaky}/limits").read_text()
    limit = re.search(r"Max data size\s+(\S+)", limits).group(1)
    usage = Usage(bus)
    sanitized = limit == "unlimited"  # their shadow memory is beyond any limit
    assert sanitized or int(limit) == 1 << 30
    number = 0
    enough = "has grown to" if sanitized else 'msg="host ended" sink=leaks'
    while enough not in bus.log():
        number += 1
        assert number < 30
        stage.emit(event(number))
        bus.wait_for("leaks", delivered=number, pending=0, dead=0)
    (said,) = lines_of(bus, "leaks", "plugin")
    assert re.fullmatch(
        r'says="its process has grown to 5\d\d MiB; at 1024 MiB it gets no more, and will likely die '
        r'and be started again: it leaks, or its batches are too large; lower `batch`, or ask who '
        r'wrote the plugin"', said)
    if not sanitized:
        assert lines_of(bus, "leaks", "host ended") == [
            'reason="the plugin\'s process was killed by signal 6 (Aborted) while it delivered 1 '
            f'event" remedy="{DYING}"']
    usage.check()
    stage.stop()


# ---- What never gets ready ----

def test_what_hangs_at_its_start(patient):
    stage, check = patient
    bus = stage.bus
    stage.emit(event(1))
    late = "the plugin's process did not finish within 30 s while it"
    deeds = {"load_hang": f"loaded {FIXTURES}/loading_hang.so", "check_hang": "checked its options",
             "open_hang": "opened"}
    for name, deed in deeds.items():
        bus.wait_for_log(f'msg="host ended" sink={name} ')
        assert lines_of(bus, name, "host ended") == [f'reason="{late} {deed}" remedy="{LOOK}"']
        assert bus.sink(name)["pending"] == 1
    stage.emit(event(2))
    stage.stop()
    config = bus.config.read_text().splitlines()
    ask = "see what it printed, put back the version that worked, or ask who wrote the plugin"
    assert check.communicate(timeout=60)[0].splitlines()[:2] == [
        f"{bus.config}:{config.index(f'[sink:{name}]') + 2}: [sink:{name}] plugin: {late} {deed}; {ask}"
        for name, deed in (("load_hang", "was loaded"), ("check_hang", "checked its options"))]
    assert check.returncode == 1
