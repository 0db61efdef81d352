/* See change.h. */
#include "core/bus/change.h"

#include <assert.h>
#include <stddef.h>

#include "core/base/text.h"
#include "core/config/config.h"

const char *change_name(enum change change)
{
    static const char *const names[] = {"unchanged", "added", "changed", "removed"};
    return names[change];
}

/* ---- Sinks ---- */

static bool is_same(const struct change_running *running, const struct fingerprint *next)
{
    const struct fingerprint *now = &running->fingerprint;
    if (!text_equal(now->section, next->section))
        return false;
    if (running->stopped)
        return !running->enabled; /* else a mistake stopped it, and there is none any more */
    /* Secrets that are not read yet are read as they are now. */
    return text_equal(now->plugin, next->plugin) &&
           (!now->secrets[0] || text_equal(now->secrets, next->secrets));
}

enum change change_of(const struct change_running *running, const struct fingerprint *next)
{
    assert(running || next);
    if (!running)
        return CHANGE_ADDED;
    if (!next)
        return CHANGE_REMOVED;
    return is_same(running, next) ? CHANGE_NONE : CHANGE_CHANGED;
}

/* ---- [bus] ---- */

/*
 * The journal, the lock and the spool are open, and so is the socket. The groups decide who is
 * connected: whoever is there already would keep rights that the file takes away.
 */
static const struct {
    const char *key;
    size_t offset; /* of a char * in struct config */
} fixed_keys[] = {
    {"state", offsetof(struct config, state)},
    {"socket", offsetof(struct config, socket)},
    {"spool", offsetof(struct config, spool)},
    {"publishers", offsetof(struct config, publishers)},
    {"operators", offsetof(struct config, operators)},
    {"listen", offsetof(struct config, listen)},
    {"admin_listen", offsetof(struct config, admin_listen)},
};

static const char *value_at(const struct config *config, size_t offset)
{
    return *(char *const *)((const char *)config + offset);
}

/* `spool` follows `state` when it is not written. */
static bool is_written(const struct config *config, const char *key)
{
    const struct section *bus = document_section(&config->document, "bus");
    return bus && section_setting(bus, key);
}

static struct place place_of(const struct config *config, const char *key)
{
    const struct section *bus = document_section(&config->document, "bus");
    if (!bus)
        return (struct place){.file = config->path, .section = "bus", .key = key};
    struct place place = section_place(bus, section_setting(bus, key));
    place.key = key;
    return place;
}

static void refuse_change(const struct config *next, const char *key, const char *now,
                          struct mistakes *mistakes)
{
    struct place place = place_of(next, key);
    mistakes_add(mistakes, &place,
                 "affnotifyd runs %s%s and cannot change that while it runs; restart affnotifyd",
                 now ? "with " : "without it", now ? now : "");
}

void change_check_bus(const struct config *running, const struct config *next,
                      struct mistakes *mistakes)
{
    for (size_t i = 0; i < sizeof fixed_keys / sizeof *fixed_keys; i++) {
        const char *key = fixed_keys[i].key;
        const char *now = value_at(running, fixed_keys[i].offset);
        const char *then = value_at(next, fixed_keys[i].offset);
        if (text_equal(now ? now : "", then ? then : ""))
            continue;
        if (is_written(running, key) || is_written(next, key))
            refuse_change(next, key, now, mistakes);
    }
    if (running->cores != next->cores)
        refuse_change(next, "cores", running->cores ? "yes" : "no", mistakes);
}
