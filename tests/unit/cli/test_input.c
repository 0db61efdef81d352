/* Lines of a file or pipe, of any length and cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/cli/input.h"

/* An input that reads from a pipe; *writer is its other end. */
static void open_pipe(struct input *input, int *writer)
{
    int fds[2];
    struct error error;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(input_open(input, "/dev/null", &error), 0);
    close(input->fd);
    input->fd = fds[0];
    *writer = fds[1];
}

static void expect_line(struct input *input, const char *text, size_t number)
{
    const char *line;
    size_t length;
    assert_true(input_next(input, &line, &length));
    assert_int_equal(length, strlen(text));
    assert_memory_equal(line, text, length);
    assert_int_equal(input->line_number, number);
}

static void expect_none(struct input *input)
{
    const char *line;
    size_t length;
    assert_false(input_next(input, &line, &length));
}

static void feed(struct input *input, int writer, const char *text)
{
    struct error error;
    assert_int_equal(write(writer, text, strlen(text)), strlen(text));
    assert_int_equal(input_fill(input, &error), 0);
}

static void end(struct input *input, int writer)
{
    struct error error;
    close(writer);
    assert_int_equal(input_fill(input, &error), 0);
    assert_true(input->ended);
}

static void lines_come_whole(void **state)
{
    (void)state;
    struct input input;
    int writer;
    open_pipe(&input, &writer);
    feed(&input, writer, "one\n\ntw");
    expect_line(&input, "one", 1);
    expect_line(&input, "", 2);
    expect_none(&input);
    feed(&input, writer, "o\nthree");
    expect_line(&input, "two", 3);
    expect_none(&input);
    end(&input, writer);
    expect_line(&input, "three", 4); /* the last LF may be missing */
    expect_none(&input);
    input_close(&input);
}

static void of_a_long_line_a_beginning_comes(void **state)
{
    (void)state;
    struct input input;
    int writer;
    const char *line;
    size_t length;
    char *part = memory_new(LINE_BYTES_MAX / 4 + 1, 1);
    memset(part, 'x', LINE_BYTES_MAX / 4);
    open_pipe(&input, &writer);
    for (int i = 0; i < 4; i++) {
        feed(&input, writer, part);
        expect_none(&input);
    }
    feed(&input, writer, part);
    assert_true(input_next(&input, &line, &length));
    assert_true(length > LINE_BYTES_MAX);
    assert_int_equal(input.line_number, 1);
    for (int i = 0; i < 64; i++) {
        feed(&input, writer, part); /* no memory is kept for the rest */
        expect_none(&input);
    }
    feed(&input, writer, "\nshort\n");
    expect_line(&input, "short", 2);
    feed(&input, writer, "end");
    end(&input, writer);
    expect_line(&input, "end", 3);
    input_close(&input);
    free(part);
}

static void the_longest_line_is_no_long_line(void **state)
{
    (void)state;
    struct input input;
    int writer;
    char *half = memory_new(LINE_BYTES_MAX / 2 + 1, 1);
    memset(half, 'x', LINE_BYTES_MAX / 2);
    open_pipe(&input, &writer);
    feed(&input, writer, half);
    feed(&input, writer, half);
    expect_none(&input);
    feed(&input, writer, "\n");
    const char *line;
    size_t length;
    assert_true(input_next(&input, &line, &length));
    assert_int_equal(length, LINE_BYTES_MAX);
    end(&input, writer);
    expect_none(&input);
    input_close(&input);
    free(half);
}

static void what_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct input input;
    struct error error;
    assert_int_equal(input_open(&input, "/nowhere/events.jsonl", &error), -1);
    assert_string_equal(error.text, "/nowhere/events.jsonl: No such file or directory");
    input_close(&input);
    assert_int_equal(input_open(&input, "/", &error), 0);
    assert_int_equal(input_fill(&input, &error), -1);
    assert_string_equal(error.text, "reading: Is a directory");
    input_close(&input);
}

static void utf16_is_refused(void **state)
{
    (void)state;
    static const char *const files[] = {"\xff\xfe{", "\xfe\xff"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct input input;
        struct error error;
        int writer;
        open_pipe(&input, &writer);
        assert_int_equal(write(writer, files[i], strlen(files[i])), strlen(files[i]));
        assert_int_equal(input_fill(&input, &error), -1);
        assert_string_equal(error.text, "is UTF-16; save it as UTF-8");
        input_close(&input);
        close(writer);
    }
}

static void its_mark_is_looked_for_at_the_beginning_alone(void **state)
{
    (void)state;
    struct input input;
    int writer;
    open_pipe(&input, &writer);
    feed(&input, writer, "one\n");
    expect_line(&input, "one", 1);
    feed(&input, writer, "\xff\xfe");
    end(&input, writer);
    expect_line(&input, "\xff\xfe", 2);
    input_close(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_whole),
        cmocka_unit_test(of_a_long_line_a_beginning_comes),
        cmocka_unit_test(the_longest_line_is_no_long_line),
        cmocka_unit_test(utf16_is_refused),
        cmocka_unit_test(its_mark_is_looked_for_at_the_beginning_alone),
        cmocka_unit_test(what_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
