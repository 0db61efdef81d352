"""What `affnotify render` prints for a Slack sink: BUILD/bin/affnotify, and a file for each message in OUT.

    render.py BUILD OUT

Events of every kind go through it: one of each, a batch, and the longest and strangest values that are accepted.
"""

import json
import os
import pathlib
import subprocess
import sys

BUILD = pathlib.Path(sys.argv[1]).resolve()
OUT = pathlib.Path(sys.argv[2])


def event(number, kind="affiliate.created", email=None, link="https://myapp.link/ref/abc123"):
    return {"event": kind, "email": email or f"person{number}@example.com", "deep_link": link,
            "occurred_at": f"2026-03-18T12:{number % 60:02}:00.000Z"}


def label(bytes_max):
    return "x" * 61 + "." + "y" * (bytes_max - 61 - 1)


CASES = {
    "sample": [],
    "created": [event(0)],
    "deactivated": [event(0, "affiliate.deactivated")],
    "no_link": [event(0, link="")],
    "batch": [event(number, "affiliate.deactivated" if number % 3 == 2 else "affiliate.created")
              for number in range(20)],
    "too_large": [event(number, link="https://myapp.link/?" + "&" * 500) for number in range(20)],
    "longest": [event(0, email="&" * 149 + "@" + label(100) + ".com", link="https://myapp.link/?" + "&" * 2028)],
    "strange": [event(number, email=email, link=link) for number, (email, link) in enumerate([
        ("moc.elpmaxe@example.com".replace("@", "\u202e") + "@example.com", "https://myapp.link/\u202efdp.exe"),
        ("\u05d3\u05d5\u05d2@example.com", "https://myapp.link/\u05d3"),
        ("\U0001f468\u200d\U0001f469@example.com", "https://myapp.link/\U0001f680"),
        ("*bold*_i_@x.y", "https://myapp.link/*bold*/_i_/:wave:"),
        ("=cmd|x@example.com", "myapp://ref/abc"),
    ])],
}


def render(config, events):
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    command = [BUILD / "bin" / "affnotifyd", "-c", config, "--render", "alerts"] + (["--events"] if events else [])
    done = subprocess.run(command, input=lines.encode(), capture_output=True, check=False)
    answer = json.loads(done.stdout or b"{}")
    if done.returncode != 0 or not answer.get("ok"):
        sys.exit(f"render failed: {done.stdout.decode()}{done.stderr.decode()}")
    return answer["messages"]


def main():
    config = OUT / "affnotify.ini"
    secret = OUT / "url"
    secret.touch(mode=0o600)
    secret.write_text("https://hooks.slack.com/services/T00EXAMPLE/B00EXAMPLE/example\n")
    config.write_text(f"[bus]\nstate = {OUT}/state\nsocket = {OUT}/bus.sock\n"
                      f"[sink:alerts]\nplugin = slack\nurl = file:{secret}\n")
    count = 0
    for name, events in CASES.items():
        shown = []
        for message in render(config, events):
            assert message["kind"] == "http" and "EXAMPLE" not in message["url"], message
            shown += message["events"]
            (OUT / f"render_{name}_{count}.json").write_text(message["body"], encoding="utf-8")
            count += 1
        assert len(shown) == max(1, len(events)), name
    print(f"{count} messages rendered")


os.umask(0o077)
main()
