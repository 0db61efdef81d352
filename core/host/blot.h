/*
 * The last gate for text that leaves the host: known secrets, and the persons of a batch, are blotted
 * out, control characters and broken UTF-8 replaced, length cut. Whoever sends an outcome, a mistake, a log line or a
 * rendering calls it; no text of a plugin or of a far side goes out past it. Pure.
 */
#ifndef AFFN_HOST_BLOT_H
#define AFFN_HOST_BLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/host/secret_forms.h"

struct buffer;
struct own_words;

/* Secrets shorter than this are not looked for: they would blot out half of every sentence. */
#define BLOT_BYTES_MIN 4

/* What stands in the place of a secret. */
#define BLOT "••••"

struct blot {
    struct secret_forms *secrets;
    size_t count;
    size_t capacity;
    unsigned char starts[256];   /* of a byte, the forms of secrets that may begin with it */
    const struct blot *also;     /* another list that counts as well; NULL for none */
    const struct own_words *own; /* what sentences have of these stays; NULL for none */
};

/* A zeroed struct is empty and ready. */
void blot_finish(struct blot *blot);

/* Forgets and wipes all secrets, keeps the list's memory. */
void blot_clear(struct blot *blot);

/*
 * Remembers a copy of a secret, which is found also in hex, in base64 and escaped as in a URL, JSON
 * or HTML; a long one in any case; of a signing secret also the base64 alone. NULL, short and known
 * ones are passed over.
 */
void blot_add(struct blot *blot, const char *secret);

/* Remembers a person's e-mail address, found escaped and in any case, however many there are. */
void blot_add_person(struct blot *blot, const char *email);

/*
 * Remembers the user and password of a URL that has them: as written, decoded, and as Basic sends
 * them.
 */
void blot_add_userinfo(struct blot *blot, const char *url);

/* Remembers a URL that is a secret as a whole, what follows its host, and its long parts. */
void blot_add_url(struct blot *blot, const char *url);

/*
 * Writes a sentence to out, at most room bytes with the NUL, without the secrets of either list
 * (`more` may be NULL) and without the beginning of one that the text was cut in the middle of. Words
 * that `known` has as our own stay.
 */
void blot_text(const struct blot *known, const struct blot *more, const char *text, char *out,
               size_t room);

/* The same of a far side's text that was not cut, into new memory that has room for all of it. */
char *blot_new(const struct blot *known, const struct blot *more, const char *text);

/*
 * Adds bytes to out with the secrets of either list blotted out and every other byte as it is; for
 * what must be shown just as it is sent. When they were cut, the beginning of a secret at their end
 * is blotted out, too. 0, or -1 when out has not the room.
 */
int blot_bytes(const struct blot *known, const struct blot *more, const char *bytes, size_t length,
               bool cut, struct buffer *out);

#endif
