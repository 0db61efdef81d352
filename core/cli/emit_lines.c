/*
 * See emit_lines.h. What is read at once is handed in at once and reported before more is read.
 * When the bus goes away, lines without an answer and all that follow go to the spool; those that
 * the bus took before it went carry their time already, so it knows them again.
 */
#include "core/cli/emit_lines.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/event_line.h"
#include "core/cli/input.h"
#include "core/cli/outcome.h"
#include "core/cli/target.h"
#include "core/wire/line_client.h"
#include "core/wire/spool_file.h"

/* A line of the batch. What was refused here already has no bytes in it. */
struct batch_line {
    size_t number;
    size_t offset;
    size_t length;
    struct outcome outcome; /* kind 0 while it is open */
};

struct work {
    const struct invocation *invocation;
    const char *name; /* of the file, in messages */
    struct line_client client;
    bool can_read;       /* the connection may still bring answers */
    bool can_send;       /* the bus takes events */
    struct error reason; /* why it does not */
    struct spool_file spool;
    bool has_spooled;

    struct buffer bytes; /* the batch, as it is sent */
    struct batch_line *lines;
    size_t line_count;
    size_t line_capacity;

    size_t accepted;
    size_t known;
    size_t spooled;
    size_t refused;
};

static void lose_bus(struct work *work, const struct error *reason)
{
    if (work->can_send)
        work->reason = *reason;
    work->can_send = false;
}

static bool is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!strchr(" \t\r", line[i]) || line[i] == '\0')
            return false;
    }
    return true;
}

static void add_line(struct work *work, size_t number, const char *line, size_t length)
{
    if (number == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3; /* some editors begin a file with a byte order mark */
        length -= 3;
    }
    if (is_blank(line, length))
        return;
    if (work->line_count == work->line_capacity) {
        work->line_capacity = work->line_capacity ? 2 * work->line_capacity : 64;
        work->lines = memory_resize(work->lines, work->line_capacity, sizeof *work->lines);
    }
    struct batch_line *added = &work->lines[work->line_count++];
    *added = (struct batch_line){.number = number, .offset = work->bytes.len};
    event_line_stamp(line, length, clock_unix_ms(), &work->bytes, &added->outcome);
    added->length = work->bytes.len - added->offset;
}

/* The bus's answer to one line; what stays without one is marked for the spool. */
static void read_answer(struct work *work, struct outcome *outcome)
{
    const char *answer;
    size_t length;
    struct error error;
    int64_t deadline = clock_mono_ms() + EMIT_TIMEOUT_MS;
    if (work->can_read &&
        (line_client_read(&work->client, &answer, &length, deadline, &error) < 0 ||
         outcome_read(answer, length, outcome, &error) < 0)) {
        work->can_read = false;
        lose_bus(work, &error);
    }
    if (!work->can_read)
        outcome->kind = OUTCOME_UNAVAILABLE;
    else if (outcome->kind == OUTCOME_UNAVAILABLE) {
        error_set(&error, "%s", outcome->refusal.message);
        lose_bus(work, &error);
    }
}

/*
 * Sends the batch and reads its answers. When the bus cannot take one line, those behind it that
 * were sent already still get their answers, but no further batch is sent: events stay in order.
 */
static void ask_bus(struct work *work)
{
    struct error error;
    bool is_sent = work->can_send;
    int64_t deadline = clock_mono_ms() + EMIT_TIMEOUT_MS;
    if (is_sent &&
        line_client_send(&work->client, work->bytes.data, work->bytes.len, deadline, &error) < 0)
        lose_bus(work, &error);
    for (size_t i = 0; i < work->line_count; i++) {
        struct outcome *outcome = &work->lines[i].outcome;
        if (outcome->kind == 0 && is_sent)
            read_answer(work, outcome);
        else if (outcome->kind == 0)
            outcome->kind = OUTCOME_UNAVAILABLE;
    }
}

/* Puts the lines that the bus did not take into one file of the spool. */
static int put_aside(struct work *work, struct error *error)
{
    struct buffer aside;
    buffer_init(&aside, SPOOL_FILE_BYTES_MAX);
    for (size_t i = 0; i < work->line_count; i++) {
        const struct batch_line *line = &work->lines[i];
        if (line->outcome.kind == OUTCOME_UNAVAILABLE)
            buffer_add(&aside, work->bytes.data + line->offset, line->length);
    }
    int result = 0;
    if (aside.len > 0)
        result = spool_file_write(&work->spool, aside.data, aside.len, NULL, error);
    if (aside.len > 0 && result == 0 && !work->has_spooled) {
        work->has_spooled = true;
        command_say(work->invocation, "%s: %s; what follows waits in %s", work->name,
                    work->reason.text, work->spool.directory);
    }
    for (size_t i = 0; i < work->line_count && result == 0; i++) {
        struct outcome *outcome = &work->lines[i].outcome;
        if (outcome->kind == OUTCOME_UNAVAILABLE)
            *outcome = (struct outcome){.kind = OUTCOME_SPOOLED};
    }
    buffer_finish(&aside);
    return result;
}

static void count(struct work *work, const struct outcome *outcome)
{
    work->accepted += outcome->kind == OUTCOME_ACCEPTED && outcome->is_new;
    work->known += outcome->kind == OUTCOME_ACCEPTED && !outcome->is_new;
    work->spooled += outcome->kind == OUTCOME_SPOOLED;
    work->refused += outcome->kind == OUTCOME_REFUSED;
}

static void report(struct work *work, const struct batch_line *line)
{
    const struct outcome *outcome = &line->outcome;
    count(work, outcome);
    if (work->invocation->json) {
        char *json = outcome_json(outcome, line->number);
        puts(json);
        free(json);
    } else if (outcome->kind == OUTCOME_ACCEPTED) {
        puts(outcome->id);
    } else if (outcome->kind == OUTCOME_SPOOLED) {
        puts("spooled");
    }
    if (outcome->kind == OUTCOME_REFUSED) {
        char *sentence = outcome_sentence(outcome);
        fflush(stdout);
        fprintf(stderr, "%s:%zu: %s\n", work->name, line->number, sentence);
        free(sentence);
    }
}

/* -1 when lines could neither be handed in nor be spooled; the message is shown. */
static int settle_batch(struct work *work)
{
    struct error error;
    ask_bus(work);
    int result = put_aside(work, &error);
    size_t first_lost = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        struct batch_line *line = &work->lines[i];
        bool is_lost = line->outcome.kind == OUTCOME_UNAVAILABLE;
        if (is_lost) {
            outcome_refuse(&line->outcome, "", "unavailable", "not handed in and not spooled");
            line->outcome.kind = OUTCOME_UNAVAILABLE;
        }
        if (is_lost && first_lost == 0)
            first_lost = line->number;
        report(work, line);
    }
    if (result < 0)
        command_say(work->invocation,
                    "%s:%zu: from here on nothing was handed in: %s; and it cannot wait in the "
                    "spool: %s",
                    work->name, first_lost, work->reason.text, error.text);
    buffer_clear(&work->bytes);
    work->line_count = 0;
    fflush(stdout);
    return result;
}

/* Returns the exit code that the input and the spool ask for. */
static int work_through(struct work *work, struct input *input)
{
    struct error error;
    while (!input->ended) {
        if (input_fill(input, &error) < 0) {
            command_say(work->invocation, "%s: %s", work->name, error.text);
            return EXIT_NO;
        }
        const char *line;
        size_t length;
        while (input_next(input, &line, &length))
            add_line(work, input->line_number, line, length);
        if (settle_batch(work) < 0)
            return EXIT_UNREACHED;
    }
    return EXIT_DONE;
}

static void connect_bus(struct work *work, const char *socket_path)
{
    int64_t deadline = clock_mono_ms() + EMIT_TIMEOUT_MS;
    work->can_send = connection_open(&work->client, socket_path, deadline, &work->reason) == 0;
    work->can_read = work->can_send;
}

int emit_lines(const struct invocation *invocation, const struct target *target, const char *path)
{
    struct error error;
    struct input input;
    struct work work = {
        .invocation = invocation,
        .name = text_equal(path, "-") ? "stdin" : path,
        .spool.directory = target->spool_path,
    };
    if (input_open(&input, path, &error) < 0) {
        command_say(invocation, "%s", error.text);
        input_close(&input);
        return EXIT_NO;
    }
    line_client_init(&work.client);
    buffer_init(&work.bytes, SPOOL_FILE_BYTES_MAX);
    connect_bus(&work, target->socket_path);
    int code = work_through(&work, &input);
    command_say(invocation, "%s: %zu accepted, %zu known already, %zu spooled, %zu refused",
                work.name, work.accepted, work.known, work.spooled, work.refused);
    if (code == EXIT_DONE && work.refused > 0)
        code = EXIT_NO;
    free(work.lines);
    buffer_finish(&work.bytes);
    line_client_finish(&work.client);
    input_close(&input);
    return code;
}
