/* The table of the bus's own keys of a section, as it is shown: defaults and help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/tuning.h"

static void test_default(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *plugin_defaults;
        const char *text;
    } cases[] = {
        {"plugin", "", NULL},
        {"plugin", "plugin=csv", NULL},
        {"timeout", "", "10s"},
        {"timeout", " timeout=1m\tbatch=2\n", "1m"},
        {"batch", "order=journal batch=500 retry=standard", "500"},
        {"batch", "batch=2 batch=3", "3"},
        {"batch", "batch=many", "1"},
        {"batch", "batch=2 batch=many", "2"},
        {"batch", "batches=2 batch", "1"},
        {"events", "events=affiliate.created,affiliate.deactivated",
         "affiliate.created,affiliate.deactivated"},
        {"enabled", "enabled=no", "yes"}, /* of the section only */
        {"was", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = tuning_default(tuning_key(cases[i].key), cases[i].plugin_defaults);
        if (cases[i].text)
            assert_string_equal(text, cases[i].text);
        else
            assert_null(text);
        free(text);
    }
}

static void test_every_key_has_one_sentence_of_help(void **state)
{
    (void)state;
    size_t count;
    const struct tuning_key *keys = tuning_keys(&count);
    assert_int_equal(count, 13);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(tuning_key(keys[i].name), &keys[i]);
        assert_non_null(keys[i].help);
        assert_int_equal(keys[i].help[strlen(keys[i].help) - 1], '.');
        assert_null(strstr(keys[i].help, "\n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default),
        cmocka_unit_test(test_every_key_has_one_sentence_of_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
