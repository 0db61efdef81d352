/* What `affnotify seal --in-place` leaves, and whether it says so; never with the value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/bus/option_kind.h"
#include "core/bus/seal_doubt.h"
#include "core/config/config.h"
#include "core/wire/message.h"

static struct message_option options[] = {
    {.name = "url", .type = AFFN_URL},
    {.name = "bearer_token", .type = AFFN_STRING, .flags = AFFN_SECRET},
    {.name = "header", .type = AFFN_MAP},
    {.name = "proxy", .type = AFFN_URL, .hosts = true},
};
static const struct message_table table = {.option_count = 4, .options = options, .requests = true};
static const struct sink_config sink = {.name = "crm"};

#define NEAR(key) "was not sealed: there is no such key; did you mean `" key "`?"
#define LOGIN(key)                                                                                 \
    "the URL says who logs in, and was not sealed: `" key "` is no secret; take that out of it, "  \
    "and write it below a key of its own"
#define UNKNOWN                                                                                    \
    "was not sealed, and may be a secret: there is no such key; see `affnotify describe crm -c x`"
#define UNREAD                                                                                     \
    "was not sealed, and may be a secret: that is known once the plugin of this section can be "   \
    "loaded; mend that and seal again"

static const struct {
    bool is_unread;
    const char *key;
    const char *value;
    const char *reason; /* NULL: no doubt */
} cases[] = {
    {false, "baerer_token", "hidden", NEAR("bearer_token")},
    {false, "Bearer_Token", "hidden", NEAR("bearer_token")},
    {false, "something", "hidden", UNKNOWN},
    {false, "heade", "hidden", NULL}, /* meant for what is no secret */
    {false, "header.Authorization", "hidden", NULL},
    {false, "urll", "https://h/", NULL},
    {false, "urll", "https://hidden@h/", NEAR("url")},
    {false, "url", "https://h/?x=a@b", NULL},
    {false, "url", "https://me:hidden@h/", LOGIN("url")},
    {false, "proxy", "http://hidden@h/", LOGIN("proxy")},
    {false, "something", "", NULL},
    {false, "something", "FILL-IN your own", NULL},
    {false, "something", "env:NAME", NULL},
    {false, "something", "sealed:v1:x", NULL},
    {true, "something", "hidden", UNREAD},
    {true, "something", "file:/x", NULL},
};

static void doubts_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *reason = seal_doubt(cases[i].is_unread ? NULL : &table, &sink, cases[i].key,
                                  cases[i].value, " -c x");
        if (cases[i].reason)
            assert_string_equal(reason, cases[i].reason);
        else
            assert_null(reason);
        free(reason);
    }
}

static void other_keys_may_hold_a_login(void **state)
{
    (void)state;
    char *reason = seal_doubt_url("listen", "https://me:hidden@h:1");
    assert_string_equal(reason, LOGIN("listen"));
    free(reason);
    assert_null(seal_doubt_url("listen", "https://h:1"));
    assert_null(seal_doubt_url("listen", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubts_are_told),
        cmocka_unit_test(other_keys_may_hold_a_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
