"""Cases of core/bus/sentences.h."""

import datetime
import os
import shutil
import socket
import subprocess

from check_cases import Case
from check_cases.config import KEY

HEADER = "core/bus/sentences.h"
SOURCES = [
    "core/bus/survey.c",
    "core/bus/survey_certificate.c",
    "core/bus/survey_file.c",
    "core/bus/survey_folder.c",
    "core/bus/survey_hosts.c",
    "core/bus/survey_literal.c",
    "core/bus/survey_names.c",
    "core/bus/survey_places.c",
    "core/bus/survey_state.c",
    "core/bus/survey_url.c",
    "core/bus/survey_user.c",
    "core/bus/survey_written.c",
]

WEBHOOK = ("[sink:backend]", "plugin = webhook", "url = https://example.com/hook")


def slack(name, url, *more):
    return f"[sink:{name}]", "plugin = slack", f"url = {url}", *more


def smtp(name, to, url="smtp://localhost"):
    return f"[sink:{name}]", "plugin = smtp", f"url = {url}", "from = a@example.com", f"to = {to}"


def csv(name, path, *more):
    return f"[sink:{name}]", "plugin = csv", f"path = {path}", *more


# ---- Certificates ----


def make_certificate(folder, name, *more):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", *more],
                   cwd=folder, check=True, capture_output=True)
    (folder / f"{name}.key").chmod(0o600)


def make_two(folder):
    make_certificate(folder, "ours", "-days", "90")
    make_certificate(folder, "other", "-days", "90")


def make_short(folder):
    make_certificate(folder, "ours", "-days", "3")


def make_ca(folder, begin, end):
    """ours.pem, valid between two days from now on; `openssl req` alone cannot say when it begins."""
    make_certificate(folder, "ca", "-days", "90")
    subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                    "/CN=ours", "-keyout", "ours.key", "-out", "ours.csr"], cwd=folder, check=True, capture_output=True)
    (folder / "ours.key").chmod(0o600)
    (folder / "index.txt").touch()
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca = ours\n[ours]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\n"
        "default_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n")
    subprocess.run(["openssl", "ca", "-batch", "-config", "ca.cnf", "-rand_serial", "-cert", "ca.pem", "-keyfile",
                    "ca.key", "-in", "ours.csr", "-out", "ours.pem", "-notext", "-startdate", begin, "-enddate", end],
                   cwd=folder, check=True, capture_output=True)


def day_after(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%d")


def shows(certificate, key):
    return (*WEBHOOK, f"client_certificate = {{here}}/{certificate}", f"client_key = {{here}}/{key}")


# ---- Files ----


def make_odd(folder):
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(str(folder / "socket"))


def make_others_journal(folder):
    for name in ("journal.db", "lock"):
        (folder / "state" / name).touch(mode=0o600)


def said_of_literals(lines, mode="0644", closed="0640", file="affnotify.ini"):
    return (f"warning: {file}: has mode {mode}, so that others may read the secrets in {lines}; `affnotify seal "
            f"--in-place -c {{here}}/affnotify.ini`, or `chmod {closed} {{here}}/{file.split('{here}/')[-1]}`")


def literal(number, file="affnotify.ini", sink="backend", key="bearer_token"):
    return (f"warning: {file}:{number}: [sink:{sink}] {key}: the secret stands in the file itself; seal it by `affnotify "
            "seal --in-place -c {here}/affnotify.ini`, or write file:/PATH, credential:NAME or env:NAME")


def webhook(name, *more):
    return f"[sink:{name}]", "plugin = webhook", f"url = https://{name}.example.com/hook", *more


# ---- Name servers ----

NAMES = {"LD_PRELOAD": "{fixtures}/fake_names.so", "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}

CASES = {
    # survey_user.c
    "SAY_CONFIG_UNREAD": Case(
        owner="nobody",
        ini=smtp("mail", "a@example.com"),
        says="affnotify.ini: cannot be read by nobody, the owner of {here}/state: Permission denied",
    ),
    "SAY_STATE_OTHERS": Case(
        owner="nobody",
        files={"affnotify.ini": 0o644},
        through=("setpriv", "--reuid=1", "--regid=1", "--clear-groups"),
        says=(
            "warning: affnotify.ini:2: [bus] state: {here}/state belongs to nobody; to see what the bus of that user "
            "sees, look as that user, or as root",
            "affnotify.ini:7: [sink:crm] path: {here}/crm.csv cannot be made: daemon may not write to {here}: "
            "Permission denied; give that user the right, or name another",
        ),
    ),
    "SAY_USER_STAYED": Case(
        owner="nobody",
        through=("setpriv", "--bounding-set=-setuid"),
        says="warning: affnotify.ini:2: [bus] state: {here}/state belongs to nobody, and what that user cannot reach "
             "was not seen: to look as that user is not possible here: Operation not permitted",
    ),
    # survey_file.c
    "SAY_UNREACHED": [
        Case(
            ini=csv("crm", "{here}/affnotify.ini/crm.csv"),
            says="affnotify.ini:7: [sink:crm] path: {here}/affnotify.ini/crm.csv cannot be reached by root: Not a "
                 "directory",
        ),
        Case(
            whole="[bus]\nstate = {here}/affnotify.ini/state\n" + "\n".join(csv("crm", "{here}/crm.csv")) + "\n",
            says="affnotify.ini:2: [bus] state: {here}/affnotify.ini/state cannot be reached by root: Not a directory",
        ),
    ],
    "SAY_UNREAD": Case(
        ini=(*WEBHOOK, "ca_file = {here}/ca.pem"),
        says="affnotify.ini:8: [sink:backend] ca_file: {here}/ca.pem cannot be read: No such file or directory",
    ),
    "SAY_STATE_NO_FOLDER": Case(
        files={"state": "a file"},
        says="affnotify.ini:2: [bus] state: {here}/state is no folder; name one, or move away what is there",
    ),
    "SAY_STATE_CLOSED": Case(
        files={"state/": 0o500},
        says="affnotify.ini:2: [bus] state: {here}/state has mode 0500, so that its owner cannot use it; `chmod u+rwx "
             "{here}/state`",
    ),
    "SAY_STATE_LISTED": Case(
        files={"state/": 0o755},
        says="warning: affnotify.ini:2: [bus] state: {here}/state has mode 0755, so that others may see what is in "
             "it; `chmod 0711 {here}/state`",
    ),
    "SAY_STATE_OPEN": Case(
        files={"state/": 0o770},
        says="warning: affnotify.ini:2: [bus] state: {here}/state has mode 0770, so that others may remove and "
             "replace what is in it; `chmod 0710 {here}/state`",
    ),
    "SAY_STATE_NOT_MADE": Case(
        whole=("[bus]", "state = {here}/closed/later/state", *slack("chat", "env:SECRET_URL")),
        files={"closed/": 0o555},
        environment={"SECRET_URL": "https://hooks.slack.com/services/T/B/example"},
        through=("setpriv", "--bounding-set=-dac_override"),
        needs_root=True,
        says="affnotify.ini:2: [bus] state: {here}/closed/later/state is not there, and root may not make it in "
             "{here}/closed: Permission denied; `install -d -m 0700 -o root {here}/closed/later/state`",
    ),
    "SAY_STATE_NOT_OURS": Case(
        owner="nobody",
        ini=WEBHOOK,
        files={"affnotify.ini": 0o644},
        prepare=make_others_journal,
        says=tuple(f"affnotify.ini:2: [bus] state: {{here}}/state/{name} cannot be written by nobody: Permission denied; "
                   f"`chown nobody {{here}}/state/{name}`" for name in ("journal.db", "lock")),
    ),
    # survey_folder.c
    "SAY_FOLDER_OPEN": Case(
        bus=("secret_key = {here}/keys/key",),
        ini=(*webhook("a", "bearer_token = file:{here}/open/in/token"),
             *webhook("b", "bearer_token = file:{here}/open/in/token"),  # is spoken of once
             *webhook("c", "bearer_token = file:{here}/sticky/token")),
        files={"open/": 0o770, "open/in/": 0o700, "open/in/token": "example-token", "conf.d/": 0o757,
               "sticky/": 0o1777, "sticky/token": "example-token", "keys/": 0o702, "keys/key": KEY},
        says=(
            "warning: affnotify.ini: {here}/conf.d has mode 0757, so that others may replace what is in it; `chmod 0755 "
            "{here}/conf.d`",
            "warning: affnotify.ini:5: [bus] secret_key: {here}/keys has mode 0702, so that others may replace what is in "
            "it; `chmod 0700 {here}/keys`",
            "warning: affnotify.ini:9: [sink:a] bearer_token: {here}/open has mode 0770, so that others may replace what "
            "is in it; `chmod 0750 {here}/open`",
        ),
    ),
    "SAY_FOLDER_OWNED": Case(
        ini=webhook("a", "bearer_token = file:{here}/link/token"),
        files={"theirs/": 0o755, "theirs/token": "example-token", "link": "->theirs"},
        prepare=lambda folder: os.chown(folder / "theirs", 1, 1),
        needs_root=True,
        says=tuple(f"warning: affnotify.ini:8: [sink:a] bearer_token: {{here}}/{name} belongs to daemon, who may replace "
                   f"what is in it; `chown root {{here}}/{name}`, or keep the file elsewhere"
                   for name in ("link", "theirs")),
    ),
    # survey_literal.c
    "SAY_LITERALS_READ": [
        Case(
            ini=webhook("backend", "bearer_token = example-token"),
            files={"affnotify.ini": 0o644},
            says=(said_of_literals("line 8"), literal(8)),
        ),
        Case(  # as a group that is not that of the bus's user
            owner="nobody",
            ini=webhook("backend", "bearer_token = example-token"),
            files={"affnotify.ini": 0o640},
            prepare=lambda folder: shutil.chown(folder / "affnotify.ini", "nobody", "daemon"),
            says=(said_of_literals("line 8", "0640", "0600"), literal(8)),
        ),
        Case(  # a file by itself; of many lines not all
            ini=[line for number in range(10) for line in
                 webhook(number, "bearer_token = example-token" if number else "bearer_token = FILL-IN")],
            files={"affnotify.ini": 0o604, "conf.d/": 0o755,
                   "conf.d/a.ini": (webhook("more", "proxy = http://user:example-password@proxy.example.com"), 0o644)},
            says=(said_of_literals("lines 12, 16, 20, 24, 28, 32, 36, 40 and 1 more", "0604", "0600"),
                  "affnotify.ini:8: [sink:0] bearer_token: is not filled in; take away `FILL-IN` and write your own value",
                  *(literal(8 + 4 * number, sink=number) for number in range(1, 10)),
                  said_of_literals("line 4", file="{here}/conf.d/a.ini"),
                  literal(4, "{here}/conf.d/a.ini", "more", "proxy")),
        ),
    ],
    "SAY_SECRET_READ": [
        Case(
            ini=(*WEBHOOK, "bearer_token = file:{here}/token"),
            files={"token": ("example-token", 0o640)},
            says="warning: affnotify.ini:8: [sink:backend] bearer_token: {here}/token has mode 0640, so that others may "
                 "read the secret; `chmod 0600 {here}/token`",
        ),
        Case(  # of a sink that is not enabled
            ini=(*WEBHOOK, "bearer_token = file:{here}/token", "enabled = no"),
            files={"token": ("example-token", 0o604)},
            says="warning: affnotify.ini:8: [sink:backend] bearer_token: {here}/token has mode 0604, so that others may "
                 "read the secret; `chmod 0600 {here}/token`",
        ),
        Case(
            bus=("listen = https://127.0.0.1:8443", "tls_certificate = {here}/ours.pem", "tls_key = {here}/ours.key",
                 "ingest_tokens = file:{here}/tokens", "ingest_signing_secret = file:{here}/secret"),
            files={"tokens": ("example-token-of-16-bytes", 0o644),
                   "secret": ("whsec_ZXhhbXBsZS1zZWNyZXQtb2YtMjQtYnl0ZXM=", 0o644)},
            prepare=lambda folder: (make_two(folder), os.chmod(folder / "ours.key", 0o644)),
            says=("warning: affnotify.ini:7: [bus] tls_key: {here}/ours.key has mode 0644, so that others may read the "
                  "secret; `chmod 0600 {here}/ours.key`",
                  "warning: affnotify.ini:8: [bus] ingest_tokens: {here}/tokens has mode 0644, so that others may read "
                  "the secret; `chmod 0600 {here}/tokens`",
                  "warning: affnotify.ini:9: [bus] ingest_signing_secret: {here}/secret has mode 0644, so that others "
                  "may read the secret; `chmod 0600 {here}/secret`"),
        ),
        Case(
            ini=shows("ours.pem", "ours.key"),
            prepare=lambda folder: (make_two(folder), os.chmod(folder / "ours.key", 0o640)),
            says="warning: affnotify.ini:9: [sink:backend] client_key: {here}/ours.key has mode 0640, so that others "
                 "may read the secret; `chmod 0600 {here}/ours.key`",
        ),
    ],
    "SAY_SECRET_CHANGED": Case(
        ini=(*WEBHOOK, "bearer_token = file:{here}/token"),
        files={"token": ("example-token", 0o620)},
        says="warning: affnotify.ini:8: [sink:backend] bearer_token: {here}/token has mode 0620, so that others may "
             "change the secret; `chmod 0600 {here}/token`",
    ),
    "SAY_SECRET_OWNED": Case(
        owner="nobody",
        ini=(*WEBHOOK, "bearer_token = file:{here}/token"),
        files={"affnotify.ini": 0o644, "token": ("example-token", 0o604)},
        prepare=lambda folder: os.chown(folder / "token", 1, 1),
        says=(
            "warning: affnotify.ini:8: [sink:backend] bearer_token: {here}/token has mode 0604, so that others may "
            "read the secret; `chmod 0600 {here}/token`",
            "warning: affnotify.ini:8: [sink:backend] bearer_token: {here}/token belongs to daemon, who can read and "
            "change the secret; `chown nobody {here}/token`",
        ),
    ),
    "SAY_WRITTEN_NO_FOLDER": Case(
        ini=csv("crm", "{here}/later/crm.csv"),
        says="affnotify.ini:7: [sink:crm] path: {here}/later/crm.csv cannot be made: {here}/later is not there; "
             "`install -d -o root {here}/later`, or name another",
    ),
    "SAY_WRITTEN_CLOSED_FOLDER": Case(
        owner="nobody",
        files={"affnotify.ini": 0o644},
        says="affnotify.ini:7: [sink:crm] path: {here}/crm.csv cannot be made: nobody may not write to {here}: "
             "Permission denied; give that user the right, or name another",
    ),
    "SAY_WRITTEN_IS_FOLDER": Case(
        files={"crm.csv/": 0o755},
        says="affnotify.ini:7: [sink:crm] path: {here}/crm.csv is a folder; name a file",
    ),
    "SAY_WRITTEN_LINK": Case(
        ini=csv("crm", "{here}/link.csv"),
        files={"crm.csv": "", "link.csv": "->crm.csv"},
        says="affnotify.ini:7: [sink:crm] path: {here}/link.csv is a symbolic link, which a sink does not follow; name a "
             "file itself",
    ),
    "SAY_WRITTEN_NO_FILE": Case(
        ini=(*csv("a", "{here}/pipe"), *csv("b", "{here}/socket"), *csv("c", "/dev/full")),
        prepare=make_odd,
        says=(
            "affnotify.ini:7: [sink:a] path: {here}/pipe is no regular file; name one, or a new one",
            "affnotify.ini:10: [sink:b] path: {here}/socket is no regular file; name one, or a new one",
            "affnotify.ini:13: [sink:c] path: /dev/full is no regular file; name one, or a new one",
        ),
    ),
    "SAY_WRITTEN_OWN": Case(
        bus=("secret_key = {here}/key",),
        ini=[line for name, path in enumerate(("affnotify.ini", "bus.sock", "state/journal.db", "state/lock",
                                               "state/spool/crm.csv", "key", "linked")) for line in
             csv(name, f"{{here}}/{path}")],
        files={"key": KEY, "state/": 0o700, "state/spool/": 0o700},
        prepare=lambda folder: os.link(folder / "key", folder / "linked"),
        says=[f"affnotify.ini:{8 + 3 * index}: [sink:{index}] path: {{here}}/{path} is affnotify's own; name another file"
              for index, path in enumerate(("affnotify.ini", "bus.sock", "state/journal.db", "state/lock",
                                            "state/spool/crm.csv", "key"))] + [
            "affnotify.ini:26: [sink:6] path: {here}/linked is affnotify's own; name another file",
            "affnotify.ini:26: [sink:6] path: [sink:5] ({here}/affnotify.ini:23) writes {here}/linked, too; two sinks must "
            "not write one file, so name another"],
    ),
    "SAY_WRITTEN_CLOSED": Case(
        owner="nobody",
        files={"affnotify.ini": 0o644, "crm.csv": ("", 0o644)},
        says="affnotify.ini:7: [sink:crm] path: {here}/crm.csv cannot be written by nobody: Permission denied; give "
             "that user the right, or name another",
    ),
    # survey_certificate.c
    "SAY_CERTIFICATE_NONE": Case(
        ini=shows("ours.key", "ours.key"),
        prepare=make_two,
        says="affnotify.ini:8: [sink:backend] client_certificate: {here}/ours.key holds no certificate; name a PEM file "
             "with one",
    ),
    "SAY_CERTIFICATE_NO_KEY": Case(
        ini=(*WEBHOOK, "client_certificate = {here}/ours.pem"),
        prepare=lambda folder: (make_two(folder), os.chmod(folder / "ours.pem", 0o600)),
        says="affnotify.ini:8: [sink:backend] client_certificate: {here}/ours.pem holds no key that can be used; name a "
             "PEM file with one, without a passphrase",
    ),
    "SAY_CERTIFICATE_APART": Case(
        ini=shows("ours.pem", "other.key"),
        prepare=make_two,
        says="affnotify.ini:9: [sink:backend] client_key: {here}/other.key is not the key of {here}/ours.pem; name two "
             "that belong together",
    ),
    "SAY_CERTIFICATE_OVER": Case(
        ini=shows("ours.pem", "ours.key"),
        prepare=lambda folder: make_ca(folder, "20200101000000Z", "20210203040506Z"),
        says="affnotify.ini:8: [sink:backend] client_certificate: {here}/ours.pem expired on 2021-02-03; renew it",
    ),
    "SAY_CERTIFICATE_SOON": Case(
        ini=shows("ours.pem", "ours.key"),
        prepare=make_short,
        says="warning: affnotify.ini:8: [sink:backend] client_certificate: {here}/ours.pem expires on "
             f"{day_after(3)}; renew it before",
    ),
    "SAY_CERTIFICATE_EARLY": Case(
        ini=shows("ours.pem", "ours.key"),
        prepare=lambda folder: make_ca(folder, "20900101000000Z", "20910203040506Z"),
        says="warning: affnotify.ini:8: [sink:backend] client_certificate: {here}/ours.pem is not valid before "
             "2090-01-01",
    ),
    # survey.c: --online
    ("SAY_NAME_UNKNOWN", "SAY_NAME_UNSURE", "SAY_NAME_LATE"): Case(
        arguments=("--online",),
        environment=NAMES,
        files={"url": "https://unknown.example.com/services/secret"},
        ini=(
            *smtp("a", "a@example.com", "smtp://known.example.com"),
            *smtp("b", "b@example.com", "smtp://Unknown.example.com:587"),
            *smtp("c", "c@example.com", "smtp://unsure.example.com"),
            *smtp("d", "d@example.com", "smtp://silent.example.com"),
            *slack("e", "file:{here}/url"),
            *slack("f", "file:{here}/url", "proxy = http://unknown.proxy.example.com", "events = affiliate.created"),
            *slack("g", "file:{here}/url", "enabled = no"),
        ),
        says=(
            "affnotify.ini:12: [sink:b] url: unknown.example.com is not known to the name servers: Name or service not "
            "known; correct the name, or have it entered",
            "warning: affnotify.ini:17: [sink:c] url: unsure.example.com could not be looked up: Temporary failure in "
            "name resolution; look again, and at the name servers",
            "warning: affnotify.ini:22: [sink:d] url: silent.example.com was not looked up within 5 s; look again, and "
            "at the name servers",
            "affnotify.ini:27: [sink:e] url: its host is not known to the name servers: Name or service not known; "
            "correct the name, or have it entered",
            "warning: affnotify.ini:30: [sink:f] url: [sink:e] ({here}/affnotify.ini:27) delivers to the same place, so that "
            "events arrive there twice",
            "affnotify.ini:31: [sink:f] proxy: unknown.proxy.example.com is not known to the name servers: Name or "
            "service not known; correct the name, or have it entered",
        ),
    ),
    "SAY_NAME_UNKNOWN": Case(  # a part of a secret is not said, and what was refused is not looked up
        arguments=("--online",),
        environment=NAMES,
        ini=(*webhook("a", "proxy = http://user:example-password@unknown.proxy.example.com"),
             "[sink:b]", "plugin = webhook", "url = http://unknown.example.com"),
        says=(
            literal(8, sink="a", key="proxy"),
            "affnotify.ini:8: [sink:a] proxy: its host is not known to the name servers: Name or service not known; correct "
            "the name, or have it entered",
            "affnotify.ini:11: [sink:b] url: must be https, not http",
        ),
    ),
    # survey.c: sinks beside one another
    "SAY_FILE_TWICE": [Case(
        ini=(*csv("a", "{here}/crm.csv"), *csv("b", "{here}/link/../crm.csv"), *csv("c", "{here}/other.csv"),
             *csv("d", "{here}/crm.csv", "enabled = no")),
        files={"folder/": 0o700, "link": "->folder"},
        says="affnotify.ini:10: [sink:b] path: [sink:a] ({here}/affnotify.ini:7) writes {here}/crm.csv, too; two sinks must "
             "not write one file, so name another",
    ), Case(
        ini=(*csv("a", "{here}/a.csv"), *csv("b", "{here}/b.csv")),
        files={"a.csv": ""},
        prepare=lambda folder: os.link(folder / "a.csv", folder / "b.csv"),
        says="affnotify.ini:10: [sink:b] path: [sink:a] ({here}/affnotify.ini:7) writes {here}/b.csv, too; two sinks must "
             "not write one file, so name another",
    )],
    "SAY_PLACE_TWICE": [
        Case(
            ini=(*slack("a", "file:{here}/url"), *slack("b", "env:SECRET_URL"), *slack("c", "env:OTHER_URL")),
            files={"url": "https://example.com/services/secret\n"},
            environment={"SECRET_URL": "https://EXAMPLE.com:443/services/secret#here",
                         "OTHER_URL": "https://example.com/services/other"},
            says="warning: affnotify.ini:10: [sink:b] url: [sink:a] ({here}/affnotify.ini:7) delivers to the same place, so "
                 "that events arrive there twice",
        ),
        Case(  # one server has many mailboxes
            ini=(*smtp("a", "a@example.com"), *smtp("b", "b@example.com"), *smtp("c", "a@example.com")),
            says="warning: affnotify.ini:17: [sink:c] url: [sink:a] ({here}/affnotify.ini:7) delivers to the same place, so "
                 "that events arrive there twice",
        ),
    ],
    "SAY_EVENT_NOWHERE": [
        Case(
            ini=csv("crm", "{here}/crm.csv", "events = affiliate.created"),
            says="warning: affnotify.ini: no sink gets affiliate.deactivated; such events are kept, and delivered to "
                 "nobody",
        ),
    ],
    # Nothing of the sort is said.
    (): [
        Case(ini=csv("crm", "{here}/state/crm.csv"), says=""),  # the bus makes that folder
        Case(  # each event goes there once; another plugin says something else
            ini=(*slack("a", "file:{here}/url", "events = affiliate.created"),
                 *slack("b", "file:{here}/url", "events = affiliate.deactivated"),
                 "[sink:c]", "plugin = webhook", "url = https://example.com/services/secret"),
            files={"url": "https://example.com/services/secret\n"},
            says="",
        ),
        Case(  # the group of the bus's user may read secrets
            owner="nobody",
            ini=webhook("backend", "bearer_token = example-token"),
            files={"affnotify.ini": 0o640},
            prepare=lambda folder: shutil.chown(folder / "affnotify.ini", "root", "nogroup"),
            says=literal(8),
        ),
        Case(  # a sink that cannot be judged
            ini=csv("crm", "{here}/crm.csv", "events = affiliate.make"),
            says="affnotify.ini:8: [sink:crm] events: this value is none of affiliate.created, "
                 "affiliate.deactivated",
        ),
    ],
}
