/*
 * The last gate for text that leaves the host: known secrets are blotted out, control characters
 * and broken UTF-8 replaced, length cut. Whoever sends an outcome, a mistake or a log line calls
 * it; no text of a plugin or of a far side goes out past it. Pure.
 */
#ifndef AFFN_HOST_BLOT_H
#define AFFN_HOST_BLOT_H

#include <stddef.h>

/* Secrets shorter than this are not looked for: they would blot out half of every sentence. */
#define BLOT_BYTES_MIN 4

/* What stands in the place of a secret. */
#define BLOT "••••"

struct blot {
    char **secrets;
    size_t count;
    size_t capacity;
};

/* A zeroed struct is empty and ready. */
void blot_finish(struct blot *blot);

/* Forgets and wipes all secrets, keeps the list's memory. */
void blot_clear(struct blot *blot);

/* Remembers a copy of a secret; NULL, short and known ones are passed over. */
void blot_add(struct blot *blot, const char *secret);

/*
 * Remembers the user and password of a URL that has them: as written, decoded, and as Basic sends
 * them.
 */
void blot_add_userinfo(struct blot *blot, const char *url);

/* Remembers a URL that is a secret as a whole, and what follows its host. */
void blot_add_url(struct blot *blot, const char *url);

/*
 * Writes text to out, at most room bytes with the NUL, without the secrets of either list (`more`
 * may be NULL) and without the beginning of one that the text was cut in the middle of.
 */
void blot_text(const struct blot *known, const struct blot *more, const char *text, char *out,
               size_t room);

#endif
