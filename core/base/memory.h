/*
 * Memory that is there, or the process ends. Every queue and buffer has a limit, so running out
 * means that the machine is out of memory; what was accepted is in the journal, and a program that
 * ends with a clear line and is started again is safer than one that limps. Free with free().
 */
#ifndef AFFN_BASE_MEMORY_H
#define AFFN_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* Zeroed memory for count items of size bytes each. */
void *memory_new(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Like reallocarray: room for count items, the new part not zeroed. */
void *memory_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* A copy of text; NULL stays NULL. */
char *memory_text(const char *text);

/* A copy of the first bytes of text, with a NUL after them. */
char *memory_text_part(const char *text, size_t bytes) __attribute__((returns_nonnull));

/* A new text made like printf's. */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *memory_format_list(const char *format, va_list arguments)
    __attribute__((format(printf, 1, 0), returns_nonnull));

/* Overwrites a secret's memory, then frees it; NULL is fine. */
void memory_wipe_text(char *secret);

#endif
