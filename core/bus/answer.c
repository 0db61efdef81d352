/* See answer.h. */
#include "core/bus/answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/event/timestamp.h"
#include "core/event/utf8.h"

static void mend(char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t character;
        size_t length = utf8_next(text, left, &character);
        if (length == 0)
            *text = '?';
        text += length > 0 ? length : 1;
        left -= length > 0 ? length : 1;
    }
}

json_t *answer_text(const char *text)
{
    char *copy = memory_text(text);
    mend(copy);
    json_t *json = json_string(copy);
    free(copy);
    return json;
}

json_t *answer_text_or_null(const char *text)
{
    return text[0] ? answer_text(text) : json_null();
}

json_t *answer_time_or_null(int64_t unix_ms)
{
    char text[TIMESTAMP_SIZE];
    if (unix_ms == 0)
        return json_null();
    timestamp_format(unix_ms, text);
    return json_string(text);
}

json_t *answer_refusal(const char *field, const char *rule, const char *message)
{
    return json_pack("{s:b,s:o,s:s,s:o}", "ok", 0, "field", answer_text(field), "rule", rule,
                     "message", answer_text(message));
}
