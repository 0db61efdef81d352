"""The roster, and its difference from a dashboard's export; from a real bus."""

import json
import subprocess

import pytest

from harness import event


@pytest.fixture
def bus(start):
    """Ada and Grace are active; Alan has left."""
    made = start()
    made.emit(event(1, email="Ada@example.com"), event(2, email="alan@example.com"), event(3, email="grace@example.com"),
              event(4, "affiliate.deactivated", email="alan@example.com"))
    return made


def reconcile(bus, text, *words, encoding="utf-8", **options):
    file = bus.folder / "export.csv"
    file.write_bytes(text.encode(encoding))
    return bus.command("reconcile", file, *words, **options)


# ---- The roster ----


def test_the_roster_on_the_socket(bus):
    active = bus.ask({"command": "roster"})
    assert [row["email"] for row in active["roster"]] == ["Ada@example.com", "grace@example.com"]
    assert active["next"] is None
    ada = active["roster"][0]
    assert ada == {"affiliate_id": ada["affiliate_id"], "email": "Ada@example.com", "active": True,
                   "deep_link": "https://myapp.link/ref/abc123", "occurred_at": event(1)["occurred_at"],
                   "received": ada["received"]}
    (alan,) = bus.ask({"command": "roster", "state": "inactive"})["roster"]
    assert (alan["email"], alan["active"], alan["occurred_at"]) == ("alan@example.com", False, event(4)["occurred_at"])
    first = bus.ask({"command": "roster", "state": "all", "limit": 2})
    rest = bus.ask({"command": "roster", "state": "all", "limit": 2, "after": first["next"]})
    assert [row["email"] for row in first["roster"] + rest["roster"]] == [
        "Ada@example.com", "alan@example.com", "grace@example.com"]
    for wrong, rule in (({"state": "gone"}, "unknown_state"), ({"limit": 1001}, "out_of_range"), ({"state": 1}, "type"),
                        ({"after": "x"}, "out_of_range")):
        assert bus.ask({"command": "roster", **wrong})["rule"] == rule


def test_the_roster_as_a_command(bus):
    lines = bus.command("roster").stdout.splitlines()
    assert lines[0].split() == ["STATE", "SINCE", "(UTC)", "AFFILIATE", "ID", "DEEP", "LINK", "E-MAIL"]
    assert [line.split()[-1] for line in lines[1:]] == ["Ada@example.com", "grace@example.com"]
    assert len(json.loads(bus.command("roster", "--state", "all", "--json").stdout)["roster"]) == 3
    assert bus.command("roster", "--state", "x").returncode == 2


# ---- The difference ----


def test_no_difference(bus):
    done = reconcile(bus, "Email,Plan\nADA@example.com ,x\ngrace@example.com,y\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (f"2 in {bus.folder}/export.csv, 2 active here\n\n"
                           f"In {bus.folder}/export.csv, and not active here: 0\n\n"
                           f"Active here, and not in {bus.folder}/export.csv: 0\n")


EXPORT = ('\ufeffName;E-mail address;Affiliate ID;Deep Link\r\n'
          '"Lovelace; ""Ada""\r\n";ada@example.com;;\r\n'
          'Turing;alan@example.com;ia_0123abcd;https://myapp.link/ref/alan\r\n'
          'Nobody;nobody;;\r\n'
          'Noether;emmy@example.com;17;\r\n'
          'Noether again;EMMY@example.com;;\r\n')


def test_who_is_missing_on_which_side(bus):
    done = reconcile(bus, EXPORT)
    assert done.returncode == 1
    file = f"{bus.folder}/export.csv"
    assert done.stderr == f"{file}:5: email: syntax (email has no @; send an address such as name@example.com)\n"
    assert done.stdout == (f"3 in {file}, 2 active here\n\n"
                           f"In {file}, and not active here: 2\n"
                           "  ia_0123abcd  alan@example.com\n"
                           "  -            emmy@example.com\n\n"
                           f"Active here, and not in {file}: 1\n"
                           f"  {bus.ask({'command': 'id', 'email': 'grace@example.com'})['remembered']}  grace@example.com\n")
    only = reconcile(bus, EXPORT, "--only", "deactivated")
    assert "not active here:" not in only.stdout and "grace@example.com" in only.stdout
    answer = json.loads(reconcile(bus, EXPORT, "--json").stdout)
    assert (answer["in_file"], answer["refused_rows"], answer["active_here"], answer["emitted"]) == (3, 1, 2, None)
    assert [(one["missing"], one["email"], one["line"]) for one in answer["missing"]] == [
        ("affiliate.deactivated", "grace@example.com", None), ("affiliate.created", "alan@example.com", 4),
        ("affiliate.created", "emmy@example.com", 6)]


STATUSES = ("Email,Status\n"
            "ada@example.com, Deactivated \n"        # active here
            "alan@example.com,inactive\n"            # not active here either
            "grace@example.com,ACTIVE\n"
            "emmy@example.com,active\n"              # unknown here
            "kurt@example.com,suspended\n")


def test_who_is_not_active_there_is_not_there(bus):
    done = reconcile(bus, STATUSES)
    file = f"{bus.folder}/export.csv"
    ada = bus.ask({"command": "id", "email": "ada@example.com"})["remembered"]
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (f"5 in {file}, 2 of them active, 2 active here\n\n"
                           f"Active in {file}, and not active here: 1\n"
                           "  -            emmy@example.com\n\n"
                           f"Active here, and not active in {file}: 1\n"
                           f"  {ada}  Ada@example.com\n")
    answer = json.loads(reconcile(bus, STATUSES, "--json").stdout)
    assert (answer["in_file"], answer["active_in_file"], answer["active_here"]) == (5, 2, 2)
    assert [(one["missing"], one["email"], one["line"]) for one in answer["missing"]] == [
        ("affiliate.deactivated", "Ada@example.com", 2), ("affiliate.created", "emmy@example.com", 5)]
    done = reconcile(bus, STATUSES, "--emit", "--yes")
    assert done.returncode == 0 and done.stdout.endswith("\n2 accepted, 0 known already, 0 refused\n")
    assert [row["email"] for row in bus.ask({"command": "roster"})["roster"]] == ["grace@example.com", "emmy@example.com"]
    assert reconcile(bus, STATUSES).returncode == 0
    plain = reconcile(bus, STATUSES.replace("Status", "Stand")).stdout
    assert "and not active here: 3\n" in plain  # no column says who is: all are


def test_a_status_that_is_not_clear_decides_nothing(bus):
    """Neither for somebody who is active here nor for somebody who is not."""
    text = "Email,Plan\nada@example.com,Gold\ngrace@example.com,active\nalan@example.com,\n"
    done = reconcile(bus, text, "--status-column", "Plan")
    file = f"{bus.folder}/export.csv"
    sentence = "says neither that this one is active nor that not; name what does by --active)\n"
    assert done.returncode == 1
    assert done.stderr == f"{file}:2: status: unclear (“Gold” {sentence}{file}:4: status: unclear (“” {sentence}"
    assert "Active in" in done.stdout and "not active here: 0\n" in done.stdout and done.stdout.endswith(": 0\n")
    done = reconcile(bus, text, "--status-column", "Plan", "--active", "gold")
    assert (done.returncode, done.stderr) == (1, "") and done.stdout.splitlines()[-1].endswith(" grace@example.com")
    done = reconcile(bus, text, "--status-column", "Plan", "--active", " x", "--active", "gold", "--active", "Active")
    assert (done.returncode, done.stderr) == (0, "")


def test_of_several_rows_an_active_one_counts(bus):
    text = "email,active\nada@example.com,no\nada@example.com,yes\ngrace@example.com,1\ngrace@example.com,0\n"
    done = reconcile(bus, text)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("2 in ")


def test_what_is_missing_is_handed_in_after_a_question(bus):
    accepted = bus.ask({"command": "status"})["bus"]["accepted"]
    done = reconcile(bus, EXPORT, "--emit", stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "without a terminal to ask on, --yes is needed" in done.stderr
    assert bus.ask({"command": "status"})["bus"]["accepted"] == accepted
    done = reconcile(bus, EXPORT, "--emit", "--yes")
    assert done.returncode == 1  # for the row without an address
    assert done.stdout.endswith("\n3 accepted, 0 known already, 0 refused\n")
    rows = {row["email"]: row for row in bus.ask({"command": "roster", "state": "all"})["roster"]}
    assert not rows["grace@example.com"]["active"]
    assert rows["alan@example.com"]["active"] and rows["emmy@example.com"]["active"]
    assert rows["alan@example.com"]["deep_link"] == "https://myapp.link/ref/alan"
    assert rows["alan@example.com"]["affiliate_id"] == "ia_0123abcd"
    done = reconcile(bus, EXPORT.replace("Nobody;nobody;;\r\n", ""), "--emit", "--yes")
    assert (done.returncode, done.stderr) == (0, "") and "accepted" not in done.stdout


def test_what_cannot_even_be_sent_is_named(bus):
    text = "email,link\nada@example.com,\ngrace@example.com,\nemmy@example.com,https://myapp.link/caf\u00e9\n"
    done = reconcile(bus, text, "--emit", "--yes", encoding="latin-1")
    assert done.returncode == 1 and done.stdout.endswith("\n0 accepted, 0 known already, 1 refused\n")
    assert "emmy@example.com: deep_link is not UTF-8; write all text in UTF-8" in done.stderr


def test_many_affiliates(bus):
    """More than a page of the roster, and more than one write."""
    bus.emit(*[event(number) for number in range(1200)])
    names = [f"person{number}@example.com" for number in range(700, 2300)]
    done = reconcile(bus, "email\n" + "\n".join(names), "--emit", "--yes", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and answer["emitted"] == {"accepted": 1802, "known": 0, "refused": 0}
    assert json.loads(reconcile(bus, "email\n" + "\n".join(names), "--json").stdout)["missing"] == []


@pytest.mark.parametrize("text, words, message", [
    ("", [], "export.csv: is empty\n"),
    ("Who\nada@example.com\n", [], "which column has the addresses? Its first line must name the columns; give "
                                   "--email-column, one of: Who\n"),
    ("Who,Email\nx,ada@example.com\n", ["--email-column", "Mail"], "no column is called “Mail”; there are: Who, Email\n"),
    ("Email\nada@example.com\n", ["--link-column", "L"], "no column is called “L”; there are: Email\n"),
    ("Email\n", [], "there is no row with an address; is it the right file?\n"),
    ("Email\nada@example.com\n", ["--status-column", "S"], "no column is called “S”; there are: Email\n"),
    ("Email\nada@example.com\n", ["--active", "on"], "export.csv: which column says who is active? --active goes with "
                                                     "--status-column\n"),
    ('Email\n"ada@example.com\n', [], "export.csv: line 2: a quoted field has no end\n"),
])
def test_what_cannot_be_read(bus, text, words, message):
    done = reconcile(bus, text, *words)
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.endswith(message)


def test_wrong_words(bus):
    assert bus.command("reconcile", "/nowhere.csv").stderr == "affnotify reconcile: /nowhere.csv: No such file or directory\n"
    assert "--only: “x” is not created or deactivated" in bus.command("reconcile", "f", "--only", "x").stderr
    assert "--yes goes with --emit" in bus.command("reconcile", "f", "--yes").stderr
    named = reconcile(bus, "Who,Where\nada@example.com,x\ngrace@example.com,y\n", "--email-column", "Who")
    assert named.returncode == 0
