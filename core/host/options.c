/* See options.h. */
#include "core/host/options.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/host/blot.h"
#include "core/host/findings.h"
#include "core/host/option_value.h"
#include "core/host/sentences.h"
#include "core/wire/message.h"

/* One call of options_fill. */
struct filling {
    struct options *options;
    const struct option_table *tables;
    size_t table_count;
    const struct message_value *values;
    uint32_t value_count;
    struct findings *findings;
    struct blot *secrets;
};

static void *keep(struct options *options, void *memory)
{
    if (memory) {
        options->kept =
            memory_resize(options->kept, options->kept_count + 1, sizeof *options->kept);
        options->kept[options->kept_count++] = memory;
    }
    return memory;
}

/* It may be a secret, and of some it is not known how long they are. */
static void wipe(void *memory)
{
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

void options_finish(struct options *options)
{
    for (size_t i = 0; i < options->kept_count; i++)
        wipe(options->kept[i]);
    free(options->kept);
    *options = (struct options){.kept = NULL};
}

/* ---- Into the struct ---- */

static void write_member(const struct option_table *table, const struct affn_option *option,
                         const void *value)
{
    memcpy((char *)table->self + option->offset, value, option_member_bytes(option->type));
}

static void write_unset(const struct option_table *table, const struct affn_option *option)
{
    static const int64_t number = AFFN_UNSET;
    static const int32_t small = -1;
    switch (option->type) {
    case AFFN_INT:
    case AFFN_SIZE:
    case AFFN_DURATION:
        write_member(table, option, &number);
        break;
    case AFFN_BOOL:
    case AFFN_CHOICE:
        write_member(table, option, &small);
        break;
    default:
        break; /* NULL, or count 0: the struct came zeroed */
    }
}

static void write_list(struct options *options, const struct option_table *table,
                       const struct affn_option *option, const struct option_value *value)
{
    for (uint32_t i = 0; i < value->count; i++)
        keep(options, value->items[i]);
    struct affn_list list = {.items = keep(options, value->items), .count = value->count};
    write_member(table, option, &list);
}

static void write_value(struct options *options, const struct option_table *table,
                        const struct affn_option *option, const struct option_value *value)
{
    const char *text = keep(options, value->text);
    switch (option->type) {
    case AFFN_INT:
    case AFFN_SIZE:
    case AFFN_DURATION:
        write_member(table, option, &value->number);
        break;
    case AFFN_BOOL:
    case AFFN_CHOICE:
        write_member(table, option, &value->small);
        break;
    case AFFN_LIST:
        write_list(options, table, option, value);
        break;
    default:
        write_member(table, option, &text);
        break;
    }
}

/* ---- Secrets ---- */

static void remember_secret(struct blot *secrets, const struct affn_option *option,
                            const char *text)
{
    bool secret = option->flags & AFFN_SECRET;
    if (option->type == AFFN_URL && secret)
        blot_add_url(secrets, text);
    else if (option->type == AFFN_URL)
        blot_add_userinfo(secrets, text);
    else if (secret)
        blot_add(secrets, text);
}

static void remember_items(struct blot *secrets, const struct affn_option *option,
                           const struct option_value *value)
{
    for (uint32_t i = 0; option->flags & AFFN_SECRET && i < value->count; i++)
        blot_add(secrets, value->items[i]);
}

/* ---- One option ---- */

static const struct message_value *find_value(const struct filling *filling, const char *key)
{
    for (uint32_t i = 0; i < filling->value_count; i++) {
        if (text_equal(filling->values[i].key, key))
            return &filling->values[i];
    }
    return NULL;
}

static void warn_deprecated(const struct filling *filling, const struct affn_option *option,
                            const char *key)
{
    if (option->flags & AFFN_DEPRECATED)
        findings_warn(filling->findings, key, SAY_DEPRECATED, option->help);
}

static void fill_plain(const struct filling *filling, const struct option_table *table,
                       const struct affn_option *option)
{
    write_unset(table, option);
    const struct message_value *given = find_value(filling, option->name);
    if (!given && option->flags & AFFN_REQUIRED && !option->fallback)
        findings_add(filling->findings, option->name, SAY_REQUIRED, option->help);
    const char *text = given ? given->value : option->fallback;
    if (!text)
        return;
    if (given) {
        warn_deprecated(filling, option, option->name);
        remember_secret(filling->secrets, option, text);
    }
    struct option_value value;
    struct error error;
    if (option_value_parse(option, text, &value, &error) < 0) {
        findings_add(filling->findings, option->name, "%s", error.text);
        return;
    }
    remember_items(filling->secrets, option, &value);
    write_value(filling->options, table, option, &value);
}

/* What follows "NAME." in a key, or NULL when the key is not of this map. */
static const char *map_key(const struct affn_option *option, const char *key)
{
    size_t length = strlen(option->name);
    bool ours = strncmp(key, option->name, length) == 0 && key[length] == '.';
    return ours ? key + length + 1 : NULL;
}

static bool has_pair(const struct affn_pair *pairs, uint32_t count, const char *key)
{
    for (uint32_t i = 0; i < count; i++) {
        if (text_equal(pairs[i].key, key))
            return true;
    }
    return false;
}

static void fill_map(const struct filling *filling, const struct option_table *table,
                     const struct affn_option *option)
{
    struct affn_pair *pairs =
        keep(filling->options, memory_new(filling->value_count, sizeof *pairs));
    uint32_t count = 0;
    for (uint32_t i = 0; i < filling->value_count; i++) {
        const struct message_value *given = &filling->values[i];
        const char *key = map_key(option, given->key);
        if (!key)
            continue;
        if (!*key) {
            findings_add(filling->findings, given->key, SAY_MAP_NO_KEY, option->name);
            continue;
        }
        if (has_pair(pairs, count, key)) {
            findings_add(filling->findings, given->key, SAY_SET_TWICE);
            continue;
        }
        warn_deprecated(filling, option, given->key);
        remember_secret(filling->secrets, option, given->value);
        pairs[count++] = (struct affn_pair){
            .key = keep(filling->options, memory_text(key)),
            .value = keep(filling->options, memory_text(given->value)),
        };
    }
    if (count == 0 && option->flags & AFFN_REQUIRED)
        findings_add(filling->findings, option->name, SAY_MAP_REQUIRED, option->name, option->help);
    struct affn_map map = {.pairs = count ? pairs : NULL, .count = count};
    write_member(table, option, &map);
}

/* ---- Keys that nobody knows ---- */

static const struct affn_option *find_option(const struct filling *filling, const char *key)
{
    for (size_t t = 0; t < filling->table_count; t++) {
        for (uint32_t i = 0; i < filling->tables[t].count; i++) {
            const struct affn_option *option = &filling->tables[t].rows[i];
            if (text_equal(option->name, key) ||
                (option->type == AFFN_MAP && map_key(option, key) != NULL))
                return option;
        }
    }
    return NULL;
}

/* All names that the section may have, ending with NULL; *words is what some of them point into. */
static const char **all_names(const struct filling *filling, char **words)
{
    size_t count = strlen(AFFN_RESERVED_KEYS) + 1;
    for (size_t t = 0; t < filling->table_count; t++)
        count += filling->tables[t].count;
    const char **names = memory_new(count, sizeof *names);
    size_t used = 0;
    for (size_t t = 0; t < filling->table_count; t++) {
        for (uint32_t i = 0; i < filling->tables[t].count; i++)
            names[used++] = filling->tables[t].rows[i].name;
    }
    *words = memory_text(AFFN_RESERVED_KEYS);
    char *rest = *words;
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        names[used++] = word;
    return names;
}

static void report_unknown(const struct filling *filling, const char *key)
{
    char *words;
    const char **names = all_names(filling, &words);
    char *stem = memory_text_part(key, strcspn(key, "."));
    const char *nearest = text_nearest(key, names);
    if (!nearest)
        nearest = text_nearest(stem, names);
    if (find_option(filling, stem))
        findings_add(filling->findings, key, SAY_NO_MAP, stem);
    else if (nearest)
        findings_add(filling->findings, key, SAY_UNKNOWN_OPTION_NEAR, nearest);
    else
        findings_add(filling->findings, key, SAY_UNKNOWN_OPTION);
    free(stem);
    free(names);
    free(words);
}

static void check_key(const struct filling *filling, uint32_t index)
{
    const char *key = filling->values[index].key;
    const struct affn_option *option = find_option(filling, key);
    if (!option) {
        report_unknown(filling, key);
    } else if (option->type == AFFN_MAP && text_equal(option->name, key)) {
        findings_add(filling->findings, key, SAY_IS_MAP, key);
    } else if (option->type != AFFN_MAP && find_value(filling, key) != &filling->values[index]) {
        findings_add(filling->findings, key, SAY_SET_TWICE);
    }
}

void options_fill(struct options *options, const struct option_table *tables, size_t table_count,
                  const struct message_value *values, uint32_t value_count,
                  struct findings *findings, struct blot *secrets)
{
    const struct filling filling = {options,     tables,   table_count, values,
                                    value_count, findings, secrets};
    *options = (struct options){.kept = NULL};
    for (uint32_t i = 0; i < value_count; i++)
        check_key(&filling, i);
    for (size_t t = 0; t < table_count; t++) {
        for (uint32_t i = 0; i < tables[t].count; i++) {
            const struct affn_option *option = &tables[t].rows[i];
            if (option->type == AFFN_MAP)
                fill_map(&filling, &tables[t], option);
            else
                fill_plain(&filling, &tables[t], option);
        }
    }
}
