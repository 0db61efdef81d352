"""Mails as files, in OUT: those of `affnotify render`, as they are sent, and those of the golden files.

    render.py BUILD GOLDEN OUT

Events of every kind are rendered: one of each, a batch, and the longest and strangest values that are accepted.
"""

import email.message
import email.policy
import json
import os
import pathlib
import subprocess
import sys

BUILD, GOLDEN, OUT = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])

PLAIN = "to = Team <team@example.com>\n"
WHOLE = """to = Ann Lee <ann@example.com>, "Lee, Bob" <bob@example.com>
cc = アフィリエイト・プログラム担当チームの皆さん <cc@example.com>
bcc = hidden@example.com
reply_to = Zoë <zoe@example.com>, team@example.com
envelope_from = bounces@example.net
list_id = Partner & Freunde <affiliates.example.com>
subject_prefix = [Programm Zürich]
"""
UTF8 = "to = Jürgen <jürgen@büro.example>, 张伟@例子.example\n"


def event(number, kind="affiliate.created", address=None, link="https://myapp.link/ref/abc123"):
    return {"event": kind, "email": address or f"person{number}@example.com", "deep_link": link,
            "occurred_at": f"2026-03-18T12:{number % 60:02}:00.000Z"}


BATCH = [event(number, "affiliate.deactivated" if number % 3 == 2 else "affiliate.created") for number in range(50)]
CASES = {
    "created": (PLAIN, [event(0)]),
    "deactivated": (PLAIN, [event(0, "affiliate.deactivated")]),
    "no_link": (PLAIN, [event(0, link="")]),
    "batch": (PLAIN, BATCH),
    "whole": (WHOLE, [event(0)]),
    "whole_batch": (WHOLE, BATCH[:3]),
    "utf8": (UTF8, [event(0)]),
    "longest": (PLAIN, [event(0, address="y" * 64 + "@" + ".".join(["z" * 60] * 3) + ".exampl",
                              link="https://myapp.link/?" + "&" * 2028)]),
    "strange": (PLAIN, [event(number, address=address, link=link) for number, (address, link) in enumerate([
        ("O'Neil+tag@example.com", "https://myapp.link/o'neil"),
        ("=1+1@example.com", "myapp://ref/abc"),
        ("דוד@example.com", "https://myapp.link/\u202efdp.exe"),
        ("علي@example.com", "https://myapp.link/علي"),
        ("张伟@example.com", "https://例子.example/张伟"),
        ("\U0001f468\u200d\U0001f469@example.com", "https://myapp.link/\U0001f680"),
        ("=?utf-8?q?x?=@example.com", "https://myapp.link/%3Cscript%3E"),
    ])]),
}


def render(name, people, events):
    """What would be sent for these events, one mail after the other, as bytes."""
    config = OUT / f"{name}.ini"
    config.write_text(f"[bus]\nstate = {OUT}/state\nsocket = {OUT}/bus.sock\n"
                      "[sink:mail]\nplugin = smtp\nurl = smtp://mail.example.com\n"
                      f"from = Affiliates <affnotify@example.com>\n{people}", encoding="utf-8")
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events)
    done = subprocess.run([BUILD / "bin" / "affnotifyd", "-c", config, "--render", "mail", "--events"],
                          input=lines.encode(), capture_output=True, check=False)
    answer = json.loads(done.stdout or b"{}")
    if done.returncode != 0 or not answer.get("ok"):
        sys.exit(f"render failed: {done.stdout.decode()}{done.stderr.decode()}")
    shown = [shown for message in answer["messages"] for shown in message["events"]]
    assert len(shown) == len(events), name
    return [message["message"].encode() for message in answer["messages"]]


def assemble(request):
    """The mail that a golden file describes: its headers, and the text and the page beside it."""
    mail = email.message.EmailMessage(policy=email.policy.SMTPUTF8)
    mail.set_content(request.with_suffix(".txt").read_text(encoding="utf-8"), cte="quoted-printable")
    mail.add_alternative(request.with_suffix(".html").read_text(encoding="utf-8"), "html", cte="quoted-printable")
    head = [line.removeprefix("header ") for line in request.read_text(encoding="utf-8").splitlines()
            if line.startswith("header ")]
    return "\r\n".join(head).encode() + b"\r\n" + mail.as_bytes()


def main():
    count = 0
    for name, (people, events) in CASES.items():
        for number, mail in enumerate(render(name, people, events)):
            (OUT / f"render_{name}_{number}.eml").write_bytes(mail)
            count += 1
    requests = [path for path in sorted(GOLDEN.glob("*.request")) if path.with_suffix(".html").exists()]
    assert len(requests) >= 15
    for request in requests:
        (OUT / f"golden_{request.stem}.eml").write_bytes(assemble(request))
    print(f"{count} mails rendered, {len(requests)} of golden files")


os.umask(0o077)
main()
