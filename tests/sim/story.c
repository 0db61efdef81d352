/* See story.h. Stands in for core/base/log.c, so that the bus's log is told and not printed. */
#include "tests/sim/story.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define LINES       2048
#define LINE_BYTES  240
#define STEPS_SHOWN 40

static struct line {
    char text[LINE_BYTES];
    bool is_step;
} lines[LINES];
static unsigned long count;
static bool is_aloud;

void story_begin(bool aloud)
{
    count = 0;
    is_aloud = aloud;
}

static void add(bool is_step, const char *format, va_list arguments)
{
    struct line *line = &lines[count++ % LINES];
    int length = 0;
    line->is_step = is_step;
    if (is_step)
        length = snprintf(line->text, LINE_BYTES, "%10.3f s  ", (double)clock_mono_ms() / 1000);
    vsnprintf(line->text + length, LINE_BYTES - (size_t)length, format, arguments);
    if (is_aloud)
        puts(line->text);
}

void story_step(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(true, format, arguments);
    va_end(arguments);
}

void story_tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(false, format, arguments);
    va_end(arguments);
}

void story_print_end(void)
{
    unsigned long first = count;
    unsigned long oldest = count > LINES ? count - LINES : 0;
    for (int steps = 0; first > oldest && steps < STEPS_SHOWN; first--)
        steps += lines[(first - 1) % LINES].is_step;
    for (unsigned long i = first; i < count && !is_aloud; i++)
        puts(lines[i % LINES].text);
    fflush(stdout);
}

/* ---- core/base/log.h ---- */

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    char text[LINE_BYTES];
    int length = snprintf(text, sizeof text, "    %s: %s", log_level_name(level), message);
    for (; fields->key && length < LINE_BYTES; fields++) {
        char *end = text + length;
        size_t room = (size_t)(LINE_BYTES - length);
        length += fields->text ? snprintf(end, room, " %s=%s", fields->key, fields->text)
                               : snprintf(end, room, " %s=%" PRId64, fields->key, fields->number);
    }
    story_tell("%s", text);
}

void log_set_level(enum log_level level)
{
    (void)level;
}

void log_set_filter(char *(*filter)(const char *text))
{
    (void)filter;
}

bool log_shows(enum log_level level)
{
    (void)level;
    return true;
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    return names[level];
}
