/* What a plugin counts: sums by name, bounded in names and in size. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/bus/counts.h"

static void sums_are_kept_by_name(void **state)
{
    (void)state;
    struct counts counts = {.count = 0};
    assert_true(counts_add(&counts, "rows", 2));
    assert_true(counts_add(&counts, "files", 0));
    assert_true(counts_add(&counts, "rows", 3));
    assert_int_equal(counts.count, 2);
    assert_string_equal(counts.items[0].name, "rows");
    assert_int_equal(counts.items[0].number, 5);
    assert_string_equal(counts.items[1].name, "files");
    assert_int_equal(counts.items[1].number, 0);
}

static void a_sum_has_an_end(void **state)
{
    (void)state;
    struct counts counts = {.count = 0};
    counts_add(&counts, "rows", (uint64_t)INT64_MAX - 1);
    counts_add(&counts, "rows", UINT64_MAX);
    assert_int_equal(counts.items[0].number, INT64_MAX);
    counts_add(&counts, "rows", 1);
    assert_int_equal(counts.items[0].number, INT64_MAX);
}

static void names_have_a_limit(void **state)
{
    (void)state;
    struct counts counts = {.count = 0};
    for (int i = 0; i < COUNTS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "name_%d", i);
        assert_true(counts_add(&counts, name, 1));
    }
    assert_false(counts_add(&counts, "other", 1));
    assert_true(counts_add(&counts, "name_3", 1));
    assert_int_equal(counts.items[3].number, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_kept_by_name),
        cmocka_unit_test(a_sum_has_an_end),
        cmocka_unit_test(names_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
