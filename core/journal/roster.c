/* See roster.h. */
#include "core/journal/roster.h"

#include <assert.h>
#include <string.h>

#include "core/base/error.h"
#include "core/journal/internal.h"

/* The event's moment is what a canonical form ends with: `…,"occurred_at":"…"}`. */
static void read_occurred_at(sqlite3_stmt *statement, int column, char occurred_at[TIMESTAMP_SIZE])
{
    const char *canonical = (const char *)sqlite3_column_text(statement, column);
    size_t length = (size_t)sqlite3_column_bytes(statement, column);
    size_t behind = strlen("\"}");
    if (!canonical || length < TIMESTAMP_SIZE - 1 + behind)
        return;
    memcpy(occurred_at, canonical + length - behind - (TIMESTAMP_SIZE - 1), TIMESTAMP_SIZE - 1);
}

static void read_row(sqlite3_stmt *statement, struct roster_row *row)
{
    struct affiliate *affiliate = &row->affiliate;
    memset(row, 0, sizeof *row);
    affiliate->number = sqlite3_column_int64(statement, 0);
    statement_text(statement, 1, affiliate->affiliate_id, sizeof affiliate->affiliate_id);
    statement_text(statement, 2, affiliate->email, sizeof affiliate->email);
    statement_text(statement, 3, affiliate->deep_link, sizeof affiliate->deep_link);
    affiliate->active = sqlite3_column_int(statement, 4) != 0;
    affiliate->last_seq = sqlite3_column_int64(statement, 5);
    row->since_unix_ms = sqlite3_column_int64(statement, 6);
    read_occurred_at(statement, 7, row->occurred_at);
}

int roster_after(struct journal *journal, int64_t after, enum roster_choice choice,
                 struct roster_row *rows, int max, int64_t *next, struct error *error)
{
    assert(max > 0);
    int found = 0, got;
    *next = 0;
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_ROSTER, VALUES({.number = after}));
    for (int looked_at = 0; (got = statement_step(journal, statement, error)) > 0; looked_at++) {
        if (found == max || looked_at == LIST_SCAN_MAX) {
            *next = after;
            statement_reset(statement);
            return found;
        }
        after = sqlite3_column_int64(statement, 0);
        bool is_active = sqlite3_column_int(statement, 4) != 0;
        if (choice == ROSTER_ALL || is_active == (choice == ROSTER_ACTIVE))
            read_row(statement, &rows[found++]);
    }
    return got < 0 ? -1 : found;
}
