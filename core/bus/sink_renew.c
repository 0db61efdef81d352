/*
 * A sink whose secrets were rotated: its host ends as at the bus's end, with nothing in flight, and the
 * next one is given what the secrets stand for now. What the far side says of the old ones is no reason
 * to hold the sink. Asked when a far side calls us set up wrongly, and before a probe. See sink.h.
 */
#include <event2/event.h>

#include "core/base/log.h"
#include "core/bus/sink.h"
#include "core/bus/timer.h"
#include "core/wire/message.h"

bool sink_renew_if_rotated(struct sink *sink)
{
    if (sink->renewing)
        return true;
    if (!rotation_happened(&sink->rotation, sink->context->config, sink->config,
                           sink->fingerprint.secrets))
        return false;
    log_info("the secrets have changed; the host begins anew with the new ones",
             {"sink", .text = sink->name});
    sink->renewing = true;
    return true;
}

/* Else a file that never comes to rest would keep the sink from being held, and from being probed. */
bool sink_renew_once(struct sink *sink)
{
    if (sink->renewed || !sink_renew_if_rotated(sink))
        return false;
    sink->renewed = true;
    return true;
}

void sink_renew_step(struct sink *sink)
{
    if (sink->state != SINK_OPEN || sink->schedule.in_flight > 0 || sink->notice.out ||
        host_process_is_ending(&sink->host))
        return;
    sink->state = SINK_STOPPING;
    event_del(sink->overrun_timer);
    timer_start(sink->timer, STOP_GRACE_MS);
    message_put_empty(host_process_out(&sink->host), MESSAGE_CLOSE);
    host_process_send(&sink->host);
}
