/* See moment.h. */
#include "core/cli/moment.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/cli/show.h"
#include "core/config/value.h"
#include "core/event/timestamp.h"

#define DATE_BYTES (sizeof "2026-03-18" - 1)

/* Text that is more than a date, or less, is no time with this behind it either. */
static int parse_date(const char *text, int64_t *unix_ms)
{
    char *whole = memory_format("%sT00:00:00Z", text);
    int result = timestamp_parse(whole, unix_ms);
    free(whole);
    return result < 0 ? -1 : 0;
}

static int parse_age(const char *text, int64_t now_unix_ms, int64_t *unix_ms)
{
    int64_t age_ms;
    struct error unused;
    if (value_duration(text, 0, now_unix_ms, &age_ms, &unused) < 0)
        return -1;
    *unix_ms = now_unix_ms - age_ms;
    return 0;
}

int moment_parse(const char *text, int64_t now_unix_ms, int64_t *unix_ms)
{
    if (timestamp_parse(text, unix_ms) == 0 || parse_date(text, unix_ms) == 0)
        return 0;
    return parse_age(text, now_unix_ms, unix_ms);
}

int moment_read(const json_t *object, const char *key, int64_t *unix_ms)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && timestamp_parse(text, unix_ms) == 0 ? 0 : -1;
}

char *moment_ahead(int64_t unix_ms, int64_t now_unix_ms)
{
    char text[TIMESTAMP_SIZE], today[TIMESTAMP_SIZE];
    timestamp_format(unix_ms, text);
    timestamp_format(now_unix_ms, today);
    const char *clock = text + DATE_BYTES + 1;
    if (strncmp(text, today, DATE_BYTES) == 0)
        return memory_format("%.5s UTC", clock);
    return memory_format("%.*s %.5s UTC", (int)DATE_BYTES, text, clock);
}

char *moment_member(const json_t *object, const char *key)
{
    char *text = show_member(object, key);
    int64_t unix_ms;
    if (timestamp_parse(text, &unix_ms) == 0) {
        text[DATE_BYTES] = ' ';
        text[sizeof "2026-03-18 12:00:00" - 1] = '\0';
    }
    return text;
}
