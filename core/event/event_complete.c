/*
 * See event.h: what was absent is filled in, and the ID of the result. Apart from event.c because
 * both need SHA-256, hence libcrypto.
 */
#include "core/event/event.h"

#include <stdio.h>
#include <string.h>

#include "core/event/affiliate_id.h"
#include "core/event/digest.h"
#include "core/event/timestamp.h"

#define ID_PREFIX       "evt_"
#define ID_PREFIX_BYTES (sizeof ID_PREFIX - 1)
#define ID_HEX_DIGITS   32

void event_complete(const struct event_input *input, const char *remembered_id,
                    const char *remembered_link, int64_t now_unix_ms, struct event *event)
{
    *event = input->event;
    if (!input->has_affiliate_id && remembered_id)
        snprintf(event->affiliate_id, sizeof event->affiliate_id, "%s", remembered_id);
    else if (!input->has_affiliate_id)
        affiliate_id_derive(input->email_key, event->affiliate_id);

    bool link_remembered = event->type == EVENT_DEACTIVATED && remembered_link;
    if (!input->has_deep_link)
        snprintf(event->deep_link, sizeof event->deep_link, "%s",
                 link_remembered ? remembered_link : "");

    if (!input->has_occurred_at) {
        event->occurred_unix_ms = now_unix_ms;
        timestamp_format(now_unix_ms, event->occurred_at);
    }
}

void event_id(const char *canonical, size_t bytes, char id[EVENT_ID_SIZE])
{
    memcpy(id, ID_PREFIX, ID_PREFIX_BYTES);
    digest_hex(canonical, bytes, ID_HEX_DIGITS, id + ID_PREFIX_BYTES);
}
