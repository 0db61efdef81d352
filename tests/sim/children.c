/* See children.h. */
#include "tests/sim/children.h"

#include <assert.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/bus/bus.h"
#include "core/bus/fingerprint.h"
#include "core/bus/own_child.h"
#include "core/bus/timer.h"
#include "tests/sim/draw.h"
#include "tests/sim/faults.h"

#define CHECK_MS_MAX 3000

struct own_child {
    struct bus *bus;
    void (*done)(struct bus *bus, struct json_t *answer);
    struct event *timer;
    bool dies;
    struct own_child *next;
};

static bool is_calm;

void children_set_calm(bool calm)
{
    is_calm = calm;
}

/* ---- What `affnotifyd --check --digests` prints, but for the plugins, which are none ---- */

static json_t *describe_mistakes(const struct mistakes *mistakes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        json_array_append_new(list, json_pack("{s:s?,s:i,s:s?,s:s?,s:s,s:b}", "file", mistake->file,
                                              "line", mistake->line, "section", mistake->section,
                                              "key", mistake->key, "text", mistake->text, "warning",
                                              mistake->warning));
    }
    return list;
}

static json_t *describe_sinks(const struct config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->sink_count; i++) {
        const struct sink_config *sink = &config->sinks[i];
        struct fingerprint found = {.section = ""};
        struct fingerprint_list no_secrets = {0};
        fingerprint_section(sink->section, found.section);
        fingerprint_plugin(sink->plugin, found.plugin);
        fingerprint_take(&no_secrets, found.secrets);
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "name", sink->name, "section",
                                              found.section, "plugin", found.plugin, "secrets",
                                              found.secrets));
    }
    return list;
}

static json_t *check(const struct bus *bus)
{
    struct config config;
    char hex[FINGERPRINT_SIZE];
    config_load(bus->config.path, &config);
    fingerprint_document(&config.document, hex);
    json_t *answer = json_pack("{s:b,s:o,s:s,s:o}", "ok", mistakes_errors(&config.mistakes) == 0,
                               "mistakes", describe_mistakes(&config.mistakes), "document", hex,
                               "sinks", describe_sinks(&config));
    assert(answer);
    config_finish(&config);
    return answer;
}

/* ---- Its life ---- */

static void free_child(struct own_child *child)
{
    struct own_child **link = &child->bus->own_children;
    while (*link != child)
        link = &(*link)->next;
    *link = child->next;
    event_free(child->timer);
    free(child);
}

static void on_end(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct own_child *child = argument;
    json_t *answer = child->dies ? NULL : check(child->bus);
    if (child->dies)
        fault_fired(FAULT_CHECK_DIES);
    child->done(child->bus, answer);
    json_decref(answer);
    free_child(child);
}

struct own_child *own_child_ask(struct bus *bus, const char *const *arguments,
                                void (*done)(struct bus *bus, struct json_t *answer),
                                struct error *error)
{
    (void)arguments;
    if (!is_calm && draw_chance(DRAW_HOSTS, 20)) {
        error_set(error, "cannot start a process");
        return NULL;
    }
    struct own_child *child = memory_new(1, sizeof *child);
    *child = (struct own_child){.bus = bus,
                                .done = done,
                                .timer = evtimer_new(bus->base, on_end, child),
                                .dies = !is_calm && draw_chance(DRAW_HOSTS, 50),
                                .next = bus->own_children};
    bus->own_children = child;
    if (!is_calm && draw_chance(DRAW_HOSTS, 50))
        fault_fired(FAULT_CHECK_HANGS);
    else
        timer_start(child->timer, draw_between(DRAW_HOSTS, 0, CHECK_MS_MAX));
    return child;
}

void own_child_kill(struct own_child *child)
{
    child->dies = true;
    timer_start(child->timer, 0);
}

void own_child_stop_all(struct bus *bus)
{
    while (bus->own_children)
        free_child(bus->own_children);
}

int own_child_start(struct bus *bus, struct client *client, const char *const *arguments,
                    const struct buffer *input, struct error *error)
{
    (void)bus;
    (void)client;
    (void)arguments;
    (void)input;
    return error_set(error, "no plugin can be loaded in a simulated world");
}
