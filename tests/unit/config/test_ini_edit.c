/* Other values in an INI file: every byte that is not a value stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/config/ini_edit.h"

static int edit(const char *text, const struct ini_edit *edits, size_t count, size_t max,
                struct buffer *out, struct error *error)
{
    struct buffer in;
    buffer_init(&in, INI_FILE_BYTES_MAX);
    buffer_init(out, max);
    buffer_add_text(&in, text);
    int result = ini_edit(&in, edits, count, out, error);
    buffer_finish(&in);
    return result;
}

/* Line 2 has the value "old" of key "k". */
static void test_layouts(void **state)
{
    static const char *const cases[][2] = {
        {"[a]\nk = old\n", "[a]\nk = newer\n"},
        {"[a]\nk=old", "[a]\nk=newer"},
        {"[a]\r\nk = old\r\n; end\r\n", "[a]\r\nk = newer\r\n; end\r\n"},
        {"[a]\nk\t =\t old \t\n", "[a]\nk\t =\t newer \t\n"},
        {"[a]\nk = \"old\"  \nx = old\n", "[a]\nk = \"newer\"  \nx = old\n"},
        {"\xef\xbb\xbf[a]\nk = old\n", "\xef\xbb\xbf[a]\nk = newer\n"},
        {"\nk = old\n\n\n; k = old", "\nk = newer\n\n\n; k = old"},
        {"; \xff is no UTF-8\nk = old\n", "; \xff is no UTF-8\nk = newer\n"},
    };
    static const struct ini_edit edits[] = {{2, "k", "old", "newer"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        struct error error;
        assert_int_equal(edit(cases[i][0], edits, 1, INI_FILE_BYTES_MAX, &out, &error), 0);
        assert_string_equal(out.data, cases[i][1]);
        buffer_finish(&out);
    }
}

static void test_many(void **state)
{
    static const struct ini_edit edits[] = {
        {1, "k", "key = k", "one"}, {3, "l", "x", ""}, {4, "m", "x", "x"}};
    static const char text[] = "\xef\xbb\xbfk = key = k\nl = x\nl = x\nm = x\n";
    struct buffer out;
    struct error error;
    (void)state;
    assert_int_equal(edit(text, edits, 3, 100, &out, &error), 0);
    assert_string_equal(out.data, "\xef\xbb\xbfk = one\nl = x\nl = \nm = x\n");
    buffer_finish(&out);
    assert_int_equal(edit("", edits, 0, 100, &out, &error), 0);
    assert_int_equal(out.len, 0);
    buffer_finish(&out);
}

static void test_changed(void **state)
{
    static const struct {
        const char *text;
        const char *wrong;
    } cases[] = {
        {"[a]\nk = older\n", "this line changed meanwhile"},
        {"[a]\nk = \n", "this line changed meanwhile"},
        {"[a]\nkk = old\n", "this line changed meanwhile"},
        {"[a]\n\nk = old\n", "this line changed meanwhile"},
        {"[a]\n;k = old\n", "this line changed meanwhile"},
        {"[a]\n k = old\n", "this line changed meanwhile"},
        {"[a]\n[k]\n", "this line changed meanwhile"},
        {"[a]\n", "the file became shorter meanwhile"},
        {"", "the file became shorter meanwhile"},
    };
    static const struct ini_edit edits[] = {{2, "k", "old", "new"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        struct error error;
        assert_int_equal(edit(cases[i].text, edits, 1, INI_FILE_BYTES_MAX, &out, &error), -1);
        assert_string_equal(error.text, cases[i].wrong);
        buffer_finish(&out);
    }
}

static void test_too_long(void **state)
{
    char *now = memory_new(INI_LINE_BYTES_MAX + 1, 1);
    struct buffer out;
    struct error error;
    (void)state;
    memset(now, 'x', INI_LINE_BYTES_MAX);
    struct ini_edit one = {1, "k", "old", now + 2};
    assert_int_equal(edit("k=old\n", &one, 1, INI_FILE_BYTES_MAX, &out, &error), 0);
    buffer_finish(&out);
    one.now--;
    assert_int_equal(edit("k=old\n", &one, 1, INI_FILE_BYTES_MAX, &out, &error), -1);
    assert_string_equal(error.text, "this line would have more than 65536 bytes");
    buffer_finish(&out);
    one.now = now + INI_LINE_BYTES_MAX - 8;
    for (size_t max = 0; max < sizeof "k=xxxxxxxx\nl=y\n" - 1; max++) {
        assert_int_equal(edit("k=old\nl=y\n", &one, 1, max, &out, &error), -1);
        char *wrong = memory_format("the file would have more than %zu bytes", max);
        assert_string_equal(error.text, wrong);
        free(wrong);
        buffer_finish(&out);
    }
    free(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
