/*
 * One sink at run time: its section, its host process, its window of events.
 *
 *     starting ──► opening ──► open ──► stopping
 *        ▲  │         │ ▲       │
 *        │  └► stopped│ └───────┼── `open` failed: again after a delay
 *        └────────────┴─────────┴── the host died: again after a delay
 *
 * sink.c leads the life of the host; window.c takes events from the journal into the window, and
 * delivery.c from there to the host. All are driven by the bus, turn by turn, and never block.
 */
#ifndef AFFN_BUS_SINK_H
#define AFFN_BUS_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bus/alert.h"
#include "core/bus/bucket.h"
#include "core/bus/failing.h"
#include "core/bus/fingerprint.h"
#include "core/bus/gate.h"
#include "core/bus/host_process.h"
#include "core/bus/metrics.h"
#include "core/bus/rotation.h"
#include "core/bus/schedule.h"
#include "core/bus/sink_notice.h"
#include "core/config/config.h"
#include "core/journal/journal.h"

enum sink_state {
    SINK_STOPPED,  /* a mistake, until it is mended, or enabled = no; its events wait */
    SINK_STARTING, /* the host is being started, or will be after a delay */
    SINK_OPENING,  /* the plugin's `open` runs, or will be tried again after a delay */
    SINK_OPEN,
    SINK_STOPPING,
};
const char *sink_state_name(enum sink_state state);

/* Who works at a sink's part of the journal: nothing is read or sent meanwhile. See rest.h. */
enum sink_suspender {
    SUSPENDED_BY_NOBODY,
    SUSPENDED_BY_SKIP,
    SUSPENDED_BY_REPLAY,
    SUSPENDED_BY_RETENTION,
    SUSPENDED_BY_FORGET,
    SUSPENDED_BY_RELOAD,
};

/* What a sink needs of the bus. */
struct sink_context {
    struct event_base *base;
    struct journal *journal;
    const struct config *config;
    int host_program_fd;
};

/* What became of an attempt; kept until it is committed. */
struct outcome {
    struct slot *slot;
    enum settled_as as; /* 0: the event is not settled, and is tried again */
    int32_t verdict;    /* 0 for a host's death, or when nothing was tried */
    int32_t code;
    uint32_t attempts; /* this one included */
    int64_t duration_ms;
    char *what; /* NULL for none */
    char *remedy;
};

struct sink {
    const struct sink_context *context;
    const struct sink_config *config; /* a reload gives it another place */
    char name[NAME_BYTES_MAX];
    struct sink_tuning tuning;
    struct journal_sink record; /* as the sink was opened in the journal */
    enum sink_state state;
    char problem[TEXT_BYTES_MAX]; /* why it is not open, or "" */
    char remedy[TEXT_BYTES_MAX];

    /* The host. */
    struct host_process host;
    char *plugin_path;
    struct fingerprint fingerprint; /* what this host, or the last one, was started with */
    struct rotation rotation;       /* of its secrets */
    bool renewing; /* they have changed: it ends, and the next begins with the new ones */
    bool renewed;  /* it was for that, and nothing got through or was held since */
    char accepted
        [FINGERPRINT_SIZE];      /* the plugin that found the section right, as it stands, or "" */
    bool unusable;               /* it did not, since: stopped, and looks again by and by */
    int64_t again_mono_ms;       /* with that: when */
    char unread[TEXT_BYTES_MAX]; /* why the secrets could not be read again at last, or "" */
    bool makes_requests;
    bool was_loaded;     /* this host had described its plugin */
    bool awaits_opened;  /* OPEN was sent and not answered yet */
    bool was_open;       /* this host had said that it is ready */
    bool overrun;        /* we killed it because it did not answer in time */
    bool warned;         /* its section's warnings were logged */
    uint32_t failures;   /* in a row, without a settled delivery in between */
    struct event *timer; /* the next start or open; the limit of the handshake */
    struct event *overrun_timer;
    uint32_t heard;           /* OUTCOME frames of this host; may wrap */
    int64_t progress_mono_ms; /* when the host last had nothing to answer for, or answered */

    /* Whether it may be given events, and why not. */
    struct gate gate;
    struct bucket bucket;
    char held_what[TEXT_BYTES_MAX]; /* what the hold, or the comparison, began with */
    char held_remedy[TEXT_BYTES_MAX];
    int32_t held_code;
    int32_t held_verdict;
    bool held_told;                  /* the log says that it is held */
    int64_t held_since_mono_ms;      /* with held_told */
    int64_t paused_until_mono_ms;    /* order = journal: the next attempt of the first */
    int64_t paused_until_unix_ms;    /* on the civil clock: over when it is on either */
    int64_t gathering_since_mono_ms; /* digest: since when a batch is being gathered; 0: none is */
    struct event *wake_timer;        /* the next moment at which more may go */

    /* What operators are told of it, and what it tells them of others: see notice.h. */
    struct alert alert;
    bool alert_begun;
    bool alert_unsaved; /* the journal does not have alert.told_unix_ms yet */
    struct sink_notice notice;

    struct sink_metrics metrics; /* a reload hands them on */

    /* The deliveries. */
    struct schedule schedule;
    int64_t next_due_unix_ms;  /* the next attempt among those that wait in the journal; 0: none */
    int64_t due_after_unix_ms; /* how far those that were due have been brought */
    int64_t due_after_seq;
    int64_t scanned;     /* how far the journal was read into the window */
    int64_t heads_after; /* how far the waiting affiliates were, at start */
    bool heads_read;
    enum sink_suspender suspended;
    bool is_stuck;   /* its record could not be read after that, and the log says so */
    int64_t waiting; /* rows in the journal */
    int64_t
        anew_unix_ms; /* since when it has other settings than the bus began with; 0: the same */
    int64_t delivered_since; /* events since the last that failed, or since the start */
    struct failing failing;
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

/* Whether it is down and all that it knows is committed. */
bool sink_is_at_rest(const struct sink *sink);

/* Ends the host the hard way, and starts nothing again. */
void sink_kill(struct sink *sink);

/* For each child that ended; true when it was this sink's host. */
bool sink_reaped(struct sink *sink, pid_t pid, int status);

/* ---- Holds ---- */

/* By an operator's hand; kept in the journal. 1 when that changed something. */
int sink_set_held(struct sink *sink, bool held, struct error *error);

/* How it fares, for `status`. */
struct sink_view {
    const char *state; /* sink_state_name, or "held" */
    const char *what;  /* why it is not open, or "" */
    const char *remedy;
    bool by_hand;             /* held until `resume` */
    bool by_settings;         /* held for MISSET */
    bool needs_somebody;      /* it will hardly get well by itself */
    int64_t failing_ms;       /* open, and for so long every attempt has failed; -1: it is not so */
    int64_t until_unix_ms;    /* held until then; 0: not by time */
    int64_t next_due_unix_ms; /* the next attempt of an event that waits for one; 0: none */
};
void sink_view(const struct sink *sink, struct sink_view *view);

/* ---- The turn of the loop: settling.c, then window.c and delivery.c; outcomes.c as frames come */

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

/* ---- Between these files ---- */

/* The event is settled as outcome->as says; takes over the texts. */
void sink_settle(struct sink *sink, const struct outcome *outcome);

/* A slot's waiting row is to be written. */
void sink_save_slot(struct sink *sink, struct slot *slot);

/* Attempts that are due now come into the window. */
void sink_bring_due(struct sink *sink);

/* Events that wait or are new come into the window. True when more would fit. */
bool sink_fill_window(struct sink *sink);

/* Whether all that may go is in it, or as much as it holds; not while the journal cannot be read. */
bool sink_window_is_whole(const struct sink *sink);

/* Events stuck behind their affiliates wait in the journal, so that others get their place. */
void sink_put_blocked_aside(struct sink *sink);

/* Events that waited behind one that has left the window. */
void sink_bring_waiting(struct sink *sink, int64_t affiliate);

/* Events that were not tried are ready to go again, as if their batch had not been sent. */
void sink_put_back(struct sink *sink, struct slot *const *slots, uint32_t count);

/*
 * Whether the host begins anew because its secrets stand for something else now: sink_renew.c. By
 * `once`, not again before something got through or the sink was held.
 */
bool sink_renew_if_rotated(struct sink *sink);
bool sink_renew_once(struct sink *sink);

/* While it is to begin anew: ends the host when it has nothing more to do. */
void sink_renew_step(struct sink *sink);

/*
 * Whether what is found to be wrong can be mended without a reload: the section was right before with
 * this very plugin, so it is what a file holds that a secret is read from, or the like.
 */
bool sink_may_get_well(const struct sink *sink);

/* Held without a host; all is read again by and by, until it is usable. */
void sink_wait_to_get_well(struct sink *sink, const struct mistake *mistake);

/*
 * What a sink that is not open waits for, at once: to be read again, or to try its `open` again.
 * Returns whether it waited.
 */
bool sink_look_again(struct sink *sink);

/* Says once that the sink is held, until it is open again. */
void sink_log_held(struct sink *sink);

/* After MISSET: there is no other event to compare with. */
void sink_hold_without_other(struct sink *sink);

void sink_clear_outcomes(struct sink *sink);

/* Forgets the window: what is in it is pending in the journal. */
void sink_forget_window(struct sink *sink);

/* Finds its row in the journal, also under the name that it had before, or makes it. */
int sink_open_record(struct sink *sink, struct error *error);

/* Begins anew at what the journal says, with an empty window. */
int sink_read_record(struct sink *sink, const struct sink_start_rule *start, struct error *error);

#endif
