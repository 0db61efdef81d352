/* See reload.h; the stages of a reload, and who has asked for it. */
#include "core/bus/reload.h"

#include <assert.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/control_child.h"
#include "core/bus/door_settings.h"
#include "core/bus/own_child.h"
#include "core/bus/reload_parts.h"
#include "core/bus/timer.h"
#include "core/config/keyring.h"

/* ---- Asking ---- */

static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct reload *reload = argument;
    reload->is_due = true; /* the turn that it begins goes on */
}

static void ask(struct bus *bus, struct client *client)
{
    if (!bus->reload) {
        bus->reload = memory_new(1, sizeof *bus->reload);
        mistakes_init(&bus->reload->mistakes);
        bus->reload->timer = evtimer_new(bus->base, on_timer, bus->reload);
    }
    struct reload_asker **link = &bus->reload->asked;
    while (*link)
        link = &(*link)->next;
    *link = memory_new(1, sizeof **link);
    (*link)->client = client;
    bus->again = true;
}

json_t *reload_run(struct bus *bus, struct client *client, const json_t *command)
{
    json_t *refusal = control_child_refuse_config(bus, command);
    if (!refusal)
        ask(bus, client);
    return refusal;
}

void reload_by_signal(struct bus *bus)
{
    const struct reload_asker *asker = bus->reload ? bus->reload->asked : NULL;
    while (asker && asker->client)
        asker = asker->next;
    if (!asker) /* one signal that waits stands for all */
        ask(bus, NULL);
}

json_t *reload_refuse_busy(const struct bus *bus, const char *name)
{
    const struct reload *reload = bus->reload;
    if (!reload || (reload->stage != RELOAD_WAITING && reload->stage != RELOAD_STOPPING))
        return NULL;
    for (size_t i = 0; i < reload->name_count; i++) {
        if (text_equal(reload->names[i], name))
            return answer_refusal("sink", "busy",
                                  "sink: %s is being reloaded; try again when that is done", name);
    }
    return NULL;
}

/* ---- The end of a run ---- */

static void answer_all(struct reload_asker **askers, const json_t *answer)
{
    while (*askers) {
        struct reload_asker *asker = *askers;
        *askers = asker->next;
        if (asker->client)
            client_answer_command(asker->client, answer);
        free(asker);
    }
}

static void forget_check(struct reload *reload)
{
    json_decref(reload->checked);
    reload->checked = NULL;
    mistakes_finish(&reload->mistakes);
    mistakes_init(&reload->mistakes);
    if (reload->has_next)
        config_finish(&reload->next);
    reload->has_next = false;
}

static void set_stage(struct reload *reload, enum reload_stage stage, int64_t limit_ms)
{
    reload->stage = stage;
    reload->is_due = false;
    event_del(reload->timer);
    if (limit_ms > 0)
        timer_start(reload->timer, limit_ms);
}

/* Gives the answer up. */
static void end_run(struct bus *bus, struct reload *reload, json_t *answer)
{
    reload_log(answer);
    answer_all(&reload->served, answer);
    json_decref(answer);
    forget_check(reload);
    set_stage(reload, RELOAD_IDLE, 0);
    reload->checks = 0;
    reload->name_count = reload->removed_count = 0;
    reload->complained = false;
    bus->again = true;
}

/* ---- Checking ---- */

static void on_checked(struct bus *bus, json_t *answer)
{
    struct reload *reload = bus->reload;
    reload->child = NULL;
    reload->checked = json_incref(answer); /* of NULL, NULL */
    bus->again = true;
}

static void begin_check(struct bus *bus, struct reload *reload)
{
    const char *const arguments[] = {"-c", bus->config.path, "--check", "--digests", NULL};
    struct error error;
    forget_check(reload);
    reload->checks++;
    reload->child = own_child_ask(bus, arguments, on_checked, &error);
    if (reload->child)
        set_stage(reload, RELOAD_CHECKING, CHECK_TIMEOUT_MS);
    else
        end_run(bus, reload, answer_unavailable(error.text));
}

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* What the child found, and what only the bus that runs can find. */
static void take_mistakes(const struct bus *bus, struct reload *reload)
{
    const json_t *list = json_object_get(reload->checked, "mistakes");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        const char *section = member(each, "section"), *key = member(each, "key");
        const struct place place = {.file = member(each, "file"),
                                    .line = (int)json_integer_value(json_object_get(each, "line")),
                                    .section = section[0] ? section : NULL,
                                    .key = key[0] ? key : NULL};
        bool is_warning = json_is_true(json_object_get(each, "warning"));
        (is_warning ? mistakes_warn : mistakes_add)(&reload->mistakes, &place, "%s",
                                                    member(each, "text"));
    }
    if (reload->next.usable)
        change_check_bus(&bus->config, &reload->next, &reload->mistakes);
    const struct document *document = &reload->next.document;
    mistakes_sort(&reload->mistakes, document->files, document->file_count);
}

/* Whether the child has read what we have read. */
static bool is_what_was_checked(const struct reload *reload)
{
    char hex[FINGERPRINT_SIZE];
    fingerprint_document(&reload->next.document, hex);
    return text_equal(hex, member(reload->checked, "document"));
}

static void take_check(struct bus *bus, struct reload *reload)
{
    if (!reload->checked) {
        end_run(bus, reload,
                answer_unavailable("the process that checks the configuration ended without an "
                                   "answer, so nothing was changed; see the log"));
        return;
    }
    config_load(bus->config.path, &reload->next);
    reload->has_next = true;
    if (!is_what_was_checked(reload)) {
        if (reload->checks < RELOAD_CHECKS_MAX)
            begin_check(bus, reload);
        else
            end_run(bus, reload,
                    answer_refusal("config", "unsteady",
                                   "config: %s changed while it was checked, %d times in a row, so "
                                   "nothing was done; try again when nobody writes to it",
                                   bus->config.path, RELOAD_CHECKS_MAX));
        return;
    }
    take_mistakes(bus, reload);
    if (mistakes_errors(&reload->mistakes) == 0)
        keyring_load(&reload->next, &reload->mistakes);
    if (mistakes_errors(&reload->mistakes) > 0) {
        doorkeeper_refuse_reload(&bus->door, door_settings_mistake(&reload->mistakes));
        end_run(bus, reload, reload_answer_refused(reload));
        return;
    }
    reload_decide(bus, reload);
    set_stage(reload, RELOAD_WAITING, 0);
}

/* ---- The stages: each returns whether the next may follow at once ---- */

static bool go_on_idle(struct bus *bus, struct reload *reload)
{
    if (!reload->asked)
        return false;
    reload->served = reload->asked;
    reload->asked = NULL;
    begin_check(bus, reload);
    return false; /* the child takes its time */
}

static bool go_on_checking(struct bus *bus, struct reload *reload)
{
    if (reload->child && reload->is_due)
        own_child_kill(reload->child);
    if (reload->child)
        return false;
    take_check(bus, reload);
    return true;
}

static bool go_on_waiting(struct bus *bus, struct reload *reload)
{
    if (reload_is_held_up(bus, reload))
        return false;
    reload_stop_leaving(bus, reload);
    set_stage(reload, RELOAD_STOPPING, STOP_GRACE_MS);
    return true;
}

static bool go_on_stopping(struct bus *bus, struct reload *reload)
{
    struct error error;
    if (!reload_has_stopped(bus, reload)) {
        if (reload->is_due)
            reload_kill_leaving(bus, reload);
        return false;
    }
    if (reload->complained && !reload->is_due)
        return false;
    if (reload_adopt(bus, reload, &error) == 0) {
        set_stage(reload, RELOAD_OPENING, HANDSHAKE_TIMEOUT_MS);
        return true;
    }
    if (!reload->complained)
        log_error("journal", {"error", .text = error.text},
                  {"remedy", .text = "the reload goes on by itself once the disk has room or "
                                     "another tool has let go of the file"});
    reload->complained = true;
    set_stage(reload, RELOAD_STOPPING, RELOAD_RETRY_MS);
    return false;
}

static bool go_on_opening(struct bus *bus, struct reload *reload)
{
    if (!reload->is_due &&
        (!reload_has_opened(bus, reload) || !doorkeeper_has_answered(&bus->door)))
        return false;
    end_run(bus, reload, reload_answer_done(bus, reload));
    return true;
}

/* Its sinks are stopped already, with all others. */
static void give_up(struct bus *bus, struct reload *reload)
{
    json_t *answer = answer_unavailable("affnotifyd is stopping; it reads the configuration when "
                                        "it starts again");
    answer_all(&reload->asked, answer);
    if (reload->stage == RELOAD_IDLE)
        json_decref(answer);
    else
        end_run(bus, reload, answer);
}

void reload_step(struct bus *bus)
{
    static bool (*const go_on[])(struct bus *, struct reload *) = {
        [RELOAD_IDLE] = go_on_idle,       [RELOAD_CHECKING] = go_on_checking,
        [RELOAD_WAITING] = go_on_waiting, [RELOAD_STOPPING] = go_on_stopping,
        [RELOAD_OPENING] = go_on_opening,
    };
    struct reload *reload = bus->reload;
    if (reload && bus->stopping && (reload->asked || reload->stage != RELOAD_IDLE))
        give_up(bus, reload);
    while (reload && !bus->stopping && go_on[reload->stage](bus, reload))
        ;
}

void reload_finish(struct bus *bus)
{
    struct reload *reload = bus->reload;
    if (!reload)
        return;
    while (reload->asked || reload->served) {
        struct reload_asker **first = reload->asked ? &reload->asked : &reload->served;
        struct reload_asker *asker = *first;
        *first = asker->next;
        free(asker);
    }
    forget_check(reload);
    event_free(reload->timer);
    free(reload);
    bus->reload = NULL;
}
