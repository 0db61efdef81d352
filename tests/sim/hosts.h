/*
 * The simulated hosts, behind core/bus/host_process.h: processes that are none. Each has a socket
 * of a certain size and a list of what it will do and when; hosts.c carries that out, and
 * reactions.c thinks it up.
 */
#ifndef AFFN_TESTS_SIM_HOSTS_H
#define AFFN_TESTS_SIM_HOSTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>

#include "core/base/buffer.h"
#include "core/bus/host_process.h"
#include "tests/sim/model.h"

/* What the model is told as a frame reaches the bus. */
struct told {
    bool opened;
    bool has_outcome;
    struct model_outcome outcome;
    int32_t *verdicts; /* the outcome's own */
};

enum deed_kind {
    DEED_SEND,  /* bytes go to the bus */
    DEED_READ,  /* it reads its socket again */
    DEED_CLOSE, /* its socket closes */
    DEED_DIE,   /* with a status as wait(2) has it */
};

struct deed {
    enum deed_kind kind;
    int64_t due_ms;
    uint64_t number; /* of those that are due at once, the first thought up comes first */
    struct buffer bytes;
    struct told told;
    int status;
    struct deed *next;
};

struct sim_host {
    struct host_process *process;
    int pid;
    char sink[64];
    struct buffer socket; /* what the bus has sent and the host not read */
    size_t socket_bytes_max;
    size_t seen; /* of what the bus has put out, told to the model already */
    bool reads;
    bool requests; /* it takes several batches at a time */
    bool closing;  /* it was asked to end: what it does not finish is not charged */
    bool hangs;    /* it will not even end when asked to */
    int64_t timeout_ms;
    int64_t last_answer_ms; /* when the last of its answers is due */
    struct deed *deeds;
    struct sim_host *next;
};

/* A new run. And: a host of this sink does what blocking hosts, or such for requests, do. */
void hosts_begin(void);

/* When one of them does something; TIMES_NEVER when nothing is under way. */
int64_t hosts_next_due(void);

/* They do what is due. */
void hosts_act(void);

/* Of those that run: how many, one that is drawn, that of a sink. NULL when there is none. */
size_t hosts_count(void);
struct sim_host *hosts_draw(void);

/* What a host will do, in so many milliseconds; the bytes and the told verdicts become its own. */
void hosts_will_send(struct sim_host *host, int64_t delay_ms, struct buffer bytes,
                     const struct told *told);
void hosts_will_close(struct sim_host *host, int64_t delay_ms);
void hosts_will_die(struct sim_host *host, int64_t delay_ms, int status);

/* It reads nothing for so long, and its socket takes so much. */
void hosts_stop_reading(struct sim_host *host, int64_t for_ms, size_t socket_bytes);

#endif
