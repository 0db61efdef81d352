/* See option_kind.h. */
#include "core/bus/option_kind.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/secret.h"
#include "core/wire/message.h"

/* The proxy's URL may hold a password. */
static bool is_secret_request_key(const char *key)
{
    return text_equal(key, "proxy");
}

const struct message_option *option_kind_find(const struct message_table *table, const char *key)
{
    for (uint32_t i = 0; i < table->option_count; i++) {
        const struct message_option *option = &table->options[i];
        size_t length = strlen(option->name);
        bool is_map = option->type == AFFN_MAP;
        if (!option->hosts && strncmp(option->name, key, length) == 0 &&
            key[length] == (is_map ? '.' : '\0'))
            return option;
    }
    return NULL;
}

bool option_kind_knows(const struct message_table *table, const char *key)
{
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (table->options[i].hosts && text_equal(table->options[i].name, key))
            return true;
    }
    return option_kind_find(table, key) != NULL;
}

const char *option_kind_nearest(const struct message_table *table, const char *key)
{
    const char **names = memory_new(table->option_count + 1, sizeof *names);
    char *small = memory_text(key);
    for (char *letter = small; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    for (uint32_t i = 0; i < table->option_count; i++)
        names[i] = table->options[i].name;
    const char *nearest = text_nearest(small, names);
    free(small);
    free(names);
    return nearest;
}

bool option_kind_is_secret(const struct message_table *table, const char *key)
{
    const struct message_option *option = option_kind_find(table, key);
    if (option)
        return option->flags & AFFN_SECRET;
    return table->requests && is_secret_request_key(key);
}

bool option_kind_holds_secret(const struct message_table *table, const char *key, const char *value)
{
    bool plain_proxy = is_secret_request_key(key) && !strchr(value, '@') &&
                       !secret_is_reference(value); /* without a password it is no secret */
    return !plain_proxy && option_kind_is_secret(table, key);
}
