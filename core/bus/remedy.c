/* See remedy.h. */
#include "core/bus/remedy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/secret_shown.h"
#include "core/bus/sink.h"

#define KEYS_SHOWN_MAX   4
#define REMEDY_BYTES_MAX (32 * 1024) /* its text, and twice a path for each key */

/* ---- Which keys are meant ---- */

static bool names(const char *remedy, const char *key)
{
    char *named = memory_format("`%s`", key);
    bool is_named = strstr(remedy, named) != NULL;
    free(named);
    return is_named;
}

static bool is_secret(const struct sink *sink, const char *key)
{
    for (size_t i = 0; i < sink->rotation.count; i++) {
        if (text_equal(sink->rotation.keys[i].name, key))
            return true;
    }
    return false;
}

/* The settings that the remedy names, `so`; or all secrets, when it speaks of credentials. */
static size_t find_meant(const struct sink *sink, const char *remedy,
                         const struct setting *meant[KEYS_SHOWN_MAX])
{
    const struct section *section = sink->config->section;
    size_t count = 0;
    for (size_t i = 0; i < section->count && count < KEYS_SHOWN_MAX; i++) {
        if (names(remedy, section->settings[i].key))
            meant[count++] = &section->settings[i];
    }
    if (count > 0 || !strstr(remedy, "credentials"))
        return count;
    for (size_t i = 0; i < section->count && count < KEYS_SHOWN_MAX; i++) {
        if (is_secret(sink, section->settings[i].key))
            meant[count++] = &section->settings[i];
    }
    return count;
}

/* ---- Where they stand ---- */

/* "bearer_token (/etc/affnotify/affnotify.ini:12, read from /etc/affnotify/backend.token)" */
static void put_secret(struct buffer *text, const struct sink *sink, const struct setting *setting)
{
    char *source = is_secret(sink, setting->key) ? secret_shown_source(setting->value) : NULL;
    buffer_printf(text, "%s (%s:%d%s%s)", setting->key, setting->file, setting->line,
                  source ? ", " : "", source ? source : "");
    free(source);
}

/* " at FILE:LINE", or where each secret really stands. */
static void put_places(struct buffer *text, const struct sink *sink,
                       const struct setting *const *meant, size_t count)
{
    bool any_secret = false;
    for (size_t i = 0; i < count; i++)
        any_secret |= is_secret(sink, meant[i]->key);
    if (!any_secret) {
        struct place place = section_place(sink->config->section, count > 0 ? meant[0] : NULL);
        buffer_printf(text, " at %s:%d", place.file, place.line);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        buffer_printf(text, "%s", i == 0 ? ": " : ", ");
        put_secret(text, sink, meant[i]);
    }
}

/* What the service was given as it began is not read again by a reload. */
static bool is_given_at_start(const struct sink *sink, const struct setting *const *meant,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_secret(sink, meant[i]->key) && text_starts(meant[i]->value, "env:"))
            return true;
    }
    return false;
}

/* What our settings brought about ends when somebody has mended them and says so. */
static char *remedy_for_settings(const struct sink *sink, const char *remedy)
{
    const struct setting *meant[KEYS_SHOWN_MAX];
    size_t count = find_meant(sink, remedy, meant);
    struct buffer text;
    if (sink->unread[0])
        return memory_format("a secret cannot be read again: %s; mend that, then `affnotify resume "
                             "%s`",
                             sink->unread, sink->name);
    buffer_init(&text, REMEDY_BYTES_MAX);
    buffer_printf(&text, "%s", remedy[0] ? remedy : "see its section");
    put_places(&text, sink, meant, count);
    buffer_printf(&text, ", then %s; or, when nothing in the file was wrong, `affnotify resume %s`",
                  is_given_at_start(sink, meant, count) ? "restart affnotifyd"
                                                        : "`affnotify reload`",
                  sink->name);
    char *whole = memory_text(text.data);
    buffer_finish(&text);
    return whole;
}

/* ---- The whole ---- */

char *remedy_of_sink(const struct sink *sink, const struct sink_view *view)
{
    if (view->by_hand && !strcmp(view->state, "held"))
        return memory_format("`affnotify resume %s` ends it", sink->config->name);
    if (view->by_settings && !sink->unusable)
        return remedy_for_settings(sink, view->remedy);
    return memory_text(view->remedy);
}

char *remedy_of_removed(const char *name)
{
    return memory_format("put [sink:%s] back, or say `was = %s` in the section of a new sink, or "
                         "give its events up: `affnotify skip %s`",
                         name, name, name);
}
