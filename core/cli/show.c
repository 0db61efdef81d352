/* See show.h. */
#include "core/cli/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/event/timestamp.h"

bool show_styled(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool is_plain = !terminal || !*terminal || text_equal(terminal, "dumb");
    return isatty(fileno(stream)) && !(no_color && *no_color) && !is_plain;
}

char *show_text(const char *text)
{
    char *copy = memory_text(text);
    for (unsigned char *byte = (unsigned char *)copy; *byte; byte++) {
        bool is_c1 = byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0; /* U+0080 to U+009F */
        if (is_c1)
            *byte++ = ' ';
        if (is_c1 || *byte < ' ' || *byte == 0x7f)
            *byte = ' ';
    }
    return copy;
}

char *show_member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        return memory_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return show_text(json_is_string(value) ? json_string_value(value) : "");
}

char *show_age(int64_t ms)
{
    int64_t seconds = ms < 0 ? 0 : ms / 1000;
    if (seconds < 60)
        return memory_format("%" PRId64 "s", seconds);
    if (seconds < 60 * 60)
        return memory_format("%" PRId64 "m", seconds / 60);
    if (seconds < 2 * 24 * 60 * 60)
        return memory_format("%" PRId64 "h", seconds / (60 * 60));
    return memory_format("%" PRId64 "d", seconds / (24 * 60 * 60));
}

char *show_member_age(const json_t *object, const char *key, int64_t now_unix_ms)
{
    int64_t then_unix_ms;
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value) || timestamp_parse(json_string_value(value), &then_unix_ms) < 0)
        return memory_text("");
    return show_age(now_unix_ms - then_unix_ms);
}
