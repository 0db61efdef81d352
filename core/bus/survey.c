/* See survey.h. Every sentence is in sentences.h. */
#include "core/bus/survey.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/option_kind.h"
#include "core/bus/sentences.h"
#include "core/bus/survey_certificate.h"
#include "core/bus/survey_file.h"
#include "core/bus/survey_folder.h"
#include "core/bus/survey_hosts.h"
#include "core/bus/survey_literal.h"
#include "core/bus/survey_places.h"
#include "core/bus/survey_state.h"
#include "core/bus/survey_url.h"
#include "core/bus/survey_written.h"
#include "core/config/config.h"
#include "core/config/secret.h"
#include "core/event/event.h"
#include "core/wire/message.h"

struct survey {
    const struct config *config;
    struct mistakes mistakes; /* its own, until all tables came: see handshake_take_checked */
    struct survey_places places;
    struct survey_folders folders;
    struct survey_literals literals;
    struct survey_hosts hosts;
    size_t delivering; /* sinks that are enabled, with a plugin and without mistakes */
    uint32_t events;   /* that one of them gets */
};

/* One sink while it is looked at. */
struct looked {
    const struct sink_config *sink;
    const struct message_table *table;
    uint32_t events; /* 0 when it is not enabled */
};

struct survey *survey_new(const struct config *config)
{
    struct survey *survey = memory_new(1, sizeof *survey);
    survey->config = config;
    mistakes_init(&survey->mistakes);
    return survey;
}

void survey_free(struct survey *survey)
{
    if (!survey)
        return;
    survey_hosts_finish(&survey->hosts);
    survey_places_finish(&survey->places);
    survey_folders_finish(&survey->folders);
    survey_literals_finish(&survey->literals);
    mistakes_finish(&survey->mistakes);
    free(survey);
}

/* ---- A sink's settings ---- */

static const char in_file[] = "file:";

/* Whether a secret's value is the secret. */
static bool is_literal(const char *value)
{
    return *value && !secret_is_reference(value) && !config_is_blank(value);
}

static bool is_path(const char *value)
{
    return value && value[0] == '/';
}

/* The value as the plugin gets it, to be wiped and freed; NULL when it cannot be had, which
 * the sink's handshake says. */
static char *resolve(const struct survey *survey, const struct looked *looked,
                     const struct place *place, const char *value)
{
    struct mistakes said;
    if (config_is_blank(value))
        return NULL;
    if (!option_kind_holds_secret(looked->table, place->key, value))
        return memory_text(value);
    mistakes_init(&said);
    char *secret = secret_resolve_option(value, option_kind_is_list(looked->table, place->key),
                                         survey->config->keyring, place, &said);
    mistakes_finish(&said);
    return secret;
}

/* The plugin's own settings that are no secrets, so that two sinks can be compared. */
static void add_settings(struct buffer *text, const struct looked *looked)
{
    for (size_t i = 0; i < looked->sink->section->count; i++) {
        const struct setting *setting = &looked->sink->section->settings[i];
        const struct message_option *option = option_kind_find(looked->table, setting->key);
        if (!option || option->flags & AFFN_SECRET || option->type == AFFN_URL)
            continue;
        buffer_add_text(text, "\n");
        buffer_add_text(text, setting->key);
        buffer_add_text(text, "=");
        buffer_add_text(text, setting->value);
    }
}

/* A mail server delivers to many: the place is all that the section says. NULL for no URL. */
static char *place_text(const struct looked *looked, const char *url)
{
    char *same = survey_url_same(url);
    if (!same || survey_url_is_place(url))
        return same;
    struct buffer text;
    buffer_init(&text, INI_FILE_BYTES_MAX);
    buffer_add_text(&text, same);
    add_settings(&text, looked);
    char *whole = memory_text_part(text.data, text.len);
    buffer_finish(&text);
    memory_wipe_text(same);
    return whole;
}

static void look_at_url(struct survey *survey, const struct looked *looked,
                        const struct place *place, const char *value, bool secret)
{
    char *url = looked->events ? resolve(survey, looked, place, value) : NULL;
    char *text = url ? place_text(looked, url) : NULL;
    if (text)
        survey_places_add(&survey->places,
                          &(struct survey_place){.sink = looked->sink,
                                                 .place = *place,
                                                 .plugin = memory_text(looked->table->name),
                                                 .text = text,
                                                 .events = looked->events});
    if (url && !section_setting(looked->sink->section, "proxy")) /* else the proxy looks it up */
        survey_hosts_add(&survey->hosts, url, secret, place);
    memory_wipe_text(url);
}

static void look_at_written(struct survey *survey, const struct looked *looked,
                            const struct place *place, const char *path)
{
    if (!is_path(path))
        return;
    survey_written(path, survey->config, place, &survey->mistakes);
    if (looked->events)
        survey_places_add(&survey->places,
                          &(struct survey_place){.sink = looked->sink,
                                                 .place = *place,
                                                 .path = survey_written_real(path),
                                                 .text = survey_written_identity(path),
                                                 .events = looked->events});
}

/* The plugin's options, whether the section has them or their default holds. */
static void look_at_options(struct survey *survey, const struct looked *looked)
{
    const struct section *section = looked->sink->section;
    for (uint32_t i = 0; i < looked->table->option_count; i++) {
        const struct message_option *option = &looked->table->options[i];
        const struct setting *setting = section_setting(section, option->name);
        const char *value = setting ? setting->value : option->fallback;
        struct place place = section_place(section, setting);
        if (option->hosts || !value)
            continue;
        if (option->type == AFFN_URL)
            look_at_url(survey, looked, &place, value, option->flags & AFFN_SECRET);
        else if (option->flags & AFFN_WRITTEN && !(option->flags & AFFN_SECRET))
            look_at_written(survey, looked, &place, value);
    }
}

/* A file that nobody else may have or replace. */
static void look_at_secret_file(struct survey *survey, const char *path, const struct place *place)
{
    survey_file_secret(path, place, &survey->mistakes);
    survey_folders_add(&survey->folders, path, place);
}

static void look_at_secret(struct survey *survey, const struct place *place,
                           const struct setting *setting)
{
    if (text_starts(setting->value, in_file))
        look_at_secret_file(survey, setting->value + strlen(in_file), place);
    else if (is_literal(setting->value))
        survey_literals_add(&survey->literals, setting);
}

static void look_at_secret_list(struct survey *survey, const struct place *place,
                                const struct setting *setting)
{
    struct value_list list;
    bool with_literal = false;
    value_list(setting->value, &list);
    for (size_t i = 0; i < list.count; i++) {
        if (text_starts(list.items[i], in_file))
            look_at_secret_file(survey, list.items[i] + strlen(in_file), place);
        with_literal = with_literal || is_literal(list.items[i]);
    }
    if (with_literal && !config_is_blank(setting->value))
        survey_literals_add(&survey->literals, setting);
    value_list_finish(&list);
}

static void look_at_secrets(struct survey *survey, const struct looked *looked)
{
    const struct section *section = looked->sink->section;
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        struct place place = section_place(section, setting);
        if (!option_kind_holds_secret(looked->table, setting->key, setting->value))
            continue;
        if (option_kind_is_list(looked->table, setting->key))
            look_at_secret_list(survey, &place, setting);
        else
            look_at_secret(survey, &place, setting);
    }
}

/* ---- The host's keys of a sink that makes requests ---- */

static void look_at_certificate(struct survey *survey, const struct section *section)
{
    const struct setting *certificate = section_setting(section, "client_certificate");
    const struct setting *key = section_setting(section, "client_key");
    if (!certificate || !is_path(certificate->value) || (key && !is_path(key->value)))
        return; /* which the host says */
    const struct setting *with_key = key ? key : certificate;
    struct place certificate_place = section_place(section, certificate);
    struct place key_place = section_place(section, with_key);
    survey_certificate(certificate->value, &certificate_place, with_key->value, &key_place,
                       clock_unix_ms(), &survey->mistakes);
    look_at_secret_file(survey, with_key->value, &key_place);
}

static void look_at_request_keys(struct survey *survey, const struct looked *looked)
{
    const struct section *section = looked->sink->section;
    const struct setting *ca_file = section_setting(section, "ca_file");
    const struct setting *proxy = section_setting(section, "proxy");
    struct place ca_place = section_place(section, ca_file);
    struct place proxy_place = section_place(section, proxy);
    if (ca_file && is_path(ca_file->value))
        survey_file_read(ca_file->value, &ca_place, &survey->mistakes);
    look_at_certificate(survey, section);
    char *url =
        proxy && looked->events ? resolve(survey, looked, &proxy_place, proxy->value) : NULL;
    if (url)
        survey_hosts_add(&survey->hosts, url,
                         option_kind_holds_secret(looked->table, proxy->key, proxy->value),
                         &proxy_place);
    memory_wipe_text(url);
}

/* ---- A sink ---- */

void survey_take_table(void *owner, const struct sink_config *sink,
                       const struct message_table *table)
{
    struct survey *survey = owner;
    struct looked looked = {.sink = sink, .table = table};
    struct sink_tuning tuning;
    struct mistakes said;
    mistakes_init(&said);
    config_tune_sink(sink, table->defaults, &tuning, &said);
    mistakes_finish(&said);
    looked.events = sink->enabled ? tuning.event_mask : 0;
    survey->events |= looked.events;
    survey->delivering +=
        sink->enabled && mistakes_errors_in(&survey->config->mistakes, sink->section->name) == 0;
    look_at_secrets(survey, &looked);
    look_at_options(survey, &looked);
    if (table->requests)
        look_at_request_keys(survey, &looked);
}

/* ---- [bus] ---- */

static void look_at_bus_list(struct survey *survey, const struct section *bus, const char *key)
{
    const struct setting *setting = section_setting(bus, key);
    struct place place = section_place(bus, setting);
    if (setting)
        look_at_secret_list(survey, &place, setting);
}

static void look_at_bus(struct survey *survey)
{
    const struct config *config = survey->config;
    const struct section *bus = document_section(&config->document, "bus");
    struct place state = {.file = config->path};
    if (bus)
        state = section_place(bus, section_setting(bus, "state"));
    survey_state(config, &state, &survey->mistakes);
    survey_folders_add(&survey->folders, config->state, &state);
    if (!bus)
        return;
    struct place key = section_place(bus, section_setting(bus, "tls_key"));
    struct place seal = section_place(bus, section_setting(bus, "secret_key"));
    look_at_bus_list(survey, bus, "ingest_tokens");
    look_at_bus_list(survey, bus, "ingest_signing_secret");
    if (config->tls_key)
        look_at_secret_file(survey, config->tls_key, &key);
    for (size_t i = 0; i < config->secret_keys.count; i++) /* whose modes are mistakes already */
        survey_folders_add(&survey->folders, config->secret_keys.items[i], &seal);
}

/* ---- The files of the configuration ---- */

static void look_at_files(struct survey *survey)
{
    const struct config *config = survey->config;
    for (size_t i = 0; i < config->document.file_count; i++) {
        struct place place = {.file = config->document.files[i]};
        survey_folders_add(&survey->folders, place.file, &place);
    }
    struct place place = {.file = config->path};
    char *later = memory_format("%.*s/conf.d/.", (int)(strrchr(config->path, '/') - config->path),
                                config->path); /* what may be added, too */
    survey_folders_add(&survey->folders, later, &place);
    free(later);
    survey_literals_judge(&survey->literals, config, &survey->mistakes);
    survey_folders_judge(&survey->folders, &config->document, &survey->mistakes);
}

/* ---- All sinks together ---- */

static void look_at_events(struct survey *survey)
{
    static const struct {
        uint32_t mask;
        const char *name;
    } kinds[] = {{1u << EVENT_CREATED, "affiliate.created"},
                 {1u << EVENT_DEACTIVATED, "affiliate.deactivated"}};
    size_t enabled = 0;
    for (size_t i = 0; i < survey->config->sink_count; i++)
        enabled += survey->config->sinks[i].enabled;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (enabled > 0 && survey->delivering == enabled && !(survey->events & kinds[i].mask))
            mistakes_warn(&survey->mistakes, &(struct place){.file = survey->config->path},
                          SAY_EVENT_NOWHERE, kinds[i].name);
    }
}

void survey_conclude(struct survey *survey, bool online, struct mistakes *mistakes)
{
    look_at_bus(survey);
    look_at_files(survey);
    look_at_events(survey);
    survey_places_compare(&survey->places, &survey->mistakes);
    if (online)
        survey_hosts_look_up(&survey->hosts, &survey->config->mistakes, &survey->mistakes);
    for (size_t i = 0; i < survey->mistakes.count; i++) {
        const struct mistake *mistake = &survey->mistakes.items[i];
        struct place place = {mistake->file, mistake->line, mistake->section, mistake->key};
        (mistake->warning ? mistakes_warn : mistakes_add)(mistakes, &place, "%s", mistake->text);
    }
}
