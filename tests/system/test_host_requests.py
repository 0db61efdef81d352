"""Sinks that make requests, by a real affnotify-host and a real HTTPS server on loopback."""
import email.utils
import socket
import ssl
import threading
import time

import pytest

from host_driver import CLOSE, DELIVERED, DOWN, MISSET, REFUSED, RETRY, event
from https_server import HttpsServer, response


@pytest.fixture
def start(launch):
    """Starts hosts with the plugin that makes requests, through the handshake."""
    def start_host(values, before=None, **tuning):
        return launch("fixture_request", before=before).ready(values, **tuning)
    return start_host


@pytest.fixture
def post(start, https_server):
    """A host whose requests go to the server, which it trusts."""
    def start_host(values=None, **tuning):
        trusted = {"url": https_server.url + "/hook", "ca_file": str(https_server.ca_file)}
        return start({**trusted, **(values or {})}, **tuning)
    return start_host


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# ---- What is sent ----

def test_a_request_byte_for_byte(post, https_server):
    host = post({"token": "open sesame", "header.X-Team": "one", "header.X-Empty": ""})
    event_id, canonical = event(1)
    outcome = host.one(1)
    assert outcome["verdict"] == DELIVERED
    assert (outcome["code"], outcome["what"], outcome["remedy"]) == (200, "", "")
    request, = https_server.requests
    assert request.body == canonical
    assert request.raw.startswith(b"POST /hook HTTP/1.1\r\n")
    assert request.header_lines == [
        f"Host: localhost:{https_server.port}",
        "User-Agent: affnotify/0.1.0",
        "Accept: */*",
        "X-Team: one",
        "X-Empty:",
        f"webhook-id: {event_id}",
        "X-Round: 0",
        "Authorization: Bearer open sesame",
        f"Content-Length: {len(canonical)}",
    ]
    assert host.close() == 0


def test_the_plugins_headers_win(post, https_server):
    post({"header.User-Agent": "mine/1", "header.Content-Type": "application/json"}).one()
    headers = https_server.requests[0].headers
    assert (headers["user-agent"], headers["content-type"]) == ("mine/1", "application/json")


def test_basic_authentication(post, https_server):
    https_server.answer = lambda request: response(400, request.headers["authorization"].encode())
    outcome = post({"user": "me", "token": "sesame"}).one()
    assert https_server.requests[0].headers["authorization"] == "Basic bWU6c2VzYW1l"
    assert outcome["what"].endswith(": Basic ••••")


def test_other_methods(post, https_server):
    put_host, delete_host = post({"method": "PUT"}), post({"method": "DELETE"})
    assert put_host.one()["verdict"] == DELIVERED
    assert delete_host.one()["verdict"] == DELIVERED
    assert [(r.method, r.body) for r in https_server.requests] == [
        ("PUT", event(1)[1]), ("DELETE", b"")]
    assert put_host.one(2)["verdict"] == DELIVERED
    assert https_server.requests[2].body == event(2)[1]


def test_one_connection_for_many_requests(post, https_server):
    host = post(concurrency=1)
    for number in range(20):
        host.deliver(number, [event(number)])
    assert [host.outcome()["verdict"] for _ in range(20)] == [DELIVERED] * 20
    assert [request.body for request in https_server.requests] == [
        event(number)[1] for number in range(20)]
    assert https_server.connections == 1


def test_a_kept_connection_that_the_server_has_closed(post, https_server):
    host = post()
    for number in range(3):
        assert host.one(number)["verdict"] == DELIVERED
        https_server.drop_connections()
    assert https_server.connections == 3


# ---- What comes back ----

def test_statuses(post, https_server):
    wanted = {200: DELIVERED, 201: DELIVERED, 204: DELIVERED, 299: DELIVERED, 301: MISSET,
              302: MISSET, 308: MISSET, 400: REFUSED, 401: MISSET, 402: REFUSED, 403: MISSET,
              404: MISSET, 405: MISSET, 408: RETRY, 409: REFUSED, 410: MISSET, 413: REFUSED,
              422: REFUSED, 429: RETRY, 500: RETRY, 501: RETRY, 503: RETRY, 599: RETRY,
              600: REFUSED}
    https_server.answer = lambda request: response(
        int(request.headers["webhook-id"] in ids and ids[request.headers["webhook-id"]]),
        headers=[("Location", https_server.url + "/elsewhere")])
    ids = {event(status)[0]: status for status in wanted}
    host = post()
    seen = {}
    for status in wanted:
        outcome = host.one(status)
        seen[status] = outcome["verdict"]
        assert outcome["code"] == status
        said = "" if status < 300 else f"HTTP {status} from localhost:{https_server.port}"
        if 300 <= status < 400:  # the path may hold a secret
            said += f", which leads to localhost:{https_server.port}"
        assert outcome["what"] == said
        assert bool(outcome["remedy"]) == (outcome["verdict"] != DELIVERED)
    assert seen == wanted
    assert len(https_server.requests) == len(wanted), "a redirect was followed"


def test_the_beginning_of_the_answer_is_shown(post, https_server):
    host = post()
    at = f"HTTP 422 from localhost:{https_server.port}"
    for body, shown in [(b'{\r\n  "error":\t"no such field"}\n', ': { "error": "no such field"}'),
                        (b"\xff\xfe caf\xc3\xa9", ": ?? café"), (b"a\0b", ""), (b" \n ", ""),
                        (b"x" * 2000, ": " + "x" * 399)]:
        https_server.answer = lambda request, body=body: response(422, body)
        assert host.one()["what"] == at + shown


def test_retry_after(post, https_server):
    host = post()
    https_server.answer = lambda request: response(429, headers=[("Retry-After", "120")])
    assert host.one()["retry_after_ms"] == 120000
    https_server.answer = lambda request: response(429, headers=[("Retry-After", "9223372036854775807")])
    assert host.one()["retry_after_ms"] == 7 * 24 * 3600 * 1000  # a week is the most
    date = email.utils.formatdate(time.time() + 3600, usegmt=True)
    https_server.answer = lambda request: response(503, headers=[("Retry-After", date)])
    assert 3500000 < host.one()["retry_after_ms"] <= 3600000
    https_server.answer = lambda request: response(200, headers=[("Retry-After", "120")])
    assert host.one()["retry_after_ms"] == 0


def test_secrets_do_not_come_back(post, https_server):
    https_server.answer = lambda request: response(
        403, f"{request.path} {request.headers.get('authorization')}".encode())
    outcome = post({"token": "sesame-sesame"}).one()
    assert outcome["what"].endswith(": /hook Bearer ••••")
    at = f"HTTP 403 from localhost:{https_server.port}"
    assert post({"secret_url": https_server.url + "/T0/B0/xyzzy"}).one()["what"] == (
        f"{at}: •••• None")
    url = https_server.url.replace("://", "://me:pass%2Dword@") + "/x"
    assert post({"url": url}).one()["what"] == f"{at}: /x Basic ••••"
    assert https_server.requests[-1].headers["authorization"] == "Basic bWU6cGFzcy13b3Jk"
    https_server.answer = lambda request: response(403, request.headers["authorization"].encode() + b"  twice")
    assert post({"token": "two  blanks\tand a tab"}).one()["what"] == f"{at}: Bearer •••• twice"


def test_a_long_answer_is_cut(post, https_server):
    https_server.answer = lambda request: response(200, b"x" * 200000, [("X-Item", "it")])
    outcome = post({"mode": "items"}).one()
    assert outcome["what"] == "body of 65536, phase 3: " + "x" * 20
    assert outcome["items"] == [(0, REFUSED, 42, "it")]
    assert https_server.connections == 1


def test_an_endless_answer_is_ended(post, https_server):
    https_server.answer = lambda request: b"HTTP/1.1 500 No\r\n\r\n" + b"x" * (8 << 20)
    outcome = post().one()
    assert (outcome["verdict"], outcome["code"]) == (RETRY, 500)
    assert outcome["what"].startswith(f"HTTP 500 from localhost:{https_server.port}: xxx")


def test_endless_headers_are_ended(post, https_server):
    https_server.answer = lambda request: (
        b"HTTP/1.1 404 No\r\n" + b"X-Long: " + b"x" * 1000 + b"\r\n" + b"X-More: y\r\n" * 3000)
    outcome = post().one()
    assert (outcome["verdict"], outcome["code"]) == (MISSET, 404)


def test_interim_answers_are_passed_over(post, https_server):
    https_server.answer = lambda request: b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n" * 20 + response(204)
    assert post().one()["code"] == 204


def test_no_answer(post, https_server):
    https_server.answer = lambda request: None
    outcome = post().one()
    assert (outcome["verdict"], outcome["code"]) == (RETRY, 0)
    assert outcome["what"] == (
        f"localhost:{https_server.port} closed the connection without an answer")


def test_an_answer_that_breaks_off(post, https_server):
    https_server.answer = lambda request: (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", False)
    outcome = post().one()
    assert outcome["verdict"] == RETRY
    assert outcome["what"].startswith(
        f"the exchange with localhost:{https_server.port} broke off: ")


def test_no_http_at_all(post, https_server):
    https_server.answer = lambda request: (b"SSH-2.0-OpenSSH_9.2\r\n", False)
    assert post().one()["verdict"] == RETRY


# ---- Nobody there ----

def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return unused.getsockname()[1]


def test_connection_refused(start):
    port = unused_port()
    outcome = start({"url": f"https://127.0.0.1:{port}/"}).one()
    assert (outcome["verdict"], outcome["code"]) == (DOWN, 0)
    assert outcome["what"] == f"no connection to 127.0.0.1:{port}: Connection refused"


def test_no_such_name(start):
    outcome = start({"url": "https://no-such-host.invalid/"}, timeout_ms=30000).one()
    assert outcome["verdict"] == DOWN


def test_a_certificate_that_is_not_trusted(start, https_server):
    outcome = start({"url": https_server.url}).one()
    assert outcome["verdict"] == DOWN
    assert outcome["what"].startswith(
        f"localhost:{https_server.port} could not show that it is itself: ")
    assert https_server.requests == []


def test_a_certificate_of_somebody_else(post, https_server, tls):
    tls.sign("other", "other.example.com")
    https_server.context.load_cert_chain(tls.directory / "other.pem", tls.directory / "other.key")
    outcome = post().one()
    assert outcome["verdict"] == DOWN
    assert outcome["what"].startswith(
        f"localhost:{https_server.port} could not show that it is itself: ")
    assert https_server.requests == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_that_is_too_old(post, https_server, tmp_path):
    """Even where the system's own settings would let it through."""
    lax = tmp_path / "openssl.cnf"
    lax.write_text("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n"
                   "[c]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n")
    https_server.context.minimum_version = ssl.TLSVersion.TLSv1
    https_server.context.maximum_version = ssl.TLSVersion.TLSv1_1
    https_server.context.set_ciphers("ALL:@SECLEVEL=0")
    outcome = post(before=["env", f"OPENSSL_CONF={lax}"]).one()
    assert outcome["verdict"] == DOWN
    assert outcome["what"].startswith(f"no TLS with localhost:{https_server.port}: ")


def test_a_client_certificate(post, https_server, tls):
    https_server.context.verify_mode = ssl.CERT_REQUIRED
    https_server.context.load_verify_locations(tls.ca)
    assert post().one()["verdict"] != DELIVERED
    assert https_server.requests == []
    host = post({"client_certificate": str(tls.certificate), "client_key": str(tls.key)})
    assert host.one()["verdict"] == DELIVERED
    outcome = post({"client_certificate": "/none.pem"}).one()
    assert outcome["verdict"] == MISSET
    assert outcome["remedy"] == "check ca_file, client_certificate and client_key in the section"


def test_a_ca_file_that_cannot_be_used(launch, tmp_path, tls):
    def opened(ca_file):
        host = launch("fixture_request")
        host.table()
        host.options({"ca_file": str(ca_file)})
        answers = host.open(), host.open()  # it can be asked again
        assert answers[0] == answers[1]
        return answers[0]
    remedy = "check ca_file in the sink's section"
    assert opened(tmp_path / "none") == (
        MISSET, f"{tmp_path}/none: No such file or directory", remedy)
    assert opened(tls.key) == (MISSET, f"{tls.key}: holds no certificate in PEM form", remedy)


# ---- What is not sent ----

@pytest.mark.parametrize("values, what", [
    ({"url": "http://localhost/"}, "the request's URL is not one that begins with https://, smtps:// "
                                   "or smtp:// and names a host"),
    ({"url": "file:///etc/passwd"}, "the request's URL is not one that begins with https://, "
                                    "smtps:// or smtp:// and names a host"),
    ({"mode": "inject"}, "the header X-Bad holds what no header may hold"),
    ({"mode": "mail_auth"}, "auth by plain is for mail only"),
    ({"header.Content-Length": "1"}, "the header Content-Length is not the plugin's to set"),
    ({"token": "x", "header.Authorization": "y"},
     "the request has both auth and a header Authorization"),
    ({"url": "smtps://localhost/"}, "the mail has no sender or no recipient"),
])
def test_a_request_that_is_not_sent(post, https_server, values, what):
    outcome = post(values).one()
    assert (outcome["verdict"], outcome["what"]) == (MISSET, what)
    assert https_server.requests == []


def test_no_url(start):
    assert start({}).one()["what"] == "the request has no URL"


def test_the_plugin_settles_a_batch_itself(post, https_server):
    outcome = post({"mode": "nothing"}).one()
    assert (outcome["verdict"], outcome["what"]) == (DELIVERED, "nothing to send")
    assert https_server.requests == []


# ---- Again ----

def test_another_round(post, https_server):
    https_server.answer = lambda request: 200 if request.headers["x-round"] == "0" else 204
    assert post({"mode": "again"}).one()["code"] == 204
    assert [request.headers["x-round"] for request in https_server.requests] == ["0", "1"]


def test_too_many_rounds(post, https_server):
    host = post({"mode": "again"})
    outcome = host.one()
    assert outcome["verdict"] == RETRY
    assert [request.headers["x-round"] for request in https_server.requests] == ["0", "1", "2", "3"]
    assert host.logs == [(2, "the plugin asked for more than 4 requests for one batch: taken as RETRY")]


def test_one_deadline_for_all_rounds(post, https_server):
    def slowly(request):
        time.sleep(1.5)
        return 200
    https_server.answer = slowly
    outcome = post({"mode": "again"}, timeout_ms=2500).one()
    assert outcome["what"] == f"no whole answer from localhost:{https_server.port} within 2500 ms"
    assert outcome["verdict"] == RETRY
    assert len(https_server.requests) == 2


# ---- Many at once, and time ----

def test_never_more_at_once_than_asked_for(post, https_server):
    inside = []
    most = []
    gate = threading.Event()

    def count(request):
        inside.append(request)
        most.append(len(inside))
        if len(most) >= 4:
            gate.set()
        gate.wait(30)
        time.sleep(0.01)
        inside.remove(request)
        return 200

    https_server.answer = count
    host = post(concurrency=4)
    for number in range(60):
        host.deliver(number, [event(number)])
    outcomes = [host.outcome() for _ in range(60)]
    assert sorted(outcome["batch"] for outcome in outcomes) == list(range(60))
    assert all(outcome["verdict"] == DELIVERED for outcome in outcomes)
    assert max(most) == 4
    assert https_server.connections == 4


@pytest.mark.parametrize("answer", [401, 429, response(503, headers=[("Retry-After", "7")]), None])
def test_after_trouble_what_was_not_begun_goes_back(post, https_server, answer):
    """And what the bus sends before it has heard of it; what it sends then is begun."""
    https_server.answer = lambda request: answer
    nobody = f"https://localhost:{free_port()}/"
    host = post({"url": nobody} if answer is None else {}, concurrency=1)
    for number in (1, 2, 3):
        host.deliver(number, [event(number)], heard=0)
    troubled, *others = [host.outcome() for _ in range(3)]
    assert troubled["taken"] == 1 and troubled["verdict"] in (MISSET, RETRY, DOWN)
    assert [(o["batch"], o["taken"], o["verdict"]) for o in others] == [(2, 0, 0), (3, 0, 0)]
    host.deliver(4, [event(4)], heard=0)  # written by a bus that has not heard yet
    assert host.outcome()["taken"] == 0
    host.deliver(5, [event(5)], heard=1)
    outcome = host.outcome()
    assert (outcome["batch"], outcome["taken"]) == (5, 1)
    assert host.close() == 0


@pytest.mark.parametrize("answer", [500, 422, 204])
def test_what_says_nothing_about_the_sink_lets_the_line_go_on(post, https_server, answer):
    https_server.answer = lambda request: answer
    host = post(concurrency=1)
    for number in (1, 2, 3):
        host.deliver(number, [event(number)], heard=0)
    assert [host.outcome()["taken"] for _ in range(3)] == [1, 1, 1]


def test_waiting_in_line_is_not_counted_as_time(post, https_server):
    def slowly(request):
        time.sleep(0.4)
        return 200
    https_server.answer = slowly
    host = post(concurrency=1, timeout_ms=1500)
    for number in range(6):
        host.deliver(number, [event(number)])
    assert [host.outcome()["verdict"] for _ in range(6)] == [DELIVERED] * 6


def test_a_slow_answer_is_given_up(post, https_server):
    gate = threading.Event()
    https_server.answer = lambda request: gate.wait(30) and 200
    outcome = post(timeout_ms=2000).one()
    gate.set()
    assert outcome["verdict"] == RETRY
    assert outcome["what"] == f"no whole answer from localhost:{https_server.port} within 2000 ms"
    assert outcome["remedy"] == "the far side is too slow: look at it, or raise `timeout`"


def test_a_body_that_drips_does_not_stretch_the_time(post, https_server, tls):
    drips = HttpsServer(tls.context(), tls.ca)

    def drip(connection, _):
        HttpsServer.read(connection, 0)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.02)

    drips.exchange = drip
    outcome = post({"url": drips.url}, timeout_ms=4000).one()
    drips.close()
    assert (outcome["verdict"], outcome["code"]) == (RETRY, 200)
    assert outcome["duration_ms"] < 20000  # as long as the drips take


def test_a_listener_that_says_nothing(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        outcome = start({"url": f"https://127.0.0.1:{port}/"}, timeout_ms=300).one()
    assert outcome["verdict"] == DOWN
    assert outcome["what"] == f"no secure connection to 127.0.0.1:{port} within 300 ms"


def test_a_silent_name_server_holds_nobody_up(start, https_server, tmp_path):
    """In a mount namespace of its own, the host sees a name server that takes questions and is mute."""
    (tmp_path / "resolv.conf").write_text("nameserver 127.6.6.6\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.6.6.6", 53))
        silent.settimeout(30)
        host = start(
            {"url": https_server.url, "other_url": "https://api.example.com/",
             "ca_file": str(https_server.ca_file)}, timeout_ms=1500,
            before=["unshare", "-m", "sh", "-c",
                    f'mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec "$0" "$@"'])
        for number in range(3):
            host.deliver(number, [event(number, "other@example.com")])
        silent.recv(512)  # it does ask
        for number in range(10, 20):
            outcome = host.one(number)
            assert (outcome["batch"], outcome["verdict"]) == (number, DELIVERED)
        for _ in range(3):
            outcome = host.outcome()
            assert outcome["verdict"] == DOWN
            assert outcome["what"] == (
                "no answer from the name server for api.example.com within 1500 ms")
            # Without CURLOPT_QUICK_EXIT it would be 4 seconds: what the resolver takes.
            assert 1500 <= outcome["duration_ms"] < 3500
        for number in range(20, 25):  # nor do its threads, which are still at it
            assert host.one(number)["verdict"] == DELIVERED
        assert host.close() == 0


def test_close_finishes_what_was_begun(post, https_server):
    gate = threading.Event()
    https_server.answer = lambda request: gate.wait(30) and 200
    host = post(concurrency=2)
    for number in range(5):
        host.deliver(number, [event(number)])
    https_server.wait_for(2)
    host.send(CLOSE)
    host.wait_until_read()
    gate.set()
    assert sorted(host.outcome()["batch"] for _ in range(2)) == [0, 1]
    assert host.ended() == 0
    assert len(https_server.requests) == 2


# ---- Through a proxy ----

class Proxy:
    """Passes one CONNECT at a time on, or answers it with a refusal."""

    def __init__(self, refusal=None):
        self.refusal = refusal
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        client, _ = self.listener.accept()
        self.asked.append(client.recv(65536).decode())
        if self.refusal:
            client.sendall(self.refusal)
            client.close()
            return
        host, port = self.asked[0].split()[1].rsplit(":", 1)
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=self.copy, args=(client, server), daemon=True).start()
        self.copy(server, client)

    @staticmethod
    def copy(source, sink):
        try:
            while got := source.recv(65536):
                sink.sendall(got)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_through_a_proxy(post, https_server):
    proxy = Proxy()
    host = post({"proxy": f"http://me:pass-word@127.0.0.1:{proxy.port}"})
    outcome = host.one()
    assert (outcome["verdict"], outcome["code"]) == (DELIVERED, 200)
    assert proxy.asked[0].startswith(f"CONNECT localhost:{https_server.port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6cGFzcy13b3Jk" in proxy.asked[0]
    assert "proxy-authorization" not in https_server.requests[0].headers


@pytest.mark.parametrize("status, verdict", [(407, MISSET), (403, DOWN), (503, DOWN)])
def test_a_proxy_that_refuses(post, https_server, status, verdict):
    proxy = Proxy(response(status))
    outcome = post({"proxy": f"http://127.0.0.1:{proxy.port}"}).one()
    assert outcome["verdict"] == verdict
    assert outcome["what"] == (
        f"the proxy answered {status} to CONNECT for localhost:{https_server.port}")


def test_http_2_is_asked_for_when_set(post, https_server):
    https_server.context.set_alpn_protocols(["http/1.1"])  # and done without when not offered
    assert post({"http_version": "2"}).one()["verdict"] == DELIVERED
