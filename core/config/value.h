/*
 * Typed values: text from an INI to a number, a duration, a list. Used for the bus's own keys and,
 * in the host, for the options of plugins. Each returns 0, or -1 with a sentence that says what is
 * wrong and what would be right, without naming the key.
 */
#ifndef AFFN_CONFIG_VALUE_H
#define AFFN_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/*
 * What a sentence calls a wrong value: "`7x`" of one that looks like a number, "this value" of any
 * other, for it may be a secret that stands behind the wrong key (see README.md).
 */
struct value_quote {
    char text[24];
};
struct value_quote value_quote(const char *text);

/* A decimal number, whole. With min and max both 0 there are no bounds; the same holds below. */
int value_int(const char *text, int64_t min, int64_t max, int64_t *number, struct error *error);

/* yes no true false on off 1 0, in any case. */
int value_bool(const char *text, bool *flag, struct error *error);

/* Bytes: 512, 64k, 10M, 1G, powers of 1,024. */
int value_size(const char *text, int64_t min, int64_t max, int64_t *bytes, struct error *error);

/* Milliseconds: 250ms 10s 5m 2h 3d; the unit is required, but for 0. */
int value_duration(const char *text, int64_t min_ms, int64_t max_ms, int64_t *ms,
                   struct error *error);

/* A number of bytes or milliseconds as one would write it, such as 64k or 10s; to be freed. */
char *value_size_text(int64_t bytes);
char *value_duration_text(int64_t ms);

/* The index of text among choices, which end with NULL; suggests the nearest. */
int value_choice(const char *text, const char *const *choices, int32_t *index, struct error *error);

/* A rate such as 50/s, 10/m, 1/h, in events an hour, so that each is a whole number. */
int value_rate(const char *text, int64_t *events_an_hour, struct error *error);

/*
 * scheme://host[:port][/…] with one of the schemes ("https smtps", blanks between; NULL: any). The
 * sentence holds nothing of the text: some URLs are secrets.
 */
int value_url(const char *text, const char *schemes, struct error *error);

/* An absolute path. */
int value_path(const char *text, struct error *error);

/* Items between commas, blanks or both; never fails. Free with value_list_free. */
#define VALUE_LIST_SEPARATORS ", \t"
struct value_list {
    char **items;
    size_t count;
};
void value_list(const char *text, struct value_list *list);
void value_list_finish(struct value_list *list);

#endif
