/*
 * What came in and what could not be delivered, newest first and page by page. The bus answers
 * clients with it between two turns of its loop, so no call may take long, however large the file
 * is: each reads a bounded number of rows by a key and says where to go on.
 */
#include <assert.h>
#include <string.h>

#include "core/base/error.h"
#include "core/journal/internal.h"

/* ---- Events ---- */

/* The number of the affiliate; 0 for all of them. 1, or 0 when no such affiliate is known. */
static int find_affiliate(struct journal *journal, const char *email_key, int64_t *number,
                          struct error *error)
{
    struct affiliate affiliate = {.number = 0};
    int known = email_key ? journal_affiliate(journal, email_key, &affiliate, error) : 1;
    *number = affiliate.number;
    return known;
}

static bool is_wanted(sqlite3_stmt *statement, int64_t affiliate, enum event_type type)
{
    return (!affiliate || sqlite3_column_int64(statement, 1) == affiliate) &&
           (!type || sqlite3_column_int(statement, 2) == (int)type);
}

int journal_events_before(struct journal *journal, int64_t before, const char *email_key,
                          enum event_type type, struct listed_event *events, int max, int64_t *next,
                          struct error *error)
{
    int64_t affiliate;
    *next = 0;
    int known = find_affiliate(journal, email_key, &affiliate, error);
    if (known <= 0)
        return known;
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_EVENTS_BEFORE, VALUES({.number = before}));
    int found = 0;
    int got;
    for (int scanned = 0; (got = statement_step(journal, statement, error)) > 0; scanned++) {
        if (found == max || scanned == LIST_SCAN_MAX) {
            *next = before;
            statement_reset(statement);
            return found;
        }
        before = sqlite3_column_int64(statement, 0);
        if (!is_wanted(statement, affiliate, type))
            continue;
        journal_event_read(statement, &events[found].event);
        events[found].via = (enum event_via)sqlite3_column_int(statement, 6);
        found++;
    }
    if (got == 0)
        return found;
    while (found > 0)
        journal_event_finish(&events[--found].event);
    return -1;
}

/* ---- Dead letters ---- */

static void read_letter(sqlite3_stmt *statement, const struct sink *sink,
                        struct dead_letter *letter)
{
    journal_event_read(statement, &letter->event);
    letter->delivery = (struct delivery){.state = DELIVERY_DEAD};
    memcpy(letter->delivery.sink, sink->name, sizeof sink->name);
    journal_settled_read(statement, 6, &letter->delivery);
}

/*
 * Those of one sink before a seq, added to *found. 1 when there are more of them than have room, 0
 * when there are not, -1 with the error.
 */
static int add_letters(struct journal *journal, const struct sink *sink, int64_t before,
                       struct dead_letter *letters, int max, int *found, struct error *error)
{
    sqlite3_stmt *statement = statement_bind(journal, STATEMENT_DEAD_BEFORE,
                                             VALUES({.number = sink->number}, {.number = before}));
    int got;
    while ((got = statement_step(journal, statement, error)) > 0) {
        if (*found == max) {
            statement_reset(statement);
            return 1;
        }
        read_letter(statement, sink, &letters[(*found)++]);
    }
    return got;
}

/* The shortest name behind this one. */
static void step_name(const char *name, char after[NAME_BYTES_MAX + 1])
{
    size_t length = strlen(name);
    memcpy(after, name, length);
    memcpy(after + length, "\x01", 2);
}

int journal_dead_after(struct journal *journal, const struct dead_place *after, const char *name,
                       struct dead_letter *letters, int max, struct dead_place *next,
                       struct error *error)
{
    assert(max > 0);
    int found = 0;
    const struct dead_place begin = *after; /* which may be *next too */
    char from[NAME_BYTES_MAX + 1];
    memcpy(from, begin.sink, sizeof begin.sink);
    *next = (struct dead_place){.seq = 0};
    if (name && strcmp(name, from) > 0)
        memcpy(from, name, strlen(name) + 1);
    for (const struct sink *sink; (sink = sink_from_name(journal, from)) != NULL;) {
        if (name && strcmp(sink->name, name) != 0)
            break;
        int64_t before = strcmp(sink->name, begin.sink) == 0 ? begin.seq : INT64_MAX;
        int got = add_letters(journal, sink, before, letters, max, &found, error);
        if (got > 0) {
            const struct dead_letter *last = &letters[max - 1];
            memcpy(next->sink, last->delivery.sink, sizeof next->sink);
            next->seq = last->event.seq;
            break;
        }
        if (got < 0) {
            while (found > 0)
                journal_event_finish(&letters[--found].event);
            return -1;
        }
        step_name(sink->name, from);
    }
    return found;
}
