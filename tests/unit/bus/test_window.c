/* When a sink's window holds all that may go, or as much as it is ever filled with. */
#include "core/bus/sink.h"
#include "tests/unit/journal/fixture.h"

#define READ_MAX 256 /* less room than that, and nothing more is read: see window.c */

/* Fills the window until it has this much room. */
static void leave_room(struct schedule *schedule, uint32_t room)
{
    for (int64_t seq = 1; schedule_room(schedule) > room; seq++) {
        const struct journal_event event = {.seq = seq, .affiliate = seq};
        schedule_add(schedule, &event);
    }
}

/* The last event has the seq 3. */
static void whole_is_what_cannot_be_read_on(void **state)
{
    struct scene *scene = *state;
    scene_append_more(scene, 3);
    assert_int_equal(journal_last_seq(scene->journal), 3);
    static const struct {
        const char *what;
        uint32_t room;
        bool heads_read;
        int64_t scanned;
        bool is_whole;
    } cases[] = {
        {"all was read", SINK_WINDOW_EVENTS, true, 3, true},
        {"the newest was not", SINK_WINDOW_EVENTS, true, 2, false},
        {"what waits in the journal was not", SINK_WINDOW_EVENTS, false, 3, false},
        {"nothing was", SINK_WINDOW_EVENTS, false, 0, false},
        {"just enough room to read more", READ_MAX, true, 2, false},
        {"just enough room to read what waits", READ_MAX, false, 3, false},
        {"one too little to read more", READ_MAX - 1, true, 2, true},
        {"one too little to read what waits", READ_MAX - 1, false, 0, true},
        {"full", 0, false, 0, true},
        {"full, and all was read", 0, true, 3, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sink_context context = {.journal = scene->journal};
        struct sink sink = {
            .context = &context, .heads_read = cases[i].heads_read, .scanned = cases[i].scanned};
        schedule_init(&sink.schedule);
        leave_room(&sink.schedule, cases[i].room);
        if (sink_window_is_whole(&sink) != cases[i].is_whole)
            fail_msg("%s", cases[i].what);
        schedule_finish(&sink.schedule);
    }
}

static void an_empty_journal_is_whole(void **state)
{
    struct scene *scene = *state;
    const struct sink_context context = {.journal = scene->journal};
    struct sink sink = {.context = &context, .heads_read = true};
    schedule_init(&sink.schedule);
    assert_true(sink_window_is_whole(&sink));
    schedule_finish(&sink.schedule);
}

/* As the bus goes about it: whole once it has been filled, and no longer when one more has come. */
static void filling_makes_it_whole(void **state)
{
    struct scene *scene = *state;
    scene_append_more(scene, 3);
    const struct sink_context context = {.journal = scene->journal};
    struct sink sink = {.context = &context, .heads_read = true};
    sink.record.number = scene_open_sink(scene, "crm", BOTH_TYPES);
    sink.tuning.event_mask = BOTH_TYPES;
    schedule_init(&sink.schedule);
    assert_false(sink_window_is_whole(&sink));
    sink_fill_window(&sink);
    assert_true(sink_window_is_whole(&sink));
    assert_int_equal(sink.schedule.count, 3);
    scene_append_more(scene, 1);
    assert_false(sink_window_is_whole(&sink));
    schedule_finish(&sink.schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_is_what_cannot_be_read_on, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(an_empty_journal_is_whole, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(filling_makes_it_whole, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
