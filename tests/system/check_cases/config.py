"""Cases of core/config/sentences.h."""

import os

from check_cases import BUS_FIRST, Case, marked, say, warn

HEADER = "core/config/sentences.h"
SOURCES = [
    f"core/config/{name}.c"
    for name in ("bus_keys", "config", "credential", "document", "ini_line", "key_file", "keyring", "line_reader",
                 "listen", "seal", "secret", "tuning", "value")
]

# After such a mistake no plugin is looked at.
STOPS = say("colour = red", SAY_UNKNOWN_BUS_KEY="unknown key; [bus] has none like it, and a sink's keys belong below "
                                                "[sink:NAME]")
CSV = ("plugin = csv", "path = {here}/crm.csv")

# Keys of the tests' own.
KEY = "affnotify-key:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
SEALED_FOR_CRM = "sealed:v1:fa881909:/BJLAJp8NfgSHeIzt+fU6itAYU3nikjNuUIKAaeoEG71s2vQkY0wp7qz"
SEALED_BY_OTHER = "sealed:v1:c7f67c73:LPvUTqatZqywxWzYVMqZgK3XXxuHmOjKNnMYnFKur0v1YHc0Z77HFyKu"


def secret_in(name, value, speaks=say, **sentences):
    return (f"[sink:{name}]", "plugin = fixture_options", "path = /x", speaks(f"password = {value}", **sentences))


def anew(name):
    return f"; seal the secret anew by `affnotify seal --sink {name} --key password -c {{here}}/affnotify.ini`"


def give_away(folder):
    if os.geteuid() == 0:
        os.chown(folder / "others", 12345, -1)


LINES = marked(
    say("key = value", SAY_KEY_OUTSIDE="this key stands before any section; put it below [bus] or [sink:NAME]"),
    "[bus]",
    say("spool = \udcff", prefix="[bus] ", SAY_NOT_UTF8="byte 9 of this line is not UTF-8; save the file as UTF-8"),
    say("spool = \x01", prefix="[bus] ",
        SAY_CONTROL_CHARACTER="byte 9 of this line begins the control character U+0001; take it out"),
    say("spool = /" + 65536 * "x", prefix="[bus] ",
        SAY_LINE_TOO_LONG="this line has 65545 bytes; a line has at most 65536"),
    say("[bus]", SAY_SECTION_TWICE="this section begins at {here}/affnotify.ini:2 already; put these keys there"),
    say("[sink:open", prefix="[sink:open] ",
        SAY_SECTION_OPEN="the section's name is not closed; write [sink:open]"),
    "plugin = csv",
    say("[sink:crm] crm", prefix="[sink:crm] ",
        SAY_TEXT_BEHIND_SECTION="text follows the section's name; put it on its own line"),
    say('plugin = "csv', prefix="[sink:crm] plugin: ",
        SAY_QUOTE_OPEN='the value begins with a `"` that is never closed; end it with `"`'),
    "[sink:other]",
    "plugin = csv",
    say('events = "affiliate.created" "x"',
        SAY_TEXT_BEHIND_QUOTE='text follows the value\'s closing `"`; a quoted value ends its line and holds no `"` itself'),
    say("retry = none ; always",
        SAY_COMMENT_IN_VALUE="a blank and `;` stand in the value; put the comment on its own line, or quote the value"),
    say("timeout: 5s", SAY_COLON_FOR_EQUALS="a `:` stands where `=` belongs; write `key = value`"),
    say("timeout 5s",
        SAY_NO_EQUALS="this line has no `=`; write `key = value`, or begin a comment with `;`"),
    say("= 5s", SAY_NO_KEY="this line has no key before its `=`; write `key = value`"),
    say(128 * "k" + " = 5s", prefix="[sink:other] ",
        SAY_KEY_TOO_LONG="this line's key has 128 bytes; a key has at most 127"),
    say("time out = 5s",
        SAY_NO_KEY_FORM="what stands before the `=` is not a key; a key is made of letters, digits, `_`, `-` and `.`, "
                        "and begins with a letter or digit"),
    say("  timeout = 5s",
        SAY_INDENTED="this line is indented; begin it at the margin: a value cannot go on in the next line"),
    "batch = 1",
    say("batch = 2", SAY_KEY_TWICE="this key stands in line 21 already; keep one of the two"),
    say("[]", prefix="", SAY_SECTION_NAMELESS="this section has no name; write [bus] or [sink:NAME]"),
    say("[" + 128 * "s" + "]", prefix="",
        SAY_SECTION_NAME_TOO_LONG="this section's name has 128 bytes; a name has at most 127"),
    whole=True,
    before=(BUS_FIRST,),
)

TOO_MANY_LINES = marked(
    "[sink:crm]",
    "plugin = webhook",
    *[f"header.{number} = x" for number in range(8190)],
    say("header.more = x", prefix="", SAY_TOO_MANY_LINES="more than 8192 lines; the rest of this file was not read"),
    whole=True,
    before=(BUS_FIRST,),
)

BUS = marked(
    "[bus]",
    say("stat = /x", SAY_UNKNOWN_BUS_KEY_NEAR="unknown key; did you mean `state`?"),
    STOPS,
    say("state = state", SAY_ABSOLUTE_PATH="must be an absolute path, beginning with `/`"),
    say("socket = /" + 107 * "s", SAY_SOCKET_TOO_LONG="has 108 bytes; the path of a socket has at most 107"),
    say("spool = FILL-IN", SAY_BLANK="is not filled in; take away `FILL-IN` and write your own value"),
    say("plugins = plugins",
        SAY_PATHS="must be absolute paths, each beginning with `/`, with commas or blanks between them"),
    say("ingest_tokens =", SAY_EMPTY="is empty; give it a value, or leave the key out"),
    say("secret_key = " + " ".join(f"/{number}" for number in range(17)),
        SAY_TOO_MANY_KEYS="names 17 key files; at most 16 can be in use"),
    say("operators = one two", SAY_ONE_GROUP="must be the name of one group"),
    say("alert_sink = sink:crm", SAY_ALERT_SINK_NAME="must be the name of a sink, such as crm for [sink:crm]"),
    say("listen = https://0.0.0.0:8443/events",
        SAY_LISTEN_END="must end behind the port, like `https://0.0.0.0:8443`"),
    say("admin_listen = http://10.0.0.1:9464",
        SAY_LISTEN_PLAIN="must be https, not http: only a loopback address may go without"),
    say("alert_after = soon",
        SAY_NOT_A_DURATION="this value is not a duration; write a number and ms, s, m, h or d, like `10s`"),
    say("retain = 5", SAY_NO_UNIT="`5` has no unit; write ms, s, m, h or d behind it, like `10s`"),
    say("retain_dead = 99999999999999999999d",
        SAY_DOES_NOT_FIT="this value does not fit; write a smaller number"),
    say("journal_max = 1x",
        SAY_NOT_A_SIZE="`1x` is not a size; write a number of bytes, or one with k, M or G, like `64k`"),
    say("cores = maybe", SAY_YES_OR_NO="must be yes or no, not this value"),
    say("log_email = fulll", SAY_NONE_OF_NEAR="`fulll` is none of full, masked, none; did you mean `full`?"),
    say("[buss]", SAY_MEANT_BUS="unknown section; did you mean [bus]?"),
    say("[sinks:crm]", SAY_MEANT_SINK="unknown section; did you mean [sink:crm]?"),
    say("[plugins]", SAY_UNKNOWN_SECTION="unknown section; there are [bus] and, for each sink, [sink:NAME]"),
    whole=True,
    before=(BUS_FIRST,),
)

SINKS = marked(
    say("[sink:CRM]",
        SAY_SINK_NAME="a sink's name is 1 to 63 bytes of a-z, 0-9, `_` and `-`, a letter or digit first"),
    say("[sink:none]", prefix="[sink:none] plugin: ",
        SAY_PLUGIN_REQUIRED="is required; name the plugin, like `plugin = webhook`"),
    "[sink:crm]",
    say("plugin = C S V",
        SAY_PLUGIN_NAME="must be a plugin's name of a-z, 0-9, `_` and `-`, beginning with a letter, or the absolute path "
                        "of a .so"),
    say("bus.later = 1",
        SAY_BUS_DOT_KEY="unknown key; names that begin with `bus.` are kept for later releases"),
    say("events =",
        SAY_NO_EVENT="names no event; write affiliate.created, affiliate.deactivated or both, or `enabled = no`"),
    say("retry =", SAY_RETRY_EMPTY="is empty; write none, standard, or delays like `5s 5m 30m`"),
    say("rate = 100001/s", SAY_RATE_TOO_HIGH="is more than 100000/s; write none for any number"),
    say("order = first", SAY_NONE_OF="this value is none of affiliate, journal, none"),
    say("concurrency = 0", SAY_FROM_TO="must be from 1 to 256, not `0`"),
    say("batch = many", SAY_NOT_A_NUMBER="this value is not a whole number; write one in digits"),
    say("start = soon", SAY_START="must be now, beginning, or a date like 2026-03-18 or 2026-03-18T12:00:00Z"),
    say("was = CRM",
        SAY_WAS="must be the sink's former name: 1 to 63 bytes of a-z, 0-9, `_` and `-`, a letter or digit first"),
    "[sink:backend]",
    "plugin = webhook",
    say("retry = " + 65 * "5s ", SAY_RETRY_TOO_MANY="has 65 delays; at most 64 are possible"),
    say("rate = 50", SAY_NOT_A_RATE="`50` is not a rate; write a number from 1 and /s, /m or /h, like `50/s`"),
    warn("start = 2999-01-01",
         SAY_START_TO_COME="is still to come (in UTC), so a new sink begins now; say `now`, or a date that is over"),
    "[sink:mail]",
    "plugin = smtp",
    say("retry = 5s later",
        SAY_RETRY_DELAY="this value is not a delay; write none, standard, or delays like `5s 5m 30m`, each at most 30d"),
    *[line for number in range(60) for line in (f"[sink:{number}]", "plugin = csv")],
    say("[sink:beyond]", SAY_TOO_MANY_SINKS="more than 64 sinks; this one is left out"),
    before=(BUS_FIRST,),
    bus=(
        STOPS,
        say("secret_key = key",
            SAY_KEY_FILES="must be the absolute path of a key file, or `credential:NAME`; of several, with commas or "
                          "blanks between them, the first seals"),
        say("listen = https://127.0.0.1:8443",
            SAY_NEEDS_TOKENS="needs `ingest_tokens` or `ingest_signing_secret`: without either, anybody could hand "
                             "events in",
            SAY_NEEDS_TLS="needs `tls_certificate` and `tls_key`, each a PEM file"),
        say("admin_listen = 0", SAY_ADMIN_PORT="must be a port from 1 to 65535, or like `http://127.0.0.1:9464`"),
        say("alert_sink = crn", SAY_NO_ALERT_SINK_NEAR="there is no section [sink:crn]; did you mean `crm`?"),
        warn("cores = yes",
             SAY_CORES="lets affnotifyd and its hosts leave core files, which hold secrets and addresses; take it away when "
                       "the fault is found"),
    ),
)

# The rest of `listen` and `alert_sink`, of which each configuration has one.
ONE_OF_A_KIND = [
    marked("[sink:crm]", *CSV, bus=(
        say("listen = ftp://127.0.0.1", SAY_URL_SCHEME="must begin with https:// or http://"),
        say("alert_sink = operations",
            SAY_NO_ALERT_SINK="names no sink of this configuration; name the one that is to give notices"),
    )),
    marked("[sink:crm]", *CSV, bus=(
        say("listen = 8443", SAY_LISTEN="must be like `https://0.0.0.0:8443`: where to listen, and the port"),
        say("admin_listen = localhost",
            SAY_ADMIN_LISTEN="must be a port from 1 to 65535, or like `http://127.0.0.1:9464`: where to listen, and the "
                             "port"),
    )),
    marked("[sink:chat]", "plugin = slack", "url = file:{here}/url", "enabled = no",
           files={"url": "https://hooks.slack.com/services/T/B/example"},
           bus=(warn("alert_sink = chat",
                     SAY_ALERT_SINK_DISABLED="[sink:chat] has `enabled = no`: no notice will be given"),)),
]

URLS = marked(*[
    line
    for name, said in enumerate([
        say("url = example.com", SAY_NOT_A_URL="is not a URL; it must begin with a scheme and `://` (A URL.)"),
        say("url = https://ada@example.com",
            SAY_URL_LOGIN="must not hold a user name or password; give it by a key of its own (A URL.)"),
        say("url = https:///path", SAY_URL_HOST="has no valid host; write one behind the `://`, like `example.com` (A URL.)"),
        say("url = https://example.com:0", SAY_URL_PORT="has no valid port; write one from 1 to 65535 behind the `:` (A URL.)"),
        say("url = https://example.com/<path>",
            SAY_URL_CHARACTER="holds a blank or another character that a URL cannot have; write it percent-encoded, like "
                              "%20 (A URL.)"),
    ])
    for line in (f"[sink:{name}]", "plugin = fixture_options", "path = /x", said)
], "[sink:less]", "plugin = fixture_misfit", say("amount = -1", SAY_AT_LEAST="must be at least 0, not `-1`"))

WRONG_DEFAULTS = [  # of fixture_careless
    f"the plugin's own default `{default}` is wrong: {why}; report it to the plugin's author"
    for default, why in (("retry", "has no `=`"), ("colour=red", "is not one of the bus's keys"),
                         ("enabled=no", "can be set in a sink's section only"))
]
PLUGINS_DEFAULTS = marked(
    say("[sink:crm]",
        SAY_DEFAULT_WRONG__SAY_DEFAULT_NO_EQUALS=WRONG_DEFAULTS[0],
        SAY_DEFAULT_UNKNOWN=WRONG_DEFAULTS[1],
        SAY_DEFAULT_SECTION_ONLY=WRONG_DEFAULTS[2]),
    "plugin = fixture_careless",
    "header.a = b",
)

SECRETS = marked(
    *secret_in("empty", "file:{here}/empty", SAY_SECRET_EMPTY="{here}/empty is empty; put the secret into it"),
    "[sink:several]",
    "plugin = webhook",
    "url = https://several.example.com/",
    say("signing_secret = file:{here}/blank ,", SAY_SECRETS_NONE="holds no secret; put one there, or leave the key out"),
    *secret_in("long", "file:{here}/long",
               SAY_SECRET_TOO_LONG="{here}/long is longer than 16384 bytes; a secret has at most so many"),
    *secret_in("nul", "file:{here}/nul", SAY_SECRET_NUL="{here}/nul holds a NUL byte; a secret is one line of text"),
    *secret_in("lines", "file:{here}/lines",
               SAY_SECRET_LINE_BREAK="{here}/lines holds a line break; a secret is one line of text"),
    *secret_in("none", "file:{here}/none", SAY_FILE_UNREADABLE="{here}/none cannot be read: No such file or directory"),
    *secret_in("memory", "file:/proc/self/mem", SAY_FILE_READ_FAILED="/proc/self/mem cannot be read: Input/output error"),
    *secret_in("here", "file:secret", SAY_FILE_FORM="`file:` must be followed by an absolute path, like `file:/PATH`"),
    *secret_in("word", "env:MY SECRET",
               SAY_ENV_FORM="`env:` must be followed by the name of an environment variable, like `env:NAME`"),
    *secret_in("unset", "env:NOT_SET_HERE",
               SAY_ENV_UNSET="the environment variable NOT_SET_HERE is not set; set it where affnotifyd is started, and "
                             "start it again"),
    *secret_in("path", "credential:a/b",
               SAY_CREDENTIAL_FORM="`credential:` must be followed by the name of a systemd credential, like "
                                   "`credential:NAME`"),
    *secret_in("unit", "credential:token",
               SAY_NO_CREDENTIALS="there is no credential token: systemd has set no $CREDENTIALS_DIRECTORY; add "
                                  "`LoadCredential=token:/PATH` to the unit and restart it"),
    *secret_in("plain", "example-secret", warn,
               SAY_SECRET_LITERAL="the secret stands in the file itself; seal it by `affnotify seal --in-place -c "
                                  "{here}/affnotify.ini`, or write file:/PATH, credential:NAME or env:NAME"),
    *secret_in("keyless", SEALED_FOR_CRM,
               SAY_NO_SECRET_KEY="this value was sealed by the key fa881909, and [bus] has no `secret_key`; name the file "
                                 "of that key there"),
    files={"empty": "", "blank": " \n\n", "long": 16385 * "x", "nul": b"a\0b", "lines": "a\nb\n"},
)

SEALED = marked(
    *secret_in("crm", SEALED_FOR_CRM),
    *secret_in("other", SEALED_BY_OTHER,
               SAY_NO_SUCH_KEY="this value was sealed by the key c7f67c73, and `secret_key` in [bus] has fa881909 only; "
                               "name the file of that key there, too"),
    *secret_in("moved", SEALED_FOR_CRM,
               SAY_SEALED_ELSEWHERE="this value was sealed for [sink:crm] password and opens nowhere else; seal the secret "
                                    "for this place by `affnotify seal --sink moved --key password -c {here}/affnotify.ini`"),
    *secret_in("changed", SEALED_FOR_CRM[:-4] + "AAAA",
               SAY_SEAL_CLOSED="this sealed value does not open: it was changed, or sealed for another section or key; "
                               "seal the secret anew by `affnotify seal --sink changed --key password -c {here}/affnotify.ini`"),
    *secret_in("nothing", "sealed:",
               SAY_SEALED_EMPTY__SAY_SEAL_ANEW="nothing stands behind `sealed:`" + anew("nothing")),
    *secret_in("later", "sealed:v2:",
               SAY_SEALED_LATER="this value was sealed by a later release of affnotify: it begins with `sealed:v2:`, and "
                                "this release opens `sealed:v1:`" + anew("later")),
    *secret_in("form", "sealed:v1:KEY:x",
               SAY_SEALED_FORM="this is no sealed value: behind `sealed:v1:` stand the 8 hex digits of its key's ID, a `:` "
                               "and base64" + anew("form")),
    *secret_in("cut", SEALED_FOR_CRM[:-3],
               SAY_SEALED_NOT_BASE64="this sealed value was cut short or changed: what stands behind its key's ID is not "
                                     "whole base64" + anew("cut")),
    *secret_in("short", "sealed:v1:fa881909:AAAA",
               SAY_SEALED_SHORT="this sealed value was cut short: it has 3 bytes, and the shortest has 29" +
                                anew("short")),
    bus=("secret_key = {here}/key",),
    files={"key": KEY},
)

KEY_FILES = marked(
    "[sink:crm]", *CSV,
    bus=(
        say("secret_key = " + ", ".join("{here}/" + name for name in (
            "key", "open", "none", "others", "empty", "later", "foreign", "damaged", "again")),
            SAY_KEY_MODE="{here}/open has the mode 0640, so others than its owner can get at the key; give it 0600: `chmod "
                         "600 {here}/open`",
            SAY_KEY_GONE="{here}/none is not there; put your copy of the key back, or else make a new key by `affnotify "
                         "keygen FILE` and enter each sealed secret anew by `affnotify seal`",
            SAY_KEY_OWNER="{here}/others belongs to the user 12345, who could change the key; it must belong to root or "
                          "to the user that affnotifyd runs as",
            SAY_KEY_EMPTY="{here}/empty is empty; make a key by `affnotify keygen FILE`",
            SAY_KEY_LATER="{here}/later was made by a later release of affnotify; update this one, or make a key by "
                          "`affnotify keygen FILE`",
            SAY_KEY_FOREIGN="{here}/foreign is no key of affnotify's: it must begin with `affnotify-key:`; make one by "
                            "`affnotify keygen FILE`",
            SAY_KEY_DAMAGED="{here}/damaged is damaged: behind `affnotify-key:v1:` stands the base64 of 32 bytes; put back "
                            "a copy of it",
            SAY_KEY_ID_TWICE="{here}/again holds the key fa881909, which another file of this list holds already; name "
                             "each key once"),
    ),
    files={
        "key": KEY,
        "open": (KEY, 0o640),
        "others": KEY,
        "empty": "",
        "later": "affnotify-key:v2:x\n",
        "foreign": "-----BEGIN PRIVATE KEY-----\n",
        "damaged": KEY[:-8] + "\n",
        "again": KEY,
    },
    before=(BUS_FIRST,),
    prepare=give_away,
    needs_root=True,  # which alone can give a file away
)

MARKED = [LINES, TOO_MANY_LINES, BUS, SINKS, *ONE_OF_A_KIND, URLS, PLUGINS_DEFAULTS, SECRETS, SEALED, KEY_FILES]

CASES = {
    "SAY_CANNOT_BE_READ": [
        Case(files={"affnotify.ini": None}, says="affnotify.ini: cannot be read: No such file or directory"),
        Case(files={"conf.d": ""}, says=(BUS_FIRST, "{here}/conf.d: cannot be read: Not a directory")),
    ],
    "SAY_TOO_MANY_FILES": Case(
        files={"conf.d/": 0o755, **{f"conf.d/{number}.ini": "" for number in range(257)}},
        says=(BUS_FIRST, "{here}/conf.d: holds 257 files named *.ini; at most 256 can be read"),
    ),
    "SAY_NO_SINK": Case(ini=(), says="warning: affnotify.ini: no sink is configured; add a [sink:NAME] section"),
}

ELSEWHERE = {
    "SAY_KEY_EXISTS": ("said by `keygen` alone", "tests/unit/config/test_key_file.c"),
    "SAY_NO_RANDOM": ("said by `keygen` alone", "tests/system/test_seal.py"),
}
