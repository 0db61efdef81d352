/* See forget.h. A person's events are found along their list, from the newest to the oldest. */
#include "core/journal/forget.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/journal/address.h"
#include "core/journal/internal.h"

#define BLOTTED "this text named an affiliate who was forgotten"

static int may_work(struct journal *journal, const struct forgetting *forgetting,
                    struct error *error)
{
    return forgetting->erases ? journal_may_write(journal, error) : 0;
}

/* ---- Events ---- */

static bool is_pending(const struct delivery *delivery)
{
    return delivery->state == DELIVERY_PENDING || delivery->state == DELIVERY_WAITING;
}

/* What is pending is settled as skipped first, so that every count follows. */
static int give_up(struct journal *journal, struct forgetting *forgetting,
                   const struct journal_event *event, const struct delivery *delivery,
                   int64_t now_unix_ms, struct error *error)
{
    const struct settlement skipped = {
        .as = SETTLED_SKIPPED, .at_unix_ms = now_unix_ms, .what = "", .remedy = ""};
    if (!is_pending(delivery))
        return 0;
    forgetting->pending++;
    return forgetting->erases
               ? journal_settle(journal, delivery->sink_number, event, &skipped, error)
               : 0;
}

static int forget_event(struct journal *journal, struct forgetting *forgetting,
                        const struct journal_event *event, int64_t now_unix_ms, struct error *error)
{
    size_t max = journal->sink_count;
    struct delivery *deliveries = memory_new(max + 1, sizeof *deliveries);
    int count = journal_trace(journal, event, deliveries, (int)max, error);
    int result = count < 0 ? -1 : 0;
    int deletes = 0;
    for (int i = 0; i < count && result == 0; i++)
        result = give_up(journal, forgetting, event, &deliveries[i], now_unix_ms, error);
    free(deliveries);
    if (result == 0 && forgetting->erases)
        result = journal_erase_events(journal, event->seq, event->seq, &deletes, error);
    forgetting->events++;
    return result;
}

/* The texts that the sinks have in memory are written with the commit. */
static void blot_sinks(struct journal *journal, struct forgetting *forgetting)
{
    for (size_t i = 0; i < journal->sink_count; i++) {
        struct sink *sink = &journal->sinks[i];
        struct sink_tally *now = &sink->now;
        const char *key = forgetting->email_key;
        if (!address_in(now->last_error, strlen(now->last_error), key) &&
            !address_in(now->last_remedy, strlen(now->last_remedy), key))
            continue;
        memcpy(now->last_error, BLOTTED, sizeof BLOTTED);
        now->last_remedy[0] = '\0';
        sink->changed = true;
        forgetting->texts++;
    }
}

static int forget_affiliate(struct journal *journal, struct forgetting *forgetting, int64_t number,
                            struct error *error)
{
    if (!forgetting->erases)
        return 0;
    blot_sinks(journal, forgetting);
    if (statement_run(journal, STATEMENT_COLLISIONS_ERASE, error,
                      VALUES({.text = forgetting->email_key})) < 0)
        return -1;
    if (number == 0)
        return 0;
    return statement_run(journal, STATEMENT_AFFILIATE_ERASE, error, VALUES({.number = number})) < 0
               ? -1
               : 0;
}

/* Each step begins at the newest there is: others may have come in since the one before. */
static int find_newest(struct journal *journal, struct forgetting *forgetting, int64_t *number,
                       struct error *error)
{
    struct affiliate affiliate = {.number = 0};
    int known = journal_affiliate(journal, forgetting->email_key, &affiliate, error);
    *number = affiliate.number;
    if (known <= 0)
        return known;
    if (forgetting->erases || !forgetting->begun)
        forgetting->seq = affiliate.last_seq;
    forgetting->is_known = forgetting->begun = true;
    memcpy(forgetting->affiliate_id, affiliate.affiliate_id, sizeof affiliate.affiliate_id);
    return 1;
}

int journal_forget_events(struct journal *journal, struct forgetting *forgetting, int max_rows,
                          int64_t now_unix_ms, struct error *error)
{
    assert(max_rows > 0);
    int64_t number;
    if (may_work(journal, forgetting, error) < 0)
        return -1;
    int got = find_newest(journal, forgetting, &number, error);
    for (int i = 0; i < max_rows && got > 0; i++) {
        struct journal_event event;
        int64_t earlier;
        got = journal_event_at(journal, forgetting->seq, &event, &earlier, error);
        if (got <= 0)
            break;
        if (forget_event(journal, forgetting, &event, now_unix_ms, error) < 0)
            got = -1;
        journal_event_finish(&event);
        forgetting->seq = earlier;
    }
    if (got < 0)
        return -1;
    if (got == 0)
        return forget_affiliate(journal, forgetting, number, error);
    if (forgetting->erases &&
        statement_run(journal, STATEMENT_AFFILIATE_LAST_SEQ, error,
                      VALUES({.number = number}, {.number = forgetting->seq})) < 0)
        return -1;
    return 1;
}

/* ---- Refused inputs ---- */

static bool column_names(sqlite3_stmt *statement, int column, const char *email_key)
{
    const void *text = sqlite3_column_blob(statement, column);
    return text && address_in(text, (size_t)sqlite3_column_bytes(statement, column), email_key);
}

int journal_forget_refused(struct journal *journal, struct forgetting *forgetting, int max_rows,
                           struct error *error)
{
    assert(max_rows > 0 && max_rows <= PRUNE_STEP_REFUSED);
    if (may_work(journal, forgetting, error) < 0)
        return -1;
    int64_t found[PRUNE_STEP_REFUSED];
    int found_count = 0, looked = 0;
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_REFUSED_TEXTS,
                       VALUES({.number = forgetting->number}, {.number = max_rows}));
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        forgetting->number = sqlite3_column_int64(statement, 0);
        looked++;
        if (column_names(statement, 1, forgetting->email_key) ||
            column_names(statement, 2, forgetting->email_key))
            found[found_count++] = forgetting->number;
    }
    if (got < 0)
        return -1;
    forgetting->refused += found_count;
    for (int i = 0; i < found_count && forgetting->erases; i++) {
        if (statement_run(journal, STATEMENT_REFUSED_ERASE, error, VALUES({.number = found[i]})) <
            0)
            return -1;
        journal->now.refused--;
    }
    return looked == max_rows;
}

/* ---- Texts ---- */

struct text_row {
    int64_t key[3];
};

/*
 * One of the two tables with texts. Gives how many rows it looked at; what is found is blotted out
 * when all are read.
 */
static int blot_rows(struct journal *journal, struct forgetting *forgetting, enum statement read,
                     enum statement write, int max, struct error *error)
{
    struct text_row *rows = memory_new((size_t)max, sizeof *rows);
    int64_t *place = forgetting->place;
    int found = 0, looked = 0;
    int got;
    sqlite3_stmt *statement = statement_bind(
        journal, read,
        VALUES({.number = place[0]}, {.number = place[1]}, {.number = place[2]}, {.number = max}));
    while ((got = statement_step(journal, statement, error)) > 0) {
        for (int i = 0; i < 3; i++)
            place[i] = sqlite3_column_int64(statement, i);
        looked++;
        if (column_names(statement, 3, forgetting->email_key) ||
            column_names(statement, 4, forgetting->email_key))
            memcpy(rows[found++].key, place, sizeof rows->key);
    }
    for (int i = 0; i < found && got >= 0; i++)
        got = statement_run(journal, write, error,
                            VALUES({.number = rows[i].key[0]}, {.number = rows[i].key[1]},
                                   {.number = rows[i].key[2]}, {.text = BLOTTED}, {.text = ""}));
    forgetting->texts += found;
    free(rows);
    return got < 0 ? -1 : looked;
}

/* The settled rows, whose places end with a 0, then the attempts. */
int journal_forget_texts(struct journal *journal, struct forgetting *forgetting, int max_rows,
                         struct error *error)
{
    assert(max_rows > 0 && forgetting->erases);
    if (journal_may_write(journal, error) < 0)
        return -1;
    int looked = forgetting->in_attempts ? blot_rows(journal, forgetting, STATEMENT_ATTEMPT_TEXTS,
                                                     STATEMENT_ATTEMPT_TEXT_WRITE, max_rows, error)
                                         : blot_rows(journal, forgetting, STATEMENT_SETTLED_TEXTS,
                                                     STATEMENT_SETTLED_TEXT_WRITE, max_rows, error);
    if (looked < 0 || looked == max_rows)
        return looked < 0 ? -1 : 1;
    if (forgetting->in_attempts)
        return 0;
    forgetting->in_attempts = true;
    memset(forgetting->place, 0, sizeof forgetting->place);
    return 1;
}

/* ---- The write-ahead log ---- */

int journal_empty_log(struct journal *journal, struct error *error)
{
    assert(!journal->in_transaction);
    sqlite3_busy_timeout(journal->database, 0); /* it is tried again, and nobody waits for it */
    int code =
        sqlite3_wal_checkpoint_v2(journal->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(journal->database, JOURNAL_BUSY_MS);
    if (code == SQLITE_OK)
        return 1;
    return (code & 0xff) == SQLITE_BUSY ? 0 : journal_fail(journal, error);
}
