/* See config.h. What a sink's section holds is read by tuning.c; [bus] is checked by bus_keys.c. */
#include "core/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/bus_keys.h"
#include "core/config/keyring.h"
#include "core/config/sentences.h"
#include "core/config/tuning.h"

static const char sink_prefix[] = "sink:";

/* ---- Blanks ---- */

bool config_is_blank(const char *value)
{
    return text_starts(value, "FILL-IN");
}

/* Adds the mistake, if the value is a blank; nothing else is then said about it. */
static bool refuse_blank(struct config *config, const struct section *section,
                         const struct setting *setting)
{
    struct place place = section_place(section, setting);
    if (!config_is_blank(setting->value))
        return false;
    mistakes_add(&config->mistakes, &place, SAY_BLANK);
    return true;
}

/* ---- [bus] ---- */

static void check_bus_setting(struct config *config, const struct section *section,
                              const struct setting *setting)
{
    struct place place = section_place(section, setting);
    const struct bus_key *key = bus_key(setting->key);
    struct error error;
    if (!key) {
        const char *nearest = text_nearest(setting->key, bus_key_names());
        if (nearest)
            mistakes_add(&config->mistakes, &place, SAY_UNKNOWN_BUS_KEY_NEAR, nearest);
        else
            mistakes_add(&config->mistakes, &place, SAY_UNKNOWN_BUS_KEY);
    } else if (key->check(setting->value, &error) < 0) {
        mistakes_add(&config->mistakes, &place, "%s", error.text);
    }
}

/* The value of a key of [bus], if it is there and right; else its default, or NULL. */
static const char *bus_value(const struct section *bus, const char *name)
{
    const struct setting *setting = bus ? section_setting(bus, name) : NULL;
    const struct bus_key *key = bus_key(name);
    struct error error;
    bool is_right =
        setting && !config_is_blank(setting->value) && key->check(setting->value, &error) == 0;
    return is_right ? setting->value : key->fallback;
}

/* Of a key that has a default. */
static int64_t bus_duration(const struct section *bus, const char *key)
{
    int64_t ms = 0;
    struct error error;
    value_duration(bus_value(bus, key), 0, INT64_MAX, &ms, &error);
    return ms;
}

static int64_t bus_size(const struct section *bus, const char *key)
{
    int64_t bytes = 0;
    struct error error;
    value_size(bus_value(bus, key), 0, INT64_MAX, &bytes, &error);
    return bytes;
}

/* What may be in a core file must be known to whoever allows them. */
static void read_cores(struct config *config, const struct section *bus)
{
    struct error error;
    value_bool(bus_value(bus, "cores"), &config->cores, &error);
    if (!config->cores)
        return;
    struct place place = section_place(bus, section_setting(bus, "cores"));
    mistakes_warn(&config->mistakes, &place, SAY_CORES);
}

static void bus_list(const struct section *bus, const char *key, struct value_list *list)
{
    const char *text = bus_value(bus, key);
    value_list(text ? text : "", list);
}

static void check_tls(struct config *config, const struct section *bus, const char *key,
                      const char *url)
{
    struct place place = section_place(bus, section_setting(bus, key));
    if (strncasecmp(url, "https:", 6) == 0 &&
        (!section_setting(bus, "tls_certificate") || !section_setting(bus, "tls_key")))
        mistakes_add(&config->mistakes, &place, SAY_NEEDS_TLS);
}

/*
 * What the door to the network needs is there: nobody is let in without proof, and TLS has its
 * certificate. Whether the files can be read is found when it is opened, and by `check`.
 */
static void check_door(struct config *config, const struct section *bus)
{
    const struct setting *listen = bus ? section_setting(bus, "listen") : NULL;
    if (config->admin_listen)
        check_tls(config, bus, "admin_listen", config->admin_listen);
    if (!listen || !config->listen)
        return;
    struct place place = section_place(bus, listen);
    if (!section_setting(bus, "ingest_tokens") && !section_setting(bus, "ingest_signing_secret"))
        mistakes_add(&config->mistakes, &place, SAY_NEEDS_TOKENS);
    check_tls(config, bus, "listen", config->listen);
}

/* A port alone is http on loopback. NULL when there is none. */
static char *read_admin_listen(const struct section *bus)
{
    const char *text = bus_value(bus, "admin_listen");
    return text && !strchr(text, ':') ? memory_format("http://127.0.0.1:%s", text)
                                      : memory_text(text);
}

static void take_bus(struct config *config)
{
    const struct section *bus = document_section(&config->document, "bus");
    for (size_t i = 0; bus && i < bus->count; i++) {
        if (!refuse_blank(config, bus, &bus->settings[i]))
            check_bus_setting(config, bus, &bus->settings[i]);
    }

    config->state = memory_text(bus_value(bus, "state"));
    config->socket = memory_text(bus_value(bus, "socket"));
    config->publishers = memory_text(bus_value(bus, "publishers"));
    config->operators = memory_text(bus_value(bus, "operators"));
    config->listen = memory_text(bus_value(bus, "listen"));
    config->admin_listen = read_admin_listen(bus);
    config->tls_certificate = memory_text(bus_value(bus, "tls_certificate"));
    config->tls_key = memory_text(bus_value(bus, "tls_key"));
    check_door(config, bus);
    config->alert_sink = memory_text(bus_value(bus, "alert_sink"));
    config->alert_after_ms = bus_duration(bus, "alert_after");
    config->retain_ms = bus_duration(bus, "retain");
    config->retain_dead_ms = bus_duration(bus, "retain_dead");
    config->journal_max_bytes = bus_size(bus, "journal_max");
    config->log_email = email_shown_of(bus_value(bus, "log_email"));
    read_cores(config, bus);
    bus_list(bus, "plugins", &config->plugins);
    bus_list(bus, "secret_key", &config->secret_keys);
    config->spool = memory_text(bus_value(bus, "spool"));
    if (!config->spool)
        config->spool = memory_format("%s/spool", config->state);
}

/* ---- [sink:NAME] ---- */

/* Returns whether the value is right. */
static bool check_sink_setting(struct config *config, const struct section *section,
                               const struct setting *setting)
{
    struct place place = section_place(section, setting);
    const struct tuning_key *key = tuning_key(setting->key);
    struct sink_tuning tuning;
    struct error error;
    if (!key && text_starts(setting->key, "bus."))
        mistakes_add(&config->mistakes, &place, SAY_BUS_DOT_KEY);
    if (!key)
        return false;
    if (key->read(setting->value, &tuning, &error) < 0) {
        mistakes_add(&config->mistakes, &place, "%s", error.text);
        return false;
    }
    return true;
}

static void take_sink(struct config *config, const struct section *section)
{
    struct place place = section_place(section, NULL);
    const char *name = section->name + strlen(sink_prefix);
    if (!tuning_is_sink_name(name)) {
        mistakes_add(&config->mistakes, &place, SAY_SINK_NAME, NAME_BYTES_MAX - 1);
        return;
    }
    if (config->sink_count == SINKS_MAX) {
        mistakes_add(&config->mistakes, &place, SAY_TOO_MANY_SINKS, SINKS_MAX);
        return;
    }

    struct sink_config *sink = &config->sinks[config->sink_count++];
    *sink = (struct sink_config){.name = name, .section = section};
    bool has_plugin = false;
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        bool is_plugin = text_equal(setting->key, "plugin");
        has_plugin = has_plugin || is_plugin;
        if (!refuse_blank(config, section, setting) &&
            check_sink_setting(config, section, setting) && is_plugin)
            sink->plugin = setting->value;
    }
    if (!has_plugin) {
        place.key = "plugin";
        mistakes_add(&config->mistakes, &place, SAY_PLUGIN_REQUIRED);
    }
    struct sink_tuning tuning;
    config_tune_sink(sink, NULL, &tuning, &config->mistakes);
    sink->enabled = tuning.enabled;
    if (tuning.start == SINK_START_DATE && tuning.start_unix_ms > clock_unix_ms()) {
        /* No mistake: a clock that is wrong at boot must not stop a sink that began long ago. */
        place = section_place(section, section_setting(section, "start"));
        mistakes_warn(&config->mistakes, &place, SAY_START_TO_COME);
    }
}

/* ---- Sections ---- */

/* What may have been meant as [bus] must not be passed over: the bus would run with defaults. */
static void refuse_section(struct config *config, const struct section *section)
{
    static const char *const known[] = {"bus", "sink", NULL};
    struct place place = section_place(section, NULL);
    size_t bytes = strcspn(section->name, ":");
    char *kind = memory_text_part(section->name, bytes);
    for (char *letter = kind; *letter; letter++) {
        if (*letter >= 'A' && *letter <= 'Z')
            *letter = (char)(*letter - 'A' + 'a');
    }
    const char *nearest = text_nearest(kind, known);
    free(kind);

    const char *name = section->name[bytes] ? section->name + bytes + 1 : "";
    if (nearest && text_equal(nearest, "bus")) {
        mistakes_add(&config->mistakes, &place, SAY_MEANT_BUS);
        config->usable = false;
        config->is_certain = false;
    } else if (nearest) {
        mistakes_add(&config->mistakes, &place, SAY_MEANT_SINK,
                     tuning_is_sink_name(name) ? name : "NAME");
    } else {
        mistakes_add(&config->mistakes, &place, SAY_UNKNOWN_SECTION);
    }
}

static void take_sections(struct config *config)
{
    bool has_sink = false;
    config->sinks = memory_new(SINKS_MAX, sizeof *config->sinks);
    for (size_t i = 0; i < config->document.count; i++) {
        const struct section *section = &config->document.sections[i];
        bool is_sink = text_starts(section->name, sink_prefix);
        has_sink = has_sink || is_sink;
        if (is_sink)
            take_sink(config, section);
        else if (!text_equal(section->name, "bus"))
            refuse_section(config, section);
    }
    if (!has_sink && config->usable) {
        struct place place = {.file = config->document.files[0]};
        mistakes_warn(&config->mistakes, &place, SAY_NO_SINK);
    }
}

/* Errors outside of any section: a file that cannot be read, or lines that may belong to [bus]. */
static bool has_stray_errors(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        if (!mistakes->items[i].warning && !mistakes->items[i].section)
            return true;
    }
    return false;
}

/* Of [bus]: a line that may be any key, or a key that much hangs on. */
static bool has_deciding_errors(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        if (mistake->warning || !mistake->section || !text_equal(mistake->section, "bus"))
            continue;
        const struct bus_key *key = mistake->key ? bus_key(mistake->key) : NULL;
        if (!key || key->decides)
            return true;
    }
    return false;
}

static char *make_absolute(const char *path)
{
    char *directory = *path == '/' ? NULL : getcwd(NULL, 0);
    char *absolute = directory ? memory_format("%s/%s", directory, path) : memory_text(path);
    free(directory);
    return absolute;
}

/* What is wrong here keeps nobody from starting: there are no notices, and all else goes on. */
static void check_alert_sink(struct config *config)
{
    const struct section *bus = document_section(&config->document, "bus");
    const char *name = config->alert_sink;
    if (!name)
        return;
    const struct sink_config *sink = config_sink(config, name);
    const char *nearest = config_nearest_sink(config, name);
    struct place place = section_place(bus, section_setting(bus, "alert_sink"));
    if (sink && !sink->enabled)
        mistakes_warn(&config->mistakes, &place, SAY_ALERT_SINK_DISABLED, name);
    else if (!sink && nearest)
        mistakes_add(&config->mistakes, &place, SAY_NO_ALERT_SINK_NEAR, name, nearest);
    else if (!sink)
        mistakes_add(&config->mistakes, &place, SAY_NO_ALERT_SINK);
}

void config_load(const char *path, struct config *config)
{
    *config = (struct config){.path = make_absolute(path)};
    mistakes_init(&config->mistakes);
    config->usable = document_read(path, &config->document, &config->mistakes) == 0;
    config->is_certain = config->usable;
    take_bus(config);
    take_sections(config);
    if (mistakes_errors_in(&config->mistakes, "bus") > 0 || has_stray_errors(&config->mistakes))
        config->usable = false;
    if (has_deciding_errors(&config->mistakes) || has_stray_errors(&config->mistakes))
        config->is_certain = false;
    check_alert_sink(config);
}

const struct sink_config *config_sink(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->sink_count; i++) {
        if (text_equal(config->sinks[i].name, name))
            return &config->sinks[i];
    }
    return NULL;
}

const char *config_nearest_sink(const struct config *config, const char *name)
{
    const char *names[SINKS_MAX + 1] = {NULL};
    for (size_t i = 0; i < config->sink_count; i++)
        names[i] = config->sinks[i].name;
    return text_nearest(name, names);
}

void config_finish(struct config *config)
{
    if (!config)
        return;
    free(config->path);
    free(config->state);
    free(config->socket);
    free(config->spool);
    free(config->publishers);
    free(config->operators);
    free(config->listen);
    free(config->admin_listen);
    free(config->tls_certificate);
    free(config->tls_key);
    free(config->alert_sink);
    free(config->sinks);
    value_list_finish(&config->plugins);
    value_list_finish(&config->secret_keys);
    if (config->keyring)
        explicit_bzero(config->keyring, sizeof *config->keyring);
    free(config->keyring);
    mistakes_finish(&config->mistakes);
    document_finish(&config->document);
    *config = (struct config){0};
}
