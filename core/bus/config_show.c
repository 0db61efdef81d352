/*
 * See config_show.h. A value is shown only when it is known to be no secret: not when its key is
 * unknown or its plugin's table is, and not when it is wrong, for then it may be a secret in the place
 * of something else.
 */
#include "core/bus/config_show.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/checker.h"
#include "core/bus/option_kind.h"
#include "core/bus/secret_shown.h"
#include "core/bus/tables.h"
#include "core/config/bus_keys.h"
#include "core/config/config.h"
#include "core/config/keyring.h"
#include "core/config/secret.h"
#include "core/config/tuning.h"
#include "core/wire/message.h"

/* ---- One row: a key, its value or why there is none, where it comes from ---- */

static json_t *make_row(const char *key, json_t *value, json_t *secrets, const char *hidden,
                        const char *origin, const struct setting *setting)
{
    return json_pack("{s:o,s:o,s:o,s:s?,s:s?,s:o,s:o}", "key", answer_text(key), "value", value,
                     "secrets", secrets, "hidden", hidden, "origin", origin, "file",
                     setting ? answer_text(setting->file) : json_null(), "line",
                     setting ? json_integer(setting->line) : json_null());
}

static json_t *written_row(const struct setting *setting, const char *value)
{
    char *shown = secret_shown_plain(value);
    json_t *row = make_row(setting->key, answer_text(shown), json_null(), NULL, "file", setting);
    memory_wipe_text(shown);
    return row;
}

static json_t *hidden_row(const struct setting *setting, const char *why)
{
    return make_row(setting->key, json_null(), json_null(), why, "file", setting);
}

static json_t *default_row(const char *key, const char *value, const char *origin)
{
    return make_row(key, answer_text(value), json_null(), NULL, origin, NULL);
}

/* ---- Secrets ---- */

static const char *first_error(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        if (!mistakes->items[i].warning)
            return mistakes->items[i].text;
    }
    return NULL;
}

static json_t *make_secret(const char *form, const char *secret, const char *error)
{
    char *mask = secret ? secret_shown_mask(secret) : NULL;
    json_t *item =
        json_pack("{s:o,s:o,s:o}", "shown", mask ? answer_text(mask) : json_null(), "form",
                  answer_text(form), "error", error ? answer_text(error) : json_null());
    free(mask);
    return item;
}

static void wipe_list(struct value_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        explicit_bzero(list->items[i], strlen(list->items[i]));
    value_list_finish(list);
}

/* One secret, or for a list those that one item of it leads to: a file with a token a line. */
static void add_secrets(const struct config *config, const char *value, const struct place *place,
                        bool is_list, json_t *secrets)
{
    struct mistakes mistakes;
    struct value_list several = {0};
    mistakes_init(&mistakes);
    char *(*resolve)(const char *, const struct keyring *, const struct place *,
                     struct mistakes *) = is_list ? secret_resolve_list : secret_resolve;
    char *found = resolve(value, config->keyring, place, &mistakes);
    char *form = secret_shown_form(value);
    if (found && is_list)
        value_list(found, &several);
    for (size_t i = 0; i < several.count; i++)
        json_array_append_new(secrets, make_secret(form, several.items[i], NULL));
    if (!found || !is_list)
        json_array_append_new(secrets,
                              make_secret(form, found, found ? NULL : first_error(&mistakes)));
    wipe_list(&several);
    memory_wipe_text(found);
    free(form);
    mistakes_finish(&mistakes);
}

static json_t *secret_row(const struct config *config, const struct section *section,
                          const struct setting *setting, bool is_list)
{
    struct place place = section_place(section, setting);
    struct value_list items = {0};
    json_t *secrets = json_array();
    if (is_list)
        value_list(setting->value, &items);
    else
        add_secrets(config, setting->value, &place, false, secrets);
    for (size_t i = 0; i < items.count; i++)
        add_secrets(config, items.items[i], &place, true, secrets);
    wipe_list(&items);
    return make_row(setting->key, json_null(), secrets, NULL, "file", setting);
}

/* ---- What stands in a section ---- */

/* Whether something is wrong with a key; the value is then not in force. */
static bool is_wrong(const struct config *config, const struct section *section, const char *key)
{
    return mistakes_errors_at(&config->mistakes, section->name, key) > 0;
}

static json_t *plain_row(const struct config *config, const struct section *section,
                         const struct setting *setting, const char *value)
{
    return is_wrong(config, section, setting->key) ? hidden_row(setting, "wrong")
                                                   : written_row(setting, value);
}

static json_t *bus_row(const struct config *config, const struct section *section,
                       const struct setting *setting)
{
    const struct bus_key *key = bus_key(setting->key);
    if (!key)
        return hidden_row(setting, "unknown");
    if (config_is_blank(setting->value))
        return hidden_row(setting, "blank");
    if (key->secret && *setting->value)
        return secret_row(config, section, setting, true);
    bool is_address = text_equal(setting->key, "admin_listen") && config->admin_listen;
    return plain_row(config, section, setting, is_address ? config->admin_listen : setting->value);
}

static const struct message_option *hosts_option(const struct message_table *table, const char *key)
{
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (table->options[i].hosts && text_equal(table->options[i].name, key))
            return &table->options[i];
    }
    return NULL;
}

/* table NULL: the plugin has not said what the section's keys are, and which values are right. */
static json_t *sink_row(const struct config *config, const struct sink_config *sink,
                        const struct setting *setting, const struct message_table *table)
{
    const char *key = setting->key;
    bool is_bus_key = tuning_key(key) != NULL;
    if (!is_bus_key && !table)
        return hidden_row(setting, "unread");
    if (!is_bus_key && !option_kind_find(table, key) && !hosts_option(table, key))
        return hidden_row(setting, "unknown");
    if (config_is_blank(setting->value))
        return hidden_row(setting, "blank");
    if (!is_bus_key && option_kind_holds_secret(table, key, setting->value))
        return secret_row(config, sink->section, setting, option_kind_is_list(table, key));
    if (text_equal(key, "plugin") && sink->plugin)
        return written_row(setting, sink->plugin); /* a name, whether it can be loaded or not */
    return plain_row(config, sink->section, setting, setting->value);
}

/* ---- Defaults ---- */

static void add_bus_defaults(const struct config *config, const struct section *section,
                             json_t *rows)
{
    size_t count;
    const struct bus_key *keys = bus_keys(&count);
    for (size_t i = 0; i < count; i++) {
        bool is_spool = text_equal(keys[i].name, "spool"); /* follows from `state` */
        const char *value = is_spool ? config->spool : keys[i].fallback;
        bool is_written = section && section_setting(section, keys[i].name);
        if (value && !is_written)
            json_array_append_new(rows, default_row(keys[i].name, value, "default"));
    }
}

static void add_option_defaults(const struct section *section, const struct message_table *table,
                                json_t *rows)
{
    for (uint32_t i = 0; i < table->option_count; i++) {
        const struct message_option *option = &table->options[i];
        if (section_setting(section, option->name) || option_kind_is_idle(table, section, option))
            continue;
        if (option->fallback && *option->fallback)
            json_array_append_new(rows, default_row(option->name, option->fallback,
                                                    option->hosts ? "default" : "plugin"));
        else if (option->flags & AFFN_REQUIRED)
            json_array_append_new(
                rows, make_row(option->name, json_null(), json_null(), "missing", NULL, NULL));
    }
}

static void add_tuning_defaults(const struct section *section, const char *plugin_defaults,
                                json_t *rows)
{
    size_t count;
    const struct tuning_key *keys = tuning_keys(&count);
    for (size_t i = 0; i < count; i++) {
        if (section_setting(section, keys[i].name))
            continue;
        char *value = tuning_default(&keys[i], plugin_defaults);
        bool is_plugins = value && !text_equal(value, keys[i].fallback);
        if (!value)
            json_array_append_new(
                rows, make_row(keys[i].name, json_null(), json_null(), "missing", NULL, NULL));
        else if (*value)
            json_array_append_new(
                rows, default_row(keys[i].name, value, is_plugins ? "plugin" : "default"));
        free(value);
    }
}

/* ---- Sections: what is written, in its order, then the defaults ---- */

static json_t *make_section(const char *name, const struct section *section, const char *plugin,
                            json_t *rows)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "name", answer_text(name), "file",
                     section ? answer_text(section->file) : json_null(), "line",
                     section ? json_integer(section->line) : json_null(), "plugin",
                     plugin ? answer_text(plugin) : json_null(), "keys", rows);
}

static json_t *show_bus(const struct config *config)
{
    const struct section *section = document_section(&config->document, "bus");
    json_t *rows = json_array();
    for (size_t i = 0; section && i < section->count; i++)
        json_array_append_new(rows, bus_row(config, section, &section->settings[i]));
    add_bus_defaults(config, section, rows);
    return make_section("bus", section, NULL, rows);
}

static json_t *show_sink(const struct config *config, const struct sink_config *sink,
                         const struct message_table *table)
{
    const struct section *section = sink->section;
    json_t *rows = json_array();
    for (size_t i = 0; i < section->count; i++)
        json_array_append_new(rows, sink_row(config, sink, &section->settings[i], table));
    if (table)
        add_option_defaults(section, table, rows);
    add_tuning_defaults(section, table ? table->defaults : "", rows);
    return make_section(section->name, section, table ? table->name : sink->plugin, rows);
}

struct showing {
    const struct config *config;
    json_t *sinks[SINKS_MAX]; /* as config->sinks; NULL until the plugin's table came */
};

static void on_table(void *owner, const struct sink_config *sink, const struct message_table *table)
{
    struct showing *showing = owner;
    const struct config *config = showing->config;
    if (!is_wrong(config, sink->section, "plugin")) /* it did not end before it had checked them */
        showing->sinks[sink - config->sinks] = show_sink(config, sink, table);
}

static void add_sinks(const struct config *config, const struct sink_config *only, json_t *sections)
{
    struct showing showing = {.config = config};
    struct tables_call call = {.told = on_table, .owner = &showing};
    struct mistakes known; /* the check has found them, too */
    mistakes_init(&known);
    tables_load(config, only, &call, &known);
    mistakes_finish(&known);
    for (size_t i = 0; i < config->sink_count; i++) {
        const struct sink_config *sink = &config->sinks[i];
        json_t *shown = showing.sinks[i];
        if (!only || only == sink)
            json_array_append_new(sections, shown ? shown : show_sink(config, sink, NULL));
    }
}

/* ---- The whole ---- */

static size_t count_errors(const struct mistakes *mistakes, const struct sink_config *only)
{
    return only ? mistakes_errors_in(mistakes, only->section->name) : mistakes_errors(mistakes);
}

static json_t *show(struct config *config, const struct sink_config *only)
{
    struct mistakes surveyed; /* apart: a value of which these speak is right */
    mistakes_init(&surveyed);
    checker_look(config, &surveyed);
    size_t errors = count_errors(&config->mistakes, only) + count_errors(&surveyed, only);
    mistakes_finish(&surveyed);
    if (!config->is_certain)                      /* and the check has looked at no plugin */
        checker_load_plugins(config, NULL, NULL); /* for which values are wrong must be known */
    json_t *sections = json_array();
    if (!only)
        json_array_append_new(sections, show_bus(config));
    add_sinks(config, only, sections);
    return json_pack("{s:b,s:o,s:I,s:o}", "ok", 1, "config", answer_text(config->path), "errors",
                     (json_int_t)errors, "sections", sections);
}

static json_t *answer_of(struct config *config, const char *path, const char *sink_name)
{
    const struct sink_config *only = sink_name ? config_sink(config, sink_name) : NULL;
    bool is_read = config->document.file_count > 0 && text_equal(config->document.files[0], path);
    if (!is_read)
        return answer_refuse_mistakes(config, NULL);
    if (sink_name && !only)
        return answer_refuse_sink(config, sink_name);
    return show(config, only);
}

int config_show_main(const char *config_path, const char *sink_name)
{
    struct config config;
    config_load(config_path, &config);
    json_t *answer = answer_of(&config, config_path, sink_name);
    config_finish(&config);
    return answer_print(answer);
}
