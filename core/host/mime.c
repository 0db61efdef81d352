/* See mime.h. */
#include "core/host/mime.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/event/digest.h"
#include "core/event/utf8.h"
#include "core/host/fold.h"
#include "core/host/request.h"

#define CHARACTER_BYTES_MAX (3 * 4) /* of UTF-8, each byte written as =XX */
#define BOUNDARY_BYTES_MAX  32
#define BOUNDARY_DIGITS     24

static void add(struct buffer *out, const char *bytes, size_t length)
{
    int result = buffer_add(out, bytes, length);
    assert(result == 0); /* MIME_MESSAGE_BYTES_MAX sees to it */
}

static void add_text(struct buffer *out, const char *text)
{
    add(out, text, strlen(text));
}

/* The length of the line break at the front of text, or 0. */
static size_t line_break(const char *text, size_t length)
{
    if (length > 0 && text[0] == '\n')
        return 1;
    return length > 1 && text[0] == '\r' && text[1] == '\n' ? 2 : 0;
}

/* ---- Quoted-printable ---- */

/* A blank that ends a line would be lost on the way. */
static bool is_literal(unsigned char byte, bool ends_line)
{
    if (byte == ' ' || byte == '\t')
        return !ends_line;
    return byte > ' ' && byte < 0x7f && byte != '=';
}

/* Writes one character, of `bytes` bytes, as it is to stand in the line; returns its length. */
static size_t quote(const char *character, size_t bytes, bool ends_line, char *to)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t used = 0;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)character[i];
        if (is_literal(byte, ends_line)) {
            to[used++] = character[i];
            continue;
        }
        to[used++] = '=';
        to[used++] = digits[byte >> 4];
        to[used++] = digits[byte & 0xf];
    }
    return used;
}

void mime_add_quoted(struct buffer *out, const char *text, size_t length)
{
    size_t column = 0;
    for (size_t at = 0; at < length;) {
        size_t ending = line_break(text + at, length - at);
        if (ending > 0) {
            add_text(out, "\r\n");
            column = 0;
            at += ending;
            continue;
        }
        uint32_t unused;
        char quoted[CHARACTER_BYTES_MAX];
        size_t bytes = utf8_next(text + at, length - at, &unused);
        if (bytes == 0)
            bytes = 1;
        size_t next = at + bytes;
        bool ends_line = next == length || line_break(text + next, length - next) > 0;
        size_t needed = quote(text + at, bytes, ends_line, quoted);
        /* A line that goes on needs room for the "=" of its soft break. */
        if (column + needed + !ends_line > MIME_LINE_BYTES_MAX) {
            add_text(out, "=\r\n");
            column = 0;
        }
        add(out, quoted, needed);
        column += needed;
        at = next;
    }
}

/* ---- The mail ---- */

static void add_headers(struct buffer *message, const struct request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i].data;
        size_t length = strlen(line);
        bool no_value = line[length - 1] == ';' && !memchr(line, ':', length);
        if (no_value) {
            add(message, line, length - 1);
            add_text(message, ":\r\n");
            continue;
        }
        int result = fold_add(message, line, length);
        assert(result == 0);
    }
}

/* A body is the plugin's, but its lines end as mail's must (RFC 5321, 2.3.8). */
static void add_body(struct buffer *message, const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t ending = line_break(bytes + at, length - at);
        add(message, ending > 0 ? "\r\n" : bytes + at, ending > 0 ? 2 : 1);
        at += ending > 0 ? ending : 1;
    }
}

static void end_line(struct buffer *message)
{
    if (message->len < 2 || memcmp(message->data + message->len - 2, "\r\n", 2) != 0)
        add_text(message, "\r\n");
}

static void add_part(struct buffer *message, const struct request_part *part)
{
    add_text(message, "Content-Type: ");
    add_text(message, part->type);
    add_text(message, "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    mime_add_quoted(message, part->bytes, part->length);
    end_line(message);
}

/*
 * Out of what the parts hold, so that the same mail is always the same bytes. "=_" cannot stand in
 * quoted-printable, so no part can hold the boundary (RFC 2045, 6.7).
 */
static void make_boundary(const struct request *request, char boundary[BOUNDARY_BYTES_MAX])
{
    char digests[REQUEST_PARTS_MAX * 64 + 1] = "";
    for (size_t i = 0; i < request->part_count; i++)
        digest_hex(request->parts[i].bytes, request->parts[i].length, 64, digests + 64 * i);
    memcpy(boundary, "=_", 2);
    digest_hex(digests, strlen(digests), BOUNDARY_DIGITS, boundary + 2);
}

static void add_alternatives(struct buffer *message, const struct request *request)
{
    char boundary[BOUNDARY_BYTES_MAX];
    make_boundary(request, boundary);
    add_text(message, "Content-Type: multipart/alternative; boundary=\"");
    add_text(message, boundary);
    add_text(message, "\"\r\n");
    for (size_t i = 0; i < request->part_count; i++) {
        add_text(message, "\r\n--");
        add_text(message, boundary);
        add_text(message, "\r\n");
        add_part(message, &request->parts[i]);
    }
    add_text(message, "\r\n--");
    add_text(message, boundary);
    add_text(message, "--\r\n");
}

void mime_compose(struct buffer *message, const struct request *request)
{
    add_headers(message, request);
    if (request->part_count == 0) {
        add_text(message, "\r\n");
        add_body(message, request->body.data, request->body.len);
        end_line(message);
        return;
    }
    add_text(message, "MIME-Version: 1.0\r\n");
    if (request->part_count == 1)
        add_part(message, &request->parts[0]);
    else
        add_alternatives(message, request);
}
