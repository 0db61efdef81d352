/*
 * A sink whose secrets were rotated: its host ends as at the bus's end, with nothing in flight, and the
 * next one is given what the secrets stand for now. What the far side says of the old ones is no reason
 * to hold the sink. Asked when a far side calls us set up wrongly, and before a probe. And when the new
 * ones are unusable, the sink is held without a host until they are mended. See sink.h.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/bus/respawn.h"
#include "core/bus/sink.h"
#include "core/bus/timer.h"
#include "core/wire/message.h"

bool sink_renew_if_rotated(struct sink *sink)
{
    if (sink->renewing)
        return true;
    if (!rotation_happened(&sink->rotation, sink->context->config, sink->config,
                           sink->fingerprint.secrets, sink->unread))
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

/* ---- Secrets that are unusable ---- */

bool sink_may_get_well(const struct sink *sink)
{
    return sink->accepted[0] && text_equal(sink->accepted, sink->fingerprint.plugin);
}

/* The same text as before is no news for the log. */
void sink_wait_to_get_well(struct sink *sink, const struct mistake *mistake)
{
    char *text = mistake_text(mistake);
    char problem[TEXT_BYTES_MAX];
    int64_t delay_ms = respawn_delay_ms(++sink->failures, false);
    snprintf(problem, sizeof problem, "%s", text);
    free(text);
    bool is_news = !sink->unusable || !text_equal(problem, sink->problem);
    memcpy(sink->problem, problem, sizeof sink->problem);
    snprintf(sink->remedy, sizeof sink->remedy,
             "mend that; it is read again by and by, or at once by `affnotify resume %s`",
             sink->name);
    sink->unusable = true;
    sink->renewed = false;
    sink->state = SINK_STOPPED;
    sink->again_mono_ms = clock_mono_ms() + delay_ms;
    timer_start(sink->timer, delay_ms);
    host_process_kill(&sink->host, "stopped");
    if (is_news)
        log_warning("sink held", {"sink", .text = sink->name}, {"reason", .text = problem},
                    {"remedy", .text = sink->remedy}, {"for_ms", .number = delay_ms});
}

bool sink_look_again(struct sink *sink)
{
    bool waits_to_open = sink->state == SINK_OPENING && !sink->awaits_opened;
    bool waits = waits_to_open || (sink->unusable && sink->state == SINK_STOPPED);
    if (waits)
        timer_start(sink->timer, 0);
    return waits;
}
