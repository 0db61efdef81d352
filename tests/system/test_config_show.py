"""`affnotify config show`: each value and where it comes from, and never more of a secret than may be shown."""

import json
import os
import subprocess

import pytest

from harness import AFFNOTIFY, AFFNOTIFYD, BUILD

TOKEN = "example-of-a-token-ab12"
COLUMNS = 79


def run(*arguments, stdin="", **environment):
    return subprocess.run([AFFNOTIFY, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, **environment))


@pytest.fixture
def ini(tmp_path):
    """Writes affnotify.ini with a [bus] and what else is given; returns its path."""
    assert run("keygen", tmp_path / "a.key").returncode == 0

    def write(rest="", bus=""):
        path = tmp_path / "affnotify.ini"
        path.write_text(f"[bus]\nstate = {tmp_path}/state\nplugins = {BUILD}/fixtures\nsecret_key = {tmp_path}/a.key\n"
                        f"{bus}{rest}")
        return path

    return write


def show(config, *arguments, **environment):
    done = run("config", "show", *arguments, "-c", config, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def rows(config, section, *arguments, **environment):
    """The rows of a section, by their keys."""
    answer = json.loads(show(config, "--json", *arguments, **environment))
    found = [each for each in answer["sections"] if each["name"] == section]
    assert len(found) == 1
    return {row["key"]: row for row in found[0]["keys"]}


def seal(config, secret, *place):
    return run("seal", "-c", config, *place, stdin=secret).stdout.strip()


# ---- Values and origins ----

def test_page(ini, tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "10-crm.ini").write_text("[sink:crm]\nplugin = csv\nretry = 5s\npath = /srv/crm.csv\n")
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    config = ini("\n[sink:alerts]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/an-example\n"
                 f"[sink:backend]\nplugin = webhook\nurl = https://api.example.com\nbearer_token = file:{token}\n")
    text = show(config)
    assert text.splitlines()[0] == str(config)
    assert max(len(line) for line in text.replace(str(tmp_path), "/t").splitlines()) <= COLUMNS
    for line in ["  plugin        slack                                    affnotify.ini:7",
                 "  url           ••••mple  literal                        affnotify.ini:8",
                 "  retry         standard                                 default of slack",
                 "  timeout       10s                                      default"]:
        assert line in text.splitlines()
    crm = text[text.index("[sink:crm]\n"):]
    assert crm == """\
[sink:crm]
  plugin       csv                                      conf.d/10-crm.ini:2
  retry        5s                                       conf.d/10-crm.ini:3
  path         /srv/crm.csv                             conf.d/10-crm.ini:4
  delimiter    comma                                    default of csv
  bom          no                                       default of csv
  line_end     crlf                                     default of csv
  done_marker  no                                       default of csv
  show_header  no                                       default of csv
  enabled      yes                                      default
  events       affiliate.created affiliate.deactivated  default
  timeout      10s                                      default
  rate         none                                     default
  concurrency  32                                       default
  batch        500                                      default of csv
  digest       0                                        default
  order        journal                                  default of csv
  start        now                                      default
  expire       0                                        default
"""
    assert show(config, "crm") == f"{config}\n\n{crm}"


def test_bus(ini, tmp_path):
    found = rows(ini(bus="retain = 5d\nadmin_listen = 9464\n"), "bus")
    assert {key: (row["value"], row["origin"], row["line"]) for key, row in found.items()} == {
        "state": (f"{tmp_path}/state", "file", 2),
        "plugins": (f"{BUILD}/fixtures", "file", 3),
        "secret_key": (f"{tmp_path}/a.key", "file", 4),
        "retain": ("5d", "file", 5),
        "admin_listen": ("http://127.0.0.1:9464", "file", 6),
        "socket": ("/run/affnotify/bus.sock", "default", None),
        "spool": (f"{tmp_path}/state/spool", "default", None),
        "alert_after": ("10m", "default", None),
        "retain_dead": ("90d", "default", None),
        "journal_max": ("0", "default", None),
        "log_email": ("masked", "default", None),
        "cores": ("no", "default", None),
    }


def test_a_file_without_bus(tmp_path):
    config = tmp_path / "a.ini"
    config.write_text("[sink:crm]\nplugin = csv\npath = /srv/crm.csv\n")
    assert rows(config, "bus")["state"]["value"] == "/var/lib/affnotify"


def test_long_values_and_keys_stay_within_80_columns(ini):
    long = "/srv/" + "a-folder/" * 6 + "crm.csv"
    words = " ".join(["blue", "green"] * 20)
    config = ini(f"[sink:a]\nplugin = csv\npath = {long}\n"
                 f"[sink:b]\nplugin = fixture_options\npath = /b\nlist = {words}\nmap.X-A-Header-With-A-Long-Name = y\n")
    text = show(config)
    assert f"\n    {long}\n" in text or f" {long}\n" in text
    assert "\n  map.X-A-Header-With-A-Long-Name\n" in text
    assert max(len(line) for line in text.splitlines() if str(BUILD) not in line and "/state" not in line
               and ".key" not in line and str(config) not in line) <= COLUMNS


# ---- Secrets ----

def test_each_form_of_a_secret(ini, tmp_path):
    config = ini()
    sealed = seal(config, TOKEN, "--sink", "a", "--key", "bearer_token")
    key_id = sealed.split(":")[2]
    (tmp_path / "file").write_text(TOKEN + "\n")
    for value, shown, form in [
        (TOKEN, "••••ab12", "literal"),
        ("sixteen-letters-", "••••ers-", "literal"),
        ("fifteen-letters", "••••", "literal"),
        (sealed, "••••ab12", f"sealed by key {key_id}"),
        (f"file:{tmp_path}/file", "••••ab12", f"file:{tmp_path}/file"),
        ("env:A_TOKEN", "••••ab12", "env:A_TOKEN"),
        ("credential:file", "••••ab12", "credential:file"),
    ]:
        config = ini(f"[sink:a]\nplugin = webhook\nurl = https://h.example\nbearer_token = {value}\n")
        row = rows(config, "sink:a", A_TOKEN=TOKEN, CREDENTIALS_DIRECTORY=str(tmp_path))["bearer_token"]
        assert (row["value"], row["hidden"]) == (None, None)
        assert row["secrets"] == [{"shown": shown, "form": form, "error": None}]


def test_secrets_that_cannot_be_had(ini, tmp_path):
    sealed = seal(ini(), TOKEN, "--sink", "other", "--key", "bearer_token")
    key_id = sealed.split(":")[2]
    for value, form, error in [
        ("env:NOT_THERE", "env:NOT_THERE", "the environment variable NOT_THERE is not set; set it where affnotifyd is "
         "started, and start it again"),
        (f"file:{tmp_path}/none", f"file:{tmp_path}/none", f"{tmp_path}/none cannot be read: No such file or directory"),
        (f"file:{TOKEN}", "file:", "`file:` must be followed by an absolute path, like `file:/PATH`"),
        (f"env:{TOKEN}", "env:", "`env:` must be followed by the name of an environment variable, like `env:NAME`"),
        (sealed, f"sealed by key {key_id}", "this sealed value does not open: it was changed, or sealed for another "
         f"section or key; seal the secret anew by `affnotify seal --sink a --key bearer_token -c {tmp_path}/affnotify.ini`"),
    ]:
        config = ini(f"[sink:a]\nplugin = webhook\nurl = https://h.example\nbearer_token = {value}\n")
        found = rows(config, "sink:a")
        assert found["bearer_token"]["secrets"] == [{"shown": None, "form": form, "error": error}]
        assert found["url"]["value"] == "https://h.example"  # it goes on
        text = show(config)
        assert " ".join(error.split()) in " ".join(text.split()) and "cannot be had:" in text
        assert text.endswith(f"\n1 mistake: see affnotify check -c {config}\n")
        assert TOKEN not in text


def test_items_of_a_list_each_by_itself(ini, tmp_path):
    (tmp_path / "t").write_text(TOKEN)
    sealed = seal(ini(), "an-example-of-another-cd34", "--bus", "--key", "ingest_tokens")
    config = ini("[sink:a]\nplugin = csv\npath = /a\n", f"ingest_tokens = short, file:{tmp_path}/t {sealed},env:NONE\n")
    secrets = rows(config, "bus")["ingest_tokens"]["secrets"]
    assert [(each["shown"], each["form"].split(":")[0][:6]) for each in secrets] == [
        ("••••", "litera"), ("••••ab12", "file"), ("••••cd34", "sealed"), (None, "env")]
    text = show(config)
    assert "short" not in text and TOKEN not in text
    assert "  ingest_tokens  ••••  literal" in text
    assert f" ••••ab12 file:{tmp_path}/t ••••cd34 sealed by key " in " ".join(text.split())


def test_a_file_with_a_token_a_line(ini, tmp_path):
    """Each by itself, for a short one must not lend its last letters to the whole; so with a sealed list."""
    (tmp_path / "t").write_text(f"{TOKEN}\nlittle-one\n")
    sealed = seal(ini(), "an-example-of-another-cd34 small-one", "--bus", "--key", "ingest_tokens")
    config = ini("[sink:a]\nplugin = csv\npath = /a\n", f"ingest_tokens = file:{tmp_path}/t {sealed}\n")
    secrets = rows(config, "bus")["ingest_tokens"]["secrets"]
    assert [each["shown"] for each in secrets] == ["••••ab12", "••••", "••••cd34", "••••"]
    assert [each["form"] for each in secrets[:2]] == [f"file:{tmp_path}/t"] * 2


def test_a_list_of_a_sink(ini, tmp_path):
    """Item by item, and so are the values of a map."""
    (tmp_path / "t").write_text(f"{TOKEN}\nlittle-one\n")
    sealed = seal(ini(), "an-example-of-another-cd34", "--sink", "api", "--key", "signing_secret")
    config = ini(f"[sink:api]\nplugin = webhook\nurl = https://h\nsigning_secret = file:{tmp_path}/t, {sealed}\n"
                 f"header.X-Key = file:{tmp_path}/none\nheader.X-Team = an-example-of-a-literal-ef56\n")
    secrets = {key: row["secrets"] for key, row in rows(config, "sink:api").items()}
    assert [each["shown"] for each in secrets["signing_secret"]] == ["••••ab12", "••••", "••••cd34"]
    assert "cannot be read" in secrets["header.X-Key"][0]["error"]
    assert [each["shown"] for each in secrets["header.X-Team"]] == ["••••ef56"]


CANARY = "canary-of-some-length-1234"


@pytest.mark.parametrize("bus, rest, seen", [
    ("", f"[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/{CANARY}\n", "••••1234  literal"),
    ("", f"[sink:a]\nplugin = webhook\nurl = https://h\nproxy = http://user:{CANARY}@proxy.example:3128\n", "••••3128  literal"),
    ("", f"[sink:a]\nplugin = webhook\nurl = https://h\nproxy = file:{CANARY}\n", "cannot be had"),
    ("", f"[sink:a]\nplugin = webhook\nurl = https://h\nbearer_tokem = {CANARY}\n", "no such key"),
    ("", f"[sink:a]\nplugin = webhook\nurl = https://h\nbus.token = {CANARY}\n", "no such key"),
    ("", f"[sink:a]\nplugin = webhook\nurl = https://user:{CANARY}@h\n", "wrong: not in effect"),
    ("", f"[sink:a]\nplugin = webhook\nurl = https://h\ntimeout = {CANARY}\n", "wrong: not in effect"),
    ("", f"[sink:a]\nplugin = webhook\nurl = FILL-IN {CANARY}\n", "not filled in"),
    ("", f"[sink:a]\nplugin = webhook\nurl = https://h\nbearer_token = FILL-IN {CANARY}\n", "not filled in"),
    ("", f"[sink:a]\nplugin = nowhere\ntoken = {CANARY}\n", "not checked by the plugin"),
    ("", f"[sink:a]\nplugin = loading_exit\ntoken = {CANARY}\n", "not checked by the plugin"),
    ("", f"[sink:a]\ntoken = {CANARY}\n", "missing, and required"),
    ("", f"[sink:a]\nplugin = {CANARY}!\n", "wrong: not in effect"),
    ("ingest_tokem = " + CANARY + "\n", "", "no such key"),
    ("retain = " + CANARY + "\n", "", "wrong: not in effect"),
    ("ingest_signing_secret = " + CANARY + "\n", "", "••••1234  literal"),
    ("alert_sink = FILL-IN " + CANARY + "\n", "", "not filled in"),
    ("publishers = nobody-is-here\n", "", "wrong: not in effect"),
    ("", f"[sink:a]\nplugin = fixture_misfit\nin = check\ndoes = exit\namount = 1\npoison = {CANARY}\n",
     "not checked by the plugin"),
    # The whole file is of no use: the plugins are asked all the same.
    ("nothing = x\n", f"[sink:a]\nplugin = webhook\nurl = https://h\nhttp_version = {CANARY}\n", "wrong: not in effect"),
])
def test_what_may_be_a_secret_is_not_shown(ini, bus, rest, seen):
    config = ini(rest, bus)
    text, answer = show(config), show(config, "--json")
    assert seen in text
    for output in (text, answer):
        assert CANARY not in output and CANARY[:8] not in output


def test_a_proxy_without_a_password_is_no_secret(ini):
    config = ini("[sink:a]\nplugin = webhook\nurl = https://h\nproxy = http://proxy.example:3128\n")
    assert rows(config, "sink:a")["proxy"]["value"] == "http://proxy.example:3128"


@pytest.mark.parametrize("plugin, url, shown", [
    ("smtp", "smtp://localhost", False), ("smtp", "SMTPS://localhost", False), ("webhook", "https://h", True),
])
def test_what_has_no_effect_is_left_out(ini, plugin, url, shown):
    config = ini(f"[sink:a]\nplugin = {plugin}\nurl = {url}\n")
    found = rows(config, "sink:a")
    assert ("http_version" in found) == shown and "timeout" in found


def test_who_logs_in_at_a_url_is_masked_in_any_option(ini):
    """Whatever a plugin takes as plain text."""
    config = ini(f"[sink:a]\nplugin = slack\nurl = env:NONE\nprogramme = db://user:{CANARY}@h/x\n")
    assert rows(config, "sink:a")["programme"]["value"] == "db://••••@h/x"


# ---- What is counted, and what is refused ----

def test_mistakes_are_counted_as_check_counts_them(ini):
    config = ini("[sink:a]\nplugin = webhook\n[sink:b]\nplugin = csv\npath = relative\nretry = x\n[sinks:c]\n")
    found = rows(config, "sink:a")
    assert (found["url"]["hidden"], found["url"]["origin"]) == ("missing", None)
    errors = json.loads(run("check", "--json", "-c", config).stdout)["errors"]
    assert show(config).endswith(f"\n\n{errors} mistakes: see affnotify check -c {config}\n") and errors == 4
    assert show(config, "b").endswith(f"\n\n2 mistakes: see affnotify check -c {config}\n")


def test_what_check_alone_sees_is_counted_and_the_value_shown(ini):
    """A file that cannot be made: nothing is wrong with the value itself."""
    config = ini("[sink:a]\nplugin = csv\npath = /none/such/folder.csv\n[sink:b]\nplugin = csv\npath = /dev/full\n",
                 "retain = 5\n")
    assert json.loads(run("check", "--json", "-c", config).stdout)["errors"] == 3
    assert show(config).endswith(f"\n\n3 mistakes: see affnotify check -c {config}\n")
    assert show(config, "b").endswith(f"\n\n1 mistake: see affnotify check -c {config}\n")
    assert rows(config, "sink:b")["path"]["value"] == "/dev/full"


@pytest.mark.parametrize("arguments, code, message", [
    (["show", "a", "b"], 2, "“b” is one argument too many"),
    (["set"], 2, "“set” is nothing it can do; `config show` shows it"),
    ([], 2, "show [SINK] is missing"),
    (["show", "backenb"], 1, "sink: no section [sink:backenb]; did you mean backend?"),
    (["show", "other"], 1, "sink: no section [sink:other]; the configuration has backend"),
])
def test_refused(ini, arguments, code, message):
    config = ini("[sink:backend]\nplugin = webhook\nurl = https://h\n")
    done = run("config", *arguments, "-c", config)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == f"affnotify config: {message}\n" + ("See affnotify config --help.\n" if code == 2 else "")


def test_no_file(tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.ini").write_text("[sink:a]\nplugin = csv\npath = /a\n")
    done = run("config", "show", "-c", tmp_path / "none.ini")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{tmp_path}/none.ini: cannot be read: No such file or directory" in done.stderr


# ---- The running bus ----

def test_the_bus_shows_its_own_file(start, tmp_path):
    bus = start(f"[sink:crm]\nplugin = csv\npath = {tmp_path}/crm.csv\n")
    for arguments in ([], ["crm"]):
        done = bus.command("config", "show", *arguments)
        assert done.returncode == 0 and done.stderr == ""
        assert done.stdout == bus.command("config", "show", *arguments, "-c", bus.config).stdout
        assert f"{tmp_path}/crm.csv" in done.stdout.split()
    answer = bus.ask({"command": "config_show", "sink": "crm"})
    assert answer["ok"] and [each["name"] for each in answer["sections"]] == ["sink:crm"]
    assert bus.ask({"command": "config_show", "sink": 7})["rule"] == "missing"
    assert bus.ask({"command": "config_show", "config": "/else.ini"})["rule"] == "other_config"


def test_affnotifyd_alone(ini):
    config = ini("[sink:a]\nplugin = csv\npath = /a\n")
    done = subprocess.run([AFFNOTIFYD, "-c", config, "--config-show-sink", "a"], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout) == json.loads(show(config, "a", "--json"))
    done = subprocess.run([AFFNOTIFYD, "--config-show"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stderr.startswith("affnotifyd: -c FILE is needed\n")
