"""Cases of core/bus/start_sentences.h."""

from check_cases import BUS_FIRST, Case, marked, say, warn
from check_cases.bus import csv, day_after, make_ca, make_short, make_two

HEADER = "core/bus/start_sentences.h"
SOURCES = [
    f"core/bus/{name}.c"
    for name in ("access", "checker", "door_certificate", "door_settings", "handshake", "host_process", "look")
]

CRM = csv("crm", "{here}/crm.csv")


# ---- Plugins ----

def died(how, when="checked its options"):
    return (f"the plugin's process {how} while it {when}; see what it printed, put back the version that worked, or ask "
            "who wrote the plugin")


def misfit(name, does, *more, **sentences):
    said = {names: died(how) for names, how in sentences.items()}
    return f"[sink:{name}]", say("plugin = fixture_misfit", **said), "in = check", f"does = {does}", *more


PLUGINS = marked(
    "[sink:near]",
    say("plugin = cvs", SAY_NO_PLUGIN_NEAR="no plugin is named cvs; did you mean `csv`?"),
    "[sink:nowhere]",
    say("plugin = mystery",
        SAY_NO_PLUGIN="no plugin has this name: it is neither in a directory of `plugins` in [bus] nor among the "
                      "built-in ones"),
    *misfit("abort", "abort", SAY_CHECKING_ENDED__SAY_KILLED="was killed by signal 6 (Aborted)"),
    *misfit("quit", "quit", "amount = 7", SAY_STATUS="ended with status 7"),
    *misfit("close", "close_socket", SAY_CLOSED_DESCRIPTORS="closed descriptors that belong to affnotify-host"),
    *misfit("garbage", "write_garbage", SAY_FRAME_TOO_LONG="sent a frame over 1048576 bytes"),
    *misfit("frame", "write_frame", SAY_FRAME_UNEXPECTED="sent a frame of type 99 that makes no sense here"),
    "[sink:exit]",
    say("plugin = loading_exit",
        SAY_LOADING_ENDED__SAY_STATUS_127=died("ended with status 127, as when affnotify-host cannot be executed", "was loaded")),
)

GROUPS = marked(
    *CRM,
    bus=(
        say("publishers = nobodies-group",
            SAY_NO_GROUP="there is no group of this name; make it with `groupadd`"),
        say("alert_sink = crm",
            SAY_ALERT_SINK_CANNOT="the plugin csv of [sink:crm] cannot give notices; name a sink whose plugin can, such "
                                  "as slack or smtp"),
    ),
)

# Without what stands beside it when it is installed.
ALONE = 'cp "$0" {here}/affnotifyd; exec {here}/affnotifyd "$@"'

# ---- The door ----

LISTEN = "listen = http://127.0.0.1:8443"
TOKEN = "example-token-of-enough-length"

DOOR = [
    marked(*CRM, bus=(
        LISTEN,
        warn("ingest_tokens = env:TOKEN", SAY_TOKEN_SHORT="a token of fewer than 16 characters can be guessed"),
        say("ingest_signing_secret = env:SECRET",
            SAY_SIGNING_SECRET="must be `whsec_` and base64, as the sender shows it"),
    ), environment={"TOKEN": "short", "SECRET": "example-secret"}),
    marked(*CRM, bus=(
        LISTEN,
        say("ingest_tokens = env:TOKEN",
            SAY_TOKEN_CHARACTER="a token has a character that no header can hold; use letters, digits and `-._~+/=`"),
        say("ingest_signing_secret = file:{here}/many",
            SAY_TOO_MANY_CREDENTIALS="has more than 32; take away those that are out of use"),
        say("admin_listen = 8443", SAY_SAME_PORT="has the port of `listen`; give it another"),
    ), environment={"TOKEN": "ex\u00e4mple-token-of-enough-length"},
           files={"many": 33 * "whsec_ZXhhbXBsZS1zZWNyZXQtb2YtMjQtYnl0ZXM=\n"}),
    marked(*CRM, bus=(
        LISTEN,
        say("ingest_tokens = file:{here}/blank", SAY_NO_SECRET="holds nothing but blanks; put a secret there"),
    ), files={"blank": "  \n"}),
]


def tls(certificate, key, **more):
    """The door with these files, of which one or both are not right."""
    return marked(*CRM, bus=("listen = https://127.0.0.1:8443", "ingest_tokens = env:TOKEN", certificate, key),
                  environment={"TOKEN": TOKEN}, **more)


OURS = "tls_certificate = {here}/ours.pem"
OUR_KEY = "tls_key = {here}/ours.key"
REMEDY = "name the PEM file with the key of tls_certificate"

TLS = [
    tls(say("tls_certificate = {here}/long.pem",
            SAY_TLS_TOO_LONG="{here}/long.pem is larger than 262144 bytes; it can be no certificate or key"),
        say("tls_key = {here}/encrypted.key",
            SAY_TLS_PASSPHRASE="{here}/encrypted.key has a passphrase, which nobody is there to give; "
                               f"{REMEDY}, without one"),
        files={"long.pem": 262145 * "x", "encrypted.key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"}),
    tls(say("tls_certificate = {here}/none.pem",
            SAY_TLS_NO_CERTIFICATE="{here}/none.pem holds no certificate; name a PEM file with the door's certificate "
                                   "first and its chain behind it"),
        say("tls_key = {here}/none.pem", SAY_TLS_NO_KEY="{here}/none.pem holds no key; " + REMEDY),
        files={"none.pem": "example\n"}),
    tls(OURS,
        say("tls_key = {here}/other.key",
            SAY_TLS_APART="{here}/other.key is not the key of {here}/ours.pem; put the two that belong together there"),
        prepare=make_two),
    tls(OURS,
        say("tls_key = {here}/ours.pem",
            SAY_TLS_CERTIFICATE_FOR_KEY="{here}/ours.pem holds a certificate and no key; " + REMEDY),
        prepare=lambda folder: (make_two(folder), (folder / "ours.pem").chmod(0o600))),
    tls(warn(OURS, SAY_TLS_SOON=f"{{here}}/ours.pem expires on {day_after(3)}, in 2 days; renew it"), OUR_KEY,
        prepare=make_short),
    tls(warn(OURS, SAY_TLS_OVER="{here}/ours.pem expired on 2021-02-03; senders refuse it, so renew it"), OUR_KEY,
        prepare=lambda folder: make_ca(folder, "20200101000000Z", "20210203040506Z")),
    tls(warn(OURS, SAY_TLS_EARLY="{here}/ours.pem is not valid before 2090-01-01; senders refuse it until then"), OUR_KEY,
        prepare=lambda folder: make_ca(folder, "20900101000000Z", "20910203040506Z")),
]

MARKED = [PLUGINS, GROUPS, *DOOR, *TLS]
# ---- A system that refuses ----


def refused(call, says):
    """With a sink whose plugin cannot be looked at then."""
    return Case(
        environment={"LD_PRELOAD": "{fixtures}/refusing.so", "REFUSE": call,
                     "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"},
        says=says,
    )


CASES = {
    "SAY_NO_LOOP": refused("event_base_new", "affnotify.ini: cannot make an event loop"),
    "SAY_NO_SOCKET": refused("socketpair", "affnotify.ini:6: [sink:crm] plugin: cannot make a socket or a pipe: Too many "
                                           "open files"),
    "SAY_NO_PROCESS": refused("fork", "affnotify.ini:6: [sink:crm] plugin: cannot start a process: Resource temporarily "
                                      "unavailable"),
    "SAY_BUS_FIRST": Case(
        bus="colour = red",
        ini=("[sink:crm]", "plugin = cvs"),
        says=(BUS_FIRST, "affnotify.ini:5: [bus] colour: unknown key; [bus] has none like it, and a sink's keys belong "
                         "below [sink:NAME]"),
    ),
    "SAY_NO_PLUGIN_NEAR": Case(  # what is wrong in [bus] is no reason to look at nothing else
        bus=("retain = 5", "listen = 8443"),
        ini=("[sink:crm]", "plugin = cvs", *csv("other", "{here}/none/crm.csv")),
        says=("affnotify.ini:5: [bus] retain: `5` has no unit; write ms, s, m, h or d behind it, like `10s`",
              "affnotify.ini:6: [bus] listen: must be like `https://0.0.0.0:8443`: where to listen, and the port",
              "affnotify.ini:8: [sink:crm] plugin: no plugin is named cvs; did you mean `csv`?",
              "affnotify.ini:11: [sink:other] path: {here}/none/crm.csv cannot be made: {here}/none is not there; "
              "`install -d -o root {here}/none`, or name another"),
    ),
    "SAY_NO_HOST": Case(
        through=("sh", "-c", ALONE),
        says="affnotify.ini: {here}/../libexec/affnotify-host: without it no sink can run: No such file or directory",
    ),
}

ELSEWHERE = {
    "SAY_NOT_FINISHED": ("it takes 30 s", "tests/system/test_misfits.py"),
    "SAY_SPOOL_GROUP": ("said by the bus alone, at its start", "tests/system/test_mistakes.py"),
}
