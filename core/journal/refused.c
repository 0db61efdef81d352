/* See refused.h. */
#include "core/journal/refused.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/journal/internal.h"

void refused_input_finish(struct refused_input *input)
{
    if (!input)
        return;
    free(input->raw);
    input->raw = NULL;
}

static void read_input(sqlite3_stmt *statement, struct refused_input *input)
{
    struct refusal *refusal = &input->refusal;
    *input = (struct refused_input){
        .number = sqlite3_column_int64(statement, 0),
        .received_unix_ms = sqlite3_column_int64(statement, 1),
    };
    statement_text(statement, 2, input->source, sizeof input->source);
    statement_text(statement, 3, refusal->field, sizeof refusal->field);
    statement_text(statement, 4, refusal->rule, sizeof refusal->rule);
    statement_text(statement, 5, refusal->message, sizeof refusal->message);
    const char *raw = sqlite3_column_blob(statement, 6);
    input->raw_bytes = (size_t)sqlite3_column_bytes(statement, 6);
    statement_text(statement, 7, input->key, sizeof input->key);
    input->raw = memory_text_part(raw ? raw : "", input->raw_bytes);
}

int refused_before(struct journal *journal, int64_t before, const char *field, const char *rule,
                   struct refused_input *inputs, int max, int64_t *next, struct error *error)
{
    assert(max > 0);
    int found = 0, got;
    *next = 0;
    sqlite3_stmt *statement = statement_bind(
        journal, STATEMENT_REFUSED_BEFORE,
        VALUES({.number = before}, {.number = max + 1}, {.text = field}, {.text = rule}));
    while ((got = statement_step(journal, statement, error)) > 0) {
        if (found == max) {
            *next = inputs[max - 1].number;
            statement_reset(statement);
            return found;
        }
        read_input(statement, &inputs[found++]);
    }
    while (got < 0 && found > 0)
        refused_input_finish(&inputs[--found]);
    return got < 0 ? -1 : found;
}

int refused_find(struct journal *journal, int64_t number, struct refused_input *input,
                 struct error *error)
{
    sqlite3_stmt *statement =
        statement_bind(journal, STATEMENT_REFUSED_FIND, VALUES({.number = number}));
    int got = statement_step(journal, statement, error);
    if (got <= 0)
        return got;
    read_input(statement, input);
    statement_reset(statement);
    return 1;
}

int refused_delete(struct journal *journal, int64_t number, struct error *error)
{
    if (journal_may_write(journal, error) < 0)
        return -1;
    int deleted =
        statement_run(journal, STATEMENT_REFUSED_DELETE, error, VALUES({.number = number}));
    if (deleted > 0)
        journal->now.refused--;
    return deleted;
}
