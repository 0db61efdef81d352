/*
 * The configuration as the bus uses it: every key of both tables with a right and a wrong value,
 * which mistakes stop what, and the layers of a sink's tuning.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "affnotify/sink.h"
#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/config/config.h"
#include "core/event/event.h"
#include "scratch.h"

#define SINK "[sink:s]\nplugin = csv\n"
#define CORES                                                                                      \
    "lets affnotifyd and its hosts leave core files, which hold secrets and addresses; take it "   \
    "away when the fault is found\n"
#define NO_ONE "warning: a.ini: no sink is configured; add a [sink:NAME] section\n"

static void load(const char *directory, const char *text, struct config *config)
{
    char *path = scratch_path(directory, "a.ini");
    scratch_write(directory, "a.ini", text, 0);
    config_load(path, config);
    assert_string_equal(config->path, path);
    free(path);
}

static void expect_mistakes(const char *directory, const struct config *config, const char *wrong)
{
    char *texts = scratch_mistakes(directory, &config->mistakes);
    assert_string_equal(texts, wrong);
    free(texts);
}

static void expect(const char *directory, const char *text, bool usable, const char *wrong)
{
    struct config config;
    load(directory, text, &config);
    expect_mistakes(directory, &config, wrong);
    assert_int_equal(config.usable, usable);
    config_finish(&config);
}

/* ---- [bus] ---- */

static void test_defaults(void **state)
{
    struct config config;
    load(*state, "", &config);
    expect_mistakes(*state, &config, NO_ONE);
    assert_true(config.usable);
    assert_string_equal(config.state, "/var/lib/affnotify");
    assert_string_equal(config.socket, "/run/affnotify/bus.sock");
    assert_string_equal(config.spool, "/var/lib/affnotify/spool");
    assert_int_equal(config.plugins.count, 0);
    assert_null(config.publishers);
    assert_null(config.operators);
    assert_int_equal(config.sink_count, 0);
    config_finish(&config);
    config_finish(&config);
    config_finish(NULL);
}

static void test_bus(void **state)
{
    struct config config;
    load(*state,
         "[bus]\nstate = /s\nsocket = /b\nplugins = /p, /q\npublishers = web\noperators = "
         "ops\n" SINK,
         &config);
    expect_mistakes(*state, &config, "");
    assert_true(config.usable);
    assert_string_equal(config.state, "/s");
    assert_string_equal(config.socket, "/b");
    assert_string_equal(config.spool, "/s/spool");
    assert_int_equal(config.plugins.count, 2);
    assert_string_equal(config.plugins.items[1], "/q");
    assert_string_equal(config.publishers, "web");
    assert_string_equal(config.operators, "ops");
    config_finish(&config);

    load(*state, "[bus]\nspool = /elsewhere\nstate = s\n" SINK, &config);
    expect_mistakes(*state, &config,
                    "a.ini:3: [bus] state: must be an absolute path, beginning with `/`\n");
    assert_false(config.usable);
    assert_string_equal(config.spool, "/elsewhere");
    assert_string_equal(config.state, "/var/lib/affnotify");
    config_finish(&config);
}

#define PATH "must be an absolute path, beginning with `/`\n"
#define KEYS                                                                                       \
    "must be the absolute path of a key file, or `credential:NAME`; of several, with commas or "   \
    "blanks between them, the first seals\n"
#define S50 "sssssssssssssssssssssssssssssssssssssssssssssssss/"

/* clang-format off */
static void test_bus_keys(void **state)
{
    static const struct {
        const char *key;
        const char *value;
        const char *wrong; /* CORES: a warning; "": right; else a mistake */
    } cases[] = {
        {"state", "/s", ""}, {"state", "s", PATH}, {"state", "", PATH},
        {"socket", "/" S50 S50 "xxxxxx", ""},
        {"socket", "/" S50 S50 "xxxxxxx", "has 108 bytes; the path of a socket has at most 107\n"},
        {"socket", "bus.sock", PATH},
        {"spool", "/s", ""}, {"spool", "s", PATH},
        {"listen", "http://0.0.0.0:80", "must be https, not http: only a loopback address may go without\n"},
        {"listen", "http://127.example.com", "must be https, not http: only a loopback address may go without\n"},
        {"listen", "http://[2001:db8::1]", "must be https, not http: only a loopback address may go without\n"},
        {"listen", "https://h/v1", "must end behind the port, like `https://0.0.0.0:8443`\n"},
        {"listen", "8443", "must be like `https://0.0.0.0:8443`: where to listen, and the port\n"},
        {"admin_listen", "http://127.0.0.1:9", ""}, {"admin_listen", "9464", ""},
        {"admin_listen", "0", "must be a port from 1 to 65535, or like `http://127.0.0.1:9464`\n"},
        {"admin_listen", "65536", "must be a port from 1 to 65535, or like `http://127.0.0.1:9464`\n"},
        {"admin_listen", "100000000000000000009464", "must be a port from 1 to 65535, or like `http://127.0.0.1:9464`\n"},
        {"admin_listen", ":9464", "must be a port from 1 to 65535, or like `http://127.0.0.1:9464`: where to listen, and the port\n"},
        {"admin_listen", "http://:9464", "must be a port from 1 to 65535, or like `http://127.0.0.1:9464`: where to listen, and the port\n"},
        {"admin_listen", "http://0.0.0.0:9464", "must be https, not http: only a loopback address may go without\n"},
        {"admin_listen", "http://127.0.0.1:9464/metrics", "must end behind the port, like `https://0.0.0.0:8443`\n"},
        {"admin_listen", "ftp://h", "must begin with https:// or http://\n"},
        {"tls_certificate", "/c", ""}, {"tls_certificate", "c", PATH},
        {"tls_key", "/k", ""}, {"tls_key", "k", PATH},
        {"ingest_tokens", "sealed:v1:a, file:/b", ""},
        {"ingest_tokens", "", "is empty; give it a value, or leave the key out\n"},
        {"ingest_signing_secret", "env:A", ""},
        {"ingest_signing_secret", "\"\"", "is empty; give it a value, or leave the key out\n"},
        {"plugins", "/a /b", ""}, {"plugins", "", ""},
        {"plugins", "/a b", "must be absolute paths, each beginning with `/`, with commas or blanks between them\n"},
        {"publishers", "web", ""}, {"publishers", "a b", "must be the name of one group\n"},
        {"operators", "ops", ""}, {"operators", "", "must be the name of one group\n"},
        {"secret_key", "/k", ""}, {"secret_key", "/k, credential:k", ""},
        {"secret_key", "", "is empty; give it a value, or leave the key out\n"},
        {"secret_key", ",", "is empty; give it a value, or leave the key out\n"},
        {"secret_key", "/k k", KEYS}, {"secret_key", "credential:/k", KEYS}, {"secret_key", "credential:", KEYS},
        {"secret_key", "file:/k", KEYS}, {"secret_key", "credential:..", KEYS},
        {"secret_key", "/1 /2 /3 /4 /5 /6 /7 /8 /9 /10 /11 /12 /13 /14 /15 /16", ""},
        {"secret_key", "/1 /2 /3 /4 /5 /6 /7 /8 /9 /10 /11 /12 /13 /14 /15 /16 /17", "names 17 key files; at most 16 can be in use\n"},
        {"alert_sink", "s", ""},
        {"alert_sink", "sink:s", "must be the name of a sink, such as crm for [sink:crm]\n"},
        {"alert_after", "10m", ""},
        {"alert_after", "10", "`10` has no unit; write ms, s, m, h or d behind it, like `10s`\n"},
        {"retain", "30d", ""},
        {"retain", "ever", "this value is not a duration; write a number and ms, s, m, h or d, like `10s`\n"},
        {"retain_dead", "90d", ""},
        {"retain_dead", "-1d", "`-1d` is not a duration; write a number and ms, s, m, h or d, like `10s`\n"},
        {"journal_max", "10G", ""},
        {"journal_max", "10T", "`10T` is not a size; write a number of bytes, or one with k, M or G, like `64k`\n"},
        {"log_email", "masked", ""},
        {"log_email", "mask", "this value is none of full, masked, none\n"},
        {"cores", "no", ""}, {"cores", "yes", CORES}, {"cores", "2", "must be yes or no, not `2`\n"},
        {"sockets", "/b", "unknown key; did you mean `socket`?\n"},
        {"url", "/b", "unknown key; [bus] has none like it, and a sink's keys belong below [sink:NAME]\n"},
        {"bus.x", "/b", "unknown key; [bus] has none like it, and a sink's keys belong below [sink:NAME]\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool is_warning = strcmp(cases[i].wrong, CORES) == 0;
        char *text = memory_format("[bus]\n%s = %s\n" SINK, cases[i].key, cases[i].value);
        char *wrong = *cases[i].wrong ? memory_format("%sa.ini:2: [bus] %s: %s", is_warning ? "warning: " : "", cases[i].key, cases[i].wrong)
                                      : memory_text("");
        expect(*state, text, is_warning || !*cases[i].wrong, wrong);
        free(wrong);
        free(text);
    }
}

/* ---- The door to the network ---- */

#define DOOR(listen, rest) "[bus]\nlisten = " listen "\n" rest "\n" SINK
#define TOKENS             "ingest_tokens = file:/t\n"
#define SIGNED             "ingest_signing_secret = file:/s\n"
#define FILES              "tls_certificate = /c\ntls_key = /k\n"
#define NO_PROOF                                                                                   \
    "a.ini:2: [bus] listen: needs `ingest_tokens` or `ingest_signing_secret`: without either, "    \
    "anybody could hand events in\n"
#define NO_FILES "a.ini:2: [bus] listen: needs `tls_certificate` and `tls_key`, each a PEM file\n"

static void test_door(void **state)
{
    static const struct {
        const char *text;
        const char *wrong;
    } cases[] = {
        {DOOR("https://0.0.0.0:8443", TOKENS FILES), ""},
        {DOOR("HTTPS://0.0.0.0:8443/", SIGNED FILES), ""},
        {DOOR("http://127.1.2.3:80", TOKENS), ""},
        {DOOR("http://[::1]:80", TOKENS SIGNED), ""},
        {DOOR("http://localhost", TOKENS), ""},
        {DOOR("http://localhost", ""), NO_PROOF},
        {DOOR("http://localhost", FILES), NO_PROOF},
        {DOOR("https://localhost", TOKENS), NO_FILES},
        {DOOR("https://localhost", TOKENS "tls_key = /k\n"), NO_FILES},
        {DOOR("https://localhost", TOKENS "tls_certificate = /c\n"), NO_FILES},
        {DOOR("https://localhost", ""), NO_PROOF NO_FILES},
        {"[bus]\nadmin_listen = 9464\n" SINK, ""}, /* it lets nobody hand anything in */
        {"[bus]\nadmin_listen = https://h\n" FILES SINK, ""},
        {"[bus]\nadmin_listen = https://h\n" SINK,
         "a.ini:2: [bus] admin_listen: needs `tls_certificate` and `tls_key`, each a PEM file\n"},
        {"[bus]\n" TOKENS FILES SINK, ""}, /* without a door, they wait for one */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(*state, cases[i].text, !*cases[i].wrong, cases[i].wrong);

    struct config config;
    load(*state, DOOR("https://0.0.0.0:8443", TOKENS FILES), &config);
    assert_string_equal(config.listen, "https://0.0.0.0:8443");
    assert_string_equal(config.tls_certificate, "/c");
    assert_string_equal(config.tls_key, "/k");
    assert_null(config.admin_listen);
    config_finish(&config);
    load(*state, "[bus]\nadmin_listen = 9464\n" SINK, &config);
    assert_string_equal(config.admin_listen, "http://127.0.0.1:9464");
    assert_null(config.listen);
    config_finish(&config);
    load(*state, "[bus]\nadmin_listen = http://[::1]:9464\n" SINK, &config);
    assert_string_equal(config.admin_listen, "http://[::1]:9464");
    config_finish(&config);
}

/* ---- Blanks ---- */

#define BLANK "is not filled in; take away `FILL-IN` and write your own value\n"

/* Of a blank nothing else is said, and it is never taken for a value. */
static void test_blanks(void **state)
{
    struct config config;
    expect(*state, "[bus]\nstate = FILL-IN /s\npublishers = FILL-IN\nfoo = FILL-IN\n" SINK, false,
           "a.ini:2: [bus] state: " BLANK "a.ini:3: [bus] publishers: " BLANK
           "a.ini:4: [bus] foo: " BLANK);
    load(*state,
         "[sink:s]\nplugin = FILL-IN csv\ntimeout = FILL-IN 5s\npath = FILL-IN /crm.csv\n"
         "b = FILL-IN\nc = FILL-I\nd = fill-in\ne = /FILL-IN\n",
         &config);
    expect_mistakes(*state, &config,
                    "a.ini:2: [sink:s] plugin: " BLANK "a.ini:3: [sink:s] timeout: " BLANK
                    "a.ini:4: [sink:s] path: " BLANK "a.ini:5: [sink:s] b: " BLANK);
    assert_true(config.usable);
    assert_null(config.sinks[0].plugin);
    assert_true(config_is_blank("FILL-IN /crm.csv"));
    assert_false(config_is_blank("/FILL-IN"));
    config_finish(&config);
}

/* ---- Which mistake stops what ---- */

static void test_usable(void **state)
{
    static const struct {
        const char *text;
        bool usable;
        const char *wrong;
    } cases[] = {
        {SINK, true, ""},
        {"[bus]\n", true, NO_ONE},
        {"[sink:s]\n", true, "a.ini:1: [sink:s] plugin: is required; name the plugin, like `plugin = webhook`\n"},
        {"[sink:s\nplugin = csv\n", true, "a.ini:1: [sink:s] the section's name is not closed; write [sink:s]\n"},
        {SINK SINK, true, "a.ini:3: [sink:s] this section begins at a.ini:1 already; put these keys there\n"},
        {SINK "[sinks:t]\n", true, "a.ini:3: [sinks:t] unknown section; did you mean [sink:t]?\n"},
        {SINK "[Sink:t]\n", true, "a.ini:3: [Sink:t] unknown section; did you mean [sink:t]?\n"},
        {SINK "[sink]\n", true, "a.ini:3: [sink] unknown section; did you mean [sink:NAME]?\n"},
        {SINK "[crm]\nbearer_token = x\n", true, "a.ini:3: [crm] unknown section; there are [bus] and, for each sink, [sink:NAME]\n"},
        {"[sinks:t]\n", true, "a.ini:1: [sinks:t] unknown section; did you mean [sink:t]?\n" NO_ONE},
        {"[buss]\nstate = /x\n" SINK, false, "a.ini:1: [buss] unknown section; did you mean [bus]?\n"},
        {"[BUS]\nstate = /x\n" SINK, false, "a.ini:1: [BUS] unknown section; did you mean [bus]?\n"},
        {"[bus\nstate = /x\n" SINK, false, "a.ini:1: [bus] the section's name is not closed; write [bus]\n"},
        {"[]\nstate = /x\n" SINK, false, "a.ini:1: this section has no name; write [bus] or [sink:NAME]\n"},
        {"state = /x\n" SINK, false, "a.ini:1: state: this key stands before any section; put it below [bus] or [sink:NAME]\n"},
        {"[bus]\nhidden\n" SINK, false, "a.ini:2: [bus] this line has no `=`; write `key = value`, or begin a comment with `;`\n"},
        {"[bus]\n[bus]\n" SINK, false, "a.ini:2: [bus] this section begins at a.ini:1 already; put these keys there\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(*state, cases[i].text, cases[i].usable, cases[i].wrong);
}
/* clang-format on */

static void test_unreadable(void **state)
{
    struct config config;
    char *path = scratch_path(*state, "none.ini");
    config_load(path, &config);
    expect_mistakes(*state, &config, "none.ini: cannot be read: No such file or directory\n");
    assert_false(config.usable);
    assert_string_equal(config.state, "/var/lib/affnotify");
    config_finish(&config);
    free(path);

    scratch_write(*state, "conf.d/x.ini/y", "", 0);
    expect(*state, SINK, false, "conf.d/x.ini: cannot be read: Is a directory\n");
}

static void test_path_is_absolute(void **state)
{
    scratch_write(*state, "a.ini", "", 0);
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(*state), 0);
    struct config config;
    config_load("a.ini", &config);
    assert_int_equal(chdir(before), 0);
    char *path = scratch_path(*state, "a.ini");
    assert_string_equal(config.path, path);
    expect_mistakes("/", &config, NO_ONE);
    free(path);
    free(before);
    config_finish(&config);
}

/* ---- [sink:NAME] ---- */

static void test_sinks(void **state)
{
    struct config config;
    load(*state,
         "[sink:crm]\nplugin = csv\npath = x\n"
         "[sink:1-a_b]\nenabled = no\nplugin = /opt/x.so\n"
         "[bus]\n"
         "[sink:third]\nplugin = ../x\nenabled = perhaps\n",
         &config);
    expect_mistakes(*state, &config,
                    "a.ini:9: [sink:third] plugin: must be a plugin's name of a-z, 0-9, `_` and "
                    "`-`, beginning with a letter, or the absolute path of a .so\n"
                    "a.ini:10: [sink:third] enabled: must be yes or no, not this value\n");
    assert_true(config.usable);
    assert_int_equal(config.sink_count, 3);
    assert_string_equal(config.sinks[0].name, "crm");
    assert_string_equal(config.sinks[0].plugin, "csv");
    assert_true(config.sinks[0].enabled);
    assert_int_equal(config.sinks[0].section->count, 2);
    assert_string_equal(config.sinks[1].name, "1-a_b");
    assert_string_equal(config.sinks[1].plugin, "/opt/x.so");
    assert_false(config.sinks[1].enabled);
    assert_null(config.sinks[2].plugin);
    assert_int_equal(mistakes_errors_in(&config.mistakes, "sink:crm"), 0);
    assert_int_equal(mistakes_errors_in(&config.mistakes, "sink:third"), 2);
    config_finish(&config);
}

#define N63 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static void test_sink_names(void **state)
{
    static const char *const right[] = {"a", "0", "a-b_c", N63};
    static const char *const wrong[] = {"", "-a", "_a", "A", "a.b", "a b", " a", "a:b", N63 "n"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        char *text = memory_format("[sink:%s]\nplugin = csv\n", right[i]);
        expect(*state, text, true, "");
        free(text);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text = memory_format("[sink:%s]\nplugin = csv\n", wrong[i]);
        char *mistake = memory_format("a.ini:1: [sink:%s] a sink's name is 1 to 63 bytes of a-z, "
                                      "0-9, `_` and `-`, a letter or digit first\n",
                                      wrong[i]);
        struct config config;
        load(*state, text, &config);
        expect_mistakes(*state, &config, mistake);
        assert_int_equal(config.sink_count, 0);
        config_finish(&config);
        free(mistake);
        free(text);
    }
}

static void test_too_many_sinks(void **state)
{
    struct buffer text;
    buffer_init(&text, 64 * 1024);
    for (int i = 0; i < SINKS_MAX + 2; i++)
        buffer_printf(&text, "[sink:s%d]\nplugin = csv\n", i);
    struct config config;
    load(*state, text.data, &config);
    expect_mistakes(*state, &config,
                    "a.ini:129: [sink:s64] more than 64 sinks; this one is left out\n"
                    "a.ini:131: [sink:s65] more than 64 sinks; this one is left out\n");
    assert_int_equal(config.sink_count, 64);
    assert_string_equal(config.sinks[63].name, "s63");
    assert_true(config.usable);
    config_finish(&config);
    buffer_finish(&text);
}

#define PLUGIN                                                                                     \
    "must be a plugin's name of a-z, 0-9, `_` and `-`, beginning with a letter, or the absolute "  \
    "path of a .so\n"
#define START "must be now, beginning, or a date like 2026-03-18 or 2026-03-18T12:00:00Z\n"
#define WAS                                                                                        \
    "must be the sink's former name: 1 to 63 bytes of a-z, 0-9, `_` and `-`, a letter or digit "   \
    "first\n"

/* A warning only: a clock that is wrong at boot must not stop a sink that began long ago. */
static void test_start_to_come(void **state)
{
    expect(*state, "[sink:s]\nplugin = csv\nstart = 9999-01-01\n", true,
           "warning: a.ini:3: [sink:s] start: is still to come (in UTC), so a new sink begins now; "
           "say `now`, or a date that is over\n");
}

/* clang-format off */
static void test_sink_keys(void **state)
{
    static const struct {
        const char *key;
        const char *value;
        const char *wrong;
    } cases[] = {
        {"plugin", "web-hook_2", ""}, {"plugin", "/a/b.so", ""},
        {"plugin", "", PLUGIN}, {"plugin", "Csv", PLUGIN}, {"plugin", "2csv", PLUGIN}, {"plugin", "csv.so", PLUGIN},
        {"plugin", "a/b.so", PLUGIN}, {"plugin", "/.so", PLUGIN}, {"plugin", "/a/b", PLUGIN}, {"plugin", N63 "n", PLUGIN},
        {"enabled", "off", ""}, {"enabled", "", "must be yes or no, not this value\n"},
        {"events", "affiliate.created", ""}, {"events", "affiliate.deactivated affiliate.created", ""},
        {"events", "affiliate.create", "`affiliate.create` is none of affiliate.created, affiliate.deactivated; did you mean `affiliate.created`?\n"},
        {"events", "affiliate.created, click", "this value is none of affiliate.created, affiliate.deactivated\n"},
        {"events", ",", "names no event; write affiliate.created, affiliate.deactivated or both, or `enabled = no`\n"},
        {"retry", "none", ""}, {"retry", "standard", ""}, {"retry", "1s 2s,3s", ""},
        {"retry", "", "is empty; write none, standard, or delays like `5s 5m 30m`\n"},
        {"retry", "1s none", "this value is not a delay; write none, standard, or delays like `5s 5m 30m`, each at most 30d\n"},
        {"retry", "31d", "`31d` is not a delay; write none, standard, or delays like `5s 5m 30m`, each at most 30d\n"},
        {"timeout", "100ms", ""}, {"timeout", "1h", ""}, {"timeout", "99ms", "must be from 100ms to 1h, not `99ms`\n"},
        {"rate", "100000/s", ""}, {"rate", "100001/s", "is more than 100000/s; write none for any number\n"},
        {"rate", "none", ""}, {"rate", "50/s", ""},
        {"rate", "50", "`50` is not a rate; write a number from 1 and /s, /m or /h, like `50/s`\n"},
        {"concurrency", "256", ""}, {"concurrency", "257", "must be from 1 to 256, not `257`\n"},
        {"batch", "1000", ""}, {"batch", "0", "must be from 1 to 1000, not `0`\n"},
        {"digest", "0", ""}, {"digest", "15m", ""}, {"digest", "2d", "must be from 0 to 1d, not `2d`\n"},
        {"order", "journal", ""}, {"order", "jurnal", "`jurnal` is none of affiliate, journal, none; did you mean `journal`?\n"},
        {"start", "now", ""}, {"start", "beginning", ""}, {"start", "2026-03-18", ""}, {"start", "2026-03-18T12:00:00+02:00", ""},
        {"start", "2026-02-30", START}, {"start", "yesterday", START}, {"start", "", START},
        {"start", "2026-03-18T12:00:00.0000000000000000000000000000000000000000000000Z", START},
        {"expire", "0", ""}, {"expire", "7d", ""},
        {"expire", "7", "`7` has no unit; write ms, s, m, h or d behind it, like `10s`\n"},
        {"was", "", ""}, {"was", "old", ""}, {"was", "Old", WAS},
        {"bus.later", "x", "unknown key; names that begin with `bus.` are kept for later releases\n"},
        {"url", "anything", ""}, {"ca_file", "x", ""}, {"business", "x", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *plugin = strcmp(cases[i].key, "plugin") == 0 ? "; one line" : "plugin = csv";
        char *text = memory_format("[sink:s]\n%s\n%s = %s\n", plugin, cases[i].key, cases[i].value);
        char *wrong = *cases[i].wrong ? memory_format("a.ini:3: [sink:s] %s: %s", cases[i].key, cases[i].wrong)
                                      : memory_text("");
        expect(*state, text, true, wrong);
        free(wrong);
        free(text);
    }
}
/* clang-format on */

static void test_too_many_retries(void **state)
{
    struct buffer text;
    buffer_init(&text, 64 * 1024);
    buffer_add_text(&text, SINK "retry =");
    for (int i = 0; i < RETRY_DELAYS_MAX; i++)
        buffer_add_text(&text, " 1s");
    expect(*state, text.data, true, "");
    buffer_add_text(&text, " 1s");
    expect(*state, text.data, true,
           "a.ini:3: [sink:s] retry: has 65 delays; at most 64 are possible\n");
    buffer_finish(&text);
}

static void test_reserved_keys(void **state)
{
    (void)state;
    struct value_list reserved;
    value_list(AFFN_RESERVED_KEYS, &reserved);
    assert_int_equal(reserved.count, 13);
    for (size_t i = 0; i < reserved.count; i++)
        assert_true(config_is_bus_key(reserved.items[i]));
    assert_true(config_is_bus_key("bus.later"));
    assert_false(config_is_bus_key("bus"));
    assert_false(config_is_bus_key("url"));
    assert_false(config_is_bus_key("ca_file"));
    value_list_finish(&reserved);
}

/* ---- Tuning ---- */

/* All of it as one text. */
static char *describe(const struct sink_tuning *tuning)
{
    struct buffer all;
    buffer_init(&all, 4096);
    buffer_printf(&all, "enabled %d events %u retry", tuning->enabled, tuning->event_mask);
    for (uint32_t i = 0; i < tuning->retry_count; i++)
        buffer_printf(&all, " %lld", (long long)tuning->retry_ms[i]);
    buffer_printf(&all, " timeout %lld rate %lld", (long long)tuning->timeout_ms,
                  (long long)tuning->rate_an_hour);
    buffer_printf(&all, " concurrency %u batch %u digest %lld", tuning->concurrency, tuning->batch,
                  (long long)tuning->digest_ms);
    buffer_printf(&all, " order %d start %d %lld expire %lld was '%s'", (int)tuning->order,
                  (int)tuning->start, (long long)tuning->start_unix_ms,
                  (long long)tuning->expire_ms, tuning->was);
    char *text = memory_text(all.data);
    buffer_finish(&all);
    return text;
}

#define STANDARD "5000 300000 1800000 7200000 18000000 36000000 50400000 72000000 86400000"

static void test_tuning(void **state)
{
    static const struct {
        const char *section;
        const char *defaults; /* the plugin's */
        const char *tuning;
    } cases[] = {
        {"", NULL,
         "enabled 1 events 6 retry timeout 10000 rate 0 concurrency 32 batch 1 digest 0 order 0 "
         "start 0 0 expire 0 was ''"},
        {"", "",
         "enabled 1 events 6 retry timeout 10000 rate 0 concurrency 32 batch 1 digest 0 order 0 "
         "start 0 0 expire 0 was ''"},
        {"", " retry=standard  rate=1/s\tbatch=100\n order=journal ",
         "enabled 1 events 6 retry " STANDARD " timeout 10000 rate 3600 concurrency 32 batch 100 "
         "digest 0 order 1 start 0 0 expire 0 was ''"},
        {"retry = none\nrate = 2/m\n", "retry=standard rate=1/s batch=100",
         "enabled 1 events 6 retry timeout 10000 rate 120 concurrency 32 batch 100 digest 0 "
         "order 0 start 0 0 expire 0 was ''"},
        {"", "retry=1s,2s events=affiliate.created,affiliate.deactivated",
         "enabled 1 events 6 retry 1000 2000 timeout 10000 rate 0 concurrency 32 batch 1 digest 0 "
         "order 0 start 0 0 expire 0 was ''"},
        {"enabled = no\nevents = affiliate.deactivated\nretry = 1s, 2m\ntimeout = 2s\n"
         "rate = 3/h\nconcurrency = 4\nbatch = 5\ndigest = 6s\norder = none\n"
         "start = 1970-01-02\nexpire = 7d\nwas = old\n",
         NULL,
         "enabled 0 events 4 retry 1000 120000 timeout 2000 rate 3 concurrency 4 batch 5 "
         "digest 6000 order 2 start 2 86400000 expire 604800000 was 'old'"},
        {"start = 1970-01-01T01:00:00.5+01:00\n", NULL,
         "enabled 1 events 6 retry timeout 10000 rate 0 concurrency 32 batch 1 digest 0 order 0 "
         "start 2 500 expire 0 was ''"},
        {"start = beginning\n", "start=1970-01-02",
         "enabled 1 events 6 retry timeout 10000 rate 0 concurrency 32 batch 1 digest 0 order 0 "
         "start 1 0 expire 0 was ''"},
        /* Mistakes were found by config_load; what is wrong leaves the layer below as it was. */
        {"batch = many\nevents = affiliate.created, x\nretry = 1s, x\n", "batch=3",
         "enabled 1 events 6 retry timeout 10000 rate 0 concurrency 32 batch 3 digest 0 order 0 "
         "start 0 0 expire 0 was ''"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config config;
        struct mistakes mistakes;
        struct sink_tuning tuning;
        char *text = memory_format(SINK "%s", cases[i].section);
        mistakes_init(&mistakes);
        load(*state, text, &config);
        config_tune_sink(&config.sinks[0], cases[i].defaults, &tuning, &mistakes);
        assert_int_equal(mistakes.count, 0);
        char *described = describe(&tuning);
        assert_string_equal(described, cases[i].tuning);
        free(described);
        free(text);
        mistakes_finish(&mistakes);
        config_finish(&config);
    }
}

static void test_plugin_defaults(void **state)
{
    struct config config;
    struct sink_tuning tuning;
    load(*state, "\n" SINK, &config);
    config_tune_sink(&config.sinks[0],
                     "batch=0 retry colour=red plugin=x enabled=no was=old timeout=5s", &tuning,
                     &config.mistakes);
#define AT "a.ini:2: [sink:s] the plugin's own default "
#define TO "; report it to the plugin's author\n"
    expect_mistakes(*state, &config,
                    AT "`batch=0` is wrong: must be from 1 to 1000, not `0`" TO AT
                       "`retry` is wrong: has no `=`" TO AT
                       "`colour=red` is wrong: is not one of the bus's keys" TO AT
                       "`plugin=x` is wrong: can be set in a sink's section only" TO AT
                       "`enabled=no` is wrong: can be set in a sink's section only" TO AT
                       "`was=old` is wrong: can be set in a sink's section only" TO);
    assert_int_equal(tuning.batch, 1);
    assert_int_equal(tuning.timeout_ms, 5000);
    assert_int_equal(mistakes_errors_in(&config.mistakes, "sink:s"), 6);
    config_finish(&config);
}

/* tuning.c writes the names itself, so that it need not link what reads events. */
static void test_event_names(void **state)
{
    static const enum event_type types[] = {EVENT_CREATED, EVENT_DEACTIVATED};
    for (size_t i = 0; i < 2; i++) {
        struct config config;
        struct sink_tuning tuning;
        char *text = memory_format(SINK "events = %s\n", event_type_name(types[i]));
        load(*state, text, &config);
        config_tune_sink(&config.sinks[0], NULL, &tuning, &config.mistakes);
        assert_int_equal(config.mistakes.count, 0);
        assert_int_equal(tuning.event_mask, 1u << types[i]);
        free(text);
        config_finish(&config);
    }
}

/* It must be a sink of this file; else there are no notices, and all starts nevertheless. */
static void test_alert_sink(void **state)
{
    expect(*state, "[bus]\nalert_sink = s\n" SINK, true, "");
    expect(*state, "[bus]\nalert_sink = slak\n[sink:slack]\nplugin = slack\n", true,
           "a.ini:2: [bus] alert_sink: there is no section [sink:slak]; did you mean `slack`?\n");
    expect(*state, "[bus]\nalert_sink = somebody\n" SINK, true,
           "a.ini:2: [bus] alert_sink: names no sink of this configuration; name the one that is "
           "to give notices\n");
    expect(*state, "[bus]\nalert_sink = s\n" SINK "enabled = no\n", true,
           "warning: a.ini:2: [bus] alert_sink: [sink:s] has `enabled = no`: no notice will be "
           "given\n");
}

#define SCRATCHED(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCHED(test_defaults),         SCRATCHED(test_bus),
        SCRATCHED(test_bus_keys),         SCRATCHED(test_door),
        SCRATCHED(test_alert_sink),       SCRATCHED(test_blanks),
        SCRATCHED(test_usable),           SCRATCHED(test_unreadable),
        SCRATCHED(test_path_is_absolute), SCRATCHED(test_sinks),
        SCRATCHED(test_sink_names),       SCRATCHED(test_too_many_sinks),
        SCRATCHED(test_start_to_come),    SCRATCHED(test_sink_keys),
        SCRATCHED(test_too_many_retries), cmocka_unit_test(test_reserved_keys),
        SCRATCHED(test_tuning),           SCRATCHED(test_plugin_defaults),
        SCRATCHED(test_event_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
