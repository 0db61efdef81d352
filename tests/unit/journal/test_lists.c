/* The lists, page by page, beside a model of them. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/journal/internal.h"

#define PAGE_MAX 100

/* ---- Events ---- */

static const char *email_of(int64_t seq)
{
    static const char *const emails[] = {"a@x.org", "b@x.org", "b@x.org", "c@x.org"};
    return emails[seq % 4];
}

static enum event_type type_of(int64_t seq)
{
    return seq % 3 ? EVENT_CREATED : EVENT_DEACTIVATED;
}

static void append_events(struct scene *scene, int count)
{
    scene_begin(scene);
    for (int64_t seq = journal_last_seq(scene->journal) + 1; count > 0; count--, seq++)
        assert_int_equal(scene_append(scene, (int)seq, type_of(seq), email_of(seq)), seq);
    scene_commit(scene);
}

static void expect_event(const struct listed_event *listed, int64_t seq)
{
    char id[EVENT_ID_SIZE], canonical[32];
    scene_event_id((int)seq, id);
    snprintf(canonical, sizeof canonical, "{\"n\":%d}", (int)seq);
    assert_int_equal(listed->event.seq, seq);
    assert_string_equal(listed->event.id, id);
    assert_string_equal(listed->event.canonical, canonical);
    assert_int_equal(listed->event.type, type_of(seq));
    assert_int_equal(listed->event.received_unix_ms, seq * 1000);
    assert_int_equal(listed->via, EVENT_VIA_SELF_SIGNUP);
}

/* Walks the whole list by pages of `max`: exactly what the model has, in its order. */
static void walk_events(struct scene *scene, const char *email, enum event_type type, int max)
{
    struct listed_event page[PAGE_MAX];
    int64_t before = INT64_MAX;
    int64_t expected = journal_last_seq(scene->journal);
    do {
        int count = journal_events_before(scene->journal, before, email, type, page, max, &before,
                                          &scene->error);
        assert_in_range(count, 0, max);
        assert_true(count == max || before == 0); /* nothing here is beyond one scan */
        for (int i = 0; i < count; i++, expected--) {
            while ((email && strcmp(email_of(expected), email) != 0) ||
                   (type && type_of(expected) != type))
                expected--;
            expect_event(&page[i], expected);
            journal_event_finish(&page[i].event);
        }
    } while (before > 0);
    for (; expected > 0; expected--)
        assert_true((email && strcmp(email_of(expected), email) != 0) ||
                    (type && type_of(expected) != type));
}

static void events_are_listed_by_pages_and_filters(void **state)
{
    struct scene *scene = *state;
    static const char *const emails[] = {NULL, "a@x.org", "b@x.org", "c@x.org"};
    static const int pages[] = {1, 2, 7, PAGE_MAX};
    append_events(scene, 2 * PAGE_MAX); /* and then no page is left over */
    for (size_t email = 0; email < 4; email++)
        for (enum event_type type = 0; type <= EVENT_DEACTIVATED; type++)
            for (size_t page = 0; page < 4; page++)
                walk_events(scene, emails[email], type, pages[page]);
}

static int list(struct scene *scene, int64_t before, const char *email, int max, int64_t *next)
{
    struct listed_event page[PAGE_MAX];
    int count =
        journal_events_before(scene->journal, before, email, 0, page, max, next, &scene->error);
    assert_in_range(count, 0, max);
    for (int i = 0; i < count; i++)
        journal_event_finish(&page[i].event);
    return count;
}

static void an_empty_list_has_no_next_page(void **state)
{
    struct scene *scene = *state;
    int64_t next = 7;
    assert_int_equal(list(scene, INT64_MAX, NULL, 10, &next), 0);
    assert_int_equal(next, 0);
    append_events(scene, 4);
    next = 7;
    assert_int_equal(list(scene, INT64_MAX, "nobody@x.org", 10, &next), 0);
    assert_int_equal(next, 0);
    assert_int_equal(list(scene, 1, NULL, 10, &next), 0);
    assert_int_equal(next, 0);
    assert_int_equal(list(scene, 5, NULL, 4, &next), 4); /* the oldest is in it: no more */
    assert_int_equal(next, 0);
    assert_int_equal(list(scene, 5, NULL, 3, &next), 3);
    assert_int_equal(next, 2);
}

static void one_call_looks_at_a_bounded_number(void **state)
{
    struct scene *scene = *state;
    int64_t next;
    scene_begin(scene);
    scene_append(scene, 1, EVENT_CREATED, "rare@x.org");
    for (int i = 2; i <= LIST_SCAN_MAX; i++)
        scene_append(scene, i, EVENT_CREATED, "a@x.org");
    scene_commit(scene);
    assert_int_equal(list(scene, INT64_MAX, "rare@x.org", 10, &next), 1);
    assert_int_equal(next, 0);
    scene_begin(scene);
    scene_append(scene, LIST_SCAN_MAX + 1, EVENT_CREATED, "a@x.org");
    scene_commit(scene);
    assert_int_equal(list(scene, INT64_MAX, "rare@x.org", 10, &next), 0);
    assert_int_equal(next, 2);
    assert_int_equal(list(scene, next, "rare@x.org", 10, &next), 1);
    assert_int_equal(next, 0);
}

/* New events come before the first page; deleted ones are passed over and cost nothing. */
static void a_list_goes_on_where_it_was(void **state)
{
    struct scene *scene = *state;
    int64_t next;
    append_events(scene, 8);
    assert_int_equal(list(scene, INT64_MAX, NULL, 3, &next), 3);
    assert_int_equal(next, 6);
    append_events(scene, 5);
    assert_int_equal(sqlite3_exec(scene->journal->database,
                                  "DELETE FROM events WHERE seq IN (1, 4, 6)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(list(scene, next, NULL, 2, &next), 2); /* 5 3 */
    assert_int_equal(next, 3);
    assert_int_equal(list(scene, next, NULL, 2, &next), 1); /* 2 */
    assert_int_equal(next, 0);
}

/* ---- Dead letters ---- */

/* "crm 7, crm 3, slack 5 > slack 5": what a page holds, and the place to go on with. */
static const char *dead(struct scene *scene, const char *sink, int64_t seq, const char *name,
                        int max)
{
    static char text[512];
    struct dead_letter letters[PAGE_MAX];
    struct dead_place place = {.seq = seq};
    snprintf(place.sink, sizeof place.sink, "%s", sink);
    int count =
        journal_dead_after(scene->journal, &place, name, letters, max, &place, &scene->error);
    assert_in_range(count, 0, max);
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        char canonical[32];
        const struct delivery *delivery = &letters[i].delivery;
        snprintf(canonical, sizeof canonical, "{\"n\":%d}", (int)letters[i].event.seq);
        assert_string_equal(letters[i].event.canonical, canonical);
        assert_int_equal(delivery->state, DELIVERY_DEAD);
        assert_int_equal(delivery->at_unix_ms, letters[i].event.seq);
        assert_string_equal(delivery->what, "it broke");
        assert_string_equal(delivery->remedy, "mend it");
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %d", i ? ", " : "",
                                 delivery->sink, (int)letters[i].event.seq);
        journal_event_finish(&letters[i].event);
    }
    if (place.sink[0])
        snprintf(text + used, sizeof text - used, " > %s %d", place.sink, (int)place.seq);
    return text;
}

/* Events 1 to 9; dead at slack: 2 5, at crm: 3 7 8, at a-quiet none, at crm2: 1. */
static void make_dead(struct scene *scene)
{
    static const struct {
        const char *sink;
        int64_t seq;
    } letters[] = {{"slack", 2}, {"slack", 5}, {"crm", 3}, {"crm", 7}, {"crm", 8}, {"crm2", 1}};
    scene_open_sink(scene, "slack", BOTH_TYPES);
    scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_open_sink(scene, "a-quiet", BOTH_TYPES);
    scene_open_sink(scene, "crm2", BOTH_TYPES);
    append_events(scene, 9);
    scene_begin(scene);
    for (size_t i = 0; i < 6; i++)
        scene_settle(scene, scene_sink(scene, letters[i].sink).number, letters[i].seq,
                     SETTLED_DEAD);
    for (int64_t seq = 1; seq <= 9; seq++)
        scene_settle(scene, scene_sink(scene, "a-quiet").number, seq, SETTLED_DELIVERED);
    scene_settle(scene, scene_sink(scene, "slack").number, 9, SETTLED_DELIVERED);
    scene_wait(scene, scene_sink(scene, "slack").number, 4, true);
    scene_commit(scene);
}

static void dead_letters_are_listed_by_sink(void **state)
{
    struct scene *scene = *state;
    assert_string_equal(dead(scene, "", 0, NULL, 9), "");
    make_dead(scene);
    for (int opened = 0; opened < 2; opened++) {
        assert_string_equal(dead(scene, "", 0, NULL, 9),
                            "crm 8, crm 7, crm 3, crm2 1, slack 5, slack 2");
        assert_string_equal(dead(scene, "", 0, NULL, 6),
                            "crm 8, crm 7, crm 3, crm2 1, slack 5, slack 2");
        assert_string_equal(dead(scene, "", 0, NULL, 4), "crm 8, crm 7, crm 3, crm2 1 > crm2 1");
        assert_string_equal(dead(scene, "crm2", 1, NULL, 4), "slack 5, slack 2");
        assert_string_equal(dead(scene, "", 0, NULL, 3), "crm 8, crm 7, crm 3 > crm 3");
        assert_string_equal(dead(scene, "crm", 8, NULL, 1), "crm 7 > crm 7");
        assert_string_equal(dead(scene, "slack", 2, NULL, 1), "");
        /* Of one sink. */
        assert_string_equal(dead(scene, "", 0, "crm", 9), "crm 8, crm 7, crm 3");
        assert_string_equal(dead(scene, "", 0, "crm", 3), "crm 8, crm 7, crm 3");
        assert_string_equal(dead(scene, "", 0, "crm", 2), "crm 8, crm 7 > crm 7");
        assert_string_equal(dead(scene, "crm", 7, "crm", 2), "crm 3");
        assert_string_equal(dead(scene, "crm", 7, "slack", 2), "slack 5, slack 2");
        assert_string_equal(dead(scene, "slack", 7, "crm", 2), "");
        assert_string_equal(dead(scene, "", 0, "a-quiet", 2), "");
        assert_string_equal(dead(scene, "", 0, "none", 2), "");
        /* Behind names that no sink has. */
        assert_string_equal(dead(scene, "crm1", 5, NULL, 9), "crm2 1, slack 5, slack 2");
        assert_string_equal(dead(scene, "z", 5, NULL, 9), "");
        scene_reopen(scene); /* and nobody opens a sink: they are removed ones now */
    }
}

static void a_dead_letter_tells_all_of_its_end(void **state)
{
    struct scene *scene = *state;
    int64_t crm = scene_open_sink(scene, "crm", BOTH_TYPES);
    append_events(scene, 1);
    struct journal_event event = scene_event(scene, 1);
    event.deaths = 2;
    struct settlement settlement = {.as = SETTLED_DEAD,
                                    .verdict = 3,
                                    .code = 422,
                                    .attempts = 4,
                                    .duration_ms = 17,
                                    .at_unix_ms = 99,
                                    .what = "why",
                                    .remedy = "how"};
    scene_begin(scene);
    assert_int_equal(journal_settle(scene->journal, crm, &event, &settlement, &scene->error), 0);
    scene_commit(scene);
    struct dead_letter letter;
    const struct dead_place top = {.seq = 0};
    struct dead_place next;
    assert_int_equal(
        journal_dead_after(scene->journal, &top, "crm", &letter, 1, &next, &scene->error), 1);
    assert_string_equal(next.sink, "");
    assert_string_equal(letter.event.id, event.id);
    assert_int_equal(letter.event.received_unix_ms, 1000);
    assert_int_equal(letter.delivery.verdict, 3);
    assert_int_equal(letter.delivery.code, 422);
    assert_int_equal(letter.delivery.attempts, 4);
    assert_int_equal(letter.delivery.deaths, 2);
    assert_int_equal(letter.delivery.duration_ms, 17);
    assert_int_equal(letter.delivery.at_unix_ms, 99);
    assert_string_equal(letter.delivery.what, "why");
    assert_string_equal(letter.delivery.remedy, "how");
    journal_event_finish(&letter.event);
}

static void all_sinks_have_their_names_told(void **state)
{
    struct scene *scene = *state;
    assert_null(journal_sink_name(scene->journal, 0));
    scene_open_sink(scene, "slack", BOTH_TYPES);
    scene_open_sink(scene, "crm", BOTH_TYPES);
    scene_reopen(scene);
    assert_string_equal(journal_sink_name(scene->journal, 0), "slack");
    assert_string_equal(journal_sink_name(scene->journal, 1), "crm");
    assert_null(journal_sink_name(scene->journal, 2));
}

/* ---- Failures ---- */

static int count_down(void *steps)
{
    return --*(int *)steps < 0;
}

/* Reading stops after each step in turn: an error, and what was read before is freed. */
static void a_list_that_cannot_be_read_to_its_end_is_an_error(void **state)
{
    struct scene *scene = *state;
    make_dead(scene);
    int failures = 0;
    for (int lists = 0; lists < 2; lists++) {
        int result = -1;
        for (int allowed = 0; result < 0; allowed++) {
            struct listed_event events[9];
            struct dead_letter letters[9];
            const struct dead_place top = {.seq = 0};
            struct dead_place next;
            int64_t before;
            int steps = allowed;
            sqlite3_progress_handler(scene->journal->database, 1, count_down, &steps);
            result = lists ? journal_dead_after(scene->journal, &top, NULL, letters, 9, &next,
                                                &scene->error)
                           : journal_events_before(scene->journal, INT64_MAX, "b@x.org", 0, events,
                                                   9, &before, &scene->error);
            sqlite3_progress_handler(scene->journal->database, 0, NULL, NULL);
            if (result < 0)
                scene_expect_error(scene, "interrupted");
            failures += result < 0;
            for (int i = 0; i < result; i++)
                journal_event_finish(lists ? &letters[i].event : &events[i].event);
        }
        assert_int_equal(result, lists ? 6 : 5);
    }
    assert_true(failures > 40);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(events_are_listed_by_pages_and_filters),
        SCENE(an_empty_list_has_no_next_page),
        SCENE(one_call_looks_at_a_bounded_number),
        SCENE(a_list_goes_on_where_it_was),
        SCENE(dead_letters_are_listed_by_sink),
        SCENE(a_dead_letter_tells_all_of_its_end),
        SCENE(all_sinks_have_their_names_told),
        SCENE(a_list_that_cannot_be_read_to_its_end_is_an_error),
    };
    return cmocka_run_group_tests_name("journal_lists", tests, NULL, NULL);
}
