/* What the built-in sinks share: drafts that do not fit, and characters that could deceive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "character.h"
#include "draft.h"

static char bytes[256];
static struct draft draft;

static void a_draft_never_holds_half(void **state)
{
    (void)state;
    draft_init(&draft, bytes, 6);
    draft_add(&draft, "é€");
    assert_string_equal(bytes, "é€");
    assert_int_equal(draft.characters, 2);
    assert_false(draft.full);
    draft_init(&draft, bytes, 5);
    draft_add(&draft, "é");
    draft_add(&draft, "€");
    assert_true(draft.full);
    draft_add(&draft, "x"); /* would fit, but after a gap */
    assert_string_equal(bytes, "é");
}

static void what_is_formatted_is_short(void **state)
{
    (void)state;
    draft_init(&draft, bytes, sizeof bytes);
    draft_format(&draft, "%255d", 1);
    assert_false(draft.full);
    assert_int_equal(draft.length, 255);
    char more[512];
    draft_init(&draft, more, sizeof more);
    draft_format(&draft, "%256d", 1);
    assert_true(draft.full);
    assert_string_equal(more, "");
}

static void characters_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        uint32_t character;
    } cases[] = {
        {"a", 1, 'a'},
        {"é", 2, 0xe9},
        {"€", 3, 0x20ac},
        {"\U0001f600", 4, 0x1f600},
        {"\x80", 1, CHARACTER_NONE},             /* goes on from nothing */
        {"\xc3", 1, CHARACTER_NONE},             /* ends too early */
        {"\xe2\x82", 1, CHARACTER_NONE},         /* ends too early */
        {"\xc0\x80", 1, CHARACTER_NONE},         /* longer than it need be */
        {"\xed\xa0\x80", 1, CHARACTER_NONE},     /* a surrogate */
        {"\xf5\x80\x80\x80", 1, CHARACTER_NONE}, /* beyond U+10FFFF */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t character = 0;
        assert_int_equal(character_next(cases[i].text, &character), cases[i].length);
        assert_int_equal(character, cases[i].character);
    }
}

static void what_is_hidden_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shown;
        bool any_hidden;
    } cases[] = {
        {"ann@example.com", "ann@example.com", false},
        {"a\n\x7f\xc2\x85", "a[U+000A][U+007F][U+0085]", true},
        {"\u00ad\u061c\u180e\u200b\u200e\u200f", "[U+00AD][U+061C][U+180E][U+200B][U+200E][U+200F]",
         true},
        {"\u2028\u2029\u202a\u202e\u2060\u2066\u2069",
         "[U+2028][U+2029][U+202A][U+202E][U+2060][U+2066][U+2069]", true},
        {"\ufeff\ufff9", "[U+FEFF][U+FFF9]", true},
        {"\u05d0\u0639\u200c\u0639", "\u05d0\u0639\u200c\u0639", false},
        {"\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469", false},
        {"\xff\xc3", "\ufffd\ufffd", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        draft_init(&draft, bytes, sizeof bytes);
        character_add_shown(&draft, cases[i].text);
        assert_string_equal(bytes, cases[i].shown);
        assert_int_equal(character_any_hidden(cases[i].text), cases[i].any_hidden);
    }
}

static void ascii_has_no_controls(void **state)
{
    (void)state;
    assert_true(character_all_ascii(""));
    assert_true(character_all_ascii(" ~"));
    assert_false(character_all_ascii("a\tb"));
    assert_false(character_all_ascii("a\x7f"));
    assert_false(character_all_ascii("é"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_never_holds_half),
        cmocka_unit_test(what_is_formatted_is_short),
        cmocka_unit_test(characters_are_read_strictly),
        cmocka_unit_test(what_is_hidden_is_shown),
        cmocka_unit_test(ascii_has_no_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
