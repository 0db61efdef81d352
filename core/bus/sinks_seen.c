/* See sinks_seen.h. */
#include "core/bus/sinks_seen.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/bus/bus.h"
#include "core/bus/sink_names.h"

static int look_at(struct bus *bus, struct sinks_seen *seen, const char *name, struct error *error)
{
    struct seen_sink *one = &seen->items[seen->count];
    *one = (struct seen_sink){.name = name, .sink = sink_names_find(bus, name)};
    int known = journal_sink_status(bus->journal, name, &one->now, error);
    if (known <= 0)
        return known; /* a reload that is under way has given it another name */
    if (!one->sink && one->now.pending == 0)
        return 0;
    if (one->now.pending > 0 &&
        journal_oldest_pending(bus->journal, one->now.number, one->now.event_mask,
                               &one->oldest_unix_ms, error) < 0)
        return -1;
    if (one->sink)
        sink_view(one->sink, &one->view);
    else
        one->view = (struct sink_view){.state = "removed", .needs_somebody = true};
    seen->count++;
    return 0;
}

int sinks_seen_look(struct bus *bus, struct sinks_seen *seen, struct error *error)
{
    const char *name;
    size_t known = 0;
    while (journal_sink_name(bus->journal, known))
        known++;
    *seen = (struct sinks_seen){
        .items = memory_new(bus->sink_count + known + 1, sizeof *seen->items),
    };
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (look_at(bus, seen, bus->sinks[i]->config->name, error) < 0)
            return -1;
    }
    for (size_t i = 0; (name = journal_sink_name(bus->journal, i)) != NULL; i++) {
        if (!sink_names_find(bus, name) && look_at(bus, seen, name, error) < 0)
            return -1;
    }
    return 0;
}

void sinks_seen_finish(struct sinks_seen *seen)
{
    if (seen)
        free(seen->items);
}
