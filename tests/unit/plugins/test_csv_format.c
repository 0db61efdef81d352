/* What a section of the CSV sink makes of columns, dates, limits; and what is wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fake_host.h"
#include "format.h"
#include "options.h"
#include "row.h"

const struct affn_sink *affn_sink_v1(void) /* fake_host.c asks; there is no sink here */
{
    return NULL;
}

static const struct csv_options nothing = {
    .preset = -1,
    .date_format = -1,
    .rotate_bytes = AFFN_UNSET,
    .rotate_rows = AFFN_UNSET,
    .rotate_daily = -1,
};

enum { HUBSPOT, SALESFORCE, PIPEDRIVE };
enum { COMMA, SEMICOLON, TAB, PIPE };

static const struct affn_pair name_and_company[] = {
    {"last_name", "=Affiliate"},
    {"Company", "Example, Inc."},
    {"lead-source", "Programme"},
};

static const struct affn_pair person_name[] = {{"person_name", "Affiliate"}};

#define FILL(pairs)                                                                                \
    {                                                                                              \
        pairs, sizeof(pairs) / sizeof(pairs)[0], 0                                                 \
    }

static void a_section_gives_header_and_row(void **state)
{
    (void)state;
    static const struct {
        struct csv_options options;
        const char *header;
        const char *row;
    } cases[] = {
        {{.preset = -1, .date_format = -1},
         "Event ID,Event,Affiliate ID,E-mail,Deep link,Occurred at,Status\r\n",
         "evt_00000000000000000000000000000001,affiliate.created,ia_43831f8e,affiliate@example.com,"
         "https://myapp.link/ref/abc123,2026-03-18T12:00:00.000Z,active\r\n"},
        {{.preset = -1,
          .date_format = DATE_US,
          .delimiter = SEMICOLON,
          .bom = 1,
          .line_end = 1,
          .columns = " Mail : email,When: joined:occurred_at,a;b:status"},
         "\xef\xbb\xbfMail;When: joined;\"a;b\"\n",
         "affiliate@example.com;03/18/2026;active\n"},
        {{.preset = -1, .date_format = DATE_TIME, .delimiter = TAB, .columns = "=1:occurred_at"},
         "'=1\r\n",
         "2026-03-18 12:00:00\r\n"},
        {{.preset = -1,
          .date_format = DATE_DAY,
          .delimiter = PIPE,
          .columns = "a|b:occurred_at,c,d:email"},
         NULL,
         NULL},
        {{.preset = -1,
          .date_format = DATE_EU,
          .delimiter = PIPE,
          .columns = "a|b:occurred_at,c:email"},
         "\"a|b\"|c\r\n",
         "18/03/2026|affiliate@example.com\r\n"},
        {{.preset = -1, .date_format = DATE_DOTS, .columns = "d:occurred_at, e:event"},
         "d,e\r\n",
         "18.03.2026,affiliate.created\r\n"},
        {{.preset = HUBSPOT, .date_format = -1},
         "Email,Affiliate ID,Affiliate Status,Affiliate Link,Affiliate Status Date\r\n",
         "affiliate@example.com,ia_43831f8e,active,https://myapp.link/ref/abc123,2026-03-18\r\n"},
        {{.preset = SALESFORCE, .date_format = DATE_ISO, .fill = FILL(name_and_company)},
         "Last Name,Company,Email,Lead Source,Affiliate ID,Affiliate Status,Affiliate Link,"
         "Affiliate Status Date\r\n",
         "'=Affiliate,\"Example, Inc.\",affiliate@example.com,Programme,ia_43831f8e,active,"
         "https://myapp.link/ref/abc123,2026-03-18T12:00:00.000Z\r\n"},
        {{.preset = PIPEDRIVE, .date_format = -1, .fill = FILL(person_name)},
         "Person - Name,Person - Email,Person - Affiliate ID,Person - Affiliate Status,"
         "Person - Affiliate Link,Person - Affiliate Status Date\r\n",
         "Affiliate,affiliate@example.com,ia_43831f8e,active,https://myapp.link/ref/abc123,"
         "2026-03-18\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format format;
        char id[37];
        char row[ROW_BYTES_MAX + 1];
        uint32_t guarded = 0;
        struct affn_event event = fake_event(1, id);
        fake_host_reset();
        format_make(&format, &cases[i].options, &fake_mistakes);
        if (!cases[i].header) {
            assert_string_equal(
                fake_mistakes_text,
                "mistake: columns: `c` is not HEADER:FIELD; write such as E-mail:email\n");
            continue;
        }
        assert_string_equal(fake_mistakes_text, "");
        format.header[format.header_bytes] = '\0';
        assert_string_equal(format.header, cases[i].header);
        row[row_format(&format, &event, row, &guarded)] = '\0';
        assert_string_equal(row, cases[i].row);
        assert_int_equal(guarded, strchr(row, '\'') ? 1 : 0);
    }
}

/* Each delimiter is quoted where it is the delimiter, and only there. */
static void the_guard_knows_the_delimiter(void **state)
{
    (void)state;
    static const char delimiters[] = ",;\t|";
    for (const char *one = delimiters; *one; one++) {
        for (const char *other = delimiters; *other; other++) {
            char text[] = {'a', *one, '=', '1', '\0'};
            char cell[32];
            char expected[32];
            uint32_t guarded = 0;
            cell[row_cell(text, *other, cell, &guarded)] = '\0';
            snprintf(expected, sizeof expected, *one == *other ? "\"%s\"" : "%s", text);
            assert_string_equal(cell, expected);
            assert_int_equal(guarded, 0);
        }
    }
}

static void limits_are_the_presets_unless_said(void **state)
{
    (void)state;
    static const struct {
        int32_t preset;
        int64_t rows, bytes;
        int32_t daily;
        int64_t rows_expected, bytes_expected;
        bool daily_expected, rotates;
    } cases[] = {
        {-1, AFFN_UNSET, AFFN_UNSET, -1, 0, 0, false, false},
        {-1, 50, AFFN_UNSET, -1, 50, 0, false, true},
        {-1, AFFN_UNSET, 1 << 20, -1, 0, 1 << 20, false, true},
        {-1, AFFN_UNSET, AFFN_UNSET, 1, 0, 0, true, true},
        {HUBSPOT, AFFN_UNSET, AFFN_UNSET, -1, 1048575, 20000000, true, true},
        {SALESFORCE, AFFN_UNSET, AFFN_UNSET, 0, 50000, 100000000, false, true},
        {PIPEDRIVE, 7, AFFN_UNSET, -1, 7, 50000000, true, true},
        {HUBSPOT, 0, 0, 0, 0, 0, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format format;
        struct csv_options options = nothing;
        options.preset = cases[i].preset;
        options.rotate_rows = cases[i].rows;
        options.rotate_bytes = cases[i].bytes;
        options.rotate_daily = cases[i].daily;
        format_make(&format, &options, NULL);
        assert_int_equal(format.rotate_rows, cases[i].rows_expected);
        assert_int_equal(format.rotate_bytes, cases[i].bytes_expected);
        assert_int_equal(format.rotate_daily, cases[i].daily_expected);
        assert_int_equal(format.rotates, cases[i].rotates);
        assert_int_equal(format.tells_ids, cases[i].preset < 0 && !cases[i].rotates);
    }
}

static void modes_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        mode_t bits;
    } cases[] = {{"0640", 0640}, {"600", 0600}, {"0660", 0660}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format format;
        struct csv_options options = nothing;
        options.mode = cases[i].mode;
        format_make(&format, &options, NULL);
        assert_true(format.has_mode);
        assert_int_equal(format.mode, cases[i].bits);
    }
}

static char long_columns[COLUMNS_BYTES_MAX + 2];
static char long_header[] = "12345678901234567890123456789012345678901234567890"
                            "12345678901234567890123456789012345678901234567890x:email";
static char many_columns[25 * 10];
static char long_rows[16 * 16];
static char long_fill[FILL_BYTES_MAX + 2];
static const struct affn_pair twin_pairs[] = {{"last_name", "x"}, {"last-name", "y"}};
static const struct affn_pair long_pair[] = {{"a", long_fill}};
static const struct affn_pair tab_pair[] = {{"a", "x\ty"}};
static const struct affn_pair other_pair[] = {{"b", "x"}};
static const struct affn_pair empty_pair[] = {{"a", ""}};

static void mistakes_are_said(void **state)
{
    (void)state;
    memset(long_columns, 'x', sizeof long_columns - 1);
    memset(long_fill, 'x', sizeof long_fill - 1);
    for (int i = 0; i < 25; i++)
        sprintf(many_columns + strlen(many_columns), "%sa%d:email", i > 0 ? "," : "", i);
    for (int i = 0; i < 16; i++)
        sprintf(long_rows + strlen(long_rows), "%sb%d:deep_link", i > 0 ? "," : "", i);
    const struct {
        struct csv_options options;
        const char *said;
    } cases[] = {
        {{.preset = HUBSPOT, .columns = "a:email"},
         "mistake: columns: does not go with preset, which has columns of its own; leave one of "
         "the two out\n"},
        {{.preset = -1, .columns = " "},
         "mistake: columns: is empty; write HEADER:FIELD with commas between, or leave it out\n"},
        {{.preset = -1, .columns = long_columns},
         "mistake: columns: is longer than 3000 bytes; leave columns out, or shorten their "
         "headers\n"},
        {{.preset = -1, .columns = many_columns},
         "mistake: columns: has more than 24 columns; leave some out\n"},
        {{.preset = -1, .columns = "a:email,"},
         "mistake: columns: `` is not HEADER:FIELD; write such as E-mail:email\n"},
        {{.preset = -1, .columns = ":email"},
         "mistake: columns: `:email` is not HEADER:FIELD; write such as E-mail:email\n"},
        {{.preset = -1, .columns = "a : mail"},
         "mistake: columns: `a:mail`: there is no such field; there are event_id, event, "
         "affiliate_id, email, deep_link, occurred_at, status and fill\n"},
        {{.preset = -1, .columns = long_header},
         "mistake: columns: a header is longer than 100 bytes: "
         "`12345678901234567890123456789012345678901234567890"
         "12345678901234567890123456789012345678901234567890x`\n"},
        {{.preset = -1, .columns = "a:email,a:event"},
         "mistake: columns: two columns have the header `a`; give each its own\n"},
        {{.preset = -1, .columns = "a\tb:email"}, "mistake: columns: holds a control character\n"},
        {{.preset = -1, .columns = long_rows},
         "mistake: columns: a row could become longer than 65536 bytes; leave columns out\n"},
        {{.preset = SALESFORCE},
         "mistake: preset: needs the column `Last Name`, which no event can supply; write "
         "fill.last_name = VALUE\n"
         "mistake: preset: needs the column `Company`, which no event can supply; write "
         "fill.company = VALUE\n"},
        {{.preset = -1, .columns = "Person - a:fill"},
         "mistake: columns: the column `Person - a` has nothing to be filled with; write "
         "fill.person_a = VALUE\n"},
        {{.preset = -1, .columns = "a:fill", .fill = FILL(empty_pair)},
         "mistake: columns: the column `a` has nothing to be filled with; write fill.a = "
         "VALUE\n"},
        {{.preset = HUBSPOT, .fill = FILL(other_pair)},
         "mistake: fill.b: there is no such column to fill; there is First Name, Last Name, "
         "Lifecycle Stage, Lead Status\n"},
        {{.preset = -1, .fill = FILL(other_pair)},
         "mistake: fill.b: there is no column to fill; write HEADER:fill in columns, or leave this "
         "out\n"},
        {{.preset = -1, .columns = "a:fill", .fill = FILL(long_pair)},
         "mistake: fill.a: is longer than 255 bytes\n"},
        {{.preset = -1, .columns = "a:fill", .fill = FILL(tab_pair)},
         "mistake: fill.a: holds a control character\n"},
        {{.preset = -1, .columns = "\u59d3:fill", .fill = FILL(other_pair)},
         "mistake: columns: the column `\u59d3` cannot be filled: its header has none of the "
         "letters a "
         "to z and no digit, of which fill.COLUMN is made; give it one\n"
         "mistake: fill.b: there is no such column to fill; there is \u59d3\n"},
        {{.preset = -1, .columns = "B:fill, E:email, b.:fill", .fill = FILL(other_pair)},
         "mistake: columns: the columns `B` and `b.` would both be filled by fill.b; change one of "
         "the headers\n"},
        {{.preset = -1, .columns = "Last Name:fill", .fill = FILL(twin_pairs)},
         "mistake: fill.last-name: is fill.last_name again: both are for one column; leave one "
         "out\n"},
        {{.preset = -1, .mode = "0400"},
         "mistake: mode: `0400` is not an octal mode by which its owner may read and write, such "
         "as 0640\n"},
        {{.preset = -1, .mode = "0750"},
         "mistake: mode: `0750` is not an octal mode by which its owner may read and write, such "
         "as 0640\n"},
        {{.preset = -1, .mode = "06400"},
         "mistake: mode: `06400` is not an octal mode by which its owner may read and write, such "
         "as 0640\n"},
        {{.preset = -1, .mode = "rw"},
         "mistake: mode: `rw` is not an octal mode by which its owner may read and write, such as "
         "0640\n"},
        {{.preset = -1, .mode = "0644"},
         "warning: mode: lets every user of this machine read the addresses; 0640 does not\n"},
        {{.preset = -1, .rotate_bytes = 131071},
         "mistake: rotate_bytes: must be 0, for no limit, or at least 128k\n"},
        {{.preset = -1, .rotate_bytes = 131072}, ""},
        {{.preset = -1, .done_marker = 1},
         "warning: done_marker: has no effect: no file is ever finished without rotate_bytes, "
         "rotate_rows or rotate_daily\n"},
        {{.preset = -1, .done_marker = 1, .rotate_daily = 1}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format format;
        fake_host_reset();
        format_make(&format, &cases[i].options, &fake_mistakes);
        assert_string_equal(fake_mistakes_text, cases[i].said);
    }
}

/* The longest event with nothing but quotes, in each column of a format as wide as may be. */
static void the_longest_rows_fit(void **state)
{
    (void)state;
    struct format format;
    char id[37];
    char email[254 + 1];
    char link[2048 + 1];
    char row[ROW_BYTES_MAX];
    uint32_t guarded = 0;
    struct csv_options options = nothing;
    options.columns = "a:deep_link,b:deep_link,c:deep_link,d:deep_link,e:deep_link,f:deep_link,"
                      "g:deep_link,h:deep_link,i:deep_link,j:deep_link,k:email,l:email";
    memset(email, '"', sizeof email - 1);
    memset(link, '"', sizeof link - 1);
    email[sizeof email - 1] = '\0';
    link[sizeof link - 1] = '\0';
    struct affn_event event = fake_event(1, id);
    event.email = email;
    event.deep_link = link;
    format_make(&format, &options, NULL);
    size_t length = row_format(&format, &event, row, &guarded);
    assert_true(length > 2 * (10 * 2048 + 2 * 254) && length <= format.row_bytes_max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_gives_header_and_row),
        cmocka_unit_test(the_guard_knows_the_delimiter),
        cmocka_unit_test(limits_are_the_presets_unless_said),
        cmocka_unit_test(modes_are_read),
        cmocka_unit_test(mistakes_are_said),
        cmocka_unit_test(the_longest_rows_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
