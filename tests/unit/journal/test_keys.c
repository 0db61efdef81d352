/* What senders call events that have no time of their own. */
#include "fixture.h"

static void expect_key(struct scene *scene, const char *key, int64_t seq)
{
    struct journal_event event;
    int found = journal_find_key(scene->journal, key, &event, &scene->error);
    assert_int_equal(found, seq > 0);
    if (!found)
        return;
    char id[EVENT_ID_SIZE];
    scene_event_id((int)seq, id);
    assert_int_equal(event.seq, seq);
    assert_string_equal(event.id, id);
    assert_true(event.canonical_bytes > 0);
    journal_event_finish(&event);
}

static void keep(struct scene *scene, const char *key, int event)
{
    char id[EVENT_ID_SIZE];
    scene_event_id(event, id);
    assert_int_equal(journal_keep_key(scene->journal, key, id, 1000, &scene->error), 0);
}

static void a_key_leads_to_its_event(void **state)
{
    struct scene *scene = *state;
    expect_key(scene, "one", 0);
    scene_begin(scene);
    scene_append(scene, 1, EVENT_CREATED, "a@x.org");
    scene_append(scene, 2, EVENT_CREATED, "b@x.org");
    keep(scene, "one", 1);
    keep(scene, "two", 2);
    expect_key(scene, "one", 1); /* in the same transaction already */
    scene_commit(scene);
    scene_reopen(scene);
    expect_key(scene, "one", 1);
    expect_key(scene, "two", 2);
    expect_key(scene, "ONE", 0);
    expect_key(scene, "", 0);
    scene_begin(scene);
    keep(scene, "one", 2);
    journal_rollback(scene->journal);
    expect_key(scene, "one", 1);
    scene_begin(scene);
    keep(scene, "one", 2);
    scene_commit(scene);
    expect_key(scene, "one", 2);
}

static void a_key_without_its_event_is_none(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    keep(scene, "one", 7); /* pruned since */
    scene_commit(scene);
    expect_key(scene, "one", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_leads_to_its_event, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(a_key_without_its_event_is_none, scene_setup,
                                        scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
