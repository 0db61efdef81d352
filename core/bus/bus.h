/*
 * affnotifyd: takes events in, journals them, and gives them to every sink. One thread, one loop.
 * All that happens in one turn of the loop is written in one transaction; only then is anybody
 * answered.
 *
 *     one turn:   wait ─► what came in ─► one transaction ─► answers ─► new batches to the hosts
 *
 * The bus never loads a plugin, links no libcurl, and opens no network socket.
 */
#ifndef AFFN_BUS_BUS_H
#define AFFN_BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/bus/access.h"
#include "core/bus/doorkeeper.h"
#include "core/bus/metrics.h"
#include "core/bus/sink.h"
#include "core/config/config.h"

struct event;
struct event_base;
struct evconnlistener;

struct answer;
struct client;
struct forget;
struct notices;
struct own_child;
struct reload;
struct replaying;
struct retention;
struct skip;

struct bus {
    struct config config;
    struct event_base *base;
    struct journal *journal;
    struct sink_context context;
    struct sink **sinks; /* at most SINKS_MAX; each stays where it is while it lives */
    size_t sink_count;
    int lock_fd;
    int host_program_fd; /* both programs are opened once, so that an upgrade can't mix versions */
    int own_program_fd;
    int64_t started_unix_ms;
    struct own_child *own_children; /* that run for clients, and for a reload */
    struct skip *skips;             /* that are under way */
    struct replaying *replays;      /* likewise */
    struct forget *forget;          /* likewise; NULL for none */
    struct retention *retention;    /* NULL before its start */
    struct notices *notices;        /* notice.c's; NULL until there is an alert sink */
    struct reload *reload;          /* NULL while nobody has asked for one */

    struct doorkeeper door; /* to the network */

    /* The socket. */
    struct access access;
    struct evconnlistener *listener;
    struct client *clients;
    size_t client_count;

    /* The turn. */
    bool in_transaction;
    bool broken; /* this turn's transaction failed; it is rolled back and said to the senders */
    bool sinks_written; /* this turn's transaction holds what the sinks had to write */
    bool again;         /* there is more to do: the next turn does not wait */
    char broken_text[TEXT_BYTES_MAX];
    struct answer *answers; /* owed to clients, in the order of their requests */
    size_t answer_count;
    size_t answer_capacity;
    int64_t ids_ignored;             /* affiliate IDs that are not well formed and not logged yet */
    int64_t ids_ignored_log_mono_ms; /* the next line about them, at the earliest; 0 for at once */
    struct event *write_retry;       /* after a failed transaction */
    char *journal_path;
    ino_t journal_inode; /* of the file that is open */
    bool journal_gone;   /* it is no longer the file of that name: nothing is accepted any more */

    /* The spool. */
    struct event *spool_timer;
    bool spool_due;
    char **spool_files; /* read in this turn, to be removed after the commit */
    size_t spool_file_count;
    char spool_complaint[TEXT_BYTES_MAX]; /* said last, so that it is said once */

    /* What is counted, and what trying the journal has shown: see control_ready.c. */
    struct metrics metrics;
    bool tried;
    int64_t tried_mono_ms;
    char tried_trouble[TEXT_BYTES_MAX]; /* "" for none */

    /* Ending. */
    struct event *signals[4];
    bool stopping;
    int64_t stop_mono_ms;
    struct event *stop_timer;
};

/* Runs the bus until it is told to stop. Returns the program's exit status. */
int bus_run(const char *config_path, bool strict);

#endif
