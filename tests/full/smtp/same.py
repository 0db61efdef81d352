"""Whether npm's mailparser reads in the mails of FOLDER what Python's email reads.

    same.py PARSER FOLDER

PARSER is parse.js beside the packages that it needs. Of one mail a changed copy goes along, which must be found.
"""

import email
import email.header
import email.policy
import email.utils
import json
import pathlib
import re
import subprocess
import sys

PARSER, FOLDER = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])


def decoded(value):
    """A header's text. Python 3.11's newer parser keeps the blank between two encoded words; this one does not."""
    return str(email.header.make_header(email.header.decode_header(value)))


def shown(address):
    """As mailparser gives it: a domain in its own script."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode().decode('idna')}"


def people(mail, name):
    return [[decoded(person), shown(address)]
            for person, address in email.utils.getaddresses(mail.get_all(name, []))]


def list_id(mail):
    """mailparser leaves the name of a list as it came."""
    if "List-Id" not in mail:
        return None
    name, identifier = re.fullmatch(r"(.*?) ?<(.+)>", mail["List-Id"]).groups()
    return [name, identifier]


def read(path):
    content = path.read_bytes().decode()
    mail = email.message_from_string(content, policy=email.policy.compat32)
    modern = email.message_from_string(content, policy=email.policy.SMTPUTF8)
    plain, html = (part.get_content().replace("\r\n", "\n") for part in modern.iter_parts())
    unfolded = {name: re.sub(r"\r?\n(?=[ \t])", "", value) for name, value in mail.items()}
    for name in list(mail.keys()):
        mail.replace_header(name, unfolded[name])
    return {
        "subject": decoded(mail["Subject"]),
        "from": people(mail, "From"),
        "reply_to": people(mail, "Reply-To"),
        "to": people(mail, "To"),
        "cc": people(mail, "Cc"),
        "date": email.utils.parsedate_to_datetime(mail["Date"]).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "message_id": mail["Message-ID"],
        "references": mail.get("References", "").split(),
        "list_id": list_id(mail),
        "text": plain,
        "html": html,
        "attachments": 0,
    }


def main():
    paths = sorted(FOLDER.glob("*.eml"))
    changed = FOLDER / "changed"
    content = paths[0].read_bytes()
    assert b"Sent by" in content
    changed.write_bytes(content.replace(b"Sent by", b"Sent bv", 1))
    done = subprocess.run(["node", PARSER, *paths, changed], capture_output=True, check=True)
    theirs = json.loads(done.stdout)
    failed = False
    for path in paths:
        ours = read(path)
        for field, value in ours.items():
            if theirs[str(path)][field] != value:
                failed = True
                print(f"{path.name}: {field}:\n  Python     {value!r}\n  mailparser {theirs[str(path)][field]!r}")
    if failed:
        sys.exit("mailparser reads something else")
    if theirs[str(changed)] == read(paths[0]):
        sys.exit("a changed mail was read as the same: the check checks nothing")
    print(f"mailparser and Python read the same in {len(paths)} mails")


main()
