/* See draft.h. */
#include "draft.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_LENGTH 73 /* of quoted-printable, with its three bytes at the end: RFC 2045, 6.7 */

void draft_begin(struct draft *draft, char *bytes, size_t room)
{
    *draft = (struct draft){.bytes = bytes, .room = room};
    bytes[0] = '\0';
}

void draft_add_bytes(struct draft *draft, const char *bytes, size_t length)
{
    if (draft->full || length >= draft->room - draft->length) {
        draft->full = true;
        return;
    }
    memcpy(draft->bytes + draft->length, bytes, length);
    draft->length += length;
    draft->bytes[draft->length] = '\0';
}

void draft_add(struct draft *draft, const char *text)
{
    draft_add_bytes(draft, text, strlen(text));
}

void draft_format(struct draft *draft, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text)
        draft->full = true;
    else
        draft_add_bytes(draft, text, (size_t)length);
}

size_t draft_sent_bytes(const struct draft *draft)
{
    size_t count = 0;
    for (size_t i = 0; i < draft->length; i++) {
        unsigned char byte = (unsigned char)draft->bytes[i];
        bool plain = byte >= ' ' && byte <= '~' && byte != '=';
        count += plain ? 1 : 3; /* a line's end is CR LF, and may follow a blank written as =20 */
    }
    return count + (count / LINE_LENGTH + 1) * 3;
}
