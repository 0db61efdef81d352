/* Small questions about text. */
#ifndef AFFN_BASE_TEXT_H
#define AFFN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

bool text_equal(const char *one, const char *other);
bool text_starts(const char *text, const char *start);

/*
 * The candidate that `text` was most likely meant to be, by edit distance, or NULL when none is
 * near: a third of its letters may differ, rounded down, and always one. candidates ends with NULL.
 */
const char *text_nearest(const char *text, const char *const *candidates);

/*
 * How many of the first `max` bytes of valid UTF-8 text can be kept without cutting a character in
 * two; the whole length when it is shorter.
 */
size_t text_cut(const char *text, size_t max);

/* Whether a file that begins so is UTF-16 with its byte order mark, which UTF-8 never begins with. */
bool text_is_utf16(const char *bytes, size_t length);

#endif
