/* See once.h. */
#include "once.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <affnotify/sink.h>

#include "line.h"
#include "program.h"

/* It cannot have delivered what it has not read. */
static int32_t explain_unread(size_t unread, size_t length, uint32_t count,
                              struct affn_reply *reply)
{
    snprintf(reply->what, reply->what_bytes,
             "it ended with exit status 0, but has left %zu of %zu bytes of its input unread",
             unread, length);
    snprintf(reply->remedy, reply->remedy_bytes,
             count > 1
                 ? "let it read its stdin to the end, or say `batch = 1` if it reads one line "
                   "only"
                 : "let it read its stdin to the end");
    return AFFN_MISSET;
}

static int32_t explain_late(const struct program *program, struct affn_reply *reply)
{
    const char *printed = program->printed.last;
    snprintf(reply->what, reply->what_bytes,
             "it was not done in time; it was ended, and all that it had started%s%s",
             *printed ? ": " : "", printed);
    snprintf(reply->remedy, reply->remedy_bytes,
             "make it faster, or raise `timeout`, or lower `batch`");
    return AFFN_RETRY;
}

int32_t once_deliver(struct program *program, const struct recipe *recipe,
                     const struct affn_batch *batch, struct affn_reply *reply)
{
    struct start_failure failure;
    enum turn turn = TURN_ON;
    size_t length;
    char *lines = line_format_all(batch, &length);
    if (!lines) {
        snprintf(reply->what, reply->what_bytes, "out of memory for %u events", batch->count);
        return AFFN_RETRY;
    }
    printed_begin(&program->printed);
    if (program_start(program, recipe, &failure) < 0) {
        free(lines);
        return status_explain_start(&failure, recipe->arguments[0], recipe->folder, reply);
    }
    const char *input = lines;
    size_t input_bytes = length;
    while (turn == TURN_ON) {
        turn = program_turn(program, &input, &input_bytes,
                            batch->deadline_mono_ms - PROGRAM_MARGIN_MS);
        if (input_bytes == 0)
            program_close_input(program);
    }
    size_t unread = program_end(program) + input_bytes;
    printed_end(&program->printed);
    free(lines);
    if (turn == TURN_LATE)
        return explain_late(program, reply);
    if (unread > 0 && WIFEXITED(program->status) && WEXITSTATUS(program->status) == 0)
        return explain_unread(unread, length, batch->count, reply);
    return status_explain(program->status, "", program->printed.last, reply);
}
