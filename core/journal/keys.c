/*
 * What senders call events that have no time of their own (a webhook-id, an Idempotency-Key): so a
 * repeat is known as the event that it was the first time.
 */
#include <assert.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/journal/internal.h"
#include "core/journal/retention.h"

int journal_find_key(struct journal *journal, const char *key, struct journal_event *event,
                     struct error *error)
{
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_KEY_FIND, VALUES({.text = key}));
    return journal_event_step(journal, statement, event, NULL, error);
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

/* ---- Pruning ---- */

/*
 * Reads up to so many that are old enough, and notes those whose event is gone. Gives how many it
 * read; *gone is how many of them it noted.
 */
static int read_old(struct journal *journal, struct prune *prune, struct key_place *found, int max,
                    int *gone, struct error *error)
{
    struct key_place *at = &prune->keys_looked_at;
    struct key_place from = *at; /* what is bound stays as it is while rows are read */
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_KEYS_BY_TIME,
                       VALUES({.number = from.at_unix_ms}, {.text = from.key}, {.number = max}));
    int looked = 0;
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        int64_t at_unix_ms = sqlite3_column_int64(statement, 1);
        int64_t age_ms =
            journal_age_ms(prune->now_unix_ms, at_unix_ms, &prune->keys_latest_unix_ms);
        if (age_ms >= 0 && age_ms < prune->retain_ms)
            break;
        at->at_unix_ms = at_unix_ms;
        statement_text(statement, 0, at->key, sizeof at->key);
        looked++;
        if (sqlite3_column_int(statement, 2) == 0)
            found[(*gone)++] = *at;
    }
    statement_reset(statement);
    return got < 0 ? -1 : looked;
}

int journal_prune_keys(struct journal *journal, struct prune *prune, int max_rows,
                       struct error *error)
{
    assert(max_rows > 0);
    if (journal_may_write(journal, error) < 0)
        return -1;
    struct key_place *found = memory_new((size_t)max_rows, sizeof *found);
    int gone = 0;
    int looked = read_old(journal, prune, found, max_rows, &gone, error);
    int result = looked;
    for (int i = 0; i < gone && result >= 0; i++)
        result = statement_run(journal, STATEMENT_KEY_ERASE, error, VALUES({.text = found[i].key}));
    free(found);
    if (result < 0)
        return -1;
    prune->keys += gone;
    return looked == max_rows;
}
