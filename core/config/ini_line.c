/* See ini_line.h. */
#include "core/config/ini_line.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/event/utf8.h"

static const char key_rule[] =
    "a key is made of letters, digits, `_`, `-` and `.`, and begins with a letter or digit";

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
            return error_set(error, "byte %zu of this line is not UTF-8; save the file as UTF-8",
                             at + 1);
        bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
        if (is_control && character != '\t')
            return error_set(error,
                             "byte %zu of this line begins the control character U+%04X; take it "
                             "out",
                             at + 1, (unsigned)character);
        at += bytes;
    }
    return 0;
}

static int check_bytes(const char *text, size_t length, struct error *error)
{
    if (length > INI_LINE_BYTES_MAX)
        return error_set(error, "this line has %zu bytes; a line has at most %d", length,
                         INI_LINE_BYTES_MAX);
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
        return error_set(error, "this section has no name; write [bus] or [sink:NAME]");
    if (strlen(name) > INI_NAME_BYTES_MAX)
        return error_set(error, "this section's name has %zu bytes; a name has at most %d",
                         strlen(name), INI_NAME_BYTES_MAX);
    line->name = name;
    if (!is_closed)
        return error_set(error, "the section's name is not closed; write [%s]", name);
    if (!is_last)
        return error_set(error, "text follows the section's name; put it on its own line");
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
        return error_set(error,
                         "the value begins with a `\"` that is never closed; end it with `\"`");
    if (!is_last)
        return error_set(error, "text follows the value's closing `\"`; a quoted value ends its "
                                "line and holds no `\"` itself");
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
        return error_set(error,
                         "a blank and `%c` stand in the value; put the comment on its own line, or "
                         "quote the value",
                         mark);
    return 0;
}

static int read_setting(char *text, struct ini_line *line, struct error *error)
{
    char *equals = strchr(text, '=');
    size_t key_bytes = strcspn(text, "=:");
    if (text[key_bytes] == ':')
        return error_set(error, "a `:` stands where `=` belongs; write `key = value`");
    if (!equals)
        return error_set(error, "this line has no `=`; write `key = value`, or begin a comment "
                                "with `;`");
    *equals = '\0';
    trim_end(text);
    if (*text == '\0')
        return error_set(error, "this line has no key before its `=`; write `key = value`");
    if (strlen(text) > INI_NAME_BYTES_MAX)
        return error_set(error, "this line's key has %zu bytes; a key has at most %d", strlen(text),
                         INI_NAME_BYTES_MAX);
    if (!is_key(text))
        return error_set(error, "what stands before the `=` is not a key; %s", key_rule);

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
        return error_set(error, "this line is indented; begin it at the margin: a value cannot go "
                                "on in the next line");
    return result;
}
