/*
 * What is wrong with a configuration: all of it, not just the first. Each mistake names its place
 * and what would be right, and reads `file:line: [section] key: text`.
 */
#ifndef AFFN_CONFIG_MISTAKES_H
#define AFFN_CONFIG_MISTAKES_H

#include <stdbool.h>
#include <stddef.h>

/* Where something stands. The texts are borrowed when passed in and copied when kept. */
struct place {
    const char *file;
    int line;            /* from 1; 0 when it is about the file as a whole */
    const char *section; /* "sink:crm"; NULL outside of any */
    const char *key;     /* NULL when it is about the section as a whole */
};

struct mistake {
    char *file;
    int line;
    char *section;
    char *key;
    char *text;
    bool warning; /* legal, but probably not meant */
};

struct mistakes {
    struct mistake *items;
    size_t count;
    size_t capacity;
};

void mistakes_init(struct mistakes *mistakes);
void mistakes_finish(struct mistakes *mistakes);

void mistakes_add(struct mistakes *mistakes, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void mistakes_warn(struct mistakes *mistakes, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How many are no warnings: in all, or of one section. */
size_t mistakes_errors(const struct mistakes *mistakes);
size_t mistakes_errors_in(const struct mistakes *mistakes, const char *section);

/* Of one key of a section. */
size_t mistakes_errors_at(const struct mistakes *mistakes, const char *section, const char *key);

/* Puts them in the order of the files, and in a file of its lines; equal ones stay as they came. */
void mistakes_sort(struct mistakes *mistakes, char *const *files, size_t file_count);

/* `file:line: [section] key: text`; to be freed. */
char *mistake_text(const struct mistake *mistake);

#endif
