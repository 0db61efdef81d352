/*
 * A list of the bus's that comes page by page, newest first: asked for, joined and printed. Memory
 * holds one page, however long the list is. For `events` and `dead`.
 */
#ifndef AFFN_CLI_LISTING_H
#define AFFN_CLI_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct invocation;

struct listing {
    const char *rows;       /* the member of an answer that holds the rows */
    const char *go_on;      /* the member of a request that takes an answer's `next` */
    json_t *request;        /* the first one, without a limit; given up */
    int64_t limit;          /* rows; INT64_MAX for all */
    int64_t since_unix_ms;  /* the first row `received` before ends the list; INT64_MIN for none */
    const char *when_empty; /* a sentence */
    void (*print)(void *context, const json_t *rows); /* one page, which is not empty */
    void (*end)(void *context);                       /* after the last page; may be NULL */
    void *context;
};

/* Reads what --limit and --all say. EXIT_DONE, or the usage message was shown. */
int listing_read_limit(const struct invocation *invocation, const char *limit, bool all,
                       int64_t *rows);

/*
 * Prints the list, with --json as one object in which the pages are joined; returns the exit code.
 * That object is whole also when a later page could not be had: then its `next` says where to go on.
 */
int listing_run(const struct invocation *invocation, struct listing *listing);

#endif
