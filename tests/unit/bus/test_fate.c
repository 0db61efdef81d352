/* What becomes of an event: every verdict, by itself or in a batch, by attempts and retries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "affnotify/sink.h"
#include "core/bus/fate.h"

enum { BATCH, OWN, OWN_BESIDE_ONE_THAT_GOT_THROUGH };

static const struct row {
    int32_t verdict;
    int how;
    enum fate without_retries;
    enum fate with_retries; /* some of the list are left */
    enum fate when_used_up; /* this attempt was the list's last */
} rows[] = {
    {AFFN_DELIVERED, BATCH, FATE_DELIVERED, FATE_DELIVERED, FATE_DELIVERED},
    {AFFN_DELIVERED, OWN, FATE_DELIVERED, FATE_DELIVERED, FATE_DELIVERED},
    {AFFN_DELIVERED, OWN_BESIDE_ONE_THAT_GOT_THROUGH, FATE_DELIVERED, FATE_DELIVERED,
     FATE_DELIVERED},
    {AFFN_RETRY, BATCH, FATE_DEAD, FATE_LATER, FATE_DEAD},
    {AFFN_RETRY, OWN, FATE_DEAD, FATE_LATER, FATE_DEAD},
    {AFFN_RETRY, OWN_BESIDE_ONE_THAT_GOT_THROUGH, FATE_DEAD, FATE_LATER, FATE_DEAD},
    {AFFN_REFUSED, BATCH, FATE_DEAD, FATE_SINGLY, FATE_SINGLY},
    {AFFN_REFUSED, OWN, FATE_DEAD, FATE_DEAD, FATE_DEAD},
    {AFFN_REFUSED, OWN_BESIDE_ONE_THAT_GOT_THROUGH, FATE_DEAD, FATE_DEAD, FATE_DEAD},
    {AFFN_DOWN, BATCH, FATE_DEAD, FATE_AGAIN, FATE_AGAIN},
    {AFFN_DOWN, OWN, FATE_DEAD, FATE_AGAIN, FATE_AGAIN},
    {AFFN_DOWN, OWN_BESIDE_ONE_THAT_GOT_THROUGH, FATE_DEAD, FATE_AGAIN, FATE_AGAIN},
    {AFFN_MISSET, BATCH, FATE_DEAD, FATE_SINGLY, FATE_SINGLY},
    {AFFN_MISSET, OWN, FATE_DEAD, FATE_AGAIN, FATE_AGAIN},
    {AFFN_MISSET, OWN_BESIDE_ONE_THAT_GOT_THROUGH, FATE_DEAD, FATE_DEAD, FATE_DEAD},
};

static enum fate ask(const struct row *row, uint32_t attempts, uint32_t retries)
{
    const struct fate_attempt attempt = {
        .verdict = row->verdict,
        .own = row->how != BATCH,
        .got_through = row->how == OWN_BESIDE_ONE_THAT_GOT_THROUGH,
        .attempts = attempts,
        .retries = retries,
    };
    return fate_of(&attempt);
}

static void every_verdict_has_its_fate(void **state)
{
    (void)state;
    static const uint32_t lists[] = {1, 2, 9, 64};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        assert_int_equal(ask(row, 0, 0), row->without_retries);
        assert_int_equal(ask(row, 3, 0), row->without_retries); /* the list was cut meanwhile */
        for (size_t j = 0; j < sizeof lists / sizeof *lists; j++) {
            for (uint32_t attempts = 0; attempts < lists[j]; attempts++)
                assert_int_equal(ask(row, attempts, lists[j]), row->with_retries);
            assert_int_equal(ask(row, lists[j], lists[j]), row->when_used_up);
            assert_int_equal(ask(row, lists[j] + 7, lists[j]), row->when_used_up);
        }
    }
}

/* The list has as many delays as there are attempts behind the first. */
static void a_list_of_two_makes_three_attempts(void **state)
{
    (void)state;
    const struct row retry = {.verdict = AFFN_RETRY, .how = OWN};
    uint32_t attempts = 0;
    while (ask(&retry, attempts, 2) == FATE_LATER)
        attempts++;
    assert_int_equal(attempts + 1, 3);
}

/* It was one of many, and the batch got through otherwise: the rest of the batch is not suspected. */
static void the_rest_of_a_refused_batch_goes_singly_beside_one_that_got_through(void **state)
{
    (void)state;
    static const int32_t verdicts[] = {AFFN_REFUSED, AFFN_MISSET};
    for (size_t i = 0; i < 2; i++) {
        const struct fate_attempt attempt = {
            .verdict = verdicts[i], .own = false, .got_through = true, .retries = 1};
        assert_int_equal(fate_of(&attempt), FATE_SINGLY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_has_its_fate),
        cmocka_unit_test(a_list_of_two_makes_three_attempts),
        cmocka_unit_test(the_rest_of_a_refused_batch_goes_singly_beside_one_that_got_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
