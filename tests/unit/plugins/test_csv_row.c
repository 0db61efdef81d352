/* Cells and rows of the CSV sink: quoting by RFC 4180, and the guard against formulas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fake_host.h"
#include "format.h"
#include "options.h"
#include "row.h"

const struct affn_sink *affn_sink_v1(void) /* fake_host.c asks; there is no sink here */
{
    return NULL;
}

static size_t own_row(const struct affn_event *event, char *row)
{
    struct format format;
    uint32_t guarded = 0;
    const struct csv_options options = {.preset = -1, .date_format = -1};
    format_make(&format, &options, NULL);
    return row_format(&format, event, row, &guarded);
}

static void cells_are_quoted_and_guarded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"two words", "two words"},
        {"one,two", "\"one,two\""},
        {"a \"b\" c", "\"a \"\"b\"\" c\""},
        {"\"", "\"\"\"\""},
        {"line\r\nbreak", "\"line\r\nbreak\""},
        {"+4930123@example.com", "'+4930123@example.com"},
        {"-1", "'-1"},
        {"=1+1", "'=1+1"},
        {"=SUM(A1,A2)", "\"'=SUM(A1,A2)\""},
        {"@x", "'@x"},
        {"\tx", "'\tx"},
        {"\rx", "\"'\rx\""},
        {"\nx", "\"'\nx\""},
        {"  =1", "'  =1"},
        {" \tx", "' \tx"},
        {"  plain", "  plain"},
        {"\xef\xbc\x9d"
         "1",
         "'\xef\xbc\x9d"
         "1"},
        {"\xef\xbc\x8b", "'\xef\xbc\x8b"},
        {"\xef\xbc\x8d", "'\xef\xbc\x8d"},
        {"\xef\xbc\xa0", "'\xef\xbc\xa0"},
        {"\xef\xbc\xa1", "\xef\xbc\xa1"},
        {"a=1", "a=1"},
        {"m\xc3\xbcller@example.com", "m\xc3\xbcller@example.com"},
        {"'quoted", "'quoted"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char cell[128];
        uint32_t guarded = 0;
        cell[row_cell(cases[i].text, ',', cell, &guarded)] = '\0';
        assert_string_equal(cell, cases[i].expected);
    }
}

static void rows_tell_the_status(void **state)
{
    (void)state;
    char id[37];
    char row[ROW_BYTES_MAX + 1];
    struct affn_event event = fake_event(1, id);
    row[own_row(&event, row)] = '\0';
    assert_string_equal(row, "evt_00000000000000000000000000000001,affiliate.created,ia_43831f8e,"
                             "affiliate@example.com,https://myapp.link/ref/abc123,"
                             "2026-03-18T12:00:00.000Z,active\r\n");
    event.event = "affiliate.deactivated";
    event.email = "+tag@example.com";
    event.deep_link = "";
    row[own_row(&event, row)] = '\0';
    assert_string_equal(row,
                        "evt_00000000000000000000000000000001,affiliate.deactivated,"
                        "ia_43831f8e,'+tag@example.com,,2026-03-18T12:00:00.000Z,archived\r\n");
}

static void the_longest_row_fits(void **state)
{
    (void)state;
    char id[37];
    char row[ROW_BYTES_MAX];
    char email[254 + 1];
    char link[2048 + 1];
    memset(email, '"', sizeof email - 1);
    memset(link, '"', sizeof link - 1);
    email[0] = '=';
    email[sizeof email - 1] = '\0';
    link[0] = '=';
    link[sizeof link - 1] = '\0';
    struct affn_event event = fake_event(1, id);
    event.event = "affiliate.deactivated";
    event.email = email;
    event.deep_link = link;
    size_t length = own_row(&event, row);
    assert_true(length > 2 * (253 + 2047) && length <= ROW_BYTES_MAX);
    assert_memory_equal(row + length - 2, "\r\n", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_quoted_and_guarded),
        cmocka_unit_test(rows_tell_the_status),
        cmocka_unit_test(the_longest_row_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
