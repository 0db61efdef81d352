/* See characters.h. */
#include "core/event/characters.h"

#include "core/event/refusal.h"
#include "core/event/utf8.h"

bool character_needs_escape(uint32_t character)
{
    return character == '"' || character == '\\';
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character <= 0x9f);
}

int characters_refuse_control(const char *field, uint32_t character, size_t at,
                              struct refusal *refusal)
{
    return refusal_set(refusal, field, "control_character",
                       "%s holds the control character U+%04X at byte %zu; leave it out", field,
                       (unsigned)character, at + 1);
}

static int refuse_forbidden(const char *field, uint32_t character, size_t at, const char *remedy,
                            struct refusal *refusal)
{
    if (character > ' ' && character < 0x7f)
        return refusal_set(refusal, field, "forbidden_character",
                           "%s holds %c at byte %zu, which is not allowed there; %s", field,
                           (int)character, at + 1, remedy);
    return refusal_set(refusal, field, "forbidden_character",
                       "%s holds U+%04X at byte %zu, which is not allowed there; %s", field,
                       (unsigned)character, at + 1, remedy);
}

int characters_check(const char *field, const char *text, size_t length,
                     bool (*is_forbidden)(uint32_t character), const char *remedy,
                     struct refusal *refusal)
{
    for (size_t at = 0; at < length;) {
        uint32_t character;
        size_t bytes = utf8_next(text + at, length - at, &character);
        if (bytes == 0)
            return refusal_set(refusal, field, "invalid_utf8",
                               "%s is not UTF-8 at byte %zu; send all text in UTF-8", field,
                               at + 1);
        if (is_control(character))
            return characters_refuse_control(field, character, at, refusal);
        if (is_forbidden(character))
            return refuse_forbidden(field, character, at, remedy, refusal);
        at += bytes;
    }
    return 0;
}
