"""RENDER by a real affnotify-host: what would be sent, byte for byte, and nothing of it sent."""
import pytest

from host_driver import DELIVERED, MISSET, RENDER, SEND, event

MASK = "••••"


@pytest.fixture
def start(launch):
    """Starts hosts in a trial, as far as CHECKED."""
    def start_host(plugin, values=None, trial=True, **tuning):
        host = launch(plugin)
        host.table()
        assert host.options(values or {}, trial=trial, **tuning) == []
        return host
    return start_host


@pytest.fixture
def opened(start):
    """The same for a sink that makes requests, which is asked after OPEN."""
    def start_host(plugin, values, **tuning):
        host = start(plugin, values, **tuning)
        assert host.open() == (DELIVERED, "", "")
        return host
    return start_host


def verdict(rendered):
    return rendered["verdict"], rendered["what"], rendered["remedy"]


def nothing(rendered):
    """Of what would be sent, nothing is there."""
    return not any(rendered[name] for name in ("kind", "method", "url", "sender", "lines", "body"))


# ---- HTTP ----

@pytest.mark.parametrize("values", [
    {},
    {"header.X-Team": "one", "header.X-Empty": "", "header.Content-Type": "application/json"},
    {"header.Host": "other.example", "header.Accept": "text/plain", "header.User-Agent": "mine"},
    {"header.host": "other.example", "header.accept": "", "header.user-agent": "mine"},
    {"header.Host": ""},
    {"header.X-Blank": " ", "header.X-Two": "two"},
    {"method": "PUT"},
    {"method": "PATCH", "body": "x"},
    {"method": "GET", "body": "none"},
    {"method": "DELETE"},
    {"body": ""},
    {"body": "none"},
    {"body": "caf\u00e9, \u20ac"},
])
def test_a_request_is_shown_as_the_server_gets_it(opened, https_server, values):
    to = {"url": https_server.url + "/hook?a=b", "ca_file": str(https_server.ca_file)}
    host = opened("fixture_request", {**to, **values})
    shown, = host.render([event(1)])
    assert https_server.requests == []
    assert (verdict(shown), shown["taken"], shown["kind"]) == ((SEND, "", ""), 1, "http")
    assert shown["url"] == https_server.url + "/hook?a=b"
    assert host.test([event(1)])[0]["verdict"] == DELIVERED
    request, = https_server.requests
    head = "".join(line + "\r\n" for line in shown["lines"])
    assert request.raw == (f"{shown['method']} /hook?a=b HTTP/1.1\r\n{head}\r\n").encode() + (
        shown["body"])


@pytest.mark.parametrize("values, masked", [
    ({"token": "open sesame"}, "Authorization: Bearer " + MASK),
    ({"token": "abc"}, "Authorization: Bearer " + MASK),  # too short to be blotted out elsewhere
    ({"token": "open sesame", "user": "me"}, "Authorization: Basic " + MASK),
    ({"header.Authorization": "Token 12345"}, "Authorization: " + MASK),
    ({"header.authorization": "Bearer 12345"}, "authorization: Bearer " + MASK),
    ({"api_key": "k"}, "X-Api-Key: " + MASK),
    ({"api_key": "open sesame", "header.x-api-key": "shown?"}, "x-api-key: " + MASK),
    ({"api_key": "sesame", "header.X-Team": "a sesame b"}, f"X-Team: a {MASK} b"),
])
def test_secrets_in_headers_are_masked(opened, https_server, values, masked):
    host = opened("fixture_request", {"url": https_server.url, **values})
    shown, = host.render([event(1)])
    assert masked in shown["lines"]
    everything = str(shown)
    for secret in (values.get("token"), values.get("api_key")):
        assert secret is None or len(secret) < 4 or secret not in everything


@pytest.mark.parametrize("values, url", [
    ({"secret_url": "https://hooks.example.com/services/T0/B0/x7Kq"},
     "https://hooks.example.com/" + MASK),
    ({"secret_url": "https://hooks.example.com:8443"}, "https://hooks.example.com:8443/" + MASK),
    ({"secret_url": "https://[::1]:8443/x"}, "https://[::1]:8443/" + MASK),
    ({"url": "https://me-user:sesame@example.com/a"}, f"https://{MASK}:{MASK}@example.com/a"),
])
def test_secrets_in_urls_are_masked(opened, values, url):
    shown, = opened("fixture_request", values).render([event(1)])
    assert shown["url"] == url


def test_a_secret_in_a_body_is_masked_and_the_rest_stays(opened):
    body = "one\ttwo sesame\u00e9sesame, http"
    host = opened("fixture_request", {"secret_url": "https://example.com/hook", "body": body,
                                      "api_key": "sesame"})
    shown, = host.render([event(1)])
    assert shown["body"].decode() == body.replace("sesame", MASK)


def test_a_request_that_would_not_be_sent(opened):
    host = opened("fixture_request", {"url": "http://example.com/"})
    shown, = host.render([event(1)])
    assert nothing(shown)
    assert verdict(shown) == (
        MISSET, "the request's URL is not one that begins with https://, smtps:// or smtp:// and "
        "names a host", "mend the setting that it comes from, or ask who wrote the plugin")


def test_a_plugin_that_has_nothing_to_send(opened):
    shown, = opened("fixture_request", {"mode": "nothing"}).render([event(1)])
    assert nothing(shown)
    assert verdict(shown) == (DELIVERED, "nothing to send", "")


def test_a_body_that_no_frame_holds(opened):
    host = opened("fixture_request", {"url": "https://example.com/", "size": "1M"})
    shown, = host.render([event(1)])
    assert nothing(shown)
    assert verdict(shown) == (
        MISSET, "what would be sent has 1048576 bytes, more than can be shown",
        "show fewer events, or lower `batch`")
    assert host.close() == 0


# ---- Mail ----

MAIL = {"url": "smtp://mail.example.com", "from": "me@example.com",
        "to": "one@example.com two@example.com"}


def test_a_mail(opened):
    host = opened("fixture_mail", {**MAIL, "user": "me", "password": "sesame"})
    shown, = host.render([event(1)])
    assert (shown["kind"], shown["method"], shown["url"]) == ("mail", "", MAIL["url"])
    assert shown["sender"] == "me@example.com"
    assert shown["lines"] == ["one@example.com", "two@example.com"]
    assert shown["body"].decode() == (
        "Subject: An affiliate has joined\r\n"
        f"Message-ID: <{event(1)[0]}@example.com>\r\n"
        "\r\n"
        "Joined: café.\r\n.a dot begins this line\r\nThe end.\r\n")


# ---- Sinks that deliver by themselves ----

def test_a_sink_that_shows_text(start):
    host = start("fixture_render", {"text": ",\u00e9,", "secret": "open sesame"})
    events = [event(number) for number in (1, 2)]
    shown, = host.render(events)
    assert (verdict(shown), shown["kind"], shown["taken"]) == ((SEND, "", ""), "text", 2)
    assert shown["body"].decode() == "".join(
        f"{event_id},é,{MASK}\r\n\t\0" for event_id, _ in events)
    assert host.open() == (DELIVERED, "", "")
    assert host.render(events) == [shown]
    assert host.close() == 0


def test_text_is_cut_at_a_whole_character(start):
    """Two bytes of room are left, and the next thing that is written has two."""
    host = start("fixture_render", {"text": "\u20ac" * 1000, "secret": "!!", "times": "200"})
    shown, = host.render([event(1)])
    assert len(shown["body"]) == (512 << 10) - 2
    assert shown["body"].decode().endswith("\u20ac")


def test_nothing_to_show(start):
    shown, = start("fixture_render", {"times": "0"}).render([event(1)])
    assert (verdict(shown), shown["kind"], shown["body"]) == ((SEND, "", ""), "text", b"")


def test_a_sink_that_cannot_show(start):
    host = start("fixture_verdict")
    shown, = host.render([event(1)])
    assert nothing(shown) and shown["taken"] == 1
    assert verdict(shown) == (MISSET, "the plugin fixture_verdict cannot show what it would send",
                              "use `affnotify test SINK`, which sends a marked sample")


# ---- Order ----

@pytest.mark.parametrize("plugin, trial", [
    ("fixture_request", True),  # not open yet
    ("fixture_render", False),  # no trial
])
def test_a_render_that_is_not_its_turn(start, plugin, trial):
    host = start(plugin, {}, trial=trial)
    host.deliver(1, [event(1)], kind=RENDER)
    assert host.ended() == 1
    assert host.logs[-1][1] == "the bus sent a message that is not its turn; the host ends"


def test_a_malformed_render(start):
    host = start("fixture_render")
    host.send(RENDER, 1, 0)
    assert host.ended() == 1
    assert host.logs[-1][1] == "the bus sent a malformed RENDER; the host ends"
