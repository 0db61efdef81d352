/* See control_ready.h; the fields of the answer are described in core/wire/README.md. */
#include "core/bus/control_ready.h"

#include <jansson.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/turn.h"

static void remember(struct bus *bus, const char *trouble)
{
    snprintf(bus->tried_trouble, sizeof bus->tried_trouble, "%s", trouble);
    bus->tried_mono_ms = clock_mono_ms();
    bus->tried = true;
}

void control_ready_failed(struct bus *bus, const char *why)
{
    remember(bus, why);
}

/* Writes to the journal, unless that was done a moment ago: it costs the disk a write. */
static const char *try_journal(struct bus *bus)
{
    struct error error;
    if (!bus->tried || clock_mono_ms() - bus->tried_mono_ms >= READY_TRY_MS)
        remember(bus, journal_try(bus->journal, &error) < 0 ? error.text : "");
    return bus->tried_trouble;
}

const char *control_ready_trouble(struct bus *bus)
{
    if (bus->stopping)
        return "affnotifyd is stopping";
    turn_watch_journal(bus);
    if (bus->journal_gone)
        return "the journal was removed or replaced; put it back, or restart affnotifyd";
    return bus->broken ? bus->broken_text : try_journal(bus);
}

json_t *control_ready_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    (void)command;
    const char *reason = control_ready_trouble(bus);
    return json_pack("{s:b,s:b,s:o}", "ok", 1, "ready", !reason[0], "reason",
                     answer_text_or_null(reason));
}
