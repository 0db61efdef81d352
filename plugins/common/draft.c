/* See draft.h. */
#include "draft.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void draft_init(struct draft *draft, char *bytes, size_t room)
{
    assert(room > 0);
    bytes[0] = '\0';
    *draft = (struct draft){.bytes = bytes, .room = room};
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
    for (size_t i = 0; i < length; i++)
        draft->characters += ((unsigned char)bytes[i] & 0xc0) != 0x80;
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
