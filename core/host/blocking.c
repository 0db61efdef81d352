/* See blocking.h. */
#include "core/host/blocking.h"

#include "core/base/clock.h"
#include "core/host/link.h"
#include "core/host/outcome.h"
#include "core/host/plugin.h"

void blocking_finish(struct blocking *blocking)
{
    batch_queue_drop(&blocking->queue);
    reply_finish(&blocking->reply);
}

void blocking_add(struct blocking *blocking, struct batch *batch)
{
    batch_queue_add(&blocking->queue, batch);
}

bool blocking_turn(struct blocking *blocking)
{
    struct batch *batch = batch_queue_take(&blocking->queue);
    if (!batch)
        return false;
    batch_start(batch, clock_mono_ms(), blocking->timeout_ms);
    reply_begin(&blocking->reply, batch->face.count);
    int32_t verdict =
        blocking->plugin->sink.deliver(blocking->self, &batch->face, &blocking->reply.face);
    outcome_send(blocking->link, batch, verdict, &blocking->reply, blocking->secrets, NULL,
                 clock_mono_ms());
    /* At once: were the next batch to crash us, this one must not look as if it had, too. */
    link_flush(blocking->link);
    batch_free(batch);
    return true;
}
