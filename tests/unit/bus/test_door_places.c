/* The door's listeners as status and a reload tell of them, whatever has happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/bus/door_places.h"
#include "core/config/config.h"

static char listen_url[] = "https://a:1", admin_url[] = "http://b:2";
static const struct config both = {.listen = listen_url, .admin_listen = admin_url};
static const struct config admin_alone = {.admin_listen = admin_url};
static const struct config neither = {.listen = NULL};

/* Both give the object up. */
static void assert_json(json_t *got, const char *wanted)
{
    char *text = json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(got);
}

static bool needs_somebody(const struct door_places *places)
{
    json_t *described = door_places_describe(places, &both);
    bool needs = json_is_true(json_object_get(described, "needs_somebody"));
    json_decref(described);
    return needs;
}

static void test_status(void **state)
{
    (void)state;
    struct door_places places = {.failures = 0};
    assert_json(door_places_describe(&places, &neither), "null");
    assert_json(door_places_describe_reload(&places, &neither), "null");
    door_places_tell(&places, DOOR_ROLE_INGEST, false, true, "no key");
    assert_json(door_places_describe(&places, &both),
                "{\"listeners\":[{\"key\":\"listen\",\"url\":\"https://a:1\",\"state\":\"closed\","
                "\"error\":\"no key\"},{\"key\":\"admin_listen\",\"url\":\"http://b:2\","
                "\"state\":\"opening\",\"error\":null}],\"refused\":null,\"needs_somebody\":true}");
    strcpy(places.refused, "a mistake");
    door_places_tell(&places, DOOR_ROLE_ADMIN, true, true, "");
    assert_json(
        door_places_describe(&places, &admin_alone),
        "{\"listeners\":[{\"key\":\"admin_listen\",\"url\":\"http://b:2\",\"state\":\"open\","
        "\"error\":null}],\"refused\":\"a mistake\",\"needs_somebody\":true}");
}

static void test_who_is_needed(void **state)
{
    (void)state;
    struct door_places places = {.failures = 1};
    assert_false(needs_somebody(&places)); /* it is opening */
    door_places_close(&places, &both, "it ended");
    assert_false(needs_somebody(&places)); /* it is started again */
    places.failures = FAILURES_OF_NOTE;
    assert_true(needs_somebody(&places));
    places.failures = 1;
    door_places_tell(&places, DOOR_ROLE_INGEST, true, true, "not renewed");
    assert_true(needs_somebody(&places));
}

/* The end of the process is not why a listener is closed that its settings keep closed. */
static void test_the_end_of_the_process(void **state)
{
    (void)state;
    struct door_places places = {.failures = 0};
    door_places_tell(&places, DOOR_ROLE_INGEST, false, true, "no key");
    door_places_tell(&places, DOOR_ROLE_ADMIN, true, true, "");
    assert_true(door_places_any_open(&places));
    assert_false(door_places_all_open(&places, &both));
    assert_true(door_places_all_open(&places, &admin_alone));
    door_places_close(&places, &both, "it ended");
    assert_false(door_places_any_open(&places));
    assert_string_equal(places.places[DOOR_ROLE_INGEST - 1].error, "no key");
    assert_string_equal(places.places[DOOR_ROLE_ADMIN - 1].error, "it ended");
}

static void test_reload(void **state)
{
    (void)state;
    struct door_places places = {.failures = 0};
    assert_json(door_places_describe_reload(&places, &admin_alone),
                "{\"change\":\"unchanged\",\"state\":\"closed\",\"what\":\"http://b:2 is closed: "
                "affnotify-http has not answered yet\"}");
    door_places_tell(&places, DOOR_ROLE_ADMIN, true, true, "");
    assert_true(door_places_are_whole(&places, &admin_alone));
    assert_json(door_places_describe_reload(&places, &admin_alone),
                "{\"change\":\"opened\",\"state\":\"open\",\"what\":null}");
    places.was_open = true;
    assert_json(door_places_describe_reload(&places, &admin_alone),
                "{\"change\":\"unchanged\",\"state\":\"open\",\"what\":null}");
    places.is_renewed = true;
    assert_json(door_places_describe_reload(&places, &admin_alone),
                "{\"change\":\"renewed\",\"state\":\"open\",\"what\":null}");
    door_places_tell(&places, DOOR_ROLE_INGEST, false, true, "no token");
    door_places_tell(&places, DOOR_ROLE_ADMIN, true, true, "too weak");
    assert_false(door_places_are_whole(&places, &admin_alone));
    assert_json(
        door_places_describe_reload(&places, &both),
        "{\"change\":\"unchanged\",\"state\":\"closed\",\"what\":\"https://a:1 is closed: no "
        "token; http://b:2 goes on with what it had: too weak\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_who_is_needed),
        cmocka_unit_test(test_the_end_of_the_process),
        cmocka_unit_test(test_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
