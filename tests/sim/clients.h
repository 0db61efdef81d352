/*
 * Senders and operators, behind core/bus/client.h: each has one request, is answered once and goes.
 */
#ifndef AFFN_TESTS_SIM_CLIENTS_H
#define AFFN_TESTS_SIM_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/model.h"

struct bus;

/* An event as its sender knows it. */
struct sent_event {
    char email[32];
    bool created;
    int64_t occurred_unix_ms;
};

/* A new run; and its end. Those who wait for a bus that is gone never get an answer. */
void clients_begin(void);

/* It is read in the bus's next turn. `stays`: it waits for its answer. */
void clients_send_event(const struct sent_event *event, bool stays);

enum command_kind {
    COMMAND_HOLD,
    COMMAND_RESUME,
    COMMAND_SKIP,
    COMMAND_REPLAY,
    COMMAND_DROP,
    COMMAND_RELOAD,
    COMMAND_LOOK, /* changes nothing */
};

struct command {
    enum command_kind kind;
    const char *sink;      /* for a replay the target */
    int64_t until_unix_ms; /* of a skip; 0: all */
    bool dead_only;        /* of a replay */
    bool superseded;       /* likewise */
    const char *json;      /* as it is sent */
};

void clients_send_command(const struct command *command);

/* IDs of events that were accepted lately; NULL when there was none. */
const char *clients_draw_id(void);

#endif
