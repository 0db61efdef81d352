/*
 * A text being written into a room of fixed size, counted as Slack counts: in characters (code
 * points). What does not fit is not cut: the draft is marked as full and takes nothing more, so
 * that no character and no half of a value is ever left at its end.
 */
#ifndef SLACK_DRAFT_H
#define SLACK_DRAFT_H

#include <affnotify/sink.h>
#include <stdbool.h>
#include <stddef.h>

#define DRAFT_CHARACTER_BYTES 4 /* UTF-8, RFC 3629 */

struct draft {
    char *bytes; /* always ends with NUL */
    size_t room; /* of bytes, NUL included */
    size_t length;
    size_t characters;
    bool full; /* something did not fit: the draft is of no use */
};

void draft_init(struct draft *draft, char *bytes, size_t room);

void draft_add(struct draft *draft, const char *text);

/* `length` whole characters' bytes. */
void draft_add_bytes(struct draft *draft, const char *bytes, size_t length);

/* For short things of our own: at most 255 bytes. */
void draft_format(struct draft *draft, const char *format, ...) AFFN_PRINTF(2, 3);

#endif
