/* See handshake.h. */
#include "core/bus/handshake.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/fingerprint.h"
#include "core/bus/option_kind.h"
#include "core/bus/plugin_files.h"
#include "core/bus/rotation.h"
#include "core/bus/secret_shown.h"
#include "core/bus/start_sentences.h"
#include "core/config/seal.h"
#include "core/config/secret.h"

/* ---- Finding the plugin ---- */

static void add_not_found(const struct handshake *handshake, const struct plugin_files *files)
{
    const struct section *section = handshake->sink->section;
    const char *name = handshake->sink->plugin;
    struct place place = section_place(section, section_setting(section, "plugin"));
    char *nearest = plugin_files_nearest(files, name);
    if (nearest) {
        mistakes_add(handshake->mistakes, &place, SAY_NO_PLUGIN_NEAR, name, nearest);
    } else {
        mistakes_add(handshake->mistakes, &place, SAY_NO_PLUGIN);
    }
    free(nearest);
}

char *handshake_find_plugin(const struct handshake *handshake)
{
    const char *plugin = handshake->sink->plugin;
    if (plugin[0] == '/')
        return memory_text(plugin);
    struct plugin_files files;
    plugin_files_init(&files, &handshake->config->plugins);
    char *found = plugin_files_find(&files, plugin);
    if (!found)
        add_not_found(handshake, &files);
    plugin_files_finish(&files);
    return found;
}

/* ---- TABLE and OPTIONS ---- */

static char *resolve(const struct handshake *handshake, const struct message_table *table,
                     const struct setting *setting, struct fingerprint_list *secrets)
{
    const char *value = setting->value;
    if (!option_kind_holds_secret(table, setting->key, value))
        return memory_text(value);
    struct place place = section_place(handshake->sink->section, setting);
    bool is_list = option_kind_is_list(table, setting->key);
    char *secret = secret_resolve_option(value, is_list, handshake->config->keyring, &place,
                                         handshake->mistakes);
    if (secret)
        fingerprint_add(secrets, setting->key, secret);
    if (handshake->rotation)
        rotation_add(handshake->rotation, setting->key, is_list);
    return secret;
}

/* Beside the host that delivers, a trial must not touch what that one keeps. */
static char *state_directory(const struct handshake *handshake)
{
    return memory_format("%s/sinks/%s%s", handshake->config->state, handshake->sink->name,
                         handshake->trial ? ".test" : "");
}

static int put_options(const struct handshake *handshake, const struct message_table *table,
                       const struct sink_tuning *tuning, struct buffer *out)
{
    const struct section *section = handshake->sink->section;
    char *state_dir = state_directory(handshake);
    struct message_value *values = memory_new(section->count, sizeof *values);
    struct message_options options = {.state_dir = state_dir,
                                      .trial = handshake->trial,
                                      .timeout_ms = tuning->timeout_ms,
                                      .concurrency = tuning->concurrency,
                                      .values = values};
    struct fingerprint_list secrets = {0};
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        if (config_is_bus_key(setting->key))
            continue;
        char *value =
            config_is_blank(setting->value) ? NULL : resolve(handshake, table, setting, &secrets);
        if (value)
            values[options.value_count++] = (struct message_value){setting->key, value};
        else
            options.incomplete = true;
    }
    char hex[FINGERPRINT_SIZE];
    fingerprint_take(&secrets, handshake->secrets ? handshake->secrets : hex);
    int result = message_put_options(out, &options);
    for (uint32_t i = 0; i < options.value_count; i++)
        memory_wipe_text((char *)(uintptr_t)values[i].value);
    free(values);
    free(state_dir);
    return result;
}

/* When this is the sink that gives notices: its plugin cannot. */
static void refuse_alert_sink(const struct handshake *handshake)
{
    const struct config *config = handshake->config;
    const struct section *bus = document_section(&config->document, "bus");
    const char *name = handshake->sink->name;
    if (!config->alert_sink || !text_equal(config->alert_sink, name))
        return;
    struct place place = section_place(bus, section_setting(bus, "alert_sink"));
    mistakes_add(handshake->mistakes, &place, SAY_ALERT_SINK_CANNOT, handshake->sink->plugin, name);
}

int handshake_take_table(const struct handshake *handshake, struct frame *frame,
                         struct sink_tuning *tuning, bool *makes_requests, struct buffer *out)
{
    struct message_table table;
    if (message_get_table(frame, &table) < 0)
        return -1;
    *makes_requests = table.requests;
    if (handshake->notices)
        *handshake->notices = table.notices;
    if (!table.notices)
        refuse_alert_sink(handshake);
    config_tune_sink(handshake->sink, table.defaults, tuning, handshake->mistakes);
    int result = put_options(handshake, &table, tuning, out);
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

/* Of a secret that is read from elsewhere the line says little: it is to be mended there. */
static void add_checked(struct mistakes *mistakes, const struct place *place,
                        const struct setting *setting, const struct message_mistake *mistake)
{
    bool is_elsewhere = setting && !seal_is(setting->value);
    char *source = is_elsewhere ? secret_shown_source(setting->value) : NULL;
    (mistake->warning ? mistakes_warn : mistakes_add)(mistakes, place, "%s%s%s%s", mistake->text,
                                                      source ? " (" : "", source ? source : "",
                                                      source ? ")" : "");
    free(source);
}

int handshake_take_checked(const struct handshake *handshake, struct frame *frame)
{
    const struct section *section = handshake->sink->section;
    struct message_checked checked;
    if (message_get_checked(frame, &checked) < 0)
        return -1;
    for (uint32_t i = 0; i < checked.mistake_count; i++) {
        const struct message_mistake *mistake = &checked.mistakes[i];
        if (is_known(handshake->mistakes, section->name, mistake->key))
            continue; /* a blank, or a secret that could not be had, is not "missing" as well */
        const struct setting *setting = section_setting(section, mistake->key);
        struct place place = section_place(section, setting);
        if (mistake->key[0])
            place.key = mistake->key;
        add_checked(handshake->mistakes, &place, setting, mistake);
    }
    free(checked.mistakes);
    return 0;
}

int handshake_take_failed(const struct handshake *handshake, struct frame *frame)
{
    const struct section *section = handshake->sink->section;
    const char *text;
    if (message_get_failed(frame, &text) < 0)
        return -1;
    struct place place = section_place(section, section_setting(section, "plugin"));
    mistakes_add(handshake->mistakes, &place, "%s", text);
    return 0;
}
