/*
 * The journal beside a model of it: 2,000 steps drawn from a seed, with rollbacks, reopening and
 * changed masks; after each step both must give the same figures. The seed is the first argument,
 * or fixed.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

#define STEPS      2000
#define EVENTS     4096
#define SINKS      3
#define AFFILIATES 7
#define SCAN_MAX   8

enum place { NOT_OURS, FREE, WAITING, DELIVERED, DEAD };

struct model_sink {
    int64_t cursor;
    uint32_t mask;
    bool waits_alone[EVENTS];
    unsigned char
        places[EVENTS]; /* enum place; of events above the cursor FREE whatever their type */
};

struct model {
    int64_t last_seq;
    enum event_type types[EVENTS];
    int affiliates[EVENTS];
    struct model_sink sinks[SINKS];
};

static uint32_t random_state = 20260318;
static int64_t numbers[SINKS];
static const char *const names[SINKS] = {"crm", "backend", "slack"};

/* xorshift: the same on every machine. */
static int draw(int below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return (int)(random_state % (uint32_t)below);
}

static bool is_pending(const struct model *model, const struct model_sink *sink, int64_t seq)
{
    enum place place = sink->places[seq];
    if (place == WAITING)
        return true;
    return place == FREE && seq > sink->cursor && (sink->mask >> model->types[seq] & 1);
}

/* ---- Steps ---- */

static void append(struct scene *scene, struct model *model)
{
    for (int left = draw(6); left >= 0 && model->last_seq + 1 < EVENTS; left--) {
        int affiliate = draw(AFFILIATES);
        enum event_type type = draw(2) ? EVENT_CREATED : EVENT_DEACTIVATED;
        char email[16];
        snprintf(email, sizeof email, "a%d@x.org", affiliate);
        bool again = model->last_seq > 0 && draw(8) == 0;
        int64_t expected = again ? 1 + draw((int)model->last_seq) : model->last_seq + 1;
        assert_int_equal(scene_append(scene, (int)expected, type, email), expected);
        if (again)
            continue;
        model->last_seq = expected;
        model->types[expected] = type;
        model->affiliates[expected] = affiliate;
        for (int i = 0; i < SINKS; i++)
            model->sinks[i].places[expected] = FREE;
    }
}

/* Some events of the scan are settled, some put aside, the rest stay; then the cursor follows. */
static void deliver(struct scene *scene, struct model *model, int i)
{
    struct model_sink *sink = &model->sinks[i];
    struct journal_event events[SCAN_MAX];
    int64_t scanned;
    int64_t after = sink->cursor + draw(3);
    int count = journal_scan(scene->journal, numbers[i], after, events, 1 + draw(SCAN_MAX),
                             &scanned, &scene->error);
    assert_true(count >= 0);
    int next = 0;
    for (int64_t seq = after + 1; seq <= scanned; seq++) {
        if (sink->places[seq] != FREE)
            continue;
        bool blocked = false;
        for (int64_t before = 1; before < seq; before++)
            blocked |= sink->places[before] == WAITING &&
                       model->affiliates[before] == model->affiliates[seq];
        assert_true(next < count);
        assert_int_equal(events[next].seq, seq);
        assert_int_equal(events[next].blocked, blocked);
        next++;
    }
    assert_int_equal(next, count);
    for (int n = 0; n < count; n++) {
        int64_t seq = events[n].seq;
        int fate = draw(10);
        if (!(sink->mask >> model->types[seq] & 1) || fate == 0) {
            /* not its own, or still in flight */
        } else if (events[n].blocked || fate < 4) {
            sink->waits_alone[seq] = draw(5) == 0;
            scene_wait(scene, numbers[i], seq, sink->waits_alone[seq]);
            sink->places[seq] = WAITING;
        } else {
            sink->places[seq] = fate == 4 ? DEAD : DELIVERED;
            scene_settle(scene, numbers[i], seq, fate == 4 ? SETTLED_DEAD : SETTLED_DELIVERED);
        }
        journal_event_finish(&events[n]);
    }
    int64_t cursor = sink->cursor;
    while (cursor < model->last_seq &&
           (sink->places[cursor + 1] != FREE || !is_pending(model, sink, cursor + 1)))
        cursor++;
    for (int64_t seq = sink->cursor + 1; seq <= cursor; seq++)
        if (sink->places[seq] == FREE)
            sink->places[seq] = NOT_OURS;
    sink->cursor = cursor;
    assert_int_equal(journal_set_cursor(scene->journal, numbers[i], cursor, &scene->error), 0);
}

/* Waiting events of some affiliates go out, or wait on. */
static void retry(struct scene *scene, struct model *model, int i)
{
    struct model_sink *sink = &model->sinks[i];
    struct journal_event heads[AFFILIATES];
    int count =
        journal_waiting_heads(scene->journal, numbers[i], 0, heads, AFFILIATES, &scene->error);
    assert_true(count >= 0);
    for (int n = 0; n < count; n++) {
        int64_t seq = heads[n].seq;
        assert_int_equal(heads[n].alone, sink->waits_alone[seq]);
        for (int64_t before = 1; before < seq; before++)
            assert_false(sink->places[before] == WAITING &&
                         model->affiliates[before] == model->affiliates[seq]);
        if (draw(3) > 0) {
            sink->places[seq] = DELIVERED;
            scene_settle(scene, numbers[i], seq, SETTLED_DELIVERED);
        } else {
            sink->waits_alone[seq] = draw(2);
            scene_wait(scene, numbers[i], seq, sink->waits_alone[seq]);
        }
        journal_event_finish(&heads[n]);
    }
}

static void change_mask(struct scene *scene, struct model *model, int i)
{
    model->sinks[i].mask = (uint32_t)draw(4) << 1;
    assert_int_equal(scene_open_sink(scene, names[i], model->sinks[i].mask), numbers[i]);
}

/* ---- Comparing ---- */

static void compare(struct scene *scene, const struct model *model)
{
    assert_int_equal(journal_last_seq(scene->journal), model->last_seq);
    for (int i = 0; i < SINKS; i++) {
        const struct model_sink *expected = &model->sinks[i];
        int64_t counts[DEAD + 1] = {0};
        int64_t pending = 0;
        int64_t oldest = 0;
        int64_t alone = 0;
        for (int64_t seq = model->last_seq; seq > 0; seq--) {
            counts[expected->places[seq]]++;
            alone += expected->places[seq] == WAITING && expected->waits_alone[seq];
            if (is_pending(model, expected, seq)) {
                pending++;
                oldest = seq * 1000;
            }
        }
        struct journal_sink sink = scene_sink(scene, names[i]);
        assert_int_equal(sink.cursor, expected->cursor);
        assert_int_equal(sink.pending, pending);
        assert_int_equal(sink.delivered, counts[DELIVERED]);
        assert_int_equal(sink.dead, counts[DEAD]);
        int64_t received;
        assert_int_equal(journal_oldest_pending(scene->journal, numbers[i], expected->mask,
                                                &received, &scene->error),
                         0);
        assert_int_equal(received, oldest);
        char sql[160];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM waiting WHERE sink = %d", (int)numbers[i]);
        assert_int_equal(scene_number(scene, sql), counts[WAITING]);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM waiting WHERE sink = %d AND alone = 1",
                 (int)numbers[i]);
        assert_int_equal(scene_number(scene, sql), alone);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM settled WHERE sink = %d", (int)numbers[i]);
        assert_int_equal(scene_number(scene, sql), counts[DELIVERED] + counts[DEAD]);
    }
}

static void the_journal_does_as_its_model(void **state)
{
    struct scene *scene = *state;
    struct model *model = memory_new(1, sizeof *model);
    struct model *committed = memory_new(1, sizeof *committed);
    for (int i = 0; i < SINKS; i++) {
        model->sinks[i].mask = BOTH_TYPES;
        numbers[i] = scene_open_sink(scene, names[i], BOTH_TYPES);
    }
    *committed = *model;
    print_message("seed %u\n", random_state);
    scene_begin(scene);
    for (int step = 0; step < STEPS; step++) {
        int sink = draw(SINKS);
        int kind = draw(20);
        if (kind < 5) {
            append(scene, model);
        } else if (kind < 12) {
            deliver(scene, model, sink);
        } else if (kind < 15) {
            retry(scene, model, sink);
        } else if (kind < 18) {
            scene_commit(scene);
            *committed = *model;
            if (draw(4) == 0) {
                change_mask(scene, model, sink);
                *committed = *model;
            }
            scene_begin(scene);
        } else {
            if (kind == 18)
                journal_rollback(scene->journal);
            else
                scene_reopen(scene);
            *model = *committed;
            scene_begin(scene);
        }
        compare(scene, model);
    }
    scene_commit(scene);
    assert_true(model->last_seq > 500);
    free(model);
    free(committed);
}

int main(int count, char **arguments)
{
    if (count > 1)
        random_state = (uint32_t)strtoul(arguments[1], NULL, 10) | 1u;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_journal_does_as_its_model, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests_name("journal_model", tests, NULL, NULL);
}
