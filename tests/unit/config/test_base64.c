/* Base64: one text for one value. Vectors of RFC 4648, 10. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/base64.h"

static void test_both_ways(void **state)
{
    static const char *const cases[][2] = {
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length;
        char *text = base64_encode(cases[i][0], strlen(cases[i][0]));
        assert_string_equal(text, cases[i][1]);
        unsigned char *bytes = base64_decode(text, &length);
        assert_int_equal(length, strlen(cases[i][0]));
        assert_string_equal((char *)bytes, cases[i][0]);
        free(bytes);
        free(text);
    }
}

static void test_refused(void **state)
{
    static const char *const cases[] = {
        "",     "Z",    "Zg",    "Zg=",   "Zh==",   "Zm9=", "Zg==Zg==", "====",         "=AAA",
        "A===", "A=AA", " Zg==", "Zg== ", "Zg==\n", "Zm-v", "Zm_v",     "Zm9v\n\n\n\n", "    Zm9v",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length;
        assert_null(base64_decode(cases[i], &length));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
