/* The exec sink with a program that is kept running, and all that it may answer wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec_fixture.h"
#include "fake_host.h"

#define ID(digit) "evt_0000000000000000000000000000000" digit

/* Answers well; what it does with each event is put between. */
#define EACH(what) "while read -r id attempt kind event; do " what "; done"
#define PID        "echo $$ >>pids\n"

static void an_answer_settles_its_event(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", PID EACH("echo \"$id ok $attempt $kind\"")),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: 1 real\n1: 1 0: 1 real\n");
    assert_int_equal(deliver_flagged(3, 1, AFFN_EVENT_REPLAY, 2), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: 2 replay\n");
    assert_int_equal(deliver_flagged(3, 1, AFFN_EVENT_TEST, 1), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: 1 test\n");
    assert_int_equal(children(), 1); /* all by one process */
    assert_string_equal(fake_log, "");
}

static void each_event_has_its_own_verdict_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", "read -r a x; read -r b x; read -r c x; read -r d x; "
                                           "read -r e x\n"
                                           "echo \"$e misset no table\"; echo \"$b refused\"\n"
                                           "printf '\\n%s\\tdown\\r\\n' \"$d\"\n"
                                           "echo \"$a ok\"; echo \"$c retry in a while\"; cat"),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 5), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "4: 5 0: no table\n1: 3 0: \n3: 4 0: \n0: 1 0: \n"
                                         "2: 2 0: in a while\n");
}

/* Larger than the pipes both ways. */
static void a_large_batch(void **state)
{
    (void)state;
    assert_int_equal(
        open_script("stream", "exec sed -u -E 's/^([^\\t]*)\\t(.{100}).*/\\1 ok \\2/'"),
        AFFN_DELIVERED);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(deliver(i, 200), AFFN_DELIVERED);
        assert_non_null(strstr(fake_reply_sets, "199: 1 0: "));
    }
}

static void what_answers_nothing_is_logged(void **state)
{
    (void)state;
    static const char unknown[] =
        "warning: a line on its stdout begins with no ID that it was asked about: ";
    char expected[1024];
    assert_int_equal(open_script("stream", EACH("echo hello; echo evt_1 ok; echo; echo \"$id ok "
                                                "one\"; echo \"$id refused two\"; sync")),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: one\n");
    close_sink(); /* the second answer may come after the batch */
    snprintf(expected, sizeof expected, "%shello\n%sevt_1 ok\n", unknown, unknown);
    assert_int_equal(strncmp(fake_log, expected, strlen(expected)), 0);
    assert_non_null(strstr(fake_log, ID("1") " refused two\n"));
}

static void a_second_answer_in_the_batch_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", "read -r a x; read -r b x\n"
                                           "echo \"$a ok\"; echo \"$a refused\"; echo \"$b ok\"; "
                                           "cat"),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: \n1: 1 0: \n");
    assert_string_equal(fake_log, "warning: it answered a second time; the first answer "
                                  "counts: " ID("1") " refused\n");
}

static void a_word_that_is_none_is_a_retry(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", "read -r a x; read -r b x\n"
                                           "echo \"$a fine\"; echo \"$b\"; cat"),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_string_equal(
        fake_reply_sets,
        "0: 2 0: it answered with none of ok, retry, refused, down, misset, but with: fine\n"
        "1: 2 0: it answered with none of ok, retry, refused, down, misset, but with: nothing\n");
}

static void a_flood_on_stdout_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", EACH("yes junk | head -n 10000; head -c 3000000 "
                                                "/dev/zero | tr '\\0' x; echo; echo \"$id ok\"")),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: \n");
    assert_non_null(strstr(fake_log, "warning: 9996 more lines that answer nothing\n"));
    assert_true(strlen(fake_log) < 2000);
}

static void a_line_that_is_too_long_answers_nothing(void **state)
{
    (void)state;
    timeout_ms = 1000;
    assert_int_equal(open_script("stream", EACH("printf '%s ok ' \"$id\"; head -c 2049 /dev/zero | "
                                                "tr '\\0' x; echo")),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_RETRY);
    assert_string_equal(fake_reply_sets, "");
    assert_non_null(strstr(
        fake_log, "warning: a line on its stdout is too long for an answer: " ID("1") " ok xxx"));
}

static void its_death_in_a_batch_is_the_verdict_on_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *end;
        int32_t verdict;
        const char *what;
    } cases[] = {
        {"exit 0", AFFN_RETRY,
         "it ended with exit status 0 when it had answered 1 of 3 events: oh"},
        {"exit 1", AFFN_RETRY,
         "it ended with exit status 1 when it had answered 1 of 3 events: oh"},
        {"exit 78", AFFN_MISSET,
         "it ended with exit status 78 (it is set up wrongly) when it had answered 1 of 3 events: "
         "oh"},
        {"kill -9 $$", AFFN_RETRY,
         "it was ended by signal 9 (Killed) when it had answered 1 of 3 events: oh"},
        /* half a line, which is none */
        {"read -r id x; printf '%s ok' \"$id\"; exit 75", AFFN_RETRY,
         "it ended with exit status 75 (try again later) when it had answered 1 of 3 events: oh"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[512];
        snprintf(script, sizeof script,
                 "if [ ! -e died ]; then touch died; read -r id x; echo \"$id ok\"; echo oh >&2; "
                 "%s; fi\n" EACH("echo \"$id ok again\""),
                 cases[i].end);
        unlink(path_of("died"));
        assert_int_equal(open_script("stream", script), AFFN_DELIVERED);
        assert_int_equal(deliver(1, 3), cases[i].verdict);
        assert_string_equal(fake_reply_sets, "0: 1 0: \n");
        assert_string_equal(fake_reply.what, cases[i].what);
        assert_int_equal(children(), 0);
        assert_int_equal(deliver(2, 2), AFFN_DELIVERED); /* started again */
        assert_string_equal(fake_reply_sets, "0: 1 0: again\n1: 1 0: again\n");
        close_sink();
    }
}

/* Answers for all, and ends with the last of them: they count. */
static void what_it_answers_as_it_ends_counts(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", "read -r a x; read -r b x\n"
                                           "echo \"$b ok\"; echo \"$a ok\"; exit 1"),
                     AFFN_DELIVERED);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
        assert_string_equal(fake_reply_sets, "1: 1 0: \n0: 1 0: \n");
    }
}

static void one_that_does_not_answer_is_ended_at_the_deadline(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "exec sleep 1000",                                       /* never reads */
        "cat >/dev/null",                                        /* never answers */
        "exec 1>&-; exec sleep 1000",                            /* has closed its stdout */
        "exec 0<&- 1>&- 2>&-; exec sleep 1000",                  /* and all */
        "read -r id x; printf '%s ok' \"$id\"; exec sleep 1000", /* half a line */
        "(setsid sleep 1000 &); trap '' TERM; while :; do sleep 1; done", /* and is not alone */
        "exec yes",
    };
    timeout_ms = 300;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        assert_int_equal(open_script("stream", scripts[i]), AFFN_DELIVERED);
        assert_int_equal(deliver(0, 200), AFFN_RETRY);
        assert_string_equal(fake_reply.what, "it answered 0 of 200 events in time; it was ended, "
                                             "and all that it had started");
        assert_string_equal(fake_reply_sets, "");
        assert_int_equal(children(), 0);
        close_sink();
        fake_host_reset();
    }
}

/* The answer to one batch must not be taken for one to the next, which may have the same event. */
static void a_late_answer_never_meets_another_batch(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", PID EACH("[ -e go ] || while :; do sleep 0.01; done\n"
                                                    "echo \"$id ok $(wc -l <pids)\"")),
                     AFFN_DELIVERED);
    timeout_ms = 300;
    assert_int_equal(deliver(1, 1), AFFN_RETRY);
    write_file("go", "", 0644);
    timeout_ms = 60000;
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: 2\n");
}

static void one_that_ends_with_nothing_to_do_is_reaped_and_started_again(void **state)
{
    (void)state;
    assert_int_equal(
        open_script("stream", "read -r id x; echo \"$id ok\"; read -r go <pipe; exit 3"),
        AFFN_DELIVERED);
    char command[128];
    snprintf(command, sizeof command, "mkfifo %s", path_of("pipe"));
    assert_int_equal(system(command), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
        idle();
        assert_int_equal(children(), 1);
        write_file("pipe", "go\n", 0600);
        for (int turn = 0; children() > 0; turn++) {
            assert_true(turn < 60000);
            idle();
            nap();
        }
        assert_string_equal(fake_log, "warning: the program ended with exit status 3 with nothing "
                                      "to do; it is started with the next event\n");
        fake_host_reset();
    }
}

/* It stands still and is killed while a batch waits for it, of which it has read nothing. */
static void one_that_ends_before_it_reads_is_started_again(void **state)
{
    (void)state;
    assert_int_equal(
        open_script("stream",
                    PID "if [ $(wc -l <pids) = 1 ]; then\n"
                        "(while [ ! -e go ]; do sleep 0.01; done; sleep 0.2; kill -9 $$) &\n"
                        "read -r id x; echo \"$id ok\"; kill -STOP $$; fi\n" EACH(
                            "echo \"$id ok $(wc -l <pids)\"")),
        AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    write_file("go", "", 0644);
    assert_int_equal(deliver(2, 2), AFFN_DELIVERED);
    assert_string_equal(fake_reply_sets, "0: 1 0: 2\n1: 1 0: 2\n");
}

/* Also when no idle comes between two batches. */
static void one_that_has_ended_meanwhile_is_started_again(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", PID EACH("echo \"$id ok\"")), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    assert_int_equal(kill(atoi(read_file("pids")), SIGKILL), 0);
    char path[64];
    char state_of[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", atoi(read_file("pids")));
    while (!strstr(state_of, ") Z ")) {
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        assert_non_null(fgets(state_of, sizeof state_of, file));
        fclose(file);
        nap();
    }
    assert_int_equal(deliver(2, 1), AFFN_DELIVERED);
    assert_non_null(strstr(fake_log, "was ended by signal 9 (Killed) with nothing to do"));
}

static void orphans_that_end_are_reaped(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", EACH("(setsid sh -c 'exit 1' &); echo \"$id ok\"")),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 50), AFFN_DELIVERED);
    for (int turn = 0; children() > 1; turn++) {
        assert_true(turn < 60000);
        idle();
        nap();
    }
}

static void at_close_its_input_ends_and_it_has_time(void **state)
{
    (void)state;
    assert_int_equal(
        open_script("stream", EACH("echo \"$id ok\"") "; sleep 0.2; echo flushed >end; yes | head "
                                                      "-c 200000 >&2"),
        AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    close_sink();
    assert_string_equal(read_file("end"), "flushed\n");
    assert_int_equal(children(), 0);
}

static void at_close_one_that_does_not_end_is_ended(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream",
                                 "setsid sleep 1000 & " EACH(
                                     "echo \"$id ok\"") "; trap '' "
                                                        "TERM; while :; do sleep 1; done"),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    close_sink();
    assert_int_equal(children(), 0);
}

static void what_it_prints_is_logged_also_between_batches(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", EACH("echo work >&2; echo \"$id ok\"; echo done >&2")),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    for (int turn = 0; !strstr(fake_log, "info: printed: done\n"); turn++) {
        assert_true(turn < 60000);
        idle();
        nap();
    }
    assert_string_equal(fake_log, "info: printed: work\ninfo: printed: done\n");
}

static void a_thousand_batches_leave_nothing(void **state)
{
    (void)state;
    assert_int_equal(open_script("stream", "exec sed -u 's/\\t.*/ ok/'"), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    unsigned before = descriptors();
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(deliver(i, 3), AFFN_DELIVERED);
    assert_int_equal(descriptors(), before);
    assert_int_equal(children(), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_answer_settles_its_event),
        TEST(each_event_has_its_own_verdict_in_any_order),
        TEST(a_large_batch),
        TEST(what_answers_nothing_is_logged),
        TEST(a_second_answer_in_the_batch_changes_nothing),
        TEST(a_word_that_is_none_is_a_retry),
        TEST(a_flood_on_stdout_is_bounded),
        TEST(a_line_that_is_too_long_answers_nothing),
        TEST(its_death_in_a_batch_is_the_verdict_on_the_rest),
        TEST(what_it_answers_as_it_ends_counts),
        TEST(one_that_does_not_answer_is_ended_at_the_deadline),
        TEST(a_late_answer_never_meets_another_batch),
        TEST(one_that_ends_with_nothing_to_do_is_reaped_and_started_again),
        TEST(one_that_ends_before_it_reads_is_started_again),
        TEST(one_that_has_ended_meanwhile_is_started_again),
        TEST(orphans_that_end_are_reaped),
        TEST(at_close_its_input_ends_and_it_has_time),
        TEST(at_close_one_that_does_not_end_is_ended),
        TEST(what_it_prints_is_logged_also_between_batches),
        TEST(a_thousand_batches_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
