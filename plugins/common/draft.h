/*
 * A text that is being written into room that somebody else owns. It always ends with NUL, and what
 * does not fit is left out as a whole and remembered: a draft that is full takes nothing more, so
 * that no half of a character or a value is ever left at its end. Nothing here allocates, so a
 * message can never grow beyond what was set aside for it. Used by all that writes what is sent.
 */
#ifndef COMMON_DRAFT_H
#define COMMON_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include <affnotify/sink.h>

#define DRAFT_CHARACTER_BYTES 4 /* at most: UTF-8, RFC 3629 */

struct draft {
    char *bytes;
    size_t room; /* of bytes, NUL included */
    size_t length;
    size_t characters; /* code points of UTF-8 */
    bool full;         /* something did not fit: the draft is of no use */
};

/* An empty draft. room is 1 or more. */
void draft_init(struct draft *draft, char *bytes, size_t room);

void draft_add(struct draft *draft, const char *text);
void draft_add_bytes(struct draft *draft, const char *bytes, size_t length);

/* For what is short by nature: more than 255 bytes do not fit. */
void draft_format(struct draft *draft, const char *format, ...) AFFN_PRINTF(2, 3);

#endif
