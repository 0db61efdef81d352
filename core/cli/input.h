/*
 * Lines of a file or a pipe, in pieces of what can be read at once, so that a slow writer's lines
 * go on as they come. Lines may have any length; memory does not grow with them.
 */
#ifndef AFFN_CLI_INPUT_H
#define AFFN_CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"

#define INPUT_PIECE_BYTES (128 * 1024)

struct error;

struct input {
    int fd;
    struct buffer bytes;
    size_t taken_bytes; /* of them, what input_next has handed out */
    size_t last_bytes;  /* that input_fill read */
    size_t line_number; /* of the last line handed out, from 1 */
    bool skipping;      /* the rest of a line that is too long */
    bool ended;
};

/* Opens a file, or stdin for "-". 0, or -1 with the error. */
int input_open(struct input *input, const char *path, struct error *error);
void input_close(struct input *input);

/* Whether input_fill would not wait. */
bool input_is_ready(const struct input *input);

/* The bytes of a file; 0 when nobody knows. */
size_t input_size(const struct input *input);

/* Reads once. 0, also at the end, which sets `ended`; -1 with the error. */
int input_fill(struct input *input, struct error *error);

/*
 * The next line of what was read, without its LF; false when more must be read first. Of a line
 * over LINE_BYTES_MAX only a beginning comes, which is longer than that too.
 */
bool input_next(struct input *input, const char **line, size_t *length);

#endif
