/* See json.h. */
#include "json.h"

#include <string.h>

#include "../common/character.h"

static void add_character(struct draft *json, const char *bytes, size_t length, uint32_t character)
{
    if (character == '"' || character == '\\')
        draft_format(json, "\\%c", (int)character);
    else if (character == '\n')
        draft_add(json, "\\n");
    else if (character < 0x20)
        draft_format(json, "\\u%04x", (unsigned)character);
    else if (character == CHARACTER_NONE)
        draft_add(json, "\ufffd");
    else
        draft_add_bytes(json, bytes, length);
}

static void add_string(struct draft *json, const char *text)
{
    draft_add(json, "\"");
    while (*text) {
        uint32_t character;
        size_t length = character_next(text, &character);
        add_character(json, text, length, character);
        text += length;
    }
    draft_add(json, "\"");
}

/* What stands before a value: a comma unless it is the first, and its name unless in an array. */
static void begin(struct draft *json, const char *name)
{
    if (json->length > 0 && !strchr("{[", json->bytes[json->length - 1]))
        draft_add(json, ",");
    if (name) {
        add_string(json, name);
        draft_add(json, ":");
    }
}

void json_open_object(struct draft *json, const char *name)
{
    begin(json, name);
    draft_add(json, "{");
}

void json_close_object(struct draft *json)
{
    draft_add(json, "}");
}

void json_open_array(struct draft *json, const char *name)
{
    begin(json, name);
    draft_add(json, "[");
}

void json_close_array(struct draft *json)
{
    draft_add(json, "]");
}

void json_text(struct draft *json, const char *name, const char *text)
{
    begin(json, name);
    add_string(json, text);
}

void json_bool(struct draft *json, const char *name, bool value)
{
    begin(json, name);
    draft_add(json, value ? "true" : "false");
}
