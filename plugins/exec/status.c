/* See status.h. */
#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <affnotify/sink.h>

#include "../common/user.h"

#define SHELL_SIGNALLED 128 /* and the number of the signal: so shells say that a signal ended it */

/* ---- Exit codes ---- */

#define ASK_PROGRAM "see what it has printed, in affnotify's log"

/* Every other code is AFFN_RETRY: 1 and 2 are what most programs say of anything. */
static const struct {
    int code;
    int32_t verdict;
    const char *meaning;
    const char *remedy;
} codes[] = {
    {EX_USAGE, AFFN_MISSET, "called wrongly", "correct the arguments in `command`"},
    {EX_DATAERR, AFFN_REFUSED, "the event is not acceptable", NULL},
    {EX_NOINPUT, AFFN_MISSET, "a file that it reads is missing", ASK_PROGRAM},
    {EX_NOUSER, AFFN_REFUSED, "no such addressee", NULL},
    {EX_NOHOST, AFFN_DOWN, "no such host", NULL},
    {EX_UNAVAILABLE, AFFN_DOWN, "the far side is not there", NULL},
    {EX_SOFTWARE, AFFN_RETRY, "an error inside of it", NULL},
    {EX_OSERR, AFFN_RETRY, "an error of the system", NULL},
    {EX_OSFILE, AFFN_MISSET, "a file of the system is missing or wrong", ASK_PROGRAM},
    {EX_CANTCREAT, AFFN_MISSET, "a file cannot be made", ASK_PROGRAM},
    {EX_IOERR, AFFN_RETRY, "a file could not be read or written", NULL},
    {EX_TEMPFAIL, AFFN_RETRY, "try again later", NULL},
    {EX_PROTOCOL, AFFN_RETRY, "the far side said something odd", NULL},
    {EX_NOPERM, AFFN_MISSET, "it lacks a right", "give it the right or the login that it asks for"},
    {EX_CONFIG, AFFN_MISSET, "it is set up wrongly", ASK_PROGRAM},
    {126, AFFN_MISSET, "it could not run a command", "make the command that it runs executable"},
    {127, AFFN_MISSET, "it did not find a command",
     "install the command that it runs, or set env.PATH"},
};

const char *status_text(int status)
{
    static char text[96];
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "was ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, sizeof text, "ended with exit status %d", WEXITSTATUS(status));
    return text;
}

/* The row of codes, or a negative number when there is none. */
static int find_code(int status)
{
    if (!WIFEXITED(status))
        return -1;
    for (int i = 0; i < (int)(sizeof codes / sizeof codes[0]); i++)
        if (codes[i].code == WEXITSTATUS(status))
            return i;
    return -1;
}

int32_t status_explain(int status, const char *before, const char *printed,
                       struct affn_reply *reply)
{
    int row = find_code(status);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !*before) {
        snprintf(reply->what, reply->what_bytes, "%s", printed);
        return AFFN_DELIVERED;
    }
    reply->code = WIFEXITED(status) ? WEXITSTATUS(status) : SHELL_SIGNALLED + WTERMSIG(status);
    snprintf(reply->what, reply->what_bytes, "it %s%s%s%s%s%s%s", status_text(status),
             row < 0 ? "" : " (", row < 0 ? "" : codes[row].meaning, row < 0 ? "" : ")", before,
             *printed ? ": " : "", printed);
    if (row >= 0 && codes[row].remedy)
        snprintf(reply->remedy, reply->remedy_bytes, "%s", codes[row].remedy);
    return row < 0 ? AFFN_RETRY : codes[row].verdict;
}

/* ---- A start that failed ---- */

/* What is not here is our settings' fault. */
static const int passing[] = {EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY, EINTR, EIO};

static void advise_program(int error, const char *program, struct affn_reply *reply)
{
    char user[USER_BYTES];
    int is_there = access(program, F_OK) == 0;
    user_name(user);
    if (error == ENOENT && is_there)
        snprintf(reply->remedy, reply->remedy_bytes,
                 "its first line, or its header, names an interpreter that is not there: install "
                 "that, or correct the line");
    else if (error == ENOENT || error == ENOTDIR)
        snprintf(reply->remedy, reply->remedy_bytes, "put the program there, or correct `command`");
    else if (error == EACCES && is_there)
        snprintf(reply->remedy, reply->remedy_bytes,
                 "`chmod a+rx %s`, and see that %s may search the folders above it and that its "
                 "file system is not mounted noexec",
                 program, user);
    else if (error == EACCES)
        snprintf(reply->remedy, reply->remedy_bytes, "let %s search the folders above it", user);
    else if (error == ENOEXEC)
        snprintf(
            reply->remedy, reply->remedy_bytes,
            "begin a script with a line such as #!/bin/sh; a program must be for this machine");
}

static void advise_folder(int error, const char *folder, struct affn_reply *reply)
{
    if (error == ENOTDIR) {
        snprintf(reply->remedy, reply->remedy_bytes,
                 "correct `directory`: it names a file, or lies below one");
        return;
    }
    char user[USER_BYTES];
    user_name(user);
    snprintf(reply->remedy, reply->remedy_bytes,
             "make the folder %s and let %s search it, or correct `directory`", folder, user);
}

int32_t status_explain_start(const struct start_failure *failure, const char *program,
                             const char *folder, struct affn_reply *reply)
{
    const char *reason = strerror(failure->error);
    reply->code = failure->error;
    switch ((enum step)failure->step) {
    case STEP_PIPE:
        snprintf(reply->what, reply->what_bytes, "no pipe for %s: %s", program, reason);
        return AFFN_RETRY;
    case STEP_NONE:
    case STEP_PROCESS:
        snprintf(reply->what, reply->what_bytes, "no process for %s: %s", program, reason);
        return AFFN_RETRY;
    case STEP_FOLDER:
        snprintf(reply->what, reply->what_bytes, "cannot start it in %s: %s", folder, reason);
        break;
    case STEP_PROGRAM:
        snprintf(reply->what, reply->what_bytes, "cannot start %s: %s", program, reason);
        break;
    }
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (passing[i] == failure->error)
            return AFFN_RETRY;
    if (failure->step == STEP_FOLDER)
        advise_folder(failure->error, folder, reply);
    else
        advise_program(failure->error, program, reply);
    return AFFN_MISSET;
}
