/* See recovery.h. */
#include "recovery.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <affnotify/sink.h>

#include "disk.h"
#include "file.h"
#include "format.h"
#include "rotation.h"

#define CHUNK_BYTES ((off_t)64 * 1024)

static bool is_same(struct ledger_place one, struct ledger_place other)
{
    return one.device == other.device && one.inode == other.inode;
}

static bool is_nowhere(struct ledger_place place)
{
    return place.device == 0 && place.inode == 0;
}

static void forget(struct file *file)
{
    recent_clear(&file->recent);
    file->newest = 0;
}

/* ---- Rows that were about to be written ---- */

/* How many bytes of whole rows are there as they were noted; their IDs are known then. */
static size_t learn_whole_rows(struct file *file, const struct ledger_story *story,
                               const char *there, size_t length)
{
    const char *lines = story->lines;
    size_t whole = 0;
    file->newest = 0;
    for (uint32_t i = 0; i < story->count; i++) {
        size_t row_bytes;
        const char *id = ledger_line(&lines, &row_bytes);
        if (whole + row_bytes > length ||
            memcmp(there + whole, story->bytes + whole, row_bytes) != 0)
            break;
        recent_add(&file->recent, id);
        file->newest++;
        whole += row_bytes;
    }
    return whole;
}

/* Whether bytes are what a crash left of what was noted: as noted, or zeros after a power cut. */
static bool is_torn(const char *there, const char *noted, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (there[i] != noted[i] && there[i] != '\0')
            return false;
    return true;
}

/* What comes behind whole rows of ours and is not torn belongs to others, and stays. */
static int32_t compare(struct file *file, const struct ledger_story *story,
                       struct affn_reply *reply)
{
    size_t behind = (size_t)(file->size - story->before);
    size_t length = behind < story->length ? behind : story->length;
    char *there = malloc(length + 1);
    if (!there || disk_read(file->fd, there, length, story->before) < 0) {
        free(there);
        return file_failed(file, "read", reply);
    }
    size_t whole = learn_whole_rows(file, story, there, length);
    bool is_cut = whole < story->length && behind > whole && behind <= story->length &&
                  is_torn(there + whole, story->bytes + whole, behind - whole);
    free(there);
    return is_cut ? file_cut(file, story->before + (off_t)whole, reply) : AFFN_DELIVERED;
}

static int32_t take_story(struct file *file, const struct ledger_story *story,
                          struct affn_reply *reply)
{
    bool is_here = is_same(story->place, file->place);
    file->newest = story->newest;
    if (story->last == LEDGER_ROTATE && !is_here) {
        recent_keep(&file->recent, story->newest);
        return rotation_finish(file, story->final_path, reply);
    }
    if (story->last == LEDGER_KNOWN && is_nowhere(story->place))
        return AFFN_DELIVERED; /* a rotation was finished, and this file begun since */
    if (!is_here || (story->last == LEDGER_ROWS && file->size < story->before)) {
        forget(file); /* somebody has moved it away, or emptied it */
        return AFFN_DELIVERED;
    }
    return story->last == LEDGER_ROWS ? compare(file, story, reply) : AFFN_DELIVERED;
}

/* ---- The file as a whole ---- */

/* Counts its lines; also whether the last is ended. */
static int count_rows(struct file *file, bool *ended)
{
    char *chunk = malloc((size_t)CHUNK_BYTES);
    off_t at = (off_t)file->format->header_bytes;
    int result = chunk ? 0 : -1;
    file->rows = 0;
    *ended = true;
    while (result == 0 && at < file->size) {
        off_t left = file->size - at;
        size_t length = (size_t)(left < CHUNK_BYTES ? left : CHUNK_BYTES);
        result = disk_read(file->fd, chunk, length, at);
        for (size_t i = 0; result == 0 && i < length; i++)
            file->rows += chunk[i] == '\n';
        *ended = chunk[length - 1] == '\n';
        at += (off_t)length;
    }
    free(chunk);
    return result;
}

int32_t recovery_of_file(struct file *file, struct affn_reply *reply)
{
    struct ledger_story story;
    bool ended;
    const char *directory = file->host->state_dir();
    if (!directory || ledger_init(&file->ledger, directory) < 0)
        return file_not_ours(file, "needs the sink's own directory, which could not be made",
                             "see the log for the reason, and mend that", reply);
    int32_t verdict = ledger_read(&file->ledger, &file->recent, &story) < 0
                          ? file_failed_beside(file, file->ledger.path, "read", reply)
                          : take_story(file, &story, reply);
    free(story.text);
    if (verdict != AFFN_DELIVERED)
        return verdict;
    if (count_rows(file, &ended) < 0)
        return file_failed(file, "read", reply);
    return ended ? AFFN_DELIVERED : file_not_ended(file, reply);
}

int32_t recovery_begin_ledger(struct file *file, struct affn_reply *reply)
{
    if (ledger_begin(&file->ledger, file->place, &file->recent, file->newest) < 0)
        return file_failed_beside(file, file->ledger.path, "write", reply);
    return AFFN_DELIVERED;
}
