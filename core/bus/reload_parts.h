/*
 * What the files of a reload share: its state, and the parts that they give one another. reload.c
 * leads it from stage to stage, reload_apply.c changes the bus, reload_answer.c tells of it.
 */
#ifndef AFFN_BUS_RELOAD_PARTS_H
#define AFFN_BUS_RELOAD_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/limits.h"
#include "core/bus/change.h"
#include "core/bus/sink.h"
#include "core/config/config.h"
#include "core/config/mistakes.h"

struct bus;
struct client;
struct json_t;
struct own_child;

enum reload_stage {
    RELOAD_IDLE,
    RELOAD_CHECKING, /* the child runs */
    RELOAD_WAITING,  /* for commands that work at the sinks concerned */
    RELOAD_STOPPING, /* the sinks that are changed or removed, each as at the bus's end */
    RELOAD_OPENING,  /* the new configuration is in force; new sinks say how they opened */
};

/* Who has asked. */
struct reload_asker {
    struct client *client; /* NULL for a signal */
    struct reload_asker *next;
};

struct reload {
    enum reload_stage stage;
    struct reload_asker *asked;  /* the next run is for them */
    struct reload_asker *served; /* this run is for them */
    struct event *timer;
    bool is_due; /* the timer's time is over */

    /* The check. */
    struct own_child *child; /* NULL when it is done */
    struct json_t *checked;  /* what it said; NULL for nothing */
    int checks;              /* done in this run */
    struct mistakes mistakes;

    /* The change: by the places in bus->sinks, and in next.sinks. */
    bool has_next;
    struct config next;
    struct sink_context context;      /* with the next configuration, until it is the bus's own */
    enum change leaving[SINKS_MAX];   /* CHANGE_NONE: it stays */
    enum change coming[SINKS_MAX];    /* CHANGE_NONE: it is there already */
    struct sink *sinks[SINKS_MAX];    /* the next bus->sinks; NULL for one that is not made yet */
    const char *names[3 * SINKS_MAX]; /* of the sinks concerned, former ones too */
    size_t name_count;
    char removed[SINKS_MAX][NAME_BYTES_MAX];
    size_t removed_count;
    bool complained; /* the journal would not take it, and the log says so */
};

/* ---- reload_apply.c ---- */

/* Finds what changes: sets leaving, coming and names. */
void reload_decide(struct bus *bus, struct reload *reload);

/* Whether a command or retention still works at one of the sinks concerned. */
bool reload_is_held_up(const struct bus *bus, const struct reload *reload);

/* Stops what leaves; once it takes too long, the hard way. */
void reload_stop_leaving(struct bus *bus, struct reload *reload);
void reload_kill_leaving(struct bus *bus, struct reload *reload);
bool reload_has_stopped(const struct bus *bus, const struct reload *reload);

/*
 * Puts the new configuration in force and starts its sinks. -1 when the journal cannot open one:
 * then nothing is changed but, maybe, that a renamed sink has its new name there.
 */
int reload_adopt(struct bus *bus, struct reload *reload, struct error *error);

/* Whether every sink that was started has said how it opened. */
bool reload_has_opened(const struct bus *bus, const struct reload *reload);

/* ---- reload_answer.c ---- */

/* The configuration has mistakes; reload->mistakes has them. */
struct json_t *reload_answer_refused(const struct reload *reload);

/* It is in force. */
struct json_t *reload_answer_done(struct bus *bus, const struct reload *reload);

/* What was answered, for the log. */
void reload_log(const struct json_t *answer);

#endif
