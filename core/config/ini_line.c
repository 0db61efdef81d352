/* See ini_line.h. */
#include "core/config/ini_line.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/config/sentences.h"
#include "core/event/utf8.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static char *skip_blanks(char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

static char *trim_end(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

/* ---- The line as bytes ---- */

static int check_characters(const char *text, size_t length, struct error *error)
{
    for (size_t at = 0; at < length;) {
        uint32_t character;
        size_t bytes = utf8_next(text + at, length - at, &character);
        if (bytes == 0)
            return error_set(error, SAY_NOT_UTF8, at + 1);
        bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
        if (is_control && character != '\t')
            return error_set(error, SAY_CONTROL_CHARACTER, at + 1, (unsigned)character);
        at += bytes;
    }
    return 0;
}

static int check_bytes(const char *text, size_t length, struct error *error)
{
    if (length > INI_LINE_BYTES_MAX)
        return error_set(error, SAY_LINE_TOO_LONG, length, INI_LINE_BYTES_MAX);
    return check_characters(text, length, error);
}

/* ---- [section] ---- */

static int read_section(char *text, struct ini_line *line, struct error *error)
{
    char *name = skip_blanks(text + 1);
    char *end = strchrnul(name, ']');
    bool is_closed = *end == ']';
    bool is_last = is_closed && end[1] == '\0';
    *end = '\0';
    trim_end(name);
    if (*name == '\0')
        return error_set(error, SAY_SECTION_NAMELESS);
    if (strlen(name) > INI_NAME_BYTES_MAX)
        return error_set(error, SAY_SECTION_NAME_TOO_LONG, strlen(name), INI_NAME_BYTES_MAX);
    line->name = name;
    if (!is_closed)
        return error_set(error, SAY_SECTION_OPEN, name);
    if (!is_last)
        return error_set(error, SAY_TEXT_BEHIND_SECTION);
    return 0;
}

/* ---- key = value ---- */

static bool is_key(const char *key)
{
    if (!isalnum((unsigned char)*key))
        return false;
    for (; *key; key++) {
        if (!isalnum((unsigned char)*key) && !strchr("_-.", *key))
            return false;
    }
    return true;
}

/* What stands between the quotes, as it is. There are no escapes, so it holds no quote itself. */
static int read_quoted(char *text, struct ini_line *line, struct error *error)
{
    char *end = strchrnul(text + 1, '"');
    bool is_closed = *end == '"';
    bool is_last = is_closed && end[1] == '\0';
    *end = '\0';
    line->value = text + 1;
    if (!is_closed)
        return error_set(error, SAY_QUOTE_OPEN);
    if (!is_last)
        return error_set(error, SAY_TEXT_BEHIND_QUOTE);
    return 0;
}

/*
 * `text` begins right after the `=`, so that a comment in place of a value is seen too. `#` begins
 * comments in other formats: taken as part of a path or URL it would be found out too late.
 */
static int read_plain(char *text, struct ini_line *line, struct error *error)
{
    char *comment = text;
    while (*comment && !(strchr(";#", *comment) && comment > text && is_blank(comment[-1])))
        comment++;
    char mark = *comment;
    *comment = '\0';
    line->value = trim_end(skip_blanks(text));
    if (mark)
        return error_set(error, SAY_COMMENT_IN_VALUE, mark);
    return 0;
}

static int read_setting(char *text, struct ini_line *line, struct error *error)
{
    char *equals = strchr(text, '=');
    size_t key_bytes = strcspn(text, "=:");
    if (text[key_bytes] == ':')
        return error_set(error, SAY_COLON_FOR_EQUALS);
    if (!equals)
        return error_set(error, SAY_NO_EQUALS);
    *equals = '\0';
    trim_end(text);
    if (*text == '\0')
        return error_set(error, SAY_NO_KEY);
    if (strlen(text) > INI_NAME_BYTES_MAX)
        return error_set(error, SAY_KEY_TOO_LONG, strlen(text), INI_NAME_BYTES_MAX);
    if (!is_key(text))
        return error_set(error, SAY_NO_KEY_FORM);

    line->kind = INI_LINE_SETTING;
    line->name = text;
    char *value = equals + 1;
    char *first = skip_blanks(value);
    return *first == '"' ? read_quoted(first, line, error) : read_plain(value, line, error);
}

int ini_line_read(char *text, size_t length, struct ini_line *line, struct error *error)
{
    *line = (struct ini_line){.kind = INI_LINE_NOTHING};
    if (length > 0 && text[length - 1] == '\r')
        length--;
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    text[length] = '\0';

    char *first = skip_blanks(text);
    bool is_indented = first > text;
    if (length == 0 || *first == ';' || *first == '#')
        return 0; /* a comment may hold anything */
    if (*first == '[')
        line->kind = INI_LINE_SECTION;
    if (check_bytes(text, length, error) < 0)
        return -1;
    int result = 0;
    if (*first == '[')
        result = read_section(first, line, error);
    else if (!is_indented)
        result = read_setting(first, line, error);
    if (is_indented) /* most would take it for a part of the value above: it gives no setting */
        return error_set(error, SAY_INDENTED);
    return result;
}
