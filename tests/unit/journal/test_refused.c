/* What was refused, and the roster: page by page. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/event/refusal.h"
#include "core/journal/refused.h"
#include "core/journal/roster.h"

#define COUNT 25

static void refuse(struct scene *scene, int number, const char *raw, size_t length)
{
    struct refusal refusal;
    refusal_set(&refusal, "email", "syntax", "number %d", number);
    assert_int_equal(journal_refuse(scene->journal, "door", "", &refusal, raw, length,
                                    1000 * number, &scene->error),
                     0);
}

static void they_are_listed_newest_first(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    for (int i = 1; i <= COUNT; i++)
        refuse(scene, i, "a\0b", 3);
    scene_commit(scene);
    for (int page = 1; page <= COUNT + 1; page++) {
        struct refused_input inputs[COUNT + 1];
        int64_t next = INT64_MAX;
        int expected = COUNT;
        do {
            int count =
                refused_before(scene->journal, next, "", "", inputs, page, &next, &scene->error);
            assert_true(count > 0 && count <= page);
            for (int i = 0; i < count; i++, expected--) {
                char message[32];
                snprintf(message, sizeof message, "number %d", expected);
                assert_int_equal(inputs[i].number, expected);
                assert_int_equal(inputs[i].received_unix_ms, 1000 * expected);
                assert_string_equal(inputs[i].source, "door");
                assert_string_equal(inputs[i].refusal.field, "email");
                assert_string_equal(inputs[i].refusal.rule, "syntax");
                assert_string_equal(inputs[i].refusal.message, message);
                assert_int_equal(inputs[i].raw_bytes, 3);
                assert_memory_equal(inputs[i].raw, "a\0b\0", 4);
                refused_input_finish(&inputs[i]);
            }
        } while (next);
        assert_int_equal(expected, 0);
    }
}

static void one_is_found_and_deleted_once(void **state)
{
    struct scene *scene = *state;
    struct refused_input input;
    scene_begin(scene);
    refuse(scene, 1, "x", 1);
    refuse(scene, 2, "y", 1);
    scene_commit(scene);
    assert_int_equal(refused_find(scene->journal, 2, &input, &scene->error), 1);
    assert_string_equal(input.raw, "y");
    refused_input_finish(&input);
    scene_begin(scene);
    assert_int_equal(refused_delete(scene->journal, 2, &scene->error), 1);
    assert_int_equal(refused_delete(scene->journal, 2, &scene->error), 0);
    journal_rollback(scene->journal);
    assert_int_equal(journal_refused_count(scene->journal), 2);
    scene_begin(scene);
    assert_int_equal(refused_delete(scene->journal, 2, &scene->error), 1);
    scene_commit(scene);
    assert_int_equal(refused_find(scene->journal, 2, &input, &scene->error), 0);
    assert_int_equal(journal_refused_count(scene->journal), 1);
    scene_begin(scene);
    refuse(scene, 3, "z", 1);
    scene_commit(scene);
    assert_int_equal(refused_find(scene->journal, 3, &input, &scene->error), 1); /* not 2 again */
    refused_input_finish(&input);
}

static void one_is_kept_as_far_as_the_limit(void **state)
{
    struct scene *scene = *state;
    struct refused_input input;
    char *raw = calloc(REFUSED_BYTES_MAX + 1, 1);
    memset(raw, 'x', REFUSED_BYTES_MAX + 1);
    scene_begin(scene);
    refuse(scene, 1, raw, REFUSED_BYTES_MAX + 1);
    scene_commit(scene);
    assert_int_equal(refused_find(scene->journal, 1, &input, &scene->error), 1);
    assert_int_equal(input.raw_bytes, REFUSED_BYTES_MAX);
    refused_input_finish(&input);
    free(raw);
}

static void the_roster_follows_the_last_event(void **state)
{
    struct scene *scene = *state;
    char email[32];
    scene_begin(scene);
    for (int i = 0; i < COUNT; i++) {
        snprintf(email, sizeof email, "p%d@example.com", i);
        scene_append(scene, i, EVENT_CREATED, email);
    }
    for (int i = 0; i < COUNT; i += 5) {
        snprintf(email, sizeof email, "p%d@example.com", i);
        scene_append(scene, COUNT + i, EVENT_DEACTIVATED, email);
    }
    scene_commit(scene);
    static const int counts[] = {
        [ROSTER_ACTIVE] = COUNT - 5, [ROSTER_INACTIVE] = 5, [ROSTER_ALL] = COUNT};
    for (enum roster_choice choice = ROSTER_ACTIVE; choice <= ROSTER_ALL; choice++) {
        for (int page = 1; page <= COUNT + 1; page++) {
            struct roster_row rows[COUNT + 1];
            int64_t next = 0, last = 0;
            int found = 0;
            do {
                int count =
                    roster_after(scene->journal, next, choice, rows, page, &next, &scene->error);
                assert_true(count >= 0 && count <= page);
                for (int i = 0; i < count; i++) {
                    bool is_inactive = (rows[i].affiliate.number - 1) % 5 == 0;
                    assert_true(rows[i].affiliate.number > last);
                    last = rows[i].affiliate.number;
                    assert_int_equal(rows[i].affiliate.active, !is_inactive);
                    assert_true(rows[i].since_unix_ms > 0 || last == 1);
                }
                found += count;
            } while (next);
            assert_int_equal(found, counts[choice]);
        }
    }
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)
    const struct CMUnitTest tests[] = {
        SCENE(they_are_listed_newest_first),
        SCENE(one_is_found_and_deleted_once),
        SCENE(one_is_kept_as_far_as_the_limit),
        SCENE(the_roster_follows_the_last_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
