"""affnotify render, test, plugins and describe: against a scripted bus, a real one, and none."""

import json
import os
import re
import subprocess

import pytest

from cli_place import ID, PROGRAM, place
from fake_bus import refused
from harness import PATIENCE_S, SPEC_CREATED, SPEC_DEACTIVATED, Bus, csv_section, webhook_section

TOKEN = "NOTASECRET-0123456789"


# ---- render ----

HTTP = {"events": [ID], "kind": "http", "method": "POST", "url": "https://example.com/••••",
        "headers": ["Host: example.com", "Content-Length: 8"], "body": '{"a":"é"}'}
MAIL = {"events": [ID, ID], "kind": "mail", "url": "smtps://mail.example.com", "from": "a@example.com",
        "recipients": ["b@example.com", "c@example.com"], "message": "Subject: hello\r\n\r\nGood \x1b[31mday\r\n"}
TEXT = {"events": [ID], "kind": "text", "text": "a,b,c\r\n\0"}
NONE = {"events": [ID], "kind": "none", "verdict": "REFUSED", "what": "not this one", "remedy": "another"}

HTTP_SHOWN = ("POST https://example.com/••••\nHost: example.com\nContent-Length: 8\n\n"
              '{"a":"é"}\n')
MAIL_SHOWN = ("smtps://mail.example.com\nMAIL FROM:<a@example.com>\nRCPT TO:<b@example.com>\n"
              "RCPT TO:<c@example.com>\n\nSubject: hello\n\nGood  [31mday\n")


def rendered(*messages):
    return {"ok": True, "sink": "s", "plugin": "p", "messages": list(messages)}


@pytest.mark.parametrize("messages, code, shown, said", [
    ([HTTP], 0, HTTP_SHOWN, ""),
    ([MAIL], 0, MAIL_SHOWN, ""),
    ([TEXT], 0, "a,b,c\n\n", ""),
    ([HTTP, MAIL], 0,
     f"-- message 1 of 2, 1 event --\n{HTTP_SHOWN}\n-- message 2 of 2, 2 events --\n{MAIL_SHOWN}", ""),
    ([NONE], 1, "", "affnotify render: nothing to show, REFUSED: not this one\n"
                    "affnotify render: what to do: another\n"),
    ([{**NONE, "verdict": None, "what": "", "remedy": ""}], 1, "",
     "affnotify render: nothing to show: the plugin did not say why\n"),
    ([], 1, "", ""),
])
def test_render_for_people(place, messages, code, shown, said):
    done, bus = place.ask(rendered(*messages), "render", "s")
    assert (done.returncode, done.stdout, done.stderr) == (code, shown, said)
    assert bus.requests == [{"command": "render", "sink": "s"}]


@pytest.mark.parametrize("message, body", [(HTTP, HTTP["body"]), (MAIL, MAIL["message"]), (TEXT, TEXT["text"])])
def test_render_the_body_alone(place, message, body):
    with place.bus(lambda line: rendered(message, message)):
        done = subprocess.run([PROGRAM, "render", "s", "--body", "--socket", place.socket],
                              capture_output=True, timeout=PATIENCE_S)
    between = "" if body.endswith("\n") else "\n"
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, body + between + body, b"")


def test_render_the_body_on_a_terminal_ends_the_line(place):
    with place.bus(lambda line: rendered(HTTP)):
        assert place.on_terminal("render", "s", "--body") == HTTP["body"] + "\n"


@pytest.mark.parametrize("messages, code", [([HTTP], 0), ([NONE], 1), ([NONE, HTTP], 0)])
def test_render_as_json(place, messages, code):
    done, _ = place.ask(rendered(*messages), "render", "s", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (code, rendered(*messages))


def test_render_events_of_a_file(place):
    file = place.path / "events.jsonl"
    file.write_text(json.dumps(SPEC_CREATED) + "\n\n" + json.dumps(SPEC_DEACTIVATED))
    done, bus = place.ask(rendered(HTTP), "render", "s", "--jsonl", file)
    assert bus.requests == [{"command": "render", "sink": "s", "events": [SPEC_CREATED, SPEC_DEACTIVATED]}]
    done, bus = place.ask(rendered(HTTP), "render", "s", "--jsonl", "-", stdin=json.dumps(SPEC_CREATED))
    assert bus.requests[0]["events"] == [SPEC_CREATED]


@pytest.mark.parametrize("text, complaint", [
    ("{}\nnonsense\n", "stdin:2: not a JSON object, near byte 8; write one event a line"),
    ('{"a":1,"a":2}', "stdin:1: not a JSON object, near byte "),
    ("", "-: no event in it; leave --jsonl out for a sample"),
    ('{"event":"' + 40000 * "x" + '"}\n{"event":"' + 40000 * "x" + '"}\n',
     "the events are too many for one question to the bus (62 KiB); give fewer"),
], ids=["nonsense", "twice", "empty", "long"])
def test_a_file_of_no_events(place, text, complaint):
    done, bus = place.ask(rendered(HTTP), "render", "s", "--jsonl", "-", stdin=text)
    assert (done.returncode, done.stdout, bus.requests) == (1, "", [])
    assert done.stderr.startswith(f"affnotify render: {complaint}")


def test_a_file_that_is_not_there(place):
    done = place.run("render", "s", "--jsonl", "/nowhere")
    assert (done.returncode, done.stderr) == (1, "affnotify render: /nowhere: No such file or directory\n")


def test_render_events_of_the_bus(place):
    def answer(line):
        request = json.loads(line)
        if request["command"] == "trace":
            return {"ok": True, "event": {**SPEC_CREATED, "email": request["id"] + "@example.com"}}
        return rendered(HTTP)

    with place.bus(answer) as bus:
        done = place.run("render", "s", "--id", "a", "--id", "b")
    assert done.returncode == 0
    assert [event["email"] for event in bus.requests[-1]["events"]] == ["a@example.com", "b@example.com"]
    done, bus = place.ask(refused("id", "unknown_id", "no event has this ID"), "render", "s", "--id", "a")
    assert (done.returncode, done.stderr) == (1, "affnotify render: no event has this ID\n")
    assert len(bus.requests) == 1
    assert place.run("render", "s", "--id", "a").returncode == 3


# ---- test ----

def said(who, text):
    return {"after_ms": 1, "who": who, "text": text}


def result(verdict, events=1, **members):
    return {"events": events * [ID], "verdict": verdict, "code": 0, "ms": 83, "what": "", "remedy": "",
            "items": [], **members}


def trial_of(conversation, *results):
    return {"ok": True, "sink": "s", "plugin": "p", "conversation": conversation, "results": list(results)}


CONVERSATION = [said("note", "Trying"), said("sent", "POST / HTTP/1.1"), said("sent", ""),
                said("received", "HTTP/1.1 200 \x1b[2JOK"), said("log", "info: well")]


@pytest.mark.parametrize("conversation, results, code, shown", [
    (CONVERSATION, [result("DELIVERED", code=200)], 0,
     "* Trying\n> POST / HTTP/1.1\n>\n< HTTP/1.1 200  [2JOK\n! info: well\n\n"
     "DELIVERED: the sink works, code 200, after 83 ms\n"),
    ([], [result("RETRY", 2, code=503, what="HTTP 503", remedy="ask who runs it"), result("DELIVERED")], 1,
     "RETRY: not now, but a later try may do (2 events), code 503, after 83 ms\n  HTTP 503\n"
     "  what to do: ask who runs it\nDELIVERED: the sink works (1 event), after 83 ms\n"),
    ([], [result("DELIVERED", 2, items=[{"id": ID, "verdict": "REFUSED", "code": 550, "what": "no such user"}])], 1,
     f"DELIVERED: the sink works, after 83 ms\n  {ID}: REFUSED, code 550: no such user\n"),
    ([], [result("MISSET", 0, what="no such file", remedy="make it")], 1,
     "MISSET: the settings are wrong; the sink could not be opened\n  no such file\n  what to do: make it\n"),
    ([], [result(None, what="the plugin's process was killed", remedy="report it")], 1,
     "FAILED: there is no verdict\n  the plugin's process was killed\n  what to do: report it\n"),
    ([], [result("REFUSED")], 1, "REFUSED: the far side does not take such an event, after 83 ms\n"
                                 "  the plugin gave no reason\n"),
    ([], [result("DOWN", what="no TLS")], 1,
     "DOWN: the far side cannot be reached, or not safely, after 83 ms\n  no TLS\n"),
    ([], [], 1, ""),
])
def test_test_for_people(place, conversation, results, code, shown):
    answer = trial_of(conversation, *results)
    done, bus = place.ask(answer, "test", "s")
    assert (done.returncode, done.stdout, done.stderr) == (code, shown, "")
    assert bus.requests == [{"command": "test", "sink": "s"}]
    done, _ = place.ask(answer, "test", "s", "--json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (code, answer, "")


def test_long_conversations_are_cut_for_people(place):
    lines = [said("received", f"line {n}") for n in range(100)] + [said("sent", 1000 * "é")]
    done, _ = place.ask(trial_of(lines, result("DELIVERED")), "test", "s")
    shown = done.stdout.split("\n")
    assert shown[39:42] == ["< line 39", "< … 60 lines more; --json has them all",
                            "> " + 200 * "é" + " … and 1600 bytes more; --json has them all"]


def test_test_on_a_terminal(place):
    with place.bus(lambda line: trial_of(CONVERSATION, result("DELIVERED"))):
        assert "\x1b[36m> POST / HTTP/1.1\x1b[0m\n" in place.on_terminal("test", "s")
        assert "\x1b[1;32mDELIVERED\x1b[0m: " in place.on_terminal("test", "s")
        assert "\x1b" not in place.on_terminal("test", "s", NO_COLOR="1")


def test_mistakes_are_shown(place):
    answer = {**refused("sink", "mistakes", "sink: [sink:s] has 2 mistakes: mend them first"),
              "mistakes": [{"message": "a.ini:1: one"}, {"message": "a.ini:2: two"}]}
    for command in ("render", "test"):
        done, _ = place.ask(answer, command, "s")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (f"affnotify {command}: sink: [sink:s] has 2 mistakes: mend them first\n"
                               "a.ini:1: one\na.ini:2: two\n")


# ---- Who is asked ----

def daemon(answer, *arguments, keep="/dev/null"):
    """An affnotifyd that is to be called so; what it reads is kept in a file."""
    return f"""[ "$*" = "{' '.join(arguments)}" ] || {{ echo "$*" >&2; exit 9; }}
               cat > {keep}; echo '{json.dumps(answer)}'\n"""


@pytest.mark.parametrize("rule", ["other_config", "forbidden"])
@pytest.mark.parametrize("command", ["render", "test"])
def test_a_file_that_the_bus_declines(place, command, rule):
    ini = place.ini(state=place.path, socket=place.socket)
    answer = rendered(HTTP) if command == "render" else trial_of([], result("DELIVERED"))
    kept = place.path / "input"
    program = place.daemon(daemon(answer, f"--{command}", "s", "--events", "-c", str(ini), keep=kept))
    done, bus = place.ask(refused("config", rule, "no"), command, "s", "-c", ini, "--jsonl", "-",
                          stdin=json.dumps(SPEC_CREATED), program=program)
    assert (done.returncode, done.stderr) == (0, "")
    assert bus.requests == [{"command": command, "sink": "s", "events": [SPEC_CREATED], "config": str(ini)}]
    assert json.loads(kept.read_text()) == SPEC_CREATED


@pytest.mark.parametrize("command", ["render", "test"])
def test_neither_bus_nor_file(place, command):
    done = place.run(command, "s")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.endswith(f", or name a configuration: affnotify {command} -c FILE SINK\n")


NO_PLUGINS = {"ok": True, "plugins": []}


def test_plugins_without_a_bus(place):
    done = place.run("plugins", program=place.daemon(daemon(NO_PLUGINS, "--plugins")))
    assert done.returncode == 0 and done.stdout.startswith("No plugin was found: ")
    assert done.stderr.startswith("affnotify plugins: no bus answered, so only the built-in plugins are known: ")


def test_describe_without_a_bus(place):
    """What is known is told without a word; only where something is missing the bus may know it."""
    found = {"ok": True, "name": "csv", "version": "1", "summary": "s", "path": "/p/csv.so", "sinks": []}
    program = place.daemon(daemon(found, "--describe", "csv"))
    assert place.run("describe", "csv", program=program).stderr == ""
    program.with_name("affnotifyd").write_text(
        "#!/bin/sh\n" + daemon(refused("name", "unknown_plugin", "no such"), "--describe", "crm"))
    done = place.run("describe", "crm", program=program)
    assert done.returncode == 1
    note, refusal = done.stderr.splitlines()
    assert note.startswith("affnotify describe: no bus answered, so only the built-in plugins are known: ")
    assert refusal == "affnotify describe: no such"


@pytest.mark.parametrize("command, means", [
    ("check", "the file to check"), ("render", "the file whose sink it is"), ("test", "the file whose sink it is"),
    ("plugins", "for the plugins of this file"), ("describe", "for the plugins of this file"),
    ("status", "take the bus's socket and spool from this configuration")])
def test_help_says_what_c_means(place, command, means):
    assert f"  -c, --config FILE      {means}" in place.run(command, "--help").stdout


def test_a_path_is_never_the_buss_to_load(place):
    file = place.path / "x.so"
    file.write_text("")
    program = place.daemon(daemon(refused("name", "broken", "no plugin"), "--describe", str(file)))
    done, bus = place.ask(NO_PLUGINS, "describe", os.path.relpath(file), program=program)
    assert (done.returncode, done.stderr, bus.requests) == (1, "affnotify describe: no plugin\n", [])


def test_usage(place):
    for arguments in (["render"], ["test"], ["describe"], ["plugins", "x"], ["render", "s", "--body=x"],
                      ["render", "s", *(65 * ["--id", "a"])], ["test", "s", "--jsonl"]):
        assert place.run(*arguments).returncode == 2
    for command in ("render", "test", "plugins", "describe"):
        done = place.run(command, "--help")
        assert done.returncode == 0
        assert [line for line in done.stdout.split("\n") if len(line) > 80] == []


# ---- plugins, describe ----

def plugin(name, **members):
    return {"name": name, "path": f"/p/{name}.so", "version": "1.0", "revision": 1, "summary": "Does it.",
            "requests": False, "sinks": [], "hidden": False, "error": None, **members}


def test_plugins_for_people(place):
    answer = {"ok": True, "plugins": [
        plugin("csv", sinks=["crm", "other"]), plugin("webhook", requests=True), plugin("csv", hidden=True),
        plugin("odd", version=None, revision=None, summary=None, requests=None, error="/p/odd.so: is no plugin")]}
    done, bus = place.ask(answer, "plugins")
    assert (done.returncode, done.stderr, bus.requests) == (0, "", [{"command": "plugins"}])
    assert done.stdout == (
        "NAME     VERSION  KIND      SINKS\n"
        "csv      1.0      delivers  crm other\n    Does it.\n"
        "webhook  1.0      requests  -\n    Does it.\n"
        "csv      1.0      delivers  -\n    Does it.\n    /p/csv.so: by this path only; its name means another\n"
        "odd      -        -         -\n    cannot be loaded: /p/odd.so: is no plugin\n")
    done, _ = place.ask(answer, "plugins", "--json")
    assert json.loads(done.stdout) == answer


def option(name, kind, **members):
    return {"name": name, "type": kind, "required": False, "secret": False, "deprecated": False, "default": None,
            "choices": [], "min": None, "max": None, "help": "What it is.", **members}


DESCRIPTION = {
    "ok": True, "name": "p", "path": "/p/p.so", "sinks": ["one", "two"], "version": "1.0", "revision": 1,
    "summary": "Does it.", "requests": True,
    "options": [option("url", "url", required=True, secret=True, help=" ".join(30 * ["words"])),
                option("mode", "choice", choices=["a", "b"], default="a", deprecated=True),
                option("wait", "duration", min="1s", max="1h", default="10s"),
                option("size", "size", min="64k"), option("count", "int", max="9"), option("header", "map"),
                option("a_name_that_is_rather_long", "bool")],
    "host_options": [option("ca_file", "path")],
    "bus_options": [{"name": "plugin", "default": None, "help": "The plugin."},
                    {"name": "batch", "default": "7", "help": "How many."},
                    {"name": "was", "default": "", "help": "A name."}],
}


def test_describe_for_people(place):
    done, bus = place.ask(DESCRIPTION, "describe", "p")
    assert (done.returncode, done.stderr, bus.requests) == (0, "", [{"command": "describe", "name": "p"}])
    assert done.stdout == (
        "p 1.0\nDoes it.\n/p/p.so\nused by one, two\n"
        "\nIts own options\n"
        "  url                 url, required, secret\n"
        "                      words words words words words words words words words\n"
        "                      words words words words words words words words words\n"
        "                      words words words words words words words words words\n"
        "                      words words words\n"
        "  mode                a | b, deprecated, default a\n                      What it is.\n"
        "  wait                duration, from 1s to 1h, default 10s\n                      What it is.\n"
        "  size                size, at least 64k\n                      What it is.\n"
        "  count               int, at most 9\n                      What it is.\n"
        "  header.KEY          map\n                      What it is.\n"
        "  a_name_that_is_rather_long\n                      bool\n                      What it is.\n"
        "\nOptions of every sink that makes requests\n"
        "  ca_file             path\n                      What it is.\n"
        "\nOptions of every sink, with the defaults of this one\n"
        "  plugin              required\n                      The plugin.\n"
        "  batch               default 7\n                      How many.\n"
        "  was                 A name.\n")


def test_describe_without_sinks_and_host_options(place):
    done, _ = place.ask({**DESCRIPTION, "sinks": [], "host_options": []}, "describe", "p")
    assert "used by" not in done.stdout and "that makes requests" not in done.stdout
    with place.bus(lambda line: DESCRIPTION):
        assert "\x1b[1mIts own options\x1b[0m" in place.on_terminal("describe", "p")


# ---- With a real bus, and with none ----

def without_bus(place, *arguments):
    done = place.run(*arguments, "--json")
    assert TOKEN not in done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_real_bus(start, https_server, tmp_path):
    bus = start(webhook_section(https_server, f"bearer_token = {TOKEN}") + csv_section(tmp_path))
    (event_id,) = bus.emit(SPEC_CREATED)
    shown = bus.command("render", "backend", "--id", event_id)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"POST {https_server.url}/affiliates\n")
    assert f"webhook-id: {event_id}\n" in shown.stdout and "Authorization: Bearer ••••\n" in shown.stdout
    body = bus.command("render", "backend", "--id", event_id, "--body").stdout
    assert json.loads(body) == SPEC_CREATED
    tested = bus.command("test", "backend")
    assert tested.returncode == 0
    assert re.search(r"^> affnotify-test: 1$", tested.stdout, re.MULTILINE)
    assert re.search(r"^DELIVERED: the sink works, code 200, after [0-9]+ ms$", tested.stdout, re.MULTILINE)
    https_server.answer = lambda request: 401
    tested = bus.command("test", "backend")
    assert tested.returncode == 1 and "MISSET: the settings are wrong, code 401" in tested.stdout
    assert TOKEN not in shown.stdout + tested.stdout + tested.stderr + bus.log()
    described = bus.command("describe", "backend")
    assert described.stdout.startswith("webhook ")
    assert bus.ask({"command": "status"})["bus"]["accepted"] == 1


def test_files_without_a_bus(place, https_server, tmp_path):
    bus = Bus(tmp_path, webhook_section(https_server, f"bearer_token = {TOKEN}"))
    code, answer = without_bus(place, "render", "backend", "-c", bus.config)
    assert (code, answer["messages"][0]["kind"]) == (0, "http")
    code, answer = without_bus(place, "test", "backend", "-c", bus.config)
    assert (code, answer["results"][0]["verdict"]) == (0, "DELIVERED")
    assert len(https_server.requests) == 1
    code, answer = without_bus(place, "render", "bakend", "-c", bus.config)
    assert (code, answer["message"]) == (1, "sink: no section [sink:bakend]; did you mean backend?")
    code, answer = without_bus(place, "describe", "backend", "-c", bus.config)
    assert (code, answer["name"]) == (0, "webhook")
    code, answer = without_bus(place, "plugins")
    assert code == 0 and {"csv", "webhook"} <= {each["name"] for each in answer["plugins"]}
    done = place.run("describe", "csv")
    assert done.returncode == 0 and done.stdout.startswith("csv ")
