/*
 * One sink at run time: its section, its host process, its window of events.
 *
 *     starting ──► opening ──► open ──► stopping
 *        ▲  │         │ ▲       │
 *        │  └► stopped│ └───────┼── `open` failed: again after a delay
 *        └────────────┴─────────┴── the host died: again after a delay
 *
 * sink.c leads the life of the host; delivery.c moves events between journal, window and host. Both
 * are driven by the bus, turn by turn, and never block.
 */
#ifndef AFFN_BUS_SINK_H
#define AFFN_BUS_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bus/host_process.h"
#include "core/bus/schedule.h"
#include "core/config/config.h"
#include "core/journal/journal.h"

enum sink_state {
    SINK_STOPPED,  /* a mistake in its section, or enabled = no; its events wait */
    SINK_STARTING, /* the host is being started, or will be after a delay */
    SINK_OPENING,  /* the plugin's `open` runs, or will be tried again after a delay */
    SINK_OPEN,
    SINK_STOPPING,
};
const char *sink_state_name(enum sink_state state);

/* What a sink needs of the bus. */
struct sink_context {
    struct event_base *base;
    struct journal *journal;
    const struct config *config;
    int host_program_fd;
};

/* What became of an event; kept until it is committed. */
struct outcome {
    struct slot *slot;
    int32_t verdict; /* 0 for a host's death */
    int32_t code;
    int64_t duration_ms;
    char *what; /* NULL for none */
    char *remedy;
};

struct sink {
    const struct sink_context *context;
    const struct sink_config *config;
    struct sink_tuning tuning;
    struct journal_sink record; /* as the sink was opened in the journal */
    enum sink_state state;
    char problem[TEXT_BYTES_MAX]; /* why it is not open, or "" */
    char remedy[TEXT_BYTES_MAX];

    /* The host. */
    struct host_process host;
    char *plugin_path;
    bool makes_requests;
    bool was_loaded;     /* this host had described its plugin */
    bool awaits_opened;  /* OPEN was sent and not answered yet */
    bool was_open;       /* this host had said that it is ready */
    bool overrun;        /* we killed it because it did not answer in time */
    bool warned;         /* its section's warnings were logged */
    uint32_t failures;   /* in a row, without a settled delivery in between */
    struct event *timer; /* the next start or open; the limit of the handshake */
    struct event *overrun_timer;
    int64_t progress_mono_ms; /* when the host last had nothing to answer for, or answered */

    /* The deliveries. */
    struct schedule schedule;
    int64_t scanned;     /* how far the journal was read into the window */
    int64_t heads_after; /* how far the waiting affiliates were, at start */
    bool heads_read;
    int64_t waiting;  /* rows in the journal */
    uint32_t unsaved; /* slots whose waiting row is to be written */
    struct outcome *outcomes;
    size_t outcome_count;
    size_t outcome_capacity;
};

/*
 * Prepares a sink and finds its row in the journal or makes it, so that it owes every event from
 * now on, also when it starts stopped. -1 when the journal cannot do it.
 */
int sink_init(struct sink *sink, const struct sink_context *context,
              const struct sink_config *config, struct error *error);
void sink_finish(struct sink *sink);

/* Starts the host, unless the section has a mistake or says enabled = no. */
void sink_start(struct sink *sink);

/* Asks the host to finish what it has begun and to end. sink_is_down tells when it has. */
void sink_stop(struct sink *sink);
bool sink_is_down(const struct sink *sink);

/* Ends the host the hard way, and starts nothing again. */
void sink_kill(struct sink *sink);

/* Has one of a sink's timers fire once, after so long. */
void sink_start_timer(struct event *timer, int64_t delay_ms);

/* For each child that ended; true when it was this sink's host. */
bool sink_reaped(struct sink *sink, pid_t pid, int status);

/* ---- delivery.c: the turn of the loop ---- */

/* Whether the next transaction has something to write. */
bool sink_has_writes(const struct sink *sink);

/* Writes outcomes and waiting rows into the open transaction. -1: roll back; nothing is lost. */
int sink_write(struct sink *sink, int64_t now_unix_ms, struct error *error);

/* After the commit: what was written leaves the window. */
void sink_committed(struct sink *sink);

/*
 * Brings events from the journal and hands batches to the host. True when there is more to do soon.
 */
bool sink_pump(struct sink *sink);

/* An OUTCOME frame. -1 when it makes no sense. */
int sink_take_outcome(struct sink *sink, struct frame *frame, struct error *error);

/* The host is gone: its events go back and will go alone, or are dead letters. */
void sink_lost_host(struct sink *sink, const char *reason);

/* Forgets the window: what is in it is pending in the journal. */
void sink_forget_window(struct sink *sink);

#endif
