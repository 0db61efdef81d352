/*
 * One physical line of an INI file: is it a section, a setting, or nothing, and what is wrong with
 * it? Pure. The rules are those that keep inih's traps away; README.md lists them.
 */
#ifndef AFFN_CONFIG_INI_LINE_H
#define AFFN_CONFIG_INI_LINE_H

#include <stddef.h>

struct error;

enum ini_line_kind {
    INI_LINE_NOTHING, /* blank, a comment, or of no use */
    INI_LINE_SECTION,
    INI_LINE_SETTING,
};

/* The texts point into the line. */
struct ini_line {
    enum ini_line_kind kind;
    char *name;  /* the section's, or NULL when it cannot be made out; the setting's key */
    char *value; /* the setting's: trimmed, quotes taken off */
};

/*
 * Reads `text`, which has no line break, has `length` bytes and room for a NUL after them, and is
 * changed. -1 with a sentence when something is wrong; *line then still says what can be made use
 * of, so that one mistake does not draw others. No sentence holds any part of a value.
 */
int ini_line_read(char *text, size_t length, struct ini_line *line, struct error *error);

#endif
