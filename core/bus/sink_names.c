/* See sink_names.h. */
#include "core/bus/sink_names.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"

struct sink *sink_names_find(const struct bus *bus, const char *name)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (text_equal(bus->sinks[i]->config->name, name))
            return bus->sinks[i];
    }
    return NULL;
}

bool sink_names_in_journal(const struct bus *bus, const char *name)
{
    const char *known;
    for (size_t i = 0; (known = journal_sink_name(bus->journal, i)) != NULL; i++) {
        if (text_equal(known, name))
            return true;
    }
    return false;
}

/* NULL behind the last; to be freed, the names not. */
static const char **list_names(const struct bus *bus, bool removed)
{
    size_t count = 0;
    while (removed && journal_sink_name(bus->journal, count))
        count++; /* it knows those that are configured, too */
    if (!removed)
        count = bus->sink_count;
    const char **names = memory_new(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = removed ? journal_sink_name(bus->journal, i) : bus->sinks[i]->config->name;
    return names;
}

json_t *sink_names_refuse(const struct bus *bus, const char *name, bool removed)
{
    const char **names = list_names(bus, removed);
    const char *nearest = text_nearest(name, names);
    json_t *refusal = answer_refusal(
        "sink", "unknown_sink", "sink: no sink has %sthe name %.*s%s%s%s", removed ? "or had " : "",
        (int)text_cut(name, NAME_BYTES_MAX), name, nearest ? "; did you mean " : "",
        nearest ? nearest : "", nearest ? "?" : "");
    free(names);
    return refusal;
}

json_t *sink_names_read(const json_t *command, const char **name)
{
    const json_t *member = json_object_get(command, "sink");
    *name = json_string_value(member);
    if (!*name || !**name || strlen(*name) != json_string_length(member))
        return answer_refusal("sink", "missing", "sink: a sink's name is needed, as text");
    return NULL;
}
