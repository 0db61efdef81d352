"""The manual pages: they read well, and leave out nothing that the programs themselves know."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from harness import AFFNOTIFY, AFFNOTIFYD, BUILD

ROOT = pathlib.Path(__file__).parents[2]
SINKS = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/CMakeLists.txt"))
PAGES = ["affnotify.1", "affnotify.ini.5", "affnotifyd.8", *[f"affnotify-{name}.7" for name in SINKS]]
PAGE = BUILD / "man"


def run(*command, code=0, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def read(page):
    """What a reader sees in a terminal of 80 columns, each run of blanks as one."""
    environment = dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8", MANPAGER="cat", MAN_KEEP_FORMATTING="")
    done = run("man", "--warnings=w", "--no-hyphenation", "-l", page, env=environment)
    assert done.stderr == ""
    return done.stdout


def flat(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("page", PAGES)
def test_man_shows_it_without_a_word(page):
    shown = read(PAGE / page)
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert not re.search(r"@[A-Z_]+@", shown if page != "affnotify.1" else "")  # describe --help tells of them
    for heading in ("NAME", "SYNOPSIS", "SEE ALSO"):
        assert f"\n{heading}\n" in shown


@pytest.mark.parametrize("sink", SINKS)
def test_the_page_of_a_sink_has_each_of_its_options(sink):
    about = json.loads(run(AFFNOTIFYD, "--describe", sink).stdout)
    shown = flat(read(PAGE / f"affnotify-{sink}.7"))
    for option in about["options"] + about["host_options"] + about["bus_options"]:
        name = option["name"] + (".KEY" if option.get("type") == "map" else "")
        assert re.search(rf" {re.escape(name)} ", shown), name
        assert flat(option["help"].replace("`", "")) in shown
    for option in about["options"] + about["host_options"]:
        assert not option["default"] or f"default {option['default']}" in shown
    assert "EXAMPLES" in shown and f"plugin = {sink}" in shown


def test_the_page_of_the_command_has_all_commands_and_options():
    shown = flat(read(PAGE / "affnotify.1"))
    commands = re.findall(r"^  (\w+) +\S", run(AFFNOTIFY, "--help").stdout, re.MULTILINE)
    assert len(commands) > 20
    for command in commands:
        assert f" affnotify {command} " in shown
        for option in re.findall(r"^ +(--[\w-]+|-c, --config \w+)", run(AFFNOTIFY, command, "--help").stdout, re.MULTILINE):
            assert f" {option} " in shown, (command, option)


def test_the_page_of_the_configuration_has_all_keys():
    shown = flat(read(PAGE / "affnotify.ini.5"))
    table = (ROOT / "core/config/bus_keys.c").read_text() + (ROOT / "core/config/tuning.c").read_text()
    names = re.findall(r'\{\.name = "(\w+)"', table)
    assert len(names) > 30
    requests = json.loads(run(AFFNOTIFYD, "--describe", "webhook").stdout)["host_options"]
    for name in names + [option["name"] for option in requests]:
        assert f" {name} " in shown, name


def test_the_page_of_the_bus_has_all_options():
    shown = flat(read(PAGE / "affnotifyd.8"))
    options = set(re.findall(r"--[a-z][a-z-]+", run(AFFNOTIFYD, "--help").stdout))
    assert len(options) > 15
    for option in options:
        assert re.search(rf"{option}\b", shown), option


@pytest.mark.parametrize("page", ["affnotify.1", "affnotify.ini.5"])
def test_each_sink_has_a_page_that_is_named(page):
    named = re.findall(r"affnotify-(\w+)\(7\)", read(PAGE / page).split("SEE ALSO")[1])
    assert sorted(set(named)) == SINKS


@pytest.mark.parametrize("sink", SINKS)
def test_the_example_is_a_right_section(sink, tmp_path):
    """But for the secrets, which are not there."""
    shown = read(PAGE / f"affnotify-{sink}.7").split("\nEXAMPLES\n")[1].split("\nSEE ALSO\n")[0].split("#!")[0]
    example = "\n".join(line.strip() for line in shown.splitlines() if re.match(r" {7}(\[|[\w.-]+ =)", line))
    (tmp_path / "secret").write_text("https://example.com/NOTASECRET")
    (tmp_path / "secret").chmod(0o600)
    example = re.sub(r"file:\S+", f"file:{tmp_path}/secret", example)
    example = re.sub(r"/(var|srv)/\S+", f"{tmp_path}/there", example)
    example = re.sub(r"(?m)^signing_secret = .*\n?", "", example)  # has a form of its own
    (tmp_path / "a.ini").write_text(f"[bus]\nstate = {tmp_path}\nsocket = {tmp_path}/s\n{example}\n")
    done = subprocess.run([AFFNOTIFY, "check", "-c", tmp_path / "a.ini", "--json"], capture_output=True, text=True,
                          timeout=120)
    assert [finding for finding in json.loads(done.stdout)["mistakes"]] == []


@pytest.mark.parametrize("program", ["sink.py", "sink.sh"])
def test_the_page_of_exec_shows_its_examples(program):
    shown = read(PAGE / "affnotify-exec.7")
    wanted = (ROOT / "etc/examples" / program).read_text().splitlines()
    assert "\n".join(f"       {line}".rstrip() for line in wanted) in shown


# ---- A page of one's own ----


def describe(*arguments, code=0):
    return run(AFFNOTIFY, "describe", BUILD / "fixtures" / "fixture_options.so", *arguments, code=code)


def test_a_plugin_without_a_template_has_a_page(tmp_path):
    page = tmp_path / "affnotify-options.7"
    page.write_text(describe("--man").stdout)
    shown = read(page)
    about = json.loads(describe("--json").stdout)
    for option in about["options"]:
        assert f" {option['name']}" in flat(shown)
    assert shown.startswith("AFFNOTIFY-" + about["name"].upper() + "(7)")


def test_a_template_is_filled_in(tmp_path):
    template = tmp_path / "page"
    template.write_text("@TITLE@\n.SH MINE\nof @VERSION@, @OPTIONS@\n@OPTIONS@")
    page = describe("--man", "--template", template).stdout
    version = run(AFFNOTIFY, "--version").stdout.split()[1]
    assert f"\n.SH MINE\nof {version}, @OPTIONS@\n.TP\n" in page
    assert page.startswith(".TH ")


@pytest.mark.parametrize("content, said", [
    ("x\n@OPTION@\n", "line 2: @OPTION@ stands for nothing; write @TITLE@, @SYNOPSIS@, @OPTIONS@, @REQUEST_OPTIONS@, "
                      "@SINK_OPTIONS@, @SINK_KEYS@, @BUS_KEYS@ or @COMMANDS@"),
    (None, "No such file or directory"), ("x" * (256 * 1024 + 1), "longer than")],
                         ids=["unknown", "missing", "long"])
def test_a_template_that_cannot_be_filled_in(tmp_path, content, said):
    template = tmp_path / "page"
    if content is not None:
        template.write_text(content)
    done = describe("--man", "--template", template, code=1)
    assert done.stderr.startswith(f"affnotify describe: {template}: ") and said in done.stderr
    assert done.stderr.count(str(template)) == 1


def test_a_template_goes_with_man(tmp_path):
    assert "--template goes with --man" in describe("--template", tmp_path / "x", code=2).stderr
