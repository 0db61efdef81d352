/* How far a long piece of work has come, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/cli/pace.h"

static const struct {
    size_t bytes;
    size_t done_lines;
    size_t done_bytes;
    int64_t elapsed_ms;
    const char *text;
} cases[] = {
    {0, 0, 0, 0, "0 lines, 0/s"},
    {0, 1234567, 99, 1000, "1,234,567 lines, 1,234,567/s"},
    {0, 999, 99, 2000, "999 lines, 499/s"},
    {1000, 12345, 410, 1000, "12,345 lines, 12,345/s, 41 %, 2 s to go"},
    {1000, 1000, 1, 1000, "1,000 lines, 1,000/s, 0 %, 16 min to go"},
    {1000, 1000, 1000, 500, "1,000 lines, 2,000/s, 100 %, 0 s to go"},
    {1000, 1000, 2000, 1000, "1,000 lines, 1,000/s"}, /* it grew meanwhile */
};

static void words_for_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pace pace = {.bytes = cases[i].bytes, .begun_mono_ms = 5000};
        char *text =
            pace_text(&pace, cases[i].done_lines, cases[i].done_bytes, 5000 + cases[i].elapsed_ms);
        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_for_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
