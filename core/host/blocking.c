/* See blocking.h. */
#include "core/host/blocking.h"

#include "core/base/clock.h"
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
    batch_free(batch);
    return true;
}
