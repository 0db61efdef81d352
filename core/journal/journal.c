/*
 * Opening, closing, transactions, and the sentences about what SQLite could not do. The figures
 * kept in memory follow the transaction: `now` is written and becomes `committed` at a commit, and
 * becomes what was `committed` at a rollback. Called by the bus only.
 */
#include "core/journal/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/journal/internal.h"

/* By SQLite's primary result code. */
static const struct remedy {
    int code;
    const char *text;
} remedies[] = {
    {SQLITE_FULL, "free some space on its file system"},
    {SQLITE_BUSY, "another program has it locked; end that program"},
    {SQLITE_IOERR, "look at the disk, its free space and the kernel's log"},
    {SQLITE_CORRUPT,
     "stop affnotifyd and mend the file with sqlite3's .recover, or restore a copy"},
    {SQLITE_NOTADB, "move the file away, or name another directory as state"},
    {SQLITE_READONLY, "let the user of affnotifyd write to the file and its directory"},
    {SQLITE_PERM, "let the user of affnotifyd read and write the file and its directory"},
    {SQLITE_CANTOPEN, "let the user of affnotifyd read and write the file and its directory"},
};

static const char *remedy_for(int code)
{
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].code == (code & 0xff))
            return remedies[i].text;
    return NULL;
}

int journal_fail(struct journal *journal, struct error *error)
{
    int code = sqlite3_extended_errcode(journal->database);
    /* Where a commit fails, SQLite keeps no errno or an old one: only opening is to be trusted. */
    bool from_system = (code & 0xff) == SQLITE_CANTOPEN;
    int number = from_system ? sqlite3_system_errno(journal->database) : 0;
    const char *remedy = remedy_for(code);
    journal->failed = true;
    return error_set(error, "journal %s: %s%s%s%s%s", journal->path,
                     sqlite3_errmsg(journal->database), number ? ": " : "",
                     number ? strerror(number) : "", remedy ? "; " : "", remedy ? remedy : "");
}

int journal_fail_because(struct journal *journal, struct error *error, const char *format, ...)
{
    struct error sentence;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence.text, sizeof sentence.text, format, arguments);
    va_end(arguments);
    journal->failed = true;
    return error_set(error, "journal %s: %s", journal->path, sentence.text);
}

/* Made by us and not by SQLite, for its mode, which SQLite gives to the -wal and -shm files too. */
static int make_file(const char *path, struct error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : error_set_errno(error, "journal %s", path);
    close(fd);
    return 0;
}

static int load(struct journal *journal, struct error *error)
{
    sqlite3_stmt *newest = journal->statements[STATEMENT_LAST_SEQ];
    int got = statement_step(journal, newest, error);
    if (got > 0) {
        journal->now.last_seq = sqlite3_column_int64(newest, 0);
        statement_reset(newest);
    }
    sqlite3_stmt *totals = journal->statements[STATEMENT_TOTALS];
    while (got >= 0 && (got = statement_step(journal, totals, error)) > 0) {
        int type = sqlite3_column_int(totals, 0);
        if (type >= 1 && type <= EVENT_TYPES)
            journal->now.accepted[type - 1] = sqlite3_column_int64(totals, 1);
    }
    sqlite3_stmt *refused = journal->statements[STATEMENT_REFUSED_COUNT];
    if (got >= 0 && (got = statement_step(journal, refused, error)) > 0) {
        journal->now.refused = sqlite3_column_int64(refused, 0);
        statement_reset(refused);
    }
    journal->committed = journal->now;
    return got < 0 ? -1 : sinks_load(journal, error);
}

struct journal *journal_open(const char *path, struct error *error)
{
    if (make_file(path, error) < 0)
        return NULL;
    struct journal *journal = memory_new(1, sizeof *journal);
    journal->path = memory_text(path);
    int opened = sqlite3_open_v2(path, &journal->database,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (opened != SQLITE_OK) {
        journal_fail(journal, error);
        goto close;
    }
    sqlite3_extended_result_codes(journal->database, 1);
    sqlite3_busy_timeout(journal->database, JOURNAL_BUSY_MS);
    if (schema_bring_up(journal, error) < 0 || statements_prepare(journal, error) < 0 ||
        load(journal, error) < 0)
        goto close;
    return journal;

close:
    journal_close(journal);
    return NULL;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->in_transaction)
        journal_rollback(journal);
    statements_finish(journal);
    int closed = sqlite3_close(journal->database);
    assert(closed == SQLITE_OK); /* else a statement was left behind */
    (void)closed;
    free(journal->sinks);
    free(journal->path);
    free(journal);
}

int journal_begin(struct journal *journal, struct error *error)
{
    assert(!journal->in_transaction);
    journal->failed = false;
    if (statement_step(journal, journal->statements[STATEMENT_BEGIN], error) < 0)
        return -1;
    journal->in_transaction = true;
    return 0;
}

int journal_may_write(struct journal *journal, struct error *error)
{
    assert(journal->in_transaction);
    if (journal->failed)
        return journal_fail_because(journal, error,
                                    "something failed in this transaction before, so it can only "
                                    "be rolled back");
    return 0;
}

static int write_totals(struct journal *journal, struct error *error)
{
    for (int i = 0; i < EVENT_TYPES; i++) {
        if (journal->now.accepted[i] == journal->committed.accepted[i])
            continue;
        if (statement_run(journal, STATEMENT_TOTAL_WRITE, error,
                          VALUES({.number = i + 1}, {.number = journal->now.accepted[i]})) < 0)
            return -1;
    }
    return 0;
}

int journal_commit(struct journal *journal, struct error *error)
{
    if (journal_may_write(journal, error) < 0 || write_totals(journal, error) < 0 ||
        sinks_write(journal, error) < 0 ||
        statement_step(journal, journal->statements[STATEMENT_COMMIT], error) < 0)
        return -1;
    journal->in_transaction = false;
    journal->committed = journal->now;
    sinks_committed(journal);
    return 0;
}

void journal_rollback(struct journal *journal)
{
    if (!journal->in_transaction)
        return; /* it could not begin */
    /* After some errors (disk full, I/O) SQLite has rolled back by itself. */
    if (!sqlite3_get_autocommit(journal->database)) {
        struct error unused;
        statement_step(journal, journal->statements[STATEMENT_ROLLBACK], &unused);
        assert(sqlite3_get_autocommit(journal->database));
    }
    journal->in_transaction = false;
    journal->now = journal->committed;
    sinks_rolled_back(journal);
}

int journal_try(struct journal *journal, struct error *error)
{
    if (journal_begin(journal, error) < 0)
        return -1;
    if (schema_touch(journal, error) == 0 && journal_commit(journal, error) == 0)
        return 0;
    journal_rollback(journal);
    return -1;
}

void journal_rest(struct journal *journal)
{
    int changes = sqlite3_total_changes(journal->database);
    bool is_quiet = changes == journal->seen_changes && !journal->in_transaction;
    if (is_quiet && !journal->is_rested) {
        sqlite3_db_release_memory(journal->database);
        malloc_trim(0); /* a page is too small for malloc to give it back by itself */
    }
    journal->is_rested = is_quiet;
    journal->seen_changes = changes;
}

int64_t journal_accepted(const struct journal *journal, enum event_type type)
{
    return journal->now.accepted[type - 1];
}

int64_t journal_last_seq(const struct journal *journal)
{
    return journal->now.last_seq;
}
