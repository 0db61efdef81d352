"""What SpamAssassin's own rules say of the mails in FOLDER; nobody else is asked.

    spam.py FOLDER

Each must have less than POINTS_MAX, of the 5 that make a mail spam. Two mails that are spam go with them, and must be caught.
"""

import email
import email.utils
import mailbox
import os
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(sys.argv[1]).resolve()
POINTS_MAX, SPAM_POINTS = 2.0, 5.0

# What the server that the mail comes to puts before it: it came from a stranger, who gets no bonus. The
# number tells the mails apart, for SpamAssassin sorts them.
RECEIVED = """Return-Path: <{sender}>
Received: from app.example.com (app.example.com [93.184.215.14])
\tby mail.example.com (Postfix) with ESMTPS id 4X{number}
\tfor <team@example.com>; {date}
"""

# Only what is on this machine: no list, no learnt words, no file of whoever runs this.
SETTINGS = ["report_safe 0", "use_bayes 0", "use_auto_whitelist 0", "dns_available no"]

PRIZE = """From: "MRS JANE DOE" <prize@example.com>
To: undisclosed-recipients:;
Subject: CONGRATULATIONS YOU HAVE WON $5,500,000.00 USD URGENT RESPONSE NEEDED!!!
Message-ID: <prize@example.com>
Date: Wed, 18 Mar 2026 12:00:01 +0000
MIME-Version: 1.0
Content-Type: text/plain

Dear Friend,

I am the widow of a late dictator and the sum of $5,500,000.00 (FIVE MILLION FIVE HUNDRED THOUSAND UNITED STATES
DOLLARS) is deposited in a bank account. I need a foreign partner, next of kin, to transfer the fund. You will get 30%
of the total sum for your assistance. This transaction is 100% risk free and strictly confidential. Send me your full
name, bank account, telephone number and occupation. Buy viagra cialis online pharmacy without prescription, order now!
Click here to claim your money back guarantee. Act now, limited time offer, you have been selected as a winner.
"""


def spam(mail):
    """The same mail with the text that every filter knows as spam (GTUBE), and one of our own making."""
    mark = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    broken = re.sub(rb"\n\n", b"\n\n" + mark + b"\n\n", mail)
    assert broken != mail
    return {"spam_marked": broken, "spam_prize": PRIZE.encode()}


def scores(mails):
    """The points of each mail, and the rules that gave them."""
    box = FOLDER / "mails.mbox"
    with open(box, "wb") as file:
        for number, mail in enumerate(mails.values()):
            headers = email.message_from_string(mail.decode())
            sender = email.utils.parseaddr(headers["From"])[1]
            content = RECEIVED.format(sender=sender, date=headers["Date"], number=number).encode() + mail
            file.write(b"From affnotify@example.com Wed Mar 18 12:00:01 2026\n"
                       + re.sub(rb"(?m)^From ", b">From ", content) + b"\n\n")
    settings = [part for setting in SETTINGS for part in ("--cf", setting)]
    done = subprocess.run(["spamassassin", "--local", "--nocreate-prefs", "--prefspath", "/dev/null", *settings, "--mbox"],
                          input=box.read_bytes(), capture_output=True, check=True, env={**os.environ, "HOME": str(FOLDER)})
    judged = FOLDER / "judged.mbox"
    judged.write_bytes(done.stdout)
    found = {}
    names = list(mails)
    for mail in mailbox.mbox(judged):
        status = re.sub(r"\s+", "", str(mail["X-Spam-Status"]))
        points, rules = re.search(r"score=(-?[\d.]+)required=5\.0tests=(\S*?)autolearn", status).groups()
        found[names[int(re.search(r" id 4X(\d+)", mail["Received"]).group(1))]] = (float(points), rules)
    assert len(found) == len(mails), f"{len(found)} of {len(mails)} were judged: {done.stderr.decode()}"
    return found


def main():
    mails = {path.stem: path.read_bytes().replace(b"\r\n", b"\n") for path in sorted(FOLDER.glob("*.eml"))}
    found = scores({**mails, **spam(next(iter(mails.values())))})
    failed = False
    for name, (points, rules) in found.items():
        right = points >= SPAM_POINTS if name.startswith("spam_") else points < POINTS_MAX
        failed = failed or not right
        print(f"{points:7.1f} {name}: {rules}{'' if right else '   <== wrong'}")
    if failed:
        sys.exit("SpamAssassin judges otherwise than it should")
    print(f"{len(mails)} mails have less than {POINTS_MAX:g} points, and what is spam is caught")


main()
