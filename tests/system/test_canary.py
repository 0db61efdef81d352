"""Every secret of a configuration is a string of its own, and after a bus has lived, failed, crashed and been asked for
everything there is, each stands in the file that holds it and nowhere else: no file, no log, no argument, no environment
of a host, no page of the journal, no core."""
import base64
import os
import pathlib
import resource
import secrets
import signal
import subprocess
import tempfile
import threading

import pytest

from door import Door, free_port
from harness import Bus, children_of, event, wait_until
from https_server import response

CHILDREN = ("affnotify-host", "affnotify-http")


class Canaries:
    """Secrets by their names, with what each may look like on its way: as it is, and as logins have it."""

    def __init__(self, holder):
        self.holder = holder
        self.forms = {}  # a form: its secret's name
        self.values = {}

    def add(self, name, value=None, user=None):
        value = value or f"canary-{name}-{secrets.token_hex(12)}"
        self.values[name] = value
        for form in [value] + [base64.b64encode(f"{user}{between}{value}".encode()).decode()
                               for between in (":", "\0") if user]:
            self.forms[form.encode()] = name
        if value.startswith("whsec_"):
            key = value.removeprefix("whsec_").rstrip("=")
            self.forms |= {key.encode(): name, base64.b64decode(key + "=="): name}
        return value

    def file(self, name, **more):
        """In a file of its own; what the INI says."""
        path = self.holder / name
        path.write_text(self.add(name, **more) + "\n")
        path.chmod(0o600)
        return f"file:{path}"

    def found(self, data):
        return {name for form, name in self.forms.items() if form in data}

    def holders(self, folder):
        """Which files below a folder hold which of them."""
        held = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                for name in self.found(path.read_bytes()):
                    held.setdefault(name, []).append(str(path.relative_to(folder)))
        return held


class Watch:
    """Looks at the arguments of every process below the bus, and at the environment of hosts and the door."""

    def __init__(self, canaries):
        self.canaries = canaries
        self.bus = None
        self.seen = set()
        self.looked_at = set()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.005):
            process = self.bus and self.bus.process
            for pid in [process.pid, *self.below(process.pid)] if process else []:
                self.look(pathlib.Path(f"/proc/{pid}"))

    def below(self, pid):
        return [each for child in children_of(pid) for each in [child, *children_of(child)]]

    def look(self, process):
        try:
            name = (process / "comm").read_text().strip()
            shown = (process / "cmdline").read_bytes()
            if name in CHILDREN:
                shown += (process / "environ").read_bytes()
        except OSError:
            return  # it has ended
        self.looked_at.add(name)
        self.seen |= self.canaries.found(shown)

    def end(self):
        self.ended.set()
        self.thread.join()


@pytest.fixture
def canaries(tmp_path):
    holder = tmp_path / "secrets"
    holder.mkdir()
    return Canaries(holder)


@pytest.fixture
def watch(canaries):
    made = Watch(canaries)
    yield made
    made.end()


def signing_secret():
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def sections(canaries, server, mail, sealed):
    """Each way to write a secret, and each place where one goes."""
    ca = f"ca_file = {server.ca_file}\nexpire = 0\n"
    credential = canaries.holder / "credentials" / "api"
    credential.parent.mkdir()
    credential.write_text(canaries.add("credential"))
    return f"""
[sink:backend]
plugin = webhook
url = {server.url}/backend
bearer_token = {canaries.file("bearer", user="Bearer")}
signing_secret = {canaries.file("signer", value=signing_secret())} {sealed["signer"]}
header.X-Key = {canaries.file("x-key")}
header.X-Literal = {canaries.add("x-literal")}
retry = none
{ca}
[sink:slack]
plugin = slack
url = {sealed["slack"]}
retry = none
{ca}
[sink:mail]
plugin = smtp
url = {mail.url}
user = affnotify
password = env:CANARY_PASSWORD
from = affnotify@example.com
to = team@example.com
{ca}
[sink:fixture]
plugin = fixture_request
url = {server.url}/fixture
user = me
token = {canaries.add("literal", user="me")}
api_key = credential:api
retry = none
{ca}
[sink:proxied]
plugin = fixture_request
url = {server.url}/proxied
api_key = {canaries.file("header")}
proxy = http://me:{canaries.add("proxy", user="me")}@127.0.0.1:{free_port()}
{ca}
[sink:open]
plugin = fixture_verdict
password = {sealed["open"]}
open_failures = 1
open_verdict = 3
"""


def echo(server, known):
    """
    Sends every header back, in headers and in the body, under one status after the other, and to the webhook
    the signing secrets that it knows; /slack as it likes.
    """
    statuses = [200, 400, 500, 401, 302, 429, 200]

    def answer(request):
        number = sum(each.path == request.path for each in server.requests) - 1
        told = "\n".join([request.path, *request.header_lines,
                         *(known if request.path == "/backend" else [])])
        headers = [(f"X-Echo-{i}", line) for i, line in enumerate(request.header_lines)]
        headers += [("Location", f"{server.url}{request.path}")]
        return response(statuses[number % len(statuses)], told.encode("latin-1"), headers)

    server.answer = answer


def make_sealed(bus, canaries, server, key):
    """Sealed values, made by the command before there are sections for them."""
    values = {"slack": ("--sink", "slack", "--key", "url"), "open": ("--sink", "open", "--key", "password"),
              "signer": ("--sink", "backend", "--key", "signing_secret"),
              "token": ("--bus", "--key", "ingest_tokens")}
    bus.configure("", f"secret_key = {key}")
    texts = {}
    for name, place in values.items():
        value = canaries.add(f"sealed-{name}", signing_secret() if name == "signer" else None)
        secret = f"{server.url}/services/T00EXAMPLE/B00EXAMPLE/{value}" if name == "slack" else value
        done = bus.command("seal", "-c", str(bus.config), *place, input=secret)
        assert done.returncode == 0, done.stderr
        texts[name] = done.stdout.strip()
    return texts


def ask_what_became(bus, out, ids):
    return ask(bus, out, [["status"], ["dead"], *[["trace", each] for each in ids]])


def ask_everything(bus, out, ids):
    calls = [["status"], ["status", "--json"], ["events", "--json"], ["dead"], ["dead", "--json"], ["refused"],
             ["refused", "--json"], ["roster", "--json"], ["plugins"], ["check", "-c", str(bus.config)],
             ["check", "--json", "-c", str(bus.config)], ["config", "show"], ["config", "show", "--json"],
             ["reload"], ["describe", "smtp"]]
    calls += [["trace", each] for each in ids[:3]] + [["trace", each, "--json"] for each in ids]
    for sink in ["backend", "slack", "mail", "fixture", "proxied", "open"]:
        calls += [["render", sink], ["test", sink], ["test", sink, "--json"]]
    return ask(bus, out, calls)


def ask(bus, out, calls):
    """What the command prints, by the call, and kept as files."""
    printed = {}
    for call in calls:
        done = bus.command(*call)
        printed[" ".join(call)] = done.stdout + done.stderr
        (out / f"{len(list(out.iterdir()))}-{call[0]}").write_text(" ".join(call) + "\n" + done.stdout + done.stderr)
    return printed


def allow_cores():
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def crash(pid):
    os.kill(pid, signal.SIGABRT)


def named(bus, name):
    return [pid for pid in bus.hosts() if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name]


def cores(folder):
    return [path for path in folder.rglob("core*") if path.is_file()]


def test_every_secret_stays_where_it_is(start, build, tmp_path, tls, https_server, serve, canaries, watch):
    mail = serve()
    known = []
    echo(https_server, known)
    key = canaries.holder / "key"
    out = tmp_path / "out"
    out.mkdir()
    started = dict(cwd=out, preexec_fn=allow_cores,
                   env=dict(os.environ, CANARY_PASSWORD=canaries.add("env", user="affnotify"),
                            CREDENTIALS_DIRECTORY=str(canaries.holder / "credentials"),
                            ASAN_OPTIONS="disable_coredump=0"))
    bus = start("", "", "--debug", **started)
    assert bus.stop() == 0
    assert bus.command("keygen", str(key)).returncode == 0
    canaries.forms[key.read_bytes().strip().rpartition(b":")[2]] = "key"
    sealed = make_sealed(bus, canaries, https_server, key)
    signing = canaries.add("signing", signing_secret())
    file_token = canaries.file("token")
    port = free_port()
    bus.configure(sections(canaries, https_server, mail, sealed),
                  f"secret_key = {key}\nlisten = https://127.0.0.1:{port}\ntls_certificate = {tls.certificate}\n"
                  f"tls_key = {tls.key}\ningest_tokens = {file_token}, {sealed['token']}\n"
                  f"ingest_signing_secret = {signing}")
    signers = [canaries.values[name] for name in ("signer", "sealed-signer")]
    known += [form for each in signers for form in (f"whole {each}", "key " + each.removeprefix("whsec_"))]
    watch.bus = bus
    bus.start("--debug", **started)
    door = Door(bus, port, tls)

    def live(first):
        bus.wait_for_log("the door is open", count=1 + first // 100)
        for number, token in enumerate([canaries.values["token"], canaries.values["sealed-token"]]):
            wait_until(lambda: door.post(event(first + number), token=token).status == 200, "the door takes it")
        assert door.post(event(first), token=canaries.values["literal"]).status == 401  # another's
        assert door.post({"event": "affiliate.created", "email": "nobody"}, token=canaries.values["token"]).status == 400
        return bus.emit(*[event(first + 2 + number) for number in range(8)])

    def at_work():
        """Each sink has said at least one thing."""
        return (all(bus.sink(name)["delivered"] + bus.sink(name)["dead"] > 0 for name in ("backend", "slack", "fixture"))
                and bus.sink("mail")["state"] == "held" and bus.sink("proxied")["error"]
                and bus.sink("open")["delivered"] > 0)

    ids = live(0)
    wait_until(at_work, "each sink has been at work")
    printed = ask_everything(bus, out, ids)

    hosts = named(bus, "affnotify-host")
    assert len(hosts) >= 5
    for pid in hosts + named(bus, "affnotify-http"):
        crash(pid)
    wait_until(lambda: bus.log().count("SIGABRT") + bus.log().count("Aborted") >= len(hosts), "the hosts have crashed")
    crash(bus.process.pid)
    assert bus.process.wait() == -signal.SIGABRT
    bus.start("--debug", **started)
    ids = live(100)
    ask_what_became(bus, out, ids)
    assert bus.stop() == 0

    # The test would see them: they were used, and what was sent back was kept.
    sent = b"".join(request.raw for request in https_server.requests)
    assert {"bearer", "sealed-slack", "literal", "credential", "x-key", "x-literal"} <= canaries.found(sent)
    assert b"webhook-signature: v1," in sent
    assert any(canaries.values["env"] in str(login) for login in mail.logins)
    assert watch.looked_at >= {"affnotifyd", *CHILDREN}
    assert "< Authorization: Bearer ••••\n" in printed["test backend"].replace("\r", "")
    assert "Authorization: Bearer ••••" in printed["dead"]
    assert "< X-Key: ••••\n" in printed["test backend"].replace("\r", "")
    assert "whole ••••" in printed["dead"] + printed["test backend"]
    assert watch.seen == set()
    assert cores(tmp_path) == []
    own = {"literal": ["affnotify.ini"], "proxy": ["affnotify.ini"], "signing": ["affnotify.ini"],
           "bearer": ["secrets/bearer"], "signer": ["secrets/signer"], "x-key": ["secrets/x-key"],
           "x-literal": ["affnotify.ini"], "header": ["secrets/header"], "token": ["secrets/token"],
           "credential": ["secrets/credentials/api"], "key": ["secrets/key"]}
    assert canaries.holders(tmp_path) == own


@pytest.mark.parametrize("allowed", [False, True])
def test_cores(start, tmp_path, allowed):
    """Without `cores = yes` a crash leaves none; with it the same crash does, where cores go into files."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    place = tmp_path / "cwd"
    place.mkdir()
    bus = start("[sink:far]\nplugin = fixture_verdict\n", "cores = yes" if allowed else "", cwd=place,
                preexec_fn=allow_cores, env=dict(os.environ, ASAN_OPTIONS="disable_coredump=0"))
    bus.wait_for("far", state="open")
    limits = pathlib.Path(f"/proc/{bus.process.pid}/limits").read_text()
    core_limit = next(line for line in limits.splitlines() if line.startswith("Max core"))
    host, = named(bus, "affnotify-host")
    host_limits = pathlib.Path(f"/proc/{host}/limits").read_text()
    assert ("has no effect" in bus.log()) == (allowed and most == 0)
    assert ("[bus] cores: lets affnotifyd and its hosts leave core files" in bus.log()) == allowed
    if not allowed:
        assert core_limit.split()[4:6] == ["0", "0"]
        assert "Max core file size        0                    0 " in host_limits
    crash(bus.process.pid)
    assert bus.process.wait() == -signal.SIGABRT
    if not allowed:
        assert cores(place) == []
    elif not pattern.startswith(("|", "/")) and most != 0:
        assert len(cores(place)) == 1
        cores(place)[0].unlink()
    bus.start()


def test_cores_that_the_limit_forbids(start):
    """As under the unit, whose LimitCORE is 0: `cores = yes` changes nothing there, and the log says why."""
    bus = start("", "cores = yes", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
    assert ('"`cores = yes` in [bus] has no effect: affnotifyd was started with a limit of 0" '
            'remedy="raise the limit, by `LimitCORE=infinity` in the unit' in bus.log())


@pytest.mark.skipif(os.geteuid() != 0, reason="changes users")
@pytest.mark.parametrize("allowed", [False, True])
def test_nobody_looks_into_our_memory(build, allowed):
    """Another process of the same user may not: /proc is then root's, and that is how one can tell."""
    as_nobody = dict(user=65534, group=65534, extra_groups=[])
    if allowed and resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("this machine allows no cores")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chown(folder, 65534, 65534)
        bus = Bus(folder, "[sink:far]\nplugin = fixture_verdict\n", "cores = yes" if allowed else "")
        try:
            bus.start(preexec_fn=allow_cores, env=dict(os.environ, ASAN_OPTIONS="disable_coredump=0"), **as_nobody)
            bus.wait_for("far", state="open")
            host, = named(bus, "affnotify-host")
            for pid in [bus.process.pid] if allowed else [bus.process.pid, host]:
                shown = pathlib.Path(f"/proc/{pid}/environ")
                looked = subprocess.run(["cat", shown], capture_output=True, **as_nobody)
                assert shown.stat().st_uid == (65534 if allowed else 0)
                assert (looked.returncode == 0) == allowed
        finally:
            assert bus.stop() == 0, bus.log()
