/* See batch.h. */
#include "core/host/batch.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/event/event.h"
#include "core/wire/message.h"

static struct affn_event lay_out(const struct message_event *sent, const struct event *decoded)
{
    return (struct affn_event){
        .id = sent->id,
        .event = event_type_name(decoded->type),
        .affiliate_id = decoded->affiliate_id,
        .email = decoded->email,
        .deep_link = decoded->deep_link,
        .occurred_at = decoded->occurred_at,
        .canonical = sent->canonical,
        .canonical_bytes = sent->canonical_bytes,
        .flags = sent->flags,
        .occurred_unix_ms = decoded->occurred_unix_ms,
        .attempt = sent->attempt,
    };
}

static int decode_events(struct batch *batch, const struct message_deliver *deliver)
{
    batch->decoded = memory_new(deliver->event_count, sizeof *batch->decoded);
    batch->events = memory_new(deliver->event_count, sizeof *batch->events);
    batch->pointers = memory_new(deliver->event_count, sizeof *batch->pointers);
    for (uint32_t i = 0; i < deliver->event_count; i++) {
        const struct message_event *sent = &deliver->events[i];
        if (event_decode(sent->canonical, sent->canonical_bytes, &batch->decoded[i]) < 0)
            return -1;
        batch->events[i] = lay_out(sent, &batch->decoded[i]);
        batch->pointers[i] = &batch->events[i];
    }
    batch->face.events = batch->pointers;
    batch->face.count = deliver->event_count;
    return 0;
}

struct batch *batch_new(const char *bytes, size_t length)
{
    struct batch *batch = memory_new(1, sizeof *batch);
    batch->frame = memory_new(length, 1);
    memcpy(batch->frame, bytes, length);
    struct frame frame;
    size_t used;
    struct message_deliver deliver = {.events = NULL};
    int result = -1;
    if (frame_read(batch->frame, length, &frame, &used) == 1 &&
        message_get_deliver(&frame, &deliver) == 0 && deliver.event_count <= BATCH_EVENTS_MAX)
        result = decode_events(batch, &deliver);
    batch->number = deliver.batch;
    batch->heard = deliver.heard;
    free(deliver.events);
    if (result == 0)
        return batch;
    batch_free(batch);
    return NULL;
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    free(batch->frame);
    free(batch->decoded);
    free(batch->events);
    free(batch->pointers);
    free(batch);
}

void batch_start(struct batch *batch, int64_t now_ms, int64_t timeout_ms)
{
    batch->started_ms = now_ms;
    batch->face.deadline_mono_ms = now_ms + timeout_ms;
}

void batch_queue_add(struct batch_queue *queue, struct batch *batch)
{
    batch->next = NULL;
    if (queue->last)
        queue->last->next = batch;
    else
        queue->first = batch;
    queue->last = batch;
}

struct batch *batch_queue_take(struct batch_queue *queue)
{
    struct batch *batch = queue->first;
    if (batch)
        queue->first = batch->next;
    if (!queue->first)
        queue->last = NULL;
    return batch;
}

void batch_queue_drop(struct batch_queue *queue)
{
    for (struct batch *batch; (batch = batch_queue_take(queue)) != NULL;)
        batch_free(batch);
}
