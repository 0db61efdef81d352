/* See ledger.h. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "rows.h"

#define LEDGER_NAME       "rows"
#define LEDGER_NEW        ".new"
#define LEDGER_BYTES_LONG ((off_t)1024 * 1024)
#define HEAD_BYTES_MAX    128 /* of a record's first line, a path left out */
#define LINE_BYTES_MAX    (RECENT_ID_BYTES + 12)
#define END               "end\n"

int ledger_init(struct ledger *ledger, const char *directory)
{
    *ledger = (struct ledger){.fd = -1};
    if (asprintf(&ledger->path, "%s/" LEDGER_NAME, directory) < 0)
        ledger->path = NULL;
    return ledger->path ? 0 : -1;
}

static void close_it(struct ledger *ledger)
{
    int number = errno;
    if (ledger->is_open)
        close(ledger->fd);
    ledger->is_open = false;
    errno = number;
}

void ledger_finish(struct ledger *ledger)
{
    close_it(ledger);
    free(ledger->path);
    ledger->path = NULL;
}

bool ledger_is_long(const struct ledger *ledger)
{
    return ledger->size > LEDGER_BYTES_LONG;
}

/* ---- Reading ---- */

/* A text with a NUL behind it, or NULL with errno; no file is an empty text. */
static char *read_all(const char *path, size_t *length)
{
    struct stat status;
    *length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? calloc(1, 1) : NULL;
    char *text = NULL;
    if (fstat(fd, &status) == 0)
        text = malloc((size_t)status.st_size + 1);
    if (text && disk_read(fd, text, (size_t)status.st_size, 0) == 0) {
        *length = (size_t)status.st_size;
        text[*length] = '\0';
    } else {
        free(text);
        text = NULL;
    }
    int number = errno;
    close(fd);
    errno = number;
    return text;
}

/* What is left of the text. */
struct cursor {
    const char *at;
    const char *end;
};

/* Passes a word; false when something else stands there. */
static bool pass(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool pass_number(struct cursor *cursor, const char *after, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(cursor->at, &end, 10);
    if (end == cursor->at || errno != 0)
        return false;
    cursor->at = end;
    return pass(cursor, after);
}

static bool pass_bytes(struct cursor *cursor, uint64_t length, const char **bytes)
{
    if ((uint64_t)(cursor->end - cursor->at) < length)
        return false;
    *bytes = cursor->at;
    cursor->at += length;
    return true;
}

static bool pass_place(struct cursor *cursor, struct ledger_place *place)
{
    uint64_t device;
    uint64_t inode;
    if (!pass_number(cursor, " ", &device) || !pass_number(cursor, " ", &inode))
        return false;
    *place = (struct ledger_place){(dev_t)device, (ino_t)inode};
    return true;
}

/* The last record is not known to be carried out; once another follows, it is. */
static void take_for_written(struct ledger_story *story)
{
    if (story->last != LEDGER_ROWS)
        return;
    const char *lines = story->lines;
    size_t unused;
    for (uint32_t i = 0; i < story->count; i++)
        recent_add(story->recent, ledger_line(&lines, &unused));
    story->newest = story->count;
}

const char *ledger_line(const char **lines, size_t *row_bytes)
{
    const char *id = *lines;
    char *end;
    *row_bytes = (size_t)strtoull(id + RECENT_ID_BYTES + 1, &end, 10);
    *lines = end + 1;
    return id;
}

static bool read_known(struct cursor *cursor, struct ledger_story *story)
{
    uint64_t count;
    uint64_t newest;
    const char *id;
    struct cursor start;
    if (!pass_place(cursor, &story->place) || !pass_number(cursor, " ", &count) ||
        !pass_number(cursor, "\n", &newest) || newest > count)
        return false;
    start = *cursor;
    for (uint64_t i = 0; i < count; i++)
        if (!pass_bytes(cursor, RECENT_ID_BYTES, &id) || !pass(cursor, "\n"))
            return false;
    if (!pass(cursor, END))
        return false;
    for (uint64_t i = 0; i < count; i++, start.at += RECENT_ID_BYTES + 1)
        recent_add(story->recent, start.at);
    story->newest = (uint32_t)newest;
    story->last = LEDGER_KNOWN;
    return true;
}

/* The IDs and lengths of `count` rows, which come to `length` bytes, and are passed. */
static bool pass_lines(struct cursor *cursor, uint64_t count, uint64_t length)
{
    const char *id;
    uint64_t row_bytes;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (!pass_bytes(cursor, RECENT_ID_BYTES, &id) || !pass(cursor, " ") ||
            !pass_number(cursor, "\n", &row_bytes))
            return false;
        sum += row_bytes;
    }
    return sum == length;
}

static bool read_rows(struct cursor *cursor, struct ledger_story *story)
{
    struct ledger_place place;
    const char *bytes;
    uint64_t before;
    uint64_t count;
    uint64_t length;
    if (!pass_place(cursor, &place) || !pass_number(cursor, " ", &before) ||
        !pass_number(cursor, " ", &count) || !pass_number(cursor, "\n", &length))
        return false;
    const char *lines = cursor->at;
    if (!pass_lines(cursor, count, length) || !pass_bytes(cursor, length, &bytes) ||
        !pass(cursor, END))
        return false;
    take_for_written(story);
    story->last = LEDGER_ROWS;
    story->place = place;
    story->before = (off_t)before;
    story->count = (uint32_t)count;
    story->lines = lines;
    story->bytes = bytes;
    story->length = (size_t)length;
    return true;
}

static bool read_rotation(struct cursor *cursor, struct ledger_story *story)
{
    struct ledger_place place;
    if (!pass_place(cursor, &place))
        return false;
    const char *path = cursor->at;
    char *line_end = memchr(path, '\n', (size_t)(cursor->end - path));
    if (!line_end)
        return false;
    cursor->at = line_end + 1;
    if (!pass(cursor, END))
        return false;
    *line_end = '\0';
    take_for_written(story);
    story->place = place;
    story->last = LEDGER_ROTATE;
    story->final_path = path;
    return true;
}

/* Record by record; what is not whole is where the ledger ends. */
static void read_records(struct cursor *cursor, struct ledger_story *story)
{
    bool goes_on = true;
    while (goes_on) {
        if (pass(cursor, "known "))
            goes_on = read_known(cursor, story);
        else if (pass(cursor, "rows "))
            goes_on = read_rows(cursor, story);
        else if (pass(cursor, "rotate "))
            goes_on = read_rotation(cursor, story);
        else
            goes_on = false;
    }
}

int ledger_read(struct ledger *ledger, struct recent *recent, struct ledger_story *story)
{
    size_t length;
    *story = (struct ledger_story){.recent = recent};
    story->text = read_all(ledger->path, &length);
    if (!story->text)
        return -1;
    struct cursor cursor = {.at = story->text, .end = story->text + length};
    read_records(&cursor, story);
    return 0;
}

/* ---- Writing ---- */

static char *put(char *to, const char *bytes, size_t length)
{
    memcpy(to, bytes, length);
    return to + length;
}

static int write_new(const char *path, const char *text, size_t length)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    if (disk_write(fd, text, length) == 0 && fsync(fd) == 0)
        return fd;
    int number = errno;
    close(fd);
    errno = number;
    return -1;
}

/* The text becomes the ledger, at once and as a whole. */
static int replace(struct ledger *ledger, const char *text, size_t length)
{
    char *new_path;
    close_it(ledger);
    if (asprintf(&new_path, "%s" LEDGER_NEW, ledger->path) < 0)
        return -1;
    ledger->fd = write_new(new_path, text, length);
    ledger->is_open = ledger->fd >= 0;
    ledger->size = (off_t)length;
    int result = ledger->is_open && rename(new_path, ledger->path) == 0 &&
                         disk_sync_directory(ledger->path) == 0
                     ? 0
                     : -1;
    int number = errno;
    free(new_path);
    errno = number;
    if (result < 0)
        close_it(ledger);
    return result;
}

int ledger_begin(struct ledger *ledger, struct ledger_place place, const struct recent *recent,
                 uint32_t newest)
{
    char *text = malloc(HEAD_BYTES_MAX + recent->count * (RECENT_ID_BYTES + 1) + sizeof END);
    if (!text)
        return -1;
    if (newest > recent->count)
        newest = recent->count;
    char *end =
        text + snprintf(text, HEAD_BYTES_MAX, "known %ju %ju %u %u\n", (uintmax_t)place.device,
                        (uintmax_t)place.inode, recent->count, newest);
    for (uint32_t i = 0; i < recent->count; i++) {
        end = put(end, recent_at(recent, i), RECENT_ID_BYTES);
        *end++ = '\n';
    }
    end = put(end, END, sizeof END - 1);
    int result = replace(ledger, text, (size_t)(end - text));
    free(text);
    return result;
}

static int add(struct ledger *ledger, const char *text, size_t length)
{
    if (disk_write(ledger->fd, text, length) < 0 || fsync(ledger->fd) < 0) {
        close_it(ledger);
        return -1;
    }
    ledger->size += (off_t)length;
    return 0;
}

int ledger_add_rows(struct ledger *ledger, struct ledger_place place, off_t before,
                    const struct rows *rows)
{
    char *text =
        malloc(HEAD_BYTES_MAX + rows->count * (size_t)LINE_BYTES_MAX + rows->length + sizeof END);
    if (!text)
        return -1;
    char *end =
        text + snprintf(text, HEAD_BYTES_MAX, "rows %ju %ju %jd %u %zu\n", (uintmax_t)place.device,
                        (uintmax_t)place.inode, (intmax_t)before, rows->count, rows->length);
    for (uint32_t i = 0; i < rows->count; i++) {
        end = put(end, rows->ids[i], RECENT_ID_BYTES);
        end += sprintf(end, " %u\n", rows->lengths[i]);
    }
    end = put(end, rows->bytes, rows->length);
    end = put(end, END, sizeof END - 1);
    int result = add(ledger, text, (size_t)(end - text));
    free(text);
    return result;
}

int ledger_add_rotation(struct ledger *ledger, struct ledger_place place, const char *final_path)
{
    char *text;
    int length = asprintf(&text, "rotate %ju %ju %s\n" END, (uintmax_t)place.device,
                          (uintmax_t)place.inode, final_path);
    if (length < 0)
        return -1;
    int result = add(ledger, text, (size_t)length);
    free(text);
    return result;
}
