/*
 * Every sentence that this folder says of a configuration. `affnotify check` prints them behind
 * their place, so each has a case in tests/system/check_cases, with the lines that lead to it; a test
 * fails for one that has none. No sentence may show any part of a value that may be a secret.
 */
#ifndef AFFN_CONFIG_SENTENCES_H
#define AFFN_CONFIG_SENTENCES_H

/* ---- Lines: ini_line.c ---- */

#define SAY_NOT_UTF8 "byte %zu of this line is not UTF-8; save the file as UTF-8"
#define SAY_CONTROL_CHARACTER                                                                      \
    "byte %zu of this line begins the control character U+%04X; take it out"
#define SAY_LINE_TOO_LONG         "this line has %zu bytes; a line has at most %d"
#define SAY_SECTION_NAMELESS      "this section has no name; write [bus] or [sink:NAME]"
#define SAY_SECTION_NAME_TOO_LONG "this section's name has %zu bytes; a name has at most %d"
#define SAY_SECTION_OPEN          "the section's name is not closed; write [%s]"
#define SAY_TEXT_BEHIND_SECTION   "text follows the section's name; put it on its own line"
#define SAY_QUOTE_OPEN            "the value begins with a `\"` that is never closed; end it with `\"`"
#define SAY_TEXT_BEHIND_QUOTE                                                                      \
    "text follows the value's closing `\"`; a quoted value ends its line and holds no `\"` "       \
    "itself"
#define SAY_COMMENT_IN_VALUE                                                                       \
    "a blank and `%c` stand in the value; put the comment on its own line, or quote the value"
#define SAY_COLON_FOR_EQUALS "a `:` stands where `=` belongs; write `key = value`"
#define SAY_NO_EQUALS        "this line has no `=`; write `key = value`, or begin a comment with `;`"
#define SAY_NO_KEY           "this line has no key before its `=`; write `key = value`"
#define SAY_KEY_TOO_LONG     "this line's key has %zu bytes; a key has at most %d"
#define SAY_NO_KEY_FORM                                                                            \
    "what stands before the `=` is not a key; a key is made of letters, digits, `_`, `-` and "     \
    "`.`, and begins with a letter or digit"
#define SAY_INDENTED                                                                               \
    "this line is indented; begin it at the margin: a value cannot go on in the next line"
#define SAY_TOO_MANY_LINES "more than %d lines; the rest of this file was not read"

/* ---- Files and sections: document.c ---- */

#define SAY_SECTION_TWICE  "this section begins at %s:%d already; put these keys there"
#define SAY_KEY_OUTSIDE    "this key stands before any section; put it below [bus] or [sink:NAME]"
#define SAY_KEY_TWICE      "this key stands in line %d already; keep one of the two"
#define SAY_CANNOT_BE_READ "cannot be read: %s"
#define SAY_TOO_MANY_FILES "holds %d files named *.ini; at most %d can be read"

/* ---- What [bus] and the sections are: config.c ---- */

#define SAY_BLANK                "is not filled in; take away `FILL-IN` and write your own value"
#define SAY_UNKNOWN_BUS_KEY_NEAR "unknown key; did you mean `%s`?"
#define SAY_UNKNOWN_BUS_KEY                                                                        \
    "unknown key; [bus] has none like it, and a sink's keys belong below [sink:NAME]"
#define SAY_CORES                                                                                  \
    "lets affnotifyd and its hosts leave core files, which hold secrets and addresses; take it "   \
    "away when the fault is found"
#define SAY_NEEDS_TLS "needs `tls_certificate` and `tls_key`, each a PEM file"
#define SAY_NEEDS_TOKENS                                                                           \
    "needs `ingest_tokens` or `ingest_signing_secret`: without either, anybody could hand "        \
    "events in"
#define SAY_BUS_DOT_KEY "unknown key; names that begin with `bus.` are kept for later releases"
#define SAY_SINK_NAME                                                                              \
    "a sink's name is 1 to %d bytes of a-z, 0-9, `_` and `-`, a letter or digit first"
#define SAY_TOO_MANY_SINKS  "more than %d sinks; this one is left out"
#define SAY_PLUGIN_REQUIRED "is required; name the plugin, like `plugin = webhook`"
#define SAY_START_TO_COME                                                                          \
    "is still to come (in UTC), so a new sink begins now; say `now`, or a date that is over"
#define SAY_MEANT_BUS           "unknown section; did you mean [bus]?"
#define SAY_MEANT_SINK          "unknown section; did you mean [sink:%s]?"
#define SAY_UNKNOWN_SECTION     "unknown section; there are [bus] and, for each sink, [sink:NAME]"
#define SAY_NO_SINK             "no sink is configured; add a [sink:NAME] section"
#define SAY_ALERT_SINK_DISABLED "[sink:%s] has `enabled = no`: no notice will be given"
#define SAY_NO_ALERT_SINK_NEAR  "there is no section [sink:%s]; did you mean `%s`?"
#define SAY_NO_ALERT_SINK                                                                          \
    "names no sink of this configuration; name the one that is to give notices"

/* ---- The keys of [bus]: bus_keys.c ---- */

#define SAY_SOCKET_TOO_LONG "has %zu bytes; the path of a socket has at most %d"
#define SAY_PATHS                                                                                  \
    "must be absolute paths, each beginning with `/`, with commas or blanks between them"
#define SAY_EMPTY         "is empty; give it a value, or leave the key out"
#define SAY_TOO_MANY_KEYS "names %zu key files; at most %d can be in use"
#define SAY_KEY_FILES                                                                              \
    "must be the absolute path of a key file, or `credential:NAME`; of several, with commas or "   \
    "blanks between them, the first seals"
#define SAY_ONE_GROUP       "must be the name of one group"
#define SAY_ALERT_SINK_NAME "must be the name of a sink, such as crm for [sink:crm]"

/* ---- Where the door listens: listen.c ---- */

#define SAY_LISTEN       "must be like `https://0.0.0.0:8443`: where to listen, and the port"
#define SAY_LISTEN_END   "must end behind the port, like `https://0.0.0.0:8443`"
#define SAY_LISTEN_PLAIN "must be https, not http: only a loopback address may go without"
#define SAY_ADMIN_PORT   "must be a port from 1 to 65535, or like `http://127.0.0.1:9464`"
#define SAY_ADMIN_LISTEN                                                                           \
    "must be a port from 1 to 65535, or like `http://127.0.0.1:9464`: where to listen, and the "   \
    "port"

/* ---- The bus's keys in a sink's section: tuning.c ---- */

#define SAY_PLUGIN_NAME                                                                            \
    "must be a plugin's name of a-z, 0-9, `_` and `-`, beginning with a letter, or the "           \
    "absolute path of a .so"
#define SAY_NO_EVENT                                                                               \
    "names no event; write affiliate.created, affiliate.deactivated or both, or `enabled = no`"
#define SAY_RETRY_EMPTY    "is empty; write none, standard, or delays like `5s 5m 30m`"
#define SAY_RETRY_TOO_MANY "has %zu delays; at most %d are possible"
#define SAY_RETRY_DELAY                                                                            \
    "%s is not a delay; write none, standard, or delays like `5s 5m 30m`, each at most 30d"
#define SAY_RATE_TOO_HIGH "is more than %d/s; write none for any number"
#define SAY_START         "must be now, beginning, or a date like 2026-03-18 or 2026-03-18T12:00:00Z"
#define SAY_WAS                                                                                    \
    "must be the sink's former name: 1 to %d bytes of a-z, 0-9, `_` and `-`, a letter or digit "   \
    "first"
#define SAY_DEFAULT_NO_EQUALS    "has no `=`"
#define SAY_DEFAULT_UNKNOWN      "is not one of the bus's keys"
#define SAY_DEFAULT_SECTION_ONLY "can be set in a sink's section only"
#define SAY_DEFAULT_WRONG                                                                          \
    "the plugin's own default `%.*s` is wrong: %s; report it to the plugin's author"

/* ---- Values of any key: value.c ---- */

#define SAY_DOES_NOT_FIT "%s does not fit; write a smaller number"
#define SAY_AT_LEAST     "must be at least %s, not %s"
#define SAY_FROM_TO      "must be from %s to %s, not %s"
#define SAY_NOT_A_NUMBER "%s is not a whole number; write one in digits"
#define SAY_NOT_A_SIZE                                                                             \
    "%s is not a size; write a number of bytes, or one with k, M or G, like `64k`"
#define SAY_NO_UNIT        "%s has no unit; write ms, s, m, h or d behind it, like `10s`"
#define SAY_NOT_A_DURATION "%s is not a duration; write a number and ms, s, m, h or d, like `10s`"
#define SAY_NOT_A_RATE     "%s is not a rate; write a number from 1 and /s, /m or /h, like `50/s`"
#define SAY_YES_OR_NO      "must be yes or no, not %s"
#define SAY_ABSOLUTE_PATH  "must be an absolute path, beginning with `/`"
#define SAY_NONE_OF        "%s is none of %s"
#define SAY_NONE_OF_NEAR   "`%s` is none of %s; did you mean `%s`?"
#define SAY_URL_SCHEME     "must begin with %s"
#define SAY_URL_LOGIN      "must not hold a user name or password; give it by a key of its own"
#define SAY_URL_HOST       "has no valid host; write one behind the `://`, like `example.com`"
#define SAY_URL_PORT       "has no valid port; write one from 1 to 65535 behind the `:`"
#define SAY_NOT_A_URL      "is not a URL; it must begin with a scheme and `://`"
#define SAY_URL_CHARACTER                                                                          \
    "holds a blank or another character that a URL cannot have; write it percent-encoded, like "   \
    "%%20"

/* ---- Secrets: secret.c ---- */

#define SAY_SECRET_EMPTY      "%s is empty; put the secret into it"
#define SAY_SECRETS_NONE      "holds no secret; put one there, or leave the key out"
#define SAY_SECRET_TOO_LONG   "%s is longer than %d bytes; a secret has at most so many"
#define SAY_SECRET_NUL        "%s holds a NUL byte; a secret is one line of text"
#define SAY_SECRET_LINE_BREAK "%s holds a line break; a secret is one line of text"
#define SAY_FILE_UNREADABLE   "%s cannot be read: %s"
#define SAY_FILE_READ_FAILED  "%s cannot be read"
#define SAY_FILE_FORM         "`file:` must be followed by an absolute path, like `file:/PATH`"
#define SAY_ENV_FORM                                                                               \
    "`env:` must be followed by the name of an environment variable, like `env:NAME`"
#define SAY_ENV_UNSET                                                                              \
    "the environment variable %s is not set; set it where affnotifyd is started, and start it "    \
    "again"
#define SAY_NO_SECRET_KEY                                                                          \
    "this value was sealed by the key %s, and [bus] has no `secret_key`; name the file of that "   \
    "key there"
#define SAY_NO_SUCH_KEY                                                                            \
    "this value was sealed by the key %s, and `secret_key` in [bus] has %s only; name the file "   \
    "of that key there, too"
#define SAY_SEALED_ELSEWHERE                                                                       \
    "this value was sealed for %s and opens nowhere else; seal the secret for this place by "      \
    "`%s`"
#define SAY_SEAL_CLOSED                                                                            \
    "this sealed value does not open: it was changed, or sealed for another section or key; "      \
    "seal the secret anew by `%s`"
#define SAY_SECRET_LITERAL                                                                         \
    "the secret stands in the file itself; seal it by `affnotify seal --in-place%s`, or write "    \
    "file:/PATH, credential:NAME or env:NAME"

/* ---- Sealed values: seal.c ---- */

#define SAY_SEALED_EMPTY "nothing stands behind `sealed:`"
#define SAY_SEALED_LATER                                                                           \
    "this value was sealed by a later release of affnotify: it begins with `sealed:%.*s`, and "    \
    "this release opens `sealed:v1:`"
#define SAY_SEALED_FORM                                                                            \
    "this is no sealed value: behind `sealed:v1:` stand the 8 hex digits of its key's ID, a "      \
    "`:` and base64"
#define SAY_SEALED_NOT_BASE64                                                                      \
    "this sealed value was cut short or changed: what stands behind its key's ID is not whole "    \
    "base64"
#define SAY_SEALED_SHORT                                                                           \
    "this sealed value was cut short: it has %zu bytes, and the shortest has %d"
#define SAY_SEAL_ANEW "%s; seal the secret anew by `%s`"

/* ---- Credentials: credential.c ---- */

#define SAY_CREDENTIAL_FORM                                                                        \
    "`credential:` must be followed by the name of a systemd credential, like `credential:NAME`"
#define SAY_NO_CREDENTIALS                                                                         \
    "there is no credential %s: systemd has set no $CREDENTIALS_DIRECTORY; add "                   \
    "`LoadCredential=%s:/PATH` to the unit and restart it"

/* ---- Key files: key_file.c, keyring.c ---- */

#define SAY_KEY_MODE                                                                               \
    "%s has the mode %04o, so others than its owner can get at the key; give it 0600: `chmod "     \
    "600 %s`"
#define SAY_KEY_OWNER                                                                              \
    "%s belongs to the user %u, who could change the key; it must belong to root or to the "       \
    "user that affnotifyd runs as"
#define SAY_KEY_GONE                                                                               \
    "%s is not there; put your copy of the key back, or else make a new key by `affnotify keygen " \
    "FILE` and enter each sealed secret anew by `affnotify seal`"
#define SAY_KEY_EMPTY "%s is empty; make a key by `affnotify keygen FILE`"
#define SAY_KEY_LATER                                                                              \
    "%s was made by a later release of affnotify; update this one, or make a key by `affnotify "   \
    "keygen FILE`"
#define SAY_KEY_FOREIGN                                                                            \
    "%s is no key of affnotify's: it must begin with `affnotify-key:`; make one by `affnotify "    \
    "keygen FILE`"
#define SAY_KEY_DAMAGED                                                                            \
    "%s is damaged: behind `%s` stands the base64 of 32 bytes; put back a copy of it"
#define SAY_NO_RANDOM "the system gives no random bytes"
#define SAY_KEY_EXISTS                                                                             \
    "%s is there already and was left as it is: a key that is lost opens nothing any more; "       \
    "name another file"
#define SAY_KEY_ID_TWICE                                                                           \
    "%s holds the key %s, which another file of this list holds already; name each key once"

#endif
