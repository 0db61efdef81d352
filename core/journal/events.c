/*
 * Events in: appending one, who its affiliate is now, inputs that were refused, and finding an
 * event by its ID. Order is the order of arrival: what an affiliate is follows the event that came
 * last, whatever its occurred_at says.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/event/affiliate_id.h"
#include "core/journal/internal.h"

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

bool journal_id_pack(const char *id, unsigned char bytes[EVENT_ID_BYTES])
{
    if (strlen(id) != EVENT_ID_SIZE - 1 || strncmp(id, "evt_", 4) != 0)
        return false;
    for (int i = 0; i < EVENT_ID_BYTES; i++) {
        int high = hex_digit(id[4 + 2 * i]);
        int low = hex_digit(id[5 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static void unpack_id(const unsigned char *bytes, char id[EVENT_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    memcpy(id, "evt_", 4);
    for (int i = 0; i < EVENT_ID_BYTES; i++) {
        id[4 + 2 * i] = digits[bytes[i] >> 4];
        id[5 + 2 * i] = digits[bytes[i] & 15];
    }
    id[EVENT_ID_SIZE - 1] = '\0';
}

void journal_id_read(sqlite3_stmt *statement, int column, char id[EVENT_ID_SIZE])
{
    const void *bytes = sqlite3_column_blob(statement, column);
    if (bytes && sqlite3_column_bytes(statement, column) == EVENT_ID_BYTES)
        unpack_id(bytes, id);
}

void journal_event_read(sqlite3_stmt *statement, struct journal_event *event)
{
    *event = (struct journal_event){
        .seq = sqlite3_column_int64(statement, 0),
        .affiliate = sqlite3_column_int64(statement, 1),
        .type = (enum event_type)sqlite3_column_int(statement, 2),
        .received_unix_ms = sqlite3_column_int64(statement, 3),
    };
    journal_id_read(statement, 4, event->id);
    const unsigned char *canonical = sqlite3_column_text(statement, 5);
    int length = sqlite3_column_bytes(statement, 5);
    event->canonical = memory_text_part(canonical ? (const char *)canonical : "", (size_t)length);
    event->canonical_bytes = (uint32_t)length;
}

int journal_event_step(struct journal *journal, sqlite3_stmt *statement,
                       struct journal_event *event, int64_t *behind, struct error *error)
{
    int got = statement_step(journal, statement, error);
    if (got <= 0)
        return got;
    journal_event_read(statement, event);
    if (behind)
        *behind = sqlite3_column_int64(statement, 6);
    statement_reset(statement);
    return 1;
}

int journal_event_at(struct journal *journal, int64_t seq, struct journal_event *event,
                     int64_t *earlier, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_EVENT_AT, VALUES({.number = seq}));
    return journal_event_step(journal, statement, event, earlier, error);
}

void journal_event_finish(struct journal_event *event)
{
    if (!event)
        return;
    free(event->canonical);
    event->canonical = NULL;
}

void journal_events_finish(struct journal_event *events, int count)
{
    for (int i = 0; i < count; i++)
        journal_event_finish(&events[i]);
}

/* ---- Affiliates ---- */

int journal_affiliate(struct journal *journal, const char *email_key, struct affiliate *affiliate,
                      struct error *error)
{
    affiliate->number = 0;
    affiliate_id_derive(email_key, affiliate->derived_id);
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_AFFILIATE_FIND,
                       VALUES({.text = email_key}, {.text = affiliate->derived_id}));
    int got = statement_step(journal, statement, error);
    if (got <= 0)
        return got;
    affiliate->number = sqlite3_column_int64(statement, 0);
    statement_text(statement, 1, affiliate->affiliate_id, sizeof affiliate->affiliate_id);
    statement_text(statement, 2, affiliate->email, sizeof affiliate->email);
    statement_text(statement, 3, affiliate->deep_link, sizeof affiliate->deep_link);
    affiliate->active = sqlite3_column_int(statement, 4) != 0;
    affiliate->last_seq = sqlite3_column_int64(statement, 5);
    statement_reset(statement);
    return 1;
}

/* Another affiliate with this ID: 1 with its e-mail, or 0. */
static int same_id(struct journal *journal, const char *affiliate_id, const char *email_key,
                   char other_email[EMAIL_BYTES_MAX + 1], struct error *error)
{
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_AFFILIATE_SAME_ID,
                                             VALUES({.text = affiliate_id}, {.text = email_key}));
    int got = statement_step(journal, statement, error);
    if (got <= 0)
        return got;
    statement_text(statement, 0, other_email, EMAIL_BYTES_MAX + 1);
    statement_reset(statement);
    return 1;
}

/* 1 when this pair is noted for the first time. */
static int note_collision(struct journal *journal, const char *email_key, const char *affiliate_id,
                          struct error *error)
{
    return statement_run(journal, STATEMENT_COLLISION_INSERT, error,
                         VALUES({.text = email_key}, {.text = affiliate_id}));
}

/*
 * Looks for collisions of an affiliate that is new or has another ID than before. The ID that it
 * leaves is noted with the one that it takes, so that going to and fro is reported once.
 */
static int find_collisions(struct journal *journal, const struct event *event,
                           const char *email_key, const struct affiliate *before,
                           struct arrival *arrival, struct error *error)
{
    bool was_known = before->number != 0;
    int shared = same_id(journal, event->affiliate_id, email_key, arrival->other_email, error);
    if (shared < 0)
        return -1;
    if (!shared && !was_known)
        return 0;
    int is_first = note_collision(journal, email_key, event->affiliate_id, error);
    if (is_first < 0 ||
        (was_known && note_collision(journal, email_key, before->affiliate_id, error) < 0))
        return -1;
    arrival->id_has_other_email = is_first && shared;
    arrival->email_has_other_id = is_first && was_known;
    if (was_known)
        memcpy(arrival->other_id, before->affiliate_id, sizeof arrival->other_id);
    return 0;
}

/*
 * Makes or updates the affiliate of an event that will get the number seq; gives its own number and
 * the seq of its event before.
 */
static int keep_affiliate(struct journal *journal, const struct event *event, const char *email_key,
                          const struct affiliate *before, int64_t seq, int64_t *number,
                          int64_t *earlier, struct arrival *arrival, struct error *error)
{
    bool known = before->number != 0;
    bool is_derived = strcmp(before->derived_id, event->affiliate_id) == 0;
    if ((!known || strcmp(before->affiliate_id, event->affiliate_id) != 0) &&
        find_collisions(journal, event, email_key, before, arrival, error) < 0)
        return -1;
    const struct value key =
        known ? (struct value){.number = before->number} : (struct value){.text = email_key};
    if (statement_run(journal, known ? STATEMENT_AFFILIATE_UPDATE : STATEMENT_AFFILIATE_INSERT,
                      error,
                      VALUES(key, {.text = event->affiliate_id}, {.text = event->email},
                             {.text = event->deep_link}, {.number = event->type == EVENT_CREATED},
                             {.number = seq}, {.number = is_derived})) < 0)
        return -1;
    *earlier = known ? before->last_seq : 0;
    *number = known ? before->number : sqlite3_last_insert_rowid(journal->database);
    return 0;
}

/* ---- Events ---- */

static int find_seq(struct journal *journal, const unsigned char *packed, int64_t *seq,
                    struct error *error)
{
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_EVENT_SEQ,
                                             VALUES({.bytes = packed, .length = EVENT_ID_BYTES}));
    int got = statement_step(journal, statement, error);
    if (got > 0) {
        *seq = sqlite3_column_int64(statement, 0);
        statement_reset(statement);
    }
    return got;
}

int journal_append(struct journal *journal, const struct event *event, const char *email_key,
                   const struct affiliate *before, const char *id, const char *canonical,
                   size_t canonical_bytes, enum event_via via, int64_t now_unix_ms,
                   struct arrival *arrival, struct error *error)
{
    assert(event->type >= 1 && event->type <= EVENT_TYPES);
    assert(canonical_bytes > 0 && canonical_bytes <= EVENT_CANONICAL_BYTES_MAX);
    unsigned char packed[EVENT_ID_BYTES];
    bool is_id = journal_id_pack(id, packed);
    assert(is_id);
    (void)is_id;
    *arrival = (struct arrival){0};
    if (journal_may_write(journal, error) < 0)
        return -1;
    int known = before->number ? find_seq(journal, packed, &arrival->seq, error) : 0;
    if (known != 0)
        return known < 0 ? -1 : 0;

    int64_t affiliate, earlier;
    arrival->is_new = true;
    arrival->seq = journal->now.last_seq + 1;
    if (keep_affiliate(journal, event, email_key, before, arrival->seq, &affiliate, &earlier,
                       arrival, error) < 0 ||
        statement_run(journal, STATEMENT_EVENT_INSERT, error,
                      VALUES({.number = arrival->seq}, {.bytes = packed, .length = EVENT_ID_BYTES},
                             {.number = affiliate}, {.number = event->type}, {.number = via},
                             {.number = now_unix_ms},
                             {.text = canonical, .length = canonical_bytes}, {.number = earlier})) <
            0)
        return -1;
    journal->now.last_seq = arrival->seq;
    journal->now.accepted[event->type - 1]++;
    return 0;
}

int journal_newest_of(struct journal *journal, const char *email_key, struct journal_event *event,
                      struct error *error)
{
    struct affiliate affiliate;
    int known = journal_affiliate(journal, email_key, &affiliate, error);
    return known > 0 ? journal_event_at(journal, affiliate.last_seq, event, NULL, error) : known;
}

int journal_find(struct journal *journal, const char *id, struct journal_event *event,
                 enum event_via *via, struct error *error)
{
    unsigned char packed[EVENT_ID_BYTES];
    if (!journal_id_pack(id, packed))
        return 0;
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_EVENT_FIND,
                                             VALUES({.bytes = packed, .length = EVENT_ID_BYTES}));
    int64_t via_number = EVENT_VIA_UNKNOWN;
    int got = journal_event_step(journal, statement, event, &via_number, error);
    *via = (enum event_via)via_number;
    return got;
}

/*
 * Halves what lies between the two ends at each step. Where the clock was set back, more than one
 * place is right, and one of them is found.
 */
int journal_seq_received_at(struct journal *journal, int64_t unix_ms, int64_t *seq,
                            struct error *error)
{
    int64_t first = 0; /* came in before that time, like all up to it */
    int64_t last = journal->now.last_seq;
    while (first < last) {
        int64_t middle = first + (last - first + 1) / 2;
        sqlite3_stmt *statement =
            statement_bind(journal, STATEMENT_RECEIVED_UNTIL, VALUES({.number = middle}));
        int got = statement_step(journal, statement, error);
        if (got < 0)
            return -1;
        int64_t found = got ? sqlite3_column_int64(statement, 0) : 0;
        bool is_before = !got || sqlite3_column_int64(statement, 1) < unix_ms;
        statement_reset(statement);
        if (is_before)
            first = middle;
        else
            last = found - 1;
    }
    *seq = first;
    return 0;
}

/* ---- Refused inputs ---- */

int journal_refuse(struct journal *journal, const char *source, const char *key,
                   const struct refusal *refusal, const char *raw, size_t raw_bytes,
                   int64_t now_unix_ms, struct error *error)
{
    size_t kept_bytes = raw_bytes < REFUSED_BYTES_MAX ? raw_bytes : REFUSED_BYTES_MAX;
    if (journal_may_write(journal, error) < 0)
        return -1;
    int repeats = *key ? statement_run(journal, STATEMENT_REFUSED_REPEAT, error,
                                       VALUES({.text = key}, {.bytes = raw, .length = kept_bytes}))
                       : 0;
    if (repeats > 0)
        journal->now.refused -= repeats;
    if (repeats < 0 ||
        statement_run(journal, STATEMENT_REFUSED_INSERT, error,
                      VALUES({.number = now_unix_ms}, {.text = source}, {.text = refusal->field},
                             {.text = refusal->rule}, {.text = refusal->message},
                             {.bytes = raw, .length = kept_bytes}, {.text = key})) < 0)
        return -1;
    if (journal->now.refused < REFUSED_INPUTS_MAX) {
        journal->now.refused++;
        return 0;
    }
    return statement_step(journal, journal->statements[STATEMENT_REFUSED_DROP], error);
}

int64_t journal_refused_count(const struct journal *journal)
{
    return journal->now.refused;
}
