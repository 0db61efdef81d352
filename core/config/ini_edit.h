/*
 * Other values in an INI file, all else left as it is: comments, blanks, quotes, line ends. Pure. For
 * `affnotify seal --in-place`.
 */
#ifndef AFFN_CONFIG_INI_EDIT_H
#define AFFN_CONFIG_INI_EDIT_H

#include <stddef.h>

struct buffer;
struct error;

/* One value that is replaced. */
struct ini_edit {
    int line;
    const char *key;
    const char *was; /* as a document has it: trimmed, quotes taken off */
    const char *now; /* has nothing that a value must not hold */
};

/*
 * Adds the text to out, with its edits, which are in the order of their lines, one a line. -1 when a
 * line says something else than its edit takes it to, or would become too long.
 */
int ini_edit(const struct buffer *text, const struct ini_edit *edits, size_t count,
             struct buffer *out, struct error *error);

#endif
