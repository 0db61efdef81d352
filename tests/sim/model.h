/*
 * What must hold of a bus, told from the outside: by what senders were answered, by the frames
 * that hosts got and gave, by what operators commanded, and by the journal's file. Shares no code
 * with the bus. The simulator (world.h) tells the model everything as it happens; model_check is
 * called after each step and says the first rule that is broken.
 *
 * All times are the simulated clocks', in milliseconds: `mono` never jumps, `unix` may.
 */
#ifndef AFFN_TESTS_SIM_MODEL_H
#define AFFN_TESTS_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_order { MODEL_ORDER_AFFILIATE, MODEL_ORDER_JOURNAL, MODEL_ORDER_NONE };
enum model_start { MODEL_START_NOW, MODEL_START_BEGINNING };

/* A sink as its section says; the plugin of a simulated host has no defaults of its own. */
struct model_sink_config {
    const char *name;
    const char *was; /* "" for none */
    bool enabled;
    bool anew; /* at a reload: begun anew although its section is the same, for it was stopped */
    bool takes_created;
    bool takes_deactivated;
    bool makes_requests; /* its host is given several batches at a time */
    int64_t retry_ms[16];
    uint32_t retry_count; /* 0: `retry = none` */
    int64_t timeout_ms;
    int64_t rate_an_hour; /* batches; 0: any */
    uint32_t concurrency;
    uint32_t batch;
    int64_t digest_ms;
    int64_t expire_ms;
    enum model_order order;
    enum model_start start;
};

struct model_config {
    const struct model_sink_config *sinks; /* copied */
    size_t count;
};

/* One event of a DELIVER frame. */
struct model_sent_event {
    const char *id;
    uint32_t attempt; /* as the plugin is told, from 1 */
    bool replay;
};

struct model_now {
    int64_t mono;
    int64_t unix_ms;
};

struct model;
struct model *model_new(const char *journal_path);
void model_free(struct model *model);

/* ---- What happens ---- */

/* The clocks stand here from now on; said before everything that happens at that time. */
void model_time(struct model *model, struct model_now now);

/* The bus has started on the journal with this configuration; or has been ended, tidily or not:
 * then nothing is in flight any more, and outcomes that were not committed are unknown. */
void model_bus_started(struct model *model, const struct model_config *config);
void model_bus_ended(struct model *model);

/* It is asked to stop: from here to its end nothing new has to go out. */
void model_bus_stopping(struct model *model);

/* Somebody has asked for a reload, or was answered: in between, what it changes is stopped. */
void model_reloading(struct model *model, bool begins);

/*
 * A reload has put this configuration in the place of the one before, in this turn of the loop; the
 * answer comes later. Unchanged sinks keep their hosts.
 */
void model_reloaded(struct model *model, const struct model_config *config);

/* A sender was told that its event is accepted (and new, or known already). */
void model_accepted(struct model *model, const char *id, const char *email, bool created,
                    int64_t occurred_unix_ms, bool is_new);

/* A host started, with its handshake behind it; or ended, for whatever reason. */
void model_host_opened(struct model *model, const char *sink);
void model_host_ended(struct model *model, const char *sink, bool killed_for_overrun);

/* A host gets nothing more, for the bus has killed it or its socket is closed; it ends soon. */
void model_host_ending(struct model *model, const char *sink);

/* The bus hands a DELIVER frame to a host, which may read it at once or later. */
void model_sent(struct model *model, const char *sink, uint32_t batch,
                const struct model_sent_event *events, uint32_t count);

/*
 * A host sends an OUTCOME that makes sense, for the first `taken` events of a batch it has (0: it
 * has not begun it); one verdict for all, or, with `verdicts`, one for each. What makes no sense is a host's death and
 * told as such.
 */
struct model_outcome {
    uint32_t batch;
    uint32_t taken;
    int32_t verdict;
    const int32_t *verdicts; /* NULL: all have `verdict` */
    int32_t code;            /* 429 holds */
    int64_t retry_after_ms;  /* 0 for none; goes with RETRY */
};
void model_outcome(struct model *model, const char *sink, const struct model_outcome *outcome);

/*
 * An operator's command that works on the journal by steps is given; for a replay at its target.
 * From here to its answer, the journal may change as it says. Then one of the three below, or
 * model_failed: answered, and without success; `begun` unless it was refused as it came.
 */
enum model_command { MODEL_SKIPS, MODEL_REPLAYS, MODEL_REPLAYS_SUPERSEDED, MODEL_DROPS };
void model_asked(struct model *model, const char *sink, enum model_command command);
void model_failed(struct model *model, const char *sink, bool begun);

/* An operator's command was answered with success. */
void model_held(struct model *model, const char *sink);
void model_resumed(struct model *model, const char *sink);
void model_skipped(struct model *model, const char *sink, bool all, int64_t until_unix_ms);
void model_replayed(struct model *model, const char *sink, bool dead_only);
void model_dropped(struct model *model, const char *sink);

/* The journal cannot be written now, by a fault; or can again. */
void model_disk(struct model *model, bool broken);

/* ---- What must hold ---- */

/*
 * Looks at the journal's file (by its own connection and its own SQL) and at what was told. 0, or
 * -1 with a sentence that names the rule, the sink and the event. Called between steps, when the
 * bus has done all that it can do without time going on.
 */
int model_check(struct model *model, char *text, size_t size);

/*
 * The end of a run: faults are over, every sink is open and answers, nothing is held, and time went
 * on until nothing happened any more. Then nothing may be pending.
 */
int model_check_end(struct model *model, char *text, size_t size);

/* How often each rule had something to look at: a rule that never had is no rule. */
struct model_count {
    const char *rule;
    uint64_t checked;
};
const struct model_count *model_counts(const struct model *model, size_t *count);

#endif
