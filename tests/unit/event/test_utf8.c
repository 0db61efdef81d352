/* Characters out of UTF-8: the bounds of each length, and all that is malformed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "core/event/utf8.h"

static void test_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bytes;
        uint32_t character;
    } cases[] = {
        {"a", 1, 'a'},
        {"\x7f", 1, 0x7f},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xee\x80\x80", 3, 0xe000},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t character = 1;
        size_t bytes = cases[i].bytes;
        assert_int_equal(utf8_next(cases[i].text, bytes, &character), bytes);
        assert_int_equal(character, cases[i].character);
        /* Bytes beyond the length are not there. */
        for (size_t length = 1; length < bytes; length++)
            assert_int_equal(utf8_next(cases[i].text, length, &character), 0);
    }
    uint32_t character = 1;
    assert_int_equal(utf8_next("", 1, &character), 1);
    assert_int_equal(character, 0);
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80",
        "\xff",
        "\xc3(",
        "\xe2(\xa1",
        "\xe2\x82(",
        "\xf0\x9f\x98(",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t character = 1;
        if (utf8_next(cases[i], strlen(cases[i]), &character) != 0)
            fail_msg("case %zu is taken", i);
        assert_int_equal(character, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
