"""
The smtp sink against a real Postfix with a configuration, queue, users and certificate of its own:
STARTTLS, a login by SASL, refusals by phase, and a mail that lies in a mailbox at the end.
"""

import grp
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from harness import children_of, event, is_running, wait_until
from mail_server import parse_strictly
from test_smtp import parts, section, settled

DAEMONS = pathlib.Path("/usr/lib/postfix/sbin")
PASSWORD = "sesame"

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.com xn--bro-hoa.example
virtual_mailbox_base = {folder}/mailboxes
virtual_mailbox_maps = inline:{{ {{ team@example.com = team/ }} {{ two@example.com = two/ }} {{ jürgen@xn--bro-hoa.example = two/ }} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = mail.example.com
smtpd_sasl_security_options = noanonymous
smtpd_delay_reject = no
smtpd_sender_restrictions = check_sender_access inline:{{
  {{ greylisted@example.com = 451 4.7.1 try again later }}
  {{ stranger@example.com = 553 5.7.1 not your address }} }}
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_reject_unlisted_recipient = yes
header_checks = regexp:{folder}/header_checks
message_size_limit = 20000
smtpd_error_sleep_time = 0
"""

MASTER_CF = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
local unix - n n - - local
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def free_port():
    """A port below those that the kernel gives to whoever asks for any, so that nobody takes it meanwhile."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(10000, 32000)))
            except OSError:
                continue
            return probe.getsockname()[1]


class Postfix:
    """A Postfix of the test's own, below `folder`; what the system has is not looked at."""

    def __init__(self, folder, tls):
        owner = pwd.getpwnam("postfix")
        self.folder = folder
        self.port = free_port()
        self.url = f"smtp://localhost:{self.port}"
        self.process = None
        folder.chmod(0o755)  # its processes are not root's
        for name in ("queue", "data", "mailboxes", "etc", "etc/sasl"):
            (folder / name).mkdir()
        for name in ("data", "mailboxes"):
            os.chown(folder / name, owner.pw_uid, owner.pw_gid)
        for name, file in (("certificate", tls.certificate), ("key", tls.key)):
            shutil.copy(file, folder / f"{name}.pem")
        (folder / "header_checks").write_text("/^Subject: .*spam/ REJECT looks like spam\n")
        # Debian's Postfix looks for it below its configuration, whatever cyrus_sasl_config_path says.
        (folder / "etc" / "sasl" / "smtpd.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
            f"sasldb_path: {folder}/users\n")
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", folder / "users",
                        "-u", "mail.example.com", "me"],
                       input=PASSWORD.encode(), check=True, capture_output=True)
        os.chown(folder / "users", owner.pw_uid, owner.pw_gid)
        (folder / "etc" / "main.cf").write_text(MAIN_CF.format(
            folder=folder, daemons=DAEMONS, uid=owner.pw_uid, gid=owner.pw_gid,
            certificate=folder / "certificate.pem", key=folder / "key.pem"))
        (folder / "etc" / "master.cf").write_text(MASTER_CF.format(port=f"127.0.0.1:{self.port}"))
        self.make_queue(owner)

    def make_queue(self, owner):
        """What `postfix check` would make; that also looks at the system's own files."""
        owned = "active bounce corrupt defer deferred flush hold incoming saved trace private".split()
        for name in owned:
            (self.folder / "queue" / name).mkdir(mode=0o700)
            os.chown(self.folder / "queue" / name, owner.pw_uid, 0)
        (self.folder / "queue" / "pid").mkdir(mode=0o755)
        postdrop = grp.getgrnam("postdrop").gr_gid
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (self.folder / "queue" / name).mkdir()
            os.chown(self.folder / "queue" / name, owner.pw_uid, postdrop)
            (self.folder / "queue" / name).chmod(mode)

    def log(self):
        path = self.folder / "postfix.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self):
        with open(self.folder / "stderr", "wb") as stderr:
            self.process = subprocess.Popen(
                [DAEMONS / "master", "-c", self.folder / "etc", "-d"], start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
        wait_until(self.answers, "Postfix answers")
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / "stderr").read_text() + self.log()
        try:
            with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def stop(self):
        if self.process is None:
            return
        theirs = children_of(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        wait_until(lambda: not any(map(is_running, theirs)), "what master had started has ended")

    def mails(self, mailbox):
        """The mails in a mailbox, as bytes with CR LF."""
        return [path.read_bytes().replace(b"\n", b"\r\n")
                for path in sorted((self.folder / "mailboxes" / mailbox / "new").glob("*"))]


@pytest.fixture(scope="module")
def postfix(tls):
    assert (DAEMONS / "master").exists(), "Postfix is not installed: sh etc/install-packages.sh test"
    assert os.geteuid() == 0, "this test runs a mail server with users of its own, so it needs root"
    # Not below pytest's own folder: each pytest that starts closes that to all others again.
    with tempfile.TemporaryDirectory(prefix="affnotify-postfix-") as folder:
        server = Postfix(pathlib.Path(folder), tls)
        try:
            yield server.start()
        finally:
            server.stop()


LOGIN = f"user = me\npassword = {PASSWORD}\n"


def emit_one(bus, number=0, **more):
    (event_id,) = bus.emit(event(number, **more))
    return event_id, settled(bus, event_id)


@pytest.mark.parametrize("mechanism", ["plain", "login"])
def test_a_mail_comes_to_rest_in_a_mailbox(postfix, start, tls, mechanism):
    before = len(postfix.mails("team"))
    bus = start(section(postfix, tls, f"{LOGIN}auth = {mechanism}", to="Büro <team@example.com>"))
    event_id, delivery = emit_one(bus, 7, email="jürgen@example.com", link="https://example.com/" + "é" * 500)
    assert (delivery["state"], delivery["verdict"], delivery["code"]) == ("delivered", "DELIVERED", 250)
    wait_until(lambda: len(postfix.mails("team")) > before, "the mail is in the mailbox")
    content = next(mail for mail in postfix.mails("team") if event_id.encode() in mail)
    mail = parse_strictly(content)
    assert mail["Return-Path"] == "<affnotify@example.com>"
    assert mail["Subject"] == "jürgen@example.com joined"
    assert mail["To"].addresses[0].display_name == "Büro"
    assert mail["Message-ID"].startswith(f"<{event_id}.alerts@")
    plain, html = parts(mail)
    assert "https://example.com/" + "é" * 500 in plain and "é" * 500 in html
    assert re.search(r"ESMTPSA id|with ESMTPSA", mail["Received"])


def test_an_address_beyond_ascii(postfix, start, tls):
    bus = start(section(postfix, tls, LOGIN, to="Jürgen <jürgen@büro.example>"))
    event_id, delivery = emit_one(bus)
    assert delivery["verdict"] == "DELIVERED", delivery
    wait_until(lambda: any(event_id.encode() in mail for mail in postfix.mails("two")), "it is in the mailbox")
    content = next(mail for mail in postfix.mails("two") if event_id.encode() in mail)
    assert b"UTF8SMTPSA id" in content  # RFC 6531, 4.3
    assert "\r\nTo: =?UTF-8?Q?J=C3=BCrgen?= <jürgen@xn--bro-hoa.example>\r\n".encode() in content


def test_a_wrong_password(postfix, start, tls):
    bus = start(section(postfix, tls, "user = me\npassword = guess-work\nretry = none"))
    _, delivery = emit_one(bus)
    assert (delivery["verdict"], delivery["code"]) == ("MISSET", 535)
    assert f"localhost:{postfix.port} answered 535 to the login: 535 5.7.8 Error" in delivery["what"]
    assert delivery["remedy"].startswith("check user and password")
    assert "guess-work" not in bus.log() + str(delivery)


def test_a_login_is_wanted(postfix, start, tls):
    bus = start(section(postfix, tls, "retry = none"))
    _, delivery = emit_one(bus)
    assert (delivery["verdict"], delivery["code"]) == ("MISSET", 554)
    assert delivery["what"].startswith("the server refused every recipient: team@example.com (554 5.7.1 ")


@pytest.mark.parametrize("sender, verdict, code, remedy", [
    ("greylisted", "RETRY", 451, "nothing, unless it lasts: the server wants a later try"),
    ("stranger", "MISSET", 553, "check from: the server does not let this user or this machine send as "
                                "that address"),
])
def test_the_sender_is_refused(postfix, start, tls, sender, verdict, code, remedy):
    bus = start(section(postfix, tls, f"{LOGIN}retry = none").replace("affnotify@example.com", f"{sender}@example.com"))
    _, delivery = emit_one(bus)
    assert (delivery["verdict"], delivery["code"], delivery["remedy"]) == (verdict, code, remedy)
    assert f"answered {code} to the sender: {code} " in delivery["what"]


def test_no_recipient_is_known(postfix, start, tls):
    bus = start(section(postfix, tls, f"{LOGIN}retry = none", to="nobody@example.com"))
    _, delivery = emit_one(bus)
    assert (delivery["verdict"], delivery["code"]) == ("MISSET", 550)
    assert delivery["what"].startswith(
        "the server refused every recipient: nobody@example.com (550 5.1.1 <nobody@example.com>: ")
    assert delivery["remedy"] == "check to, cc and bcc, and whether the server takes mail for them from us"


def test_one_of_two_recipients_is_known(postfix, start, tls):
    bus = start(section(postfix, tls, LOGIN, to="nobody@example.com, two@example.com"))
    event_id, delivery = emit_one(bus)
    assert (delivery["state"], delivery["verdict"]) == ("delivered", "DELIVERED")
    assert delivery["what"].startswith("refused: nobody@example.com (550 5.1.1 ")
    wait_until(lambda: any(event_id.encode() in mail for mail in postfix.mails("two")), "it is in the mailbox")


def test_the_message_is_refused(postfix, start, tls):
    bus = start(section(postfix, tls, f"{LOGIN}subject_prefix = spam\nretry = none"))
    _, delivery = emit_one(bus)
    assert (delivery["verdict"], delivery["code"]) == ("REFUSED", 550)
    assert "answered 550 to the message: 550 5.7.1 looks like spam" in delivery["what"]


def test_the_message_is_too_large(postfix, start, tls):
    bus = start(section(postfix, tls, f"{LOGIN}enabled = no"))
    ids = bus.emit(*(event(number, link="https://example.com/" + "x" * 2000) for number in range(20)))
    bus.stop()
    bus.configure(section(postfix, tls, f"{LOGIN}retry = none"))
    bus.start()
    delivery = settled(bus, ids[0])
    assert (delivery["verdict"], delivery["code"]) == ("REFUSED", 552), delivery
    assert "lower batch" in delivery["remedy"]
