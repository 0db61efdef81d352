"""The roster, and its difference from a dashboard's export; from a real bus."""

import json
import subprocess

import pytest

from cli_place import place
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
    assert [line.split()[-1] for line in lines[1:]] == ["A•••@example.com", "g•••@example.com"]
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
                           "  ia_0123abcd  a•••@example.com\n"
                           "  -            e•••@example.com\n\n"
                           f"Active here, and not in {file}: 1\n"
                           f"  {bus.ask({'command': 'id', 'email': 'grace@example.com'})['remembered']}  g•••@example.com\n")
    only = reconcile(bus, EXPORT, "--only", "deactivated")
    assert "not active here:" not in only.stdout and "g•••@example.com" in only.stdout
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
                           "  -            e•••@example.com\n\n"
                           f"Active here, and not active in {file}: 1\n"
                           f"  {ada}  A•••@example.com\n")
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
    assert (done.returncode, done.stderr) == (1, "") and done.stdout.splitlines()[-1].endswith(" g•••@example.com")
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
    done = reconcile(bus, EXPORT, "--emit", "--yes", "--deactivate-anyway")  # for the row without an address
    assert done.returncode == 0
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
    assert "e•••@example.com: deep_link is not UTF-8; write all text in UTF-8" in done.stderr


def test_many_affiliates(bus):
    """More than a page of the roster, and more than one write."""
    bus.emit(*[event(number) for number in range(1200)])
    names = [f"person{number}@example.com" for number in range(700, 2300)]
    done = reconcile(bus, "email\n" + "\n".join(names), "--emit", "--yes", "--json", "--deactivate-anyway")
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


# ---- Nobody is deactivated by mistake ----


def active(bus):
    return {row["email"] for row in bus.ask({"command": "roster"})["roster"]}


UNREAD = 'Name,Email\nAda,Ada <ada@example.com>\nEmmy,emmy@example.com\nGrace,grace@example.com;g@example.com\n'


def test_nobody_is_deactivated_while_rows_are_unread(bus):
    before = active(bus)
    done = reconcile(bus, UNREAD, "--emit", "--yes")
    assert done.returncode == 1 and done.stdout.endswith("\n1 accepted, 0 known already, 0 refused\n")
    assert done.stderr.endswith(
        "affnotify reconcile: nobody is deactivated: who is meant by rows without an address (2) may be among those 2; "
        "mend the rows, or give --deactivate-anyway\n")
    assert active(bus) == before | {"emmy@example.com"}
    done = reconcile(bus, UNREAD, "--emit", "--yes")
    assert done.returncode == 1 and "accepted" not in done.stdout and active(bus) == before | {"emmy@example.com"}
    done = reconcile(bus, UNREAD, "--emit", "--yes", "--deactivate-anyway")
    assert done.returncode == 0 and active(bus) == {"emmy@example.com"}
    done = reconcile(bus, UNREAD, "--emit", "--yes")  # what is unread does no harm any more
    assert done.returncode == 0 and done.stderr.count("email: ") == 2


def test_yes_does_not_deactivate_most(bus, place):
    bus.emit(event(5, email="emmy@example.com"))
    text = "email\nada@example.com\nnew@example.com\n"
    done = reconcile(bus, text, "--emit", "--yes")
    assert done.returncode == 1 and done.stdout.endswith("\n1 accepted, 0 known already, 0 refused\n")
    assert done.stderr == ("affnotify reconcile: nobody is deactivated: 2 of the 3 active would be, more than half; is "
                           "the file whole? Else give --deactivate-anyway\n")
    file = bus.folder / "export.csv"
    shown = place.on_terminal("reconcile", str(file), "--emit", "--socket", bus.socket, typed="n\n", code=1)
    assert "Hand in 0 affiliate.created and 2 affiliate.deactivated, of 4 who are active here? [y/N]" in shown
    assert "grace@example.com" in active(bus)
    done = reconcile(bus, text, "--emit", "--yes")  # two of four is not more than half
    assert done.returncode == 0 and active(bus) == {"Ada@example.com", "new@example.com"}
    done = reconcile(bus, "email\nx@example.com\n", "--emit", "--yes", "--deactivate-anyway")
    assert done.returncode == 0 and active(bus) == {"x@example.com"}
    assert "--deactivate-anyway goes with --emit" in bus.command("reconcile", file, "--deactivate-anyway").stderr


# ---- What is said ----


def test_which_column_was_taken(bus):
    rows = "ada@example.com,,grace@example.com,,\ngrace@example.com,,,,\n"
    done = reconcile(bus, "Email,Contact email,Affiliate Email,Link,URL\n" + rows)
    file = f"affnotify reconcile: {bus.folder}/export.csv"
    assert done.stderr == (
        f"{file}: the addresses are taken from “Email”, not from “Contact email”; --email-column names another\n"
        f"{file}: the addresses are taken from “Email”, not from “Affiliate Email”; --email-column names another\n"
        f"{file}: the deep links are taken from “Link”, not from “URL”; --link-column names another\n")
    done = reconcile(bus, "Email,Contact email,Affiliate Email,Link,URL\n" + rows, "--email-column", "Email",
                     "--link-column", "Link")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_else_there_than_here(bus):
    rows = {row["email"]: row for row in bus.ask({"command": "roster"})["roster"]}
    ada = rows["Ada@example.com"]["affiliate_id"]
    text = (f"Email,Affiliate ID,Link\nada@example.com,{ada.upper().replace('IA_', 'ia_')},https://myapp.link/Ref/abc123\n"
            "grace@example.com,ia_00000001,\n")
    done = reconcile(bus, text)
    assert (done.returncode, done.stderr) == (0, "")  # no event mends it
    assert done.stdout.endswith(
        "\n\nElse there than here: 2\n"
        "  A•••@example.com: deep link https://myapp.link/Ref/abc123, here https://myapp.link/ref/abc123\n"
        f"  g•••@example.com: affiliate ID ia_00000001, here {rows['grace@example.com']['affiliate_id']}\n")
    answer = json.loads(reconcile(bus, text, "--json").stdout)
    assert [(one["email"], one["what"]) for one in answer["differing"]] == [
        ("Ada@example.com", "deep link"), ("grace@example.com", "affiliate ID")]


def test_a_terminal_shows_the_first_rows_alone(bus, place):
    file = bus.folder / "export.csv"
    file.write_text("email\n" + "".join(f"p{number}@example.com\n" for number in range(30)))
    shown = place.on_terminal("reconcile", str(file), "--socket", bus.socket, code=1)
    assert shown.count("p•••@example.com") > 0 and shown.count("@example.com") == 22 and "  … and 10 more; --all names them" in shown
    shown = place.on_terminal("reconcile", str(file), "--all", "--socket", bus.socket, code=1)
    assert shown.count("@example.com") == 32 and "--all" not in shown
    assert bus.command("reconcile", file).stdout.count("@example.com") == 32


def test_files_that_are_none(bus):
    assert reconcile(bus, "email\nada@example.com\n", encoding="utf-16").stderr == (
        f"affnotify reconcile: {bus.folder}/export.csv: is UTF-16; save it as UTF-8\n")
    assert bus.command("reconcile", "-").stderr == (
        "affnotify reconcile: stdin cannot be read twice; save it to a file first\n")
    file = bus.folder / "\x1b[31m.csv"
    file.write_text("email,status\nnobody,active\nada@example.com,Gold\n")
    done = bus.command("reconcile", file)
    assert "\x1b" not in done.stdout + done.stderr and " [31m.csv:2: email: syntax" in done.stderr
