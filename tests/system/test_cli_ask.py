"""affnotify status, trace, id and check against a bus that says whatever a test needs."""

import json
import os
import pwd

import pytest

from cli_place import ID, moment, place
from fake_bus import HANG_UP, always, refused


# ---- status ----

def sink(name, state, **members):
    return {"name": name, "plugin": "csv", "state": state, "pending": 0, "oldest": None,
            "in_flight": 0, "delivered": 0, "dead": 0, "error": None, "error_at": None, "error_is_old": False,
            "remedy": None, **members}


def status(*sinks):
    return {"ok": True, "sinks": list(sinks), "bus": {
        "pid": 4242, "version": "0.1.0", "config": "/etc/a.ini", "started": moment(7230),
        "accepted": 17, "journal": "/var/j.db"}}


def status_sinks():
    return [
        sink("crm", "open", delivered=12345),
        sink("backend", "retrying", plugin="webhook", pending=3, in_flight=1, dead=2,
             oldest=moment(3 * 60 + 20), error="the server said \x1b[31m503", error_at=moment(90000),
             remedy="ask who runs it"),
    ]


def test_status(place):
    done, bus = place.ask(status(*status_sinks()), "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert bus.requests == [{"command": "status"}]
    assert done.stdout == (
        "affnotifyd 0.1.0, process 4242, up for 2h\n"
        "configuration /etc/a.ini, journal /var/j.db\n"
        "17 events accepted\n"
        "\n"
        "SINK     PLUGIN   STATE     PENDING  OLDEST  IN FLIGHT  DELIVERED  DEAD\n"
        "crm      csv      open            0       -          0      12345     0\n"
        "backend  webhook  retrying        3      3m          1          0     2\n"
        "    25h ago: the server said  [31m503\n"
        "    what to do: ask who runs it\n"
        "    dead letters: affnotify dead --sink backend\n"
            "    to send them again: affnotify replay --sink backend --dead\n")


def test_status_of_a_failure_that_is_over(place):
    """What failed hours ago, while all goes well, is no call to do something."""
    good = sink("crm", "open", delivered=12345, delivered_since=1204, error="HTTP 500 from x",
                error_at=moment(7230), remedy="look at its logs")
    done, _ = place.ask(status(good), "status")
    assert done.stdout.splitlines()[-1] == "    last failure 2h ago, 1204 delivered since: HTTP 500 from x"


def test_status_of_a_failure_with_other_settings(place):
    changed = sink("crm", "open", error="HTTP 401 from x", error_at=moment(7230), error_is_old=True)
    done, _ = place.ask(status(changed), "status")
    assert done.stdout.splitlines()[-1] == (
        "    2h ago, before its settings or secrets changed: HTTP 401 from x")


def test_status_without_sinks(place):
    done, _ = place.ask(status(), "status")
    assert done.returncode == 0
    assert "No sink is configured" in done.stdout


def test_status_json(place):
    answer = status(*status_sinks())
    done, _ = place.ask(answer, "status", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, answer)
    assert done.stdout.count("\n") == 1


def test_status_on_a_terminal(place):
    with place.bus(always(status(*status_sinks()))):
        assert "\x1b[1mSINK" in place.on_terminal("status")
        assert "\x1b" not in place.on_terminal("status", NO_COLOR="1")
        assert "\x1b" not in place.on_terminal("status", TERM="dumb")
        assert "\x1b" not in place.on_terminal("status", TERM="")


@pytest.mark.parametrize("arguments", [["status"], ["trace", ID], ["status", "--json"]])
def test_no_bus(place, arguments):
    done = place.run(*arguments)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"affnotify {arguments[0]}: {place.socket}: No such file or directory; "
        "is affnotifyd running? Start it with affnotifyd -c FILE\n")


@pytest.mark.parametrize("answer", [HANG_UP, "nonsense", "[]", '{"ok":1}'])
def test_no_answer(place, answer):
    done, _ = place.ask(answer, "status")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"affnotify status: {place.socket}: ")


@pytest.mark.parametrize("arguments", [["status"], ["trace", ID], ["id", "x"], ["check"]])
def test_refused_command(place, arguments):
    answer = refused("", "forbidden", "you may hand events in, no more")
    done, _ = place.ask(answer, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"affnotify {arguments[0]}: you may hand events in, no more\n"
    done, _ = place.ask(answer, *arguments, "--json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (1, answer, "")


# ---- trace ----

def delivery(sink_name, state, **members):
    return {"sink": sink_name, "state": state, "verdict": None, "code": 0, "attempts": 0, "ms": 0,
            "at": None, "what": "", "remedy": "", **members}


TRACE = {
    "ok": True, "id": ID, "received": "2026-03-18T12:00:00.104Z", "via": "dashboard",
    "event": {"event": "affiliate.created", "affiliate_id": "ia_43831f8e",
              "email": "affiliate@example.com", "deep_link": "",
              "occurred_at": "2026-03-18T12:00:00.000Z"},
    "deliveries": [
        delivery("crm", "delivered", verdict="DELIVERED", attempts=1, ms=12,
                 at="2026-03-18T12:00:00.200Z"),
        delivery("backend", "dead", verdict="RETRY", code=503, attempts=2, ms=3,
                 at="2026-03-18T12:00:01.000Z", what="503 Service Unavailable",
                 remedy="ask who runs it"),
        delivery("alerts", "in flight"),
    ],
}


def test_trace(place):
    done, bus = place.ask(TRACE, "trace", ID)
    assert (done.returncode, done.stderr) == (0, "")
    assert bus.requests == [{"command": "trace", "id": ID}]
    assert done.stdout == (
        f"ID            {ID}\n"
        "event         affiliate.created\n"
        "affiliate ID  ia_43831f8e\n"
        "e-mail        a•••@example.com\n"
        "deep link     -\n"
        "occurred at   2026-03-18T12:00:00.000Z\n"
        "received      2026-03-18T12:00:00.104Z\n"
        "via           dashboard\n"
        "\n"
        "SINK     STATE      VERDICT    ATTEMPTS  CODE   TOOK  AT\n"
        "crm      delivered  DELIVERED         1     -  12 ms  2026-03-18T12:00:00.200Z\n"
        "backend  dead       RETRY             2   503   3 ms  2026-03-18T12:00:01.000Z\n"
        "    503 Service Unavailable\n"
        "    what to do: ask who runs it\n"
        "alerts   in flight  -                 -     -      -  -\n")


def test_trace_json_and_unknown(place):
    done, _ = place.ask(TRACE, "trace", "--json", ID)
    assert (done.returncode, json.loads(done.stdout)) == (0, TRACE)
    done, _ = place.ask(refused("id", "unknown_id", "no event has this ID"), "trace", "evt_x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "affnotify trace: no event has this ID\n"
    done, _ = place.ask({**TRACE, "deliveries": []}, "trace", ID)
    assert done.stdout.endswith("\nNo sink is configured.\n")


# ---- id ----

def identity(remembered=None):
    return {"ok": True, "email_key": "a@example.com", "derived": "ia_00000001",
            "remembered": remembered}


@pytest.mark.parametrize("remembered, line", [
    (None, "remembered  none: the bus has seen no event of this address\n"),
    ("ia_00000001", "remembered  ia_00000001\n"),
    ("ia_00000002", "remembered  ia_00000002 (the events carried this one; it is used)\n"),
])
def test_id(place, remembered, line):
    done, bus = place.ask(identity(remembered), "id", "A@example.com")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "derived     ia_00000001\n" + line
    assert bus.requests == [{"command": "id", "email": "A@example.com"}]
    done, _ = place.ask(identity(remembered), "id", "--json", "A@example.com")
    assert json.loads(done.stdout) == identity(remembered)


def test_id_without_a_bus(place):
    program = place.daemon(f"""[ "$#" = 2 ] && [ "$1 $2" = "--id A@example.com" ] &&
                               echo '{json.dumps(identity())}'\n""")
    done = place.run("id", "A@example.com", program=program)
    assert done.returncode == 0
    assert done.stdout.startswith("derived     ia_00000001\nremembered  unknown, for no bus answered:")
    done = place.run("id", "--json", "A@example.com", program=program)
    assert json.loads(done.stdout) == identity()
    assert "no bus answered, so what is remembered is unknown: " in done.stderr


def test_id_refused_without_a_bus(place):
    program = place.daemon(f"echo '{json.dumps(refused())}'; exit 1\n")
    done = place.run("id", "nonsense", program=program)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "affnotify id: email has no @; write it as name@example.com\n"


@pytest.mark.parametrize("script, message", [
    ("exit 5\n", "affnotifyd gave no answer (exit code 5)"),
    ("echo nonsense\n", "affnotifyd gave no answer (exit code 0)"),
    ("kill -9 $$\n", "affnotifyd was ended by signal 9 (Killed)"),
])
def test_id_with_neither(place, script, message):
    done = place.run("id", "a@example.com", program=place.daemon(script))
    assert (done.returncode, done.stdout) == (3, "")
    assert message in done.stderr
    assert "is affnotifyd running?" in done.stderr


# ---- check ----

def checked(*mistakes):
    items = [{"file": "a.ini", "line": line, "section": "sink:crm", "key": "path", "text": "wrong",
              "warning": warning, "message": f"a.ini:{line}: [sink:crm] path: wrong"}
             for line, warning in mistakes]
    warnings = sum(item["warning"] for item in items)
    return {"ok": True, "errors": len(items) - warnings, "warnings": warnings, "mistakes": items}


CHECKS = [
    (checked(), 0, "0 mistakes, 0 warnings\n"),
    (checked((3, True)), 0,
     "a.ini:3: [sink:crm] path: wrong (warning)\n0 mistakes, 1 warning\n"),
    (checked((3, True), (4, False), (5, True)), 1,
     "a.ini:3: [sink:crm] path: wrong (warning)\na.ini:4: [sink:crm] path: wrong\n"
     "a.ini:5: [sink:crm] path: wrong (warning)\n1 mistake, 2 warnings\n"),
    (checked((4, False), (5, False)), 1,
     "a.ini:4: [sink:crm] path: wrong\na.ini:5: [sink:crm] path: wrong\n2 mistakes, 0 warnings\n"),
]


@pytest.mark.parametrize("answer, code, text", CHECKS)
def test_check_the_running_bus(place, answer, code, text):
    done, bus = place.ask(answer, "check")
    assert (done.returncode, done.stdout, done.stderr) == (code, text, "")
    assert bus.requests == [{"command": "check"}]
    done, _ = place.ask(answer, "check", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (code, answer)


def test_check_without_bus_and_file(place):
    done = place.run("check")
    assert (done.returncode, done.stdout) == (3, "")
    assert "is affnotifyd running?" in done.stderr
    assert "or name a configuration: affnotify check -c FILE\n" in done.stderr


def test_check_a_file_by_its_bus(place):
    ini = place.ini(state=place.path, socket=place.socket)
    done, bus = place.ask(checked(), "check", "-c", ini, AFFNOTIFY_SOCKET="/nowhere")
    assert (done.returncode, done.stdout) == (0, "0 mistakes, 0 warnings\n")
    assert bus.requests == [{"command": "check", "config": str(ini)}]


def check_script(ini, answer, code):
    return f"""[ "$#" = 4 ] && [ "$*" = "--check --json -c {ini}" ] || exit 9
               echo '{json.dumps(answer)}'; exit {code}\n"""


@pytest.mark.parametrize("answer, code, text", CHECKS)
def test_check_a_file_without_a_bus(place, answer, code, text):
    ini = place.ini(state=place.path, socket=place.socket)
    program = place.daemon(check_script(ini, answer, code))
    done = place.run("check", "-c", ini, program=program)
    assert (done.returncode, done.stdout, done.stderr) == (code, text, "")
    done = place.run("check", "-c", ini, "--json", program=program)
    assert (done.returncode, json.loads(done.stdout)) == (code, answer)


@pytest.mark.parametrize("rule", ["other_config", "forbidden"])
def test_check_a_file_that_the_bus_will_not_check(place, rule):
    ini = place.ini(state=place.path, socket=place.socket)
    program = place.daemon(check_script(ini, checked((1, False)), 1))
    done, bus = place.ask(refused("", rule, "no"), "check", "-c", ini, program=program)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("1 mistake, 0 warnings\n")
    assert len(bus.lines) == 1


def test_check_a_file_with_mistakes_by_its_bus(place):
    """A bus whose file was spoilt after its start is still the one to ask."""
    ini = place.ini(stat="/tmp", socket=place.socket)
    done, bus = place.ask(checked((2, False)), "check", "-c", ini)
    assert done.returncode == 1
    assert bus.requests == [{"command": "check", "config": str(ini)}]


def test_check_online(place):
    done, bus = place.ask(checked(), "check", "--online")
    assert (done.returncode, done.stderr) == (0, "")
    assert bus.requests == [{"command": "check", "online": True}]
    ini = place.ini(state=place.path, socket=place.socket)
    program = place.daemon(f"""[ "$*" = "--check --json --online -c {ini}" ] || exit 9
                               echo '{json.dumps(checked())}'\n""")
    done = place.run("check", "--online", "-c", ini, program=program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 mistakes, 0 warnings\n", "")


def test_check_tells_who_looked(place):
    us = pwd.getpwuid(os.geteuid()).pw_name
    done, _ = place.ask(dict(checked(), user=us), "check")
    assert done.stderr == ""
    done, _ = place.ask(dict(checked(), user="the-bus"), "check")
    assert (done.stdout, done.stderr) == ("0 mistakes, 0 warnings\n", "affnotify check: looked as the user the-bus\n")
    done, _ = place.ask(dict(checked(), user="the-bus"), "check", "--json")
    assert done.stderr == ""


def test_check_a_file_that_is_not_there(place):
    ini = place.path / "none.ini"
    program = place.daemon(check_script(ini, checked((0, False)), 1))
    done = place.run("check", "-c", ini, program=program)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("1 mistake, 0 warnings\n")


def test_check_a_file_with_nobody_to_check_it(place):
    ini = place.ini(state=place.path, socket=place.socket)
    done = place.run("check", "-c", ini, program=place.daemon("exit 7\n"))
    assert (done.returncode, done.stdout) == (3, "")
    assert "affnotifyd gave no answer (exit code 7)" in done.stderr
