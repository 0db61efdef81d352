/* See stream.h. */
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <affnotify/sink.h>

#include "answer.h"
#include "line.h"

#define STRAYS_LOGGED_MAX 5    /* of a batch */
#define SHOWN_BYTES       80   /* of a line that answers nothing */
#define CLOSE_WAIT_MS     2000 /* for it to end by itself, of the 5 s that a close has */
#define TEXT_BYTES        256

/* ---- Answers ---- */

static void log_stray(struct stream *stream, const char *why, const char *line)
{
    if (stream->strays++ < STRAYS_LOGGED_MAX)
        stream->program.host->log(AFFN_LOG_WARNING, "%s: %.*s", why, SHOWN_BYTES, line);
}

static void end_strays(struct stream *stream)
{
    if (stream->strays > STRAYS_LOGGED_MAX)
        stream->program.host->log(AFFN_LOG_WARNING, "%u more lines that answer nothing",
                                  stream->strays - STRAYS_LOGGED_MAX);
    stream->strays = 0;
}

/* The event of the batch with this ID; its count when there is none. */
static uint32_t find_event(const struct stream *stream, const char *id)
{
    uint32_t count = stream->batch ? stream->batch->count : 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = (stream->next + i) % count;
        if (strcmp(stream->batch->events[index]->id, id) == 0)
            return index;
    }
    return count;
}

/*
 * An event whose answer is none the less settled: it would only wait for its deadline. The word stands
 * last, for it may be cut in the middle of a secret: the host knows the beginning of one at an end only.
 */
static void settle(struct stream *stream, uint32_t index, const struct answer *answer)
{
    char text[TEXT_BYTES];
    int32_t verdict = answer->verdict ? answer->verdict : AFFN_RETRY;
    snprintf(text, sizeof text, "it answered with none of " ANSWER_WORDS ", but with: %.*s",
             SHOWN_BYTES, *answer->word ? answer->word : "nothing");
    const char *said = *answer->text ? answer->text : NULL;
    stream->is_answered[index] = 1;
    stream->answered++;
    stream->next = index + 1;
    stream->reply->set(stream->reply, index, verdict, 0, answer->verdict ? said : text);
}

static void end_line(struct stream *stream)
{
    char shown[SHOWN_BYTES + 1];
    stream->line[stream->line_bytes] = '\0';
    snprintf(shown, sizeof shown, "%.*s", SHOWN_BYTES, stream->line);
    struct answer answer = answer_read(stream->line);
    uint32_t index = find_event(stream, answer.id);
    int is_too_long = stream->is_too_long;
    stream->line_bytes = 0;
    stream->is_too_long = 0;
    if (!*answer.id)
        return;
    if (is_too_long)
        log_stray(stream, "a line on its stdout is too long for an answer", shown);
    else if (!stream->batch || index == stream->batch->count)
        log_stray(stream, "a line on its stdout begins with no ID that it was asked about", shown);
    else if (stream->is_answered[index])
        log_stray(stream, "it answered a second time; the first answer counts", shown);
    else
        settle(stream, index, &answer);
}

static void take_answers(void *owner, const char *bytes, size_t length)
{
    struct stream *stream = owner;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n')
            end_line(stream);
        else if (stream->line_bytes < STREAM_ANSWER_BYTES_MAX)
            stream->line[stream->line_bytes++] = (char)(bytes[i] ? bytes[i] : '?');
        else
            stream->is_too_long = 1;
    }
}

/* ---- The life of the program ---- */

void stream_init(struct stream *stream, const struct affn_host *host)
{
    *stream = (struct stream){0};
    program_init(&stream->program, host);
    stream->program.take_answers = take_answers;
    stream->program.owner = stream;
}

/* Ends it; half a line that it has left is no answer. Returns what it left unread. */
static size_t end(struct stream *stream)
{
    size_t unread = program_end(&stream->program);
    stream->line_bytes = 0;
    stream->is_too_long = 0;
    return unread;
}

void stream_idle(struct stream *stream)
{
    struct program *program = &stream->program;
    program_look(program);
    if (program->pid > 0 && program->has_status) {
        end(stream);
        program->host->log(AFFN_LOG_WARNING,
                           "the program %s with nothing to do; it is started with the next event",
                           status_text(program->status));
    }
    end_strays(stream);
    printed_end(&program->printed);
}

void stream_close(struct stream *stream)
{
    struct program *program = &stream->program;
    const char *input = NULL;
    size_t input_bytes = 0;
    if (program->pid <= 0)
        return;
    program_close_input(program);
    int64_t until = program->host->mono_ms() + CLOSE_WAIT_MS;
    while (program_turn(program, &input, &input_bytes, until) == TURN_ON)
        ;
    end(stream);
    end_strays(stream);
    printed_end(&program->printed);
}

/* ---- A batch ---- */

/* The verdict on those that were not answered, with what became of the program. */
static int32_t explain(const struct stream *stream, enum turn turn, struct affn_reply *reply)
{
    char progress[TEXT_BYTES];
    const char *printed = stream->program.printed.last;
    if (turn == TURN_ENDED) {
        snprintf(progress, sizeof progress, " when it had answered %u of %u events",
                 stream->answered, stream->batch->count);
        return status_explain(stream->program.status, progress, printed, reply);
    }
    snprintf(reply->what, reply->what_bytes,
             "it answered %u of %u events in time; it was ended, and all that it had started%s%s",
             stream->answered, stream->batch->count, *printed ? ": " : "", printed);
    snprintf(reply->remedy, reply->remedy_bytes,
             "let it write a line for each event, and flush it; or raise `timeout`, or lower "
             "`batch`");
    return AFFN_RETRY;
}

static enum turn exchange(struct stream *stream, const char **input, size_t *input_bytes)
{
    const struct affn_batch *batch = stream->batch;
    enum turn turn = TURN_ON;
    while (turn == TURN_ON && stream->answered < batch->count)
        turn = program_turn(&stream->program, input, input_bytes,
                            batch->deadline_mono_ms - PROGRAM_MARGIN_MS);
    return turn;
}

/* One that was running, and ended before it had seen anything of the batch, is started again. */
static int32_t converse(struct stream *stream, const struct recipe *recipe, const char *lines,
                        size_t length)
{
    struct program *program = &stream->program;
    for (;;) {
        struct start_failure failure;
        const char *input = lines;
        size_t input_bytes = length;
        size_t unread = 0;
        int was_running = program->pid > 0;
        if (!was_running && program_start(program, recipe, &failure) < 0)
            return status_explain_start(&failure, recipe->arguments[0], recipe->folder,
                                        stream->reply);
        enum turn turn = exchange(stream, &input, &input_bytes);
        /* Also when all is answered but not all was read: it would come before the next batch. */
        if (turn != TURN_ON || input_bytes > 0)
            unread = end(stream) + input_bytes;
        if (stream->answered == stream->batch->count)
            return AFFN_DELIVERED; /* each event has a verdict of its own */
        if (turn == TURN_ENDED && was_running && unread == length)
            continue;
        return explain(stream, turn, stream->reply);
    }
}

int32_t stream_deliver(struct stream *stream, const struct recipe *recipe,
                       const struct affn_batch *batch, struct affn_reply *reply)
{
    size_t length;
    int32_t verdict = AFFN_RETRY;
    stream_idle(stream); /* it may have ended since */
    printed_begin(&stream->program.printed);
    char *lines = line_format_all(batch, &length);
    stream->is_answered = calloc(batch->count, 1);
    stream->batch = batch;
    stream->reply = reply;
    stream->answered = stream->next = 0;
    if (lines && stream->is_answered)
        verdict = converse(stream, recipe, lines, length);
    else
        snprintf(reply->what, reply->what_bytes, "out of memory for %u events", batch->count);
    end_strays(stream);
    printed_end(&stream->program.printed);
    stream->batch = NULL;
    stream->reply = NULL;
    free(stream->is_answered);
    stream->is_answered = NULL;
    free(lines);
    return verdict;
}
