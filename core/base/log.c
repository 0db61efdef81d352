/* See log.h. A line goes out by one write(2), so that lines of several programs never mix. */
#include "core/base/log.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 4096

struct line {
    char text[LINE_BYTES];
    size_t len;
};

static enum log_level lowest = LOG_LEVEL_INFO;
static char *(*filter_in_force)(const char *text);

void log_set_level(enum log_level level)
{
    lowest = level;
}

void log_set_filter(char *(*filter)(const char *text))
{
    filter_in_force = filter;
}

bool log_shows(enum log_level level)
{
    return level >= lowest;
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    return names[level];
}

/* Keeps one byte for the line break; what does not fit is cut. */
static void add(struct line *line, const char *bytes, size_t length)
{
    size_t room = LINE_BYTES - 1 - line->len;
    if (length > room)
        length = room;
    memcpy(line->text + line->len, bytes, length);
    line->len += length;
}

/* systemd's journal stamps lines itself; everywhere else "when" is the first thing one asks. */
static void add_time(struct line *line)
{
    struct timespec now;
    struct tm utc;
    char text[40];
    if (getenv("JOURNAL_STREAM") || clock_gettime(CLOCK_REALTIME, &now) < 0 ||
        !gmtime_r(&now.tv_sec, &utc))
        return;
    size_t length = strftime(text, sizeof text, " at=%Y-%m-%dT%H:%M:%S", &utc);
    add(line, text, length);
    length = (size_t)snprintf(text, sizeof text, ".%03ldZ", now.tv_nsec / 1000000);
    add(line, text, length);
}

static bool is_plain(const char *text)
{
    if (!*text)
        return false;
    for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++) {
        if (*byte <= ' ' || *byte == '"' || *byte == '\\' || *byte == '=' || *byte == 0x7f)
            return false;
    }
    return true;
}

static void add_quoted(struct line *line, const char *text)
{
    add(line, "\"", 1);
    for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++) {
        char escape[5];
        if (*byte == '"' || *byte == '\\') {
            snprintf(escape, sizeof escape, "\\%c", *byte);
            add(line, escape, 2);
        } else if (*byte < ' ' || *byte == 0x7f) {
            snprintf(escape, sizeof escape, "\\x%02x", *byte);
            add(line, escape, 4);
        } else {
            add(line, (const char *)byte, 1);
        }
    }
    add(line, "\"", 1);
}

static void add_value(struct line *line, const char *text)
{
    if (is_plain(text))
        add(line, text, strlen(text));
    else
        add_quoted(line, text);
}

static void add_field(struct line *line, const struct log_field *field)
{
    add(line, " ", 1);
    add(line, field->key, strlen(field->key));
    add(line, "=", 1);
    if (!field->text) {
        char number[24];
        int length = snprintf(number, sizeof number, "%" PRId64, field->number);
        add(line, number, (size_t)length);
        return;
    }
    char *text = filter_in_force ? filter_in_force(field->text) : NULL;
    add_value(line, text ? text : field->text);
    free(text);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    if (level < lowest)
        return;
    struct line line = {.len = 0};
    const char *name = log_level_name(level);
    add(&line, name, strlen(name));
    add_time(&line);
    add_field(&line, &(struct log_field){.key = "msg", .text = message});
    for (; fields->key; fields++)
        add_field(&line, fields);
    line.text[line.len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line.text, line.len);
    (void)written; /* there is nobody left to tell */
}
