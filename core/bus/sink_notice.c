/* See sink_notice.h. */
#include "core/bus/sink_notice.h"

#include <assert.h>
#include <stdio.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/bus/sink.h"
#include "core/wire/message.h"

bool sink_notice_may(const struct sink *sink)
{
    return sink->notice.can && !sink->notice.out && sink->state == SINK_OPEN && !sink->renewing &&
           !host_process_is_ending(&sink->host);
}

void sink_notice_send(struct sink *sink, const struct message_notice *notice)
{
    assert(sink_notice_may(sink));
    sink->notice.out = true;
    sink->notice.number = notice->number;
    sink->notice.sent_mono_ms = clock_mono_ms();
    sink->notice.verdict = 0;
    int result = message_put_notice(host_process_out(&sink->host), notice);
    assert(result == 0); /* its texts are bounded */
    host_process_send(&sink->host);
}

int sink_notice_take(struct sink *sink, struct frame *frame, struct error *error)
{
    struct message_noticed noticed;
    if (message_get_noticed(frame, &noticed) < 0)
        return -1;
    if (!sink->notice.out || noticed.number != sink->notice.number || noticed.verdict == 0)
        return error_set(error, "sent an answer for a notice that it does not have");
    sink->notice.out = false;
    sink->notice.verdict = noticed.verdict;
    sink->notice.retry_after_ms = noticed.retry_after_ms;
    snprintf(sink->notice.what, sizeof sink->notice.what, "%s", noticed.what);
    snprintf(sink->notice.remedy, sizeof sink->notice.remedy, "%s", noticed.remedy);
    sink->progress_mono_ms = clock_mono_ms();
    if (noticed.verdict == AFFN_MISSET)
        sink_renew_if_rotated(sink); /* it is told again in any case */
    return 0;
}

void sink_notice_lost(struct sink *sink)
{
    if (!sink->notice.out)
        return;
    sink->notice.out = false;
    sink->notice.number = 0;
}

bool sink_notice_blocks(const struct sink *sink)
{
    return sink->notice.out && !sink->makes_requests;
}

int64_t sink_notice_limit_mono_ms(const struct sink *sink)
{
    int64_t since_ms = sink->notice.sent_mono_ms;
    if (!sink->notice.out || host_process_is_ending(&sink->host))
        return -1;
    if (!sink->makes_requests && sink->progress_mono_ms > since_ms)
        since_ms = sink->progress_mono_ms; /* a batch was before it */
    return since_ms + sink->tuning.timeout_ms + OVERRUN_GRACE_MS;
}

void sink_notice_expire(struct sink *sink, int64_t now_mono_ms)
{
    char reason[128];
    int64_t late_ms = now_mono_ms - sink_notice_limit_mono_ms(sink);
    if (late_ms > OVERRUN_GRACE_MS) {
        sink->notice.sent_mono_ms = now_mono_ms;
        return;
    }
    snprintf(reason, sizeof reason, "did not pass a notice on within its timeout of %lld ms",
             (long long)sink->tuning.timeout_ms);
    host_process_kill(&sink->host, reason);
}
