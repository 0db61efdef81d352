/* See escape.h. */
#include "escape.h"

#include "../common/character.h"

/* The blocks of scripts that Unicode gives the direction R or AL (DerivedBidiClass). */
static bool is_of_left_script(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } scripts[] = {
        {0x0590, 0x08ff},   {0xfb1d, 0xfdff},   {0xfe70, 0xfefc},
        {0x10800, 0x10fff}, {0x1e800, 0x1efff},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (character >= scripts[i].first && character <= scripts[i].last)
            return true;
    }
    return false;
}

bool escape_runs_left(const char *text)
{
    while (*text) {
        uint32_t character;
        text += character_next(text, &character);
        if (is_of_left_script(character))
            return true;
    }
    return false;
}

static void add_escaped(struct draft *draft, const char *bytes, size_t length)
{
    if (*bytes == '&')
        draft_add(draft, "&amp;");
    else if (*bytes == '<')
        draft_add(draft, "&lt;");
    else if (*bytes == '>')
        draft_add(draft, "&gt;");
    else
        draft_add_bytes(draft, bytes, length);
}

void escape_text(struct draft *draft, const char *text)
{
    while (*text) {
        uint32_t character;
        size_t length = character_next(text, &character);
        add_escaped(draft, text, length);
        text += length;
    }
}

void escape_value(struct draft *draft, const char *value)
{
    bool isolated = escape_runs_left(value);
    if (isolated)
        draft_add(draft, ESCAPE_ISOLATE);
    while (*value) {
        uint32_t character;
        size_t length = character_next(value, &character);
        if (character_is_hidden(character))
            character_add_hidden(draft, character);
        else
            add_escaped(draft, value, length);
        value += length;
    }
    if (isolated)
        draft_add(draft, ESCAPE_ISOLATE_END);
}
