/*
 * See elements.h. Only quotes, brackets and commas are looked at; whether what lies between them is
 * JSON is for whoever parses an element.
 */
#include "core/http/elements.h"

#include <stdbool.h>

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; /* RFC 8259, 2 */
}

static struct element trimmed(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return (struct element){from, (size_t)(to - from)};
}

/* Behind the quote that closes the string whose text begins here; NULL when none does. */
static const char *behind_string(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

/* The comma or bracket that ends the element that begins here; NULL when there is none. */
static const char *end_of_element(const char *at, const char *end)
{
    size_t depth = 0;
    while (at && at < end) {
        char byte = *at;
        if (depth == 0 && (byte == ',' || byte == ']'))
            return at;
        if (depth == 0 && byte == '}')
            return NULL;
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        at = byte == '"' ? behind_string(at + 1, end) : at + 1;
    }
    return NULL;
}

int elements_find(const char *json, size_t bytes, struct element *elements, int max)
{
    if (bytes == 0)
        return -1; /* `json` may be NULL then */
    const struct element array = trimmed(json, json + bytes);
    const char *end = array.text + array.bytes;
    const char *at = array.text;
    int count = 0;
    if (array.bytes == 0 || *at != '[')
        return -1;
    do {
        const char *from = at + 1;
        at = end_of_element(from, end);
        if (!at)
            return -1;
        const struct element element = trimmed(from, at);
        if (element.bytes == 0)
            return -1;
        if (count < max)
            elements[count] = element;
        count++;
    } while (*at == ',');
    return at + 1 == end ? count : -1;
}
