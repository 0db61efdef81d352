"""Has a real bus send events of every kind to an HTTPS server, signed: capture.py FOLDER, which gets captured.json.

Each request stands there with the secrets that it must be signed by, and its bytes in base64.
"""

import base64
import json
import pathlib
import secrets
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "system"))

from conftest import Tls  # noqa: E402  the path comes first
from harness import Bus, event  # noqa: E402
from https_server import HttpsServer  # noqa: E402

LONG = "x" * (254 - len("@example.com")) + "@example.com"
EVENTS = [
    event(0),
    event(0, "affiliate.deactivated", link=""),
    event(2, email=LONG, link="https://myapp.link/?" + "&" * 2028),
    *(event(3 + number, email=email, link=link) for number, (email, link) in enumerate([
        ("\u05d3\u05d5\u05d2@example.com", "https://myapp.link/\u05d3"),
        ("\u5f20\u4f1f@example.com", "https://myapp.link/\u202efdp.exe"),
        ("\U0001f468\u200d\U0001f469@example.com", "https://myapp.link/\u200b\U0001f680"),
        ("O'Neil+tag@example.com", "myapp://ref/abc"),
        ("=cmd|x@example.com", "https://myapp.link/%2Fa?b=c.d.e"),
    ])),
]


def new_secret(length):
    return "whsec_" + base64.b64encode(secrets.token_bytes(length)).decode()


def capture(folder, name, listed):
    """What one sink sends whose secrets these are."""
    tls = Tls(folder)
    server = HttpsServer(tls.context(), tls.ca)
    file = folder / "secrets"
    file.touch(mode=0o600)
    file.write_text("".join(secret + "\n" for secret in listed))
    bus = Bus(folder, f"[sink:{name}]\nplugin = webhook\nurl = {server.url}/{name}\nca_file = {tls.ca}\n"
                      f"signing_secret = file:{file}\nexpire = 0\n")
    bus.start()
    try:
        bus.emit(*EVENTS)
        bus.wait_for(name, delivered=len(EVENTS))
        done = bus.command("test", name)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        assert bus.stop() == 0, bus.log()
        server.close()
    assert len(server.requests) == len(EVENTS) + 1
    return [{"name": f"{name}: {request.headers['webhook-id']}", "secrets": listed,
             "headers": {key: value for key, value in request.headers.items() if key.startswith("webhook-")},
             "body": base64.b64encode(request.body).decode()} for request in server.requests]


def main(out):
    captured = []
    for name, lengths in {"shortest": [24], "longest": [64], "rotated": [32, 24, 64]}.items():
        folder = out / name
        folder.mkdir()
        captured += capture(folder, name, [new_secret(length) for length in lengths])
    (out / "captured.json").write_text(json.dumps(captured))
    print(f"{len(captured)} requests captured")


main(pathlib.Path(sys.argv[1]))
