/* What a new configuration changes: each sink by its fingerprint, and the keys that are fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/bus/change.h"
#include "core/config/config.h"

/* ---- Sinks ---- */

#define A                                                                                          \
    {                                                                                              \
        .section = "s", .plugin = "p", .secrets = "x"                                              \
    }

static const struct row {
    const char *about;
    struct change_running running;
    struct fingerprint next;
    enum change change;
} rows[] = {
    {"the same", {.fingerprint = A, .enabled = true}, A, CHANGE_NONE},
    {"another section", {.fingerprint = {"t", "p", "x"}, .enabled = true}, A, CHANGE_CHANGED},
    {"another build of the plugin",
     {.fingerprint = {"s", "q", "x"}, .enabled = true},
     A,
     CHANGE_CHANGED},
    {"another secret", {.fingerprint = {"s", "p", "y"}, .enabled = true}, A, CHANGE_CHANGED},
    {"secrets that are not read yet",
     {.fingerprint = {"s", "p", ""}, .enabled = true},
     A,
     CHANGE_NONE},
    {"another section, and secrets that are not read yet",
     {.fingerprint = {"t", "p", ""}, .enabled = true},
     A,
     CHANGE_CHANGED},
    {"stopped by a mistake that was not in its section",
     {.fingerprint = A, .enabled = true, .stopped = true},
     A,
     CHANGE_CHANGED},
    {"disabled, whatever its plugin and its secrets are by now",
     {.fingerprint = {"s", "", ""}, .stopped = true},
     A,
     CHANGE_NONE},
    {"disabled, and another section",
     {.fingerprint = {"t", "", ""}, .stopped = true},
     A,
     CHANGE_CHANGED},
};

static void test_sinks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum change change = change_of(&rows[i].running, &rows[i].next);
        if (change != rows[i].change)
            fail_msg("%s: %s", rows[i].about, change_name(change));
    }
    assert_int_equal(change_of(NULL, &rows[0].next), CHANGE_ADDED);
    assert_int_equal(change_of(&rows[0].running, NULL), CHANGE_REMOVED);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(change_name(CHANGE_NONE), "unchanged");
    assert_string_equal(change_name(CHANGE_ADDED), "added");
    assert_string_equal(change_name(CHANGE_CHANGED), "changed");
    assert_string_equal(change_name(CHANGE_REMOVED), "removed");
}

/* ---- [bus] ---- */

/* A configuration whose [bus] has these lines of one key each, from line 2 on. */
struct made {
    struct config config;
    struct section section;
    struct setting settings[8];
};

static char path[] = "a.ini", bus[] = "bus", default_state[] = "/s", default_socket[] = "/k",
            default_spool[] = "/s/spool";

static void make(struct made *made, char *const *keys, char *const *values)
{
    *made = (struct made){.config = {.path = path,
                                     .state = default_state,
                                     .socket = default_socket,
                                     .spool = default_spool},
                          .section = {.name = bus, .file = path, .line = 1}};
    made->section.settings = made->settings;
    for (size_t i = 0; keys[i]; i++) {
        made->settings[i] = (struct setting){keys[i], values[i], path, (int)i + 2};
        made->section.count++;
    }
    made->config.document = (struct document){.sections = &made->section, .count = 1};
}

static void expect(const struct config *running, const struct config *next, const char *wanted)
{
    struct mistakes mistakes;
    char all[1024] = "";
    mistakes_init(&mistakes);
    change_check_bus(running, next, &mistakes);
    for (size_t i = 0; i < mistakes.count; i++) {
        char *text = mistake_text(&mistakes.items[i]);
        assert_false(mistakes.items[i].warning);
        strcat(all, text);
        strcat(all, "\n");
        free(text);
    }
    mistakes_finish(&mistakes);
    assert_string_equal(all, wanted);
}

#define FIXED " and cannot change that while it runs; restart affnotifyd\n"

static void test_bus_keys(void **state)
{
    (void)state;
    struct made running, next;
    char *none[] = {NULL};
    char *keys[] = {(char[]){"state"}, (char[]){"publishers"}, (char[]){"retain"}, NULL};
    char *values[] = {(char[]){"/s"}, (char[]){"people"}, (char[]){"3d"}};
    make(&running, none, none);
    make(&next, keys, values);
    running.config.retain_ms = 1;
    running.config.plugins = (struct value_list){.count = 3};
    running.config.alert_sink = values[0];
    expect(&running.config, &next.config, ""); /* what can change, and the default written */
    next.config.publishers = values[1];
    expect(&running.config, &next.config,
           "a.ini:3: [bus] publishers: affnotifyd runs without it" FIXED);
    expect(&next.config, &running.config,
           "a.ini:1: [bus] publishers: affnotifyd runs with people" FIXED);
    char *others[] = {(char[]){"operators"}, (char[]){"socket"}, NULL};
    char *other_values[] = {(char[]){"people"}, (char[]){"/other"}};
    make(&next, others, other_values);
    next.config.operators = other_values[0];
    next.config.socket = other_values[1];
    expect(&running.config, &next.config,
           "a.ini:3: [bus] socket: affnotifyd runs with /k" FIXED
           "a.ini:2: [bus] operators: affnotifyd runs without it" FIXED);
}

/* It is decided at the start, and may be written or not. */
static void test_cores(void **state)
{
    (void)state;
    struct made running, next;
    char *none[] = {NULL};
    char *keys[] = {(char[]){"cores"}, NULL};
    char *values[] = {(char[]){"no"}};
    make(&running, none, none);
    make(&next, keys, values);
    expect(&running.config, &next.config, "");
    next.config.cores = true;
    expect(&running.config, &next.config, "a.ini:2: [bus] cores: affnotifyd runs with no" FIXED);
    expect(&next.config, &running.config, "a.ini:1: [bus] cores: affnotifyd runs with yes" FIXED);
}

/* The spool's directory follows `state`, and is told of only when it was written itself. */
static void test_spool(void **state)
{
    (void)state;
    struct made running, next;
    char *keys[] = {(char[]){"state"}, (char[]){"spool"}, NULL};
    char *state_alone[] = {keys[0], NULL};
    char *values[] = {(char[]){"/t"}, (char[]){"/u"}};
    make(&running, state_alone, values);
    make(&next, state_alone, values);
    next.config.state = values[0];
    next.config.spool = (char[]){"/t/spool"};
    expect(&running.config, &next.config, "a.ini:2: [bus] state: affnotifyd runs with /s" FIXED);
    make(&next, keys, values);
    next.config.spool = values[1];
    expect(&running.config, &next.config,
           "a.ini:3: [bus] spool: affnotifyd runs with /s/spool" FIXED);
    expect(&next.config, &running.config, "a.ini:1: [bus] spool: affnotifyd runs with /u" FIXED);
}

/* [bus] itself was taken away. */
static void test_no_section(void **state)
{
    (void)state;
    struct made running, next;
    char *keys[] = {(char[]){"socket"}, NULL};
    char *values[] = {(char[]){"/other"}};
    make(&running, keys, values);
    make(&next, keys + 1, values);
    running.config.socket = values[0];
    next.config.document.count = 0;
    expect(&running.config, &next.config, "a.ini: [bus] socket: affnotifyd runs with /other" FIXED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sinks),      cmocka_unit_test(test_names),
        cmocka_unit_test(test_bus_keys),   cmocka_unit_test(test_spool),
        cmocka_unit_test(test_no_section), cmocka_unit_test(test_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
