/*
 * Events as lines for the bus: made from options, or taken from a file; stamped with the time when
 * they carry none, so that a second try is the same event. Checks no more than that it is JSON: the
 * rest is the bus's to say. Pure.
 */
#ifndef AFFN_CLI_EVENT_LINE_H
#define AFFN_CLI_EVENT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct outcome;

struct event_fields {
    const char *event; /* the full name */
    const char *email;
    const char *affiliate_id; /* NULL when absent, like those below */
    const char *deep_link;
    const char *via;
    const char *occurred_at;
};

/* The full name for "created", "deactivated" or a full name; else NULL. */
const char *event_line_type(const char *word);

/*
 * Whether a text is an affiliate's ID. The bus passes over one that is not, for events come from
 * programs that have IDs of their own; who types one wants to know.
 */
bool event_line_is_affiliate_id(const char *text);

/*
 * Whether the bus could take such an event, as far as that is to be known here: asked before one
 * goes into the spool, where nobody waits for a refusal. -1 with the refusal.
 */
int event_line_check(const struct event_fields *fields, struct outcome *refusal);

/*
 * Each adds one line with its LF to `lines`, whose limit it must fit, and returns 0; or -1 with the
 * refusal.
 */
int event_line_make(const struct event_fields *fields, int64_t now_unix_ms, struct buffer *lines,
                    struct outcome *refusal);
int event_line_stamp(const char *line, size_t length, int64_t now_unix_ms, struct buffer *lines,
                     struct outcome *refusal);

#endif
