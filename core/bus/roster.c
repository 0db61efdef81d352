/* See roster.h. */
#include "core/bus/roster.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/member.h"
#include "core/journal/roster.h"

#define PAGE_DEFAULT 50

/* Values need no escapes; the names, a number and the times are 200 bytes. */
#define ROW_BYTES_MAX (EMAIL_BYTES_MAX + DEEP_LINK_BYTES_MAX + 300)
_Static_assert(ROSTER_PAGE_MAX *ROW_BYTES_MAX < ANSWER_BYTES_MAX, "a page fits an answer");

struct query {
    int64_t limit;
    int64_t after;
    enum roster_choice choice;
};

static json_t *read_choice(const json_t *command, struct query *query)
{
    static const char *const names[] = {
        [ROSTER_ACTIVE] = "active",
        [ROSTER_INACTIVE] = "inactive",
        [ROSTER_ALL] = "all",
    };
    const char *name;
    json_t *wrong = member_read_text(command, "state", &name);
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (!text_equal(name, names[i]))
            continue;
        query->choice = (enum roster_choice)i;
        return NULL;
    }
    if (wrong || !name)
        return wrong;
    return answer_refusal("state", "unknown_state", "state: must be active, inactive or all");
}

static json_t *read_query(const json_t *command, struct query *query)
{
    const json_t *limit = json_object_get(command, "limit");
    const json_t *after = json_object_get(command, "after");
    *query = (struct query){.limit = PAGE_DEFAULT, .choice = ROSTER_ACTIVE};
    if (limit)
        query->limit = json_integer_value(limit);
    if (query->limit < 1 || query->limit > ROSTER_PAGE_MAX)
        return answer_refusal("limit", "out_of_range",
                              "limit: must be a whole number from 1 to %d; ask again with `next` "
                              "for more",
                              ROSTER_PAGE_MAX);
    query->after = json_integer_value(after);
    if (after && query->after < 1)
        return answer_refusal("after", "out_of_range",
                              "after: must be the `next` of an earlier answer, a whole number from "
                              "1; leave it out to begin at the top");
    return read_choice(command, query);
}

static json_t *describe(const struct roster_row *row)
{
    const struct affiliate *affiliate = &row->affiliate;
    return json_pack("{s:s,s:s,s:s,s:b,s:o,s:o}", "affiliate_id", affiliate->affiliate_id, "email",
                     affiliate->email, "deep_link", affiliate->deep_link, "active",
                     affiliate->active, "occurred_at", answer_text_or_null(row->occurred_at),
                     "received", answer_time_or_null(row->since_unix_ms));
}

json_t *roster_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    struct query query;
    struct error error;
    int64_t next;
    json_t *wrong = read_query(command, &query);
    if (wrong)
        return wrong;
    struct roster_row *rows = memory_new((size_t)query.limit, sizeof *rows);
    int count = roster_after(bus->journal, query.after, query.choice, rows, (int)query.limit, &next,
                             &error);
    json_t *roster = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(roster, describe(&rows[i]));
    free(rows);
    if (count < 0) {
        json_decref(roster);
        return answer_unavailable(error.text);
    }
    return json_pack("{s:b,s:o,s:o}", "ok", 1, "roster", roster, "next",
                     next ? json_integer(next) : json_null());
}
