"""Notices through a real affnotify-host, frame by frame."""
import socket
import threading

import pytest

from host_driver import CLOSE, DELIVERED, DOWN, MISSET, NOTICE, RETRY, event
from https_server import response

TEST = 2  # a flag of notices


@pytest.fixture
def post(launch, https_server):
    """A host whose requests go to the server, which it trusts."""
    def start_host(values=None, **tuning):
        trusted = {"url": https_server.url + "/hook", "ca_file": str(https_server.ca_file)}
        return launch("fixture_request").ready({**trusted, **(values or {})}, **tuning)
    return start_host


def test_who_takes_notices(launch):
    assert launch("fixture_request").table()["notices"] is True
    assert launch("fixture_mail").table()["notices"] is False


def test_a_notice_as_a_request(post, https_server):
    host = post({"token": "open sesame"})
    assert host.notice(7) == {"number": 7, "verdict": DELIVERED, "retry_after_ms": 0, "what": "", "remedy": ""}
    request, = https_server.requests
    assert request.body == b"One.\n\nTwo."
    assert (request.headers["x-notice"], request.headers["x-about"]) == ("ntc_crm_1_held", "crm")
    assert host.notice(8)["number"] == 8 and host.one()["verdict"] == DELIVERED
    assert https_server.connections == 1  # kept for all that it sends
    assert host.close() == 0


def test_what_the_host_says_of_an_answer(post, https_server):
    https_server.answer = lambda request: response(
        503, b"open sesame?", [("Retry-After", "7")])
    noticed = post({"token": "open sesame"}).notice()
    assert noticed["verdict"] == RETRY and noticed["retry_after_ms"] == 7000
    assert noticed["what"].startswith("HTTP 503") and "sesame" not in noticed["what"]
    assert noticed["remedy"]


def test_nobody_there(launch, https_server):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    host = launch("fixture_request").ready({"url": f"https://127.0.0.1:{port}/"})
    assert host.notice()["verdict"] == DOWN


def test_what_is_not_sent(post, launch, https_server):
    noticed = launch("fixture_request").ready({}).notice()
    assert (noticed["verdict"], noticed["what"]) == (MISSET, "the request has no URL")
    noticed = post({"mode": "nothing"}).notice()
    assert (noticed["verdict"], noticed["what"]) == (RETRY, "not now")
    assert https_server.requests == []


def test_rounds(post, https_server):
    https_server.answer = lambda request: 200 if request.headers["x-round"] == "0" else 204
    assert post({"mode": "again"}).notice()["verdict"] == DELIVERED
    assert [request.headers["x-round"] for request in https_server.requests] == ["0", "1"]
    https_server.answer = lambda request: 200
    host = post({"mode": "again"})
    assert host.notice()["verdict"] == RETRY
    assert host.logs == [(2, "the plugin asked for more than 4 requests for one notice: taken as RETRY")]


def test_beside_a_batch(post, https_server):
    """A notice takes no batch's place, and waits for none."""
    go = threading.Event()
    https_server.answer = lambda request: 200 if "x-notice" in request.headers else go.wait(30) and 200
    host = post(concurrency=1)
    host.deliver(1, [event(1)])
    https_server.wait_for(1)
    assert host.notice()["verdict"] == DELIVERED
    go.set()
    assert host.outcome()["verdict"] == DELIVERED


def test_its_timeout(post, https_server):
    go = threading.Event()
    https_server.answer = lambda request: go.wait(30) and None
    noticed = post(timeout_ms=2000).notice()
    go.set()
    host = https_server.url.removeprefix("https://")
    assert (noticed["verdict"], noticed["what"]) == (RETRY, f"no whole answer from {host} within 2000 ms")


def test_the_end_waits_for_a_notice_that_was_begun(post, https_server):
    go = threading.Event()
    https_server.answer = lambda request: go.wait(30) and 200
    host = post()
    host.send(NOTICE, 1, "ntc_a", "a", "s", "t", 0, ("i64", 0))
    https_server.wait_for(1)
    host.send(CLOSE)
    go.set()
    assert host.noticed()["verdict"] == DELIVERED
    assert host.ended() == 0


@pytest.mark.parametrize("plugin", ["fixture_mail", "fixture_render"])
def test_a_notice_for_a_plugin_that_takes_none(launch, plugin):
    values = {"url": "smtps://localhost/", "from": "a@b.c", "to": "a@b.c"} if plugin == "fixture_mail" else {}
    host = launch(plugin).ready(values)
    host.send(NOTICE, 1, "ntc_a", "a", "s", "t", 0, ("i64", 0))
    assert host.ended() == 1
    assert host.logs[-1] == (3, "the bus sent a NOTICE that cannot be taken; the host ends")


def test_two_at_once(post, https_server):
    go = threading.Event()
    https_server.answer = lambda request: go.wait(30) and 200
    host = post()
    for _ in range(2):
        host.send(NOTICE, 1, "ntc_a", "a", "s", "t", 0, ("i64", 0))
    assert host.ended() == 1
    go.set()


def test_a_real_one_in_a_trial(post, https_server):
    host = post(trial=True)
    assert host.notice(flags=TEST)["verdict"] == DELIVERED
    host.send(NOTICE, 2, "ntc_a", "a", "s", "t", 0, ("i64", 0))
    assert host.ended() == 1
    assert len(https_server.requests) == 1
