"""Secrets at rest: key files, sealed values, `affnotify keygen` and `affnotify seal`. What affnotify seals, Python's
cryptography opens, and the other way round."""

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess

import pytest
from check_cases import BUS_FIRST
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harness import AFFNOTIFY, AFFNOTIFYD, BUILD, Bus, children_of, csv_section, event, refusing, wait_until, webhook_section
from terminal import Terminal

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="changes users")
NOBODY = 65534


# ---- The format, by other means ----

class Key:
    def __init__(self, path):
        self.path = path
        line = path.read_text()
        assert re.fullmatch(r"affnotify-key:v1:[A-Za-z0-9+/]{43}=\n", line)
        self.bytes = base64.b64decode(line.strip().split(":")[2], validate=True)
        assert len(self.bytes) == 32
        self.id = hashlib.sha256(b"affnotify key v1" + self.bytes).hexdigest()[:8]

    def seal(self, section, name, secret, nonce=None):
        nonce = nonce or os.urandom(12)
        sealed = AESGCM(self.bytes).encrypt(nonce, secret.encode(), place(section, name))
        return f"sealed:v1:{self.id}:" + base64.b64encode(nonce + sealed).decode()

    def open(self, section, name, value):
        form, version, key_id, text = value.split(":")
        assert (form, version, key_id) == ("sealed", "v1", self.id)
        raw = base64.b64decode(text, validate=True)
        return AESGCM(self.bytes).decrypt(raw[:12], raw[12:], place(section, name)).decode()


def place(section, name):
    return b"affnotify sealed v1\0" + section.encode() + b"\0" + name.encode()


def run(*arguments, stdin="", **options):
    return subprocess.run([AFFNOTIFY, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=60,
                          **options)


def keygen(path):
    done = run("keygen", path)
    assert done.returncode == 0, done.stderr
    return Key(path)


@pytest.fixture
def key(tmp_path):
    return keygen(tmp_path / "affnotify.key")


@pytest.fixture
def ini(tmp_path, key):
    """Writes affnotify.ini with a [bus] that has a key, and what else is given."""

    def write(rest="", bus="", keys=None):
        path = tmp_path / "affnotify.ini"
        listed = key.path if keys is None else keys
        path.write_text(f"[bus]\nstate = {tmp_path}/state\nplugins = {BUILD}/fixtures\nsecret_key = {listed}\n{bus}{rest}")
        return path

    return write


def seal(config, secret, *place_of, **options):
    """The value that the command prints for --sink NAME or --bus, and a key."""
    done = run("seal", "-c", config, *place_of, stdin=secret, **options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n") and done.stdout.count("\n") == 1
    return done.stdout[:-1]


def check(config, **environment):
    done = subprocess.run([AFFNOTIFYD, "--check", "-c", config], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, **environment))
    assert done.stderr == ""
    return done.stdout.replace(f"{config.parent}/", "").splitlines()


# ---- keygen ----

def test_no_random_bytes(tmp_path):
    done = run("keygen", tmp_path / "key", env=refusing("RAND_priv_bytes"))
    assert done.returncode == 1 and "the system gives no random bytes" in done.stderr
    assert not (tmp_path / "key").exists()


def test_keygen(tmp_path):
    path = tmp_path / "new.key"
    done = run("keygen", "new.key", cwd=tmp_path, preexec_fn=lambda: os.umask(0))
    assert (done.returncode, done.stdout) == (0, "")
    made = Key(path)
    assert f"made the key {made.id} in {path}. " in done.stderr
    assert f"\n    secret_key = {path}\n" in done.stderr
    assert ("chown" in done.stderr) == (os.geteuid() == 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert base64.b64encode(made.bytes).decode() not in done.stderr


def test_keygen_never_overwrites(tmp_path, key):
    before = key.path.read_bytes()
    done = run("keygen", key.path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (f"affnotify keygen: file: {key.path} is there already and was left as it is: a key that is "
                           "lost opens nothing any more; name another file\n")
    assert key.path.read_bytes() == before
    done = run("keygen", key.path / "key")
    assert done.returncode == 1
    assert done.stderr == f"affnotify keygen: file: {key.path}/key: Not a directory\n"


def test_keygen_makes_the_folders_that_it_lacks(tmp_path):
    done = run("keygen", tmp_path / "a" / "b" / "key", umask=0)
    assert done.returncode == 0
    assert done.stderr.startswith(f"made the folder {tmp_path}/a, of mode 0750\nmade the folder {tmp_path}/a/b, of mode 0750\n")
    assert (f"\n  chgrp affnotify {tmp_path}/a\n  chgrp affnotify {tmp_path}/a/b\n" in done.stderr) == (os.geteuid() == 0)
    for folder in ("a", "a/b"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o750
    # those that are made for nothing are taken away
    done = run("keygen", tmp_path / "c" / "d" / ("y" * 300))
    assert done.returncode == 1 and done.stderr.endswith(": File name too long\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_keygen_fits_the_terminal(tmp_path):
    terminal = Terminal("keygen", tmp_path / "key", columns=80)
    shown = terminal.finish()[1]
    assert all(len(line) <= 80 or str(tmp_path) in line for line in shown.splitlines())
    assert "with a comma between;\nthen `affnotify seal --in-place --again`" in shown


def test_seal_fits_the_terminal(ini, tmp_path):
    config = ini("[sink:backend]\nplugin = webhook\nurl = https://h\nbaerer_token = example\n")
    terminal = Terminal("seal", "--in-place", "-c", config, columns=80)
    shown = terminal.finish()[1].replace(f"{tmp_path}/", "")
    assert terminal.process.returncode == 1
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert " ".join(shown.split()).count("did you mean `bearer_token`?") == 1 and "\n  " in shown


def test_keygen_json(tmp_path):
    done = run("keygen", tmp_path / "k", "--json")
    assert json.loads(done.stdout) == {"ok": True, "path": f"{tmp_path}/k", "key": Key(tmp_path / "k").id,
                                       "made_folders": []}
    assert done.stderr == ""
    done = run("keygen", tmp_path / "k", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["rule"] == "not_made"


# ---- seal: one secret ----

@pytest.mark.parametrize("stdin, secret", [
    ("example", "example"),
    ("example\n", "example"),
    ("example\r\n", "example"),
    ("with blanks, ü and €\n", "with blanks, ü and €"),
    ("x", "x"),
    ("y" * 16384 + "\n", "y" * 16384),
], ids=["bare", "line", "crlf", "wide", "shortest", "longest"])
def test_what_is_sealed_python_opens(ini, key, stdin, secret):
    config = ini()
    value = seal(config, stdin, "--sink", "crm", "--key", "bearer_token")
    assert key.open("sink:crm", "bearer_token", value) == secret
    value = seal(config, stdin, "--bus", "--key", "ingest_tokens")
    assert key.open("bus", "ingest_tokens", value) == secret
    assert value != seal(config, stdin, "--bus", "--key", "ingest_tokens")


def test_what_python_seals_is_opened(ini, key, https_server, tmp_path):
    bus = Bus(tmp_path)
    value = key.seal("sink:backend", "bearer_token", "example-token-of-python")
    bus.configure(webhook_section(https_server, f"bearer_token = {value}"), f"secret_key = {key.path}")
    assert check(bus.config) == []
    bus.start()
    try:
        bus.emit(event())
        bus.wait_for("backend", delivered=1)
    finally:
        bus.stop()
    assert https_server.requests[0].headers["authorization"] == "Bearer example-token-of-python"
    assert "example-token" not in bus.log()


def test_hints_are_on_stderr_and_before_the_section_is_there(ini, key):
    config = ini("[sink:here]\nplugin = webhook\nurl = https://h\n")
    done = run("seal", "--sink", "later", "--key", "header.X-Key", "-c", config, stdin="example")
    assert key.open("sink:later", "header.X-Key", done.stdout.strip()) == "example"
    assert done.stderr == (
        f"affnotify seal: sealed by the key {key.id} for `header.X-Key` of [sink:later]; it opens nowhere else\n"
        f"affnotify seal: {config} has no section [sink:later] yet\n")
    done = run("seal", "--sink", "here", "--key", "bearer_token", "-c", config, stdin="example")
    assert done.stderr.count("\n") == 1


def test_a_name_that_is_nearly_a_sinks(ini, key):
    """The section may yet come; so it is sealed all the same."""
    config = ini("[sink:backend]\nplugin = webhook\nurl = https://h\n")
    done = run("seal", "--sink", "bakend", "--key", "bearer_token", "-c", config, stdin="example")
    assert key.open("sink:bakend", "bearer_token", done.stdout.strip()) == "example"
    command = f"affnotify seal --sink backend --key bearer_token -c {config}"
    assert done.stderr.splitlines()[1:] == [
        f"affnotify seal: {config} has no section [sink:bakend] yet",
        f"affnotify seal: warning: there is a section [sink:backend]; did you mean that? Then seal it anew by `{command}`"]
    done = run(*command.split()[1:], stdin="example")
    assert key.open("sink:backend", "bearer_token", done.stdout.strip()) == "example"


def test_what_check_advises_can_be_copied(ini, key, tmp_path):
    """Word for word, by a shell, until nothing is left to be said; and the file has a name that a shell would split."""
    config = tmp_path / "it's mine.ini"
    config.write_text("[bus]\nstate = /tmp\n[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/T/B/example\n")
    config.chmod(0o600)

    def command_of(text):
        return [each for each in re.findall("`([^`]+)`", text) if each.startswith("affnotify ")][0]

    def follow(text):
        return subprocess.run(["sh", "-c", command_of(text)], capture_output=True, text=True, timeout=60, cwd="/",
                              env=dict(os.environ, PATH=f"{os.path.dirname(AFFNOTIFY)}:{os.environ['PATH']}"))

    said = [each for each in json.loads(run("check", "--json", "-c", config).stdout)["mistakes"] if each["key"] == "url"]
    done = follow(said[0]["text"])
    assert done.returncode == 1 and "so there is no key to seal by" in done.stderr
    done = follow(done.stderr)
    assert done.returncode == 0, done.stderr
    made = tmp_path / "it's mine.key"
    assert made.exists()
    made.rename(tmp_path / "mine.key")  # a list has no quotes
    config.write_text(config.read_text().replace("[bus]\n", f"[bus]\nsecret_key = {tmp_path}/mine.key\n"))
    done = follow(said[0]["text"])
    assert (done.returncode, done.stdout) == (0, f"{config}:6: [sink:a] url\n")


SEALED = "affnotify seal: sealed by the key "


@pytest.mark.parametrize("arguments, secret, advice", [
    (["--sink", "here", "--key", "bearer_tokem"], "example",
     "the plugin webhook has no option `bearer_tokem`; did you mean `bearer_token`?"),
    (["--sink", "here", "--key", "BEARER_TOKEN"], "example",
     "the plugin webhook has no option `BEARER_TOKEN`; did you mean `bearer_token`?"),
    (["--sink", "here", "--key", "something"], "example",
     "the plugin webhook has no option `something`; see `affnotify describe here -c {config}`"),
    (["--bus", "--key", "ingest_token"], "example", "[bus] has no key `ingest_token`; did you mean `ingest_tokens`?"),
    (["--sink", "here", "--key", "url"], "example",
     "`url` of the plugin webhook is no secret: a sealed value there is not opened"),
    (["--sink", "here", "--key", "retry"], "example",
     "`retry` of the plugin webhook is no secret: a sealed value there is not opened"),
    (["--sink", "here", "--key", "proxy"], "http://user:example@proxy", None),
    (["--sink", "broken", "--key", "token"], "example", None),
    (["--bus", "--key", "state"], "example",
     "`state` of [bus] is no secret: sealed values are opened in `ingest_tokens` and `ingest_signing_secret`"),
    (["--bus", "--key", "ingest_signing_secret"], "whsec_example", None),
    (["--bus", "--key", "ingest_tokens"], "file:/example",
     "what was given begins with `file:` and was sealed as it stands, not what it leads to; file:/PATH, "
     "credential:NAME and env:NAME are written into the file unsealed"),
    (["--bus", "--key", "ingest_tokens"], "sealed:v1:example",
     "what was given begins with `sealed:` and was sealed as it stands, not what it leads to; file:/PATH, "
     "credential:NAME and env:NAME are written into the file unsealed"),
    (["--bus", "--key", "ingest_tokens"], "example ",
     "what was given begins or ends with a blank, which is now a part of the secret"),
    (["--bus", "--key", "ingest_tokens"], "\texample",
     "what was given begins or ends with a blank, which is now a part of the secret"),
])
def test_advice(ini, arguments, secret, advice):
    config = ini("[sink:here]\nplugin = webhook\nurl = https://h\nretry = nonsense\n[sink:broken]\nplugin = loading_exit\n")
    done = run("seal", *arguments, "-c", config, stdin=secret)
    assert done.returncode == 0 and done.stdout.startswith("sealed:v1:")
    first, *rest = done.stderr.splitlines()
    assert first.startswith(SEALED)
    assert rest == ([f"affnotify seal: warning: {advice.format(config=config)}"] if advice else [])


@pytest.mark.parametrize("arguments, message", [
    ([], "for which section? --sink NAME or --bus is needed"),
    (["--sink", "a", "--bus", "--key", "b"], "for which section? --sink NAME or --bus is needed"),
    (["--sink", "a"], "for which key of the section? --key KEY is needed"),
    (["--again", "--sink", "a", "--key", "b"], "--again goes with --in-place"),
    (["--in-place", "--sink", "a"], "--in-place seals all there is; it takes no place"),
    (["--in-place", "--key", "a"], "--in-place seals all there is; it takes no place"),
    (["--sink", "a", "--key", "b", "example-secret"], "“example-secret” is one argument too many"),
])
def test_usage(arguments, message):
    done = run("seal", *arguments, stdin="example")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"affnotify seal: {message}\nSee affnotify seal --help.\n"


@pytest.mark.parametrize("arguments, secret, message", [
    (["--sink", "A b", "--key", "k"], "example",
     "sink: a sink's name is 1 to 63 bytes of a-z, 0-9, `_` and `-`, a letter or digit first"),
    (["--bus", "--key", "a b"], "example",
     "key: a key is made of letters, digits, `_`, `-` and `.`, and begins with a letter or digit"),
    (["--bus", "--key", ".a"], "example",
     "key: a key is made of letters, digits, `_`, `-` and `.`, and begins with a letter or digit"),
    (["--bus", "--key", "a" * 128], "example",
     "key: a key is made of letters, digits, `_`, `-` and `.`, and begins with a letter or digit"),
    (["--bus", "--key", "k"], "", "secret: the secret is empty; put the secret into it"),
    (["--bus", "--key", "k"], "\n", "secret: the secret is empty; put the secret into it"),
    (["--bus", "--key", "k"], "a\nb\n", "secret: the secret holds a line break; a secret is one line of text"),
    (["--bus", "--key", "k"], "a\n\n", "secret: the secret holds a line break; a secret is one line of text"),
    (["--bus", "--key", "k"], "a\0b", "secret: the secret holds a NUL byte; a secret is one line of text"),
    (["--bus", "--key", "k"], "y" * 16385, "secret: the secret is longer than 16384 bytes; a secret has at most so many"),
    (["--bus", "--key", "k"], "y" * 16385 + "\n",
     "secret: the secret is longer than 16384 bytes; a secret has at most so many"),
    (["--bus", "--key", "k"], "y" * 99999, "the secret is longer than 16384 bytes; a secret has at most so many"),
], ids=range(12))
def test_refused(ini, arguments, secret, message):
    done = run("seal", *arguments, "-c", ini(), stdin=secret)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"affnotify seal: {message}\n")


def test_without_a_key(tmp_path, ini, key):
    config = tmp_path / "none.ini"
    config.write_text("[sink:a]\nplugin = webhook\n")
    none = (f"affnotify seal: secret_key: {config} has no `secret_key` in [bus], so there is no key to seal by; make one "
            f"by `affnotify keygen {tmp_path}/none.key`, which says what to write there\n")
    for arguments in (["--sink", "a", "--key", "b"], ["--in-place"]):
        done = run("seal", *arguments, "-c", config, stdin="example")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", none)
    key.path.chmod(0o640)
    config = ini()
    for arguments in (["--sink", "a", "--key", "b"], ["--in-place"]):
        done = run("seal", *arguments, "-c", config, stdin="example")
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{config}:4: [bus] secret_key: {key.path} has the mode 0640" in done.stderr
    done = run("seal", "--bus", "--key", "b", "-c", tmp_path / "missing.ini", stdin="example")
    assert done.returncode == 1 and "missing.ini: cannot be read: No such file or directory" in done.stderr


def test_seal_json(ini, key):
    config = ini()
    done = run("seal", "--bus", "--key", "state", "-c", config, "--json", stdin="example")
    answer = json.loads(done.stdout)
    assert key.open("bus", "state", answer.pop("value")) == "example"
    assert len(answer.pop("advice")) == 1
    assert answer == {"ok": True, "key": key.id, "section": "bus", "name": "state", "config": str(config), "exists": True,
                      "reference": False}
    assert done.stderr == ""


# ---- The prompt ----

def ask_on_terminal(config):
    return Terminal("seal", "--sink", "crm", "--key", "token", "-c", config)


QUESTION = "Secret for token in [sink:crm] (not shown): "


def test_prompt(ini, key):
    terminal = ask_on_terminal(ini())
    terminal.wait_for(QUESTION)
    assert not terminal.echoes()
    os.write(terminal.ours, b"example-typoo\x7f\x7f\n")
    out, shown = terminal.finish()
    assert terminal.process.returncode == 0
    assert key.open("sink:crm", "token", out.strip()) == "example-typ"
    assert shown.startswith(QUESTION + "\naffnotify seal: sealed by the key ")
    assert "example" not in shown and "*" not in shown


@pytest.mark.parametrize("typed, message", [
    (b"\n", "affnotify seal: secret: the secret is empty; put the secret into it\n"),
    (b"\x04", "affnotify seal: secret: the secret is empty; put the secret into it\n"),
], ids=["nothing", "end"])
def test_prompt_refused(ini, typed, message):
    terminal = ask_on_terminal(ini())
    terminal.wait_for(QUESTION)
    os.write(terminal.ours, typed)
    out, shown = terminal.finish()
    assert (terminal.process.returncode, out) == (1, "")
    assert shown == QUESTION + "\n" + message


def test_prompt_is_too_long(ini):
    """A terminal drops what is too long for its line; a secret that was cut must not be sealed."""
    terminal = ask_on_terminal(ini())
    terminal.wait_for(QUESTION)
    for _ in range(50):
        os.write(terminal.ours, b"y" * 100)
    os.write(terminal.ours, b"\n")
    out, shown = terminal.finish()
    assert (terminal.process.returncode, out) == (1, "")
    assert "what was typed is too long for a terminal's line" in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_prompt_interrupted(ini, number):
    """The terminal shows again what is typed, and the shell sees which signal it was."""
    terminal = ask_on_terminal(ini())
    terminal.wait_for(QUESTION)
    os.write(terminal.ours, b"examp")
    if number == signal.SIGINT:
        os.write(terminal.ours, b"\x03")
    else:
        terminal.process.send_signal(number)
    out, shown = terminal.finish()
    assert (terminal.process.returncode, out) == (-number, "")
    assert "examp" not in shown


def test_no_argument_and_no_variable_holds_the_secret(tmp_path, key):
    """While plugins are looked at, the secret is in a pipe and in memory only."""
    bus = Bus(tmp_path)
    bus.configure("[sink:slow]\nplugin = loading_hang\n", f"secret_key = {key.path}")
    process = subprocess.Popen([AFFNOTIFY, "seal", "--sink", "slow", "--key", "k", "-c", bus.config],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdin.write("example-canary\n")
    process.stdin.close()

    def family(pid):
        return [pid] + [each for child in children_of(pid) for each in family(child)]

    wait_until(lambda: len(family(process.pid)) == 3, "a host runs")
    for pid in family(process.pid):
        for name in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{name}", "rb") as file:
                assert b"canary" not in file.read()
    assert process.stdout.read().startswith("sealed:v1:")
    assert process.wait(60) == 0
    process.stdout.close()
    process.stderr.close()


# ---- What does not open, and how it is told ----

def test_every_mistake_of_a_sealed_value(ini, key, tmp_path):
    good = key.seal("sink:a", "bearer_token", "hidden-example")
    other = keygen(tmp_path / "other.key")
    head, text = good.rsplit(":", 1)
    raw = bytearray(base64.b64decode(text))
    raw[-1] ^= 1
    changed = f"{head}:{base64.b64encode(raw).decode()}"
    anew = "; seal the secret anew by `affnotify seal --sink a --key bearer_token -c affnotify.ini`"
    cases = {
        good: None,
        "sealed:": "nothing stands behind `sealed:`" + anew,
        good.replace("v1", "v2"): "this value was sealed by a later release of affnotify: it begins with `sealed:v2:`, and "
                                  "this release opens `sealed:v1:`" + anew,
        good[:-1]: "this sealed value was cut short or changed: what stands behind its key's ID is not whole base64" + anew,
        f"{head}:" + "A" * 36: "this sealed value was cut short: it has 27 bytes, and the shortest has 29" + anew,
        "sealed:v1:hidden-example": "this is no sealed value: behind `sealed:v1:` stand the 8 hex digits of its key's ID, "
                                    "a `:` and base64" + anew,
        changed: "this sealed value does not open: it was changed, or sealed for another section or key" + anew,
        key.seal("sink:b", "bearer_token", "hidden-example"):
            "this value was sealed for [sink:b] bearer_token and opens nowhere else; seal the secret for this place by "
            "`affnotify seal --sink a --key bearer_token -c affnotify.ini`",
        key.seal("sink:a", "url", "hidden-example"):
            "this value was sealed for [sink:a] url and opens nowhere else; seal the secret for this place by `affnotify "
            "seal --sink a --key bearer_token -c affnotify.ini`",
        key.seal("sink:gone", "bearer_token", "hidden-example"):
            "this sealed value does not open: it was changed, or sealed for another section or key" + anew,
        other.seal("sink:a", "bearer_token", "hidden-example"):
            f"this value was sealed by the key {other.id}, and `secret_key` in [bus] has {key.id} only; name the file of "
            "that key there, too",
        key.seal("sink:a", "bearer_token", "hidden\nexample"): "what was sealed holds a line break; a secret is one line of text",
    }
    for value, wrong in cases.items():
        config = ini(f"[sink:a]\nplugin = webhook\nurl = https://h\nbearer_token = {value}\n"
                     f"[sink:b]\nplugin = webhook\nurl = https://other\n")
        assert check(config) == ([f"affnotify.ini:8: [sink:a] bearer_token: {wrong}"] if wrong else []), value
    config.write_text(f"[sink:a]\nplugin = webhook\nurl = https://h\nbearer_token = {good}\n")
    assert check(config) == [f"affnotify.ini:4: [sink:a] bearer_token: this value was sealed by the key {key.id}, and [bus] "
                             "has no `secret_key`; name the file of that key there"]


def test_keys_and_who_may_read_them(ini, key, tmp_path):
    second = keygen(tmp_path / "second.key")
    rest = f"[sink:a]\nplugin = webhook\nurl = https://h\nbearer_token = {key.seal('sink:a', 'bearer_token', 'example')}\n"
    at = "affnotify.ini:4: [bus] secret_key: "
    assert check(ini(rest, keys=f"{second.path}, {key.path}")) == []
    value = seal(ini(rest, keys=f"{second.path}, {key.path}"), "example", "--bus", "--key", "ingest_tokens")
    assert second.open("bus", "ingest_tokens", value) == "example"
    shutil.copy(key.path, tmp_path / "copy.key")
    assert check(ini(rest, keys=f"{key.path} {tmp_path}/copy.key")) == [
        BUS_FIRST,
        at + f"copy.key holds the key {key.id}, which another file of this list holds already; name each key once"]
    assert check(ini(rest, keys=f"{tmp_path}/missing")) == [
        BUS_FIRST,
        at + "missing is not there; put your copy of the key back, or else make a new key by `affnotify keygen FILE` and "
        "enter each sealed secret anew by `affnotify seal`"]
    assert check(ini(rest, keys="relative")) == [
        BUS_FIRST,
        at + "must be the absolute path of a key file, or `credential:NAME`; of several, with commas or blanks between them, "
             "the first seals"]
    for mode in (0o640, 0o604, 0o660, 0o601):
        key.path.chmod(mode)
        assert check(ini(rest)) == [
            BUS_FIRST,
            at + f"affnotify.key has the mode {mode:04o}, so others than its owner can get at the key; give it 0600: "
                 "`chmod 600 affnotify.key`"]
    key.path.chmod(0o400)
    assert check(ini(rest)) == []


def test_a_loose_key_keeps_the_bus_from_starting(tmp_path, key):
    key.path.chmod(0o644)
    bus = Bus(tmp_path, csv_section(tmp_path), f"secret_key = {key.path}").launch()
    assert bus.process.wait(60) == 1
    assert "has the mode 0644" in bus.log()
    assert not bus.socket.exists()


@ROOT_ONLY
def test_root_seals_for_the_user_of_the_bus(ini, key, tmp_path):
    config = ini()
    os.chown(key.path, NOBODY, NOBODY)
    done = run("seal", "--bus", "--key", "ingest_tokens", "-c", config, stdin="example")
    assert done.returncode == 1
    assert f"{key.path} belongs to the user {NOBODY}, who could change the key" in done.stderr
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", NOBODY, NOBODY)
    seal(config, "example", "--bus", "--key", "ingest_tokens")


# ---- credential: ----

def test_credentials(tmp_path, ini, key):
    folder = tmp_path / "credentials"
    folder.mkdir()
    rest = "[sink:a]\nplugin = webhook\nurl = https://h\nbearer_token = credential:token\n"
    missing = ("there is no credential {0}: systemd has set no $CREDENTIALS_DIRECTORY; add `LoadCredential={0}:/PATH` to the "
               "unit and restart it")
    assert check(ini(rest)) == ["affnotify.ini:8: [sink:a] bearer_token: " + missing.format("token")]
    given = {"CREDENTIALS_DIRECTORY": str(folder)}
    assert check(ini(rest), **given) == [
        "affnotify.ini:8: [sink:a] bearer_token: credentials/token cannot be read: No such file or directory"]
    (folder / "token").write_text("example\n")
    assert check(ini(rest), **given) == []
    for name in ("", "../affnotify.key", "."):
        assert check(ini(rest.replace("credential:token", f"credential:{name}")), **given) == [
            "affnotify.ini:8: [sink:a] bearer_token: `credential:` must be followed by the name of a systemd credential, like "
            "`credential:NAME`"]
    said = check(ini(rest, keys="credential:seal"))
    assert said[0].startswith("warning: affnotify.ini: nothing but the lines was looked at")
    assert said[1:] == ["affnotify.ini:4: [bus] secret_key: " + missing.format("seal")]
    shutil.copy(key.path, folder / "seal")
    (folder / "seal").chmod(0o440)  # an access list of systemd's looks like this
    sealed = rest.replace("credential:token", key.seal("sink:a", "bearer_token", "example"))
    assert check(ini(sealed, keys="credential:seal"), **given) == []
    (folder / "seal").chmod(0o444)
    assert "has the mode 0444" in check(ini(sealed, keys="credential:seal"), **given)[-1]


# ---- The bus: lists, reload ----

def test_each_token_of_a_list_may_be_sealed(ini, key, tmp_path):
    (tmp_path / "token").write_text("example-token-of-a-file\n")
    (tmp_path / "token").chmod(0o600)
    one = key.seal("bus", "ingest_tokens", "example-token-one-of-many")
    two = key.seal("bus", "ingest_tokens", "example-token-two-of-many")
    wrong = key.seal("bus", "ingest_signing_secret", "example-token-two-of-many")
    door = "listen = http://127.0.0.1:1\ningest_tokens = {}\n"
    sink = csv_section(tmp_path)
    assert check(ini(sink, door.format(f"{one}, {two} file:{tmp_path}/token"))) == []
    assert check(ini(sink, door.format(f"{one}, {wrong}"))) == [
        "affnotify.ini:6: [bus] ingest_tokens: this sealed value does not open: it was changed, or sealed for another section "
        "or key; seal the secret anew by `affnotify seal --bus --key ingest_tokens -c affnotify.ini`"]


def test_each_secret_of_a_sinks_list_may_be_sealed(ini, key, tmp_path):
    """In place, one by one; what stands elsewhere stays there."""
    one, two, three = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in range(3))
    (tmp_path / "two").write_text(two + "\n")
    (tmp_path / "two").chmod(0o600)
    section = "[sink:api]\nplugin = webhook\nurl = https://api.example.com/\nsigning_secret = {}\n"
    config = ini(section.format(f"{one}, file:{tmp_path}/two,  {three}"))
    config.chmod(0o600)
    warning = ("warning: affnotify.ini:8: [sink:api] signing_secret: the secret stands in the file itself; seal it by "
               "`affnotify seal --in-place -c affnotify.ini`, or write file:/PATH, credential:NAME or env:NAME")
    assert check(config) == [warning, warning]
    done = run("seal", "-c", config, "--in-place")
    assert done.returncode == 0, done.stderr
    text = config.read_text()
    first, file, second = re.search("signing_secret = (.*),(.*),  (.*)\n", text).groups()
    assert file == f" file:{tmp_path}/two"
    assert [key.open("sink:api", "signing_secret", each) for each in (first, second)] == [one, three]
    assert check(config) == []
    moved = key.seal("sink:api", "bearer_token", one)
    assert check(ini(section.format(f"{first} {moved}"))) == [
        "affnotify.ini:8: [sink:api] signing_secret: this sealed value does not open: it was changed, or sealed for another "
        "section or key; seal the secret anew by `affnotify seal --sink api --key signing_secret -c affnotify.ini`"]
    header = key.seal("sink:api", "header.X-Key", "example-of-a-key")
    assert check(ini(section.format(f"{first}\nheader.X-Key = {header}"))) == []
    assert check(ini(section.format(f"{first}\nheader.X-Other = {header}")))[0].startswith(
        "affnotify.ini:9: [sink:api] header.X-Other: this sealed value does not open")
    (tmp_path / "two").chmod(0o644)
    assert "two has mode 0644" in check(ini(section.format(f"{first} file:{tmp_path}/two")))[0]


def test_reload_takes_new_keys_and_values(tmp_path, key, https_server):
    second = keygen(tmp_path / "second.key")
    bus = Bus(tmp_path)

    def configure(keys, value):
        bus.configure(webhook_section(https_server, f"bearer_token = {value}"), f"secret_key = {keys}")

    configure(key.path, key.seal("sink:backend", "bearer_token", "example-one"))
    bus.start()
    try:
        bus.emit(event(1))
        bus.wait_for("backend", delivered=1)
        configure(f"{second.path} {key.path}", second.seal("sink:backend", "bearer_token", "example-two"))
        assert bus.command("reload").returncode == 0
        bus.emit(event(2))
        bus.wait_for("backend", delivered=2)
        configure(key.path, second.seal("sink:backend", "bearer_token", "example-three"))
        refused = bus.command("reload")
        assert refused.returncode == 1
        assert f"this value was sealed by the key {second.id}" in refused.stdout + refused.stderr
        second.path.chmod(0o644)
        configure(second.path, second.seal("sink:backend", "bearer_token", "example-three"))
        refused = bus.command("reload")
        assert refused.returncode == 1
        assert "has the mode 0644" in refused.stdout + refused.stderr
        bus.emit(event(3))
        bus.wait_for("backend", delivered=3)
    finally:
        bus.stop()
    assert [request.headers["authorization"] for request in https_server.requests] == [
        "Bearer example-one", "Bearer example-two", "Bearer example-two"]


# ---- seal --in-place ----

def in_place(config, *more, code=0):
    done = run("seal", "--in-place", "-c", config, *more)
    assert done.returncode == code, done.stderr
    return done.stdout.replace(f"{config.parent}/", "").splitlines(), done.stderr.replace(f"{config.parent}/", "").splitlines()


def unsealed(key, text, *places):
    """The text with what was sealed for these places opened again; each has to be there."""
    for section, name, secret in places:
        for value in re.findall(r"sealed:v1:[0-9a-f]{8}:[A-Za-z0-9+/=]+", text):
            try:
                opened = key.open(section, name, value)
            except Exception:
                continue
            if opened == secret:
                text = text.replace(value, secret, 1)
                break
        else:
            raise AssertionError(f"no {secret} for [{section}] {name}")
    assert "sealed:" not in text
    return text


LAYOUT = """; a comment with bearer_token = example-commented-out
[bus]
state = {0}/state
secret_key = {0}/affnotify.key
listen = http://127.0.0.1:1
ingest_tokens =  example-token-1-of-many ,\texample-token-2-of-many  file:{0}/token
ingest_signing_secret = "whsec_ZXhhbXBsZS1zaWduaW5n, env:EXAMPLE"

# and another
[sink:api]
plugin   =  webhook
url = https://example.com/?bearer_token=example
bearer_token\t=\t"example token; with # and blanks"\t
;bearer_token = example-off

proxy = http://user:example-password@proxy.example.com:3128
timeout=3s
[sink:mail]
plugin = smtp
url = smtp://localhost
from = a@example.com
to = b@example.com
user = example
password = FILL-IN something
[sink:alerts]
plugin = slack
url=https://hooks.slack.com/services/T00/B00/an-example
[sink:plain]
plugin = webhook
url = https://example.com
proxy = http://proxy.example.com:3128
bearer_token = env:EXAMPLE
"""
PLACES = [
    ("bus", "ingest_tokens", "example-token-1-of-many"),
    ("bus", "ingest_tokens", "example-token-2-of-many"),
    ("bus", "ingest_signing_secret", "whsec_ZXhhbXBsZS1zaWduaW5n"),
    ("sink:api", "bearer_token", "example token; with # and blanks"),
    ("sink:api", "proxy", "http://user:example-password@proxy.example.com:3128"),
    ("sink:alerts", "url", "https://hooks.slack.com/services/T00/B00/an-example"),
]
SEALED_LINES = [
    "affnotify.ini:6: [bus] ingest_tokens",
    "affnotify.ini:7: [bus] ingest_signing_secret",
    "affnotify.ini:13: [sink:api] bearer_token",
    "affnotify.ini:16: [sink:api] proxy",
    "affnotify.ini:27: [sink:alerts] url",
]


@pytest.mark.parametrize("shape", ["plain", "crlf", "bom", "no line break at the end"])
def test_in_place_changes_nothing_else(tmp_path, key, shape):
    config = tmp_path / "affnotify.ini"
    text = LAYOUT.format(tmp_path)
    if shape == "crlf":
        text = text.replace("\n", "\r\n")
    elif shape == "bom":
        text = "\ufeff" + text
    elif shape == "no line break at the end":
        text = text[:text.index("[sink:plain]")].rstrip("\n")
    config.write_bytes(text.encode())
    out, err = in_place(config)
    assert out == SEALED_LINES
    assert err == [f"affnotify seal: 5 lines sealed by the key {key.id}"]
    after = config.read_bytes().decode()
    assert unsealed(key, after, *PLACES) == text
    assert in_place(config) == ([], ["affnotify seal: found nothing to seal"])
    assert config.read_bytes().decode() == after


def test_in_place_leaves_something_that_works(tmp_path, key):
    config = tmp_path / "affnotify.ini"
    (tmp_path / "token").write_text("example-token-of-a-file")
    (tmp_path / "token").chmod(0o600)
    config.write_text(LAYOUT.format(tmp_path))
    in_place(config)
    assert check(config, EXAMPLE="whsec_ZXhhbXBsZQ==") == [
        "warning: affnotify.ini:13: [sink:api] bearer_token: holds a blank; write the token alone, without a word before it",
        "affnotify.ini:24: [sink:mail] password: is not filled in; take away `FILL-IN` and write your own value",
    ]


def test_in_place_again(tmp_path, key):
    config = tmp_path / "affnotify.ini"
    config.write_text(LAYOUT.format(tmp_path))
    in_place(config)
    before = config.read_text()
    second = keygen(tmp_path / "second.key")
    text = before.replace("affnotify.key", f"second.key {key.path}")
    config.write_text(text)
    assert in_place(config)[0] == []
    out, err = in_place(config, "--again")
    assert out == SEALED_LINES
    assert err == [f"affnotify seal: 5 lines sealed by the key {second.id}"]
    after = config.read_text()
    assert unsealed(second, after, *PLACES) == unsealed(key, text, *PLACES)
    # and without the old key, what was sealed by it cannot be sealed anew
    config.write_text(text.replace(f"second.key {key.path}", "second.key"))
    out, err = in_place(config, "--again", code=1)
    assert out == []
    assert err[0] == "affnotify seal: found nothing to seal"
    assert len(err) == 2 + 6 and "affnotify.ini:6: [bus] ingest_tokens: this value was sealed by the key" in err[1]
    assert err[-1] == "affnotify seal: see the lines above: what they are about was not sealed"
    assert config.read_text() == text.replace(f"second.key {key.path}", "second.key")


def test_in_place_conf_d_links_modes(tmp_path, key, ini):
    config = ini("[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-a\n")
    real = tmp_path / "elsewhere" / "real.ini"
    real.parent.mkdir()
    real.write_text("[sink:b]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-b\n")
    folder = tmp_path / "conf.d"
    folder.mkdir()
    (folder / "b.ini").symlink_to("../elsewhere/real.ini")
    plain = folder / "c.ini"
    plain.write_text("[sink:c]\nplugin = csv\npath = /tmp/x\n")
    config.chmod(0o640)
    real.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(config, 0, NOBODY)
        os.chown(real, NOBODY, NOBODY)
    before = {path: path.stat() for path in (config, real, plain)}
    out, _ = in_place(config)
    assert out == ["affnotify.ini:7: [sink:a] url", "conf.d/b.ini:3: [sink:b] url"]
    assert (folder / "b.ini").is_symlink()
    for path in (config, real):
        assert "example-" not in path.read_text()
        now = path.stat()
        assert (now.st_mode, now.st_uid, now.st_gid) == (before[path].st_mode, before[path].st_uid, before[path].st_gid)
    assert plain.stat().st_ino == before[plain].st_ino  # not touched
    names = {path.name for path in tmp_path.rglob("*")}
    assert names == {"affnotify.ini", "affnotify.key", "conf.d", "b.ini", "c.ini", "elsewhere", "real.ini"}
    link = tmp_path / "link.ini"
    link.symlink_to(config)
    config.write_text(config.read_text() + "[sink:d]\nplugin = slack\nurl = https://hooks.slack.com/services/T/B/example\n")
    assert in_place(link)[0] == ["link.ini:10: [sink:d] url"]
    assert link.is_symlink() and "example" not in config.read_text()


def test_in_place_goes_on_past_what_it_cannot_seal(ini, key):
    config = ini("[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-a\n"
                 "[sink:b]\nplugin = nowhere\ntoken = example-b\n"
                 "[sink:c]\nplugin = loading_abort\ntoken = example-c\n"
                 "[sink:a]\nurl = example-d\n"
                 "[sink:e]\ntoken = example-e\n"
                 "[sink:f]\nplugin = webhook\nurl = https://h\nbearer_token = " + "y" * 20000 + "\n")
    out, err = in_place(config, code=1)
    assert out == ["affnotify.ini:7: [sink:a] url"]
    assert [line.split(": ", 1)[0] for line in err[1:-1]] == [
        f"affnotify.ini:{line}" for line in (9, 10, 12, 13, 14, 16, 17, 21)]
    unread = ("was not sealed, and may be a secret: that is known once the plugin of this section can be loaded; mend that "
              "and seal again")
    assert "no plugin has this name" in err[1]
    assert err[2] == f"affnotify.ini:10: [sink:b] token: {unread}"
    assert "was ended by signal 6" in err[3] or "the plugin's process" in err[3]
    assert err[4] == f"affnotify.ini:13: [sink:c] token: {unread}"
    assert "this section begins at" in err[5]
    assert "is required; name the plugin" in err[6]
    assert err[7] == f"affnotify.ini:17: [sink:e] token: {unread}"
    assert "is longer than 16384 bytes" in err[8]
    text = config.read_text()
    assert "example-a" not in text and all(f"example-{name}" in text for name in "bcde")


def test_in_place_says_what_may_be_a_secret(ini, key, tmp_path):
    """Nothing that looks like a secret stays without a word."""
    config = ini("[sink:a]\nplugin = webhook\nurl = https://me:example-1@h.example/\nbearer_token = example-2\n"
                 "[sink:b]\nplugin = webhook\nurl = https://h.example/\nbaerer_token = example-3\n"
                 "BEARER_TOKEN = example-4\nsomething = example-5\ntimeout = 3s\nproxy = http://proxy.example:3128\n"
                 "urll = https://h.example/\n"
                 "uurl = https://me:example-6@h.example/\npassword = env:EXAMPLE\nsecret = FILL-IN\nempty =\n"
                 "[sink:c]\nplugin = slack\nulr = https://hooks.slack.com/services/T/B/example-7\n")
    out, err = in_place(config, code=1)
    assert out == ["affnotify.ini:8: [sink:a] bearer_token"]
    absent = "was not sealed: there is no such key; did you mean"
    assert err == [
        f"affnotify seal: 1 line sealed by the key {key.id}",
        "affnotify.ini:7: [sink:a] url: the URL says who logs in, and was not sealed: `url` is no secret; take that out of "
        "it, and write it below a key of its own",
        f"affnotify.ini:12: [sink:b] baerer_token: {absent} `bearer_token`?",
        f"affnotify.ini:13: [sink:b] BEARER_TOKEN: {absent} `bearer_token`?",
        "affnotify.ini:14: [sink:b] something: was not sealed, and may be a secret: there is no such key; see `affnotify "
        "describe b -c affnotify.ini`",
        f"affnotify.ini:18: [sink:b] uurl: {absent} `url`?",
        f"affnotify.ini:24: [sink:c] ulr: {absent} `url`?",
        "affnotify seal: see the lines above: what they are about was not sealed",
    ]
    answer = json.loads(run("seal", "--in-place", "-c", config, "--json").stdout)
    assert len(answer["left"]) == 6 and not any("example-" in each["message"] for each in answer["left"])


def test_in_place_says_that_a_hard_link_keeps_the_secret(ini, tmp_path):
    config = ini("[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-a\n")
    os.link(config, tmp_path / "saved")
    os.link(config, tmp_path / "again")
    number = config.stat().st_ino
    out, err = in_place(config, code=1)
    assert out == ["affnotify.ini:7: [sink:a] url"]
    assert err[1] == ("affnotify.ini: had 2 more names (hard links), where the secrets still stand as they were; find what is "
                      f"left by `find / -xdev -inum {number}`, and remove it")
    assert "example-a" in (tmp_path / "saved").read_text() and "example-a" not in config.read_text()
    (tmp_path / "again").unlink()
    assert in_place(config) == ([], ["affnotify seal: found nothing to seal"])


def test_in_place_needs_a_usable_configuration(ini):
    config = ini("[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-a\n", "stat = /x\n")
    before = config.read_text()
    out, err = in_place(config, code=1)
    assert out == [] and "affnotify.ini:5: [bus] stat: unknown key; did you mean `state`?" in err
    assert config.read_text() == before


def test_in_place_leaves_a_file_that_changes_meanwhile(ini, tmp_path):
    """A plugin that hangs gives the time."""
    config = ini("[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-a\n"
                 "[sink:slow]\nplugin = loading_hang\n")
    other = tmp_path / "conf.d" / "b.ini"
    other.parent.mkdir()
    other.write_text("[sink:b]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-b\n")
    process = subprocess.Popen([AFFNOTIFYD, "--seal-in-place", "-c", config], stdout=subprocess.PIPE, text=True)
    wait_until(lambda: children_of(process.pid), "a host runs")
    changed = config.read_text().replace("url = https", "; now a line lower\nurl = https")
    config.write_text(changed)
    answer = json.loads(process.communicate(timeout=60)[0])
    assert config.read_text() == changed
    assert "example-b" not in other.read_text()
    assert [each["file"] for each in answer["sealed"]] == [str(other)]
    messages = [each["message"].replace(f"{tmp_path}/", "") for each in answer["left"]]
    assert messages == ["affnotify.ini: was left as it is: this line changed meanwhile",
                        "affnotify.ini:9: [sink:slow] plugin: the plugin's process did not load within 5 s while it was loaded"]


@ROOT_ONLY
def test_in_place_by_somebody_who_cannot_keep_the_owner(ini, key, tmp_path):
    config = ini("[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-a\n")
    for path in (tmp_path, key.path):
        os.chown(path, NOBODY, NOBODY)
    config.chmod(0o644)
    for folder in [tmp_path, *tmp_path.parents]:
        if folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o755)
    before = config.read_text()
    done = subprocess.run([AFFNOTIFY, "seal", "--in-place", "-c", config], capture_output=True, text=True, timeout=60,
                          user=NOBODY, group=NOBODY, extra_groups=[])
    assert done.returncode == 1, done.stderr
    assert "belongs to somebody else and would not any more; do it as its owner or as root: Operation not permitted" in done.stderr
    assert config.read_text() == before
    assert {path.name for path in tmp_path.iterdir()} == {"affnotify.ini", "affnotify.key"}


def test_in_place_json(ini, key):
    config = ini("[sink:a]\nplugin = slack\nurl = https://hooks.slack.com/services/T00/B00/example-a\n")
    done = run("seal", "--in-place", "-c", config, "--json")
    assert json.loads(done.stdout) == {"ok": True, "key": key.id, "left": [],
                                       "sealed": [{"file": str(config), "line": 7, "section": "sink:a", "key": "url"}]}
    assert done.stderr == ""
