/*
 * See statements.h. What to hold to when changing a text: no statement walks a table or sorts; the
 * unit test asks SQLite for the plan of each. Columns are read by position, so the files that read
 * them change with the text.
 */
#include "core/journal/statements.h"

#include <assert.h>
#include <string.h>

#include "core/base/error.h"
#include "core/journal/internal.h"

/* Read by journal_event_read in events.c. */
#define EVENT_COLUMNS "e.seq, e.affiliate, e.type, e.received_unix_ms, e.id, e.canonical"
/* Read by journal_waiting_read in waiting.c. */
#define WAITING_COLUMNS "w.deaths, w.attempts, w.alone, w.due_unix_ms, w.replay"
/* Read by journal_settled_read in deliveries.c. */
#define SETTLED_COLUMNS                                                                            \
    "s.settled_as, s.verdict, s.code, s.attempts, s.deaths, s.duration_ms, s.at_unix_ms, s.what,"  \
    " s.remedy"
/* Read by journal_affiliate in events.c. */
#define AFFILIATE_COLUMNS "number, affiliate_id, email, deep_link, active, last_seq"
#define WAITING_EVENTS    "SELECT " EVENT_COLUMNS ", " WAITING_COLUMNS " FROM waiting w"

const char *const statement_texts[STATEMENT_COUNT] = {
    /* Takes the write lock at once, so that another tool's lock is met here and nowhere later. */
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",

    [STATEMENT_LAST_SEQ] = "SELECT seq FROM sqlite_sequence WHERE name = 'events'",
    [STATEMENT_TOTALS] = "SELECT type, accepted FROM totals",
    [STATEMENT_TOTAL_WRITE] = "UPDATE totals SET accepted = ?2 WHERE type = ?1",

    [STATEMENT_EVENT_SEQ] = "SELECT seq FROM events WHERE id = ?1",
    [STATEMENT_EVENT_FIND] = "SELECT " EVENT_COLUMNS ", e.via FROM events e WHERE e.id = ?1",
    [STATEMENT_EVENT_INSERT] =
        "INSERT INTO events (seq, id, affiliate, type, via, received_unix_ms, canonical, earlier)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",

    /* By the ID that the e-mail key gives, or else among those with another ID by the key. */
    [STATEMENT_AFFILIATE_FIND] =
        "SELECT " AFFILIATE_COLUMNS " FROM affiliates INDEXED BY affiliates_by_id"
        " WHERE affiliate_id = ?2 AND derived = 1 AND email_key = ?1"
        " UNION ALL SELECT " AFFILIATE_COLUMNS " FROM affiliates INDEXED BY affiliates_by_email"
        " WHERE email_key = ?1 AND derived = 0",
    [STATEMENT_AFFILIATE_INSERT] =
        "INSERT INTO affiliates (email_key, affiliate_id, email, deep_link, active, last_seq,"
        " derived) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATEMENT_AFFILIATE_UPDATE] =
        "UPDATE affiliates SET affiliate_id = ?2, email = ?3, deep_link = ?4, active = ?5,"
        " last_seq = ?6, derived = ?7 WHERE number = ?1",
    [STATEMENT_AFFILIATE_SAME_ID] = "SELECT email FROM affiliates"
                                    " WHERE affiliate_id = ?1 AND email_key <> ?2 LIMIT 1",
    [STATEMENT_COLLISION_INSERT] =
        "INSERT INTO collisions (email_key, affiliate_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",

    [STATEMENT_KEY_FIND] =
        "SELECT " EVENT_COLUMNS " FROM keys k JOIN events e ON e.id = k.id WHERE k.key = ?1",
    [STATEMENT_KEY_WRITE] = "INSERT INTO keys (key, id, at_unix_ms) VALUES (?1, ?2, ?3)"
                            " ON CONFLICT (key) DO UPDATE SET id = ?2, at_unix_ms = ?3",
    [STATEMENT_KEYS_BY_TIME] =
        "SELECT k.key, k.at_unix_ms, EXISTS (SELECT 1 FROM events e WHERE e.id = k.id)"
        " FROM keys k INDEXED BY keys_by_time WHERE (k.at_unix_ms, k.key) > (?1, ?2)"
        " ORDER BY k.at_unix_ms, k.key LIMIT ?3",
    [STATEMENT_KEY_ERASE] = "DELETE FROM keys WHERE key = ?1",

    [STATEMENT_REFUSED_COUNT] = "SELECT count(*) FROM refused",
    [STATEMENT_REFUSED_INSERT] =
        "INSERT INTO refused (received_unix_ms, source, field, rule, message, raw, key)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATEMENT_REFUSED_REPEAT] = "DELETE FROM refused WHERE key = ?1 AND key <> '' AND raw = ?2",
    [STATEMENT_REFUSED_DROP] =
        "DELETE FROM refused WHERE number = (SELECT min(number) FROM refused)",
    [STATEMENT_REFUSED_BEFORE] =
        "SELECT number, received_unix_ms, source, field, rule, message, raw, key FROM refused"
        " WHERE number < ?1 AND (?3 = '' OR field = ?3) AND (?4 = '' OR rule = ?4)"
        " ORDER BY number DESC LIMIT ?2",
    [STATEMENT_REFUSED_FIND] =
        "SELECT number, received_unix_ms, source, field, rule, message, raw, key FROM refused"
        " WHERE number = ?1",
    [STATEMENT_REFUSED_DELETE] = "DELETE FROM refused WHERE number = ?1",

    [STATEMENT_ROSTER] =
        "SELECT a.number, a.affiliate_id, a.email, a.deep_link, a.active, a.last_seq,"
        " e.received_unix_ms, e.canonical FROM affiliates a LEFT JOIN events e ON e.seq = "
        "a.last_seq"
        " WHERE a.number > ?1 ORDER BY a.number",

    [STATEMENT_SINKS] = "SELECT number, name, cursor, mask, done_created, done_deactivated,"
                        " waiting_outside, delivered, dead, last_error, last_remedy,"
                        " last_error_unix_ms, expired, skipped, skipped_after, skipped_seq, held,"
                        " alerted_unix_ms"
                        " FROM sinks ORDER BY number",
    [STATEMENT_SINK_INSERT] =
        "INSERT INTO sinks (name, cursor, mask, done_created, done_deactivated)"
        " VALUES (?1, ?2, ?3, ?4, ?5)",
    [STATEMENT_SINK_WRITE] =
        "UPDATE sinks SET cursor = ?2, mask = ?3, done_created = ?4, done_deactivated = ?5,"
        " waiting_outside = ?6, delivered = ?7, dead = ?8, last_error = ?9, last_remedy = ?10,"
        " last_error_unix_ms = ?11, expired = ?12, skipped = ?13, skipped_after = ?14,"
        " skipped_seq = ?15, held = ?16, alerted_unix_ms = ?17 WHERE number = ?1",
    [STATEMENT_SINK_RENAME] = "UPDATE sinks SET name = ?2 WHERE number = ?1",
    [STATEMENT_SINK_DELETE] = "DELETE FROM sinks WHERE number = ?1",
    /* Walks what a sink that is new begins with, when it is made and at no other time. */
    [STATEMENT_COUNT_SINCE] = "SELECT count(*) FILTER (WHERE type = 1),"
                              " count(*) FILTER (WHERE type = 2) FROM events WHERE seq > ?1",
    /* The next two walk what is pending; they run when a mask has changed and at no other time. */
    [STATEMENT_COUNT_ABOVE] =
        "SELECT count(*) FROM events e WHERE e.seq > ?2 AND e.type = ?3"
        " AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.sink = ?1 AND s.seq = e.seq)"
        " AND NOT EXISTS (SELECT 1 FROM waiting w"
        " WHERE w.sink = ?1 AND w.affiliate = e.affiliate AND w.seq = e.seq)",
    [STATEMENT_COUNT_WAITING] = "SELECT count(*) FROM waiting w CROSS JOIN events e"
                                " ON e.seq = w.seq WHERE w.sink = ?1 AND e.type = ?2",
    /* When the journal is opened, and at no other time. */
    [STATEMENT_COUNT_ALL_WAITING] = "SELECT count(*) FROM waiting w WHERE w.sink = ?1",

    /* All events, with whether they have a row already: so that LIMIT bounds the work. */
    [STATEMENT_SCAN] = "SELECT " EVENT_COLUMNS ","
                       " EXISTS (SELECT 1 FROM settled s WHERE s.sink = ?1 AND s.seq = e.seq)"
                       " OR EXISTS (SELECT 1 FROM waiting w"
                       " WHERE w.sink = ?1 AND w.affiliate = e.affiliate AND w.seq = e.seq),"
                       " EXISTS (SELECT 1 FROM waiting w"
                       " WHERE w.sink = ?1 AND w.affiliate = e.affiliate AND w.seq < e.seq)"
                       " FROM events e WHERE e.seq > ?2 ORDER BY e.seq LIMIT ?3",

    [STATEMENT_WAITING_INSERT] =
        "INSERT INTO waiting (sink, affiliate, seq, deaths, attempts, alone, due_unix_ms, replay)"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8"
        " WHERE NOT EXISTS (SELECT 1 FROM settled s WHERE s.sink = ?1 AND s.seq = ?3)",
    [STATEMENT_WAITING_UPDATE] = "UPDATE waiting SET deaths = ?4, attempts = ?5, alone = ?6,"
                                 " due_unix_ms = ?7, replay = ?8"
                                 " WHERE sink = ?1 AND affiliate = ?2 AND seq = ?3",
    [STATEMENT_WAITING_DELETE] =
        "DELETE FROM waiting WHERE sink = ?1 AND affiliate = ?2 AND seq = ?3",
    [STATEMENT_WAITING_OF] = WAITING_EVENTS " CROSS JOIN events e ON e.seq = w.seq"
                                            " WHERE w.sink = ?1 AND w.affiliate = ?2"
                                            " ORDER BY w.seq LIMIT ?3",
    /* The event of one that is not due is not even looked for, since NULL is nobody's seq. */
    [STATEMENT_WAITING_HEAD] =
        "SELECT " EVENT_COLUMNS ", " WAITING_COLUMNS ", w.affiliate FROM waiting w"
        " LEFT JOIN events e ON e.seq = CASE WHEN w.due_unix_ms <= ?3 THEN w.seq END"
        " WHERE w.sink = ?1 AND w.affiliate > ?2 ORDER BY w.affiliate, w.seq LIMIT 1",
    [STATEMENT_WAITING_DUE] =
        "SELECT " EVENT_COLUMNS ", " WAITING_COLUMNS ","
        " EXISTS (SELECT 1 FROM waiting b"
        " WHERE b.sink = w.sink AND b.affiliate = w.affiliate AND b.seq < w.seq)"
        " FROM waiting w INDEXED BY waiting_due CROSS JOIN events e ON e.seq = w.seq"
        " WHERE w.sink = ?1 AND w.due_unix_ms <> 0 AND (w.due_unix_ms, w.seq) > (?2, ?3)"
        " AND w.due_unix_ms <= ?4 ORDER BY w.due_unix_ms, w.seq LIMIT ?5",
    [STATEMENT_NEXT_DUE] = "SELECT w.due_unix_ms FROM waiting w INDEXED BY waiting_due"
                           " WHERE w.sink = ?1 AND w.due_unix_ms <> 0 AND w.due_unix_ms > ?2"
                           " ORDER BY w.due_unix_ms LIMIT 1",
    [STATEMENT_WAITING_ALONE] =
        "SELECT " EVENT_COLUMNS ", " WAITING_COLUMNS ","
        " EXISTS (SELECT 1 FROM waiting b"
        " WHERE b.sink = w.sink AND b.affiliate = w.affiliate AND b.seq < w.seq)"
        " FROM waiting w INDEXED BY waiting_alone CROSS JOIN events e ON e.seq = w.seq"
        " WHERE w.sink = ?1 AND w.alone = 1 AND w.due_unix_ms = 0 ORDER BY w.seq LIMIT ?2",

    [STATEMENT_WAITING_UNTIL] = WAITING_EVENTS " INDEXED BY waiting_by_seq"
                                               " CROSS JOIN events e ON e.seq = w.seq"
                                               " WHERE w.sink = ?1 AND w.seq <= ?2"
                                               " ORDER BY w.seq LIMIT ?3",

    [STATEMENT_WAITING_AFTER] = WAITING_EVENTS " INDEXED BY waiting_by_seq"
                                               " CROSS JOIN events e ON e.seq = w.seq"
                                               " WHERE w.sink = ?1 AND w.seq > ?2"
                                               " ORDER BY w.seq LIMIT ?3",

    [STATEMENT_SETTLED_INSERT] = "INSERT INTO settled (sink, seq, settled_as, verdict, code,"
                                 " attempts, deaths, duration_ms, at_unix_ms, what, remedy)"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
                                 " ON CONFLICT DO NOTHING",

    [STATEMENT_ATTEMPT_WRITE] =
        "INSERT INTO attempts (sink, seq, attempt, times, at_unix_ms, verdict, code, duration_ms,"
        " what, remedy) VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9)"
        " ON CONFLICT DO UPDATE SET times = times + 1, at_unix_ms = ?4, verdict = ?5, code = ?6,"
        " duration_ms = ?7, what = ?8, remedy = ?9",
    [STATEMENT_ATTEMPTS] =
        "SELECT attempt, times, at_unix_ms, verdict, code, duration_ms, what, remedy FROM attempts"
        " WHERE sink = ?1 AND seq = ?2 ORDER BY attempt LIMIT ?3",

    /* All events, with their type and whether they have no row: so that LIMIT bounds the work. */
    [STATEMENT_PENDING_ABOVE] =
        "SELECT e.seq, e.type,"
        " NOT EXISTS (SELECT 1 FROM settled s WHERE s.sink = ?1 AND s.seq = e.seq)"
        " AND NOT EXISTS (SELECT 1 FROM waiting w"
        " WHERE w.sink = ?1 AND w.affiliate = e.affiliate AND w.seq = e.seq)"
        " FROM events e WHERE e.seq > ?2 AND e.seq <= ?3 ORDER BY e.seq LIMIT ?4",

    [STATEMENT_OLDEST_ABOVE] =
        "SELECT e.seq, e.received_unix_ms FROM events e"
        " WHERE e.seq > ?2 AND ((?3 >> e.type) & 1)"
        " AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.sink = ?1 AND s.seq = e.seq)"
        " ORDER BY e.seq LIMIT 1",
    [STATEMENT_OLDEST_WAITING] =
        "SELECT e.seq, e.received_unix_ms FROM waiting w INDEXED BY waiting_by_seq"
        " CROSS JOIN events e ON e.seq = w.seq WHERE w.sink = ?1 ORDER BY w.seq LIMIT 1",

    [STATEMENT_RECEIVED_UNTIL] =
        "SELECT seq, received_unix_ms FROM events WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1",

    [STATEMENT_TRACE] =
        "SELECT k.number, " SETTLED_COLUMNS ", w.attempts, w.deaths, w.due_unix_ms,"
        " e.id, b.attempts, b.due_unix_ms, w.replay FROM sinks k"
        " LEFT JOIN settled s ON s.sink = k.number AND s.seq = ?1"
        " LEFT JOIN waiting w ON w.sink = k.number AND w.affiliate = ?2 AND w.seq = ?1"
        /* The oldest that waits, when it is another and before this one. */
        " LEFT JOIN waiting b ON b.sink = k.number AND b.affiliate = ?2 AND b.seq ="
        " (SELECT min(m.seq) FROM waiting m WHERE m.sink = k.number AND m.affiliate = ?2"
        " AND m.seq < ?1)"
        " LEFT JOIN events e ON e.seq = b.seq"
        " ORDER BY k.name LIMIT ?3",

    /* Read row by row, and no further than is needed: what bounds it stands in lists.c. */
    [STATEMENT_EVENTS_BEFORE] =
        "SELECT " EVENT_COLUMNS ", e.via FROM events e WHERE e.seq < ?1 ORDER BY e.seq DESC",
    [STATEMENT_DEAD_BEFORE] =
        "SELECT " EVENT_COLUMNS ", " SETTLED_COLUMNS " FROM settled s INDEXED BY settled_dead"
        " CROSS JOIN events e ON e.seq = s.seq"
        " WHERE s.sink = ?1 AND s.settled_as = 2 AND s.seq < ?2 ORDER BY s.seq DESC",

    /* What one sink (?1) has made of the events, and what the other (?2), which may be the same. */
    [STATEMENT_REPLAY_EVENTS] =
        "SELECT e.seq, e.affiliate, e.type, s.settled_as, t.settled_as,"
        " EXISTS (SELECT 1 FROM waiting w"
        " WHERE w.sink = ?2 AND w.affiliate = e.affiliate AND w.seq = e.seq),"
        " EXISTS (SELECT 1 FROM waiting w"
        " WHERE w.sink = ?1 AND w.affiliate = e.affiliate AND w.seq = e.seq)"
        " FROM events e LEFT JOIN settled s ON s.sink = ?1 AND s.seq = e.seq"
        " LEFT JOIN settled t ON t.sink = ?2 AND t.seq = e.seq"
        " WHERE e.seq > ?3 AND e.seq <= ?4 ORDER BY e.seq LIMIT ?5",
    [STATEMENT_REPLAY_DEAD] =
        "SELECT e.seq, e.affiliate, e.type, s.settled_as, t.settled_as,"
        " EXISTS (SELECT 1 FROM waiting w"
        " WHERE w.sink = ?2 AND w.affiliate = e.affiliate AND w.seq = e.seq),"
        " EXISTS (SELECT 1 FROM waiting w"
        " WHERE w.sink = ?1 AND w.affiliate = e.affiliate AND w.seq = e.seq)"
        " FROM settled s INDEXED BY settled_dead CROSS JOIN events e ON e.seq = s.seq"
        " LEFT JOIN settled t ON t.sink = ?2 AND t.seq = e.seq"
        " WHERE s.sink = ?1 AND s.settled_as = 2 AND s.seq > ?3 AND s.seq <= ?4"
        " ORDER BY s.seq LIMIT ?5",
    [STATEMENT_AFFILIATE_NEWEST] = "SELECT last_seq FROM affiliates WHERE number = ?1",
    [STATEMENT_LATER_EVENT] =
        "SELECT e.earlier, s.settled_as FROM events e"
        " LEFT JOIN settled s ON s.sink = ?1 AND s.seq = e.seq WHERE e.seq = ?2",
    [STATEMENT_EVENT_AT] = "SELECT " EVENT_COLUMNS ", e.earlier FROM events e WHERE e.seq = ?1",
    [STATEMENT_SETTLED_DELETE] = "DELETE FROM settled WHERE sink = ?1 AND seq = ?2",
    [STATEMENT_SETTLED_DROP] = "UPDATE settled SET settled_as = 5 WHERE sink = ?1 AND seq = ?2",
    [STATEMENT_ATTEMPTS_DELETE] = "DELETE FROM attempts WHERE sink = ?1 AND seq = ?2",

    /* All events up to a seq, with whether the one before them of their affiliate is there. */
    [STATEMENT_PRUNE_EVENTS] =
        "SELECT e.seq, e.type, e.received_unix_ms, e.earlier,"
        " EXISTS (SELECT 1 FROM events b WHERE b.seq = e.earlier)"
        " FROM events e WHERE e.seq > ?1 AND e.seq <= ?2 ORDER BY e.seq LIMIT ?3",
    [STATEMENT_WAITING_BETWEEN] = "SELECT w.seq FROM waiting w INDEXED BY waiting_by_seq"
                                  " WHERE w.sink = ?1 AND w.seq >= ?2 AND w.seq <= ?3",
    [STATEMENT_DEAD_BETWEEN] =
        "SELECT s.seq FROM settled s INDEXED BY settled_dead"
        " WHERE s.sink = ?1 AND s.settled_as = 2 AND s.seq >= ?2 AND s.seq <= ?3",
    /* Sinks that have rows, forgotten ones too, one search each. */
    [STATEMENT_SETTLED_NEXT_SINK] =
        "SELECT s.sink FROM settled s WHERE s.sink > ?1 ORDER BY s.sink LIMIT 1",
    [STATEMENT_ATTEMPTS_NEXT_SINK] =
        "SELECT a.sink FROM attempts a WHERE a.sink > ?1 ORDER BY a.sink LIMIT 1",
    [STATEMENT_SETTLED_ERASE] = "DELETE FROM settled WHERE sink = ?1 AND seq >= ?2 AND seq <= ?3",
    [STATEMENT_ATTEMPTS_ERASE] = "DELETE FROM attempts WHERE sink = ?1 AND seq >= ?2 AND seq <= ?3",
    [STATEMENT_EVENTS_ERASE] = "DELETE FROM events WHERE seq >= ?1 AND seq <= ?2",

    [STATEMENT_REFUSED_TIMES] = "SELECT r.number, r.received_unix_ms FROM refused r"
                                " WHERE r.number > ?1 ORDER BY r.number LIMIT ?2",
    [STATEMENT_REFUSED_TEXTS] = "SELECT r.number, r.message, r.raw FROM refused r"
                                " WHERE r.number > ?1 ORDER BY r.number LIMIT ?2",
    [STATEMENT_REFUSED_ERASE] = "DELETE FROM refused WHERE number = ?1",

    [STATEMENT_EVENT_SIZES] = "SELECT length(CAST(e.canonical AS BLOB)) FROM events e"
                              " WHERE e.seq <= ?1 ORDER BY e.seq DESC LIMIT ?2",
    [STATEMENT_PAGES] = "PRAGMA page_count",
    [STATEMENT_PAGES_FREE] = "PRAGMA freelist_count",
    [STATEMENT_PAGE_BYTES] = "PRAGMA page_size",
    [STATEMENT_GIVE_BACK] = "PRAGMA incremental_vacuum(64)",

    [STATEMENT_AFFILIATE_LAST_SEQ] = "UPDATE affiliates SET last_seq = ?2 WHERE number = ?1",
    [STATEMENT_AFFILIATE_ERASE] = "DELETE FROM affiliates WHERE number = ?1",
    [STATEMENT_COLLISIONS_ERASE] = "DELETE FROM collisions WHERE email_key = ?1",
    /* These two walk their table, page by page: when a person is forgotten and at no other time. */
    [STATEMENT_SETTLED_TEXTS] =
        "SELECT s.sink, s.seq, 0, s.what, s.remedy FROM settled s"
        " WHERE (s.sink, s.seq, 0) > (?1, ?2, ?3) ORDER BY s.sink, s.seq LIMIT ?4",
    [STATEMENT_SETTLED_TEXT_WRITE] = "UPDATE settled SET what = ?4, remedy = ?5"
                                     " WHERE sink = ?1 AND seq = ?2 AND ?3 = 0",
    [STATEMENT_ATTEMPT_TEXTS] = "SELECT a.sink, a.seq, a.attempt, a.what, a.remedy FROM attempts a"
                                " WHERE (a.sink, a.seq, a.attempt) > (?1, ?2, ?3)"
                                " ORDER BY a.sink, a.seq, a.attempt LIMIT ?4",
    [STATEMENT_ATTEMPT_TEXT_WRITE] = "UPDATE attempts SET what = ?4, remedy = ?5"
                                     " WHERE sink = ?1 AND seq = ?2 AND attempt = ?3",
};

int statements_prepare(struct journal *journal, struct error *error)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(journal->database, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &journal->statements[i], NULL) != SQLITE_OK) {
            journal_fail(journal, error);
            statements_finish(journal);
            return -1;
        }
    }
    return 0;
}

void statements_finish(struct journal *journal)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(journal->statements[i]);
        journal->statements[i] = NULL;
    }
}

static int bind_value(sqlite3_stmt *statement, int at, const struct value *value)
{
    if (value->bytes)
        return sqlite3_bind_blob64(statement, at, value->bytes, value->length, SQLITE_STATIC);
    if (value->text) {
        size_t length = value->length ? value->length : strlen(value->text);
        return sqlite3_bind_text64(statement, at, value->text, length, SQLITE_STATIC, SQLITE_UTF8);
    }
    return sqlite3_bind_int64(statement, at, value->number);
}

sqlite3_stmt *statement_bind(struct journal *journal, enum statement which,
                             const struct value *values, size_t count)
{
    sqlite3_stmt *statement = journal->statements[which];
    assert(sqlite3_bind_parameter_count(statement) == (int)count);
    assert(!sqlite3_stmt_busy(statement));
    for (size_t i = 0; i < count; i++) {
        int bound = bind_value(statement, (int)i + 1, &values[i]);
        assert(bound == SQLITE_OK);
        (void)bound;
    }
    return statement;
}

int statement_step(struct journal *journal, sqlite3_stmt *statement, struct error *error)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    int result = code == SQLITE_DONE ? 0 : journal_fail(journal, error);
    sqlite3_reset(statement);
    return result;
}

void statement_reset(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
}

int statement_run(struct journal *journal, enum statement which, struct error *error,
                  const struct value *values, size_t count)
{
    sqlite3_stmt *statement = statement_bind(journal, which, values, count);
    int result = statement_step(journal, statement, error);
    assert(result <= 0);
    return result < 0 ? -1 : sqlite3_changes(journal->database);
}

void statement_text(sqlite3_stmt *statement, int column, char *text, size_t size)
{
    const unsigned char *value = sqlite3_column_text(statement, column);
    size_t length = value ? strnlen((const char *)value, size - 1) : 0;
    if (length > 0)
        memcpy(text, value, length);
    text[length] = '\0';
}
