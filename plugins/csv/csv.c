/*
 * The CSV sink: a row for each event, at the end of a file that a CRM imports. Exactly once.
 *
 * How: `order = journal` means that one batch is in flight, and the next comes only after the
 * outcome of the last one was committed. So rows whose fate affnotify does not know are always the
 * last ones that were written. They are known again when the file is opened, and an event among
 * them is not written again. It must never report a row that is not on the disk, nor leave one of a
 * batch that it did not report.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <affnotify/sink.h>

#include "file.h"
#include "format.h"
#include "options.h"
#include "preset.h"
#include "rotation.h"
#include "row.h"
#include "rows.h"

#define LOCK_WAIT_MS   10000
#define LOCK_MARGIN_MS 1000 /* left of a batch's time to write it */

#define COUNT_GUARDED "formulas_guarded"

struct csv {
    struct csv_options options; /* first: the table's offsets are into it */
    struct format format;
    struct file file;
    char *working_path;
    const struct affn_counter *counter; /* NULL when the host has none */
    int is_trial;                       /* beside the host that has the file */
    int idle_failed; /* a file could not be finished while idle, and was logged */
};

static const char *const delimiter_choices[] = {"comma", "semicolon", "tab", "pipe", NULL};
static const char *const line_end_choices[] = {"crlf", "lf", NULL};

#define ROWS_A_FILE_MAX 1000000000
#define BYTES_MAX       (INT64_C(1) << 40)

static const struct affn_option table[] = {
    AFFN_OPT_PATH(struct csv_options, path, AFFN_REQUIRED | AFFN_WRITTEN, NULL,
                  "The file; it is made when it is not there."),
    AFFN_OPT_CHOICE(struct csv_options, preset, AFFN_RARE, NULL, preset_names,
                    "The CRM whose import takes the file: its columns, limits and dates, and a "
                    "file a day."),
    AFFN_OPT_STRING(struct csv_options, columns, AFFN_RARE, NULL,
                    "The columns, as HEADER:FIELD with commas between; a field is event_id, event, "
                    "affiliate_id, email, deep_link, occurred_at, status or fill."),
    AFFN_OPT_MAP(
        struct csv_options, fill, 0,
        "What stands in each row of a column that no event can supply; KEY is the column's "
        "header in small letters, with _ for what is no letter or digit."),
    AFFN_OPT_CHOICE(struct csv_options, delimiter, 0, "comma", delimiter_choices,
                    "What stands between the cells."),
    AFFN_OPT_BOOL(struct csv_options, bom, 0, "no",
                  "Whether a file begins with a byte order mark, by which Excel knows UTF-8."),
    AFFN_OPT_CHOICE(struct csv_options, line_end, 0, "crlf", line_end_choices, "What ends a row."),
    AFFN_OPT_CHOICE(struct csv_options, date_format, AFFN_RARE, NULL, date_formats,
                    "How a moment is written, always in UTC; unset: as the preset does, else iso."),
    AFFN_OPT_STRING(struct csv_options, mode, AFFN_RARE, NULL,
                    "The rights of new files, in octal; unset: 0640 less the umask."),
    AFFN_OPT_SIZE(struct csv_options, rotate_bytes, AFFN_RARE, NULL, 0, BYTES_MAX,
                  "How long a file may get before it is finished; 0: no limit. Unset: as the "
                  "preset does, else 0."),
    AFFN_OPT_INT(struct csv_options, rotate_rows, AFFN_RARE, NULL, 0, ROWS_A_FILE_MAX,
                 "How many rows a file may get, the header left out; 0: no limit. Unset: as the "
                 "preset does, else 0."),
    AFFN_OPT_BOOL(struct csv_options, rotate_daily, AFFN_RARE, NULL,
                  "Whether each day, by UTC, has files of its own. Unset: yes with a preset."),
    AFFN_OPT_BOOL(struct csv_options, done_marker, 0, "no",
                  "Whether an empty file NAME.done appears after a finished file."),
    AFFN_OPT_BOOL(struct csv_options, show_header, 0, "no",
                  "Whether `affnotify render` shows the header row, too."),
};

static void csv_check(const void *self, const struct affn_host *host,
                      struct affn_mistakes *mistakes)
{
    struct format format;
    (void)host;
    format_make(&format, &((const struct csv *)self)->options, mistakes);
}

static int32_t csv_open(void *self, const struct affn_host *host, struct affn_reply *reply)
{
    struct csv *csv = self;
    const char *path = csv->options.path;
    csv->is_trial = host->extension(AFFN_TRIAL) != NULL;
    csv->counter = host->extension(AFFN_COUNTER);
    if (csv->counter)
        csv->counter->add(COUNT_GUARDED, 0); /* it is there from the start */
    format_make(&csv->format, &csv->options, NULL);
    free(csv->working_path);
    csv->working_path = csv->format.rotates ? rotation_working_path(path) : strdup(path);
    if (!csv->working_path) {
        snprintf(reply->what, reply->what_bytes, "out of memory");
        return AFFN_RETRY;
    }
    file_init(&csv->file, csv->working_path, &csv->format, host);
    if (csv->is_trial)
        return file_look(&csv->file, reply);
    return file_open(&csv->file, host->mono_ms() + LOCK_WAIT_MS, reply);
}

/* Opens the file again when it was renamed, removed or changed, or when the last write failed. */
static int32_t follow(struct csv *csv, int64_t deadline_mono_ms, struct affn_reply *reply)
{
    struct file *file = &csv->file;
    const struct affn_host *host = file->host;
    if (file_is_current(file))
        return AFFN_DELIVERED;
    if (file->is_open)
        host->log(AFFN_LOG_INFO, "%s: was renamed, removed or changed; opening it anew",
                  file->path);
    int64_t give_up = host->mono_ms() + LOCK_WAIT_MS;
    if (give_up > deadline_mono_ms - LOCK_MARGIN_MS)
        give_up = deadline_mono_ms - LOCK_MARGIN_MS;
    return file_open(file, give_up, reply);
}

/* ---- Tests ---- */

/* An operator's test: nothing is written, only told. */
static void tell(const struct csv *csv, const struct affn_event *event, struct affn_reply *reply)
{
    char row[ROW_BYTES_MAX];
    uint32_t guarded = 0;
    size_t length = row_format(&csv->format, event, row, &guarded);
    snprintf(reply->what, reply->what_bytes, "a test; nothing was written; the row would be: %.*s",
             (int)(length - strlen(csv->format.line_end)), row);
}

/* Only test events come into a trial. Should a real one come, it must not be said to be there. */
static int32_t deliver_in_trial(const struct csv *csv, const struct affn_batch *batch,
                                struct affn_reply *reply)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        if (!(batch->events[i]->flags & AFFN_EVENT_TEST)) {
            snprintf(reply->what, reply->what_bytes,
                     "a real event came into a trial; nothing was written");
            snprintf(reply->remedy, reply->remedy_bytes,
                     "this is a mistake in affnotify: please report it");
            return AFFN_RETRY;
        }
        tell(csv, batch->events[i], reply);
    }
    return AFFN_DELIVERED;
}

/* ---- Deliveries ---- */

/* Whether its row is there, or among those that are about to be written. */
static bool is_written(const struct csv *csv, const struct rows *rows, const char *id)
{
    for (uint32_t i = 0; i < rows->count; i++)
        if (memcmp(rows->ids[i], id, RECENT_ID_BYTES) == 0)
            return true;
    return recent_has(&csv->file.recent, id);
}

static bool is_test(const struct affn_event *event)
{
    return event->flags & AFFN_EVENT_TEST;
}

/* Finishes a file that is full, or of yesterday, before a first row of so many bytes. */
static int32_t make_room(struct csv *csv, size_t bytes, int64_t deadline_mono_ms,
                         struct affn_reply *reply)
{
    if (!rotation_is_due(&csv->file, 1, bytes))
        return AFFN_DELIVERED;
    int32_t verdict = rotation_run(&csv->file, reply);
    return verdict == AFFN_DELIVERED ? follow(csv, deadline_mono_ms, reply) : verdict;
}

/*
 * Makes the rows of a batch, as many as the file takes: the rest of the batch comes again, once the
 * outcome of these is known. So rows of unknown fate are never spread over two files.
 */
static int32_t make_rows(struct csv *csv, const struct affn_batch *batch, uint32_t count,
                         struct rows *rows, struct affn_reply *reply)
{
    reply->taken = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct affn_event *event = batch->events[i];
        uint32_t guarded = 0;
        if (is_test(event)) {
            tell(csv, event, reply);
            continue;
        }
        if (is_written(csv, rows, event->id)) {
            reply->set(reply, i, AFFN_DELIVERED, 0, "its row was in the file already");
            continue;
        }
        size_t length = row_format(&csv->format, event, rows->bytes + rows->length, &guarded);
        if (i == 0) {
            int32_t verdict = make_room(csv, length, batch->deadline_mono_ms, reply);
            if (verdict != AFFN_DELIVERED)
                return verdict;
        } else if (rotation_is_due(&csv->file, rows->count + 1, rows->length + length)) {
            reply->taken = i;
            break;
        }
        rows->ids[rows->count] = event->id;
        rows->lengths[rows->count++] = (uint32_t)length;
        rows->length += length;
        rows->guarded += guarded;
    }
    return AFFN_DELIVERED;
}

static int32_t write_rows(struct csv *csv, const struct rows *rows, struct affn_reply *reply)
{
    if (rows->count == 0)
        return AFFN_DELIVERED;
    int32_t verdict = file_append(&csv->file, rows, reply);
    if (verdict == AFFN_DELIVERED && csv->counter && rows->guarded > 0)
        csv->counter->add(COUNT_GUARDED, rows->guarded);
    return verdict;
}

static int32_t csv_deliver(void *self, const struct affn_batch *batch, struct affn_reply *reply)
{
    struct csv *csv = self;
    uint32_t count = batch->count < ROWS_MAX ? batch->count : ROWS_MAX;

    if (csv->is_trial)
        return deliver_in_trial(csv, batch, reply);
    int32_t verdict = follow(csv, batch->deadline_mono_ms, reply);
    if (verdict != AFFN_DELIVERED)
        return verdict;
    struct rows *rows = calloc(1, sizeof *rows);
    if (rows)
        rows->bytes = malloc((size_t)count * csv->format.row_bytes_max);
    if (!rows || !rows->bytes) {
        free(rows);
        snprintf(reply->what, reply->what_bytes, "out of memory for %u rows", count);
        return AFFN_RETRY;
    }
    verdict = make_rows(csv, batch, count, rows, reply);
    if (verdict == AFFN_DELIVERED)
        verdict = write_rows(csv, rows, reply);
    free(rows->bytes);
    free(rows);
    return verdict;
}

/* Finishes a file that is full, or of yesterday, although no event comes. */
static void csv_idle(void *self)
{
    struct csv *csv = self;
    char what[256] = "";
    char remedy[256] = "";
    struct affn_reply reply = {
        .what = what, .what_bytes = sizeof what, .remedy = remedy, .remedy_bytes = sizeof remedy};
    if (!file_is_current(&csv->file) || !rotation_is_due(&csv->file, 1, 0))
        return;
    int failed = rotation_run(&csv->file, &reply) != AFFN_DELIVERED;
    if (failed && !csv->idle_failed)
        csv->file.host->log(AFFN_LOG_ERROR, "%s%s%s; it is tried again with the next event", what,
                            *remedy ? "; what to do: " : "", remedy);
    csv->idle_failed = failed;
}

static void csv_close(void *self)
{
    struct csv *csv = self;
    file_close(&csv->file);
    free(csv->working_path);
    csv->working_path = NULL;
}

/* ---- What would be written ---- */

/* Whether a header comes before the rows is known only to who looks at the file. */
static void csv_render(const void *self, const struct affn_batch *batch, struct affn_output *output)
{
    const struct csv_options *options = &((const struct csv *)self)->options;
    struct format format;
    char row[ROW_BYTES_MAX];
    uint32_t guarded = 0;
    format_make(&format, options, NULL);
    if (options->show_header > 0)
        output->write(output, format.header, (uint32_t)format.header_bytes);
    for (uint32_t i = 0; i < batch->count; i++)
        output->write(output, row, (uint32_t)row_format(&format, batch->events[i], row, &guarded));
}

static const void *csv_extension(const char *id)
{
    static const struct affn_renderer renderer = {sizeof renderer, 0, csv_render};
    return strcmp(id, AFFN_RENDER) == 0 ? &renderer : NULL;
}

AFFN_SINK(.name = "csv", .version = AFFN_VERSION,
          .summary = "Appends each event to a CSV file, exactly once.",
          .defaults = "order=journal batch=500 retry=standard", .self_bytes = sizeof(struct csv),
          .options = table, .option_count = AFFN_COUNT(table), .check = csv_check, .open = csv_open,
          .deliver = csv_deliver, .idle = csv_idle, .close = csv_close, .extension = csv_extension)
