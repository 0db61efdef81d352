/* See input.h. */
#include "core/cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/text.h"

int input_open(struct input *input, const char *path, struct error *error)
{
    *input = (struct input){.fd = STDIN_FILENO};
    buffer_init(&input->bytes, LINE_BYTES_MAX + 1 + INPUT_PIECE_BYTES);
    if (!text_equal(path, "-"))
        input->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return input->fd < 0 ? error_set_errno(error, "%s", path) : 0;
}

void input_close(struct input *input)
{
    if (input->fd > STDIN_FILENO)
        close(input->fd);
    buffer_finish(&input->bytes);
}

bool input_is_ready(const struct input *input)
{
    struct pollfd one = {.fd = input->fd, .events = POLLIN};
    return poll(&one, 1, 0) > 0;
}

size_t input_size(const struct input *input)
{
    struct stat status;
    bool is_file = fstat(input->fd, &status) == 0 && S_ISREG(status.st_mode);
    return is_file && status.st_size > 0 ? (size_t)status.st_size : 0;
}

int input_fill(struct input *input, struct error *error)
{
    static char piece[INPUT_PIECE_BYTES];
    buffer_drop(&input->bytes, input->taken_bytes);
    input->taken_bytes = 0;
    ssize_t got;
    do
        got = read(input->fd, piece, sizeof piece);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_errno(error, "reading");
    if (got == 0)
        input->ended = true;
    input->last_bytes = (size_t)got;
    if (input->line_number == 0 && input->bytes.len == 0 && text_is_utf16(piece, (size_t)got))
        return error_set(error, "is UTF-16; save it as UTF-8");
    return buffer_add(&input->bytes, piece, (size_t)got);
}

bool input_next(struct input *input, const char **line, size_t *length)
{
    for (;;) {
        const char *start = input->bytes.data + input->taken_bytes;
        size_t left = input->bytes.len - input->taken_bytes;
        const char *end = memchr(start, '\n', left);
        bool is_whole = end || (input->ended && left > 0);
        if (!is_whole && !input->skipping && left <= LINE_BYTES_MAX)
            return false;
        bool was_skipping = input->skipping;
        input->skipping = !is_whole;
        *line = start;
        *length = end ? (size_t)(end - start) : left;
        input->taken_bytes += *length + (end != NULL);
        if (was_skipping && !is_whole)
            return false;
        if (was_skipping)
            continue;
        input->line_number++;
        return true;
    }
}
