/* See handshake.h. */
#include "core/bus/handshake.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "affnotify/sink.h"
#include "core/base/memory.h"
#include "core/base/program.h"
#include "core/base/text.h"
#include "core/config/secret.h"

/* ---- Finding the plugin ---- */

/* The built-in directories: of a build tree, and of an installation. */
static const char *const built_in[] = {"../plugins", "../lib/affnotify/plugins"};

#define DIRECTORIES_MAX 64
#define CANDIDATES_MAX  256

struct search {
    char *directories[DIRECTORIES_MAX];
    size_t count;
};

static void search_init(struct search *search, const struct config *config)
{
    search->count = 0;
    for (size_t i = 0; i < config->plugins.count && search->count < DIRECTORIES_MAX - 2; i++)
        search->directories[search->count++] = memory_text(config->plugins.items[i]);
    for (size_t i = 0; i < 2; i++)
        search->directories[search->count++] = program_relative(built_in[i]);
}

static void search_finish(struct search *search)
{
    for (size_t i = 0; i < search->count; i++)
        free(search->directories[i]);
}

/* The plugin whose name is nearest to a misspelt one; to be freed, or NULL. */
static char *nearest_plugin(const struct search *search, const char *name)
{
    char *names[CANDIDATES_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < search->count; i++) {
        DIR *directory = opendir(search->directories[i]);
        struct dirent *entry;
        while (directory && (entry = readdir(directory)) && count < CANDIDATES_MAX) {
            size_t length = strlen(entry->d_name);
            if (length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0)
                names[count++] = memory_text_part(entry->d_name, length - 3);
        }
        if (directory)
            closedir(directory);
    }
    names[count] = NULL;
    char *nearest = memory_text(text_nearest(name, (const char *const *)names));
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    return nearest;
}

static void add_not_found(const struct search *search, const struct sink_config *sink,
                          struct mistakes *mistakes)
{
    struct place place = section_place(sink->section, section_setting(sink->section, "plugin"));
    char *nearest = nearest_plugin(search, sink->plugin);
    if (nearest) {
        mistakes_add(mistakes, &place, "no plugin is named %s; did you mean `%s`?", sink->plugin,
                     nearest);
    } else {
        mistakes_add(mistakes, &place,
                     "no plugin is named %s: %s.so is neither in a directory of `plugins` in "
                     "[bus] nor among the built-in ones",
                     sink->plugin, sink->plugin);
    }
    free(nearest);
}

char *handshake_find_plugin(const struct config *config, const struct sink_config *sink,
                            struct mistakes *mistakes)
{
    if (sink->plugin[0] == '/')
        return memory_text(sink->plugin);
    struct search search;
    search_init(&search, config);
    char *found = NULL;
    for (size_t i = 0; i < search.count && !found; i++) {
        found = memory_format("%s/%s.so", search.directories[i], sink->plugin);
        if (access(found, F_OK) < 0) {
            free(found);
            found = NULL;
        }
    }
    if (!found)
        add_not_found(&search, sink, mistakes);
    search_finish(&search);
    return found;
}

/* ---- TABLE and OPTIONS ---- */

/* The proxy's URL may hold a password. */
static bool is_secret_request_key(const char *key)
{
    return text_equal(key, "proxy");
}

/* The option that a key of the INI belongs to: its own name, or a map's name before a dot. */
static const struct message_option *find_option(const struct message_table *table, const char *key)
{
    for (uint32_t i = 0; i < table->option_count; i++) {
        const struct message_option *option = &table->options[i];
        size_t length = strlen(option->name);
        bool is_map = option->type == AFFN_MAP;
        if (strncmp(option->name, key, length) == 0 && key[length] == (is_map ? '.' : '\0'))
            return option;
    }
    return NULL;
}

static bool is_secret(const struct message_table *table, const char *key)
{
    const struct message_option *option = find_option(table, key);
    if (option)
        return option->flags & AFFN_SECRET;
    return table->requests && is_secret_request_key(key);
}

static char *resolve(const struct message_table *table, const struct section *section,
                     const struct setting *setting, struct mistakes *mistakes)
{
    const char *value = setting->value;
    bool plain_proxy = is_secret_request_key(setting->key) && !strchr(value, '@') &&
                       !secret_is_reference(value); /* without a password it is no secret */
    if (plain_proxy || !is_secret(table, setting->key))
        return memory_text(value);
    struct place place = section_place(section, setting);
    return secret_resolve(value, &place, mistakes);
}

static int put_options(const struct config *config, const struct sink_config *sink,
                       const struct message_table *table, const struct sink_tuning *tuning,
                       struct buffer *out, struct mistakes *mistakes)
{
    const struct section *section = sink->section;
    char *state_dir = memory_format("%s/sinks/%s", config->state, sink->name);
    struct message_value *values = memory_new(section->count, sizeof *values);
    struct message_options options = {.state_dir = state_dir,
                                      .timeout_ms = tuning->timeout_ms,
                                      .concurrency = tuning->concurrency,
                                      .values = values};
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        if (config_is_bus_key(setting->key))
            continue;
        char *value = resolve(table, section, setting, mistakes);
        if (value)
            values[options.value_count++] = (struct message_value){setting->key, value};
    }
    int result = message_put_options(out, &options);
    for (uint32_t i = 0; i < options.value_count; i++)
        memory_wipe_text((char *)(uintptr_t)values[i].value);
    free(values);
    free(state_dir);
    return result;
}

int handshake_take_table(const struct config *config, const struct sink_config *sink,
                         struct frame *frame, struct sink_tuning *tuning, bool *makes_requests,
                         struct buffer *out, struct mistakes *mistakes)
{
    struct message_table table;
    if (message_get_table(frame, &table) < 0)
        return -1;
    *makes_requests = table.requests;
    config_tune_sink(sink, table.defaults, tuning, mistakes);
    int result = put_options(config, sink, &table, tuning, out, mistakes);
    free(table.options);
    return result;
}

/* ---- CHECKED and FAILED ---- */

static bool is_known(const struct mistakes *mistakes, const char *section, const char *key)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        if (!mistake->warning && mistake->section && text_equal(mistake->section, section) &&
            mistake->key && text_equal(mistake->key, key))
            return true;
    }
    return false;
}

int handshake_take_checked(const struct sink_config *sink, struct frame *frame,
                           struct mistakes *mistakes)
{
    struct message_checked checked;
    if (message_get_checked(frame, &checked) < 0)
        return -1;
    for (uint32_t i = 0; i < checked.mistake_count; i++) {
        const struct message_mistake *mistake = &checked.mistakes[i];
        if (is_known(mistakes, sink->section->name, mistake->key))
            continue; /* a secret that could not be had is not "missing" as well */
        const struct setting *setting = section_setting(sink->section, mistake->key);
        struct place place = section_place(sink->section, setting);
        if (mistake->key[0])
            place.key = mistake->key;
        (mistake->warning ? mistakes_warn : mistakes_add)(mistakes, &place, "%s", mistake->text);
    }
    free(checked.mistakes);
    return 0;
}

int handshake_take_failed(const struct sink_config *sink, struct frame *frame,
                          struct mistakes *mistakes)
{
    const char *text;
    if (message_get_failed(frame, &text) < 0)
        return -1;
    struct place place = section_place(sink->section, section_setting(sink->section, "plugin"));
    mistakes_add(mistakes, &place, "%s", text);
    return 0;
}
