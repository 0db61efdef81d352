/* A directory of a test's own with files in it, and the mistakes of a configuration as one text. */
#ifndef TESTS_CONFIG_SCRATCH_H
#define TESTS_CONFIG_SCRATCH_H

#include <stddef.h>

struct mistakes;

/* cmocka's setup and teardown: *state becomes the directory's path. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* Writes directory/name; missing directories are made. `length` 0 means that text ends with NUL. */
void scratch_write(const char *directory, const char *name, const char *text, size_t length);

/* directory/name; to be freed. */
char *scratch_path(const char *directory, const char *name);

/* All mistakes, a line each, without the directory, warnings marked; to be freed. */
char *scratch_mistakes(const char *directory, const struct mistakes *mistakes);

#endif
