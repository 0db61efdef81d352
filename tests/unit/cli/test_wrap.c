/* Text for a terminal: broken at words, with what is to be copied left whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/cli/wrap.h"

static void lines_break_at_words(void **state)
{
    (void)state;
    static const struct {
        size_t columns, indent;
        const char *text;
        const char *shown;
    } cases[] = {
        {9, 0, "one two six", "one two\nsix\n"},
        {7, 0, "one two six", "one two\nsix\n"}, /* the last column is used */
        {6, 0, "one two six", "one\ntwo\nsix\n"},
        {9, 2, "one two six ten", "one two\n  six ten\n"},
        {0, 2, "one two six ten", "one two six ten\n"},
        {6, 2, "a verylong one", "a\n  verylong\n  one\n"},
        {6, 0, "verylong", "verylong\n"},
        {9, 2, "one two six\nten", "one two\n  six\nten\n"}, /* its own lines stay */
        {9, 2, "one\n\n    secret_key = x\n\ntwo", "one\n\n    secret_key = x\n\ntwo\n"},
        {9, 0, "do `a b c d e` now", "do\n`a b c d e`\nnow\n"}, /* a command stays whole */
        {9, 0, "it`s one two", "it`s one\ntwo\n"},              /* one that does not end is none */
        {9, 0, "(`a b`, c) d", "(`a b`,\nc) d\n"},
        {9, 0, "ä•ö two üüü", "ä•ö two\nüüü\n"}, /* characters, not bytes */
        {4, 0, "a  b  c", "a  b\nc\n"},
        {4, 0, "one ", "one\n"},
        {9, 0, "", "\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown;
        size_t length;
        FILE *file = open_memstream(&shown, &length);
        wrap_print(file, cases[i].columns, cases[i].indent, cases[i].text);
        fclose(file);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

static void text_is_wrapped_behind_what_stands_already(void **state)
{
    (void)state;
    static const struct {
        size_t indent, used, columns;
        const char *text;
        const char *shown;
    } cases[] = {
        {0, 0, 9, "one two six", "one two\nsix\n"},
        {2, 0, 9, "one two six", "  one two\n  six\n"},
        {6, 4, 12, "one two six", "  one\n      two\n      six\n"}, /* behind "name" */
        {2, 0, 0, "one two six", "  one two six\n"},
        {2, 0, 8, " one", "   one\n"},
        {2, 0, 6, "verylong one", "  verylong\n  one\n"},
        {2, 0, 6, "", "\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown;
        size_t length;
        FILE *stream = open_memstream(&shown, &length);
        wrap_words(stream, cases[i].text, cases[i].indent, cases[i].used, cases[i].columns);
        fclose(stream);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_at_words),
        cmocka_unit_test(text_is_wrapped_behind_what_stands_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
