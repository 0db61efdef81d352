/* See survey_literal.h. */
#include "core/bus/survey_literal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/sentences.h"
#include "core/config/config.h"

#define LINES_SHOWN_MAX 8

#define GROUP_READ  040u
#define OTHERS_READ 004u
#define GROUP_ANY   070u
#define OTHERS_ANY  007u

void survey_literals_add(struct survey_literals *literals, const struct setting *setting)
{
    literals->settings =
        memory_resize(literals->settings, literals->count + 1, sizeof *literals->settings);
    literals->settings[literals->count++] = setting;
}

void survey_literals_finish(struct survey_literals *literals)
{
    if (!literals)
        return;
    free(literals->settings);
    *literals = (struct survey_literals){0};
}

/* Plugins' tables came in any order. */
static int by_line(const void *one, const void *other)
{
    const struct setting *const *a = one, *const *b = other;
    return ((*a)->line > (*b)->line) - ((*a)->line < (*b)->line);
}

/* "line 8", or "lines 8, 12 and 3 more"; how many there are. */
static size_t write_lines(const struct survey_literals *literals, const char *file,
                          struct buffer *text)
{
    struct buffer lines;
    size_t count = 0;
    buffer_init(&lines, text->max);
    for (size_t i = 0; i < literals->count; i++) {
        if (!text_equal(literals->settings[i]->file, file))
            continue;
        if (count++ < LINES_SHOWN_MAX)
            buffer_printf(&lines, "%s%d", count > 1 ? ", " : "", literals->settings[i]->line);
    }
    buffer_printf(text, "line%s %s", count > 1 ? "s" : "", count > 0 ? lines.data : "");
    if (count > LINES_SHOWN_MAX)
        buffer_printf(text, " and %zu more", count - LINES_SHOWN_MAX);
    buffer_finish(&lines);
    return count;
}

/*
 * The bits of others that may read, and those that go with them. The group of the bus's user may: a file
 * of root's has to be readable by it. Root, before there is a state folder, cannot know which that is.
 */
static unsigned bits_too_many(const struct stat *status, const char *state)
{
    struct stat ignored;
    bool group_is_known = geteuid() != 0 || stat(state, &ignored) == 0;
    unsigned bits = 0;
    if (status->st_mode & OTHERS_READ)
        bits |= OTHERS_ANY;
    if (status->st_mode & GROUP_READ && group_is_known && status->st_gid != getegid())
        bits |= GROUP_ANY;
    return bits;
}

static void judge(const struct survey_literals *literals, const struct config *config,
                  const char *file, struct mistakes *mistakes)
{
    struct stat status;
    struct buffer lines;
    if (stat(file, &status) < 0)
        return;
    unsigned mode = status.st_mode & 07777;
    unsigned bits = bits_too_many(&status, config->state);
    buffer_init(&lines, 256);
    if (bits && write_lines(literals, file, &lines) > 0)
        mistakes_warn(mistakes, &(struct place){.file = file}, SAY_LITERALS_READ, mode, lines.data,
                      config->path, mode & ~bits, file);
    buffer_finish(&lines);
}

void survey_literals_judge(const struct survey_literals *literals, const struct config *config,
                           struct mistakes *mistakes)
{
    if (literals->count > 0)
        qsort(literals->settings, literals->count, sizeof *literals->settings, by_line);
    for (size_t i = 0; i < config->document.file_count; i++)
        judge(literals, config, config->document.files[i], mistakes);
}
