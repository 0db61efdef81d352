/* Typed values: each case is a text with its number, or with the sentence that refuses it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/config/value.h"

struct number_case {
    const char *text;
    int64_t min;
    int64_t max;
    int64_t number;
    const char *wrong; /* NULL: it is right */
};

typedef int read_number(const char *text, int64_t min, int64_t max, int64_t *number,
                        struct error *error);

static void run(const struct number_case *cases, size_t count, read_number *read)
{
    for (size_t i = 0; i < count; i++) {
        int64_t number = -77;
        struct error error = {""};
        int result = read(cases[i].text, cases[i].min, cases[i].max, &number, &error);
        assert_string_equal(error.text, cases[i].wrong ? cases[i].wrong : "");
        assert_int_equal(result, cases[i].wrong ? -1 : 0);
        if (!cases[i].wrong)
            assert_int_equal(number, cases[i].number);
    }
}

#define RUN(cases, read) run(cases, sizeof(cases) / sizeof *(cases), read)

/* clang-format off */
static void test_int(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {"0", 0, 0, 0, NULL},
        {"-5", 0, 0, -5, NULL},
        {"007", 0, 0, 7, NULL},
        {"1", 1, 256, 1, NULL},
        {"256", 1, 256, 256, NULL},
        {"9223372036854775806", 0, 0, INT64_MAX - 1, NULL},
        {"0", 1, 256, 0, "must be from 1 to 256, not `0`"},
        {"257", 1, 256, 0, "must be from 1 to 256, not `257`"},
        {"99999999999999999999", 1, 256, 0, "must be from 1 to 256, not this value"},
        {"-99999999999999999999", -2, 2, 0, "must be from -2 to 2, not this value"},
        {"99999999999999999999", 0, 0, 0, "this value does not fit; write a smaller number"},
        {"0", 1, INT64_MAX, 0, "must be at least 1, not `0`"},
        {"", 0, 0, 0, "this value is not a whole number; write one in digits"},
        {"-", 0, 0, 0, "this value is not a whole number; write one in digits"},
        {"+1", 0, 0, 0, "this value is not a whole number; write one in digits"},
        {" 1", 0, 0, 0, "this value is not a whole number; write one in digits"},
        {"1 ", 0, 0, 0, "this value is not a whole number; write one in digits"},
        {"1.5", 0, 0, 0, "this value is not a whole number; write one in digits"},
        {"0x10", 0, 0, 0, "this value is not a whole number; write one in digits"},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xc3\xa4zzzzzzzzzzzz", 0, 0, 0,
         "this value is not a whole number; write one in digits"},
    };
    RUN(cases, value_int);
}

static void test_size(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {"512", 0, 0, 512, NULL},
        {"0", 0, 0, 0, NULL},
        {"64k", 0, 0, 65536, NULL},
        {"10M", 0, 0, 10485760, NULL},
        {"10m", 0, 0, 10485760, NULL},
        {"2G", 0, 0, 2147483648, NULL},
        {"1k", 1024, 1048576, 1024, NULL},
        {"2M", 1024, 1048576, 0, "must be from 1k to 1M, not `2M`"},
        {"99999999999G", 1000, 1048576, 0, "must be from 1000 to 1M, not `99999999999G`"},
        {"99999999999G", 0, 0, 0, "`99999999999G` does not fit; write a smaller number"},
        {"k", 0, 0, 0, "this value is not a size; write a number of bytes, or one with k, M or G, like `64k`"},
        {"1kB", 0, 0, 0, "`1kB` is not a size; write a number of bytes, or one with k, M or G, like `64k`"},
        {"-1k", 0, 0, 0, "`-1k` is not a size; write a number of bytes, or one with k, M or G, like `64k`"},
        {"", 0, 0, 0, "this value is not a size; write a number of bytes, or one with k, M or G, like `64k`"},
    };
    RUN(cases, value_size);
}

static void test_duration(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {"0", 0, 0, 0, NULL},
        {"0s", 0, 0, 0, NULL},
        {"250ms", 0, 0, 250, NULL},
        {"10s", 0, 0, 10000, NULL},
        {"5m", 0, 0, 300000, NULL},
        {"2h", 0, 0, 7200000, NULL},
        {"3d", 0, 0, 259200000, NULL},
        {"100ms", 100, 3600000, 100, NULL},
        {"1h", 100, 3600000, 3600000, NULL},
        {"99ms", 100, 3600000, 0, "must be from 100ms to 1h, not `99ms`"},
        {"61m", 100, 3600000, 0, "must be from 100ms to 1h, not `61m`"},
        {"0", 100, 3600000, 0, "must be from 100ms to 1h, not `0`"},
        {"2d", 0, 90000, 0, "must be from 0 to 90s, not `2d`"},
        {"999999999999999d", 0, INT64_MAX, 0, "this value does not fit; write a smaller number"},
        {"10", 0, 0, 0, "`10` has no unit; write ms, s, m, h or d behind it, like `10s`"},
        {"10 s", 0, 0, 0, "this value is not a duration; write a number and ms, s, m, h or d, like `10s`"},
        {"10S", 0, 0, 0, "`10S` is not a duration; write a number and ms, s, m, h or d, like `10s`"},
        {"1.5s", 0, 0, 0, "this value is not a duration; write a number and ms, s, m, h or d, like `10s`"},
        {"-1s", 0, 0, 0, "`-1s` is not a duration; write a number and ms, s, m, h or d, like `10s`"},
        {"-1", 0, 0, 0, "`-1` is not a duration; write a number and ms, s, m, h or d, like `10s`"},
        {"1h30m", 0, 0, 0, "this value is not a duration; write a number and ms, s, m, h or d, like `10s`"},
        {"s", 0, 0, 0, "this value is not a duration; write a number and ms, s, m, h or d, like `10s`"},
        {"", 0, 0, 0, "this value is not a duration; write a number and ms, s, m, h or d, like `10s`"},
    };
    RUN(cases, value_duration);
}

static int read_rate(const char *text, int64_t min, int64_t max, int64_t *number, struct error *error)
{
    (void)min;
    (void)max;
    return value_rate(text, number, error);
}

static void test_rate(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {"50/s", 0, 0, 180000, NULL},
        {"10/m", 0, 0, 600, NULL},
        {"1/h", 0, 0, 1, NULL},
        {"999999999999999999/s", 0, 0, 0, "this value does not fit; write a smaller number"},
        {"0/s", 0, 0, 0, "`0/s` is not a rate; write a number from 1 and /s, /m or /h, like `50/s`"},
        {"-1/s", 0, 0, 0, "`-1/s` is not a rate; write a number from 1 and /s, /m or /h, like `50/s`"},
        {"50", 0, 0, 0, "`50` is not a rate; write a number from 1 and /s, /m or /h, like `50/s`"},
        {"50/d", 0, 0, 0, "`50/d` is not a rate; write a number from 1 and /s, /m or /h, like `50/s`"},
        {"/s", 0, 0, 0, "this value is not a rate; write a number from 1 and /s, /m or /h, like `50/s`"},
    };
    RUN(cases, read_rate);
}

static void test_bool(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool flag;
        const char *wrong;
    } cases[] = {
        {"yes", true, ""}, {"YES", true, ""}, {"true", true, ""}, {"on", true, ""}, {"1", true, ""},
        {"no", false, ""}, {"No", false, ""}, {"False", false, ""}, {"off", false, ""}, {"0", false, ""},
        {"", false, "must be yes or no, not this value"},
        {"y", false, "must be yes or no, not this value"},
        {"yes ", false, "must be yes or no, not this value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {""};
        bool flag = !cases[i].flag;
        int result = value_bool(cases[i].text, &flag, &error);
        assert_string_equal(error.text, cases[i].wrong);
        assert_int_equal(result, *cases[i].wrong ? -1 : 0);
        assert_true(result < 0 || flag == cases[i].flag);
    }
}

static void test_choice(void **state)
{
    (void)state;
    static const char *const choices[] = {"affiliate", "journal", "none", NULL};
    static const struct {
        const char *text;
        int32_t index;
        const char *wrong;
    } cases[] = {
        {"affiliate", 0, ""},
        {"none", 2, ""},
        {"affilate", 0, "`affilate` is none of affiliate, journal, none; did you mean `affiliate`?"},
        {"None", 0, "`None` is none of affiliate, journal, none; did you mean `none`?"},
        {"xyz", 0, "this value is none of affiliate, journal, none"},
        {"", 0, "this value is none of affiliate, journal, none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {""};
        int32_t index = -1;
        int result = value_choice(cases[i].text, choices, &index, &error);
        assert_string_equal(error.text, cases[i].wrong);
        assert_int_equal(result, *cases[i].wrong ? -1 : 0);
        assert_int_equal(index, *cases[i].wrong ? -1 : cases[i].index);
    }
}

/* What may be a secret, typed behind the wrong key, is not quoted. */
static void test_quote(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *quoted;
    } cases[] = {
        {"0", "`0`"},
        {"-15", "`-15`"},
        {"1x", "`1x`"},
        {"50/s", "`50/s`"},
        {"10kB", "`10kB`"},
        {"123456789012345", "`123456789012345`"},
        {"1234567890123456", "this value"},
        {"1234567890123ms", "`1234567890123ms`"},
        {"10min", "this value"},
        {"1a2", "this value"},
        {"1:", "this value"},
        {"--1", "this value"},
        {"ms", "this value"},
        {"", "this value"},
        {"hidden", "this value"},
        {"whsec_ZXhhbXBsZQ==", "this value"},
        {"Bearer example", "this value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(value_quote(cases[i].text).text, cases[i].quoted);
}

#define NO_URL  "is not a URL; it must begin with a scheme and `://`"
#define NO_HOST "has no valid host; write one behind the `://`, like `example.com`"
#define NO_PORT "has no valid port; write one from 1 to 65535 behind the `:`"
#define NO_BYTE "holds a blank or another character that a URL cannot have; write it percent-encoded, like %20"

static void test_url(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *schemes;
        const char *wrong;
    } cases[] = {
        {"https://example.com", "https", ""},
        {"HTTPS://Example.com:8443/a/b?c=d:e@f#g", "https", ""},
        {"smtps://mail.example.com:465", "smtp smtps", ""},
        {"amqp+tls://h", NULL, ""},
        {"https://127.0.0.1:1/", "https", ""},
        {"https://[::1]:65535/", "https", ""},
        {"https://[2001:db8::1]", "https", ""},
        {"https://h?q", "https", ""},
        {"https://h/\xc3\xa4", "https", ""},
        {"http://hidden.example.com/hidden", "https", "must begin with https://"},
        {"ftp://hidden", "https http", "must begin with https:// or http://"},
        {"http://hidden", "https smtps", "must begin with https:// or smtps://"},
        {"", "https", NO_URL},
        {"hidden.example.com", "https", NO_URL},
        {"https:/hidden", "https", NO_URL},
        {"://hidden", NULL, NO_URL},
        {"1a://hidden", NULL, NO_URL},
        {"https://", "https", NO_HOST},
        {"https:///hidden", "https", NO_HOST},
        {"https://:80/hidden", "https", NO_HOST},
        {"https://hid_\xc3\xa4""den/", "https", NO_HOST},
        {"https://-hidden/", "https", NO_HOST},
        {"https://[hidden]/", "https", NO_HOST},
        {"https://[::1/", "https", NO_HOST},
        {"https://[::1]hidden/", "https", NO_HOST},
        {"https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]/", "https", NO_HOST},
        {"https://hidden:/", "https", NO_PORT},
        {"https://hidden:0/", "https", NO_PORT},
        {"https://hidden:65536/", "https", NO_PORT},
        {"https://hidden:80a/", "https", NO_PORT},
        {"https://user:hidden@example.com/", "https", "must not hold a user name or password; give it by a key of its own"},
        {"https://example.com/hid den", "https", NO_BYTE},
        {"https://example.com/hid\tden", "https", NO_BYTE},
        {"https://example.com/\"hidden\"", "https", NO_BYTE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {""};
        int result = value_url(cases[i].text, cases[i].schemes, &error);
        assert_string_equal(error.text, cases[i].wrong);
        assert_int_equal(result, *cases[i].wrong ? -1 : 0);
        assert_null(strstr(error.text, "hidden"));
    }
}
/* clang-format on */

static void test_path(void **state)
{
    (void)state;
    struct error error = {""};
    assert_int_equal(value_path("/", &error), 0);
    assert_int_equal(value_path("/var/lib/x y", &error), 0);
    static const char *const relative[] = {"", "var", "./var", "~/var", " /var"};
    for (size_t i = 0; i < sizeof relative / sizeof *relative; i++) {
        assert_int_equal(value_path(relative[i], &error), -1);
        assert_string_equal(error.text, "must be an absolute path, beginning with `/`");
    }
}

static void test_list(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *items[4];
    } cases[] = {
        {"", {NULL}},
        {" , ,\t", {NULL}},
        {"a", {"a"}},
        {"a,b", {"a", "b"}},
        {" a, b\tc,", {"a", "b", "c"}},
        {"a;b", {"a;b"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value_list list;
        value_list(cases[i].text, &list);
        size_t count = 0;
        for (; cases[i].items[count]; count++) {
            assert_true(count < list.count);
            assert_string_equal(list.items[count], cases[i].items[count]);
        }
        assert_int_equal(list.count, count);
        value_list_finish(&list);
        assert_null(list.items);
    }
    value_list_finish(NULL);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        const char *size;
        const char *duration;
    } cases[] = {
        {0, "0", "0"},
        {1, "1", "1ms"},
        {1024, "1k", "1024ms"},
        {10000, "10000", "10s"},
        {90000, "90000", "90s"},
        {65536, "64k", "65536ms"},
        {INT64_C(3) << 30, "3G", "3221225472ms"},
        {INT64_C(7) * 24 * 3600 * 1000, "590625k", "7d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *size = value_size_text(cases[i].number);
        char *duration = value_duration_text(cases[i].number);
        assert_string_equal(size, cases[i].size);
        assert_string_equal(duration, cases[i].duration);
        free(size);
        free(duration);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int),   cmocka_unit_test(test_size),  cmocka_unit_test(test_duration),
        cmocka_unit_test(test_rate),  cmocka_unit_test(test_bool),  cmocka_unit_test(test_choice),
        cmocka_unit_test(test_quote), cmocka_unit_test(test_url),   cmocka_unit_test(test_path),
        cmocka_unit_test(test_list),  cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
