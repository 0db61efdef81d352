"""affnotify-host by itself: the test plays the bus, the plugins are fixtures."""
import os
import select
import shutil
import signal
import socket
import struct
import subprocess

import pytest

import harness
from host_driver import (CLOSE, DELIVER, DELIVERED, DOWN, LOG, MISSET, OPEN, OPTIONS, REFUSED, RETRY,
                         TABLE, event, put)


# ---- Loading ----

def test_table(launch):
    table = launch("fixture_options").table()
    assert (table["name"], table["version"]) == ("fixture_options", "1.0")
    assert table["summary"] == "Tells its options."
    assert table["defaults"] == "batch=5"
    assert (table["revision"], table["requests"]) == (1, False)
    assert not any(option["hosts"] for option in table["options"].values())
    assert list(table["options"]) == ["string", "number", "flag", "size", "duration", "choice", "list",
                                      "map", "url", "path", "password", "old", "pin"]
    assert table["options"]["choice"]["choices"] == "red green blue"
    assert table["options"]["duration"]["fallback"] == "10s"
    assert table["options"]["string"]["fallback"] is None
    assert (table["options"]["number"]["min"], table["options"]["number"]["max"]) == (-10, 10)
    assert table["options"]["password"]["flags"] == 2


def test_table_of_a_sink_that_makes_requests(launch):
    table = launch("fixture_request").table()
    assert table["requests"]
    hosts = {name: option for name, option in table["options"].items() if option["hosts"]}
    assert list(hosts) == ["ca_file", "client_certificate", "client_key", "proxy", "http_version"]
    assert hosts["http_version"]["choices"] == "1.1 2"
    assert hosts["http_version"]["fallback"] == "1.1"
    assert hosts["proxy"]["flags"] == 0
    assert "url" in table["options"] and not table["options"]["url"]["hosts"]


@pytest.mark.parametrize("plugin, text", [
    ("refused_no_symbol", "has no function affn_sink_v1: it is no sink plugin, or one of another ABI"),
    ("refused_null", "affn_sink_v1() returned NULL"),
    ("refused_wrong_abi", "speaks ABI 2, but this affnotify speaks ABI 1: rebuild it"),
    ("refused_later_revision",
     "was built for revision 2 of ABI 1, but this affnotify knows only revision 1: update affnotify, "
     "or rebuild the plugin with AFFN_TARGET 1"),
    ("refused_neither", "has neither deliver nor the extension affn.request/1"),
    ("refused_option_twice", "option path: stands in the table twice"),
    ("refused_option_reserved", "option retry: the name is reserved for affnotify"),
    ("refused_option_default",
     "option port: its default: this value is not a whole number; write one in digits"),
])
def test_a_plugin_that_is_refused(build, launch, plugin, text):
    assert launch(plugin).failed() == f"{build}/fixtures/{plugin}.so: {text}"


def test_a_file_that_is_refused(build, launch, tmp_path):
    plugin = tmp_path / "echo.so"
    shutil.copy(build / "fixtures" / "fixture_misfit.so", plugin)
    assert launch(tmp_path / "none.so").failed() == f"{tmp_path}/none.so: No such file or directory"
    assert launch(tmp_path).failed() == f"{tmp_path}: is not a regular file"
    for mode in (0o757, 0o777):
        plugin.chmod(mode)
        assert launch(plugin).failed() == (
            f"{plugin}: can be written by everybody: use chmod o-w")
    plugin.chmod(0o755)
    launch(plugin).table()
    os.chown(plugin, 12345, 0)
    assert launch(plugin).failed() == (
        f"{plugin}: belongs to user 12345, but must belong to root or to user 0, as which affnotify "
        "runs: use chown")


@pytest.mark.parametrize("call, text", [
    ("fstat", "cannot be looked at: Input/output error"),
    ("proc", "cannot be compared with affnotify-host: mount /proc"),
])
def test_a_system_that_refuses(build, launch, call, text):
    before = ["env", *(f"{name}={value}" for name, value in harness.refusing(call).items())]
    assert launch("fixture_misfit", before=before).failed() == f"{build}/fixtures/fixture_misfit.so: {text}"


def test_a_file_that_is_no_library(launch, tmp_path):
    plugin = tmp_path / "text.so"
    plugin.write_text("not a library")
    plugin.chmod(0o644)
    assert launch(plugin).failed() == (
        f"{plugin}: is no shared library: copy it again, or name another file")


def test_a_pipe_in_the_place_of_a_plugin(launch, tmp_path):
    os.mkfifo(tmp_path / "pipe.so", 0o600)
    assert launch(tmp_path / "pipe.so").failed() == f"{tmp_path}/pipe.so: is not a regular file"


def test_a_plugin_with_the_structs_of_an_older_release(launch):
    host = launch("fixture_older").ready({"second": "7"})
    assert host.one()["what"] == "first=1 second=7 count=1"
    assert host.close() == 0  # close, idle and extension lie beyond the struct that it knows


def test_it_is_not_started_by_hand(build):
    by_hand = subprocess.run([build / "libexec" / "affnotify-host", "crm", "x.so"],
                             capture_output=True, text=True, check=False, close_fds=True)
    assert by_hand.returncode == 2
    assert by_hand.stderr == "affnotify-host: is started by affnotifyd, not by hand\n"


# ---- Options ----

def options_seen(launch, values):
    host = launch("fixture_options").ready(values)
    return host.one()["what"]


def test_options_unset(launch):
    assert options_seen(launch, {"path": "/p"}) == (
        "string=NULL number=-9223372036854775808 flag=-1 size=-9223372036854775808 duration=10000 "
        "choice=-1 list= map= url=NULL path=/p password=NULL old=NULL")


def test_options_set(launch):
    values = {"string": "text", "number": "-7", "flag": "on", "size": "64k", "duration": "250ms",
              "choice": "blue", "list": "a, b c", "map.X-Team": "one", "map.y": "", "path": "/p",
              "url": "https://example.com/x", "password": "open sesame"}
    assert options_seen(launch, values) == (
        "string=text number=-7 flag=1 size=65536 duration=250 choice=2 list=<a><b><c> "
        "map=<X-Team:one><y:> url=https://example.com/x path=/p password=•••• old=NULL")


def test_options_empty(launch):
    values = {"string": "", "list": "", "path": "/p"}
    assert options_seen(launch, values).startswith("string= ")


def test_every_mistake_in_the_options_at_once(launch):
    host = launch("fixture_options")
    host.table()
    values = {"string": "bad", "number": "11", "flag": "maybe", "choice": "gren", "lsit": "a",
              "map": "x", "map.": "x", "string.x": "y", "url": "nowhere", "old": "x",
              "pin": "sesame", "conncurrency": "3", "zzz": "1", "number2": "1"}
    found = {}
    for key, text, warning in host.options(values):
        found.setdefault(key, []).append((text, warning))
    assert found.pop("old") == [("is deprecated: Use `string`.", True)]
    texts = {key: [text for text, warning in given if not warning] for key, given in found.items()}
    assert texts.pop("number") == ["must be from -10 to 10, not `11`"]
    assert texts.pop("flag") == ["must be yes or no, not this value"]
    assert texts.pop("choice") == ["`gren` is none of red, green, blue; did you mean `green`?"]
    assert texts.pop("lsit") == ["unknown key; did you mean `list`?"]
    assert texts.pop("conncurrency") == ["unknown key; did you mean `concurrency`?"]
    assert texts.pop("number2") == ["unknown key; did you mean `number`?"]
    assert texts.pop("zzz") == ["unknown key: neither affnotify nor this plugin has it"]
    assert texts.pop("map") == ["is a map: write map.KEY = value, once a KEY"]
    assert texts.pop("map.") == ["lacks a key: write map.KEY = value"]
    assert texts.pop("string.x") == ["is no option: string takes one value, not a KEY"]
    assert texts.pop("pin") == [
        "is not a number within the option's bounds (the value is not shown)"]
    assert texts.pop("path") == ["is required: A path."]
    assert len(texts.pop("url")) == 1
    assert texts == {}  # and `check` was not asked about values that were wrong by themselves
    host.send(OPEN)
    assert host.ended() == 1


def test_the_plugins_own_check(launch):
    host = launch("fixture_options")
    host.table()
    assert host.options({"string": "bad", "path": "/p"}) == [("string", "must not be bad", False)]
    assert host.close() == 0
    host = launch("fixture_options")
    host.table()
    assert host.options({"string": "odd", "path": "/p"}) == [("", "an odd section", True)]
    assert host.open() == (DELIVERED, "", "")


def test_the_hosts_own_keys(launch):
    host = launch("fixture_request")
    host.table()
    mistakes = host.options({"client_key": "/k", "proxy": "ftp://x", "http_version": "3.14",
                                 "ca_fiel": "/x"})
    assert mistakes.pop()[0] == "proxy"
    assert mistakes == [
        ("ca_fiel", "unknown key; did you mean `ca_file`?", False),
        ("http_version", "this value is none of 1.1, 2", False),
        ("client_key", "needs client_certificate beside it", False),
    ]
    host = launch("fixture_options")
    host.table()
    assert host.options({"ca_file": "/x", "path": "/p"}) == [
        ("ca_file", "unknown key: neither affnotify nor this plugin has it", False)]


# ---- Opening, closing ----

def test_open_again_until_it_is_ready(launch, tmp_path):
    host = launch("fixture_verdict")
    host.table()
    state = tmp_path / "state" / "crm"
    values = {"open_verdict": "4", "open_failures": "2", "password": "sesame"}
    assert host.options(values, state_dir=state) == []
    assert host.open() == (DOWN, "not open: ••••", "try again")
    assert not state.exists()
    assert host.open() == (DOWN, "not open: ••••", "try again")
    assert host.open() == (DELIVERED, "", "")
    assert (1, "the password is ••••") in host.logs
    assert (0, f"crm has {state}") in host.logs
    assert state.stat().st_mode & 0o777 == 0o700
    assert host.close() == 0
    assert host.logs[-1] == (1, "close")


def test_no_verdict_from_open_is_a_retry(launch):
    host = launch("fixture_verdict")
    host.table()
    host.options({"open_verdict": "0", "open_failures": "1"})
    assert host.open()[0] == RETRY
    assert host.logs[-1] == (2, "the plugin returned 0, which is no verdict: taken as RETRY")


def test_a_directory_that_cannot_be_made(launch, tmp_path):
    (tmp_path / "file").write_text("")
    host = launch("fixture_verdict").ready({}, state_dir=tmp_path / "file" / "crm")
    assert host.logs[0][0] == 3
    assert host.logs[0][1].startswith("the sink's own directory cannot be made: ")
    assert host.logs[1] == (0, "crm has nothing")


def test_idle_only_while_there_is_nothing_to_do(launch):
    host = launch("fixture_verdict").ready({"idles": "yes"})
    kind, reader = wait_for_any(host)
    while kind != LOG:
        kind, reader = wait_for_any(host)
    assert (reader.i32(), reader.text()) == (1, "idle 1")


def test_the_end_of_the_bus_ends_the_host(launch):
    host = launch("fixture_verdict").ready({})
    host.socket.shutdown(socket.SHUT_RDWR)
    assert host.wait() == 1


def test_close_drops_what_has_not_begun(launch):
    host = launch("fixture_verdict").ready({"delay": "300ms"})
    host.send(DELIVER, 1, 0, 1, *event(1), 0, 1)
    host.deliver(2, [event(2)])
    while (1, "deliver 1 within 10000 ms: person1@example.com") not in host.logs:
        kind, reader = wait_for_any(host)
        host.logs.append((reader.i32(), reader.text()))
    host.send(CLOSE)
    assert host.outcome()["batch"] == 1
    assert host.ended() == 0
    assert [text for _, text in host.logs if text.startswith("deliver")] == [
        "deliver 1 within 10000 ms: person1@example.com"]
    assert host.logs[-1] == (1, "close")


def wait_for_any(host):
    host.socket.settimeout(30)
    while True:
        taken = host.take()
        if taken:
            return taken
        read = host.socket.recv(4096)
        assert read, "the host has closed its socket"
        host.received += read


@pytest.mark.parametrize("bytes_sent, said", [
    (put(OPEN), "a message that is not its turn"),
    (put(DELIVER, 1, 0), "a message that is not its turn"),
    (put(TABLE), "a message that is not its turn"),
    (put(OPTIONS, "x"), "malformed OPTIONS"),
    (put(OPTIONS, "", 0, 0, ("i64", 0), 1, 0), "malformed OPTIONS"),
    (put(OPTIONS, "", 0, 0, ("i64", 1), 257, 0), "malformed OPTIONS"),
    (put(OPTIONS, "", 2, 0, ("i64", 1), 1, 0), "malformed OPTIONS"),
    (put(OPTIONS, "", 0, 2, ("i64", 1), 1, 0), "malformed OPTIONS"),
    (struct.pack("<II", 1 << 30, OPTIONS), "a frame that is too long"),
])
def test_disorder_ends_the_host(launch, bytes_sent, said):
    host = launch("fixture_verdict")
    host.table()
    host.socket.sendall(bytes_sent)
    assert host.ended() == 1
    assert host.logs == [(3, f"the bus sent {said}; the host ends")]


def test_a_malformed_batch_ends_the_host(launch):
    for fields in ([1, 0], [1, 1, "evt_1", "{}", 0, 1]):
        host = launch("fixture_verdict").ready({})
        host.send(DELIVER, *fields)
        assert host.ended() == 1
        assert host.logs[-1] == (3, "the bus sent a malformed DELIVER; the host ends")


def test_signals_are_the_buss_to_heed(launch):
    host = launch("fixture_verdict").ready({})
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(host.pid, number)
    assert host.one()["verdict"] == DELIVERED


# ---- Delivering by itself ----

def test_batches_in_order_one_at_a_time(launch, tmp_path):
    host = launch("fixture_misfit").ready({"path": str(tmp_path / "out")})
    events = [event(number) for number in range(300)]
    for number in range(100):
        host.deliver(number, events[3 * number:3 * number + 3])
    outcomes = [host.outcome() for _ in range(100)]
    assert [outcome["batch"] for outcome in outcomes] == list(range(100))
    assert all(outcome["verdict"] == DELIVERED and outcome["taken"] == 3 for outcome in outcomes)
    assert (tmp_path / "out").read_text().split() == [event_id for event_id, _ in events]
    assert host.close() == 0


def test_what_the_plugin_says_arrives(launch):
    host = launch("fixture_verdict").ready(
        {"verdict": "5", "what": "disk full", "remedy": "buy one", "code": "28",
         "retry_after": "3s", "taken": "2", "item": "1"})
    host.deliver(7, [event(1), event(2), event(3)])
    outcome = host.outcome()
    assert 0 <= outcome.pop("duration_ms") < 30000
    assert outcome == {"batch": 7, "taken": 2, "verdict": MISSET, "code": 28,
                       "retry_after_ms": 3000, "what": "disk full", "remedy": "buy one",
                       "items": [(1, REFUSED, 42, "this one")]}


@pytest.mark.parametrize("values, verdict, items, said", [
    ({"verdict": "0"}, RETRY, [], "the plugin returned 0, which is no verdict: taken as RETRY"),
    ({"verdict": "100"}, RETRY, [], "the plugin returned 100, which is no verdict: taken as RETRY"),
    ({"taken": "0"}, RETRY, [],
     "the plugin set taken to 0 in a batch of 2: taken as all, and as RETRY"),
    ({"taken": "0", "verdict": "3"}, REFUSED, [],
     "the plugin set taken to 0 in a batch of 2: taken as all"),
    ({"taken": "3"}, DELIVERED, [], "the plugin set taken to 3 in a batch of 2: taken as all"),
    ({"item": "2"}, DELIVERED, [],
     "the plugin gave a verdict to an event that its batch of 2 does not have"),
    ({"item": "0", "item_verdict": "9"}, DELIVERED, [(0, RETRY, 42, "this one")],
     "the plugin returned 9, which is no verdict: taken as RETRY"),
])
def test_what_a_plugin_may_not_say_is_put_right(launch, values, verdict, items, said):
    host = launch("fixture_verdict").ready(values)
    host.deliver(1, [event(1), event(2)])
    outcome = host.outcome()
    assert (outcome["verdict"], outcome["taken"], outcome["items"]) == (verdict, 2, items)
    assert host.logs[-1] == (2, said)


def test_secrets_and_control_characters_stay_inside(launch):
    host = launch("fixture_verdict").ready(
        {"password": "open sesame", "what": "said open sesame\tand open sesame",
         "remedy": "use open sesame", "verdict": "2"})
    outcome = host.one()
    assert outcome["what"] == "said •••• and ••••"
    assert outcome["remedy"] == "use ••••"


def test_a_plugin_that_aborts(launch, tmp_path):
    host = launch("fixture_misfit").ready(
        {"path": str(tmp_path / "out"), "poison": "p@example.com", "does": "abort"})
    host.deliver(1, [event(1)])
    host.deliver(2, [event(2, "p@example.com")])
    assert host.outcome()["verdict"] == DELIVERED  # sent before the next was begun
    assert host.ended() == -signal.SIGABRT
    assert (tmp_path / "out").read_text().split() == [event(1)[0]]


def test_a_plugin_that_closes_its_socket(launch, tmp_path):
    host = launch("fixture_misfit").ready(
        {"path": str(tmp_path / "out"), "poison": "p@example.com", "does": "close_socket"})
    host.socket.sendall(put(DELIVER, 1, 0, 1, *event(1, "p@example.com"), 0, 1) +
                        put(DELIVER, 2, 0, 1, *event(2), 0, 1))
    assert host.ended() == 120  # HOST_STATUS_ROBBED
    assert (tmp_path / "out").read_text().split() == [event(1, "p@example.com")[0]]


def test_a_plugin_that_hangs_dies_with_the_bus(build, tmp_path):
    """Also one that is stuck: the kernel kills a host when the bus is gone."""
    script = f"""
import sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
import pathlib
from host_driver import Host, event
host = Host(pathlib.Path({str(build)!r}), {str(build / "fixtures" / "fixture_misfit.so")!r})
host.ready({{"path": {str(tmp_path / "out")!r}, "poison": "p@example.com", "does": "hang"}})
host.deliver(1, [event(1), event(2, "p@example.com")])
print(host.pid, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(["/usr/bin/python3", "-B", "-c", script], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as bus:
        pid = int(bus.stdout.readline())
        host = os.pidfd_open(pid)
        bus.kill()
    readable = select.select([host], [], [], 30)[0]
    os.close(host)
    assert readable, "the host has outlived the bus"
