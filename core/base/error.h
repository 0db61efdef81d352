/*
 * Something failed: a sentence about it, carried up to whoever logs it or shows it. A bug is not an
 * error but an assertion; out of memory is not an error either, see memory.h.
 */
#ifndef AFFN_BASE_ERROR_H
#define AFFN_BASE_ERROR_H

struct error {
    char text[1024];
};

/*
 * Writes the sentence and returns -1, so that a failing function ends with `return error_set(…)`.
 */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and what errno means. */
int error_set_errno(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "place: " before the sentence that is there and returns -1. */
int error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
