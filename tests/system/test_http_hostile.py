"""The door against senders that mean harm or know no better: it stays up, and nobody else notices."""

import json
import os
import random
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from door import TOKEN, in_threads, open_files, read_to_end, statuses
from harness import BUILD, csv_section, event, wait_until

AUTH = f"Authorization: Bearer {TOKEN}\r\n".encode()
BODY = json.dumps(event(1)).encode()
SANITIZED = b"libasan" in subprocess.run(["ldd", BUILD / "libexec" / "affnotify-http"], capture_output=True).stdout


def post(body=BODY, headers=b"", length=True):
    """A whole request as bytes."""
    counted = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + AUTH + counted + headers + b"\r\n" + body


def chunked(*chunks, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.fixture
def door(open_door, tmp_path):
    door = open_door(csv_section(tmp_path), https=False)
    pid = door.process()
    yield door
    assert door.process() == pid  # the same one: it has not ended in between
    assert door.post(event(77_777)).status in (200, 202)


# ---- Requests that could be read in two ways ----

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"  # what somebody may have hidden behind a request

MALFORMED = {
    "both lengths": (post(chunked(BODY), b"Content-Length: 5\r\n" + CHUNKED, False), 400),
    "two lengths": (post(BODY, b"Content-Length: 5\r\n"), 400),
    "the same length twice": (post(BODY, b"Content-Length: %d\r\n" % len(BODY)), 400),
    "two lengths in one": (post(BODY, b"Content-Length: 5, 5\r\n", False), 400),
    "a length with a sign": (post(BODY, b"Content-Length: +5\r\n", False), 400),
    "a negative length": (post(BODY, b"Content-Length: -5\r\n", False), 400),
    "a length in hex": (post(BODY, b"Content-Length: 0x5\r\n", False), 400),
    "an empty length": (post(BODY, b"Content-Length:\r\n", False), 400),
    "a length beyond 64 bits": (post(BODY, b"Content-Length: 18446744073709551617\r\n", False), 400),
    "another coding": (post(BODY, b"Transfer-Encoding: gzip\r\n", False), 400),
    "a coding before chunked": (post(BODY, b"Transfer-Encoding: gzip, chunked\r\n", False), 400),
    "chunked twice": (post(BODY, b"Transfer-Encoding: chunked, chunked\r\n", False), 400),
    "chunked in two headers": (post(BODY, CHUNKED + CHUNKED, False), 400),
    "identity": (post(BODY, b"Transfer-Encoding: identity\r\n", False), 400),
    "an empty coding": (post(BODY, b"Transfer-Encoding:\r\n", False), 400),
    "chunked and a tail": (post(BODY, b"Transfer-Encoding: chunked;q=1\r\n", False), 400),
    "chunked with HTTP/1.0": (post(chunked(BODY), CHUNKED, False).replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
    "a blank before the colon": (post(BODY, b"Content-Length : 5\r\n", False), 400),
    "a folded line": (post(BODY, b"X: a\r\n b\r\n"), 400),
    "a line without a colon": (post(BODY, b"nonsense\r\n"), 400),
    "a name with a blank": (post(BODY, b"a b: c\r\n"), 400),
    "an empty name": (post(BODY, b": c\r\n"), 400),
    "a NUL in a value": (post(BODY, b"X: a\0b\r\n"), 400),
    "a NUL in the token": (post(BODY).replace(b"for-tests", b"for-tests\0"), 400),
    "a NUL in a name": (post(BODY, b"X\0: a\r\n"), 400),
    "a NUL in the method": (b"PO\0ST /v1/events HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a NUL in the URL": (b"POST /v1/events\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a control character": (post(BODY, b"X: a\x0bb\r\n"), 400),
    "a bare CR": (post(BODY, b"X: a\rb\r\n"), 400),
    "a bare LF": (post(BODY, b"X: a\nY: b\r\n"), 400),
    "only bare LFs": (post(BODY).replace(b"\r\n", b"\n"), 400),
    "no Host": (b"POST /v1/events HTTP/1.1\r\n" + AUTH + b"Content-Length: 2\r\n\r\n{}", 400),
    "two Hosts": (post(BODY, b"Host: y\r\n"), 400),
    "two tokens": (post(BODY, AUTH), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "a version of its own": (b"GET / HTTPS/1.1\r\nHost: x\r\n\r\n", 400),
    "two blanks": (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a blank in front": (b" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a blank in the URL": (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a URL that is not ASCII": ("GET /é HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 400),
    "a URL of 9,000 bytes": (b"GET /" + 9000 * b"a" + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "a head of 20,000 bytes": (post(BODY, b"X: " + 20_000 * b"a" + b"\r\n"), 431),
    "a head without an end": (b"GET /" + 100_000 * b"a", 431),
    "101 headers": (b"GET / HTTP/1.1\r\nHost: x\r\n" + 101 * b"X: y\r\n" + b"\r\n", 431),
    "a chunk without a size": (post(b"\r\n" + BODY, CHUNKED, False), 400),
    "a chunk of no number": (post(b"zz\r\n" + BODY, CHUNKED, False), 400),
    "a chunk with a sign": (post(b"-1\r\n" + BODY, CHUNKED, False), 400),
    "a chunk of 2^64 + 2": (post(b"10000000000000002\r\n{}\r\n0\r\n\r\n", CHUNKED, False), 413),
    "a chunk of 4 GiB": (post(b"ffffffff\r\n", CHUNKED, False), 413),
    "a chunk with more than it says": (post(b"2\r\n{} \r\n0\r\n\r\n", CHUNKED, False), 400),
    "a chunk with a bare LF": (post(b"2\n{}\r\n0\r\n\r\n", CHUNKED, False), 400),
    "a chunk with a NUL": (post(b"2;\0\r\n{}\r\n0\r\n\r\n", CHUNKED, False), 400),
    "an endless extension": (post(b"2;" + 10_000 * b"a", CHUNKED, False), 400),
    "an endless size": (post(10_000 * b"0", CHUNKED, False), 400),
    "endless trailers": (post(b"0\r\n" + 1000 * b"X: yyyyyyyy\r\n", CHUNKED, False), 431),
    "chunks beyond 1 MiB": (post(chunked(*(17 * [65_536 * b" "])), CHUNKED, False), 413),
    "a body without a length": (post(BODY, b"", False), 411),
}


def test_malformed_requests_are_refused_once_and_the_connection_closed(door):
    for name, (data, status) in MALFORMED.items():
        received = door.raw(data + GET)
        expected = [status] if name != "a body without a length" else [411, 400]
        assert statuses(received) == expected, (name, received)
        assert b"\r\nConnection: close\r\n" in received and b'"type":"about:blank"' in received, name
    assert door.bus.ask({"command": "status"})["bus"]["accepted"] == 0


def test_what_is_unusual_but_right(door):
    right = [
        post(BODY, b"X: a\tb \xe9\r\n"),
        b"\r\n\r\n" + post(),
        post().replace(b"Host: x", b"hOST:x"),
        post().replace(b"/v1/events", b"http://some.example/v1/events"),
        post().replace(b"/v1/events", b"/v1/events?a=b&c"),
        post(chunked(BODY), b"transfer-encoding: Chunked\r\n", False),
        post(chunked(*(BODY[at:at + 1] for at in range(len(BODY)))), CHUNKED, False),
        post(chunked(BODY, end=b"000;a=b\r\nX: y\r\nZ: w\r\n\r\n"), CHUNKED, False),
        post(BODY, b"Connection: Upgrade, keep-alive\r\n"),
        post(BODY, b"Expect: 100-continue\r\n"),
    ]
    for data in right:
        received = door.raw(data + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: x , CLOSE\r\n\r\n")
        assert statuses(received) in ([202, 404], [200, 404]), (data, received)
    one = door.raw(post().replace(b"HTTP/1.1", b"HTTP/1.0") + GET)
    assert statuses(one) == [200] and b"Connection: close" in one


def test_absurd_urls(door):
    for url in [b"*", b"//", b"/..", b"/%", b"/%00", b"/" + 8000 * b"/", b"http://", b"http:///v1/events", b"HTTP://x",
                b"?", b"#", b"/v1/events#x", b"a", b"https://[::1", b"/v1/events/../events", 100 * b"%2e%2e/", b"\\\\", b"<>"]:
        received = door.raw(b"POST " + url + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert statuses(received) == [401 if url == b"http:///v1/events" else 404], (url, received)


def test_a_byte_at_a_time(door):
    data = post(chunked(BODY[:9], BODY[9:]), CHUNKED + b"Connection: close\r\n", False)
    with door.connect() as connection:
        for at in range(len(data)):
            connection.sendall(data[at:at + 1])
        assert statuses(read_to_end(connection)) == [202]


# ---- Too much ----


@pytest.mark.parametrize("token", [AUTH, b""])
def test_ten_gigabytes_are_refused_at_once(door, token):
    head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + token + b"Content-Length: 10000000000\r\n\r\n"
    received = door.raw(head)  # none of the body is sent
    assert statuses(received) == [413]
    with door.connect() as connection:  # and so is somebody who sends it all the same
        sent = 0
        with pytest.raises(OSError):
            connection.sendall(head)
            while True:
                sent += connection.send(bytes(1 << 20))
        assert sent < 100 << 20


def test_a_stranger_costs_no_body(door):
    head = post().partition(b"\r\n\r\n")[0].replace(AUTH, b"").replace(b"Content-Length: %d" % len(BODY), b"Content-Length: 1000000")
    assert statuses(door.raw(head + b"\r\n\r\n")) == [401]


def test_pipelined_requests_are_answered_in_their_order(door):
    count = 500
    data = b"".join(post(json.dumps(event(number)).encode()) if number % 3 else GET for number in range(count))
    received = door.raw(data + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert statuses(received) == [202 if number % 3 else 404 for number in range(count)] + [404]


def test_somebody_who_never_reads_is_not_read_either(door):
    with door.connect() as connection:
        connection.setblocking(False)
        sent, stuck_since = 0, time.monotonic()
        while time.monotonic() - stuck_since < 1:  # until the door and both kernels take no more
            try:
                sent += connection.send(1000 * GET)
                stuck_since = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
            assert sent < 200 << 20
        assert door.post(event(5)).status == 202


def test_resets_while_an_answer_is_on_its_way(door):
    def reset(number):
        with door.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(post(json.dumps(event(number)).encode())[: None if number % 2 else -1])

    for number in range(300):
        reset(number)
    wait_until(lambda: open_files(door.process()) < 30, "the door has let go of all of them")


def test_a_half_closed_connection_is_answered(door):
    with door.connect() as connection:
        connection.sendall(post() + GET)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(read_to_end(connection)) == [202, 404]


def test_a_tls_client_that_ends_without_a_word_is_answered(open_door, tmp_path):
    """Its FIN comes without TLS's own close_notify, as many programs end."""
    door = open_door(csv_section(tmp_path))
    with door.connect() as connection:
        connection.sendall(post())
        socket.socket.shutdown(connection, socket.SHUT_WR)  # that of the socket, not that of TLS
        assert statuses(read_to_end(connection)) == [202]


# ---- Too many ----


def test_more_connections_than_there_are_places(open_door, tmp_path):
    door = open_door(csv_section(tmp_path), https=False)
    files = open_files(door.process())
    idle = []
    try:
        for number in range(1100):
            connection = socket.create_connection(("127.0.0.1", door.port))
            connection.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"")
            idle.append(connection)
        wait_until(lambda: open_files(door.process()) >= files + 1024, "all places are taken")
        for number in range(20):  # the others go on, as if nobody were there
            assert door.post(event(number)).status == 202
        door.bus.emit(event(100))
        door.bus.wait_for("crm", delivered=21)
        assert open_files(door.process()) <= files + 1025
    finally:
        for connection in idle:
            connection.close()
    wait_until(lambda: open_files(door.process()) <= files + 1, "all places are free again")


def test_connections_of_senders_are_not_given_up_for_strangers(open_door):
    door = open_door(https=False)
    client = door.client()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    client.request("POST", "/v1/events", BODY, headers)
    assert client.getresponse().read()
    strangers = [socket.create_connection(("127.0.0.1", door.port)) for _ in range(1200)]
    wait_until(lambda: door.post(event(2)).status in (200, 202), "there is a place")
    kept = client.sock
    client.request("POST", "/v1/events", BODY, headers)
    assert client.getresponse().status == 200 and client.sock is kept
    for connection in strangers:
        connection.close()
    client.close()


def test_strangers_cannot_use_up_the_memory_for_bodies(open_door):
    door = open_door(https=False, more="ingest_signing_secret = whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    head = (b"POST /v1/events HTTP/1.1\r\nHost: x\r\nwebhook-id: a\r\nwebhook-timestamp: %d\r\n"
            b"webhook-signature: v1,x\r\nContent-Length: 1048576\r\n\r\n" % int(time.time()))

    def send(_):
        connection = door.connect()
        try:
            connection.sendall(head + 1048575 * b"x")
        except OSError:
            pass
        return connection

    open_ones = in_threads(send, range(40))
    answered = 0
    for connection in open_ones:
        connection.setblocking(False)

    def count():
        nonlocal answered
        for connection in open_ones:
            try:
                answered += connection.recv(65536).startswith(b"HTTP/1.1 429 ")
            except OSError:
                pass
        return answered >= 20

    wait_until(count, "those beyond the strangers' share are told so")
    many = [event(number, link="https://x.org/" + 900 * "x") for number in range(1000)]
    assert door.post(many).status == 202
    for connection in open_ones:
        connection.close()


# ---- Too slow ----


def drip(connection, data, until):
    """A byte now and then; returns what came back and how long that took."""
    begun = time.monotonic()
    connection.settimeout(0.5)
    received = b""
    try:
        for at in range(len(data)):
            connection.sendall(data[at:at + 1])
            try:
                received += connection.recv(65536)
                break
            except TimeoutError:
                if time.monotonic() - begun > until:
                    break
    except (OSError, ssl.SSLError):
        pass
    return received, time.monotonic() - begun


def test_whatever_drips_is_over_after_thirty_seconds(open_door):
    door = open_door()

    def slow_head(connection):
        return connection, 1000 * b"GET / HTTP/1.1\r\n"

    def slow_body(connection):
        connection.sendall(post(b"", b"Content-Length: 100000\r\n", False))
        return connection, 1000 * b" "

    def slow_chunks(connection):
        connection.sendall(post(b"", CHUNKED, False))
        return connection, 300 * b"1\r\n \r\n"

    def second_request(connection):
        connection.sendall(GET)
        assert statuses(connection.recv(65536)) == [404]
        return connection, 1000 * b"GET / HTTP/1.1\r\n"

    def attack(kind):
        if kind is None:  # a handshake of TLS that does not get on
            with socket.create_connection(("127.0.0.1", door.port)) as plain:
                return drip(plain, b"\x16\x03\x01\x02\x00\x01\x00" + 1000 * b"\x00", 45)
        with door.connect() as connection:
            return drip(*kind(connection), 45)

    results, stop, served = [], threading.Event(), []

    def go_on_working():
        number = 0
        while not stop.is_set():
            begun = time.monotonic()
            assert door.post(event(number)).status == 202
            served.append(time.monotonic() - begun)
            number += 1
            time.sleep(0.1)

    worker = threading.Thread(target=go_on_working)
    worker.start()
    kinds = 20 * [slow_head, slow_body, slow_chunks, second_request, None]
    results = in_threads(attack, kinds)
    stop.set()
    worker.join()
    for kind, (received, seconds) in zip(kinds, results):
        assert 25 < seconds < 40, (kind, seconds)
        assert statuses(received) == ([408] if kind else []), (kind, received)
    assert len(served) > 50 and max(served) < 10, served


# ---- Rubbish ----


def test_random_bytes_and_mutated_requests(door):
    dice = random.Random(20260318)
    seeds = [data for data, _ in MALFORMED.values() if len(data) < 3000] + [post(), post(chunked(BODY), CHUNKED, False), GET]

    def mutate(data):
        data = bytearray(data)
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(data))
            what = dice.randrange(4)
            if what == 0:
                data[at] = dice.randrange(256)
            elif what == 1:
                del data[at:at + dice.randrange(1, 20)]
            elif what == 2:
                data[at:at] = dice.choice([b"\0", b"\r\n", b"\n", b": ", b"chunked", b"\r\n\r\n", b"0\r\n\r\n", b"\xff"])
            else:
                data += dice.choice(seeds)
            data = data or bytearray(b"x")
        return bytes(data)

    for number in range(1500):
        data = mutate(dice.choice(seeds)) if number % 10 else dice.randbytes(dice.randrange(1, 2000))
        with door.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            for status in statuses(read_to_end(connection)):
                assert status in (200, 202, 400, 401, 404, 405, 411, 413, 414, 415, 417, 431, 505), (data, status)


def test_the_wrong_protocol(open_door):
    door = open_door()
    with socket.create_connection(("127.0.0.1", door.port)) as plain:
        plain.sendall(post())
        assert not read_to_end(plain).startswith(b"HTTP/")
    for _ in range(50):  # and connections that end during the handshake
        with socket.create_connection(("127.0.0.1", door.port)) as plain:
            plain.sendall(b"\x16\x03\x01\x00\x05\x01\x00\x00")
    assert door.post(event(1)).status == 202


def test_documents_that_cost_much_to_read(door):
    documents = [500_000 * b"[" + 500_000 * b"]", b"[" + b",".join(1000 * [b"[" + b",".join(200 * [b"[]"]) + b"]"]) + b"]",
                 b'{"a":' * 100_000, b"[" + b",".join(100_000 * [b"0.1"]) + b"]", b'"' + 170_000 * b"\\u0001" + b'"',
                 b"[" + b",".join(b'{"k%d":%d}' % (number, number) for number in range(60_000)) + b"]"]
    for document in documents:
        assert len(document) <= 1 << 20
        assert door.post(document).status in (400, 413)


@pytest.mark.skipif(SANITIZED, reason="AddressSanitizer keeps what is freed")
def test_memory_returns_to_where_it_was(open_door):
    door = open_door()

    def burden(_):
        many = [event(number, link="https://x.org/" + 900 * "x") for number in range(1000)]
        for _ in range(3):
            assert door.post(many).status in (200, 202)
            assert door.post(b"[" + b",".join(1000 * [b"[" + b",".join(200 * [b"[]"]) + b"]"]) + b"]").status == 400

    in_threads(burden, range(4))  # once, so that what stays is there
    wait_until(lambda: open_files(door.process()) < 20, "they have gone")
    time.sleep(2)  # memory is given back by a tick
    before = door.memory_kib()
    in_threads(burden, range(16))
    idle = [door.connect() for _ in range(300)]
    for connection in idle:
        connection.close()
    wait_until(lambda: door.memory_kib() < before + 4096, f"it is back at {before} KiB")
