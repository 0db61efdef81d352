/* See rest.h. */
#include "core/bus/rest.h"

#include <assert.h>
#include <jansson.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/bus/answer.h"

bool rest_begin(struct sink *sink, enum sink_suspender by)
{
    if (sink->suspended && sink->suspended != by)
        return false;
    sink->suspended = by;
    return true;
}

const char *rest_work(const struct sink *sink)
{
    static const char *const works[] = {
        [SUSPENDED_BY_SKIP] = "its events are being skipped",
        [SUSPENDED_BY_REPLAY] = "events are being sent to it again",
        [SUSPENDED_BY_RETENTION] = "its oldest events are being given up to make room",
        [SUSPENDED_BY_FORGET] = "an affiliate is being forgotten",
        [SUSPENDED_BY_RELOAD] = "it is being reloaded",
    };
    return works[sink->suspended];
}

json_t *rest_refuse_busy(const struct sink *sink)
{
    if (!sink->suspended)
        return NULL;
    return answer_refusal("sink", "busy", "sink: %s is busy: %s; try again when that is done",
                          sink->name, rest_work(sink));
}

bool rest_is_quiet(const struct sink *sink)
{
    return sink->schedule.in_flight == 0 && sink->schedule.settling == 0 && !sink_has_writes(sink);
}

bool rest_reached(struct sink *sink)
{
    assert(sink->suspended);
    if (!rest_is_quiet(sink))
        return false;
    sink_forget_window(sink);
    gate_forget(&sink->gate, sink->gate.suspect);
    gate_forget(&sink->gate, sink->gate.tried);
    return true;
}

bool rest_over(struct sink *sink)
{
    struct error error;
    if (sink->schedule.first) { /* it never came to rest, so nothing was changed under it */
        sink->suspended = SUSPENDED_BY_NOBODY;
        return true;
    }
    if (sink_read_record(sink, NULL, &error) < 0) {
        if (!sink->is_stuck)
            log_error("journal", {"sink", .text = sink->name}, {"error", .text = error.text},
                      {"remedy", .text = "it is tried again; nothing goes to this sink meanwhile"});
        sink->is_stuck = true;
        return false;
    }
    sink->is_stuck = false;
    sink->suspended = SUSPENDED_BY_NOBODY;
    return true;
}
