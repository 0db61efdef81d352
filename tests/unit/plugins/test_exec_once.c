/* The exec sink with a process for each batch, and all that such a process may do wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec_fixture.h"
#include "fake_host.h"

#define CANONICAL                                                                                  \
    "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\","                           \
    "\"email\":\"affiliate@example.com\",\"deep_link\":\"https://myapp.link/ref/abc123\","         \
    "\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}"
#define ID(digit) "evt_0000000000000000000000000000000" digit

static void the_description_is_whole(void **state)
{
    (void)state;
    const struct affn_sink *sink = affn_sink_v1();
    assert_string_equal(sink->name, "exec");
    assert_string_equal(sink->defaults, "retry=standard batch=1");
    assert_int_equal(sink->option_count, 5);
    assert_int_equal(sink->options[0].flags, AFFN_REQUIRED);
    assert_string_equal(sink->options[1].fallback, "once");
    assert_int_equal(sink->options[4].flags, AFFN_SECRET);
    assert_null(sink->extension("affn.other/1"));
    assert_non_null(sink->extension(AFFN_RENDER));
}

static void a_batch_is_read_from_stdin(void **state)
{
    (void)state;
    assert_int_equal(open_script("once", "cat >>got"), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 2), AFFN_DELIVERED);
    assert_int_equal(deliver_flagged(3, 1, AFFN_EVENT_REPLAY, 7), AFFN_DELIVERED);
    assert_int_equal(deliver_flagged(4, 1, AFFN_EVENT_TEST | AFFN_EVENT_REPLAY, 1), AFFN_DELIVERED);
    assert_string_equal(
        read_file("got"),
        ID("1") "\t1\treal\t" CANONICAL "\n" ID("2") "\t1\treal\t" CANONICAL "\n" ID(
            "3") "\t7\treplay\t" CANONICAL "\n" ID("4") "\t1\ttest\t" CANONICAL "\n");
    assert_string_equal(fake_reply.what, "");
    assert_string_equal(fake_log, "");
}

/* More than a pipe takes at once, from a program that reads slowly, and prints as it reads. */
static void input_and_output_never_wait_for_each_other(void **state)
{
    (void)state;
    assert_int_equal(open_script("once", "head -c 100000 /dev/zero | tr '\\0' x; tee got"),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(0, 200), AFFN_DELIVERED);
    unsigned lines = 0;
    for (const char *at = read_file("got"); *at; at++)
        lines += *at == '\n';
    assert_true(lines > 0);
}

static void it_runs_as_described(void **state)
{
    (void)state;
    char *names[] = {"PATH", "HOME", "LANG", "AFFNOTIFY_SINK", "GREETING", "TOKEN"};
    assert_int_equal(setenv("OF_THE_HOST", "1", 1), 0);
    assert_int_equal(open_script("once",
                                 "cat >/dev/null; /usr/bin/env >environment; pwd >folder\n"
                                 "ls -l /proc/self/fd | grep -c -v ' /proc/\\|total' >descriptors\n"
                                 "grep -E '^(SigBlk|SigIgn|SigCgt):' /proc/$$/status >signals\n"
                                 "ps -o pgid= -p $$ >group"),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    const char *environment = read_file("environment");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_non_null(strstr(environment, names[i]));
    assert_non_null(strstr(environment, "GREETING=it's = new\n"));
    assert_non_null(strstr(environment, "LANG=C\n"));
    assert_non_null(strstr(environment, "TOKEN=" SECRET_VALUE "\n"));
    assert_null(strstr(environment, "OF_THE_HOST"));
    char folder[64];
    snprintf(folder, sizeof folder, "%s\n", directory);
    assert_string_equal(read_file("folder"), folder);
    assert_string_equal(read_file("descriptors"), "3\n");
    assert_non_null(strstr(read_file("signals"), "SigBlk:\t0000000000000000\n"));
    assert_non_null(strstr(read_file("signals"), "SigIgn:\t0000000000000000\n"));
    assert_int_equal(atoi(read_file("group")), getpgrp());
}

static void arguments_reach_it_as_they_stand(void **state)
{
    (void)state;
    char command[256];
    write_file("a program", "#!/bin/sh\nprintf '<%s>' \"$@\" >arguments; cat >/dev/null\n", 0755);
    snprintf(command, sizeof command, "'%s' $HOME 'a  b' \"it's\" '' *", path_of("a program"));
    assert_int_equal(open_command("once", command, NULL), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    assert_string_equal(read_file("arguments"), "<$HOME><a  b><it's><><*>");
}

static void a_program_that_cannot_be_run_is_said_at_open(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *reason;
    } cases[] = {
        {"missing", "No such file or directory"},
        {"plain/program", "Not a directory"},
        {"plain", "Permission denied"},
        {"folder", "Permission denied"},
    };
    write_file("plain", "#!/bin/sh\n", 0644);
    assert_int_equal(mkdir(path_of("folder"), 0755), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char command[128];
        char what[256];
        snprintf(command, sizeof command, "%s", path_of(cases[i].name));
        snprintf(what, sizeof what, "cannot start %s: %s", command, cases[i].reason);
        assert_int_equal(open_command("once", command, NULL), AFFN_MISSET);
        assert_string_equal(fake_reply.what, what);
        assert_true(*fake_reply.remedy);
    }
    assert_int_equal(open_command("once", "/bin/cat", "/etc/missing"), AFFN_MISSET);
    assert_string_equal(fake_reply.what,
                        "cannot start it in /etc/missing: No such file or directory");
    assert_int_equal(open_command("once", "/bin/cat", "/etc/passwd"), AFFN_MISSET);
    assert_string_equal(fake_reply.what, "cannot start it in /etc/passwd: Not a directory");
    assert_int_equal(open_command("once", "/bin/cat", "/"), AFFN_DELIVERED);
}

/* What is found only when it is started: it was changed since, or is no program. */
static void a_program_that_does_not_start_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } cases[] = {
        {"no program\n", "Exec format error"},
        {"#!/nonexistent/interpreter\n", "No such file or directory"},
        {NULL, "No such file or directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char what[256];
        assert_int_equal(open_script(i % 2 ? "stream" : "once", ""), AFFN_DELIVERED);
        snprintf(what, sizeof what, "cannot start %s: %s", path_of("program"), cases[i].reason);
        if (cases[i].text)
            write_file("program", cases[i].text, 0755);
        else
            unlink(path_of("program"));
        assert_int_equal(deliver(1, 1), AFFN_MISSET);
        assert_string_equal(fake_reply.what, what);
        assert_true(*fake_reply.remedy);
        close_sink();
    }
}

static void a_folder_that_has_gone_is_said(void **state)
{
    (void)state;
    char folder[128];
    char what[256];
    snprintf(folder, sizeof folder, "%s", path_of("folder"));
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(open_command("once", "/bin/cat", folder), AFFN_DELIVERED);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(deliver(1, 1), AFFN_MISSET);
    snprintf(what, sizeof what, "cannot start it in %s: No such file or directory", folder);
    assert_string_equal(fake_reply.what, what);
}

static void how_it_ends_is_the_verdict(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int32_t verdict;
        int32_t code;
        const char *what;
    } cases[] = {
        {"cat >/dev/null; echo one; echo; echo two >&2; echo", AFFN_DELIVERED, 0, "two"},
        {"cat >/dev/null; echo bad >&2; exit 65", AFFN_REFUSED, 65,
         "it ended with exit status 65 (the event is not acceptable): bad"},
        {"exit 75", AFFN_RETRY, 75, "it ended with exit status 75 (try again later)"},
        {"printf half; exit 69", AFFN_DOWN, 69,
         "it ended with exit status 69 (the far side is not there): half"},
        {"exec 0<&-; exit 78", AFFN_MISSET, 78,
         "it ended with exit status 78 (it is set up wrongly)"},
        {"kill -SEGV $$", AFFN_RETRY, 139, "it was ended by signal 11 (Segmentation fault)"},
        {"exit 0", AFFN_MISSET, 0,
         "it ended with exit status 0, but has left 440 of 440 bytes of its input unread"},
        {"exec 0<&-; exit 0", AFFN_MISSET, 0,
         "it ended with exit status 0, but has left 440 of 440 bytes of its input unread"},
        {"read -r line; echo done", AFFN_MISSET, 0,
         "it ended with exit status 0, but has left 220 of 440 bytes of its input unread"},
        {"read -r one; read -r two; echo done", AFFN_DELIVERED, 0, "done"},
        {"cat >/dev/null; exec 1>&- 2>&-; exit 70", AFFN_RETRY, 70,
         "it ended with exit status 70 (an error inside of it)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(open_script("once", cases[i].script), AFFN_DELIVERED);
        assert_int_equal(deliver(1, 2), cases[i].verdict);
        assert_string_equal(fake_reply.what, cases[i].what);
        assert_int_equal(fake_reply.code, cases[i].code);
        assert_int_equal(children(), 0);
        close_sink();
    }
}

static void one_that_hangs_is_ended_at_the_deadline(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "exec sleep 1000",                                 /* never reads */
        "cat >/dev/null; exec sleep 1000",                 /* never ends */
        "trap '' TERM INT HUP; while :; do sleep 1; done", /* ignores signals */
        "cat >/dev/null; sleep 1000",                      /* its child hangs */
        "exec yes >&2",                                    /* floods */
        "kill -STOP $$",                                   /* stands still */
        "exec 0<&- 1>&- 2>&-; exec sleep 1000",            /* has closed all */
    };
    timeout_ms = 300;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        assert_int_equal(open_script("once", scripts[i]), AFFN_DELIVERED);
        assert_int_equal(deliver(0, 200), AFFN_RETRY);
        assert_non_null(strstr(fake_reply.what, "it was not done in time; it was ended, and all "
                                                "that it had started"));
        assert_string_equal(fake_reply.remedy,
                            "make it faster, or raise `timeout`, or lower `batch`");
        assert_int_equal(children(), 0);
        close_sink();
        fake_host_reset();
    }
}

/* In the background, in another session, orphaned twice over; each holds stdout open. */
static void what_it_left_running_is_ended(void **state)
{
    (void)state;
    static const char leave[] = "cat >/dev/null; echo $$ >first\n"
                                "sleep 1000 &\n"
                                "setsid sleep 1000 &\n"
                                "(setsid sh -c 'sleep 1000 & sleep 1000 & echo $! >last; wait' &)\n"
                                "while [ ! -s last ]; do sleep 0.01; done\n";
    static const char *const ends[] = {"exit 0", "exit 75", "kill -9 $$", "wait"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char script[1024];
        char path[64];
        snprintf(script, sizeof script, "%s%s", leave, ends[i]);
        unlink(path_of("last"));
        timeout_ms = i == 3 ? 2000 : 60000;
        assert_int_equal(open_script("once", script), AFFN_DELIVERED);
        assert_int_equal(deliver(1, 1), i == 0 ? AFFN_DELIVERED : AFFN_RETRY);
        assert_int_equal(children(), 0);
        snprintf(path, sizeof path, "/proc/%d", atoi(read_file("last")));
        assert_int_not_equal(atoi(read_file("last")), 0);
        assert_int_equal(access(path, F_OK), -1);
        close_sink();
    }
}

static void what_it_prints_is_bounded(void **state)
{
    (void)state;
    char expected[4096] = "";
    assert_int_equal(open_script("once", "cat >/dev/null; yes abc | head -n 100000; exit 70"),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_RETRY);
    for (int i = 0; i < 20; i++)
        strcat(expected, "info: printed: abc\n");
    strcat(expected, "info: printed 99980 more lines\n");
    assert_string_equal(fake_log, expected);
    close_sink();

    fake_host_reset();
    assert_int_equal(
        open_script("once", "cat >/dev/null; head -c 3000000 /dev/zero | tr '\\0' x; exit 70"),
        AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_RETRY);
    assert_int_equal(strlen(fake_log), strlen("info: printed: ") + 512 + 1);
    assert_int_equal(strlen(fake_reply.what),
                     strlen("it ended with exit status 70 (an error inside of it): ") + 512);
    close_sink();

    /* The host replaces control characters; a NUL must not hide what follows. */
    fake_host_reset();
    assert_int_equal(open_script("once", "cat >/dev/null; printf 'a\\000b\\r\\n'; exit 70"),
                     AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_RETRY);
    assert_string_equal(fake_log, "info: printed: a?b\n");
}

static void a_thousand_batches_leave_nothing(void **state)
{
    (void)state;
    assert_int_equal(open_command("once", "/bin/cat", NULL), AFFN_DELIVERED);
    assert_int_equal(deliver(1, 1), AFFN_DELIVERED);
    unsigned before = descriptors();
    for (uint32_t i = 0; i < 1000; i++) {
        fake_host_reset();
        assert_int_equal(deliver(i, 1), AFFN_DELIVERED);
    }
    assert_int_equal(descriptors(), before);
    assert_int_equal(children(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_description_is_whole),
        TEST(a_batch_is_read_from_stdin),
        TEST(input_and_output_never_wait_for_each_other),
        TEST(it_runs_as_described),
        TEST(arguments_reach_it_as_they_stand),
        TEST(a_program_that_cannot_be_run_is_said_at_open),
        TEST(a_program_that_does_not_start_is_said),
        TEST(a_folder_that_has_gone_is_said),
        TEST(how_it_ends_is_the_verdict),
        TEST(one_that_hangs_is_ended_at_the_deadline),
        TEST(what_it_left_running_is_ended),
        TEST(what_it_prints_is_bounded),
        TEST(a_thousand_batches_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
