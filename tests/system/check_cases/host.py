"""Cases of core/host/sentences.h."""

import os
import struct

from check_cases import Case, marked, say, warn
from check_cases.config import WRONG_DEFAULTS
from harness import BUILD

HEADER = "core/host/sentences.h"
SOURCES = [
    f"core/host/{name}.c"
    for name in ("descriptor", "findings", "host", "loader", "option_value", "options", "request_keys")
]

NULL_SINK = BUILD / "fixtures/refused_null.so"


# ---- Files ----

def library(name, **sentences):
    return f"[sink:{name}]", say(f"plugin = {{here}}/{name}.so", **{
        names: f"{{here}}/{name}.so: {sentence}" for names, sentence in sentences.items()})


def make_libraries(folder):
    """Ours, changed."""
    ours = bytearray(NULL_SINK.read_bytes())
    struct.pack_into("<H", ours, 18, 9999)
    (folder / "foreign.so").write_bytes(ours)
    (folder / "cut.so").write_bytes(NULL_SINK.read_bytes()[:4096])
    (folder / "open.so").write_bytes(NULL_SINK.read_bytes())
    (folder / "open.so").chmod(0o606)
    if os.geteuid() == 0:
        os.chown(folder / "others.so", 12345, -1)


def machine():
    return struct.unpack_from("<H", NULL_SINK.read_bytes(), 18)[0]


FILES = marked(
    *library("folder", SAY_NOT_REGULAR="is not a regular file"),
    *library("open", SAY_WRITABLE_BY_ALL="can be written by everybody: use chmod o-w"),
    *library("empty", SAY_FILE_EMPTY="is empty: copy it again"),
    *library("text", SAY_NO_LIBRARY="is no shared library: copy it again, or name another file"),
    *library("foreign", SAY_OTHER_PROCESSOR="was built for another kind of processor (ELF machine 9999, and this is "
                                            f"{machine()}): take the plugin's build for this machine, or build it here"),
    *library("cut", SAY_CUT_SHORT=f"is cut short: it has 4096 bytes of at least {NULL_SINK.stat().st_size}; copy it again, "
                                  "and see whether the disk is full"),
    files={"folder.so/": 0o755, "empty.so": "", "text.so": "a sink\n", "others.so": ""},
    prepare=make_libraries,
)

OTHERS_FILE = marked(
    *library("others", SAY_OTHER_OWNER="belongs to user 12345, but must belong to root or to user 0, as which affnotify "
                                       "runs: use chown"),
    files={"others.so": ""},
    prepare=make_libraries,
    needs_root=True,  # which alone can give a file away
)


# ---- Descriptions ----

def fixture(name, **sentences):
    return f"[sink:{name}]", say(f"plugin = {name}", **{
        names: f"{{fixtures}}/{name}.so: {sentence}" for names, sentence in sentences.items()})


NAMES = "must be of a-z, 0-9 and _, begin with a letter and have at most 63 bytes"
OF_REVISION = "which no revision up to 1 has: let the macros of affnotify/sink.h fill it in"

DESCRIPTIONS = [marked(
    *fixture("loading_unresolved",
             SAY_NOT_LOADED="cannot be loaded: undefined symbol: misfit_function_of_nowhere; install what it needs, or "
                            "have it rebuilt here"),
    *fixture("refused_no_symbol",
             SAY_NO_SYMBOL="has no function affn_sink_v1: it is no sink plugin, or one of another ABI"),
    *fixture("refused_null", SAY_NULL_SINK="affn_sink_v1() returned NULL"),
    *fixture("refused_odd_size", SAY_SIZE=f"sink_bytes is 129, {OF_REVISION}"),
    *fixture("refused_wrong_abi", SAY_ABI="speaks ABI 2, but this affnotify speaks ABI 1: rebuild it"),
    *fixture("refused_later_revision",
             SAY_LATER_REVISION="was built for revision 2 of ABI 1, but this affnotify knows only revision 1: update "
                                "affnotify, or rebuild the plugin with AFFN_TARGET 1"),
    *fixture("refused_no_stamp", SAY_REVISION_0="states revision 0: let the macro AFFN_SINK describe it"),
    *fixture("refused_table", SAY_TABLE_TOO_LONG="its option table is longer than a frame"),
    *fixture("refused_no_name", SAY_PLUGIN_NAMED=f'name is "", but {NAMES}'),
    *fixture("refused_no_version", SAY_VERSION='version must be one line of 1 to 63 bytes, such as "1.0.2"'),
    *fixture("refused_no_summary", SAY_SUMMARY="summary must be one sentence on one line"),
    *fixture("refused_defaults", SAY_DEFAULTS='defaults must be one line, such as "retry=standard batch=100"'),
    *fixture("refused_self", SAY_SELF_BYTES="self_bytes is 1048577, but may be at most 1048576"),
    *fixture("refused_many_options", SAY_OPTION_COUNT="option_count is 257, but may be at most 256"),
    *fixture("refused_no_table", SAY_OPTIONS_NULL="option_count is 1, but options is NULL"),
    *fixture("refused_neither", SAY_NO_DELIVERY="has neither deliver nor the extension affn.request/1"),
    *fixture("refused_both",
             SAY_TWO_DELIVERIES="has both deliver and the extension affn.request/1; it can deliver by one only"),
    *fixture("refused_prepare", SAY_PREPARE_NULL="affn.request/1: prepare is NULL"),
    *fixture("refused_render_request",
             SAY_TWO_EXTENSIONS="has both the extension affn.render/1 and affn.request/1; what it would send is seen by the "
                                "host"),
    *fixture("refused_render", SAY_RENDER_NULL="affn.render/1: render is NULL"),
    *fixture("refused_notice_prepare",
             SAY_NOTICE_PREPARE_NULL="affn.notice/1: prepare is NULL in a sink that makes requests"),
    *fixture("refused_notice_deliver",
             SAY_NOTICE_DELIVER_SET="affn.notice/1: deliver is set in a sink that makes requests"),
    *fixture("refused_notice_empty",
             SAY_NOTICE_DELIVER_NULL="affn.notice/1: deliver is NULL in a sink that makes no requests"),
    *fixture("refused_notice_request",
             SAY_NOTICE_PREPARE_SET="affn.notice/1: prepare or conclude is set in a sink that makes no requests"),
), marked(
    *fixture("refused_option_name", SAY_OPTION_NAMED=f'options[1]: its name is "Port", but {NAMES}'),
    *fixture("refused_option_twice", SAY_OPTION_TWICE="option path: stands in the table twice"),
    *fixture("refused_option_reserved", SAY_OPTION_RESERVED="option retry: the name is reserved for affnotify"),
    *fixture("refused_option_request",
             SAY_OPTION_RESERVED_REQUEST="option proxy: the name is reserved for affnotify in sinks that make requests"),
    *fixture("refused_option_bus", SAY_OPTION_BUS='option bus: no map may be named so; "bus." is reserved'),
    *fixture("refused_option_type", SAY_OPTION_TYPE="option port: its type is 11, which is none"),
    *fixture("refused_option_flags", SAY_OPTION_FLAGS="option port: its flags are 0x20, of which some are unknown"),
    *fixture("refused_option_written", SAY_OPTION_WRITTEN="option port: is AFFN_WRITTEN, but no AFFN_PATH"),
    *fixture("refused_option_alignment",
             SAY_OPTION_ALIGNMENT="option port: its offset 4 is not aligned for its type"),
    *fixture("refused_option_outside",
             SAY_OPTION_OUTSIDE="option port: its member at 16 does not lie within self_bytes (16)"),
    *fixture("refused_option_choices", SAY_CHOICES_OF_OTHER="option port: has choices, but is no AFFN_CHOICE"),
    *fixture("refused_option_no_choices", SAY_NO_CHOICES="option port: has no choices"),
    *fixture("refused_option_two_words", SAY_CHOICE_WORD="option port: each choice must be one word"),
    *fixture("refused_option_bounds", SAY_BOUNDS_OF_OTHER="option host: has bounds, but is no number"),
    *fixture("refused_option_min_max", SAY_BOUNDS_CROSSED="option port: its min is greater than its max"),
    *fixture("refused_option_map_default", SAY_MAP_DEFAULT="option header: a map can have no default"),
    *fixture("refused_option_default",
             SAY_OPTION_DEFAULT="option port: its default: this value is not a whole number; write one in digits"),
    *fixture("refused_option_help", SAY_OPTION_HELP="option port: help must be one sentence on one line"),
)]


# ---- Options ----

OPTIONS = marked(
    say("[sink:options]", SAY_REQUIRED="path: is required: A path."),
    "plugin = fixture_options",
    warn("old = x", SAY_DEPRECATED="is deprecated: Use `string`."),
    say("map. = x", SAY_MAP_NO_KEY="lacks a key: write map.KEY = value"),
    say("map = x", SAY_IS_MAP="is a map: write map.KEY = value, once a KEY"),
    say("number.one = 1", SAY_NO_MAP="is no option: number takes one value, not a KEY"),
    say("colour = red", SAY_UNKNOWN_OPTION="unknown key: neither affnotify nor this plugin has it"),
    say("sise = 1", SAY_UNKNOWN_OPTION_NEAR="unknown key; did you mean `size`?"),
    say("pin = file:{here}/pin",
        SAY_SECRET_FORM="is not a number within the option's bounds (the value is not shown) (read from {here}/pin)"),
    say("[sink:map]", besides=WRONG_DEFAULTS, SAY_MAP_REQUIRED="header: is required: write header.KEY = value: Some headers."),
    "plugin = fixture_careless",
    "[sink:request]",
    "plugin = fixture_request",
    say("client_key = /key.pem", SAY_CLIENT_KEY_ALONE="needs client_certificate beside it"),
    "[sink:url]",
    "plugin = smtp",
    say("url = mail.example.com", SAY_URL_HELP="is not a URL; it must begin with a scheme and `://` (The mail server: "
                                               "smtp://HOST:PORT with STARTTLS, or smtps://HOST:PORT.)"),
    "from = a@example.com",
    "to = b@example.com",
    files={"pin": "no number"},
)

MARKED = [FILES, OTHERS_FILE, *DESCRIPTIONS, OPTIONS]
CASES = {
    "SAY_MORE_MISTAKES": Case(
        ini=("[sink:crm]", "plugin = fixture_misfit", "in = check", "amount = 300"),
        says=("warning: affnotify.ini:5: [sink:crm] 45 more mistakes are not shown",
              *255 * ["warning: affnotify.ini:8: [sink:crm] amount: is a lot"]),
    ),
}

ELSEWHERE = {
    "SAY_SET_TWICE": ("the file's reader refuses a key that is there twice", "tests/unit/host/test_options.c"),
    "SAY_NOT_LOOKED_AT": ("an open file can be looked at nearly always", "tests/system/test_host.py"),
    "SAY_NO_PROC": ("there is a /proc where there are tests", "tests/system/test_host.py"),
}
