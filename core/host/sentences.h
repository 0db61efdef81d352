/*
 * Every sentence that the host says of a plugin's file, of its description and of the options in a
 * sink's section. `affnotify check` prints them behind their place, so each has a case in
 * tests/system/check_cases; a test fails for one that has none. No sentence may show any part of a
 * value that may be a secret. What a plugin's own check says stands in the plugin.
 */
#ifndef AFFN_HOST_SENTENCES_H
#define AFFN_HOST_SENTENCES_H

/* ---- The file: loader.c ---- */

#define SAY_NOT_REGULAR "is not a regular file"
#define SAY_OTHER_OWNER                                                                            \
    "belongs to user %u, but must belong to root or to user %u, as which affnotify runs: use "     \
    "chown"
#define SAY_WRITABLE_BY_ALL "can be written by everybody: use chmod o-w"
#define SAY_NOT_LOOKED_AT   "cannot be looked at"
#define SAY_FILE_EMPTY      "is empty: copy it again"
#define SAY_NO_LIBRARY      "is no shared library: copy it again, or name another file"
#define SAY_NO_PROC         "cannot be compared with affnotify-host: mount /proc"
#define SAY_OTHER_PROCESSOR                                                                        \
    "was built for another kind of processor (ELF machine %u, and this is %u): take the "          \
    "plugin's build for this machine, or build it here"
#define SAY_CUT_SHORT                                                                              \
    "is cut short: it has %lld bytes of at least %llu; copy it again, and see whether the disk "   \
    "is full"
#define SAY_NOT_LOADED "cannot be loaded: %s; install what it needs, or have it rebuilt here"
#define SAY_NO_SYMBOL  "has no function %s: it is no sink plugin, or one of another ABI"
#define SAY_NULL_SINK  "%s() returned NULL"

/* ---- The description: descriptor.c; host.c ---- */

#define SAY_SIZE                                                                                   \
    "%s is %u, which no revision up to %d has: let the macros of affnotify/sink.h fill it in"
#define SAY_ABI "speaks ABI %u, but this affnotify speaks ABI %d: rebuild it"
#define SAY_LATER_REVISION                                                                         \
    "was built for revision %u of ABI %d, but this affnotify knows only revision %d: update "      \
    "affnotify, or rebuild the plugin with AFFN_TARGET %d"
#define SAY_REVISION_0     "states revision 0: let the macro AFFN_SINK describe it"
#define SAY_TABLE_TOO_LONG "%s: its option table is longer than a frame"

#define SAY_PLUGIN_NAMED                                                                           \
    "name is \"%.80s\", but must be of a-z, 0-9 and _, begin with a letter and have at most %d "   \
    "bytes"
#define SAY_VERSION      "version must be one line of 1 to %d bytes, such as \"1.0.2\""
#define SAY_SUMMARY      "summary must be one sentence on one line"
#define SAY_DEFAULTS     "defaults must be one line, such as \"retry=standard batch=100\""
#define SAY_SELF_BYTES   "self_bytes is %u, but may be at most %d"
#define SAY_OPTION_COUNT "option_count is %u, but may be at most %d"
#define SAY_OPTIONS_NULL "option_count is %u, but options is NULL"

#define SAY_OPTION_NAMED                                                                           \
    "options[%u]: its name is \"%.80s\", but must be of a-z, 0-9 and _, begin with a letter "      \
    "and have at most %d bytes"
#define SAY_OPTION_TWICE    "option %s: stands in the table twice"
#define SAY_OPTION_RESERVED "option %s: the name is reserved for affnotify"
#define SAY_OPTION_RESERVED_REQUEST                                                                \
    "option %s: the name is reserved for affnotify in sinks that make requests"
#define SAY_OPTION_BUS       "option bus: no map may be named so; \"bus.\" is reserved"
#define SAY_OPTION_TYPE      "option %s: its type is %u, which is none"
#define SAY_OPTION_FLAGS     "option %s: its flags are %#x, of which some are unknown"
#define SAY_OPTION_WRITTEN   "option %s: is AFFN_WRITTEN, but no AFFN_PATH"
#define SAY_OPTION_ALIGNMENT "option %s: its offset %u is not aligned for its type"
#define SAY_OPTION_OUTSIDE   "option %s: its member at %u does not lie within self_bytes (%u)"
#define SAY_CHOICES_OF_OTHER "option %s: has choices, but is no AFFN_CHOICE"
#define SAY_NO_CHOICES       "option %s: has no choices"
#define SAY_CHOICE_WORD      "option %s: each choice must be one word"
#define SAY_BOUNDS_OF_OTHER  "option %s: has bounds, but is no number"
#define SAY_BOUNDS_CROSSED   "option %s: its min is greater than its max"
#define SAY_MAP_DEFAULT      "option %s: a map can have no default"
#define SAY_OPTION_DEFAULT   "option %s: its default"
#define SAY_OPTION_HELP      "option %s: help must be one sentence on one line"

#define SAY_NO_DELIVERY    "has neither deliver nor the extension %s"
#define SAY_TWO_DELIVERIES "has both deliver and the extension %s; it can deliver by one only"
#define SAY_PREPARE_NULL   "%s: prepare is NULL"
#define SAY_TWO_EXTENSIONS                                                                         \
    "has both the extension %s and %s; what it would send is seen by the host"
#define SAY_RENDER_NULL         "%s: render is NULL"
#define SAY_NOTICE_PREPARE_NULL "%s: prepare is NULL in a sink that makes requests"
#define SAY_NOTICE_DELIVER_SET  "%s: deliver is set in a sink that makes requests"
#define SAY_NOTICE_DELIVER_NULL "%s: deliver is NULL in a sink that makes no requests"
#define SAY_NOTICE_PREPARE_SET  "%s: prepare or conclude is set in a sink that makes no requests"

/* ---- Options: options.c, option_value.c, request_keys.c, findings.c ---- */

#define SAY_DEPRECATED          "is deprecated: %s"
#define SAY_REQUIRED            "is required: %s"
#define SAY_MAP_NO_KEY          "lacks a key: write %s.KEY = value"
#define SAY_MAP_REQUIRED        "is required: write %s.KEY = value: %s"
#define SAY_NO_MAP              "is no option: %s takes one value, not a KEY"
#define SAY_UNKNOWN_OPTION_NEAR "unknown key; did you mean `%s`?"
#define SAY_UNKNOWN_OPTION      "unknown key: neither affnotify nor this plugin has it"
#define SAY_IS_MAP              "is a map: write %s.KEY = value, once a KEY"
#define SAY_SET_TWICE           "is set twice"
#define SAY_SECRET_FORM         "is not %s (the value is not shown)"
#define SAY_URL_HELP            "%s (%s)"
#define SAY_CLIENT_KEY_ALONE    "needs client_certificate beside it"
#define SAY_MORE_MISTAKES       "%u more mistakes are not shown"

#endif
