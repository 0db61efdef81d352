/* See alert_text.h. */
#include "core/bus/alert_text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

#define MOMENT_BYTES   32
#define DURATION_BYTES 48

/* ---- Words ---- */

/* "2026-03-18 12:00 UTC" */
static void write_moment(char moment[MOMENT_BYTES], int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / SECOND_MS);
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    strftime(moment, MOMENT_BYTES, "%Y-%m-%d %H:%M UTC", &tm);
}

/* "45 s", "12 min", "2 h 5 min", "3 d 4 h" */
static void write_duration(char duration[DURATION_BYTES], int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{DAY_MS, "d"}, {HOUR_MS, "h"}, {MINUTE_MS, "min"}, {SECOND_MS, "s"}};
    size_t unit = 0;
    while (unit < 3 && ms < units[unit].ms)
        unit++;
    long long count = ms / units[unit].ms;
    long long rest = unit < 2 ? ms % units[unit].ms / units[unit + 1].ms : 0;
    if (rest > 0)
        snprintf(duration, DURATION_BYTES, "%lld %s %lld %s", count, units[unit].name, rest,
                 units[unit + 1].name);
    else
        snprintf(duration, DURATION_BYTES, "%lld %s", count, units[unit].name);
}

/* ---- Text ---- */

/* Cut behind a whole character; control characters become blanks. */
static void tame(char *text, size_t room)
{
    size_t length = strlen(text);
    if (length + 1 == room) {
        size_t last = length;
        while (last > 0 && ((unsigned char)text[last - 1] & 0xc0) == 0x80)
            last--;
        if (last > 0 && (unsigned char)text[last - 1] >= 0xc0)
            text[last - 1] = '\0'; /* it may be whole; nobody misses it */
    }
    for (char *at = text; *at; at++) {
        if (((unsigned char)*at < ' ' && *at != '\n') || *at == 0x7f)
            *at = ' ';
    }
}

__attribute__((format(printf, 2, 3))) static void add(struct alert_text *text, const char *format,
                                                      ...)
{
    size_t used = strlen(text->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text->text + used, sizeof text->text - used, format, arguments);
    va_end(arguments);
}

/* A value within a paragraph has no line of its own. */
static void add_value(struct alert_text *text, const char *label, const char *value)
{
    if (!value[0])
        return;
    add(text, "\n\n%s: ", label);
    char *from = text->text + strlen(text->text);
    add(text, "%s", value);
    for (char *at = from; *at; at++) {
        if (*at == '\n')
            *at = ' ';
    }
}

static void add_pending(struct alert_text *text, int64_t pending, const char *also)
{
    if (pending == 0)
        add(text, " No event waits.");
    else
        add(text, " %lld event%s%s.", (long long)pending, pending == 1 ? " waits" : "s wait", also);
}

/* Which one, and what of it: "is held". */
static void begin(struct alert_text *text, const struct alert_facts *facts, const char *does,
                  const char *what)
{
    text->text[0] = '\0';
    snprintf(text->subject, sizeof text->subject, "affnotify: %s %s %s", facts->sink, does, what);
}

static void add_reasons(struct alert_text *text, const struct alert_facts *facts)
{
    add_value(text, "Why", facts->what);
    add_value(text, "What to do", facts->remedy);
    tame(text->text, sizeof text->text);
}

void alert_text_trouble(struct alert_text *text, const struct alert_facts *facts)
{
    char since[MOMENT_BYTES];
    bool named = strcmp(facts->state, "held") == 0 || strcmp(facts->state, "stopped") == 0;
    write_moment(since, facts->since_unix_ms);
    begin(text, facts, "is", named ? facts->state : "not open");
    add(text, "Not open since %s.", since);
    add_pending(text, facts->pending, "");
    add_reasons(text, facts);
}

void alert_text_failing(struct alert_text *text, const struct alert_facts *facts)
{
    char since[MOMENT_BYTES];
    char lasted[DURATION_BYTES];
    write_moment(since, facts->since_unix_ms);
    write_duration(lasted, facts->lasted_ms > 0 ? facts->lasted_ms : 0);
    begin(text, facts, "delivers", "nothing");
    add(text, "It has delivered nothing for %s, since %s: %u attempts failed.", lasted, since,
        facts->attempts);
    add_pending(text, facts->pending, "");
    add_reasons(text, facts);
}

void alert_text_over(struct alert_text *text, const struct alert_facts *facts)
{
    char since[MOMENT_BYTES];
    char lasted[DURATION_BYTES];
    write_moment(since, facts->since_unix_ms);
    write_duration(lasted, facts->lasted_ms > 0 ? facts->lasted_ms : 0);
    begin(text, facts, "is", "open again");
    add(text, "It %s for %s, since %s.", facts->failing ? "delivered nothing" : "was not open",
        lasted, since);
    add_pending(text, facts->pending, " and will go out");
}
