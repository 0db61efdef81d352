/*
 * What a program of the exec sink reads, as it has always looked: tests/golden/exec/NAME.lines.
 * After a change that is meant, AFFN_GOLDEN_WRITE=1 writes the files anew: look at what git says of
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_host.h"

#define PERSON     "affiliate@example.com"
#define LINK       "https://myapp.link/ref/abc123"
#define EVENTS_MAX 200

static char shown[1024 * 1024];
static size_t shown_bytes;

static void add(struct affn_output *output, const void *bytes, uint32_t length)
{
    (void)output;
    assert_true(shown_bytes + length < sizeof shown);
    memcpy(shown + shown_bytes, bytes, length);
    shown_bytes += length;
}

/* ---- Events ---- */

static struct affn_event events[EVENTS_MAX];
static char ids[EVENTS_MAX][37];
static char canonicals[EVENTS_MAX][4097];
static uint32_t count;

static struct affn_event *event(const char *kind, const char *email, const char *deep_link)
{
    struct affn_event *made = &events[count];
    *made = fake_event(count + 1, ids[count]);
    made->canonical_bytes = (uint32_t)snprintf(
        canonicals[count], sizeof canonicals[count],
        "{\"event\":\"affiliate.%s\",\"affiliate_id\":\"ia_43831f8e\",\"email\":\"%s\","
        "\"deep_link\":\"%s\",\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}",
        kind, email, deep_link);
    assert_true(made->canonical_bytes < sizeof canonicals[count]);
    made->canonical = canonicals[count++];
    made->email = email;
    made->deep_link = deep_link;
    return made;
}

static void expect_golden(const char *name)
{
    static char expected[sizeof shown];
    static const struct affn_event *pointers[EVENTS_MAX];
    struct affn_batch batch = {.events = pointers, .count = count};
    struct affn_output output = {.write = add};
    const struct affn_renderer *renderer = affn_sink_v1()->extension(AFFN_RENDER);
    char path[512];
    for (uint32_t i = 0; i < count; i++)
        pointers[i] = &events[i];
    shown_bytes = 0;
    renderer->render(NULL, &batch, &output);
    count = 0;
    snprintf(path, sizeof path, AFFN_GOLDEN "/%s.lines", name);
    if (getenv("AFFN_GOLDEN_WRITE")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(shown, 1, shown_bytes, file), shown_bytes);
        assert_int_equal(fclose(file), 0);
    }
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("no %s: AFFN_GOLDEN_WRITE=1 writes it", path);
    size_t length = fread(expected, 1, sizeof expected, file);
    fclose(file);
    assert_int_equal(length, shown_bytes);
    assert_memory_equal(expected, shown, length);
}

/* ---- Files ---- */

static void both_kinds(void **state)
{
    (void)state;
    event("created", PERSON, LINK);
    event("deactivated", PERSON, LINK);
    expect_golden("both");
}

static void attempts_and_kinds(void **state)
{
    (void)state;
    event("created", PERSON, LINK)->attempt = 12;
    event("created", PERSON, LINK)->flags = AFFN_EVENT_REPLAY;
    struct affn_event *test = event("created", PERSON, LINK);
    test->id = "evt_test_000000000000000000000000000";
    test->flags = AFFN_EVENT_TEST;
    event("created", PERSON, LINK)->flags = AFFN_EVENT_TEST | AFFN_EVENT_REPLAY;
    expect_golden("kinds");
}

static void extremes(void **state)
{
    (void)state;
    static char address[255];
    static char link[2049];
    memset(address, 'a', 254);
    memcpy(address + 254 - strlen("@example.com"), "@example.com", strlen("@example.com"));
    memset(link, '&', 2048);
    memcpy(link, "https://myapp.link/", strlen("https://myapp.link/"));
    event("created", PERSON, "");
    event("created", address, link);
    event("deactivated", address, "");
    expect_golden("extremes");
}

static void hostile_values(void **state)
{
    (void)state;
    static const char *const emails[] = {
        "O'Neil+tag@example.com",
        "=cmd|' /C calc'!A0@example.com",
        "+1@example.com",
        "-1@example.com",
        "@@example.com",
        "$(touch${IFS}x)`id`;id|id&@example.com",
        "%s%n@example.com",
        "*?[a]~{a,b}#!@example.com",
        "\u05d3\u05d5\u05d2\u05de\u05d4@example.com",
        "\u0645\u062b\u0627\u0644@example.com",
        "\u7528\u6237@example.com",
        "moc.elpmaxe@\u202eegde@example.com",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467@example.com",
        "a\u00a0b\u2028c\u2029d@example.com",
    };
    static const char *const links[] = {
        "https://myapp.link/\u202efdp.exe",  "https://myapp.link/\u200b\u2066\u2069\ufeff",
        "https://myapp.link/'\\''$HOME`id`", "javascript:alert(1)",
        "app+x://open?a=1&b=<script>",
    };
    for (size_t i = 0; i < sizeof emails / sizeof emails[0]; i++)
        event("created", emails[i], LINK);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        event("deactivated", PERSON, links[i]);
    expect_golden("hostile");
}

static void a_batch_of_100(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        event("created", PERSON, LINK);
    expect_golden("batch");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds),     cmocka_unit_test(attempts_and_kinds),
        cmocka_unit_test(extremes),       cmocka_unit_test(hostile_values),
        cmocka_unit_test(a_batch_of_100),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
