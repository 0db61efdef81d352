/* See misled.h. */
#include "core/http/misled.h"

#include <stdbool.h>
#include <stdio.h>

#include "core/base/log.h"
#include "core/http/connection.h"
#include "core/http/credentials.h"
#include "core/http/door.h"

#define LOG_EVERY_MS 60000

/* By the token of this request, or by what came before it. A signature is over a body, not read yet. */
static bool has_proved(const struct connection *connection)
{
    struct span bearer = connection->head.headers[HEAD_AUTHORIZATION];
    return connection->known ||
           (bearer.start &&
            credentials_admit_bearer(&connection->door->credentials, bearer.start, bearer.length));
}

void misled_note(struct misled *misled, const struct connection *connection, int status,
                 const char *why)
{
    bool is_misled = status == 404 || status == 405 || status == 411 || status == 413;
    if (!is_misled || connection->role != DOOR_ROLE_INGEST || !has_proved(connection))
        return;
    const struct head *head = &connection->head;
    misled->total++;
    misled->count++;
    misled->status = status;
    snprintf(misled->from, sizeof misled->from, "%s", connection->peer);
    snprintf(misled->request, sizeof misled->request, "%.*s %.*s", (int)head->method.length,
             head->method.start, (int)head->path.length, head->path.start);
    snprintf(misled->why, sizeof misled->why, "%s", why);
}

void misled_log(struct misled *misled, int64_t now_mono_ms)
{
    if (misled->count == 0 || now_mono_ms < misled->next_log_mono_ms)
        return;
    log_warning("requests of a known sender that hand no event in; nothing of them is kept",
                {"count", .number = (int64_t)misled->count}, {"last_from", .text = misled->from},
                {"last_status", .number = misled->status},
                {"last_request", .text = misled->request}, {"last_why", .text = misled->why});
    misled->count = 0;
    misled->next_log_mono_ms = now_mono_ms + LOG_EVERY_MS;
}
