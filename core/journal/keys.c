/*
 * What senders call events that have no time of their own (a webhook-id, an Idempotency-Key): so a
 * repeat is known as the event that it was the first time.
 */
#include <assert.h>

#include "core/journal/internal.h"

int journal_find_key(struct journal *journal, const char *key, struct journal_event *event,
                     struct error *error)
{
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_KEY_FIND, VALUES({.text = key}));
    int got = statement_step(journal, statement, error);
    if (got <= 0)
        return got;
    journal_event_read(statement, event);
    statement_reset(statement);
    return 1;
}

int journal_keep_key(struct journal *journal, const char *key, const char *id, int64_t now_unix_ms,
                     struct error *error)
{
    unsigned char packed[EVENT_ID_BYTES];
    bool is_id = journal_id_pack(id, packed);
    assert(is_id);
    (void)is_id;
    if (journal_may_write(journal, error) < 0 ||
        statement_run(journal, STATEMENT_KEY_WRITE, error,
                      VALUES({.text = key}, {.bytes = packed, .length = EVENT_ID_BYTES},
                             {.number = now_unix_ms})) < 0)
        return -1;
    return 0;
}
