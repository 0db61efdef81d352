/* See listing.h. */
#include "core/cli/listing.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/personal.h"
#include "core/cli/target.h"
#include "core/config/value.h"
#include "core/event/timestamp.h"

#define ROWS_DEFAULT 20 /* with their heading they fit a terminal of 24 lines */

int listing_read_limit(const struct invocation *invocation, const char *limit, bool all,
                       int64_t *rows)
{
    struct error error;
    *rows = all ? INT64_MAX : ROWS_DEFAULT;
    if (limit && all)
        return command_usage(invocation, "--limit and --all exclude each other");
    if (limit && value_int(limit, 1, INT64_MAX, rows, &error) < 0)
        return command_usage(invocation, "--limit: %s", error.text);
    return EXIT_DONE;
}

/* ---- One page ---- */

/* How far a list has come. */
struct progress {
    const char *socket_path;
    json_t *next;   /* what the next request carries; NULL at first, null at the end */
    int64_t shown;  /* rows */
    bool is_begun;  /* the first answer has come */
    bool is_at_end; /* for `since`, the end came before the bus's */
};

/* NULL with the exit code when there is no page; what is wrong was said. */
static json_t *ask(const struct invocation *invocation, const struct listing *listing,
                   const struct progress *progress, int *code)
{
    struct error error;
    int64_t left = listing->limit - progress->shown;
    json_t *request = json_copy(listing->request);
    json_object_set_new(request, "limit",
                        json_integer(left < LIST_PAGE_MAX ? left : LIST_PAGE_MAX));
    if (progress->next)
        json_object_set(request, listing->go_on, progress->next);
    json_t *answer = connection_ask(progress->socket_path, request, COMMAND_TIMEOUT_MS, &error);
    if (!answer) {
        command_say(invocation, "%s", error.text);
        *code = EXIT_UNREACHED;
    } else if (!connection_ok(answer)) {
        *code = EXIT_NO;
        if (invocation->json && !progress->is_begun)
            connection_print_json(answer);
        else
            connection_print_refusal(invocation, answer);
        json_decref(answer);
        answer = NULL;
    } else {
        *code = EXIT_DONE;
    }
    return answer;
}

static bool is_older(const json_t *row, int64_t since_unix_ms)
{
    int64_t received;
    const char *text = json_string_value(json_object_get(row, "received"));
    return text && timestamp_parse(text, &received) == 0 && received < since_unix_ms;
}

/* Takes away the rows from the first one on that is too old; true when there was one. */
static bool cut(json_t *rows, int64_t since_unix_ms)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (!is_older(json_array_get(rows, i), since_unix_ms))
            continue;
        while (json_array_size(rows) > i)
            json_array_remove(rows, i);
        return true;
    }
    return false;
}

static void print_page(const struct invocation *invocation, const struct listing *listing,
                       const json_t *rows, int64_t shown)
{
    if (!invocation->json) {
        listing->print(listing->context, rows);
        return;
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (shown > 0 || i > 0)
            putchar(',');
        connection_write_json(json_array_get(rows, i));
    }
}

/* ---- The list ---- */

static int next_page(const struct invocation *invocation, const struct listing *listing,
                     struct progress *progress)
{
    int code;
    json_t *answer = ask(invocation, listing, progress, &code);
    if (!answer)
        return code;
    if (!progress->is_begun && invocation->json)
        printf("{\"ok\":true,\"%s\":[", listing->rows);
    progress->is_begun = true;
    if (!invocation->json)
        personal_hide(answer);
    json_t *rows = json_object_get(answer, listing->rows);
    progress->is_at_end = cut(rows, listing->since_unix_ms);
    if (json_array_size(rows) > 0)
        print_page(invocation, listing, rows, progress->shown);
    progress->shown += (int64_t)json_array_size(rows);
    json_decref(progress->next);
    json_t *next = json_object_get(answer, "next");
    progress->next = next && !progress->is_at_end ? json_incref(next) : json_null();
    json_decref(answer);
    return EXIT_DONE;
}

static void finish_json(const struct progress *progress)
{
    fputs("],\"next\":", stdout);
    if (progress->next)
        connection_write_json(progress->next);
    puts("}");
}

static void finish_plain(const struct invocation *invocation, const struct listing *listing,
                         const struct progress *progress)
{
    if (progress->shown == 0)
        puts(listing->when_empty);
    else if (listing->end)
        listing->end(listing->context);
    if (!json_is_null(progress->next) && progress->shown >= listing->limit)
        command_say(invocation, "%" PRId64 " shown; --limit N or --all shows more",
                    progress->shown);
}

static int run_all(const struct invocation *invocation, const struct listing *listing,
                   const char *socket_path)
{
    struct progress progress = {.socket_path = socket_path};
    int code;
    do
        code = next_page(invocation, listing, &progress);
    while (code == EXIT_DONE && !json_is_null(progress.next) && progress.shown < listing->limit);
    if (progress.is_begun && invocation->json)
        finish_json(&progress);
    else if (progress.is_begun)
        finish_plain(invocation, listing, &progress);
    json_decref(progress.next);
    return code;
}

int listing_run(const struct invocation *invocation, struct listing *listing)
{
    int code;
    struct target target;
    if (target_find(invocation, NULL, &target) < 0)
        code = target_explain(invocation, &target);
    else
        code = run_all(invocation, listing, target.socket_path);
    target_finish(&target);
    json_decref(listing->request);
    listing->request = NULL;
    return code;
}
