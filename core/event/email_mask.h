/*
 * E-mail addresses as they stand where many may look: in the log, in tables. In any text, whatever
 * looks like an address is taken for one, also with a quoted name, and escaped as in JSON, a URL or
 * HTML; of a link around it the rest stays. Pure, and free of libraries.
 */
#ifndef AFFN_EVENT_EMAIL_MASK_H
#define AFFN_EVENT_EMAIL_MASK_H

enum email_shown {
    EMAIL_FULL,
    EMAIL_MASKED, /* a•••@example.com: the first character and the domain */
    EMAIL_NONE,   /* ••• */
};

/* "full", "masked", "none"; and the other way round, where every other word is EMAIL_MASKED. */
const char *email_shown_name(enum email_shown shown);
enum email_shown email_shown_of(const char *name);

/* The text with its addresses as they may be shown; to be freed. */
char *email_mask(const char *text, enum email_shown shown);

#endif
