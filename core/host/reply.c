/* See reply.h. */
#include "core/host/reply.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/memory.h"

static void set(struct affn_reply *face, uint32_t index, int32_t verdict, int32_t code,
                const char *text)
{
    struct reply *reply = (struct reply *)(void *)face;
    if (index >= reply->count) {
        reply->strayed = true;
        return;
    }
    if (!reply->items)
        reply->items = memory_new(reply->count, sizeof *reply->items);
    struct reply_item *item = &reply->items[index];
    free(item->text);
    *item = (struct reply_item){
        .set = true, .verdict = verdict, .code = code, .text = memory_text(text)};
}

void reply_begin(struct reply *reply, uint32_t count)
{
    reply_finish(reply);
    reply->count = count;
    reply->strayed = false;
    reply->face = (struct affn_reply){
        .what = reply->what,
        .what_bytes = sizeof reply->what,
        .remedy = reply->remedy,
        .remedy_bytes = sizeof reply->remedy,
        .taken = count,
        .set = set,
    };
}

void reply_finish(struct reply *reply)
{
    for (uint32_t i = 0; reply->items && i < reply->count; i++)
        free(reply->items[i].text);
    free(reply->items);
    reply->items = NULL;
    reply->what[0] = '\0';
    reply->remedy[0] = '\0';
}

void reply_default(struct reply *reply, const char *what, const char *remedy)
{
    if (!reply->what[0])
        snprintf(reply->what, sizeof reply->what, "%s", what);
    if (!reply->remedy[0])
        snprintf(reply->remedy, sizeof reply->remedy, "%s", remedy);
}
