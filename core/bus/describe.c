/* See describe.h. */
#include "core/bus/describe.h"

#include <jansson.h>
#include <stdlib.h>

#include "affnotify/sink.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/config/tuning.h"
#include "core/config/value.h"
#include "core/wire/message.h"

static const char *const type_names[] = {
    [AFFN_STRING] = "string", [AFFN_INT] = "int",           [AFFN_BOOL] = "bool",
    [AFFN_SIZE] = "size",     [AFFN_DURATION] = "duration", [AFFN_CHOICE] = "choice",
    [AFFN_LIST] = "list",     [AFFN_MAP] = "map",           [AFFN_URL] = "url",
    [AFFN_PATH] = "path",
};

#define TYPES (sizeof type_names / sizeof *type_names)

/* A bound as one would write it; null when there is none. */
static json_t *bound(const struct message_option *option, int64_t number)
{
    char *text;
    if ((option->min == 0 && option->max == 0) || number == INT64_MAX || number == INT64_MIN)
        return json_null();
    if (option->type == AFFN_SIZE)
        text = value_size_text(number);
    else if (option->type == AFFN_DURATION)
        text = value_duration_text(number);
    else
        text = memory_format("%lld", (long long)number);
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *list_choices(const char *choices)
{
    struct value_list words;
    json_t *list = json_array();
    value_list(choices, &words);
    for (size_t i = 0; i < words.count; i++)
        json_array_append_new(list, answer_text(words.items[i]));
    value_list_finish(&words);
    return list;
}

static json_t *describe_option(const struct message_option *option)
{
    const char *type = option->type < TYPES ? type_names[option->type] : NULL;
    return json_pack(
        "{s:o,s:s,s:b,s:b,s:b,s:b,s:o,s:o,s:o,s:o,s:o}", "name", answer_text(option->name), "type",
        type ? type : "unknown", "required", (option->flags & AFFN_REQUIRED) != 0, "secret",
        (option->flags & AFFN_SECRET) != 0, "deprecated", (option->flags & AFFN_DEPRECATED) != 0,
        "rare", (option->flags & AFFN_RARE) != 0, "default",
        option->fallback ? answer_text(option->fallback) : json_null(), "choices",
        list_choices(option->choices), "min", bound(option, option->min), "max",
        bound(option, option->max), "help", answer_text(option->help));
}

static json_t *list_options(const struct message_table *table, bool hosts)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (table->options[i].hosts == hosts)
            json_array_append_new(list, describe_option(&table->options[i]));
    }
    return list;
}

static json_t *list_bus_options(const char *plugin_defaults)
{
    size_t count;
    const struct tuning_key *keys = tuning_keys(&count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char *text = tuning_default(&keys[i], plugin_defaults);
        json_array_append_new(list, json_pack("{s:s,s:o,s:s}", "name", keys[i].name, "default",
                                              text ? answer_text(text) : json_null(), "help",
                                              keys[i].help));
        free(text);
    }
    return list;
}

json_t *describe_table(const struct message_table *table)
{
    return json_pack("{s:o,s:i,s:o,s:b,s:o,s:o,s:o}", "version", answer_text(table->version),
                     "revision", (int)table->revision, "summary", answer_text(table->summary),
                     "requests", table->requests, "options", list_options(table, false),
                     "host_options", list_options(table, true), "bus_options",
                     list_bus_options(table->defaults));
}
