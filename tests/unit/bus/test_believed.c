/* The civil clock as retention believes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/bus/believed.h"

#define YEAR_MS (365LL * 24 * 60 * 60 * 1000)
#define NOW     1773835200000

static void a_clock_that_goes_on_is_believed(void **state)
{
    (void)state;
    struct believed believed = {.is_set = false};
    assert_int_equal(believed_now(&believed, NOW, 5000), NOW);
    assert_int_equal(believed_now(&believed, NOW + 1000, 6000), NOW + 1000);
    assert_int_equal(believed_now(&believed, NOW + 2000 + CLOCK_SLACK_MS, 7000),
                     NOW + 2000 + CLOCK_SLACK_MS);
    assert_int_equal(believed_now(&believed, NOW, 8000), NOW); /* set back */
    assert_int_equal(believed_now(&believed, NOW + 5 * YEAR_MS, 8000 + 5 * YEAR_MS),
                     NOW + 5 * YEAR_MS);
}

static void a_step_forward_is_believed_when_it_lasts(void **state)
{
    (void)state;
    struct believed believed = {.is_set = false};
    believed_now(&believed, NOW, 0);
    int64_t mono = 0;
    for (mono = 10000; mono < 10000 + CLOCK_DOUBT_MS; mono += 10000)
        assert_int_equal(believed_now(&believed, NOW + YEAR_MS + mono, mono), NOW + mono);
    assert_int_equal(believed_now(&believed, NOW + YEAR_MS + mono, mono), NOW + YEAR_MS + mono);
    mono += 10000;
    assert_int_equal(believed_now(&believed, NOW + YEAR_MS + mono, mono), NOW + YEAR_MS + mono);
}

static void a_step_that_is_undone_never_was(void **state)
{
    (void)state;
    struct believed believed = {.is_set = false};
    believed_now(&believed, NOW, 0);
    assert_int_equal(believed_now(&believed, NOW + YEAR_MS, 1000), NOW + 1000);
    assert_int_equal(believed_now(&believed, NOW + 2000, 2000), NOW + 2000);
    /* The next one is doubted from its own beginning on. */
    int64_t later = 2000 + CLOCK_DOUBT_MS;
    assert_int_equal(believed_now(&believed, NOW + YEAR_MS + later, later), NOW + later);
    later += CLOCK_DOUBT_MS - 1;
    assert_int_equal(believed_now(&believed, NOW + YEAR_MS + later, later), NOW + later);
    later += 1;
    assert_int_equal(believed_now(&believed, NOW + YEAR_MS + later, later), NOW + YEAR_MS + later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_goes_on_is_believed),
        cmocka_unit_test(a_step_forward_is_believed_when_it_lasts),
        cmocka_unit_test(a_step_that_is_undone_never_was),
    };
    return cmocka_run_group_tests_name("believed", tests, NULL, NULL);
}
