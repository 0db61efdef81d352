"""etc/affnotify.ini: as shipped it names its blanks, filled in it is right, and all of it is real.
And the same of what the first page shows."""

import json
import pathlib
import re
import subprocess

import pytest

from harness import AFFNOTIFY

ROOT = pathlib.Path(__file__).resolve().parents[2]
STARTER = ROOT / "etc" / "affnotify.ini"
README = ROOT / "README.md"
BLANK = "is not filled in; take away `FILL-IN` and write your own value"

# What the files hold that the starter tells to make.
SECRETS = {
    "backend.token": "a-token",
    "slack.url": "https://hooks.slack.com/services/T00/B00/an-example",
    "smtp.password": "a-password",
    "program.token": "a-token",
    "ingest.token": "a-token-of-some-length",
}


def check(path):
    """What `affnotify check` says of a configuration: its mistakes and warnings."""
    done = subprocess.run([AFFNOTIFY, "check", "--json", "-c", path], capture_output=True, text=True, timeout=60)
    answer = json.loads(done.stdout)
    assert done.returncode == (answer["errors"] > 0)
    return [mistake["message"].replace(f"{path}:", "") for mistake in answer["mistakes"]]


def fill_in(text, folder):
    """As somebody would: every FILL-IN taken away, and the files made that are named."""
    etc = folder / "etc"
    etc.mkdir(exist_ok=True)
    (folder / "crm").mkdir(exist_ok=True)
    for name, secret in SECRETS.items():
        (etc / name).write_text(secret + "\n")
        (etc / name).chmod(0o600)
    (etc / "affnotify.key").unlink(missing_ok=True)
    subprocess.run([AFFNOTIFY, "keygen", etc / "affnotify.key"], check=True, capture_output=True, timeout=60)
    return text.replace("FILL-IN ", "").replace("/etc/affnotify/", f"{etc}/").replace("/srv/crm/", f"{folder}/crm/")


def switch_on(text):
    """With every setting that is switched off."""
    return re.sub(r"^;(?=\[|[A-Za-z_.]+ =)", "", text, flags=re.M)


def without(text, *keys):
    return re.sub(rf"^({'|'.join(keys)}) = .*\n", "", text, flags=re.M)


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "affnotify.ini"
        path.write_text(text)
        return path

    return written


def test_as_shipped_it_names_every_blank_and_nothing_else(write):
    expected = []
    section = None
    for number, line in enumerate(STARTER.read_text().splitlines(), 1):
        if line.startswith("["):
            section = line
        key, _, value = line.partition(" = ")
        if value.startswith("FILL-IN"):
            expected.append(f"{number}: {section} {key}: {BLANK}")
    assert len(expected) >= 4  # one a sink at least
    assert check(write(STARTER.read_text())) == expected


def test_filled_in_it_is_right(write, tmp_path):
    assert check(write(fill_in(STARTER.read_text(), tmp_path))) == []


def test_it_has_every_sink():
    plugins = {path.parent.name for path in (ROOT / "plugins").glob("*/CMakeLists.txt")}
    assert set(re.findall(r"^plugin = (\w+)$", STARTER.read_text(), re.M)) == plugins


def test_what_is_switched_off_is_right_too(write, tmp_path, tls):
    text = fill_in(switch_on(STARTER.read_text()), tmp_path)
    for name, source in (("ca.pem", tls.ca), ("client.pem", tls.certificate), ("client.key", tls.key),
                         ("tls.crt", tls.certificate), ("tls.key", tls.key)):
        (tmp_path / "etc" / name).write_bytes(source.read_bytes())
        (tmp_path / "etc" / name).chmod(0o600)
    (tmp_path / "etc" / "backend.signing").touch(mode=0o600)
    (tmp_path / "etc" / "backend.signing").write_text(f"whsec_{'A' * 32}\n")
    text = text.replace("publishers = affnotify", "publishers = root")  # groups of this machine
    text = text.replace("operators = affnotify-admin", "operators = root")
    text, _, archive = text.partition("[sink:archive]")
    text = without(text, "starttls")  # belongs to a server of another kind, see the next test
    assert check(write(text)) == []
    assert archive.count(" = ") == 2  # the plugin that somebody else wrote, which is not here


def test_a_mail_server_on_this_machine(write, tmp_path):
    text = fill_in(STARTER.read_text(), tmp_path)
    text = without(text, "user", "password")
    text = text.replace("smtp://mail.example.com:587", "smtp://localhost:25")
    assert check(write(text.replace(";starttls", "starttls"))) == []


def test_its_first_lines_name_commands_that_are_there():
    text = STARTER.read_text()
    named = set(re.findall(r"affnotify ([a-z]+) (?:-c|backend|webhook)", text))
    assert named == {"check", "test", "describe"}
    for command in named:
        done = subprocess.run([AFFNOTIFY, command, "--help"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and f"affnotify {command}" in done.stdout


def test_every_line_is_of_a_known_kind():
    """Prose begins with #, what is switched off with ;, and nothing is longer than a terminal."""
    for line in STARTER.read_text().splitlines():
        assert re.match(r"#( |$)|;?\[[a-z:]+\]$|;?[A-Za-z_.]+ = \S|$", line), line
        assert len(line) <= 100


# ---- The first page ----


def test_the_configuration_of_the_first_page_is_right(write, tmp_path):
    block = re.search(r"^    \[bus\]\n(?:    .*\n|\n)+", README.read_text(), re.M)[0]
    text = re.sub(r"^    ", "", block, flags=re.M)
    assert text.count("plugin = ") == 4
    assert check(write(fill_in(text, tmp_path))) == []


def test_the_commands_of_the_first_page_are_all_there_are():
    table = set(re.findall(r"^\| `affnotify ([a-z]+)", README.read_text(), re.M))
    usage = subprocess.run([AFFNOTIFY, "--help"], capture_output=True, text=True, check=True).stdout
    assert table == set(re.findall(r"^  ([a-z]+) ", usage, re.M))
