/* Times as text: what is read, what is refused, what is written. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "core/event/timestamp.h"

static const struct {
    const char *input;
    const char *canonical;
} accepted[] = {
    {"2026-03-18T12:00:00.000Z", "2026-03-18T12:00:00.000Z"},
    {"2026-03-18T12:00:00Z", "2026-03-18T12:00:00.000Z"},
    /* Fractions of 1 to 9 digits are cut, not rounded. */
    {"2026-03-18T12:00:00.1Z", "2026-03-18T12:00:00.100Z"},
    {"2026-03-18T12:00:00.12Z", "2026-03-18T12:00:00.120Z"},
    {"2026-03-18T12:00:00.123Z", "2026-03-18T12:00:00.123Z"},
    {"2026-03-18T12:00:00.1239Z", "2026-03-18T12:00:00.123Z"},
    {"2026-03-18T12:00:00.12399Z", "2026-03-18T12:00:00.123Z"},
    {"2026-03-18T12:00:00.123999Z", "2026-03-18T12:00:00.123Z"},
    {"2026-03-18T12:00:00.0009999Z", "2026-03-18T12:00:00.000Z"},
    {"2026-03-18T12:00:00.99999999Z", "2026-03-18T12:00:00.999Z"},
    {"2026-03-18T23:59:59.999999999Z", "2026-03-18T23:59:59.999Z"},
    /* Offsets. */
    {"2026-03-18T12:00:00+00:00", "2026-03-18T12:00:00.000Z"},
    {"2026-03-18T12:00:00-00:00", "2026-03-18T12:00:00.000Z"},
    {"2026-03-18T14:00:00+02:00", "2026-03-18T12:00:00.000Z"},
    {"2026-03-18T04:30:00.5-07:30", "2026-03-18T12:00:00.500Z"},
    {"2026-01-01T00:00:00+00:01", "2025-12-31T23:59:00.000Z"},
    {"2025-12-31T23:59:59-23:59", "2026-01-01T23:58:59.000Z"},
    {"2026-03-01T00:30:00+23:59", "2026-02-28T00:31:00.000Z"},
    /* Leap years. */
    {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
    {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
    {"2024-03-01T00:00:00+01:00", "2024-02-29T23:00:00.000Z"},
    {"2100-03-01T00:00:00+01:00", "2100-02-28T23:00:00.000Z"},
    {"0004-02-29T12:00:00Z", "0004-02-29T12:00:00.000Z"},
    /* A leap second stays in its minute. */
    {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"},
    {"2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999Z"},
    {"2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59.999Z"},
    /* The first and the last year. */
    {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
    {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
    {"9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999Z"},
    {"0000-12-31T23:30:00-00:30", "0001-01-01T00:00:00.000Z"},
    {"1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z"},
    /* RFC 3339 5.6: the letters may be lower-case. */
    {"2026-03-18t12:00:00z", "2026-03-18T12:00:00.000Z"},
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        int64_t unix_ms = 1;
        char text[TIMESTAMP_SIZE];
        if (timestamp_parse(accepted[i].input, &unix_ms) != 0)
            fail_msg("%s is refused", accepted[i].input);
        timestamp_format(unix_ms, text);
        assert_string_equal(text, accepted[i].canonical);
    }
}

static const char *const malformed[] = {
    "",
    "now",
    "2026-03-18",
    "2026-03-18T12:00:00",
    "2026-03-18T12:00Z",
    "2026-03-18 12:00:00Z",
    "2026-03-18T12:00:00.Z",
    "2026-03-18T12:00:00,5Z",
    "2026-03-18T12:00:00.1234567890Z",
    "2026-03-18T12:00:00ZZ",
    "2026-03-18T12:00:00Z ",
    " 2026-03-18T12:00:00Z",
    "2026-03-18T12:00:00+2:00",
    "2026-03-18T12:00:00+0200",
    "2026-03-18T12:00:00+02",
    "2026-03-18T12:00:00+24:00",
    "2026-03-18T12:00:00+02:60",
    "2026-03-18T12:00:00 02:00",
    "2026-3-18T12:00:00Z",
    "26-03-18T12:00:00Z",
    "+2026-03-18T12:00:00Z",
    "12026-03-18T12:00:00Z",
    "2026-00-18T12:00:00Z",
    "2026-13-18T12:00:00Z",
    "2026-03-00T12:00:00Z",
    "2026-03-32T12:00:00Z",
    "2026-04-31T12:00:00Z",
    "2026-02-29T12:00:00Z",
    "1900-02-29T12:00:00Z",
    "2100-02-29T12:00:00Z",
    "2024-02-30T12:00:00Z",
    "2026-03-18T24:00:00Z",
    "2026-03-18T12:60:00Z",
    "2026-03-18T12:00:61Z",
    "2026-03-18T-1:00:00Z",
    "2026-077T12:00:00Z",
    "1773835200",
};

static const char *const out_of_range[] = {
    "0000-12-31T23:59:59.999Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
    "0000-01-01T00:00:00Z",     "9999-12-31T23:59:60-23:59",
};

static void test_refused(void **state)
{
    (void)state;
    int64_t unix_ms = 42;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        if (timestamp_parse(malformed[i], &unix_ms) != -1)
            fail_msg("'%s' is not refused as malformed", malformed[i]);
    }
    for (size_t i = 0; i < sizeof out_of_range / sizeof *out_of_range; i++) {
        if (timestamp_parse(out_of_range[i], &unix_ms) != -2)
            fail_msg("'%s' is not refused as out of range", out_of_range[i]);
    }
    assert_int_equal(unix_ms, 42);
}

/* Milliseconds that other tools give for these times. */
static void test_unix_ms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t unix_ms;
    } known[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2026-03-18T12:00:00.000Z", 1773835200000},
        {"2000-02-29T23:59:59.500Z", 951868799500},
        {"0001-01-01T00:00:00.000Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int64_t unix_ms;
        assert_int_equal(timestamp_parse(known[i].text, &unix_ms), 0);
        assert_true(unix_ms == known[i].unix_ms);
    }
}

/* Every day from the first to the last: written, read again, one day after the last. */
static void test_every_day(void **state)
{
    (void)state;
    const int64_t day_ms = 86400000;
    const int64_t last_ms = 253402300799999;
    int days = 0;
    for (int64_t unix_ms = -62135596800000; unix_ms <= last_ms; unix_ms += day_ms, days++) {
        char text[TIMESTAMP_SIZE];
        int64_t again;
        timestamp_format(unix_ms, text);
        if (timestamp_parse(text, &again) != 0 || again != unix_ms)
            fail_msg("%s does not come back", text);
    }
    assert_int_equal(days, 3652059); /* 9,999 years with 2,424 leap days */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_unix_ms),
        cmocka_unit_test(test_every_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
