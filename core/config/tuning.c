/* See tuning.h and the second half of config.h. */
#include "core/config/tuning.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/sentences.h"
#include "core/config/value.h"
#include "core/event/event.h"
#include "core/event/timestamp.h"

#define SECOND_MS INT64_C(1000)
#define HOUR_MS   (3600 * SECOND_MS)
#define DAY_MS    (24 * HOUR_MS)

#define RETRY_DELAY_MAX_MS (30 * DAY_MS)

static const char standard_retry[] = "5s 5m 30m 2h 5h 10h 14h 20h 24h";

/* ---- How each key is read ---- */

static bool is_name(const char *name, bool may_begin_with_digit)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t length = strlen(name);
    bool begins =
        *name && (strchr(letters, *name) || (may_begin_with_digit && *name >= '0' && *name <= '9'));
    return begins && length < NAME_BYTES_MAX && strspn(name, all) == length;
}

bool tuning_is_sink_name(const char *name)
{
    return is_name(name, true);
}

static int read_plugin(const char *text, struct sink_tuning *tuning, struct error *error)
{
    (void)tuning;
    size_t length = strlen(text);
    bool is_path = *text == '/' && length > 4 && text_equal(text + length - 3, ".so");
    if (is_path || is_name(text, false))
        return 0;
    return error_set(error, SAY_PLUGIN_NAME);
}

static int read_enabled(const char *text, struct sink_tuning *tuning, struct error *error)
{
    return value_bool(text, &tuning->enabled, error);
}

static int read_events(const char *text, struct sink_tuning *tuning, struct error *error)
{
    /* Not from event.c, so that what reads an INI need not link all that events need. */
    static const char *const names[] = {"affiliate.created", "affiliate.deactivated", NULL};
    static const uint32_t masks[] = {1u << EVENT_CREATED, 1u << EVENT_DEACTIVATED};
    struct value_list list;
    value_list(text, &list);
    int result = 0;
    tuning->event_mask = 0;
    for (size_t i = 0; i < list.count && result == 0; i++) {
        int32_t index = 0;
        result = value_choice(list.items[i], names, &index, error);
        tuning->event_mask |= masks[index];
    }
    if (list.count == 0)
        result = error_set(error, SAY_NO_EVENT);
    value_list_finish(&list);
    return result;
}

static int read_retry(const char *text, struct sink_tuning *tuning, struct error *error)
{
    tuning->retry_count = 0;
    if (text_equal(text, "none"))
        return 0;
    struct value_list list;
    value_list(text_equal(text, "standard") ? standard_retry : text, &list);
    int result = 0;
    if (list.count == 0)
        result = error_set(error, SAY_RETRY_EMPTY);
    if (list.count > RETRY_DELAYS_MAX)
        result = error_set(error, SAY_RETRY_TOO_MANY, list.count, RETRY_DELAYS_MAX);
    for (size_t i = 0; i < list.count && result == 0; i++) {
        const char *item = list.items[i];
        if (value_duration(item, 1, RETRY_DELAY_MAX_MS, &tuning->retry_ms[i], error) < 0)
            result = error_set(error, SAY_RETRY_DELAY, value_quote(item).text);
    }
    if (result == 0)
        tuning->retry_count = (uint32_t)list.count;
    value_list_finish(&list);
    return result;
}

static int read_timeout(const char *text, struct sink_tuning *tuning, struct error *error)
{
    return value_duration(text, SECOND_MS / 10, HOUR_MS, &tuning->timeout_ms, error);
}

static int read_rate(const char *text, struct sink_tuning *tuning, struct error *error)
{
    tuning->rate_an_hour = 0;
    if (text_equal(text, "none"))
        return 0;
    if (value_rate(text, &tuning->rate_an_hour, error) < 0)
        return -1;
    if (tuning->rate_an_hour > RATE_AN_HOUR_MAX)
        return error_set(error, SAY_RATE_TOO_HIGH, RATE_AN_HOUR_MAX / 3600);
    return 0;
}

static int read_u32(const char *text, int64_t max, uint32_t *number, struct error *error)
{
    int64_t wide;
    if (value_int(text, 1, max, &wide, error) < 0)
        return -1;
    *number = (uint32_t)wide;
    return 0;
}

static int read_concurrency(const char *text, struct sink_tuning *tuning, struct error *error)
{
    return read_u32(text, CONCURRENCY_MAX, &tuning->concurrency, error);
}

static int read_batch(const char *text, struct sink_tuning *tuning, struct error *error)
{
    return read_u32(text, BATCH_EVENTS_MAX, &tuning->batch, error);
}

static int read_digest(const char *text, struct sink_tuning *tuning, struct error *error)
{
    return value_duration(text, 0, DAY_MS, &tuning->digest_ms, error);
}

static int read_order(const char *text, struct sink_tuning *tuning, struct error *error)
{
    static const char *const names[] = {"affiliate", "journal", "none", NULL};
    static const enum sink_order orders[] = {SINK_ORDER_AFFILIATE, SINK_ORDER_JOURNAL,
                                             SINK_ORDER_NONE};
    int32_t index;
    if (value_choice(text, names, &index, error) < 0)
        return -1;
    tuning->order = orders[index];
    return 0;
}

/* A date alone is its midnight in UTC. */
static int read_date(const char *text, int64_t *unix_ms)
{
    char whole[64];
    int length = snprintf(whole, sizeof whole, "%s%s", text, strchr(text, ':') ? "" : "T00:00:00Z");
    return (size_t)length < sizeof whole ? timestamp_parse(whole, unix_ms) : -1;
}

static int read_start(const char *text, struct sink_tuning *tuning, struct error *error)
{
    tuning->start_unix_ms = 0;
    if (text_equal(text, "now"))
        tuning->start = SINK_START_NOW;
    else if (text_equal(text, "beginning"))
        tuning->start = SINK_START_BEGINNING;
    else if (read_date(text, &tuning->start_unix_ms) == 0)
        tuning->start = SINK_START_DATE;
    else
        return error_set(error, SAY_START);
    return 0;
}

static int read_expire(const char *text, struct sink_tuning *tuning, struct error *error)
{
    return value_duration(text, 0, INT64_MAX, &tuning->expire_ms, error);
}

static int read_was(const char *text, struct sink_tuning *tuning, struct error *error)
{
    if (*text && !tuning_is_sink_name(text))
        return error_set(error, SAY_WAS, NAME_BYTES_MAX - 1);
    snprintf(tuning->was, sizeof tuning->was, "%s", text);
    return 0;
}

/* ---- The table ---- */

#define TEXT_OF(number)       #number
#define NUMBER_AS_TEXT(macro) TEXT_OF(macro)

_Static_assert(TIMEOUT_DEFAULT_MS == 10000, "the default of `timeout` is written below as 10s");

static const struct tuning_key keys[] = {
    {.name = "plugin",
     .read = read_plugin,
     .section_only = true,
     .help = "The plugin that delivers: its name, or the absolute path of its .so."},
    {.name = "enabled",
     .read = read_enabled,
     .fallback = "yes",
     .section_only = true,
     .help = "Whether the sink runs; while it does not, its events wait."},
    {.name = "events",
     .read = read_events,
     .fallback = "affiliate.created affiliate.deactivated",
     .help = "The events that the sink gets."},
    {.name = "retry",
     .read = read_retry,
     .fallback = "none",
     .help = "When a failed delivery is tried again: none, standard (`5s 5m 30m 2h 5h 10h 14h 20h "
             "24h`), or delays of your own."},
    {.name = "timeout",
     .read = read_timeout,
     .fallback = "10s",
     .help = "How long one attempt may take, from 100ms to 1h."},
    {.name = "rate",
     .read = read_rate,
     .fallback = "none",
     .help =
         "How many batches may go out, a batch being one request or message: none for any number, "
         "or like 50/s, 10/m, 1/h."},
    {.name = "concurrency",
     .read = read_concurrency,
     .fallback = NUMBER_AS_TEXT(CONCURRENCY_DEFAULT),
     .help = "How many requests may be on their way at once, for plugins that make requests."},
    {.name = "batch",
     .read = read_batch,
     .fallback = "1",
     .help = "How many events may go out together, up to 1000."},
    {.name = "digest",
     .read = read_digest,
     .fallback = "0",
     .help = "How long events are gathered for a fuller batch; 0 sends what there is at once."},
    {.name = "order",
     .read = read_order,
     .fallback = "affiliate",
     .help = "What waits for what: affiliate keeps the events of each affiliate in order, journal "
             "keeps all in order, none keeps none."},
    {.name = "start",
     .read = read_start,
     .fallback = "now",
     .help = "Where a new sink begins: now, beginning, or a past date like 2026-03-18."},
    {.name = "expire",
     .read = read_expire,
     .fallback = "0",
     .help = "How old an event may get, counted from when it happened, before it is given up "
             "instead of "
             "sent; 0 for any age."},
    {.name = "was",
     .read = read_was,
     .fallback = "",
     .section_only = true,
     .help = "The sink's former name, so that it goes on where that one was."},
};

#define KEYS (sizeof keys / sizeof *keys)

const struct tuning_key *tuning_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (text_equal(keys[i].name, name))
            return &keys[i];
    }
    return NULL;
}

const struct tuning_key *tuning_keys(size_t *count)
{
    *count = KEYS;
    return keys;
}

bool config_is_bus_key(const char *key)
{
    return tuning_key(key) || text_starts(key, "bus.");
}

/* ---- The layers ---- */

/* What stands between the items of a plugin's defaults; a list has commas within an item. */
static const char separators[] = " \t\n";

/* As read_defaults reads them: a wrong value counts for nothing, and the last one holds. */
char *tuning_default(const struct tuning_key *key, const char *plugin_defaults)
{
    struct sink_tuning ignored = {0};
    struct error error;
    char *found = memory_text(key->fallback);
    size_t name_length = strlen(key->name);
    const char *text = plugin_defaults;
    for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
        size_t length = strcspn(text, separators);
        bool is_key = length > name_length && text[name_length] == '=' &&
                      strncmp(text, key->name, name_length) == 0;
        if (is_key && !key->section_only) {
            char *value = memory_text_part(text + name_length + 1, length - name_length - 1);
            bool is_right = key->read(value, &ignored, &error) == 0;
            free(is_right ? found : value);
            found = is_right ? value : found;
        }
        text += length;
    }
    return found;
}

/* One `key=value` of a plugin's defaults. */
static int read_default(char *item, struct sink_tuning *tuning, struct error *error)
{
    char *equals = strchr(item, '=');
    if (!equals)
        return error_set(error, SAY_DEFAULT_NO_EQUALS);
    *equals = '\0';
    const struct tuning_key *key = tuning_key(item);
    if (!key)
        return error_set(error, SAY_DEFAULT_UNKNOWN);
    if (key->section_only)
        return error_set(error, SAY_DEFAULT_SECTION_ONLY);
    return key->read(equals + 1, tuning, error);
}

static void read_defaults(const char *text, const struct place *place, struct sink_tuning *tuning,
                          struct mistakes *mistakes)
{
    for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
        size_t length = strcspn(text, separators);
        char *item = memory_text_part(text, length);
        struct sink_tuning changed = *tuning;
        struct error error;
        if (read_default(item, &changed, &error) < 0)
            mistakes_add(mistakes, place, SAY_DEFAULT_WRONG, (int)length, text, error.text);
        else
            *tuning = changed;
        free(item);
        text += length;
    }
}

void config_tune_sink(const struct sink_config *sink, const char *plugin_defaults,
                      struct sink_tuning *tuning, struct mistakes *mistakes)
{
    struct error error;
    *tuning = (struct sink_tuning){0};
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i].fallback) {
            int result = keys[i].read(keys[i].fallback, tuning, &error);
            assert(result == 0);
            (void)result;
        }
    }
    struct place place = section_place(sink->section, NULL);
    if (plugin_defaults)
        read_defaults(plugin_defaults, &place, tuning, mistakes);
    for (size_t i = 0; i < sink->section->count; i++) {
        const struct setting *setting = &sink->section->settings[i];
        const struct tuning_key *key = tuning_key(setting->key);
        struct sink_tuning changed = *tuning;
        if (key && key->read(setting->value, &changed, &error) == 0)
            *tuning = changed; /* a mistake was found by config_load */
    }
}
