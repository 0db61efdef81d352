"""What a request may have, up to the last byte of it, and one more."""

import json
import socket
import time

import pytest

from door import TOKEN, in_threads, open_files, read_to_end, statuses
from harness import event, wait_until

AUTH = f"Authorization: Bearer {TOKEN}\r\n".encode()
BODY = json.dumps(event(1)).encode()
HEAD_BYTES_MAX = 16 * 1024
URL_BYTES_MAX = 8 * 1024
HEADERS_MAX = 100
BODY_BYTES_MAX = 1024 * 1024
LINE_BYTES_MAX = 64 * 1024
CONNECTIONS_MAX = 1024
REQUEST_S = 30


def head(*lines, url=b"/v1/events"):
    return b"\r\n".join([b"POST " + url + b" HTTP/1.1", b"Host: x", b"Connection: close", *lines, b"", b""])


def post(*lines, url=b"/v1/events"):
    """A request with an event and further headers."""
    return head(AUTH.rstrip(), b"Content-Length: %d" % len(BODY), *lines, url=url) + BODY


def test_the_head(open_door):
    door = open_door(https=False)
    spare = HEAD_BYTES_MAX - len(post(b"X: ")) + len(BODY)
    url = b"/v1/events?" + (URL_BYTES_MAX - len("/v1/events?")) * b"x"
    few = [b"A: b"] * (HEADERS_MAX - post().count(b"\r\n") + 2)  # less the request line and the empty one
    for right, wrong, status in [
        (post(b"X: " + spare * b"x"), post(b"X: " + (spare + 1) * b"x"), 431),
        (post(*few), post(*few, b"A: b"), 431),
        (post(url=url), post(url=url + b"x"), 414),
    ]:
        assert statuses(door.raw(right)) in ([202], [200])
        assert statuses(door.raw(wrong)) == [status]
    assert door.bus.ask({"command": "status"})["bus"]["accepted"] == 1


@pytest.mark.parametrize("chunk", [None, 1000, BODY_BYTES_MAX])
def test_the_body(open_door, chunk):
    door = open_door()
    for more, status in ((0, 202), (1, 413)):
        body = b"[" + BODY + (BODY_BYTES_MAX - len(BODY) - 2 + more) * b" " + b"]"
        if chunk:
            pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)] + [b""]
            sent = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
            data = head(AUTH.rstrip(), b"Transfer-Encoding: chunked") + sent
        else:
            data = head(AUTH.rstrip(), b"Content-Length: %d" % len(body)) + body
        assert statuses(door.raw(data)) == [status]


def test_an_event_as_a_line(open_door):
    """What one event of a request may have is what a line of the bus's socket may have."""
    door = open_door()
    for more, code, rule in ((0, 202, None), (1, 400, "too_long")):
        one = dict(event(2), more="")
        one["more"] = (LINE_BYTES_MAX + more - len(json.dumps(one))) * "x"
        connection = door.bus.connect()
        connection.socket.sendall(json.dumps(one).encode() + b"\n")
        assert connection.receive().get("rule") == rule
        connection.close()
    at_most, refused = (door.post([dict(event(3), more=length * "x"), event(4)])
                        for length in (LINE_BYTES_MAX - 1000, LINE_BYTES_MAX))
    assert (at_most.status, at_most.new) == (202, [True, True])
    assert (refused.status, [(one["index"], one["rule"]) for one in refused.json["errors"]]) == (400, [(0, "too_long")])
    assert [one["index"] for one in refused.json["events"]] == [1]


def test_the_places(open_door):
    """As many strangers as there are places stay; one more takes the place of the first."""
    door = open_door(https=False)
    before = open_files(door.process())
    strangers = []

    def come():
        stranger = socket.create_connection(("127.0.0.1", door.port))
        stranger.setblocking(False)
        strangers.append(stranger)

    def gone():
        found = []
        for number, stranger in enumerate(strangers):
            try:
                assert stranger.recv(1) == b""
                found.append(number)
            except BlockingIOError:
                pass
        return found

    try:
        for _ in range(CONNECTIONS_MAX):
            come()
        wait_until(lambda: open_files(door.process()) == before + CONNECTIONS_MAX, "all have a place")
        assert gone() == []
        come()
        wait_until(gone, "one has lost its place")
        assert gone() == [0]
        assert open_files(door.process()) == before + CONNECTIONS_MAX
    finally:
        for stranger in strangers:
            stranger.close()


def test_a_whole_request_may_take_half_a_minute(open_door):
    """It drips for most of that time, and is taken in; one that drips on is over."""
    door = open_door()
    data = head(AUTH.rstrip(), b"Content-Length: %d" % len(BODY)) + BODY

    def drip(seconds):
        with door.connect() as connection:
            begun = time.monotonic()
            for at in range(len(data)):
                connection.sendall(data[at:at + 1])
                time.sleep(max(0, begun + seconds * at / len(data) - time.monotonic()))
            return statuses(read_to_end(connection))

    def stop_half_way(_):
        with door.connect() as connection:
            connection.sendall(data[:-10])
            return statuses(read_to_end(connection))

    found = in_threads(lambda job: job[0](job[1]), [(drip, REQUEST_S * 2 // 3), (stop_half_way, None)])
    assert found == [[202], [408]]
