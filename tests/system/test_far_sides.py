"""What becomes of events and of their sink, for each way in which a far side can fail: the whole bus, the real
webhook sink, real servers. Each far side meets two events that were there before the sink was started."""
import collections
import contextlib
import socket
import struct
import subprocess
import time
from datetime import datetime, timezone

import pytest

from harness import AFFNOTIFYD, Bus, event, wait_until
from https_server import HttpsServer, response

RETRIES = {"none": "none", "list": "1h"}  # what the sinks are called after
HOLD_DOWN_MOST_S, HOLD_MISSET_S, ASKED_FOR_S = 5 * 60, 15 * 60, 3600
TIMEOUT_MS = 8000  # of the slow ones, which are by themselves, so that nothing else takes the machine's time
MUTE_NAME_SERVER = "127.6.6.7"

Event = collections.namedtuple("Event", "state verdict code what")
OPEN = ("open", None, "")
MEND = (" at FILE:LINE, then `affnotify reload`; or, when nothing in the file was wrong, "
        "`affnotify resume NAME`")
DELIVERED = Event("delivered", "DELIVERED", 200, "")


# ---- How they answer ----


def breaks_off(connection):
    """A reset in the middle of the headers."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket(fileno=connection.detach()).close()


def never_ends(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def drips(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(1)


def only_the_first(status):
    return lambda body: status if b"person1@" in body else 200


class FarSides(HttpsServer):
    """One server for all; the path says which far side is meant."""

    def exchange(self, connection, number):
        request = self.read(connection, number)
        if request is None:
            return False
        with self.lock:
            self.requests.append(request)
        how = CASES[request.path.split("/")[1]].answer
        if how in (breaks_off, never_ends, drips):
            how(connection)
            return False
        answer = how(request.body) if callable(how) else how
        connection.sendall(response(answer) if isinstance(answer, int) else answer)
        return True


# ---- What is to become of it ----
#
# Of both events: how they are, and what was said of the last attempt; None for one that was not attempted. Of the
# sink: its state, how long it is held at most, and what `status` says to do. HOST stands for host and port.

Case = collections.namedtuple("Case", "answer none list url", defaults=[None])
Fate = collections.namedtuple("Fate", "first second sink")


def delivered(answer, code=200):
    fate = Fate(DELIVERED._replace(code=code), DELIVERED._replace(code=code), OPEN)
    return Case(answer, none=fate, list=fate)


def refused(status, remedy):
    dead = Event("dead", "REFUSED", status, f"HTTP {status} from HOST")
    fate = Fate(dead, dead, ("open", None, remedy))
    return Case(status, none=fate, list=fate)


def moment(answer, code, what, remedy):
    dead, waiting = Event("dead", "RETRY", code, what), Event("waiting", "RETRY", code, what)
    sink = ("open", None, remedy)
    return Case(answer, none=Fate(dead, dead, sink), list=Fate(waiting, waiting, sink))


def too_many(answer, held_s, second=True):
    what, remedy = "HTTP 429 from HOST", "the far side gets too much at once: set `rate`"
    dead, waiting = Event("dead", "RETRY", 429, what), Event("waiting", "RETRY", 429, what)
    sink = ("held", held_s, remedy)
    return Case(answer, none=Fate(dead, dead if second else None, sink),
                list=Fate(waiting, waiting if second else None, sink))


def misset(status, what, remedy):
    """With retries, the second is what the first is compared with."""
    sink = ("held", HOLD_MISSET_S, remedy + MEND)
    pending = Event("pending", "MISSET", status, what)
    return Case(status, none=Fate(pending._replace(state="dead"), None, sink), list=Fate(pending, pending, sink))


def down(what, remedy, url):
    """Each probe is the next event's; without retries it was its one attempt."""
    dead, pending = Event("dead", "DOWN", 0, what), Event("pending", "DOWN", 0, what)
    sink = ("held", HOLD_DOWN_MOST_S, remedy)
    return Case(200, none=Fate(dead, dead, sink), list=Fate(pending, pending, sink), url=url)


CHECK_URL = "check the URL in the sink's section"
LOGS = "the far side has a problem: look at its logs"
CERTIFICATE = ("check the far side's certificate; one that only you trust is named by `ca_file`")

CASES = {
    "200": delivered(200),
    "201": delivered(201, 201),
    "endless": delivered(never_ends),  # what came was a success; nobody reads the rest
    "301": misset(301, "HTTP 301 from HOST", "redirects are not followed: set the URL to the new place"),
    "400": refused(400, "the far side does not accept this event: ask whoever runs it"),
    "401": misset(401, "HTTP 401 from HOST", "check the credentials in the sink's section"),
    "404-one": Case(
        only_the_first(404),
        none=Fate(Event("dead", "MISSET", 404, "HTTP 404 from HOST"), None,
                  ("held", HOLD_MISSET_S, CHECK_URL + MEND)),
        list=Fate(Event("dead", "REFUSED", 404,
                        "HTTP 404 from HOST; another event got through right after, so it is this event"),
                  DELIVERED, ("open", None, CHECK_URL))),
    "404": misset(404, "HTTP 404 from HOST", CHECK_URL),
    "408": moment(408, 408, "HTTP 408 from HOST",
                  "the far side waited too long for the request: check the network"),
    "410": misset(410, "HTTP 410 from HOST", "the far side has given this address up: ask it for the new one"),
    "413": refused(413, "the request is too large for the far side: lower `batch`"),
    "429": too_many(429, HOLD_DOWN_MOST_S),
    "429-asks": too_many(response(429, headers=[("Retry-After", "3600")]), ASKED_FOR_S, second=False),
    "500": moment(500, 500, "HTTP 500 from HOST", LOGS),
    "503": moment(503, 503, "HTTP 503 from HOST", LOGS),
    "reset": moment(breaks_off, 200, "the exchange with HOST broke off: ",
                    "the connection broke on its way: check the network"),
    "drips": moment(drips, 200, f"no whole answer from HOST within {TIMEOUT_MS} ms: ",
                    "the far side is too slow: look at it, or raise `timeout`"),
    "other-name": down("HOST could not show that it is itself: ", CERTIFICATE, "other"),
    "expired": down("HOST could not show that it is itself: ", CERTIFICATE, "expired"),
    # The resolver gives up after 4 s, which is sooner.
    "mute-dns": down("no address found for HOST", "check the host's name in the section, and the name server",
                     "https://api.example.com"),
}


SLOW = [case for case in CASES if case in ("drips", "mute-dns")]
QUICK = [case for case in CASES if case not in SLOW]


# ---- One bus for many ----


class SeparateBus(Bus):
    """It and its hosts see a name server of their own, in a mount namespace."""

    def launch(self, *arguments, **options):
        (self.folder / "resolv.conf").write_text(f"nameserver {MUTE_NAME_SERVER}\n")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "-m", "sh", "-c",
                 f'mount --bind {self.folder}/resolv.conf /etc/resolv.conf && exec "$0" "$@"',
                 AFFNOTIFYD, "-c", self.config], stderr=log, stdout=log)
        return self


def sign_expired(tls):
    """Its last day was yesterday."""
    (tls.directory / "names").write_text("subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\n")
    for command in (
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"
        " -keyout expired.key -out expired.csr",
        "x509 -req -in expired.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days -1 -extfile names -out expired.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=tls.directory, check=True, capture_output=True)


def server_with(tls, certificate):
    context = tls.context()
    context.load_cert_chain(tls.directory / f"{certificate}.pem", tls.directory / f"{certificate}.key")
    return FarSides(context, tls.ca)


class Place:
    """The bus, its servers, and what it has made of the two events."""

    def __init__(self, folder, tls, cases):
        self.cases = cases
        self.servers = {name: server_with(tls, name) for name in ("server", "other", "expired")}
        self.bus = SeparateBus(folder)
        sinks = "".join(self.section(case, retry, tls) for case in cases for retry in RETRIES)
        self.bus.configure(sinks.replace("\n\n", "\nenabled = no\n\n"))
        self.bus.start()
        self.ids = self.bus.emit(event(1), event(2))
        assert self.bus.stop() == 0
        self.bus.configure(sinks)
        self.bus.start()

    def origin(self, case):
        url = CASES[case].url or "server"
        return url if ":" in url else self.servers[url].url

    def section(self, case, retry, tls):
        timeout = f"{TIMEOUT_MS}ms" if case in SLOW else "60s"
        return (f"[sink:{retry}-{case}]\nplugin = webhook\nurl = {self.origin(case)}/{case}/{retry}\n"
                f"ca_file = {tls.ca}\ntimeout = {timeout}\nretry = {RETRIES[retry]}\n\n")

    def close(self):
        self.bus.stop()
        for server in self.servers.values():
            server.close()

    def settle(self, case, retry):
        """Until both events and the sink are as they should be."""
        name, wanted = f"{retry}-{case}", getattr(CASES[case], retry)
        host = self.origin(case).partition("://")[2]

        def now():
            return [seen(self.bus.delivery(id, name)) for id in self.ids] + [self.bus.sink(name)["state"]]

        def is_there():
            first, second, state = now()
            return (agrees(first, wanted.first, host) and agrees(second, wanted.second, host)
                    and state == wanted.sink[0])

        try:
            wait_until(is_there, "it is as it should be")
        except AssertionError:
            raise AssertionError(f"{name}: {now()} instead of {wanted}\n{self.bus.log()}") from None

    def line_of(self, name):
        lines = self.bus.config.read_text().splitlines()
        return lines.index(f"[sink:{name}]") + 1


@pytest.fixture(scope="module", params=[QUICK, SLOW], ids=["quick", "slow"])
def place(request, tmp_path_factory, tls):
    tls.sign("other", "other.example.com")
    sign_expired(tls)
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        silent.bind((MUTE_NAME_SERVER, 53))
        made = Place(tmp_path_factory.mktemp("far"), tls, request.param)
        stack.callback(made.close)
        for case in made.cases:
            for retry in RETRIES:
                made.settle(case, retry)
        yield made


def seen(delivery):
    """An event at a sink: its state, and its last attempt; None for one that was not attempted."""
    last = delivery if delivery["verdict"] else (delivery["attempts_made"] or [None])[-1]
    if last is None:
        return None if delivery["state"] == "pending" else delivery["state"]
    return Event(delivery["state"], last["verdict"], last["code"], last["what"])


def agrees(got, wanted, host):
    """`what` ends with what libcurl or OpenSSL has to say, when the sentence wanted ends with a colon."""
    if not isinstance(got, Event) or wanted is None:
        return got == wanted
    what = wanted.what.replace("HOST", host)
    is_said = got.what.startswith(what) if what.endswith(": ") else got.what == what
    return got[:3] == wanted[:3] and is_said


def left_s(sink):
    until = datetime.strptime(sink["until"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return until.timestamp() - time.time()


def test_the_events_and_the_sink(place):
    """They are there already, or there would be no place: here is what `status` says of the sink."""
    for case in place.cases:
        for retry in RETRIES:
            check_sink(place, case, retry)


def check_sink(place, case, retry):
    name = f"{retry}-{case}"
    wanted = getattr(CASES[case], retry)
    _, held_s, remedy = wanted.sink
    sink = place.bus.sink(name)
    remedy = remedy.replace("FILE:LINE", f"{place.bus.config}:{place.line_of(name)}").replace("NAME", name)
    assert (sink["remedy"] or "") == remedy, sink
    if held_s:
        # A hold of our own grows while nothing is better; the others are as long as they should be.
        assert left_s(sink) <= held_s
        assert held_s == HOLD_DOWN_MOST_S or left_s(sink) > held_s / 2
    states = [fate.state for fate in (wanted.first, wanted.second) if fate]
    assert (sink["dead"], sink["delivered"]) == (states.count("dead"), states.count("delivered")), sink
    assert sink["pending"] == 2 - sink["dead"] - sink["delivered"]


def test_what_was_charged_and_what_comes_next(place):
    """A dead letter had one attempt; one that waits its first of two; DOWN and MISSET charge nobody."""
    for case in place.cases:
        for retry in RETRIES:
            wanted = getattr(CASES[case], retry)
            for id, fate in zip(place.ids, (wanted.first, wanted.second)):
                delivery = place.bus.delivery(id, f"{retry}-{case}")
                charged = fate is not None and fate.state != "pending"
                assert delivery["attempts"] == int(charged), (case, retry, delivery)
                assert bool(delivery["next"]) == (fate is not None and fate.state == "waiting"), (case, retry)


def test_operators_read_the_same(place):
    """By the commands: the sentences are in `trace` and in `status`, as they were said."""
    traces = [place.bus.command("trace", id) for id in place.ids]
    status = place.bus.command("status")
    assert [done.returncode for done in (*traces, status)] == [0, 0, 0]
    for case in place.cases:
        host = place.origin(case).partition("://")[2]
        for retry in RETRIES:
            wanted = getattr(CASES[case], retry)
            for trace, fate in zip(traces, (wanted.first, wanted.second)):
                assert fate is None or fate.what.replace("HOST", host) in trace.stdout
            remedy = wanted.sink[2].partition(" at FILE")[0]
            assert remedy in status.stdout


def test_nobody_was_asked_more_than_he_should_be(place):
    """As few requests as the verdicts ask for; those that are held for a second come again."""
    counts = collections.Counter(request.path for server in place.servers.values() for request in server.requests)
    for case in place.cases:
        asked = {retry: counts[f"/{case}/{retry}"] for retry in RETRIES}
        if case in ("200", "201", "400", "408", "413", "500", "503"):
            assert asked == {"none": 2, "list": 2}, case
        elif case in ("301", "401", "404", "410"):
            assert asked == {"none": 1, "list": 2}, case
        elif case == "404-one":
            assert asked == {"none": 1, "list": 2}, case
        elif case == "429-asks":
            assert asked == {"none": 1, "list": 1}, case
        elif case in ("other-name", "expired", "mute-dns"):
            assert asked == {"none": 0, "list": 0}, case
