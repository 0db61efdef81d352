/* See show.h. */
#include "core/cli/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* What turns the direction of all text behind it: U+202A to U+202E, U+2066 to U+2069. */
static bool is_turn(const unsigned char *bytes)
{
    return bytes[0] == 0xe2 && ((bytes[1] == 0x80 && bytes[2] >= 0xaa && bytes[2] <= 0xae) ||
                                (bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9));
}

size_t show_steering(const char *text, unsigned *character)
{
    const unsigned char *bytes = (const unsigned char *)text;
    bool turns = is_turn(bytes);
    bool is_c1 = bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] < 0xa0; /* U+0080 to U+009F */
    if (turns)
        *character = 0x2000u | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
    else
        *character = is_c1 ? bytes[1] : bytes[0];
    return turns ? 3 : is_c1 ? 2 : bytes[0] == 0x7f;
}

char *show_text(const char *text)
{
    char *copy = memory_text(text);
    for (unsigned char *byte = (unsigned char *)copy; *byte; byte++) {
        bool is_c1 = byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0; /* U+0080 to U+009F */
        if (is_turn(byte))
            memcpy(byte, "\xef\xbf\xbd", 3); /* U+FFFD */
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

char *show_list(const json_t *texts, const char *between)
{
    char *joined = memory_text("");
    for (size_t i = 0; i < json_array_size(texts); i++) {
        char *text = show_text(json_string_value(json_array_get(texts, i)));
        char *longer = memory_format("%s%s%s", joined, i > 0 ? between : "", text);
        free(text);
        free(joined);
        joined = longer;
    }
    return joined;
}

size_t show_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80; /* all bytes but those that continue one */
    return width;
}

char *show_event_type(const json_t *event)
{
    static const char start[] = "affiliate.";
    char *type = show_member(event, "event");
    if (text_starts(type, start))
        memmove(type, type + sizeof start - 1, strlen(type) - sizeof start + 2);
    return type;
}

size_t show_columns(FILE *stream)
{
    struct winsize size;
    int fd = fileno(stream);
    return fd >= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
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

char *show_span(int64_t ms)
{
    static const struct unit {
        const char *name;
        int64_t seconds;
    } units[] = {{"d", 24 * 60 * 60}, {"h", 60 * 60}, {"min", 60}, {"s", 1}};
    int64_t seconds = ms < 0 ? 0 : (ms + 999) / 1000;
    const struct unit *unit = units;
    while (unit->seconds > 1 && seconds < unit->seconds)
        unit++;
    const struct unit *less = unit->seconds > 60 ? unit + 1 : NULL; /* minutes are exact enough */
    int64_t rest = less ? seconds % unit->seconds / less->seconds : 0;
    if (rest == 0)
        return memory_format("%" PRId64 " %s", seconds / unit->seconds, unit->name);
    return memory_format("%" PRId64 " %s %" PRId64 " %s", seconds / unit->seconds, unit->name, rest,
                         less->name);
}

char *show_member_age(const json_t *object, const char *key, int64_t now_unix_ms)
{
    int64_t then_unix_ms;
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value) || timestamp_parse(json_string_value(value), &then_unix_ms) < 0)
        return memory_text("");
    return show_age(now_unix_ms - then_unix_ms);
}
