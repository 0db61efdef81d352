/* Columns with notes below a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/cli/table.h"

static const struct table_column columns[] = {{"SINK", false}, {"DEAD", true}, {"LAST", false}};

static void add_row(struct table *table, const char *sink, const char *dead, const char *last)
{
    char *cells[] = {memory_text(sink), memory_text(dead), memory_text(last)};
    table_add_row(table, cells);
}

static void expect(struct table *table, bool styled, const char *text)
{
    char *printed = NULL;
    size_t length;
    FILE *stream = open_memstream(&printed, &length);
    table_print(table, styled, stream);
    fclose(stream);
    assert_string_equal(printed, text);
    free(printed);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, columns, 3);
    add_row(&table, "crm", "0", "now");
    add_row(&table, "Zo\xc3\xab\xe2\x9c\x93 and others", "12345", "");
    table_add_note(&table, memory_text("what to do: nothing, though this is wide"));
    add_row(&table, "", "7", "then");
    expect(&table, false,
           "SINK              DEAD  LAST\n"
           "crm                  0  now\n"
           "Zo\xc3\xab\xe2\x9c\x93 and others  12345  -\n"
           "    what to do: nothing, though this is wide\n"
           "-                    7  then\n");
    table_finish(&table);
}

static void headings_are_bold_on_a_terminal(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, columns, 2);
    add_row(&table, "crm", "0", NULL);
    expect(&table, true, "\033[1mSINK  DEAD\n\033[0mcrm      0\n");
    table_finish(&table);
    table_finish(&table); /* twice is fine */
}

static void pages_share_headings_and_widths(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, columns, 3);
    add_row(&table, "backend", "1", "now");
    table_add_note(&table, memory_text("a note"));
    expect(&table, true, "\033[1mSINK     DEAD  LAST\n\033[0mbackend     1  now\n    a note\n");
    expect(&table, true, "");
    add_row(&table, "crm", "12345", "then");
    expect(&table, true, "crm      12345  then\n");
    add_row(&table, "", "1", "later");
    expect(&table, true, "-            1  later\n");
    table_finish(&table);
}

static void a_column_stands_below_where_rows_are_too_wide(void **state)
{
    (void)state;
    static const struct {
        size_t columns, usual, folded;
        const char *text;
    } cases[] = {
        {0, 90, 1, "SINK  DEAD  LAST\ncrm      7  now\n    two words\n"},
        {90, 90, 1, "SINK  DEAD  LAST\ncrm      7  now\n    two words\n"},
        {89, 90, 1, "SINK  LAST\ncrm   now\n    7\n    two words\n"},
        {89, 90, 2, "SINK  DEAD\ncrm      7\n    now\n    two words\n"},
        {12, 0, 0, "SINK  DEAD  LAST\ncrm      7  now\n    two\n      words\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table table;
        table_init(&table, columns, 3);
        table_fit(&table, cases[i].columns, cases[i].usual, cases[i].folded);
        add_row(&table, "crm", "7", "now");
        table_add_note(&table, memory_text("two words"));
        expect(&table, false, cases[i].text);
        table_finish(&table);
    }
}

static void nothing_stands_below_for_an_empty_cell(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, columns, 3);
    table_fit(&table, 20, 90, 2);
    add_row(&table, "crm", "7", "");
    add_row(&table, "", "8", "now");
    expect(&table, false, "SINK  DEAD\ncrm      7\n-        8\n    now\n");
    table_finish(&table);
}

static void notes_are_wrapped_between_words(void **state)
{
    (void)state;
    static const struct {
        const char *note;
        const char *text;
    } cases[] = {
        {"one two six", "    one two\n      six\n"},
        {"one  two   six ", "    one  two\n      six\n"},
        {"averylongword", "    averylongword\n"},
        {"a averylongword b", "    a\n      averylongword\n      b\n"},
        {"\u00e9\u00e9\u00e9\u00e9 \u00e9\u00e9\u00e9",
         "    \u00e9\u00e9\u00e9\u00e9 \u00e9\u00e9\u00e9\n"},
        {"a b c d e", "    a b c d\n      e\n"},
        {"1234 12345", "    1234\n      12345\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table table;
        char text[128] = "SINK  DEAD\n";
        strcat(text, cases[i].text);
        table_init(&table, columns, 2);
        table_fit(&table, 12, 0, 0);
        table_add_note(&table, memory_text(cases[i].note));
        expect(&table, false, text);
        table_finish(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(headings_are_bold_on_a_terminal),
        cmocka_unit_test(pages_share_headings_and_widths),
        cmocka_unit_test(a_column_stands_below_where_rows_are_too_wide),
        cmocka_unit_test(nothing_stands_below_for_an_empty_cell),
        cmocka_unit_test(notes_are_wrapped_between_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
