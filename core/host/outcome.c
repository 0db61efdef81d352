/* See outcome.h. */
#include "core/host/outcome.h"

#include <affnotify/sink.h>
#include <assert.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/host/batch.h"
#include "core/host/blot.h"
#include "core/host/link.h"
#include "core/host/reply.h"
#include "core/host/services.h"
#include "core/wire/message.h"

/* All items' texts together stay well below a frame. */
#define ITEM_TEXTS_BYTES (FRAME_BYTES_MAX / 2)

static bool is_verdict(int32_t verdict)
{
    return verdict >= AFFN_DELIVERED && verdict <= AFFN_MISSET;
}

int32_t outcome_verdict(int32_t verdict)
{
    if (is_verdict(verdict))
        return verdict;
    services_log(AFFN_LOG_WARNING, "the plugin returned %d, which is no verdict: taken as RETRY",
                 verdict);
    return AFFN_RETRY;
}

int64_t outcome_right_retry_after(int64_t ms)
{
    if (ms < 0)
        return 0;
    return ms < RETRY_AFTER_MS_MAX ? ms : RETRY_AFTER_MS_MAX;
}

/* A plugin that took nothing has delivered nothing, whatever it says. */
void outcome_right_taken(struct affn_reply *face, uint32_t count, int32_t *verdict)
{
    if (face->taken >= 1 && face->taken <= count)
        return;
    services_log(AFFN_LOG_WARNING, "the plugin set taken to %u in a batch of %u: taken as all%s",
                 face->taken, count,
                 face->taken == 0 && *verdict == AFFN_DELIVERED ? ", and as RETRY" : "");
    if (face->taken == 0 && *verdict == AFFN_DELIVERED)
        *verdict = AFFN_RETRY;
    face->taken = count;
}

struct items {
    struct message_item *items;
    char *texts;
    uint32_t count;
};

/*
 * Texts go to the log, `status` and notices, and far sides quote what was sent to them: the persons
 * of a batch are no more named there than secrets. An event's own text is about its own person.
 */
static void item_text(const struct affn_event *event, const char *said, const struct blot *secrets,
                      const struct blot *more, char *text, size_t room)
{
    struct blot person = {.also = more};
    blot_add_person(&person, event->email);
    blot_text(secrets, &person, said, text, room);
    blot_finish(&person);
}

static void batch_texts(const struct batch *batch, struct reply *reply, const struct blot *secrets,
                        const struct blot *more, struct outcome_texts *texts)
{
    struct blot persons = {.also = more};
    bool has_text = reply->what[0] || reply->remedy[0];
    for (uint32_t i = 0; has_text && i < batch->face.count; i++)
        blot_add_person(&persons, batch->face.events[i]->email);
    outcome_texts(reply, secrets, &persons, texts);
    blot_finish(&persons);
}

static struct items collect_items(const struct batch *batch, const struct reply *reply,
                                  const struct blot *secrets, const struct blot *more)
{
    struct items items = {.items = NULL};
    if (!reply->items)
        return items;
    uint32_t taken = reply->face.taken;
    size_t room = ITEM_TEXTS_BYTES / taken;
    if (room > TEXT_BYTES_MAX)
        room = TEXT_BYTES_MAX;
    items.items = memory_new(taken, sizeof *items.items);
    items.texts = memory_new(taken, room);
    for (uint32_t i = 0; i < taken; i++) {
        const struct reply_item *said = &reply->items[i];
        if (!said->set)
            continue;
        char *text = items.texts + items.count * room;
        item_text(batch->face.events[i], said->text ? said->text : "", secrets, more, text, room);
        items.items[items.count++] =
            (struct message_item){.index = i,
                                  .verdict = outcome_verdict(said->verdict),
                                  .code = said->code,
                                  .what = text};
    }
    return items;
}

void outcome_texts(struct reply *reply, const struct blot *secrets, const struct blot *more,
                   struct outcome_texts *texts)
{
    reply->what[sizeof reply->what - 1] = '\0'; /* the plugin may have written up to there */
    reply->remedy[sizeof reply->remedy - 1] = '\0';
    blot_text(secrets, more, reply->what, texts->what, sizeof texts->what);
    blot_text(secrets, more, reply->remedy, texts->remedy, sizeof texts->remedy);
}

void outcome_send(struct link *link, const struct batch *batch, int32_t verdict,
                  struct reply *reply, const struct blot *secrets, const struct blot *more,
                  int64_t now_ms)
{
    struct affn_reply *face = &reply->face;
    struct outcome_texts texts;
    batch_texts(batch, reply, secrets, more, &texts);
    verdict = outcome_verdict(verdict);
    outcome_right_taken(face, batch->face.count, &verdict);
    if (reply->strayed)
        services_log(AFFN_LOG_WARNING,
                     "the plugin gave a verdict to an event that its batch of %u does not have",
                     batch->face.count);
    struct items items = collect_items(batch, reply, secrets, more);
    struct message_outcome outcome = {
        .batch = batch->number,
        .taken = face->taken,
        .verdict = verdict,
        .code = face->code,
        .duration_ms = now_ms - batch->started_ms,
        .retry_after_ms = outcome_right_retry_after(face->retry_after_ms),
        .what = texts.what,
        .remedy = texts.remedy,
        .item_count = items.count,
        .items = items.items,
    };
    int result = message_put_outcome(link_out(link), &outcome);
    assert(result == 0); /* ITEM_TEXTS_BYTES sees to it */
    free(items.items);
    free(items.texts);
}

void outcome_send_back(struct link *link, const struct batch *batch)
{
    const struct message_outcome outcome = {.batch = batch->number, .what = "", .remedy = ""};
    int result = message_put_outcome(link_out(link), &outcome);
    assert(result == 0);
}

bool outcome_send_opened(struct link *link, int32_t verdict, struct reply *reply,
                         const struct blot *secrets)
{
    struct outcome_texts texts;
    outcome_texts(reply, secrets, NULL, &texts);
    struct message_opened opened = {
        .verdict = outcome_verdict(verdict), .what = texts.what, .remedy = texts.remedy};
    int result = message_put_opened(link_out(link), &opened);
    assert(result == 0);
    return opened.verdict == AFFN_DELIVERED;
}
