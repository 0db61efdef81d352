/*
 * What `admin_listen` serves: /healthz (this process is up), /readyz (the bus takes events) and
 * /metrics. The bus is asked by a connection of its own, so that nobody waits behind events, and
 * no event behind a question; when it does not answer soon, that is the answer. One question of a
 * kind is out at a time: whoever asks meanwhile shares the next, so that many cost no more than one.
 */
#ifndef AFFN_HTTP_ADMIN_H
#define AFFN_HTTP_ADMIN_H

#include <stdbool.h>

#include "core/http/bus_link.h"

struct connection;
struct door;
struct json_t;

enum admin_subject {
    ADMIN_READY,
    ADMIN_METRICS,
    ADMIN_SUBJECTS, /* how many there are */
};

/* Somebody who waits for an answer. */
struct admin_asker {
    struct admin_asker *next;
    struct connection *connection;
    struct admin_topic *topic;
};

/* A question and who has asked it; a zeroed struct is ready. */
struct admin_topic {
    struct bus_order order; /* first: it is how the link knows it */
    struct door *door;
    bool out;
    struct admin_asker *asked; /* share the question that is out */
    struct admin_asker *next;  /* and these the next */
    struct json_t *answer;     /* NULL when none came */
    struct buffer text;        /* what it says, once for all who have asked */
};

/* Routes' `serve`. */
void admin_healthz(struct connection *connection);
void admin_readyz(struct connection *connection);
void admin_metrics(struct connection *connection);

#endif
