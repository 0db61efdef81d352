/* When a sink that is open delivers nothing: each story is a letter a second. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "affnotify/sink.h"
#include "core/bus/failing.h"

static int32_t verdict_of(char letter)
{
    switch (letter) {
    case 'd':
        return AFFN_DELIVERED;
    case 'x':
        return AFFN_REFUSED;
    case 'o':
        return AFFN_DOWN;
    case 'm':
        return AFFN_MISSET;
    default:
        return AFFN_RETRY;
    }
}

static void stories(void **state)
{
    (void)state;
    static const struct {
        const char *verdicts; /* from second 1 on; a blank: nothing comes back */
        int64_t failing_s;    /* in the second of the last; -1: it does not fail */
        uint32_t attempts;
    } cases[] = {
        {"", -1, 0},        {"d", -1, 0},       {"r", -1, 1},       {"r        ", -1, 1},
        {"rr", 1, 2},       {"r  r", 3, 2},     {"  rrrr", 3, 4},   {"rrrd", -1, 0},
        {"rrrdr", -1, 1},   {"rrrd  rr", 1, 2}, {"xxx", -1, 3},     {"xxxx", 3, 4},
        {"xxxdxxx", -1, 3}, {"xr", -1, 2},      {"xrr", 2, 3},      {"xxxr", 3, 4},
        {"oo", 1, 2},       {"mr", 1, 2},       {"rdrdrdr", -1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct failing failing = {.attempts = 0};
        int64_t at_ms = 0;
        for (const char *next = cases[i].verdicts; *next; next++) {
            at_ms += 1000;
            if (*next != ' ')
                failing_hear(&failing, verdict_of(*next), at_ms);
        }
        int64_t expected = cases[i].failing_s < 0 ? -1 : cases[i].failing_s * 1000;
        if (failing_ms(&failing, at_ms) != expected || failing.attempts != cases[i].attempts)
            fail_msg("“%s”: %lld, %u attempts", cases[i].verdicts,
                     (long long)failing_ms(&failing, at_ms), failing.attempts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
