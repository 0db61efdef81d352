/* Header lines of mail, folded at the blanks that they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/base/buffer.h"
#include "core/host/fold.h"

#define FIFTY  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define TWENTY "ffffffffffgggggggggg"

static void expect(const char *line, const char *folded)
{
    struct buffer out;
    buffer_init(&out, 4096);
    assert_int_equal(fold_add(&out, line, strlen(line)), 0);
    assert_string_equal(out.data, folded);
    buffer_finish(&out);
}

static void lines_break_before_blanks(void **state)
{
    (void)state;
    expect("Subject: short", "Subject: short\r\n");
    expect("", "\r\n");
    expect("Empty:", "Empty:\r\n");
    /* 76 and 77 columns */
    expect("A: " FIFTY " " TWENTY "gg", "A: " FIFTY " " TWENTY "gg\r\n");
    expect("A: " FIFTY " " TWENTY "ggg", "A: " FIFTY "\r\n " TWENTY "ggg\r\n");
    expect("A: " FIFTY " " FIFTY " " TWENTY " " TWENTY,
           "A: " FIFTY "\r\n " FIFTY " " TWENTY "\r\n " TWENTY "\r\n");
    expect("A: " FIFTY "\t" FIFTY, "A: " FIFTY "\r\n\t" FIFTY "\r\n");
    expect("A: " FIFTY "  " FIFTY, "A: " FIFTY "\r\n  " FIFTY "\r\n");
}

static void what_has_no_blank_stays_whole(void **state)
{
    (void)state;
    expect("A: " FIFTY FIFTY, "A: " FIFTY FIFTY "\r\n");
    expect("A:  " FIFTY FIFTY, "A:  " FIFTY FIFTY "\r\n");
    expect("A: " FIFTY FIFTY " b c", "A: " FIFTY FIFTY "\r\n b c\r\n");
    expect("A: b " FIFTY FIFTY " c", "A: b\r\n " FIFTY FIFTY "\r\n c\r\n");
    /* a line of blanks only would end the header for some */
    expect("A: " FIFTY FIFTY "  ", "A: " FIFTY FIFTY "  \r\n");
    expect("A: " FIFTY " " FIFTY "  ", "A: " FIFTY "\r\n " FIFTY "  \r\n");
}

static void unfolding_gives_the_line_back(void **state)
{
    (void)state;
    char line[600] = "To: ";
    for (size_t i = 4; i + 1 < sizeof line; i++)
        line[i] = (i * i) % 7 == 1 || (i * 31) % 11 == 3 ? ' ' : 'x';
    line[4] = 'x';
    struct buffer out;
    buffer_init(&out, 4096);
    assert_int_equal(fold_add(&out, line, strlen(line)), 0);
    char unfolded[sizeof line];
    size_t length = 0;
    size_t breaks = 0;
    size_t column = 0;
    for (size_t i = 0; i < out.len; i++) {
        if (out.data[i] == '\r') {
            assert_int_equal(out.data[i + 1], '\n');
            assert_true(column <= FOLD_LINE_BYTES_MAX);
            column = 0;
            breaks++;
            i++;
            continue;
        }
        column++;
        unfolded[length++] = out.data[i];
    }
    unfolded[length] = '\0';
    assert_string_equal(unfolded, line);
    assert_true(breaks >= 8);
    buffer_finish(&out);
}

static void a_full_buffer_is_said(void **state)
{
    (void)state;
    static const char line[] = "A: " FIFTY " " FIFTY;
    for (size_t room = 0; room < sizeof line + 3; room++) {
        struct buffer out;
        buffer_init(&out, room);
        assert_int_equal(fold_add(&out, line, sizeof line - 1), -1);
        buffer_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_before_blanks),
        cmocka_unit_test(what_has_no_blank_stays_whole),
        cmocka_unit_test(unfolding_gives_the_line_back),
        cmocka_unit_test(a_full_buffer_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
