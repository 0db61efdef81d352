/*
 * The CSV sink: a row for each event, at the end of a file that a CRM imports. Exactly once.
 *
 * How: `order = journal` means that one batch is in flight, and the next comes only after the
 * outcome of the last one was committed. So rows whose fate affnotify does not know are always the
 * last ones of the file. They are read when the file is opened, and an event among them is not
 * written again. It must never report a row that is not on the disk, nor leave one of a batch that
 * it did not report.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <affnotify/sink.h>

#include "file.h"
#include "row.h"

#define LOCK_WAIT_MS   10000
#define LOCK_MARGIN_MS 1000 /* left of a batch's time to write it */
#define ROWS_MAX       1000 /* of a batch; fewer than the rows that are remembered */
_Static_assert(ROWS_MAX <= RECENT_ROWS_MAX, "a batch of unknown fate must be remembered");

struct csv {
    const char *path;
    struct file file;
    int is_trial; /* beside the host that has the file */
};

static const struct affn_option options[] = {
    AFFN_OPT_PATH(struct csv, path, AFFN_REQUIRED | AFFN_WRITTEN, NULL,
                  "The file; it is made when it is not there."),
};

static int32_t csv_open(void *self, const struct affn_host *host, struct affn_reply *reply)
{
    struct csv *csv = self;
    csv->is_trial = host->extension(AFFN_TRIAL) != NULL;
    if (csv->is_trial)
        return file_look(&csv->file, csv->path, host, reply);
    return file_open(&csv->file, csv->path, host, host->mono_ms() + LOCK_WAIT_MS, reply);
}

/* Opens the file again when it was renamed, removed or changed, or when the last write failed. */
static int32_t follow(struct csv *csv, int64_t deadline_mono_ms, struct affn_reply *reply)
{
    struct file *file = &csv->file;
    const struct affn_host *host = file->host;
    if (file_is_current(file))
        return AFFN_DELIVERED;
    if (file->is_open)
        host->log(AFFN_LOG_INFO, "%s: was renamed, removed or changed; opening it anew", csv->path);
    int64_t give_up = host->mono_ms() + LOCK_WAIT_MS;
    if (give_up > deadline_mono_ms - LOCK_MARGIN_MS)
        give_up = deadline_mono_ms - LOCK_MARGIN_MS;
    return file_open(file, csv->path, host, give_up, reply);
}

/* An operator's test: nothing is written, only told. */
static void tell(const struct affn_event *event, struct affn_reply *reply)
{
    char row[ROW_BYTES_MAX];
    size_t length = row_format(event, row);
    snprintf(reply->what, reply->what_bytes, "a test; nothing was written; the row would be: %.*s",
             (int)(length - 2), row); /* without its CRLF */
}

/* Only test events come into a trial. Should a real one come, it must not be said to be there. */
static int32_t deliver_in_trial(const struct affn_batch *batch, struct affn_reply *reply)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        if (!(batch->events[i]->flags & AFFN_EVENT_TEST)) {
            snprintf(reply->what, reply->what_bytes,
                     "a real event came into a trial; nothing was written");
            snprintf(reply->remedy, reply->remedy_bytes,
                     "this is a mistake in affnotify: please report it");
            return AFFN_RETRY;
        }
        tell(batch->events[i], reply);
    }
    return AFFN_DELIVERED;
}

static int32_t csv_deliver(void *self, const struct affn_batch *batch, struct affn_reply *reply)
{
    struct csv *csv = self;
    struct recent *recent = &csv->file.recent;
    uint32_t count = batch->count < ROWS_MAX ? batch->count : ROWS_MAX;

    if (csv->is_trial)
        return deliver_in_trial(batch, reply);
    int32_t verdict = follow(csv, batch->deadline_mono_ms, reply);
    if (verdict != AFFN_DELIVERED)
        return verdict;
    char *rows = malloc((size_t)count * ROW_BYTES_MAX);
    if (!rows) {
        snprintf(reply->what, reply->what_bytes, "out of memory for %u rows", count);
        return AFFN_RETRY;
    }
    size_t length = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct affn_event *event = batch->events[i];
        if (event->flags & AFFN_EVENT_TEST) {
            tell(event, reply);
        } else if (recent_has(recent, event->id)) {
            reply->set(reply, i, AFFN_DELIVERED, 0, "its row was in the file already");
        } else {
            length += row_format(event, rows + length);
            recent_add(recent, event->id); /* a failed append closes the file, and forgets it */
        }
    }
    reply->taken = count;
    if (length > 0)
        verdict = file_append(&csv->file, rows, length, reply);
    free(rows);
    return verdict;
}

static void csv_close(void *self)
{
    file_close(&((struct csv *)self)->file);
}

/* The rows alone: whether a header comes before them is known only to who looks at the file. */
static void csv_render(const void *self, const struct affn_batch *batch, struct affn_output *output)
{
    char row[ROW_BYTES_MAX];
    (void)self;
    for (uint32_t i = 0; i < batch->count; i++)
        output->write(output, row, (uint32_t)row_format(batch->events[i], row));
}

static const void *csv_extension(const char *id)
{
    static const struct affn_renderer renderer = {sizeof renderer, 0, csv_render};
    return strcmp(id, AFFN_RENDER) == 0 ? &renderer : NULL;
}

AFFN_SINK(.name = "csv", .version = AFFN_VERSION,
          .summary = "Appends each event to a CSV file, exactly once.",
          .defaults = "order=journal batch=500 retry=standard", .self_bytes = sizeof(struct csv),
          .options = options, .option_count = AFFN_COUNT(options), .open = csv_open,
          .deliver = csv_deliver, .close = csv_close, .extension = csv_extension)
