/* See reload_parts.h; what is told of a reload. The answer is described in core/wire/README.md. */
#include <jansson.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/reload_parts.h"
#include "core/bus/remedy.h"

/* ---- Refused ---- */

json_t *reload_answer_refused(const struct reload *reload)
{
    size_t errors = mistakes_errors(&reload->mistakes);
    json_t *answer =
        answer_refusal("config", "mistakes", "config: %s has %zu mistake%s, so nothing was changed",
                       reload->next.path, errors, errors == 1 ? "" : "s");
    json_object_set_new(answer, "mistakes", answer_mistakes(&reload->mistakes, NULL));
    return answer;
}

/* ---- Done ---- */

static json_t *describe(const char *name, enum change change, const char *state, json_t *what,
                        json_t *remedy)
{
    return json_pack("{s:s,s:s,s:s,s:o,s:o}", "name", name, "change", change_name(change), "state",
                     state, "what", what, "remedy", remedy);
}

static json_t *describe_running(const struct sink *sink, enum change change)
{
    struct sink_view view;
    sink_view(sink, &view);
    bool is_slow = !view.what[0] && (sink->state == SINK_STARTING || sink->state == SINK_OPENING);
    char *remedy =
        is_slow ? memory_text("`affnotify status` tells when it has") : remedy_of_sink(sink, &view);
    json_t *described = describe(
        sink->name, change, view.state,
        answer_text_or_null(is_slow ? "it has not said yet whether it is open" : view.what),
        answer_text_or_null(remedy));
    free(remedy);
    return described;
}

/* The name of the sink that has taken over what a removed one had; NULL for none. */
static const char *heir_of(const struct bus *bus, const char *name)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (text_equal(bus->sinks[i]->tuning.was, name))
            return bus->sinks[i]->name;
    }
    return NULL;
}

static json_t *describe_removed(struct bus *bus, const char *name)
{
    struct journal_sink record;
    struct error error;
    const char *heir = heir_of(bus, name);
    char *what = NULL, *remedy = NULL;
    bool is_known = journal_sink_status(bus->journal, name, &record, &error) > 0;
    if (!is_known && heir)
        what = memory_format("%s goes on with what it had", heir);
    if (is_known && record.pending > 0) {
        what = memory_format("%lld pending event%s kept", (long long)record.pending,
                             record.pending == 1 ? " is" : "s are");
        remedy = remedy_of_removed(name);
    }
    json_t *described =
        describe(name, CHANGE_REMOVED, "removed", answer_text_or_null(what ? what : ""),
                 answer_text_or_null(remedy ? remedy : ""));
    free(what);
    free(remedy);
    return described;
}

json_t *reload_answer_done(struct bus *bus, const struct reload *reload)
{
    json_t *sinks = json_array();
    for (size_t i = 0; i < bus->sink_count; i++)
        json_array_append_new(sinks, describe_running(bus->sinks[i], reload->coming[i]));
    for (size_t i = 0; i < reload->removed_count; i++)
        json_array_append_new(sinks, describe_removed(bus, reload->removed[i]));
    return json_pack("{s:b,s:o,s:o,s:o}", "ok", 1, "door", doorkeeper_describe_reload(&bus->door),
                     "sinks", sinks, "mistakes", answer_mistakes(&reload->mistakes, NULL));
}

/* ---- The log ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Warnings of sinks that were started are logged as they start. */
static void log_mistake(const json_t *mistake, bool done)
{
    bool is_warning = json_is_true(json_object_get(mistake, "warning"));
    if (done && text_starts(text_of(mistake, "section"), "sink:"))
        return;
    log_write(is_warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "configuration",
              LOG_FIELDS({"mistake", .text = text_of(mistake, "message")}));
}

/* Those that were not touched are not told of. */
static void log_sink(const json_t *sink)
{
    const char *what = text_of(sink, "what");
    const char *remedy = text_of(sink, "remedy");
    if (text_equal(text_of(sink, "change"), "unchanged"))
        return;
    log_write(what[0] ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "sink reloaded",
              LOG_FIELDS({"sink", .text = text_of(sink, "name")},
                         {"change", .text = text_of(sink, "change")},
                         {"state", .text = text_of(sink, "state")},
                         {"reason", .text = what[0] ? what : "none"},
                         {"remedy", .text = remedy[0] ? remedy : "none needed"}));
}

static int64_t count_changed(const json_t *sinks)
{
    int64_t changed = 0;
    for (size_t i = 0; i < json_array_size(sinks); i++)
        changed += !text_equal(text_of(json_array_get(sinks, i), "change"), "unchanged");
    return changed;
}

void reload_log(const json_t *answer)
{
    const json_t *mistakes = json_object_get(answer, "mistakes");
    const json_t *sinks = json_object_get(answer, "sinks");
    for (size_t i = 0; i < json_array_size(mistakes); i++)
        log_mistake(json_array_get(mistakes, i), sinks != NULL);
    for (size_t i = 0; i < json_array_size(sinks); i++)
        log_sink(json_array_get(sinks, i));
    if (sinks)
        log_info("reloaded", {"changed", .number = count_changed(sinks)},
                 {"unchanged", .number = (int64_t)json_array_size(sinks) - count_changed(sinks)});
    else
        log_error("not reloaded", {"reason", .text = text_of(answer, "message")});
}
