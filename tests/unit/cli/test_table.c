/* Columns with notes below a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/cli/table.h"

static const struct table_column columns[] = {{"SINK", false}, {"DEAD", true}, {"LAST", false}};

static void add_row(struct table *table, const char *sink, const char *dead, const char *last)
{
    char *cells[] = {memory_text(sink), memory_text(dead), memory_text(last)};
    table_add_row(table, cells);
}

static void expect(const struct table *table, bool styled, const char *text)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(headings_are_bold_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
