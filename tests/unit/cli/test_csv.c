/* Rows of CSV files, as spreadsheets and dashboards write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/cli/csv.h"

/* Rows are shown as `LINE:field|field;`. */
static const struct {
    const char *text;
    const char *rows;
} cases[] = {
    {"", ""},
    {"\n\r\n\n", ""},
    {"a,b\n1,2\n", "1:a|b;2:1|2;"},
    {"a,b\r\n1,2", "1:a|b;2:1|2;"},
    {"\xef\xbb\xbf"
     "a,b\n",
     "1:a|b;"},
    {"\xef\xbb", "1:\xef\xbb;"},
    {"a;b\n1;2,5\n", "1:a|b;2:1|2,5;"},
    {"a\tb\n1\t2\n", "1:a|b;2:1|2;"},
    {"\"a;a;a\",b\n1,2\n", "1:a;a;a|b;2:1|2;"},
    {"a,b\n\"x, \"\"y\"\"\n\",2\n3,4\n", "1:a|b;2:x, \"y\"\n|2;4:3|4;"},
    {"a,b\n,\n\n\"\"\n,x", "1:a|b;2:|;5:|x;"},
    {"a\n x \n\"q\" \n", "1:a;2: x ;3:q ;"},
    {"a,b,c\n1\n1,2,3,4\n", "1:a|b|c;2:1;3:1|2|3|4;"},
};

static FILE *file_of(const char *bytes, size_t length)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    rewind(file);
    return file;
}

static void rows_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char shown[1024] = "";
        struct csv csv;
        struct error error;
        int got;
        FILE *file = file_of(cases[i].text, strlen(cases[i].text));
        csv_init(&csv, file);
        while ((got = csv_next(&csv, &error)) > 0) {
            sprintf(shown + strlen(shown), "%zu:", csv.line_number);
            for (size_t at = 0; at < csv.field_count; at++)
                sprintf(shown + strlen(shown), "%s%s", at > 0 ? "|" : "", csv_field(&csv, at));
            strcat(shown, ";");
            assert_string_equal(csv_field(&csv, csv.field_count), "");
        }
        assert_int_equal(got, 0);
        assert_string_equal(shown, cases[i].rows);
        csv_finish(&csv);
        fclose(file);
    }
}

static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    char *wide = calloc(CSV_ROW_BYTES_MAX + 3, 1);
    memset(wide, 'x', CSV_ROW_BYTES_MAX + 2);
    char commas[CSV_FIELDS_MAX + 1];
    memset(commas, ',', sizeof commas);
    const struct {
        const char *text;
        size_t length;
        const char *message;
    } wrong[] = {
        {"a\n\"b\n\n", 6, "line 2: a quoted field has no end"},
        {"a\nb\0c\n", 6, "line 2: holds a NUL"},
        {"a\n\"b\0c\"\n", 8, "line 2: holds a NUL"},
        {wide, CSV_ROW_BYTES_MAX + 2, "line 1: the row is too long"},
        {commas, sizeof commas, "line 1: there are more than 256 fields"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct csv csv;
        struct error error;
        int got;
        FILE *file = file_of(wrong[i].text, wrong[i].length);
        csv_init(&csv, file);
        while ((got = csv_next(&csv, &error)) > 0)
            ;
        assert_int_equal(got, -1);
        assert_string_equal(error.text, wrong[i].message);
        csv_finish(&csv);
        fclose(file);
    }
    free(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(what_cannot_be_read_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
