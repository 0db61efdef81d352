"""`affnotify init`: a configuration that is right once it is filled in, and secrets that are sealed from the beginning."""

import json
import os
import re
import signal
import stat
import subprocess

import pytest

from harness import AFFNOTIFY, BUILD, wait_until
from terminal import Terminal
from test_starter import BLANK, switch_on

SECRET = "https://hooks.slack.com/services/T00/B00/an-example-ab12"
PLUGINS = ["webhook", "slack", "smtp", "csv", "exec"]

# What one would fill in.
VALUES = {
    "webhook": {"url": "https://api.example.com/affiliates", "bearer_token": "example-of-a-token"},
    "slack": {"url": SECRET},
    "smtp": {"url": "smtp://mail.example.com:587", "user": "me", "password": "example-password", "from": "a@example.com",
             "to": "b@example.com, c@example.com"},
    "csv": {"path": "/srv/crm.csv"},
    "exec": {"command": "/usr/local/bin/affiliates --verbose"},
}
SECRETS = ["bearer_token", "password"]


def run(*arguments, **options):
    return subprocess.run([AFFNOTIFY, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, **options)


def init(path, *sinks, code=0):
    done = run("init", *[word for sink in sinks for word in ("--sink", sink)], "-c", path)
    assert done.returncode == code, done.stderr
    return done


def check(path):
    answer = json.loads(run("check", "--json", "-c", path).stdout)
    assert answer["ok"]
    return [each["message"].partition(": ")[2] for each in answer["mistakes"]]


def options_of(plugin):
    return json.loads(run("describe", plugin, "--json").stdout)["options"]


def sections(text):
    """The text of each section by its name."""
    parts = re.split(r"^\[(.+)\]$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


@pytest.fixture
def ini(tmp_path):
    return tmp_path / "affnotify.ini"


# ---- Without a terminal ----

def test_blanks_are_named_and_all_is_right_once_filled_in(ini):
    done = init(ini, *PLUGINS)
    required = {plugin: [each["name"] for each in options_of(plugin) if each["required"]] for plugin in PLUGINS}
    blanks = [(plugin, key) for plugin in PLUGINS for key in required[plugin]]
    assert check(ini) == [f"[sink:{plugin}] {key}: {BLANK}" for plugin, key in blanks]
    assert "\nStill to be filled in:\n" + "".join(f"  [sink:{p}] {k}\n" for p, k in blanks) + "\n" in done.stdout
    text = ini.read_text()
    for plugin in PLUGINS:
        part = sections(text)[f"sink:{plugin}"]
        filled = part
        for key, value in VALUES[plugin].items():
            value = "env:A_SECRET" if key in SECRETS or value == SECRET else value
            filled = re.sub(rf"^;?{key} =.*$", f"{key} = {value}", filled, flags=re.M)
        text = text.replace(part, filled)
    ini.write_text(text)
    done = run("check", "-c", ini, env=dict(os.environ, A_SECRET=SECRET))
    assert (done.returncode, done.stdout) == (0, "0 mistakes, 0 warnings\n")


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_option_is_there_with_its_help_and_its_default(ini, plugin):
    init(ini, plugin)
    about = json.loads(run("describe", plugin, "--json").stdout)
    part = sections(ini.read_text())[f"sink:{plugin}"]
    prose = " ".join(part.replace("#", "").split())
    for option in about["options"]:
        default = " " + option["default"] if option["default"] else ""
        name = option["name"] + (".KEY" if option["type"] == "map" else "")
        wanted = f"{name} = FILL-IN" if option["required"] else f";{name} ={default}"
        assert f"\n{wanted}\n" in part
        assert option["help"] in prose
    for option in about["host_options"] + about["bus_options"]:
        if option["name"] not in ("plugin", "was"):
            assert f"\n;{option['name']} =" + (f" {option['default']}\n" if option["default"] else "\n") in part
    assert max(map(len, part.splitlines())) <= 79


def test_what_is_switched_off_is_the_default(ini):
    """With every default switched on, nothing is wrong and nothing is another one."""
    init(ini, "csv")
    text = ini.read_text().replace("path = FILL-IN", "path = /srv/crm.csv")
    ini.write_text(text)
    before = json.loads(run("config", "show", "--json", "-c", ini).stdout)
    ini.write_text(re.sub(r"^[a-z_.KEY]+ =\n", "", switch_on(re.sub(r"^;[a-z_.KEY]+ =\n", "", text, flags=re.M)), flags=re.M))
    assert check(ini) == []
    after = json.loads(run("config", "show", "--json", "-c", ini).stdout)

    def values(answer):
        return {(part["name"], row["key"]): row["value"] for part in answer["sections"] for row in part["keys"]}

    assert values(after) == values(before)


def test_files_and_names(ini, tmp_path):
    done = init(ini, "slack=alerts", "slack=other", "csv")
    key = tmp_path / "affnotify.key"
    assert stat.S_IMODE(ini.stat().st_mode) == 0o640 and stat.S_IMODE(key.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["affnotify.ini", "affnotify.key"]
    assert list(sections(ini.read_text())) == ["bus", "sink:alerts", "sink:other", "sink:csv"]
    assert f"\nsecret_key = {key}\n" in ini.read_text()
    assert done.stdout.startswith(f"made {ini}\nmade its key {key}\n")
    for command in (f"affnotify check -c {ini}", f"affnotify test alerts -c {ini}", f"affnotifyd -c {ini}"):
        assert f"\n  {command}\n" in done.stdout
    steps = f"\n  chown affnotify {ini} {key}\n  install -d -m 0700 -o affnotify -g affnotify /var/lib/affnotify\n"
    assert (steps in done.stdout) == (os.geteuid() == 0)


def test_without_sinks(ini):
    done = init(ini)
    assert check(ini) == ["no sink is configured; add a [sink:NAME] section"]
    assert "\n  affnotify describe webhook\n" in done.stdout and "affnotify test" not in done.stdout


def test_a_folder_is_made_and_a_relative_path_is_made_whole(tmp_path):
    done = run("init", "-c", "new/a.conf", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"\nsecret_key = {tmp_path}/new/a.conf.key\n" in (tmp_path / "new" / "a.conf").read_text()
    assert (tmp_path / "new" / "a.conf.key").exists()
    assert done.stdout.startswith(f"made the folder {tmp_path}/new, of mode 0750\nmade {tmp_path}/new/a.conf\n")
    assert (f"\n  chgrp affnotify {tmp_path}/new\n" in done.stdout) == (os.geteuid() == 0)
    done = run("init", "--json", "-c", tmp_path / "far" / "off" / "a.ini", umask=0)
    assert json.loads(done.stdout)["made_folders"] == [f"{tmp_path}/far", f"{tmp_path}/far/off"]
    for folder in ("new", "far", "far/off"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o750
    (tmp_path / "file").write_text("")
    done = run("init", "-c", tmp_path / "file" / "a.ini")
    assert (done.returncode, done.stderr) == (1, f"affnotify init: file: {tmp_path}/file/a.key: Not a directory\n")


def test_a_relative_path_needs_a_current_folder(tmp_path):
    here = tmp_path / "gone"
    here.mkdir()
    done = subprocess.run(["sh", "-c", 'rmdir "$1" && exec "$0" init -c x.ini', AFFNOTIFY, here], cwd=here,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (
        1, "affnotify init: x.ini: the folder that it would be in cannot be told: No such file or directory\n")


def test_nothing_is_overwritten(ini, tmp_path):
    assert run("keygen", tmp_path / "affnotify.key").returncode == 0
    key = (tmp_path / "affnotify.key").read_bytes()
    done = init(ini, "csv")
    assert f"\nits key was there: {tmp_path}/affnotify.key\n" in done.stdout
    assert (tmp_path / "affnotify.key").read_bytes() == key
    text = ini.read_text()
    done = init(ini, "webhook", code=1)
    assert done.stderr == f"affnotify init: {ini} is there already and was left as it is; name another file by -c\n"
    ini.unlink()
    ini.symlink_to(tmp_path / "elsewhere")
    init(ini, code=1)
    assert not (tmp_path / "elsewhere").exists() and "plugin = csv" in text


@pytest.mark.parametrize("sinks, code, message", [
    (["csv", "slak"], 2, "no plugin is named slak; did you mean slack? there are: csv, exec, slack, smtp, webhook"),
    (["carrier-pigeon"], 2, "no plugin is named carrier-pigeon; there are: csv, exec, slack, smtp, webhook"),
    (["slack", "slack"], 2, "two sinks are named slack; name this one by --sink slack=NAME"),
    (["slack=A b"], 2, "“A b”: a sink's name is 1 to 63 bytes of a-z, 0-9, `_` and `-`, a letter or digit first"),
    (["slack="], 2, "“”: a sink's name is 1 to 63 bytes of a-z, 0-9, `_` and `-`, a letter or digit first"),
])
def test_refused(ini, sinks, code, message):
    done = init(ini, *sinks, code=code)
    assert done.stdout == ""
    assert done.stderr == f"affnotify init: {message}\n" + ("See affnotify init --help.\n" if code == 2 else "")
    assert list(ini.parent.iterdir()) == []


def test_a_path_that_secret_key_cannot_name(tmp_path):
    done = run("init", "-c", tmp_path / "a b.ini")
    assert done.returncode == 1 and "name another file by -c" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_plugin_by_its_path(ini):
    path = BUILD / "fixtures" / "fixture_options.so"
    init(ini, f"{path}=mine")
    part = sections(ini.read_text())["sink:mine"]
    assert f"plugin = {path}\n" in part and "\n;map.KEY =\n" in part and "\n;old =" not in part
    ini.write_text(ini.read_text().replace("path = FILL-IN", "path = /srv/x"))
    assert check(ini) == []


def test_json_asks_nothing(ini, tmp_path):
    terminal = Terminal("init", "--sink", "csv", "--json", "-c", ini)
    out, shown = terminal.finish()
    assert shown == ""
    assert json.loads(out) == {"ok": True, "config": str(ini), "key_file": f"{tmp_path}/affnotify.key", "made_key": True,
                               "made_folders": [], "blanks": [{"sink": "csv", "key": "path"}]}


# ---- On a terminal ----

def question(option):
    return f"  {option['name']}{' (not shown)' if option['secret'] else ''}: "


def asked(plugin):
    return [each for each in options_of(plugin) if each["default"] is None and each["type"] != "map" and not each["rare"]]


def test_questions(ini):
    """All built-in plugins, from the first question to a configuration that is right."""
    terminal = Terminal("init", "-c", ini)
    terminal.answer("sinks: ", " ".join(PLUGINS))
    for plugin in PLUGINS:
        terminal.wait_for(f"\r\n[sink:{plugin}]\r\n")
        for option in asked(plugin):
            terminal.answer(question(option), VALUES[plugin].get(option["name"], ""))
    out, shown = terminal.finish()
    assert terminal.process.returncode == 0 and "FILL-IN in the" in shown
    assert "Still to be filled in" not in out
    assert check(ini) == []
    text = ini.read_text()
    everywhere = text + shown + out
    for secret in (SECRET, VALUES["webhook"]["bearer_token"], VALUES["smtp"]["password"]):
        assert secret not in everywhere
    assert text.count(" = sealed:v1:") == 3
    assert "\nurl = smtp://mail.example.com:587\n" in text and "smtp://mail" in shown
    page = run("config", "show", "slack", "-c", ini).stdout
    assert re.search(r"^  url +••••ab12  sealed by key [0-9a-f]{8} ", page, flags=re.M)


def test_enter_leaves_out_and_a_reference_stays(ini, tmp_path):
    (tmp_path / "token").write_text("example-token")
    (tmp_path / "token").chmod(0o600)
    terminal = Terminal("init", "--sink", "webhook=backend", "--sink", "slack", "-c", ini)
    terminal.answer("  url: ", "")
    terminal.answer("  bearer_token (not shown): ", f"file:{tmp_path}/token")
    terminal.answer("  url (not shown): ", "")
    terminal.answer("  programme: ", 'a "b" ;c')
    terminal.answer("once more\r\n  programme: ", '"Acme"')
    terminal.answer("once more\r\n  programme: ", "Acme ;c")
    out, shown = terminal.finish()
    assert "\n  a line of the file cannot hold that; once more\n" in shown
    text = ini.read_text()
    assert f"\nbearer_token = file:{tmp_path}/token\n" in text and '\nprogramme = "Acme ;c"\n' in text
    assert check(ini) == [f"[sink:backend] url: {BLANK}", f"[sink:slack] url: {BLANK}"]
    assert "\nStill to be filled in:\n  [sink:backend] url\n  [sink:slack] url\n" in out


AGAIN = "; type another, or the same again to keep it\r\n"


def test_an_answer_that_cannot_be_right_is_asked_for_again(ini):
    """By its type, and by the plugin's own check; no secret is shown."""
    terminal = Terminal("init", "--sink", "webhook", "--sink", "slack", "--sink", "csv", "-c", ini)
    terminal.answer("  url: ", "https://me@api.example.com/")
    terminal.answer(f"\r\n  must not hold a user name or password; give it by a key of its own (Where each event is POSTed to; it "
                    f"must be https.){AGAIN}  url: ", "ftp://api.example.com")
    terminal.answer(f"\r\n  must begin with https://{AGAIN}  url: ", "https://api.example.com")
    terminal.answer("  bearer_token (not shown): ", "env:NOT_SET_IN_THIS_TEST")
    unset = "the environment variable NOT_SET_IN_THIS_TEST is not set; set it where affnotifyd is started, and start it again"
    terminal.answer(f"\r\n  {unset}{AGAIN}  bearer_token (not shown): ", "env:NOT_SET_IN_THIS_TEST")  # as it is there
    terminal.answer("  url (not shown): ", "ftp://hidden.example.com")
    terminal.answer(f"{AGAIN}  url (not shown): ", SECRET)
    terminal.answer("  programme: ", "")
    terminal.answer("  path: ", "crm.csv")
    terminal.answer(f"{AGAIN}  path: ", "")
    out, shown = terminal.finish()
    assert terminal.process.returncode == 0 and "hidden" not in shown and SECRET not in shown
    assert shown.count("to keep it") == 5
    assert "\nStill to be filled in:\n  [sink:csv] path\n" in out
    assert check(ini) == [f"[sink:webhook] bearer_token: {unset}", f"[sink:csv] path: {BLANK}"]


def test_what_is_wrong_of_all_answers_together_is_asked_for_again(ini):
    """smtp looks at its options once it has all that it requires."""
    terminal = Terminal("init", "--sink", "smtp", "-c", ini)
    for key, value in [("url", "smtp://mail.example.com"), ("user", "me"), ("password (not shown)", ""),
                       ("from", "a@example.com"), ("to", "b@example.com"), ("cc", ""), ("bcc", ""), ("subject_prefix", "")]:
        terminal.answer(f"  {key}: ", value)
    terminal.answer(f"\r\n  user:\r\n  is set without password; set both, or neither{AGAIN}  user: ", "")
    terminal.finish()
    assert check(ini) == [] and "\n;user =\n" in ini.read_text()


def test_a_mistyped_plugin_is_asked_for_again(ini):
    terminal = Terminal("init", "-c", ini)
    terminal.answer("sinks: ", "csv slak")
    terminal.answer("no plugin is named slak; did you mean slack? there are: csv, exec, slack, smtp, webhook\r\nSee affnotify init "
                    "--help.\r\nsinks: ", "csv")
    terminal.answer("  path: ", "/srv/crm.csv")
    terminal.finish()
    assert terminal.process.returncode == 0 and list(sections(ini.read_text())) == ["bus", "sink:csv"]


def test_interrupted_while_it_makes_things_it_tells_them_first(ini, tmp_path):
    """The key is made by a child; a signal that comes then waits for the file."""
    terminal = Terminal("init", "--sink", "slack", "-c", ini)
    terminal.answer("  url (not shown): ", SECRET)
    terminal.answer("  programme: ", "")
    wait_until((tmp_path / "affnotify.key").exists, "the key is there")
    terminal.process.send_signal(signal.SIGTERM)
    out, _ = terminal.finish()
    assert terminal.process.returncode == -signal.SIGTERM
    assert out.startswith(f"\nmade {ini}\n") and check(ini) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["affnotify.ini", "affnotify.key"]


def test_text_fits_the_terminal(ini):
    """All that is said breaks at words, and nowhere else."""
    terminal = Terminal("init", "-c", ini, columns=80)
    terminal.answer("sinks: ", "csv")
    terminal.answer("  path: ", "relative")
    terminal.answer("the same again\r\n  to keep it\r\n  path: ", "/srv/crm.csv")
    shown = terminal.finish()[1]
    assert max(map(len, shown.splitlines())) <= 80
    assert "such as `webhook slack`, or\n`slack=alerts` for one" in shown


@pytest.mark.parametrize("how", ["signal", "key"])
def test_interrupted_nothing_is_made(ini, how):
    terminal = Terminal("init", "--sink", "slack", "-c", ini)
    terminal.wait_for("  url (not shown): ")
    if how == "key":
        os.write(terminal.ours, b"exam\x03")
    else:
        terminal.process.send_signal(signal.SIGTERM)
    terminal.finish()
    assert terminal.process.returncode == -(signal.SIGINT if how == "key" else signal.SIGTERM)
    assert list(ini.parent.iterdir()) == []


def test_a_key_of_no_use_is_told_and_nothing_is_made(ini, tmp_path):
    (tmp_path / "affnotify.key").write_text("no key\n")
    os.chmod(tmp_path / "affnotify.key", 0o600)
    terminal = Terminal("init", "--sink", "slack", "-c", ini)
    terminal.answer("  url (not shown): ", SECRET)
    terminal.answer("  programme: ", "")
    out, shown = terminal.finish()
    assert terminal.process.returncode == 1 and out == ""
    assert f"\naffnotify init: {tmp_path}/affnotify.key is no key of affnotify's: it must" in shown
    assert SECRET not in shown and ".affnotify-" not in shown
    assert [path.name for path in tmp_path.iterdir()] == ["affnotify.key"]
