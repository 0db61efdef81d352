/*
 * Messages of the slack plugin as they have always looked: tests/golden/slack/NAME.json. After a
 * change that is meant, AFFN_GOLDEN_WRITE=1 writes the files anew: look at what git says of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slack_fixture.h"

#define PERSON "affiliate@example.com"
#define LINK   "https://myapp.link/ref/abc123"

/* One event that has left, as a row of the tables below. */
#define LEFT "affiliate.deactivated"

static void read_file(const char *path, char *text, size_t room)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("no %s: AFFN_GOLDEN_WRITE=1 writes it", path);
    size_t length = fread(text, 1, room - 1, file);
    text[length] = '\0';
    fclose(file);
}

static void expect_golden(const char *name, uint32_t count, const char *programme, uint32_t taken)
{
    static char expected[256 * 1024];
    char path[512];
    uint32_t really_taken;
    json_t *message = fixture_message(count, programme, &really_taken);
    fixture_check_limits(message);
    assert_int_equal(really_taken, taken);
    char *text = json_dumps(message, JSON_INDENT(2));
    json_decref(message);
    snprintf(path, sizeof path, AFFN_GOLDEN "/%s.json", name);
    if (getenv("AFFN_GOLDEN_WRITE")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fprintf(file, "%s\n", text);
        assert_int_equal(fclose(file), 0);
    }
    read_file(path, expected, sizeof expected);
    expected[strlen(expected) - 1] = '\0'; /* its last line break */
    assert_string_equal(text, expected);
    free(text);
}

static void created(void **state)
{
    (void)state;
    fixture_event(0, PERSON, LINK);
    expect_golden("created", 1, NULL, 1);
    expect_golden("created_programme", 1, "Acme & Friends", 1);
}

static void deactivated(void **state)
{
    (void)state;
    fixture_event(0, PERSON, LINK)->event = LEFT;
    expect_golden("deactivated", 1, NULL, 1);
}

static void an_empty_deep_link_is_left_out(void **state)
{
    (void)state;
    fixture_event(0, PERSON, "");
    expect_golden("empty_deep_link", 1, NULL, 1);
}

static void a_test_is_marked(void **state)
{
    (void)state;
    fixture_event(0, PERSON, LINK)->flags = AFFN_EVENT_TEST;
    expect_golden("test", 1, NULL, 1);
}

static void a_replay_is_marked(void **state)
{
    (void)state;
    fixture_event(0, PERSON, LINK)->flags = AFFN_EVENT_REPLAY;
    expect_golden("replay", 1, NULL, 1);
}

static void a_batch_of_three(void **state)
{
    (void)state;
    fixture_event(0, "anna@example.com", "https://myapp.link/ref/anna");
    fixture_event(1, "ben@example.com", "");
    fixture_event(2, PERSON, LINK)->event = LEFT;
    expect_golden("batch_of_3", 3, NULL, 3);
    expect_golden("batch_of_3_programme", 3, "Acme", 3);
}

static void a_batch_too_large_for_one_message(void **state)
{
    (void)state;
    static char emails[40][32];
    for (uint32_t i = 0; i < 40; i++) {
        snprintf(emails[i], sizeof emails[i], "person%u@example.com", i);
        struct affn_event *event = fixture_event(i, emails[i], LINK);
        if (i % 5 == 4)
            event->event = LEFT;
    }
    expect_golden("batch_of_20", 20, NULL, 20); /* the plugin's own `batch` */
    expect_golden("batch_too_large", 40, NULL, 24);
}

static void long_values(void **state)
{
    (void)state;
    static char email[255];
    static char link[2049];
    memset(email, 'x', 254);
    memcpy(email + 254 - 12, "@example.com", 12);
    memset(link, '&', 2048);
    memcpy(link, "https://myapp.link/?", 20);
    fixture_event(0, email, LINK);
    expect_golden("email_of_254_bytes", 1, NULL, 1);
    fixture_event(0, PERSON, link);
    expect_golden("link_of_2048_ampersands", 1, NULL, 1);
    memset(link + 20, 'a', 2028);
    fixture_event(0, PERSON, link);
    expect_golden("link_of_2048_bytes", 1, NULL, 1);
}

static void hostile_values(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *email;
        const char *deep_link;
    } cases[] = {
        {"hostile_direction", "moc.elpmaxe@\u202eegde@example.com",
         "https://myapp.link/\u202efdp.exe"},
        {"hostile_right_to_left", "\u05d3\u05d5\u05d2\u05de\u05d4@example.com",
         "https://myapp.link/\u05d3\u05d5\u05d2\u05de\u05d4"},
        {"hostile_emoji", "\U0001f468\u200d\U0001f469\u200d\U0001f467@example.com",
         "https://myapp.link/\U0001f680"},
        {"hostile_script", "<script>@example.com", "https://myapp.link/<script>alert(1)</script>"},
        {"hostile_formula", "=cmd|' /C calc'!A0@example.com", "https://myapp.link/=cmd|x"},
        {"hostile_entity", "&lt;@example.com", "https://myapp.link/?a=&lt;b&amp;c"},
        {"hostile_mention", "<!channel>@x.y", "https://myapp.link/<!channel>"},
        {"hostile_format", "*bold*_i_@x.y", "https://myapp.link/*bold*/_i_/~s~/`c`/:wave:"},
        {"hostile_host", PERSON,
         "https://www.paypal.com-login-account-confirm-your-identity@evil.example/now"},
        {"hostile_label", PERSON,
         "https://myapp.link/a|https://evil.example/ "
         "*bold*_i_~s~:wave:/and-more-of-it-than-is-ever-shown"},
        {"other_scheme", PERSON, "myapp://ref/<@U1>/*bold*"},
        {"script_scheme", PERSON, "javascript:alert(1)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_event(0, cases[i].email, cases[i].deep_link);
        expect_golden(cases[i].name, 1, NULL, 1);
    }
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_event(i, cases[i].email, cases[i].deep_link);
    expect_golden("hostile_batch", sizeof cases / sizeof *cases, NULL,
                  sizeof cases / sizeof *cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(created),
        cmocka_unit_test(deactivated),
        cmocka_unit_test(an_empty_deep_link_is_left_out),
        cmocka_unit_test(a_test_is_marked),
        cmocka_unit_test(a_replay_is_marked),
        cmocka_unit_test(a_batch_of_three),
        cmocka_unit_test(a_batch_too_large_for_one_message),
        cmocka_unit_test(long_values),
        cmocka_unit_test(hostile_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
