/* Log lines, caught from stderr byte for byte. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"

/* stderr goes to a file between catch_begin and catch_end, which returns what was written. */
static FILE *caught;
static int real_stderr;

static void catch_begin(void)
{
    caught = tmpfile();
    assert_non_null(caught);
    real_stderr = dup(STDERR_FILENO);
    assert_true(real_stderr >= 0);
    assert_true(dup2(fileno(caught), STDERR_FILENO) >= 0);
}

static const char *catch_end(void)
{
    static char text[20000];
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    close(real_stderr);
    rewind(caught);
    size_t length = fread(text, 1, sizeof text - 1, caught);
    text[length] = '\0';
    fclose(caught);
    return text;
}

static void test_lines(void **state)
{
    (void)state;
    catch_begin();
    log_info("host started", {"sink", .text = "crm"}, {"pid", .number = 42});
    log_warning("x", {"n", .number = INT64_MIN});
    log_error("x", {"url", .text = "https://example.com/?a"}, {"name", .text = "J\u00f6rg"});
    assert_string_equal(catch_end(), "info msg=\"host started\" sink=crm pid=42\n"
                                     "warning msg=x n=-9223372036854775808\n"
                                     "error msg=x url=https://example.com/?a name=J\u00f6rg\n");
}

static void test_quoting(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *line;
    } cases[] = {
        {"", "info msg=x v=\"\"\n"},
        {"a b", "info msg=x v=\"a b\"\n"},
        {"a=b", "info msg=x v=\"a=b\"\n"},
        {"a\"b", "info msg=x v=\"a\\\"b\"\n"},
        {"a\\b", "info msg=x v=\"a\\\\b\"\n"},
        {"a\nerror msg=b", "info msg=x v=\"a\\x0aerror msg=b\"\n"},
        {"\x01\t\r\x7f", "info msg=x v=\"\\x01\\x09\\x0d\\x7f\"\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        catch_begin();
        log_info("x", {"v", .text = cases[i].value});
        assert_string_equal(catch_end(), cases[i].line);
    }
}

static void test_levels(void **state)
{
    (void)state;
    catch_begin();
    log_debug("hidden", {"n", .number = 1});
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("shown", {"n", .number = 2});
    log_set_level(LOG_LEVEL_ERROR);
    log_warning("hidden", {"n", .number = 3});
    log_error("shown", {"n", .number = 4});
    log_set_level(LOG_LEVEL_INFO);
    assert_string_equal(catch_end(), "debug msg=shown n=2\nerror msg=shown n=4\n");
    assert_string_equal(log_level_name(LOG_LEVEL_DEBUG), "debug");
    assert_string_equal(log_level_name(LOG_LEVEL_INFO), "info");
    assert_string_equal(log_level_name(LOG_LEVEL_WARNING), "warning");
    assert_string_equal(log_level_name(LOG_LEVEL_ERROR), "error");
}

/* A line is cut, and its line break stays: the next line is whole. */
static void test_long_lines(void **state)
{
    (void)state;
    static char value[8000];
    memset(value, 'x', sizeof value - 1);
    for (int quoted = 0; quoted <= 1; quoted++) {
        value[0] = quoted ? ' ' : 'x';
        catch_begin();
        log_info("x", {"v", .text = value});
        log_info("next", {"n", .number = 1});
        const char *text = catch_end();
        const char *end = strchr(text, '\n');
        assert_non_null(end);
        assert_true(end - text < 4096);
        assert_true(end - text > 4000);
        assert_string_equal(end + 1, "info msg=next n=1\n");
    }
}

/* Everywhere but under systemd, which stamps lines itself. */
static void test_time(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    catch_begin();
    log_info("ready", {"n", .number = 1});
    const char *line = catch_end();
    setenv("JOURNAL_STREAM", "8:1", 1);
    int read = 0;
    assert_int_equal(sscanf(line, "info at=20%*2d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ msg=%n", &read),
                     0);
    assert_int_equal(read, (int)strlen("info at=2026-03-18T12:00:00.000Z msg="));
    assert_string_equal(line + read, "ready n=1\n");
}

int main(void)
{
    setenv("JOURNAL_STREAM", "8:1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),      cmocka_unit_test(test_time),
        cmocka_unit_test(test_quoting),    cmocka_unit_test(test_levels),
        cmocka_unit_test(test_long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
