/* Values of header fields: encoded words, names, dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "header.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TEN   "1234567890"
#define PARTY "\xf0\x9f\x8e\x89"
#define A_UML "\xc3\xa4"

struct value {
    const char *text;
    const char *expected;
};

static void expect(void (*add)(struct draft *, const char *), const struct value *values,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char bytes[2048];
        struct draft draft;
        draft_init(&draft, bytes, sizeof bytes);
        add(&draft, values[i].text);
        assert_false(draft.full);
        assert_string_equal(bytes, values[i].expected);
    }
}

static void text_is_encoded_when_it_must_be(void **state)
{
    (void)state;
    static const struct value values[] = {
        {"ann@example.com joined", "ann@example.com joined"},
        {"", ""},
        {"100 % = a?", "100 % = a?"},
        {"caf\xc3\xa9 = ok", "=?UTF-8?Q?caf=C3=A9_=3D_ok?="},
        {A_UML A_UML A_UML A_UML, "=?UTF-8?B?w6TDpMOkw6Q=?="},
        {PARTY, "=?UTF-8?B?8J+OiQ==?="},
        {"=?utf-8?q?x?=", "=?UTF-8?B?PT91dGYtOD9xP3g/PQ==?="},
        {"a\r\nBcc: b", "=?UTF-8?B?YQ0KQmNjOiBi?="},
        {TEN TEN TEN TEN TEN TEN "1234", TEN TEN TEN TEN TEN TEN "1234"},
        {TEN TEN TEN TEN TEN TEN "12345",
         "=?UTF-8?Q?" TEN TEN TEN TEN TEN "12?= =?UTF-8?Q?3456789012345?="},
        /* 38 bytes a word of Base64: nine characters, and never a part of one */
        {PARTY PARTY PARTY PARTY PARTY PARTY PARTY PARTY PARTY PARTY,
         "=?UTF-8?B?8J+OifCfjonwn46J8J+OifCfjonwn46J8J+OifCfjonwn46J?= "
         "=?UTF-8?B?8J+OiQ==?="},
        /* bytes that are no UTF-8 are one each */
        {"\xff\xfe", "=?UTF-8?B?//4=?="},
    };
    expect(header_add_text, values, COUNT(values));
}

static void words_are_short_and_hold_whole_characters(void **state)
{
    (void)state;
    char text[600] = "";
    static const char *const characters[] = {"a", A_UML, "\xe2\x82\xac", PARTY, " "};
    for (size_t i = 0; strlen(text) + 5 < sizeof text; i++)
        strcat(text, characters[i * i % COUNT(characters)]);
    char bytes[4096];
    struct draft draft;
    draft_init(&draft, bytes, sizeof bytes);
    header_add_text(&draft, text);
    size_t words = 0;
    for (char *word = strtok(bytes, " "); word; word = strtok(NULL, " ")) {
        assert_true(strlen(word) <= 64);
        assert_true(strncmp(word, "=?UTF-8?Q?", 10) == 0 || strncmp(word, "=?UTF-8?B?", 10) == 0);
        assert_string_equal(word + strlen(word) - 2, "?=");
        /* in Q, a character's first byte is never =80 to =BF */
        if (word[8] == 'Q' && word[10] == '=')
            assert_null(strchr("89AB", word[11]));
        words++;
    }
    assert_true(words > 10);
}

static void names_are_quoted_or_encoded(void **state)
{
    (void)state;
    static const struct value values[] = {
        {"Ann Lee", "Ann Lee"},
        {"Lee, Ann", "\"Lee, Ann\""},
        {"Ann \"A\" L\\ee", "\"Ann \\\"A\\\" L\\\\ee\""},
        {"a@b", "\"a@b\""},
        {"J. Doe", "\"J. Doe\""},
        {"Zo\xc3\xab (Sales)", "=?UTF-8?B?Wm/DqyAoU2FsZXMp?="},
        {"a\r\nBcc: b", "=?UTF-8?B?YQ0KQmNjOiBi?="},
    };
    expect(header_add_name, values, COUNT(values));
}

static void dates_are_those_of_mail(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *expected;
    } cases[] = {
        {0, "Thu, 1 Jan 1970 00:00:00 +0000"},
        {1773835201, "Wed, 18 Mar 2026 12:00:01 +0000"},
        {1709251199, "Thu, 29 Feb 2024 23:59:59 +0000"},
        {4102444800, "Fri, 1 Jan 2100 00:00:00 +0000"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char bytes[64];
        struct draft draft;
        draft_init(&draft, bytes, sizeof bytes);
        header_add_date(&draft, cases[i].seconds);
        assert_string_equal(bytes, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_encoded_when_it_must_be),
        cmocka_unit_test(words_are_short_and_hold_whole_characters),
        cmocka_unit_test(names_are_quoted_or_encoded),
        cmocka_unit_test(dates_are_those_of_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
