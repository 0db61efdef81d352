"""affnotifyd --render, --test, --plugins and --describe, by hand and on the socket of a bus."""

import json
import os
import re
import subprocess

import pytest

from harness import (AFFNOTIFYD, BUILD, PATIENCE_S, SPEC_CREATED, SPEC_DEACTIVATED, Bus, canonical, csv_section,
                     event, id_of, rows, webhook_section)

TEST_ID = re.compile(r"evt_test_[0-9a-f]{27}")
SAMPLE = {"event": "affiliate.created", "affiliate_id": "ia_43831f8e", "email": "affiliate@example.com",
          "deep_link": "https://myapp.link/ref/abc123", "occurred_at": "2026-03-18T12:00:00.000Z"}
TOKEN = "NOTASECRET-0123456789"  # that must not be shown


def ask(bus, *arguments, events=None, config=True):
    """Runs affnotifyd for one question; returns the answer. Its exit status says whether it is ok."""
    lines = None if events is None else "".join(json.dumps(each) + "\n" for each in events)
    command = [AFFNOTIFYD, *(["-c", bus.config] if config else []), *arguments,
               *([] if events is None else ["--events"])]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.stdout.count("\n") == 1, (done.stdout, done.stderr)
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1)
    return answer


def misfit_section(extra):
    return f"[sink:misfit]\nplugin = fixture_misfit\n{extra}\n"


def render_section(extra=""):
    return f"[sink:show]\nplugin = fixture_render\ntext = \" is shown\"\nsecret = {TOKEN}\n{extra}\n"


# ---- render ----

def test_render_the_sample_of_a_request_sink(tmp_path, https_server):
    bus = Bus(tmp_path, webhook_section(https_server, f"bearer_token = {TOKEN}"))
    answer = ask(bus, "--render", "backend")
    (message,) = answer.pop("messages")
    assert answer == {"ok": True, "sink": "backend", "plugin": "webhook"}
    headers = message.pop("headers")
    assert f"Host: localhost:{https_server.port}" in headers
    assert "Authorization: Bearer ••••" in headers
    assert not any(header.lower().startswith("affnotify-test") for header in headers)
    body = canonical(SAMPLE)
    assert message == {"events": [id_of(body)], "kind": "http", "method": "POST",
                       "url": f"{https_server.url}/affiliates", "body": body.decode()}
    assert https_server.connections == 0


def test_render_what_a_sink_would_write(tmp_path):
    bus = Bus(tmp_path, render_section("batch = 2"))
    events = [SPEC_CREATED, SPEC_DEACTIVATED, event(1)]
    answer = ask(bus, "--render", "show", events=events)
    first, second = answer["messages"]
    assert (first["kind"], len(first["events"]), len(second["events"])) == ("text", 2, 1)
    assert first["events"] == [id_of(canonical(SPEC_CREATED)), id_of(canonical(SPEC_DEACTIVATED))]
    one, other = first["events"]
    assert first["text"] == f"{one} is shown••••\r\n\t\0{other} is shown••••\r\n\t\0"
    assert not (tmp_path / "state").exists()


def test_render_is_bounded(tmp_path):
    """An answer is never longer than its limit; what does not fit is said to be left out."""
    bus = Bus(tmp_path, render_section("times = 9000"))
    messages = ask(bus, "--render", "show", events=[event(n) for n in range(9)])["messages"]
    assert [message["kind"] for message in messages][:2] == ["text", "text"]
    assert messages[-1] == {"events": messages[-1]["events"], "kind": "none", "verdict": None,
                            "what": "it is left out: the answer would be too long",
                            "remedy": "render fewer events at a time"}
    assert len(messages) < 9 and len(json.dumps(messages)) < 4 * 1024 * 1024


def test_render_of_a_plugin_that_cannot(tmp_path):
    (message,) = ask(Bus(tmp_path, misfit_section("")), "--render", "misfit")["messages"]
    assert (message["kind"], message["verdict"]) == ("none", "MISSET")
    assert "the plugin fixture_misfit cannot show what it would send" in message["what"]


# ---- test ----

def test_a_test_reaches_the_far_side_marked(start, tmp_path, https_server):
    bus = start(webhook_section(https_server, f"bearer_token = {TOKEN}"))
    bus.emit(SPEC_CREATED)
    bus.wait_for("backend", delivered=1)
    answer = bus.ask({"command": "test", "sink": "backend"})
    (result,) = answer["results"]
    (test_id,) = result["events"]
    assert TEST_ID.fullmatch(test_id)
    assert (result["verdict"], result["code"], result["items"]) == ("DELIVERED", 200, [])
    real, marked = https_server.requests
    assert "affnotify-test" not in real.headers
    assert (marked.headers["affnotify-test"], marked.headers["webhook-id"]) == ("1", test_id)
    assert marked.connection != real.connection  # not by the host that delivers
    body = json.loads(marked.body)
    assert {**body, "occurred_at": SAMPLE["occurred_at"]} == SAMPLE
    assert body["occurred_at"] > "2026-03-18"
    assert marked.headers["authorization"] == f"Bearer {TOKEN}"
    status = bus.ask({"command": "status"})
    assert (status["bus"]["accepted"], status["sinks"][0]["delivered"]) == (1, 1)
    assert bus.ask({"command": "trace", "id": test_id})["rule"] == "unknown_id"
    assert TOKEN not in bus.log()
    conversation = answer["conversation"]
    assert {"note", "sent", "received"} == {said["who"] for said in conversation}
    texts = [said["text"] for said in conversation]
    assert "Authorization: Bearer ••••" in texts and not any(TOKEN in text for text in texts)
    assert "HTTP/1.1 200 Status" in texts


def test_batches_go_one_after_the_other(tmp_path, https_server):
    codes = iter([200, 503, 422])
    https_server.answer = lambda request: next(codes)
    bus = Bus(tmp_path, webhook_section(https_server))
    results = ask(bus, "--test", "backend", events=[event(1), event(2), event(3)])["results"]
    assert [(r["verdict"], r["code"], len(r["events"])) for r in results] == [
        ("DELIVERED", 200, 1), ("RETRY", 503, 1), ("REFUSED", 422, 1)]
    assert [json.loads(r.body)["email"] for r in https_server.requests] == [
        "person1@example.com", "person2@example.com", "person3@example.com"]


def test_items_and_what_was_not_taken(tmp_path):
    section = "[sink:v]\nplugin = fixture_verdict\nbatch = 3\ntaken = 2\nitem = 1\nitem_verdict = 3\n"
    results = ask(Bus(tmp_path, section), "--test", "v", events=[event(n) for n in range(4)])["results"]
    assert [len(result["events"]) for result in results] == [2, 2]
    for result in results:
        assert result["verdict"] == "DELIVERED"
        assert result["items"] == [{"id": result["events"][1], "verdict": "REFUSED", "code": 42,
                                    "what": "this one"}]


def test_what_a_plugin_logs_is_in_the_conversation(tmp_path):
    section = f"[sink:v]\nplugin = fixture_verdict\npassword = {TOKEN}\n"
    (tmp_path / "state").mkdir()
    answer = ask(Bus(tmp_path, section), "--test", "v")
    logged = [said["text"] for said in answer["conversation"] if said["who"] == "log"]
    assert "info: the password is ••••" in logged and "info: close" in logged
    assert f"debug: v has {tmp_path}/state/sinks/v.test" in logged


def test_the_state_is_not_made_by_a_test(tmp_path):
    """Not by root, say, so that a bus of another user could not begin."""
    answer = ask(Bus(tmp_path, "[sink:v]\nplugin = fixture_verdict\n"), "--test", "v")
    logged = [said["text"] for said in answer["conversation"] if said["who"] == "log"]
    assert (f"error: the sink's own directory cannot be made: {tmp_path}/state, the bus's state, which a test does "
            "not make: No such file or directory") in logged
    assert "debug: v has nothing" in logged
    assert not (tmp_path / "state").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_what_root_makes_in_a_test_is_the_bus_users(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 12345, 23456)
    for _ in range(2):  # the second finds it there
        answer = ask(Bus(tmp_path, "[sink:v]\nplugin = fixture_verdict\n"), "--test", "v")
        assert f"debug: v has {state}/sinks/v.test" in [said["text"] for said in answer["conversation"]]
    for made in (state / "sinks", state / "sinks" / "v.test"):
        assert (made.stat().st_uid, made.stat().st_gid, made.stat().st_mode & 0o777) == (12345, 23456, 0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_root_follows_no_link_in_a_test(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "state" / "sinks").symlink_to(tmp_path / "elsewhere")
    answer = ask(Bus(tmp_path, "[sink:v]\nplugin = fixture_verdict\n"), "--test", "v")
    assert "debug: v has nothing" in [said["text"] for said in answer["conversation"]]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_sink_that_does_not_open(tmp_path):
    section = "[sink:v]\nplugin = fixture_verdict\nopen_failures = 1\nopen_verdict = 4\n"
    answer = ask(Bus(tmp_path, section), "--test", "v")
    assert answer["results"][0].pop("ms") >= 0
    assert answer["results"] == [{"events": [], "verdict": "DOWN", "code": 0, "what": "not open: ",
                                  "remedy": "try again", "items": []}]


def test_nobody_is_there(tmp_path):
    section = "[sink:backend]\nplugin = webhook\nurl = https://localhost:1/\n"
    (result,) = ask(Bus(tmp_path, section), "--test", "backend")["results"]
    assert (result["verdict"], result["code"]) == ("DOWN", 0) and result["what"] and result["remedy"]


@pytest.mark.parametrize("deed, what", [
    ("does = abort", "the plugin's process was killed by signal 6 (Aborted)"),
    ("in = open\ndoes = abort", "the plugin's process was killed by signal 6 (Aborted) in `open`"),
    ("in = check\ndoes = abort", "the plugin's process was killed by signal 6 (Aborted) while it was loaded and checked"),
    ("in = open\ndoes = quit\namount = 3", "the plugin's process ended with status 3 in `open`"),
    ("does = quit", "the plugin's process ended with status 0"),
])
def test_a_host_that_ends_is_a_result(tmp_path, deed, what):
    bus = Bus(tmp_path, misfit_section(deed))
    answer = ask(bus, "--test", "misfit", events=[event(1), event(2)])
    in_deliver = "in =" not in deed
    first = answer["results"][0]
    assert TEST_ID.fullmatch(first["events"][0]) if in_deliver else first["events"] == []
    assert (first["verdict"], first["what"], first["remedy"]) == (None, what, "report it to who wrote the plugin")
    rest = [(result["verdict"], result["what"]) for result in answer["results"][1:]]
    assert rest == ([(None, "not tried: the plugin's process had ended")] if in_deliver else [])


def test_a_host_that_hangs_is_killed(tmp_path):
    bus = Bus(tmp_path, misfit_section("does = hang\ntimeout = 100ms"))
    (result,) = ask(bus, "--test", "misfit")["results"]
    assert (result["verdict"], result["what"]) == (
        "RETRY", "the plugin's process gave no answer within its timeout of 100 ms")
    assert result["remedy"] == "raise `timeout`, or see why the far side is slow"
    assert result["ms"] >= 100


def test_a_host_that_dies_in_close(tmp_path):
    answer = ask(Bus(tmp_path, misfit_section("in = close\ndoes = abort")), "--test", "misfit")
    assert answer["results"][0]["verdict"] == "DELIVERED"
    assert [said["text"] for said in answer["conversation"] if said["who"] == "note"] == [
        "the plugin's process was killed by signal 6 (Aborted) after all was done"]


def test_a_disabled_sink_can_be_tested(tmp_path):
    (result,) = ask(Bus(tmp_path, misfit_section("enabled = no")), "--test", "misfit")["results"]
    assert result["verdict"] == "DELIVERED"


def test_csv_writes_nothing_beside_the_live_sink(start, tmp_path):
    bus = start(csv_section(tmp_path))
    bus.emit(SPEC_CREATED)
    bus.wait_for("crm", delivered=1)
    before = rows(tmp_path)
    (result,) = bus.ask({"command": "test", "sink": "crm"})["results"]
    assert result["verdict"] == "DELIVERED" and "nothing was written" in result["what"]
    assert rows(tmp_path) == before
    bus.emit(SPEC_DEACTIVATED)
    bus.wait_for("crm", delivered=2, dead=0, state="open")
    assert "host ended" not in bus.log()


# ---- Refusals, the same for both ----

@pytest.mark.parametrize("option", ["--render", "--test"])
def test_a_section_with_mistakes_is_not_opened(tmp_path, option):
    section = f"[sink:misfit]\nplugin = fixture_misfit\nbatch = no\npth = /x\nin = open\ndoes = abort\n"
    answer = ask(Bus(tmp_path, section), option, "misfit")
    assert (answer["field"], answer["rule"]) == ("sink", "mistakes")
    assert answer["message"] == "sink: [sink:misfit] has 2 mistakes: mend them first"
    assert [(m["key"], m["line"]) for m in answer["mistakes"]] == [("batch", 8), ("pth", 9)]


@pytest.mark.parametrize("name, message", [
    ("mifsit", "sink: no section [sink:mifsit]; did you mean misfit?"),
    ("else", "sink: no section [sink:else]; the configuration has misfit"),
])
def test_an_unknown_sink(tmp_path, name, message):
    answer = ask(Bus(tmp_path, misfit_section("")), "--test", name)
    assert (answer["rule"], answer["message"]) == ("unknown_sink", message)


@pytest.mark.parametrize("count, told", [
    (0, "none"), (10, ", ".join(f"number{n}" for n in range(10))),
    (12, ", ".join(f"number{n}" for n in range(10)) + " and 2 more")])
def test_the_sinks_that_there_are(tmp_path, count, told):
    sections = "".join(f"[sink:number{n}]\nplugin = csv\npath = {tmp_path}/{n}\n" for n in range(count))
    answer = ask(Bus(tmp_path, sections), "--test", "else")
    assert answer["message"] == f"sink: no section [sink:else]; the configuration has {told}"


def test_a_plugin_that_is_not_there_is_a_mistake(tmp_path):
    answer = ask(Bus(tmp_path, "[sink:a]\nplugin = cvs\n"), "--render", "a")
    assert answer["message"] == "sink: [sink:a] has 1 mistake: mend it first"
    assert answer["mistakes"][0]["text"] == "no plugin is named cvs; did you mean `csv`?"


def test_a_file_that_cannot_be_used(tmp_path):
    bus = Bus(tmp_path, misfit_section(""), "sockte = /x")
    for arguments in (["--test", "misfit"], ["--plugins"], ["--describe", "csv"]):
        answer = ask(bus, *arguments)
        assert (answer["field"], answer["rule"]) == ("config", "mistakes")
        assert answer["message"] == f"config: {bus.config} has 1 mistake: mend it first"


EVENT_LINE = json.dumps(SAMPLE) + "\n"


@pytest.mark.parametrize("lines, rule, message", [
    ("\n", "missing", "events: there is none; give one, or leave `events` out for a sample"),
    (EVENT_LINE + "[]\n", "not_object", "event 2: "),
    (EVENT_LINE + "\n" + json.dumps({**SAMPLE, "email": "x"}), "syntax", "event 2: email "),
    ("nonsense\n", "not_json", "event 1: "),
    (EVENT_LINE + "\0\n", "not_json", "events: a NUL byte is no JSON"),
    (EVENT_LINE * 1001, "too_many", "events: at most 1000 at a time; give fewer"),
    (" " * 1024 * 1024 + "\n", "unreadable", "events: stdin: longer than 1048576 bytes"),
], ids=["none", "a list", "an e-mail", "nonsense", "NUL", "too many", "too long"])
def test_events_that_are_none(tmp_path, lines, rule, message):
    bus = Bus(tmp_path, misfit_section(""))
    done = subprocess.run([AFFNOTIFYD, "-c", bus.config, "--test", "misfit", "--events"], input=lines,
                          capture_output=True, text=True, timeout=PATIENCE_S)
    answer = json.loads(done.stdout)
    assert (answer["field"], answer["rule"]) == ("events", rule)
    assert answer["message"].startswith(message)


# ---- On the socket ----

def test_events_on_the_socket(start):
    bus = start(render_section("batch = 9"))
    accepted = bus.ask({"command": "status"})["bus"]["accepted"]
    answer = bus.ask({"command": "render", "sink": "show", "events": [SPEC_CREATED, SPEC_DEACTIVATED]})
    (message,) = answer["messages"]
    assert message["events"] == [id_of(canonical(SPEC_CREATED)), id_of(canonical(SPEC_DEACTIVATED))]
    assert TOKEN not in json.dumps(answer)
    answer = bus.ask({"command": "render", "sink": "show", "events": [SPEC_CREATED, 7]})
    assert (answer["rule"], answer["message"][:9]) == ("not_object", "event 2: ")
    assert bus.ask({"command": "status"})["bus"]["accepted"] == accepted


@pytest.mark.parametrize("command, field, rule, message", [
    ({"command": "render"}, "sink", "missing", "sink: a sink's name is needed, as text"),
    ({"command": "test", "sink": 7}, "sink", "missing", "sink: a sink's name is needed, as text"),
    ({"command": "test", "sink": "a\0b"}, "sink", "missing", "sink: a sink's name is needed, as text"),
    ({"command": "describe", "name": None}, "name", "missing", "name: a plugin's or a sink's name is needed, as text"),
    ({"command": "describe", "name": "/tmp/x.so"}, "name", "is_path",
     "name: a path is not looked at by the bus; run affnotifyd --describe PATH"),
    ({"command": "test", "sink": "x", "events": {}}, "events", "type", "events: must be a list of events"),
    ({"command": "test", "sink": "x", "events": []}, "sink", "unknown_sink", "sink: no section [sink:x]; "),
    ({"command": "plugins", "config": "/other.ini"}, "config", "other_config", "config: this bus runs with "),
    ({"command": "tset"}, "command", "unknown_command", "command: must be one of status, trace, id, "),
])
def test_refused_commands(start, command, field, rule, message):
    answer = start().ask(command)
    assert (answer["ok"], answer["field"], answer["rule"]) == (False, field, rule)
    assert answer["message"].startswith(message)


def test_commands_run_beside_the_bus(start):
    """A sink under test that hangs holds up its own client alone; there are four at a time at most."""
    bus = start(misfit_section("enabled = no\ndoes = hang\ntimeout = 1h"))
    waiting = [bus.connect() for _ in range(4)]
    for connection in waiting:
        connection.send({"command": "test", "sink": "misfit"})
        assert bus.ask({"command": "status"})["ok"]
    answer = bus.ask({"command": "plugins"})
    assert (answer["rule"], answer["message"]) == (
        "unavailable", "4 such commands are running; try again when one is done")
    for connection in waiting:
        connection.close()


def test_a_trial_ends_with_its_bus(start):
    bus = start(misfit_section("enabled = no\ndoes = hang\ntimeout = 1h"))
    connection = bus.connect()
    connection.send({"command": "test", "sink": "misfit"})
    bus.wait_for_log("hanging")
    assert bus.stop() == 0
    connection.close()


# ---- plugins ----

@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """What --plugins says with the fixtures' directory, two directories of a name, and a path."""
    folder = tmp_path_factory.mktemp("plugins")
    for name in ("one", "other"):
        (folder / name).mkdir()
        (folder / name / "twice.so").symlink_to(BUILD / "fixtures" / "fixture_older.so")
    (folder / "one" / "nonsense.so").write_text("nonsense")
    (folder / "far").mkdir()
    (folder / "far" / "away.so").write_bytes((BUILD / "fixtures" / "fixture_render.so").read_bytes())
    sections = (csv_section(folder) + f"[sink:far]\nplugin = {folder}/far/away.so\n"
                f"[sink:second]\nplugin = csv\npath = {folder}/second.csv\n[sink:none]\nplugin = cvs\n")
    bus = Bus(folder, sections)
    text = bus.config.read_text()
    bus.config.write_text(text.replace("plugins = ", f"plugins = {folder}/one {folder}/other "))
    return ask(bus, "--plugins")["plugins"]


def named(plugins, name):
    return [plugin for plugin in plugins if plugin["name"] == name]


def test_a_plugin_says_what_it_is(plugins):
    (csv,) = named(plugins, "csv")
    assert csv == {"name": "csv", "path": str(BUILD / "plugins" / "csv.so"), "version": csv["version"],
                   "revision": 1, "summary": "Appends each event to a CSV file, exactly once.",
                   "requests": False, "sinks": ["crm", "second"], "hidden": False, "error": None}
    (webhook,) = named(plugins, "webhook")
    assert (webhook["requests"], webhook["sinks"]) == (True, [])


def test_a_plugin_named_by_its_path(plugins):
    (away,) = named(plugins, "away")
    assert (away["sinks"], away["hidden"], away["error"]) == (["far"], True, None)


def test_a_file_that_is_no_plugin(plugins):
    (nonsense,) = named(plugins, "nonsense")
    assert [nonsense[key] for key in ("version", "revision", "summary", "requests")] == [None] * 4
    assert nonsense["error"]


@pytest.mark.parametrize("name, error", [
    ("loading_hang", "its process did not load within 5 s"),
    ("loading_abort", "its process was killed by signal 6 (Aborted)"),
    ("refused_wrong_abi", "speaks ABI 2, but this affnotify speaks ABI 1: rebuild it"),
])
def test_a_plugin_that_does_not_load(plugins, name, error):
    (plugin,) = named(plugins, name)
    assert plugin["error"] == f"{BUILD}/fixtures/{name}.so: {error}"


def test_two_files_of_one_name(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "csv.so").write_bytes((BUILD / "plugins" / "csv.so").read_bytes())
    bus = Bus(tmp_path, csv_section(tmp_path))
    bus.config.write_text(f"[bus]\nplugins = {tmp_path}/one {tmp_path}/other {tmp_path}/one\n" + csv_section(tmp_path))
    found = [(p["path"], p["hidden"], p["sinks"]) for p in named(ask(bus, "--plugins")["plugins"], "csv")]
    assert found == [(f"{tmp_path}/one/csv.so", False, ["crm"]), (f"{tmp_path}/other/csv.so", True, []),
                     (str(BUILD / "plugins" / "csv.so"), True, [])]


def test_the_built_in_plugins_without_a_file(tmp_path):
    answer = ask(Bus(tmp_path), "--plugins", config=False)
    assert {"csv", "webhook"} <= {plugin["name"] for plugin in answer["plugins"]}
    assert not any(plugin["sinks"] or plugin["error"] for plugin in answer["plugins"])


# ---- describe ----

def test_describe_a_plugin(tmp_path):
    answer = ask(Bus(tmp_path, csv_section(tmp_path)), "--describe", "csv")
    assert (answer["name"], answer["sinks"], answer["requests"]) == ("csv", ["crm"], False)
    assert answer["options"][0] == {"name": "path", "type": "path", "required": True, "secret": False,
                                    "deprecated": False, "rare": False, "default": None, "choices": [], "min": None, "max": None,
                                    "help": "The file; it is made when it is not there."}
    preset = answer["options"][1]
    assert (preset["name"], preset["rare"], preset["choices"]) == ("preset", True, ["hubspot", "salesforce", "pipedrive"])
    assert answer["host_options"] == []
    defaults = {option["name"]: option["default"] for option in answer["bus_options"]}
    assert (defaults["plugin"], defaults["order"], defaults["batch"], defaults["retry"]) == (
        None, "journal", "500", "standard")
    assert (defaults["timeout"], defaults["enabled"], defaults["was"]) == ("10s", "yes", "")
    helps = {option["name"]: option["help"] for option in answer["bus_options"]}
    assert helps["batch"] == "How many events may go out together, up to 1000."
    assert not any("no effect" in text for text in helps.values())


def test_describe_every_kind_of_option(tmp_path):
    answer = ask(Bus(tmp_path), "--describe", "fixture_options")
    types = {option["name"]: option["type"] for option in answer["options"]}
    assert set(types.values()) == {"string", "int", "bool", "size", "duration", "choice", "list", "map", "url", "path"}


def test_the_hosts_keys_of_a_request_sink(tmp_path):
    answer = ask(Bus(tmp_path), "--describe", "webhook")
    hosts = {option["name"]: option for option in answer["host_options"]}
    assert {"ca_file", "client_certificate", "client_key", "proxy", "http_version"} == set(hosts)
    assert hosts["http_version"]["choices"] == ["1.1", "2"]
    assert not set(hosts) & {option["name"] for option in answer["options"]}


def test_describe_by_a_path_and_by_a_sink(tmp_path):
    bus = Bus(tmp_path, csv_section(tmp_path))
    path = BUILD / "fixtures" / "fixture_render.so"
    assert ask(bus, "--describe", str(path))["path"] == str(path)
    answer = ask(bus, "--describe", "crm")
    assert (answer["name"], answer["sinks"]) == ("csv", ["crm"])


@pytest.mark.parametrize("name, rule, message", [
    ("webhok", "unknown_plugin", "name: no plugin and no sink is named webhok; did you mean webhook?"),
    ("crn", "unknown_plugin", "name: no plugin and no sink is named crn; did you mean crm?"),
    ("else", "unknown_plugin", "name: no plugin and no sink is named else; `affnotify plugins` lists those there are"),
    ("lost", "unknown_plugin", "name: [sink:lost] names no plugin that is there; see `affnotify check`"),
    ("/no/such.so", "unknown_plugin", "name: /no/such.so: No such file or directory"),
    ("loading_exit", "broken", f"name: {BUILD}/fixtures/loading_exit.so: its process "),
    ("refused_null", "broken", f"name: {BUILD}/fixtures/refused_null.so: "),
])
def test_describe_what_is_not_there(tmp_path, name, rule, message):
    answer = ask(Bus(tmp_path, "[sink:crm]\nplugin = fixture_older\n[sink:lost]\nplugin = cvs\n"), "--describe", name)
    assert (answer["field"], answer["rule"]) == ("name", rule)
    assert answer["message"].startswith(message)


# ---- The command line ----

@pytest.mark.parametrize("arguments, complaint", [
    (["--render", "x"], "-c FILE is needed"),
    (["--test", "x", "--check"], "does one thing at a time"),
    (["--plugins", "x"], "takes options only"),
])
def test_wrong_usage(arguments, complaint):
    done = subprocess.run([AFFNOTIFYD, *arguments], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"affnotifyd: {complaint}\n")
