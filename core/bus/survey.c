/* See survey.h. Every sentence is in sentences.h. */
#include "core/bus/survey.h"

#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>

#include "affnotify/sink.h"
#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/option_kind.h"
#include "core/bus/sentences.h"
#include "core/bus/survey_certificate.h"
#include "core/bus/survey_file.h"
#include "core/bus/survey_names.h"
#include "core/bus/survey_places.h"
#include "core/bus/survey_url.h"
#include "core/config/config.h"
#include "core/config/secret.h"
#include "core/event/event.h"
#include "core/wire/message.h"

struct host_name {
    char *host; /* may be a part of a secret */
    bool secret;
    struct place place;
};

struct survey {
    const struct config *config;
    struct mistakes mistakes; /* its own, until all tables came: see handshake_take_checked */
    struct survey_places places;
    struct host_name *names;
    size_t name_count;
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
    for (size_t i = 0; i < survey->name_count; i++)
        memory_wipe_text(survey->names[i].host);
    free(survey->names);
    survey_places_finish(&survey->places);
    mistakes_finish(&survey->mistakes);
    free(survey);
}

/* ---- A sink's settings ---- */

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
    char *secret = secret_resolve(value, survey->config->keyring, place, &said);
    mistakes_finish(&said);
    return secret;
}

static void add_name(struct survey *survey, const char *url, bool secret, const struct place *place)
{
    char *host = survey_url_host(url);
    if (!host)
        return;
    survey->names = memory_resize(survey->names, survey->name_count + 1, sizeof *survey->names);
    survey->names[survey->name_count++] =
        (struct host_name){.host = host, .secret = secret, .place = *place};
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
        add_name(survey, url, secret, place);
    memory_wipe_text(url);
}

static void look_at_written(struct survey *survey, const struct looked *looked,
                            const struct place *place, const char *path)
{
    if (!is_path(path))
        return;
    survey_file_written(path, survey->config->state, place, &survey->mistakes);
    if (looked->events)
        survey_places_add(&survey->places, &(struct survey_place){.sink = looked->sink,
                                                                  .place = *place,
                                                                  .text = survey_file_real(path),
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

static void look_at_secrets(struct survey *survey, const struct looked *looked)
{
    static const char prefix[] = "file:";
    const struct section *section = looked->sink->section;
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        struct place place = section_place(section, setting);
        if (option_kind_is_secret(looked->table, setting->key) &&
            text_starts(setting->value, prefix))
            survey_file_secret(setting->value + sizeof prefix - 1, &place, &survey->mistakes);
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
    survey_file_secret(with_key->value, &key_place, &survey->mistakes);
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
        add_name(survey, url, secret_is_reference(proxy->value), &proxy_place);
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
    static const char prefix[] = "file:";
    const struct setting *setting = section_setting(bus, key);
    struct value_list list;
    if (!setting)
        return;
    struct place place = section_place(bus, setting);
    value_list(setting->value, &list);
    for (size_t i = 0; i < list.count; i++) {
        if (text_starts(list.items[i], prefix))
            survey_file_secret(list.items[i] + sizeof prefix - 1, &place, &survey->mistakes);
    }
    value_list_finish(&list);
}

static void look_at_bus(struct survey *survey)
{
    const struct config *config = survey->config;
    const struct section *bus = document_section(&config->document, "bus");
    if (!bus) {
        survey_file_state(config->state, &(struct place){.file = config->path}, &survey->mistakes);
        return;
    }
    struct place state = section_place(bus, section_setting(bus, "state"));
    struct place key = section_place(bus, section_setting(bus, "tls_key"));
    survey_file_state(config->state, &state, &survey->mistakes);
    look_at_bus_list(survey, bus, "ingest_tokens");
    look_at_bus_list(survey, bus, "ingest_signing_secret");
    if (config->tls_key)
        survey_file_secret(config->tls_key, &key, &survey->mistakes);
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

static void say_name(struct survey *survey, const struct host_name *name, int answer)
{
    const char *host = name->secret ? "its host" : name->host;
    if (answer == 0)
        return;
    if (answer == SURVEY_NAME_LATE)
        mistakes_warn(&survey->mistakes, &name->place, SAY_NAME_LATE, host, NAMES_LIMIT_MS / 1000);
    else if (answer == EAI_NONAME || answer == EAI_NODATA)
        mistakes_add(&survey->mistakes, &name->place, SAY_NAME_UNKNOWN, host, gai_strerror(answer));
    else
        mistakes_warn(&survey->mistakes, &name->place, SAY_NAME_UNSURE, host, gai_strerror(answer));
}

static void look_up_names(struct survey *survey)
{
    struct survey_name *names = memory_new(survey->name_count, sizeof *names);
    for (size_t i = 0; i < survey->name_count; i++)
        names[i].host = survey->names[i].host;
    survey_names_look(names, survey->name_count, NAMES_LIMIT_MS, survey_name_ask);
    for (size_t i = 0; i < survey->name_count; i++)
        say_name(survey, &survey->names[i], names[i].answer);
    free(names);
}

void survey_conclude(struct survey *survey, bool online, struct config *config)
{
    look_at_bus(survey);
    look_at_events(survey);
    survey_places_compare(&survey->places, &survey->mistakes);
    if (online)
        look_up_names(survey);
    for (size_t i = 0; i < survey->mistakes.count; i++) {
        const struct mistake *mistake = &survey->mistakes.items[i];
        struct place place = {mistake->file, mistake->line, mistake->section, mistake->key};
        (mistake->warning ? mistakes_warn : mistakes_add)(&config->mistakes, &place, "%s",
                                                          mistake->text);
    }
}
