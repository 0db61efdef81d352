/* The pure parts of the exec sink: words, variables, lines, answers, and how a program ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "answer.h"
#include "command.h"
#include "environment.h"
#include "fake_host.h"
#include "line.h"
#include "status.h"

static void a_command_is_split_without_a_shell(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *words; /* each with a | behind it */
        const char *for_a_shell;
        char open_quote;
    } cases[] = {
        {"", "", NULL, 0},
        {" \t ", "", NULL, 0},
        {"/a", "/a|", NULL, 0},
        {"  /a  b\tc ", "/a|b|c|", NULL, 0},
        {"/a 'b c' \"d 'e' f\" g", "/a|b c|d 'e' f|g|", NULL, 0},
        {"'/a b'/c", "/a b/c|", NULL, 0},
        {"/a '' \"\"", "/a|||", NULL, 0},
        {"/a --x='1 2'3", "/a|--x=1 23|", NULL, 0},
        {"/a \\n \\ x", "/a|\\n|\\|x|", NULL, 0},
        {"/a #b ~ ?", "/a|#b|~|?|", NULL, 0},
        {"/a x>y | b", "/a|x>y|||b|", "x>y", 0},
        {"/a $HOME", "/a|$HOME|", "$HOME", 0},
        {"/a '$HOME' \"*|;\"", "/a|$HOME|*|;|", NULL, 0},
        {"/a 'b c", "/a|b c|", NULL, '\''},
        {"/a b\"", "/a|b|", NULL, '"'},
        {"\"", "|", NULL, '"'},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        char words[128] = "";
        assert_int_equal(command_split(cases[i].text, &command), 0);
        for (size_t w = 0; w < command.count; w++)
            strcat(strcat(words, command.words[w]), "|");
        assert_string_equal(words, cases[i].words);
        assert_null(command.words[command.count]);
        assert_int_equal(command.open_quote, cases[i].open_quote);
        assert_int_equal(!command.for_a_shell, !cases[i].for_a_shell);
        if (command.for_a_shell)
            assert_string_equal(command.for_a_shell, cases[i].for_a_shell);
        command_finish(&command);
        command_finish(&command);
    }
}

static void the_environment_is_clean(void **state)
{
    (void)state;
    static const struct affn_pair pairs[] = {{"PATH", "/opt/bin"}, {"A", ""}};
    static const struct affn_pair secrets[] = {{"LANG", "x=y"}, {"B", "example"}};
    const struct affn_map none = {NULL, 0, 0};
    const struct affn_map plain = {pairs, 2, 0};
    const struct affn_map secret = {secrets, 2, 0};
    char text[1024] = "";

    char **environment = environment_new(&plain, &secret, "crm");
    for (char **variable = environment; *variable; variable++)
        if (strncmp(*variable, "HOME=", 5) != 0)
            strcat(strcat(text, *variable), "\n");
    environment_free(environment);
    assert_string_equal(text, "AFFNOTIFY_SINK=crm\nPATH=/opt/bin\nA=\nLANG=x=y\nB=example\n");

    environment = environment_new(&none, &none, "crm");
    assert_string_equal(environment[0],
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    assert_int_equal(strncmp(environment[1], "HOME=/", 6), 0);
    assert_string_equal(environment[2], "LANG=C.UTF-8");
    assert_string_equal(environment[3], "AFFNOTIFY_SINK=crm");
    assert_null(environment[4]);
    environment_free(environment);
    environment_free(NULL);
}

static void names_of_variables(void **state)
{
    (void)state;
    static const char *const good[] = {"A", "_", "a1_B", "HTTP_PROXY"};
    static const char *const bad[] = {"", "1A", "A-B", "A B", "A=B", "\xc3\xa9", "A."};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(environment_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(environment_is_name(bad[i]));
}

static void the_longest_event_fits_into_a_line(void **state)
{
    (void)state;
    static char canonical[4097];
    static char line[LINE_BYTES_MAX];
    char id[37];
    memset(canonical, 'x', sizeof canonical - 1);
    struct affn_event event = fake_event(1, id);
    const struct affn_event *events[] = {&event, &event};
    struct affn_batch batch = {.events = events, .count = 2};
    size_t length;
    event.canonical = canonical;
    event.canonical_bytes = 4096;
    event.attempt = UINT32_MAX;
    event.flags = AFFN_EVENT_REPLAY;
    static const char head[] = "evt_00000000000000000000000000000001\t4294967295\treplay\t";
    assert_int_equal(line_format(&event, line), sizeof head - 1 + 4096 + 1);
    assert_memory_equal(line, head, sizeof head - 1);
    assert_int_equal(line[sizeof head - 1 + 4096], '\n');
    char *lines = line_format_all(&batch, &length);
    assert_int_equal(length, 2 * (sizeof head + 4096));
    assert_memory_equal(lines + sizeof head + 4096, line, sizeof head + 4096);
    free(lines);
}

static void answers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *id;
        const char *word;
        const char *text;
        int32_t verdict;
    } cases[] = {
        {"", "", "", "", 0},
        {" \t\r", "", "", "", 0},
        {"evt_1", "evt_1", "", "", 0},
        {"evt_1 ok", "evt_1", "ok", "", AFFN_DELIVERED},
        {"evt_1\tok\r", "evt_1", "ok", "", AFFN_DELIVERED},
        {" evt_1  retry \t in a  while  ", "evt_1", "retry", "in a  while", AFFN_RETRY},
        {"evt_1 refused no such person", "evt_1", "refused", "no such person", AFFN_REFUSED},
        {"evt_1 down x", "evt_1", "down", "x", AFFN_DOWN},
        {"evt_1 misset x", "evt_1", "misset", "x", AFFN_MISSET},
        {"evt_1 OK", "evt_1", "OK", "", 0},
        {"evt_1 okay", "evt_1", "okay", "", 0},
        {"ok evt_1", "ok", "evt_1", "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[64];
        strcpy(line, cases[i].line);
        struct answer answer = answer_read(line);
        assert_string_equal(answer.id, cases[i].id);
        assert_string_equal(answer.word, cases[i].word);
        assert_string_equal(answer.text, cases[i].text);
        assert_int_equal(answer.verdict, cases[i].verdict);
    }
}

#define EXITED(code) ((code) << 8)

static void exit_statuses_are_verdicts(void **state)
{
    (void)state;
#define CODE(code, meaning) "it ended with exit status " #code " (" meaning ")"
    static const char log[] = "see what it has printed, in affnotify's log";
    static const struct {
        int status;
        int32_t verdict;
        int32_t code;
        const char *what;
        const char *remedy;
    } cases[] = {
        {EXITED(0), AFFN_DELIVERED, 0, "", ""},
        {EXITED(1), AFFN_RETRY, 1, "it ended with exit status 1", ""},
        {EXITED(EX_USAGE), AFFN_MISSET, 64, CODE(64, "called wrongly"),
         "correct the arguments in `command`"},
        {EXITED(EX_DATAERR), AFFN_REFUSED, 65, CODE(65, "the event is not acceptable"), ""},
        {EXITED(EX_NOINPUT), AFFN_MISSET, 66, CODE(66, "a file that it reads is missing"), log},
        {EXITED(EX_NOUSER), AFFN_REFUSED, 67, CODE(67, "no such addressee"), ""},
        {EXITED(EX_NOHOST), AFFN_DOWN, 68, CODE(68, "no such host"), ""},
        {EXITED(EX_UNAVAILABLE), AFFN_DOWN, 69, CODE(69, "the far side is not there"), ""},
        {EXITED(EX_SOFTWARE), AFFN_RETRY, 70, CODE(70, "an error inside of it"), ""},
        {EXITED(EX_OSERR), AFFN_RETRY, 71, CODE(71, "an error of the system"), ""},
        {EXITED(EX_OSFILE), AFFN_MISSET, 72, CODE(72, "a file of the system is missing or wrong"),
         log},
        {EXITED(EX_CANTCREAT), AFFN_MISSET, 73, CODE(73, "a file cannot be made"), log},
        {EXITED(EX_IOERR), AFFN_RETRY, 74, CODE(74, "a file could not be read or written"), ""},
        {EXITED(EX_TEMPFAIL), AFFN_RETRY, 75, CODE(75, "try again later"), ""},
        {EXITED(EX_PROTOCOL), AFFN_RETRY, 76, CODE(76, "the far side said something odd"), ""},
        {EXITED(EX_NOPERM), AFFN_MISSET, 77, CODE(77, "it lacks a right"),
         "give it the right or the login that it asks for"},
        {EXITED(EX_CONFIG), AFFN_MISSET, 78, CODE(78, "it is set up wrongly"), log},
        {EXITED(79), AFFN_RETRY, 79, "it ended with exit status 79", ""},
        {EXITED(126), AFFN_MISSET, 126, CODE(126, "it could not run a command"),
         "make the command that it runs executable"},
        {EXITED(127), AFFN_MISSET, 127, CODE(127, "it did not find a command"),
         "install the command that it runs, or set env.PATH"},
        {EXITED(255), AFFN_RETRY, 255, "it ended with exit status 255", ""},
        {SIGKILL, AFFN_RETRY, 137, "it was ended by signal 9 (Killed)", ""},
        {SIGSEGV | 0x80, AFFN_RETRY, 139, "it was ended by signal 11 (Segmentation fault)", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_reply_reset(1);
        assert_int_equal(status_explain(cases[i].status, "", "", &fake_reply), cases[i].verdict);
        assert_string_equal(fake_reply.what, cases[i].what);
        assert_string_equal(fake_reply.remedy, cases[i].remedy);
        assert_int_equal(fake_reply.code, cases[i].code);
    }
}

static void what_was_printed_stands_behind_it(void **state)
{
    (void)state;
    fake_reply_reset(1);
    assert_int_equal(status_explain(EXITED(0), "", "made 1 row", &fake_reply), AFFN_DELIVERED);
    assert_string_equal(fake_reply.what, "made 1 row");
    fake_reply_reset(1);
    assert_int_equal(status_explain(EXITED(75), "", "busy", &fake_reply), AFFN_RETRY);
    assert_string_equal(fake_reply.what, "it ended with exit status 75 (try again later): busy");
    fake_reply_reset(1);
    assert_int_equal(status_explain(EXITED(0), " too early", "bye", &fake_reply), AFFN_RETRY);
    assert_string_equal(fake_reply.what, "it ended with exit status 0 too early: bye");
}

static void failed_starts_are_explained(void **state)
{
    (void)state;
    static const struct {
        struct start_failure failure;
        const char *program;
        int32_t verdict;
        const char *what;
        const char *remedy; /* as far as it does not name the user */
    } cases[] = {
        {{STEP_PIPE, EMFILE}, "/p", AFFN_RETRY, "no pipe for /p: Too many open files", ""},
        {{STEP_PROCESS, EAGAIN},
         "/p",
         AFFN_RETRY,
         "no process for /p: Resource temporarily unavailable",
         ""},
        {{STEP_FOLDER, ENOENT},
         "/p",
         AFFN_MISSET,
         "cannot start it in /f: No such file or directory",
         "make the folder /f and let "},
        {{STEP_FOLDER, ENOTDIR},
         "/p",
         AFFN_MISSET,
         "cannot start it in /f: Not a directory",
         "correct `directory`: it names a file, or lies below one"},
        {{STEP_PROGRAM, ENOENT},
         "/nonexistent/p",
         AFFN_MISSET,
         "cannot start /nonexistent/p: No such file or directory",
         "put the program there, or correct `command`"},
        {{STEP_PROGRAM, ENOENT},
         "/etc/passwd",
         AFFN_MISSET,
         "cannot start /etc/passwd: No such file or directory",
         "its first line, or its header, names an interpreter that is not there: install that, or "
         "correct the line"},
        {{STEP_PROGRAM, EACCES},
         "/etc/passwd",
         AFFN_MISSET,
         "cannot start /etc/passwd: Permission denied",
         "`chmod a+rx /etc/passwd`, and see that "},
        {{STEP_PROGRAM, EACCES},
         "/nonexistent/p",
         AFFN_MISSET,
         "cannot start /nonexistent/p: Permission denied",
         "let the user "},
        {{STEP_PROGRAM, ENOEXEC},
         "/p",
         AFFN_MISSET,
         "cannot start /p: Exec format error",
         "begin a script with a line such as #!/bin/sh; a program must be for this machine"},
        {{STEP_PROGRAM, ETXTBSY}, "/p", AFFN_RETRY, "cannot start /p: Text file busy", ""},
        {{STEP_PROGRAM, E2BIG}, "/p", AFFN_MISSET, "cannot start /p: Argument list too long", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_reply_reset(1);
        assert_int_equal(
            status_explain_start(&cases[i].failure, cases[i].program, "/f", &fake_reply),
            cases[i].verdict);
        assert_string_equal(fake_reply.what, cases[i].what);
        assert_int_equal(strncmp(fake_reply.remedy, cases[i].remedy, strlen(cases[i].remedy)), 0);
        assert_int_equal(!*fake_reply.remedy, !*cases[i].remedy);
        assert_int_equal(fake_reply.code, cases[i].failure.error);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_split_without_a_shell),
        cmocka_unit_test(the_environment_is_clean),
        cmocka_unit_test(names_of_variables),
        cmocka_unit_test(the_longest_event_fits_into_a_line),
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(exit_statuses_are_verdicts),
        cmocka_unit_test(what_was_printed_stands_behind_it),
        cmocka_unit_test(failed_starts_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
