/*
 * Text that is being written into room that somebody else owns: it always ends with NUL, and what
 * does not fit is left out as a whole and remembered. So nothing here allocates, and a message can
 * never grow beyond what was set aside for it. Used by all that writes headers and bodies.
 */
#ifndef SMTP_DRAFT_H
#define SMTP_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <affnotify/sink.h>

struct draft {
    char *bytes;
    size_t room; /* with the NUL */
    size_t length;
    bool full; /* something did not fit */
};

void draft_begin(struct draft *draft, char *bytes, size_t room);
void draft_add(struct draft *draft, const char *text);
void draft_add_bytes(struct draft *draft, const char *bytes, size_t length);
void draft_format(struct draft *draft, const char *format, ...) AFFN_PRINTF(2, 3);

/* How many bytes the text will have as quoted-printable, or a few more. */
size_t draft_sent_bytes(const struct draft *draft);

#endif
