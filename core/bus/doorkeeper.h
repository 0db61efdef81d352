/*
 * Starts affnotify-http when [bus] has `listen` or `admin_listen`, hands it what it must know, and
 * starts it again when it ends. Each of the two stands for itself: what is wrong with one keeps the
 * other from nothing. Nothing that comes by the network is read here: the door is a client
 * of the bus's socket like any other, and whatever happens to it keeps no event from its sinks.
 */
#ifndef AFFN_BUS_DOORKEEPER_H
#define AFFN_BUS_DOORKEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/buffer.h"
#include "core/bus/door_places.h"
#include "core/bus/fingerprint.h"
#include "core/bus/handed_sockets.h"

struct config;
struct error;
struct event;
struct event_base;
struct json_t;
struct mistake;

struct doorkeeper {
    const struct config *config; /* NULL before init */
    struct event_base *base;
    struct handed_sockets handed;
    int program_fd; /* affnotify-http, opened once; -1 while there is nothing to listen on */
    pid_t pid;      /* 0 while none runs */
    int socket_fd;  /* -1 when closed */
    struct event *readable;
    struct event *timer; /* to try again, or to give up waiting for it */
    struct buffer in;
    struct door_places places;
    uint32_t unanswered;          /* SETUPs that it has not answered yet */
    char sent[FINGERPRINT_SIZE];  /* of the last of them … */
    char taken[FINGERPRINT_SIZE]; /* … and of the last that it took as a whole; "" for none */
    bool is_announced;            /* the log says that it is open */
    bool stopping;
    uint64_t restarts; /* it ended unasked so often */
    int64_t opened_mono_ms;
    char end[TEXT_BYTES_MAX]; /* why we have ended it, or "" */
};

/* Opens the program. -1 when it is needed and not there. */
int doorkeeper_init(struct doorkeeper *keeper, struct event_base *base, const struct config *config,
                    struct error *error);
void doorkeeper_start(struct doorkeeper *keeper);

/*
 * Certificate, key and secrets are read again, and work for the next request; a listener that cannot
 * use them goes on with what it had, and one that is closed is tried at once. Where it listens is
 * settled when the bus is started.
 */
void doorkeeper_reload(struct doorkeeper *keeper);

/* Whether it has answered all of that, so that its outcome can be told. */
bool doorkeeper_has_answered(const struct doorkeeper *keeper);

/* A reload was refused, for this mistake of the door's among others; NULL for none of the door's. */
void doorkeeper_refuse_reload(struct doorkeeper *keeper, const struct mistake *mistake);

/* Takes nothing more in, answers what was begun, ends; or at once. */
void doorkeeper_stop(struct doorkeeper *keeper);
void doorkeeper_kill(struct doorkeeper *keeper);
bool doorkeeper_is_down(const struct doorkeeper *keeper);

/* Called for each child that ended: true when it was the door. */
bool doorkeeper_reaped(struct doorkeeper *keeper, pid_t pid, int status);

/* For `status`, and for the answer to `reload`: objects, or null when there is nothing to listen on. */
struct json_t *doorkeeper_describe(const struct doorkeeper *keeper);
struct json_t *doorkeeper_describe_reload(const struct doorkeeper *keeper);

void doorkeeper_finish(struct doorkeeper *keeper);

#endif
