/*
 * A mail from what a plugin described to the bytes that are sent: the plugin's header lines, then
 * MIME of our own making (RFC 2045, 2046), so that `render` shows just what `deliver` sends. The
 * same parts always make the same bytes. Pure. Called by mail.c and rendering.c.
 */
#ifndef AFFN_HOST_MIME_H
#define AFFN_HOST_MIME_H

#include <stddef.h>

#include "core/base/limits.h"

struct buffer;
struct request;

#define MIME_LINE_BYTES_MAX 76 /* of quoted-printable, its line end not counted: RFC 2045, 6.7 */

/* Room that every mail fits in: a byte becomes three, and every 76 of them need a line break. */
#define MIME_MESSAGE_BYTES_MAX                                                                     \
    (4 * REQUEST_PARTS_MAX * REQUEST_BODY_BYTES_MAX +                                              \
     (REQUEST_HEADERS_MAX + REQUEST_PARTS_MAX) * (REQUEST_HEADER_BYTES_MAX + 256))

/* Adds the whole mail of a completed request. Every line ends with CR LF, the last one too. */
void mime_compose(struct buffer *message, const struct request *request);

/*
 * Adds text as quoted-printable. Its line breaks, LF or CR LF, become CR LF; a character is never
 * cut in two by a soft line break.
 */
void mime_add_quoted(struct buffer *out, const char *text, size_t length);

#endif
