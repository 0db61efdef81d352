/* See option_kind.h. */
#include "core/bus/option_kind.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "affnotify/sink.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/document.h"
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

/* Of a plugin's URL, written or by default; NULL when there is none. */
static const char *url_of(const struct section *section, const struct message_option *option)
{
    const struct setting *setting = section_setting(section, option->name);
    if (option->type != AFFN_URL || option->hosts)
        return NULL;
    return setting ? setting->value : option->fallback;
}

bool option_kind_is_idle(const struct message_table *table, const struct section *section,
                         const struct message_option *option)
{
    bool mail_alone = false;
    if (!option->hosts || !text_equal(option->name, "http_version"))
        return false;
    for (uint32_t i = 0; i < table->option_count; i++) {
        const char *url = url_of(section, &table->options[i]);
        if (url && strncasecmp(url, "smtp:", 5) != 0 && strncasecmp(url, "smtps:", 6) != 0)
            return false;
        mail_alone = mail_alone || url;
    }
    return mail_alone;
}

bool option_kind_is_list(const struct message_table *table, const char *key)
{
    const struct message_option *option = option_kind_find(table, key);
    return option && option->type == AFFN_LIST;
}
