/* See spool.h. Files are taken in the order of their names, which is the order of writing. */
#include "core/bus/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/bus.h"
#include "core/bus/intake.h"

/* Says what is wrong in the spool: once, not every second. */
static void complain(struct bus *bus, const char *text, const char *remedy)
{
    if (text_equal(bus->spool_complaint, text))
        return;
    snprintf(bus->spool_complaint, sizeof bus->spool_complaint, "%s", text);
    log_error("spool", {"error", .text = text}, {"remedy", .text = remedy});
}

static int is_spooled(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Reads a regular file; links and devices that somebody may have put there are not followed. */
static int read_file(const char *path, struct buffer *content, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (fd < 0)
        return error_set_errno(error, "%s", path);
    int result = 0;
    if (fstat(fd, &status) < 0)
        result = error_set_errno(error, "%s", path);
    else if (!S_ISREG(status.st_mode))
        result = error_set(error, "%s: is not a regular file", path);
    else if (status.st_size > SPOOL_FILE_BYTES_MAX)
        result = error_set(error, "%s: is over %d bytes", path, SPOOL_FILE_BYTES_MAX);
    else
        result = file_read_open(fd, path, content, error);
    close(fd);
    return result;
}

/* What one file held, for one line in the log. */
struct tally {
    int taken;
    int known;
    int refused;
    struct refusal first; /* of the refused */
};

/* Nobody waits for the answer, so what is refused is kept with its reason. */
static bool refuse_line(struct bus *bus, const char *name, const char *line, size_t length,
                        const struct refusal *refusal, struct tally *tally)
{
    metrics_refused_in_turn(&bus->metrics, refusal->rule);
    if (tally->refused++ == 0)
        tally->first = *refusal;
    if (tally->refused > SPOOL_REFUSALS_A_FILE_MAX)
        return true; /* one file of rubbish must not push out what else is kept */
    struct error error;
    char *source = memory_format("spool/%s", name);
    size_t kept_bytes = length < LINE_BYTES_MAX ? length : LINE_BYTES_MAX;
    bool kept = intake_begin(bus);
    if (kept && journal_refuse(bus->journal, source, "", refusal, line, kept_bytes, clock_unix_ms(),
                               &error) < 0) {
        intake_break(bus, error.text);
        kept = false;
    }
    free(source);
    return kept;
}

static bool take_line(struct bus *bus, const char *name, const char *line, size_t length,
                      struct tally *tally)
{
    struct event_input input;
    struct refusal refusal;
    char id[EVENT_ID_SIZE];
    bool is_new;
    if (event_parse(line, length, &input, &refusal) < 0)
        return refuse_line(bus, name, line, length, &refusal, tally);
    if (!intake_take_event(bus, &input, id, &is_new))
        return false;
    *(is_new ? &tally->taken : &tally->known) += 1;
    return true;
}

/* False when the journal cannot take it: then the file stays. */
static bool take_lines(struct bus *bus, const char *name, const struct buffer *content,
                       struct tally *tally)
{
    const char *next = content->data;
    const char *end = content->data + content->len;
    while (next < end) {
        const char *stop = memchr(next, '\n', (size_t)(end - next));
        size_t length = (size_t)((stop ? stop : end) - next);
        if (length > 0 && !take_line(bus, name, next, length, tally))
            return false;
        next += length + 1;
    }
    return true;
}

static void log_tally(const char *name, const struct tally *tally)
{
    log_info("taken from the spool", {"file", .text = name}, {"new", .number = tally->taken},
             {"known", .number = tally->known});
    if (tally->refused == 0)
        return;
    int most = SPOOL_REFUSALS_A_FILE_MAX;
    log_warning("refused and kept", {"file", .text = name}, {"lines", .number = tally->refused},
                {"kept", .number = tally->refused < most ? tally->refused : most},
                {"first_reason", .text = tally->first.message});
}

static void remember_taken(struct bus *bus, char *path)
{
    bus->spool_files =
        memory_resize(bus->spool_files, bus->spool_file_count + 1, sizeof *bus->spool_files);
    bus->spool_files[bus->spool_file_count++] = path;
}

/* The bytes that were taken; -1 with the error when the file cannot be read. */
static int64_t take_file(struct bus *bus, const char *name, struct error *error)
{
    struct buffer content;
    struct tally tally = {.taken = 0};
    int64_t bytes = 0;
    char *path = memory_format("%s/%s", bus->config.spool, name);
    buffer_init(&content, SPOOL_FILE_BYTES_MAX);
    if (read_file(path, &content, error) < 0)
        bytes = -1;
    bool taken = bytes == 0 && intake_begin(bus) && take_lines(bus, name, &content, &tally);
    if (taken) {
        log_tally(name, &tally);
        remember_taken(bus, path);
        bytes = (int64_t)content.len;
    } else {
        free(path);
    }
    buffer_finish(&content);
    return bytes;
}

/* What cannot be taken stays, and keeps nothing behind it waiting. */
static void take_files(struct bus *bus, struct dirent *const *entries, int count)
{
    struct error error, first;
    int unusable = 0, taken = 0;
    int64_t bytes = 0;
    for (int i = 0; i < count && !bus->broken; i++) {
        if (taken == SPOOL_FILES_A_TURN_MAX || bytes >= SPOOL_BYTES_A_TURN_MAX) {
            bus->spool_due = bus->again = true;
            break;
        }
        int64_t got = take_file(bus, entries[i]->d_name, &error);
        if (got < 0 && unusable++ == 0)
            first = error;
        taken += got >= 0;
        bytes += got > 0 ? got : 0;
    }
    if (unusable > 0)
        complain(bus, first.text,
                 "mend its owner and mode, split it, or take it away; there may be others");
}

void spool_take(struct bus *bus)
{
    struct dirent **entries;
    bus->spool_due = false;
    int count = scandir(bus->config.spool, &entries, is_spooled, alphasort);
    if (count < 0) {
        char *text = memory_format("%s: %s", bus->config.spool, strerror(errno));
        complain(bus, text, "make the directory, or restart affnotifyd");
        free(text);
        return;
    }
    take_files(bus, entries, count);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

void spool_committed(struct bus *bus)
{
    for (size_t i = 0; i < bus->spool_file_count; i++) {
        if (unlink(bus->spool_files[i]) < 0 && errno != ENOENT) {
            char *text =
                memory_format("%s: cannot be removed: %s", bus->spool_files[i], strerror(errno));
            complain(bus, text, "remove it; its events were taken and are known from now on");
            free(text);
        }
    }
}

void spool_forget(struct bus *bus)
{
    for (size_t i = 0; i < bus->spool_file_count; i++)
        free(bus->spool_files[i]);
    free(bus->spool_files);
    bus->spool_files = NULL;
    bus->spool_file_count = 0;
}
