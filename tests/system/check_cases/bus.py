"""Cases of core/bus/sentences.h."""

import datetime
import os
import subprocess

from check_cases import Case

HEADER = "core/bus/sentences.h"
SOURCES = [
    "core/bus/survey.c",
    "core/bus/survey_certificate.c",
    "core/bus/survey_file.c",
    "core/bus/survey_names.c",
    "core/bus/survey_places.c",
    "core/bus/survey_url.c",
    "core/bus/survey_user.c",
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
    # survey.c: sinks beside one another
    "SAY_FILE_TWICE": Case(
        ini=(*csv("a", "{here}/crm.csv"), *csv("b", "{here}/link/../crm.csv"), *csv("c", "{here}/other.csv"),
             *csv("d", "{here}/crm.csv", "enabled = no")),
        files={"folder/": 0o700, "link": "->folder"},
        says="affnotify.ini:10: [sink:b] path: [sink:a] ({here}/affnotify.ini:7) writes {here}/crm.csv, too; two sinks must "
             "not write one file, so name another",
    ),
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
        Case(  # a sink that cannot be judged
            ini=csv("crm", "{here}/crm.csv", "events = affiliate.make"),
            says="affnotify.ini:8: [sink:crm] events: this value is none of affiliate.created, "
                 "affiliate.deactivated",
        ),
    ],
}
