/* See body.h. */
#include "core/http/body.h"

#include "core/base/limits.h"
#include "core/http/fault.h"
#include "core/http/head.h"

#define SIZE_LINE_BYTES_MAX 256 /* with its extensions, which are passed over */
#define TRAILER_BYTES_MAX   4096
#define TOO_LARGE           "The body is larger than 1,048,576 bytes."
#define BAD_CHUNK           "A chunk is malformed."

enum state {
    COMPLETE,
    COUNTED,    /* left bytes of the body to come */
    CHUNK_SIZE, /* hex digits */
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_CR, /* behind the data */
    CHUNK_LF,
    TRAILER, /* lines behind the last chunk, passed over, until an empty one */
    TRAILER_LF,
};

void body_init(struct body *body, const struct head *head)
{
    *body = (struct body){.state = COMPLETE};
    buffer_init(&body->bytes, HTTP_BODY_BYTES_MAX);
    if (head->chunked) {
        body->state = CHUNK_SIZE;
    } else if (head->length > 0) {
        body->state = COUNTED;
        body->left = head->length;
    }
}

void body_finish(struct body *body)
{
    buffer_finish(&body->bytes);
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static int take_size(struct body *body, char byte, struct fault *fault)
{
    int digit = hex_digit(byte);
    if (digit >= 0) {
        body->left = 16 * body->left + (uint64_t)digit;
        body->has_digits = true;
        if (body->left > HTTP_BODY_BYTES_MAX - body->bytes.len)
            return fault_set(fault, 413, TOO_LARGE);
        return 0;
    }
    if (!body->has_digits || (byte != '\r' && byte != ';' && byte != ' ' && byte != '\t'))
        return fault_set(fault, 400, BAD_CHUNK);
    body->state = byte == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
    return 0;
}

static int take_trailer(struct body *body, char byte, struct fault *fault)
{
    if (++body->trailer_bytes > TRAILER_BYTES_MAX)
        return fault_set(fault, 431, "The trailers are larger than 4,096 bytes.");
    if (byte == '\r')
        body->state = TRAILER_LF;
    else if ((unsigned char)byte < ' ' && byte != '\t')
        return fault_set(fault, 400, BAD_CHUNK);
    else
        body->line_bytes++;
    return 0;
}

/* One byte of the framing. */
static int take_framing(struct body *body, char byte, struct fault *fault)
{
    switch (body->state) {
    case CHUNK_SIZE:
    case CHUNK_EXTENSION:
        if (++body->line_bytes > SIZE_LINE_BYTES_MAX)
            return fault_set(fault, 400, BAD_CHUNK);
        if (body->state == CHUNK_SIZE)
            return take_size(body, byte, fault);
        if ((unsigned char)byte < ' ' && byte != '\t' && byte != '\r')
            return fault_set(fault, 400, BAD_CHUNK);
        if (byte == '\r')
            body->state = CHUNK_SIZE_LF;
        return 0;
    case TRAILER:
        return take_trailer(body, byte, fault);
    case CHUNK_CR:
        body->state = CHUNK_LF;
        return byte == '\r' ? 0 : fault_set(fault, 400, BAD_CHUNK);
    default:
        break;
    }
    if (byte != '\n')
        return fault_set(fault, 400, BAD_CHUNK);
    if (body->state == TRAILER_LF)
        body->state = body->line_bytes == 0 ? COMPLETE : TRAILER;
    else if (body->state == CHUNK_LF)
        body->state = CHUNK_SIZE;
    else
        body->state = body->left > 0 ? CHUNK_DATA : TRAILER;
    body->line_bytes = 0;
    body->has_digits = false;
    return 0;
}

static int take_data(struct body *body, const char *bytes, size_t length, size_t *used,
                     struct fault *fault)
{
    *used = length < body->left ? length : (size_t)body->left;
    if (buffer_add(&body->bytes, bytes, *used) < 0)
        return fault_set(fault, 413, TOO_LARGE);
    body->left -= *used;
    if (body->left == 0)
        body->state = body->state == COUNTED ? COMPLETE : CHUNK_CR;
    return 0;
}

int body_take(struct body *body, const char *bytes, size_t length, size_t *used,
              struct fault *fault)
{
    *used = 0;
    while (body->state != COMPLETE && *used < length) {
        size_t taken = 1;
        int result = body->state == COUNTED || body->state == CHUNK_DATA
                         ? take_data(body, bytes + *used, length - *used, &taken, fault)
                         : take_framing(body, bytes[*used], fault);
        if (result < 0)
            return -1;
        *used += taken;
    }
    return body->state == COMPLETE;
}
