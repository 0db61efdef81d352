/*
 * Calls what programs that start fast call, and nothing else: a test beside this one looks at the
 * libraries that the linker then needs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "core/event/event.h"

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(event_type_name(EVENT_CREATED), "affiliate.created");
    assert_string_equal(event_type_name(EVENT_DEACTIVATED), "affiliate.deactivated");
    assert_string_equal(event_via_name(EVENT_VIA_UNKNOWN), "");
    assert_string_equal(event_via_name(EVENT_VIA_DASHBOARD), "dashboard");
    assert_string_equal(event_via_name(EVENT_VIA_SELF_SIGNUP), "self_signup");
    assert_string_equal(event_via_name(EVENT_VIA_JOIN_REQUEST), "join_request");
}

static void test_event_id_valid(void **state)
{
    (void)state;
    assert_true(event_id_valid("evt_0123456789abcdef0123456789abcdef"));
    assert_false(event_id_valid(""));
    assert_false(event_id_valid("evt_"));
    assert_false(event_id_valid("evt_0123456789abcdef0123456789abcde"));
    assert_false(event_id_valid("evt_0123456789abcdef0123456789abcdef0"));
    assert_false(event_id_valid("evt_0123456789abcdef0123456789abcdeF"));
    assert_false(event_id_valid("evt_0123456789abcdef0123456789abcdeg"));
    assert_false(event_id_valid("evt_0123456789abcdef0123456789abcdef\n"));
    assert_false(event_id_valid("EVT_0123456789abcdef0123456789abcdef"));
    assert_false(event_id_valid("ia_43831f8e"));
}

static void test_there_and_back(void **state)
{
    (void)state;
    static const char canonical[] =
        "{\"event\":\"affiliate.deactivated\",\"affiliate_id\":\"ia_45fee001\",\"email\":\"a@b\","
        "\"deep_link\":\"\",\"occurred_at\":\"1969-12-31T23:59:59.999Z\"}";
    struct event event;
    char again[EVENT_CANONICAL_BYTES_MAX + 1];
    assert_int_equal(event_decode(canonical, strlen(canonical), &event), 0);
    assert_int_equal(event.type, EVENT_DEACTIVATED);
    assert_string_equal(event.affiliate_id, "ia_45fee001");
    assert_string_equal(event.email, "a@b");
    assert_string_equal(event.deep_link, "");
    assert_string_equal(event.occurred_at, "1969-12-31T23:59:59.999Z");
    assert_true(event.occurred_unix_ms == -1);
    assert_int_equal(event_encode(&event, again), strlen(canonical));
    assert_string_equal(again, canonical);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_event_id_valid),
        cmocka_unit_test(test_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
