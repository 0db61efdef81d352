"""A secret that is a word of ours makes no hole in our sentences, which would tell it; a far side's have one."""

from cli_place import place  # noqa: F401
from harness import event
from https_server import response


def test_check_says_whole_sentences(place):  # noqa: F811
    secret = place.path / "secret"
    secret.write_text("password")
    secret.chmod(0o600)
    ini = place.ini(state=place.path, socket=place.socket)
    ini.write_text(ini.read_text() + "[sink:mail]\nplugin = smtp\nurl = smtps://mail.example.com\n"
                   f"from = a@example.com\nto = b@example.com\npassword = file:{secret}\n")
    shown = place.run("check", "-c", ini).stdout
    assert "[sink:mail] password: is set without user; set both, or neither" in shown, shown
    secret.write_text("without")
    assert "[sink:mail] password: is set without user; set both, or neither" in place.run("check", "-c", ini).stdout


def test_a_far_side_has_none(start, https_server):
    https_server.answer = lambda request: response(401, b"the bad token is password, as in without")
    bus = start(f"[sink:hook]\nplugin = webhook\nurl = {https_server.url}\nca_file = {https_server.ca_file}\n"
                "bearer_token = without\n")
    bus.emit(event(1))
    bus.wait_for("hook", state="held")
    error = bus.sink("hook")["error"]
    assert error.endswith(": the bad token is password, as in ••••"), error
