/* See rest.h. */
#include "core/bus/rest.h"

#include <assert.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/bus/sink.h"

bool rest_reached(struct sink *sink)
{
    assert(sink->suspended);
    if (sink->schedule.in_flight > 0 || sink->schedule.settling > 0 || sink_has_writes(sink))
        return false;
    sink_forget_window(sink);
    gate_forget(&sink->gate, sink->gate.suspect);
    gate_forget(&sink->gate, sink->gate.tried);
    return true;
}

bool rest_over(struct sink *sink)
{
    struct error error;
    if (sink_read_record(sink, NULL, &error) < 0) {
        log_error("journal", {"sink", .text = sink->config->name}, {"error", .text = error.text},
                  {"remedy", .text = "it is tried again; nothing goes to this sink meanwhile"});
        return false;
    }
    sink->suspended = false;
    return true;
}
