/*
 * See emit_lines.h. What is read at once is a batch. Up to BATCHES_MAX of them are under way, so that
 * the bus always has something to take in; a batch is reported before more is waited for. When the bus
 * goes away, lines without an answer and all that follow go to the spool; those that the bus took
 * before it went carry their time already, so it knows them again.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
#include "core/cli/interrupt.h"
#include "core/cli/outcome.h"
#include "core/cli/pace.h"
#include "core/cli/show.h"
#include "core/cli/target.h"
#include "core/wire/line_client.h"
#include "core/wire/spool_file.h"

#define BATCHES_MAX 24 /* of INPUT_PIECE_BYTES: what the bus puts into one transaction, and more */

/* A line of the batch, small: many are under way. What was refused here already has no bytes. */
struct batch_line {
    size_t number;
    size_t offset;
    size_t length;
    enum outcome_kind kind; /* 0 while it is open */
    bool is_new;
    bool is_stamped; /* it has got the present time */
    char id[EVENT_ID_SIZE];
    struct refusal *refusal; /* NULL unless it was refused */
};

struct batch {
    struct buffer bytes; /* as it is sent */
    struct batch_line *lines;
    size_t line_count;
    size_t line_capacity;
    size_t input_bytes; /* that it came from */
    bool is_sent;
};

struct work {
    const struct invocation *invocation;
    char *name; /* of the file, in messages; to be freed */
    struct interrupt interrupt;
    bool is_interrupted;
    struct line_client client;
    bool can_read;       /* the connection may still bring answers */
    bool can_send;       /* the bus takes events */
    struct error reason; /* why it does not */
    struct spool_file spool;
    bool has_spooled;

    struct batch batches[BATCHES_MAX]; /* a ring */
    size_t oldest;
    size_t under_way;
    struct pace pace;
    size_t settled_lines;
    size_t settled_bytes;

    size_t accepted;
    size_t known;
    size_t spooled;
    size_t refused;
    size_t stamped; /* of those that are in or wait in the spool */
};

static void lose_bus(struct work *work, const struct error *reason)
{
    if (work->can_send)
        work->reason = *reason;
    work->can_send = false;
}

static void keep_outcome(struct batch_line *line, const struct outcome *outcome)
{
    line->kind = outcome->kind;
    line->is_new = outcome->is_new;
    memcpy(line->id, outcome->id, sizeof line->id);
    if (outcome->kind != OUTCOME_REFUSED)
        return;
    line->refusal = memory_new(1, sizeof *line->refusal);
    *line->refusal = outcome->refusal;
}

static bool is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!strchr(" \t\r", line[i]) || line[i] == '\0')
            return false;
    }
    return true;
}

static void add_line(struct batch *batch, size_t number, const char *line, size_t length)
{
    if (number == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3; /* some editors begin a file with a byte order mark */
        length -= 3;
    }
    if (is_blank(line, length))
        return;
    if (batch->line_count == batch->line_capacity) {
        batch->line_capacity = batch->line_capacity ? 2 * batch->line_capacity : 64;
        batch->lines = memory_resize(batch->lines, batch->line_capacity, sizeof *batch->lines);
    }
    struct batch_line *added = &batch->lines[batch->line_count++];
    *added = (struct batch_line){.number = number, .offset = batch->bytes.len};
    struct outcome refused;
    if (event_line_stamp(line, length, clock_unix_ms(), &batch->bytes, &refused) < 0)
        keep_outcome(added, &refused);
    added->length = batch->bytes.len - added->offset;
    added->is_stamped = added->length > length + 1; /* it is one LF longer at any rate */
}

/* The bus's answer to one line; what stays without one is marked for the spool. */
static void read_answer(struct work *work, struct batch_line *line)
{
    struct outcome outcome;
    const char *answer;
    size_t length;
    struct error error;
    int64_t deadline = clock_mono_ms() + EMIT_TIMEOUT_MS;
    if (work->can_read &&
        (line_client_read(&work->client, &answer, &length, deadline, &error) < 0 ||
         outcome_read(answer, length, &outcome, &error) < 0)) {
        work->can_read = false;
        lose_bus(work, &error);
    }
    if (!work->can_read) {
        line->kind = OUTCOME_UNAVAILABLE;
        return;
    }
    if (outcome.kind == OUTCOME_UNAVAILABLE) {
        error_set(&error, "%s", outcome.refusal.message);
        lose_bus(work, &error);
    }
    keep_outcome(line, &outcome);
}

static void send_batch(struct work *work, struct batch *batch)
{
    struct error error;
    int64_t deadline = clock_mono_ms() + EMIT_TIMEOUT_MS;
    batch->is_sent = work->can_send;
    if (batch->is_sent &&
        line_client_send(&work->client, batch->bytes.data, batch->bytes.len, deadline, &error) < 0)
        lose_bus(work, &error);
}

/*
 * When the bus cannot take one line, those behind it that were sent already still get their answers,
 * but no further batch is sent: events stay in order.
 */
static void read_answers(struct work *work, struct batch *batch)
{
    for (size_t i = 0; i < batch->line_count; i++) {
        struct batch_line *line = &batch->lines[i];
        if (line->kind == 0 && batch->is_sent)
            read_answer(work, line);
        else if (line->kind == 0)
            line->kind = OUTCOME_UNAVAILABLE;
    }
}

/* Puts the lines that the bus did not take into one file of the spool. */
static int put_aside(struct work *work, struct batch *batch, struct error *error)
{
    struct buffer aside;
    buffer_init(&aside, SPOOL_FILE_BYTES_MAX);
    for (size_t i = 0; i < batch->line_count; i++) {
        const struct batch_line *line = &batch->lines[i];
        if (line->kind == OUTCOME_UNAVAILABLE)
            buffer_add(&aside, batch->bytes.data + line->offset, line->length);
    }
    int result = 0;
    if (aside.len > 0)
        result = spool_file_write(&work->spool, aside.data, aside.len, NULL, error);
    if (aside.len > 0 && result == 0 && !work->has_spooled) {
        work->has_spooled = true;
        pace_hide(&work->pace);
        command_say(work->invocation, "%s: %s; what follows waits in %s", work->name,
                    work->reason.text, work->spool.directory);
    }
    for (size_t i = 0; i < batch->line_count && result == 0; i++) {
        if (batch->lines[i].kind == OUTCOME_UNAVAILABLE)
            batch->lines[i].kind = OUTCOME_SPOOLED;
    }
    buffer_finish(&aside);
    return result;
}

static void count(struct work *work, const struct batch_line *line)
{
    work->accepted += line->kind == OUTCOME_ACCEPTED && line->is_new;
    work->known += line->kind == OUTCOME_ACCEPTED && !line->is_new;
    work->spooled += line->kind == OUTCOME_SPOOLED;
    work->refused += line->kind == OUTCOME_REFUSED;
}

static void print_json(const struct batch_line *line)
{
    struct outcome outcome = {.kind = line->kind, .is_new = line->is_new};
    memcpy(outcome.id, line->id, sizeof line->id);
    if (line->kind == OUTCOME_UNAVAILABLE) {
        outcome_refuse(&outcome, "", "unavailable", "not handed in and not spooled");
        outcome.kind = OUTCOME_UNAVAILABLE;
    } else if (line->refusal) {
        outcome.refusal = *line->refusal;
    }
    char *json = outcome_json(&outcome, line->number);
    puts(json);
    free(json);
}

static void report(struct work *work, const struct batch_line *line)
{
    count(work, line);
    work->stamped += line->is_stamped && (line->kind == OUTCOME_SPOOLED || line->is_new);
    if (work->invocation->json) {
        print_json(line);
    } else if (line->kind == OUTCOME_ACCEPTED) {
        puts(line->id);
    } else if (line->kind == OUTCOME_SPOOLED) {
        puts("spooled");
    }
    if (line->kind == OUTCOME_REFUSED) {
        const struct refusal *refusal = line->refusal;
        fflush(stdout);
        pace_hide(&work->pace);
        fprintf(stderr, "%s:%zu: %s%s%s (%s)\n", work->name, line->number, refusal->field,
                *refusal->field ? ": " : "", refusal->rule, refusal->message);
    }
}

/* Settles the oldest batch. -1 when lines could neither be handed in nor be spooled; it is said. */
static int settle_batch(struct work *work)
{
    struct error error;
    struct batch *batch = &work->batches[work->oldest];
    work->oldest = (work->oldest + 1) % BATCHES_MAX;
    work->under_way--;
    read_answers(work, batch);
    int result = put_aside(work, batch, &error);
    size_t first_lost = 0;
    if (isatty(STDOUT_FILENO))
        pace_hide(&work->pace);
    for (size_t i = 0; i < batch->line_count; i++) {
        struct batch_line *line = &batch->lines[i];
        if (line->kind == OUTCOME_UNAVAILABLE && first_lost == 0)
            first_lost = line->number;
        report(work, line);
        free(line->refusal);
        line->refusal = NULL;
    }
    if (result < 0)
        pace_hide(&work->pace);
    if (result < 0)
        command_say(work->invocation,
                    "%s:%zu: from here on nothing was handed in: %s; and it cannot wait in the "
                    "spool: %s",
                    work->name, first_lost, work->reason.text, error.text);
    work->settled_lines += batch->line_count;
    fflush(stdout);
    pace_show(&work->pace, work->settled_lines, work->settled_bytes += batch->input_bytes,
              clock_mono_ms());
    return result;
}

static int settle_all(struct work *work)
{
    int result = 0;
    while (work->under_way > 0 && result == 0)
        result = settle_batch(work);
    return result;
}

/* Sends off what was read at once. */
static void begin_batch(struct work *work, struct input *input)
{
    struct batch *batch = &work->batches[(work->oldest + work->under_way++) % BATCHES_MAX];
    const char *line;
    size_t length;
    buffer_clear(&batch->bytes);
    batch->line_count = 0;
    batch->input_bytes = input->last_bytes;
    while (input_next(input, &line, &length))
        add_line(batch, input->line_number, line, length);
    send_batch(work, batch);
}

/* Returns the exit code that the input and the spool ask for. */
static int work_through(struct work *work, struct input *input)
{
    struct error error;
    while (!input->ended) {
        bool must_settle = work->under_way == BATCHES_MAX;
        if (must_settle && settle_batch(work) < 0)
            return EXIT_UNREACHED;
        if (!input_is_ready(input) && settle_all(work) < 0)
            return EXIT_UNREACHED; /* a slow writer sees what became of his lines so far */
        if (!interrupt_wait(&work->interrupt, input->fd)) {
            work->is_interrupted = true;
            break;
        }
        if (input_fill(input, &error) < 0) {
            int settled = settle_all(work);
            command_say(work->invocation, "%s: %s", work->name, error.text);
            return settled < 0 ? EXIT_UNREACHED : EXIT_NO;
        }
        begin_batch(work, input);
    }
    return settle_all(work) < 0 ? EXIT_UNREACHED : EXIT_DONE;
}

static void connect_bus(struct work *work, const char *socket_path)
{
    int64_t deadline = clock_mono_ms() + EMIT_TIMEOUT_MS;
    work->can_send = connection_open(&work->client, socket_path, deadline, &work->reason) == 0;
    work->can_read = work->can_send;
}

/* The count; and what is good to know when somebody will hand the rest in. */
static void say_end(struct work *work, size_t last_line, int code)
{
    pace_hide(&work->pace);
    if (work->is_interrupted)
        command_say(work->invocation,
                    "%s: interrupted before line %zu: what stands above it is settled, and `tail "
                    "-n +%zu` gives the rest",
                    work->name, last_line + 1, last_line + 1);
    if (work->stamped > 0 && (work->is_interrupted || work->refused > 0 || code != EXIT_DONE))
        command_say(work->invocation,
                    "%s: lines without occurred_at that are in: %zu; handed in again, each would "
                    "be a new event",
                    work->name, work->stamped);
    command_say(work->invocation, "%s: %zu accepted, %zu known already, %zu spooled, %zu refused",
                work->name, work->accepted, work->known, work->spooled, work->refused);
}

int emit_lines(const struct invocation *invocation, const struct target *target, const char *path)
{
    struct error error;
    struct input input;
    struct work work = {
        .invocation = invocation,
        .spool.directory = target->spool_path,
    };
    if (input_open(&input, path, &error) < 0) {
        command_say(invocation, "%s", error.text);
        input_close(&input);
        return EXIT_NO;
    }
    work.name = show_text(text_equal(path, "-") ? "stdin" : path);
    interrupt_init(&work.interrupt);
    line_client_init(&work.client);
    for (size_t i = 0; i < BATCHES_MAX; i++)
        buffer_init(&work.batches[i].bytes, SPOOL_FILE_BYTES_MAX);
    pace_init(&work.pace, input_size(&input), clock_mono_ms());
    connect_bus(&work, target->socket_path);
    int code = work_through(&work, &input);
    say_end(&work, input.line_number, code);
    if (code == EXIT_DONE && work.refused > 0)
        code = EXIT_NO;
    for (size_t i = 0; i < BATCHES_MAX; i++) {
        for (size_t n = 0; n < work.batches[i].line_count; n++)
            free(work.batches[i].lines[n].refusal); /* when it ended before its time */
        free(work.batches[i].lines);
        buffer_finish(&work.batches[i].bytes);
    }
    line_client_finish(&work.client);
    input_close(&input);
    free(work.name);
    interrupt_finish(&work.interrupt);
    return code;
}
