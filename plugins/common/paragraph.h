/*
 * The text of a notice, a paragraph at a time: each is one line, with empty lines between them
 * (affnotify/notice.h). Pure.
 */
#ifndef COMMON_PARAGRAPH_H
#define COMMON_PARAGRAPH_H

#include <stddef.h>

/* The next paragraph, *length bytes long; NULL after the last. *rest is the whole text at first. */
const char *paragraph_next(const char **rest, size_t *length);

#endif
