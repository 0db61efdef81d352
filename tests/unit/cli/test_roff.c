/* Text as man(7) source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/cli/roff.h"

static void check(void (*print)(FILE *out, const char *text), const char *text, const char *wanted)
{
    char *printed = NULL;
    size_t length;
    FILE *out = open_memstream(&printed, &length);
    assert_non_null(out);
    print(out, text);
    fclose(out);
    assert_string_equal(printed, wanted);
    free(printed);
}

static void text_is_no_request(void **state)
{
    (void)state;
    check(roff_text, "plain", "plain\n");
    check(roff_text, ".TH is text", "\\&.TH is text\n");
    check(roff_text, "'quoted'", "\\&'quoted'\n");
    check(roff_text, "a\\fB-b", "a\\efB\\-b\n");
    check(roff_text, "two\nlines", "two lines\n");
    check(roff_text, "", "\n");
    check(roff_words, ".a`b", "\\&.a`b");
}

static void backquotes_make_bold(void **state)
{
    (void)state;
    check(roff_text, "see `affnotify emit` now", "see \\fBaffnotify emit\\fR now\n");
    check(roff_text, "`a``b`", "\\fBa\\fR\\fBb\\fR\n");
    check(roff_text, "one ` alone", "one ` alone\n");
}

static void paragraphs_and_examples(void **state)
{
    (void)state;
    check(roff_paragraphs, "One\nparagraph.\n\nAnother.\n",
          ".PP\nOne\nparagraph.\n.PP\nAnother.\n");
    check(roff_paragraphs, "Like:\n    a\n    .b\nThen.",
          ".PP\nLike:\n.PP\n.EX\n    a\n    .b\n.EE\n.PP\nThen.\n");
    check(roff_paragraphs, "    last", ".PP\n.EX\n    last\n.EE\n");
    check(roff_paragraphs, "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_no_request),
        cmocka_unit_test(backquotes_make_bold),
        cmocka_unit_test(paragraphs_and_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
