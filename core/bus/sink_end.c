/* See sink_end.h. */
#include "core/bus/sink_end.h"

#include <signal.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/bus/sink.h"

/* What the host was at; to be freed. */
static char *last_deed(const struct sink *sink)
{
    if (sink->state == SINK_STARTING && !sink->was_loaded)
        return memory_format("it loaded %s", sink->plugin_path);
    if (sink->state == SINK_STARTING)
        return memory_text("it checked its options");
    if (sink->state == SINK_OPENING)
        return memory_text(sink->awaits_opened ? "it opened" : "it waited to open");
    if (sink->state == SINK_STOPPING)
        return memory_text("it closed");
    uint32_t count = sink->schedule.in_flight;
    if (count > 0)
        return memory_format("it delivered %u event%s", count, count > 1 ? "s" : "");
    return memory_text("it had nothing to do");
}

char *sink_end_problem(const struct sink *sink, const char *reason)
{
    char *deed = last_deed(sink);
    char *problem = memory_format("the plugin's process %s while %s", reason, deed);
    free(deed);
    return problem;
}

const char *sink_end_remedy(const struct sink *sink)
{
    if (sink->state == SINK_STOPPING)
        return sink->schedule.in_flight > 0
                   ? "what it had not finished goes out again at the next start"
                   : "nothing is lost; if it does so at every stop, " SINK_END_ASK_AUTHOR;
    if (sink->host.signal == SIGKILL)
        return "affnotify starts it again; unless somebody killed it, memory ran out: see the "
               "kernel's log";
    if (sink->host.signal == SIGBUS)
        return "affnotify starts it again; was the plugin's file overwritten while it was in use? "
               "replace it with `install` or `mv`, not with `cp`";
    if (sink->overrun)
        return "affnotify starts it again; raise `timeout`, or see why the far side is slow";
    if (sink->state == SINK_OPEN)
        return "affnotify starts it again; if it keeps dying, " SINK_END_ASK_AUTHOR;
    return "affnotify starts it again; see what it printed before this line, put back the version "
           "that worked, or " SINK_END_ASK_AUTHOR;
}
