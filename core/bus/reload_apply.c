/*
 * See reload_parts.h; what a reload does to the bus. Nothing of the bus is touched before all that
 * leaves is at rest; then the new configuration takes the place of the old in one go.
 */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/bus.h"
#include "core/bus/log_email.h"
#include "core/bus/reload_parts.h"
#include "core/bus/replay.h"
#include "core/bus/rest.h"
#include "core/bus/sink_names.h"
#include "core/bus/skip.h"

/* ---- Deciding ---- */

static void read_digest(const json_t *described, const char *key, char *hex)
{
    const char *text = json_string_value(json_object_get(described, key));
    if (text && strlen(text) == FINGERPRINT_SIZE - 1)
        memcpy(hex, text, FINGERPRINT_SIZE);
}

/* What the child has found of a sink. */
static struct fingerprint fingerprint_of(const struct reload *reload, const char *name)
{
    struct fingerprint found = {.section = ""};
    const json_t *sinks = json_object_get(reload->checked, "sinks");
    for (size_t i = 0; i < json_array_size(sinks); i++) {
        const json_t *described = json_array_get(sinks, i);
        const char *described_name = json_string_value(json_object_get(described, "name"));
        if (!described_name || !text_equal(described_name, name))
            continue;
        read_digest(described, "section", found.section);
        read_digest(described, "plugin", found.plugin);
        read_digest(described, "secrets", found.secrets);
    }
    return found;
}

static struct change_running running_of(const struct sink *sink)
{
    return (struct change_running){.fingerprint = sink->fingerprint,
                                   .enabled = sink->config->enabled,
                                   .stopped = sink->state == SINK_STOPPED};
}

static void decide_one(struct bus *bus, struct reload *reload, size_t at)
{
    const struct sink_config *config = &reload->next.sinks[at];
    const struct setting *was = section_setting(config->section, "was");
    struct fingerprint next = fingerprint_of(reload, config->name);
    struct sink *sink = sink_names_find(bus, config->name);
    struct change_running running;
    if (sink)
        running = running_of(sink);
    enum change change = change_of(sink ? &running : NULL, &next);
    reload->coming[at] = change;
    reload->sinks[at] = change == CHANGE_NONE ? sink : NULL;
    if (change == CHANGE_ADDED)
        reload->names[reload->name_count++] = config->name; /* it may be known from before */
    if (change != CHANGE_NONE && was)
        reload->names[reload->name_count++] = was->value;
}

/* After the others: reload->coming tells what becomes of a sink of the same name. */
static void decide_leaving(const struct bus *bus, struct reload *reload, size_t at)
{
    const char *name = bus->sinks[at]->name;
    const struct sink_config *next = config_sink(&reload->next, name);
    enum change change = next ? reload->coming[next - reload->next.sinks] : CHANGE_REMOVED;
    reload->leaving[at] = change;
    if (change == CHANGE_REMOVED)
        memcpy(reload->removed[reload->removed_count++], name, strlen(name) + 1);
    if (change != CHANGE_NONE)
        reload->names[reload->name_count++] = name;
}

void reload_decide(struct bus *bus, struct reload *reload)
{
    reload->name_count = reload->removed_count = 0;
    for (size_t i = 0; i < reload->next.sink_count; i++)
        decide_one(bus, reload, i);
    for (size_t i = 0; i < bus->sink_count; i++)
        decide_leaving(bus, reload, i);
}

/* ---- Stopping ---- */

bool reload_is_held_up(const struct bus *bus, const struct reload *reload)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (reload->leaving[i] != CHANGE_NONE && bus->sinks[i]->suspended)
            return true;
    }
    for (size_t i = 0; i < reload->name_count; i++) {
        if (skip_works_at(bus, reload->names[i]) || replay_works_at(bus, reload->names[i]))
            return true;
    }
    return false;
}

void reload_stop_leaving(struct bus *bus, struct reload *reload)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (reload->leaving[i] == CHANGE_NONE)
            continue;
        bool is_ours = rest_begin(bus->sinks[i], SUSPENDED_BY_RELOAD);
        assert(is_ours); /* else it is held up */
        sink_stop(bus->sinks[i]);
    }
}

void reload_kill_leaving(struct bus *bus, struct reload *reload)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (reload->leaving[i] != CHANGE_NONE)
            sink_kill(bus->sinks[i]);
    }
}

bool reload_has_stopped(const struct bus *bus, const struct reload *reload)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (reload->leaving[i] != CHANGE_NONE && !sink_is_at_rest(bus->sinks[i]))
            return false;
    }
    return true;
}

/* ---- The new in the place of the old ---- */

static void drop_made(struct reload *reload)
{
    for (size_t i = 0; i < reload->next.sink_count; i++) {
        if (reload->coming[i] == CHANGE_NONE)
            continue;
        sink_finish(reload->sinks[i]);
        free(reload->sinks[i]);
        reload->sinks[i] = NULL;
    }
}

/* Each begins at what the journal says. -1: none is made. */
static int make_sinks(struct bus *bus, struct reload *reload, struct error *error)
{
    reload->context = bus->context;
    reload->context.config = &reload->next;
    for (size_t i = 0; i < reload->next.sink_count; i++) {
        if (reload->coming[i] == CHANGE_NONE)
            continue;
        reload->sinks[i] = memory_new(1, sizeof *reload->sinks[i]);
        if (sink_init(reload->sinks[i], &reload->context, &reload->next.sinks[i], error) < 0) {
            drop_made(reload);
            return -1;
        }
        const struct sink *before = sink_names_find(bus, reload->next.sinks[i].name);
        if (!before)
            continue;
        reload->sinks[i]->metrics = before->metrics;
        reload->sinks[i]->anew_unix_ms = clock_unix_ms();
    }
    return 0;
}

static void drop_leaving(struct bus *bus, const struct reload *reload)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (reload->leaving[i] == CHANGE_NONE)
            continue;
        sink_finish(bus->sinks[i]);
        free(bus->sinks[i]);
    }
}

int reload_adopt(struct bus *bus, struct reload *reload, struct error *error)
{
    if (make_sinks(bus, reload, error) < 0)
        return -1;
    drop_leaving(bus, reload);
    struct config old = bus->config;
    bus->config = reload->next;
    reload->has_next = false;
    bus->sink_count = bus->config.sink_count;
    for (size_t i = 0; i < bus->sink_count; i++) {
        bus->sinks[i] = reload->sinks[i];
        bus->sinks[i]->context = &bus->context;
        bus->sinks[i]->config = &bus->config.sinks[i];
    }
    config_finish(&old);
    log_email_set(bus->config.log_email);
    doorkeeper_reload(&bus->door);
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (reload->coming[i] != CHANGE_NONE)
            sink_start(bus->sinks[i]);
    }
    return 0;
}

/* ---- Opening ---- */

static bool has_answered(const struct sink *sink)
{
    return sink->state == SINK_OPEN || sink->state == SINK_STOPPED || sink->failures > 0;
}

bool reload_has_opened(const struct bus *bus, const struct reload *reload)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (reload->coming[i] != CHANGE_NONE && !has_answered(bus->sinks[i]))
            return false;
    }
    return true;
}
