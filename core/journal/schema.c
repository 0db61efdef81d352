/*
 * The tables, and how a file gets them: one migration for each version of the schema, and the
 * settings of the connection. A file that is not ours or that a later release made is refused
 * before anything is written to it. Called by journal_open.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/journal/internal.h"

/* "affn": in the file's header, so that file(1) and we can tell our files from others. */
#define APPLICATION_ID 0x6166666e

/*
 * Migration n brings a file from version n to n + 1. What was released is never changed; a new
 * version is a new row. WITHOUT ROWID where the key is all there is to look up by: one b-tree a
 * table.
 */
static const char *const migrations[] = {
    "CREATE TABLE events ("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  id BLOB NOT NULL UNIQUE," /* the 16 bytes behind evt_ */
    "  affiliate INTEGER NOT NULL,"
    "  type INTEGER NOT NULL," /* 1 created, 2 deactivated */
    "  via INTEGER NOT NULL,"  /* 0 unknown, 1 dashboard, 2 self_signup, 3 join_request */
    "  received_unix_ms INTEGER NOT NULL,"
    "  canonical TEXT NOT NULL);"

    "CREATE TABLE totals (type INTEGER PRIMARY KEY, accepted INTEGER NOT NULL);"
    "INSERT INTO totals (type, accepted) VALUES (1, 0), (2, 0);"

    "CREATE TABLE affiliates ("
    "  number INTEGER PRIMARY KEY,"
    "  email_key TEXT NOT NULL UNIQUE,"
    "  affiliate_id TEXT NOT NULL,"
    "  email TEXT NOT NULL,"
    "  deep_link TEXT NOT NULL,"
    "  active INTEGER NOT NULL,"
    "  last_seq INTEGER NOT NULL);"
    "CREATE INDEX affiliates_by_id ON affiliates (affiliate_id);" /* finds collisions */

    "CREATE TABLE collisions ("
    "  email_key TEXT NOT NULL,"
    "  affiliate_id TEXT NOT NULL,"
    "  PRIMARY KEY (email_key, affiliate_id)) WITHOUT ROWID;"

    "CREATE TABLE sinks ("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT," /* settled rows outlive a sink */
    "  name TEXT NOT NULL UNIQUE,"
    "  cursor INTEGER NOT NULL,"
    "  mask INTEGER NOT NULL," /* 1 << type for each type that it takes */
    "  done_created INTEGER NOT NULL,"
    "  done_deactivated INTEGER NOT NULL,"
    "  waiting_outside INTEGER NOT NULL DEFAULT 0,"
    "  delivered INTEGER NOT NULL DEFAULT 0,"
    "  dead INTEGER NOT NULL DEFAULT 0,"
    "  last_error TEXT NOT NULL DEFAULT '',"
    "  last_remedy TEXT NOT NULL DEFAULT '',"
    "  last_error_unix_ms INTEGER NOT NULL DEFAULT 0);"

    "CREATE TABLE settled ("
    "  sink INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  settled_as INTEGER NOT NULL," /* 1 delivered, 2 dead, 3 expired, 4 skipped, 5 dropped */
    "  verdict INTEGER NOT NULL,"
    "  code INTEGER NOT NULL,"
    "  attempts INTEGER NOT NULL,"
    "  deaths INTEGER NOT NULL,"
    "  duration_ms INTEGER NOT NULL,"
    "  at_unix_ms INTEGER NOT NULL,"
    "  what TEXT NOT NULL,"
    "  remedy TEXT NOT NULL,"
    "  PRIMARY KEY (sink, seq)) WITHOUT ROWID;"

    "CREATE TABLE waiting ("
    "  sink INTEGER NOT NULL,"
    "  affiliate INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  deaths INTEGER NOT NULL,"
    "  attempts INTEGER NOT NULL,"
    "  alone INTEGER NOT NULL,"
    "  PRIMARY KEY (sink, affiliate, seq)) WITHOUT ROWID;"
    "CREATE INDEX waiting_by_seq ON waiting (sink, seq);" /* the oldest, for status */
    "CREATE INDEX waiting_alone ON waiting (sink, seq) WHERE alone = 1;" /* nearly always empty */

    "CREATE TABLE refused ("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  received_unix_ms INTEGER NOT NULL,"
    "  source TEXT NOT NULL,"
    "  field TEXT NOT NULL,"
    "  rule TEXT NOT NULL,"
    "  message TEXT NOT NULL,"
    "  raw BLOB NOT NULL);",

    /* The dead letters of a sink; a delivered event pays for it with a comparison and no write. */
    "CREATE INDEX settled_dead ON settled (sink, seq) WHERE settled_as = 2;",

    "ALTER TABLE waiting ADD COLUMN due_unix_ms INTEGER NOT NULL DEFAULT 0;" /* 0: when it may */
    /* `<>` and not `>`: a query has to repeat it, and must find its place by its own bounds. */
    "CREATE INDEX waiting_due ON waiting (sink, due_unix_ms, seq) WHERE due_unix_ms <> 0;"
    "ALTER TABLE waiting ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;" /* 1: is sent again */

    /* The event before this one of its affiliate: a list that costs no index. */
    "ALTER TABLE events ADD COLUMN earlier INTEGER NOT NULL DEFAULT 0;" /* a seq; 0: none */
    "CREATE INDEX events_of ON events (affiliate, seq);"
    "UPDATE events SET earlier = coalesce((SELECT max(b.seq) FROM events b"
    "  WHERE b.affiliate = events.affiliate AND b.seq < events.seq), 0);"
    "DROP INDEX events_of;"

    "ALTER TABLE sinks ADD COLUMN held INTEGER NOT NULL DEFAULT 0;" /* 1 by an operator's hand */
    "ALTER TABLE sinks ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sinks ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sinks ADD COLUMN skipped_after INTEGER NOT NULL DEFAULT 0;" /* a seq, */
    "ALTER TABLE sinks ADD COLUMN skipped_seq INTEGER NOT NULL DEFAULT 0;"   /* and the last */

    "CREATE TABLE attempts ("
    "  sink INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL," /* its number; what is not charged has that of the next */
    "  times INTEGER NOT NULL,"
    "  at_unix_ms INTEGER NOT NULL,"
    "  verdict INTEGER NOT NULL,"
    "  code INTEGER NOT NULL,"
    "  duration_ms INTEGER NOT NULL,"
    "  what TEXT NOT NULL,"
    "  remedy TEXT NOT NULL,"
    "  PRIMARY KEY (sink, seq, attempt)) WITHOUT ROWID;",

    /* Since when a notice says that the sink needs somebody; 0: none does. */
    "ALTER TABLE sinks ADD COLUMN alerted_unix_ms INTEGER NOT NULL DEFAULT 0;",

    /* What a sender calls an event that has no time of its own, so that a repeat is known. */
    "CREATE TABLE keys ("
    "  key TEXT PRIMARY KEY,"
    "  id BLOB NOT NULL," /* the event's */
    "  at_unix_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX keys_by_time ON keys (at_unix_ms);", /* to forget them by */

    /*
     * An affiliate whose ID is the one that its e-mail key gives is found by that ID. So only the
     * others cost an index of e-mail keys, which is the largest of those with random keys.
     */
    "CREATE TABLE affiliates_6 ("
    "  number INTEGER PRIMARY KEY,"
    "  email_key TEXT NOT NULL,"
    "  affiliate_id TEXT NOT NULL,"
    "  derived INTEGER NOT NULL," /* 1: from the e-mail key; 0: another ID, or not looked at yet */
    "  email TEXT NOT NULL,"
    "  deep_link TEXT NOT NULL,"
    "  active INTEGER NOT NULL,"
    "  last_seq INTEGER NOT NULL);"
    "INSERT INTO affiliates_6 SELECT number, email_key, affiliate_id, 0, email, deep_link, active,"
    "  last_seq FROM affiliates ORDER BY number;"
    "DROP TABLE affiliates;"
    "ALTER TABLE affiliates_6 RENAME TO affiliates;"
    "CREATE INDEX affiliates_by_id ON affiliates (affiliate_id);"
    "CREATE UNIQUE INDEX affiliates_by_email ON affiliates (email_key) WHERE derived = 0;",

    /* The same of what was refused; '': none. A repeat takes the place of the one before. */
    "ALTER TABLE refused ADD COLUMN key TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX refused_by_key ON refused (key) WHERE key <> '';",
};
#define VERSION ((int)(sizeof migrations / sizeof *migrations))

const char *schema_migration(int from)
{
    return from < VERSION ? migrations[from] : NULL;
}

static int run(struct journal *journal, const char *sql, struct error *error)
{
    if (sqlite3_exec(journal->database, sql, NULL, NULL, NULL) != SQLITE_OK)
        return journal_fail(journal, error);
    return 0;
}

static int run_with(struct journal *journal, const char *format, int number, struct error *error)
{
    char *sql = memory_format(format, number);
    int result = run(journal, sql, error);
    free(sql);
    return result;
}

/* The first column of the first row; a number or a short word. */
static int ask(struct journal *journal, const char *sql, char answer[32], struct error *error)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(journal->database, sql, -1, &statement, NULL) != SQLITE_OK)
        return journal_fail(journal, error);
    int result = statement_step(journal, statement, error);
    assert(result != 0);
    if (result > 0)
        statement_text(statement, 0, answer, 32);
    sqlite3_finalize(statement);
    return result > 0 ? 0 : -1;
}

static int ask_number(struct journal *journal, const char *sql, int *number, struct error *error)
{
    char answer[32];
    if (ask(journal, sql, answer, error) < 0)
        return -1;
    *number = atoi(answer);
    return 0;
}

/* Gives the version of the schema in the file: 0 for a new one. */
static int recognise(struct journal *journal, int *version, struct error *error)
{
    int application, tables;
    if (ask_number(journal, "PRAGMA user_version", version, error) < 0 ||
        ask_number(journal, "PRAGMA application_id", &application, error) < 0 ||
        ask_number(journal, "SELECT count(*) FROM sqlite_schema", &tables, error) < 0)
        return -1;
    if (tables > 0 && application != APPLICATION_ID)
        return journal_fail_because(journal, error,
                                    "is an SQLite file of another program; move it away, or name "
                                    "another directory as state");
    if (*version < 0 || *version > VERSION)
        return journal_fail_because(journal, error,
                                    "was made by a later release of affnotify (its schema is %d, "
                                    "this release knows up to %d); install that release again, or "
                                    "name another directory as state",
                                    *version, VERSION);
    return 0;
}

/*
 * synchronous=FULL: a commit is on the disk when it returns. The cache and what is left of the
 * write-ahead log after a checkpoint are bounded; the memory of a commit's pages beyond the cache
 * is not held: they go to the log early. What is deleted is overwritten, so that a person who is
 * forgotten is not found in the file; Debian's SQLite does so anyway.
 */
static int set_up_connection(struct journal *journal, struct error *error)
{
    char mode[32];
    if (run(journal, "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON",
            error) < 0 ||
        run_with(journal, "PRAGMA cache_size=-%d", JOURNAL_CACHE_KIB, error) < 0 ||
        ask(journal, "PRAGMA journal_mode=WAL", mode, error) < 0 ||
        run_with(journal, "PRAGMA wal_autocheckpoint=%d", JOURNAL_CHECKPOINT_PAGES, error) < 0 ||
        run_with(journal, "PRAGMA journal_size_limit=%d", JOURNAL_WAL_BYTES_MAX, error) < 0)
        return -1;
    if (strcmp(mode, "wal") != 0)
        return journal_fail_because(journal, error,
                                    "cannot have a write-ahead log there; name a directory on a "
                                    "local file system as state");
    return 0;
}

static int migrate(struct journal *journal, int from, struct error *error)
{
    if (run(journal, "BEGIN IMMEDIATE", error) < 0)
        return -1;
    if (run(journal, migrations[from], error) == 0 &&
        run_with(journal, "PRAGMA user_version=%d", from + 1, error) == 0 &&
        run_with(journal, "PRAGMA application_id=%d", APPLICATION_ID, error) == 0 &&
        run(journal, "COMMIT", error) == 0)
        return 0;
    if (!sqlite3_get_autocommit(journal->database))
        sqlite3_exec(journal->database, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int schema_bring_up(struct journal *journal, struct error *error)
{
    int version;
    if (recognise(journal, &version, error) < 0)
        return -1;
    /* Space is given back in small steps later; this can be chosen only before the first table. */
    if (version == 0 && run(journal, "PRAGMA auto_vacuum=INCREMENTAL", error) < 0)
        return -1;
    if (set_up_connection(journal, error) < 0)
        return -1;
    while (version < VERSION) {
        if (migrate(journal, version, error) < 0)
            return -1;
        version++;
    }
    return 0;
}

/* SQLite writes the number also when it is the same. */
int schema_touch(struct journal *journal, struct error *error)
{
    return run_with(journal, "PRAGMA user_version=%d", VERSION, error);
}
