/*
 * How a program ended, as a verdict: the exit codes of <sysexits.h>, signals, and the errno of a
 * start that failed. Tables; sentences for operators. Used by once.c, stream.c and exec.c.
 */
#ifndef EXEC_STATUS_H
#define EXEC_STATUS_H

#include <stdint.h>

struct affn_reply;

/* What was being done when a start failed. */
enum step { STEP_NONE, STEP_PIPE, STEP_PROCESS, STEP_FOLDER, STEP_PROGRAM };

struct start_failure {
    int32_t step;  /* an enum step; STEP_NONE: nothing failed */
    int32_t error; /* errno */
};

/*
 * The verdict of a wait status. Writes what happened, after `before` and before what the program
 * printed last, with the exit status in reply->code; and the remedy, if there is one. An exit
 * with 0 is AFFN_DELIVERED, and says only what was printed.
 */
int32_t status_explain(int status, const char *before, const char *printed,
                       struct affn_reply *reply);

/* "ended with exit status 75", "was ended by signal 9 (Killed)", in static memory. */
const char *status_text(int status);

/* The verdict on a program that cannot be started in the folder, with what and remedy. */
int32_t status_explain_start(const struct start_failure *failure, const char *program,
                             const char *folder, struct affn_reply *reply);

#endif
