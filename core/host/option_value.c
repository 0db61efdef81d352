/* See option_value.h. */
#include "core/host/option_value.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/config/value.h"
#include "core/host/sentences.h"

/* `form` is what is said of a secret's bad value, instead of a sentence that might show it. */
static const struct {
    size_t bytes;
    size_t alignment;
    const char *form;
} types[] = {
    [AFFN_STRING] = {sizeof(char *), _Alignof(char *), "a text"},
    [AFFN_INT] = {sizeof(int64_t), _Alignof(int64_t), "a number within the option's bounds"},
    [AFFN_BOOL] = {sizeof(int32_t), _Alignof(int32_t), "yes or no"},
    [AFFN_SIZE] = {sizeof(int64_t), _Alignof(int64_t), "a size such as 64k within its bounds"},
    [AFFN_DURATION] = {sizeof(int64_t), _Alignof(int64_t), "a duration such as 10s in its bounds"},
    [AFFN_CHOICE] = {sizeof(int32_t), _Alignof(int32_t), "one of the option's choices"},
    [AFFN_LIST] = {sizeof(struct affn_list), _Alignof(struct affn_list), "a list"},
    [AFFN_MAP] = {sizeof(struct affn_map), _Alignof(struct affn_map), "a map"},
    [AFFN_URL] = {sizeof(char *), _Alignof(char *), "a URL"},
    [AFFN_PATH] = {sizeof(char *), _Alignof(char *), "an absolute path"},
};

static bool is_known(uint32_t type)
{
    return type >= AFFN_STRING && type <= AFFN_PATH;
}

size_t option_member_bytes(uint32_t type)
{
    return is_known(type) ? types[type].bytes : 0;
}

size_t option_member_alignment(uint32_t type)
{
    return is_known(type) ? types[type].alignment : 0;
}

static int parse_bool(const char *text, int32_t *small, struct error *error)
{
    bool flag;
    if (value_bool(text, &flag, error) < 0)
        return -1;
    *small = flag;
    return 0;
}

static int parse_list(const char *text, struct option_value *value)
{
    struct value_list list;
    value_list(text, &list);
    value->count = (uint32_t)list.count;
    value->items = list.count ? memory_new(list.count, sizeof *value->items) : NULL;
    for (size_t i = 0; i < list.count; i++)
        value->items[i] = memory_text(list.items[i]);
    value_list_finish(&list);
    return 0;
}

static int keep_text(const char *text, struct option_value *value)
{
    value->text = memory_text(text);
    return 0;
}

/* Which URLs are right is known to the plugin alone, and its help says it. */
static int check_url(const struct affn_option *option, const char *text, struct error *error)
{
    struct error found;
    if (value_url(text, NULL, &found) == 0)
        return 0;
    return error_set(error, SAY_URL_HELP, found.text, option->help);
}

static int parse(const struct affn_option *option, const char *text, struct option_value *value,
                 struct error *error)
{
    int64_t min = option->min;
    int64_t max = option->max;
    switch (option->type) {
    case AFFN_STRING:
        return keep_text(text, value);
    case AFFN_INT:
        return value_int(text, min, max, &value->number, error);
    case AFFN_BOOL:
        return parse_bool(text, &value->small, error);
    case AFFN_SIZE:
        return value_size(text, min, max, &value->number, error);
    case AFFN_DURATION:
        return value_duration(text, min, max, &value->number, error);
    case AFFN_CHOICE:
        return value_choice(text, option->choices, &value->small, error);
    case AFFN_LIST:
        return parse_list(text, value);
    case AFFN_URL:
        return check_url(option, text, error) < 0 ? -1 : keep_text(text, value);
    case AFFN_PATH:
        return value_path(text, error) < 0 ? -1 : keep_text(text, value);
    default:
        assert(!"an option's type is checked when the plugin is loaded");
        return -1;
    }
}

int option_value_parse(const struct affn_option *option, const char *text,
                       struct option_value *value, struct error *error)
{
    *value = (struct option_value){.number = 0};
    if (parse(option, text, value, error) == 0)
        return 0;
    if (option->flags & AFFN_SECRET)
        error_set(error, SAY_SECRET_FORM, types[option->type].form);
    return -1;
}

void option_value_finish(struct option_value *value)
{
    free(value->text);
    for (uint32_t i = 0; i < value->count; i++)
        free(value->items[i]);
    free(value->items);
    *value = (struct option_value){.number = 0};
}
