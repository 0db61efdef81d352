/*
 * The door's connection to the bus's socket: all requests share it, and nobody waits for another's
 * answer before sending. So what arrives at the same time is committed by the bus in one
 * transaction. Knows lines but not what they say.
 */
#ifndef AFFN_HTTP_BUS_LINK_H
#define AFFN_HTTP_BUS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"
#include "core/http/stream.h"

struct event;
struct event_base;

/* Some lines and the answers to them, in their order. */
struct bus_order {
    struct bus_order *next;
    size_t lines;
    size_t answered;
    void (*take)(struct bus_order *order, const char *line, size_t length); /* one answer */
    /* All answers are there, or no more will come. It is nobody's any more. */
    void (*end)(struct bus_order *order);
};

struct bus_link {
    struct event_base *base;
    char *path;
    bool is_open;
    struct stream stream; /* while it is */
    struct event *retry;
    bool away_said;          /* the log says that there is no connection */
    struct bus_order *first; /* that have answers to come */
    struct bus_order *last;
    size_t waiting_lines;
};

void bus_link_init(struct bus_link *link, struct event_base *base, const char *path);
void bus_link_finish(struct bus_link *link);

enum bus_link_room {
    BUS_LINK_OPEN,
    BUS_LINK_FULL, /* as much is waiting as may */
    BUS_LINK_AWAY, /* there is no connection */
};
enum bus_link_room bus_link_room(const struct bus_link *link);

/* Sends the lines and waits for their answers; only when it is open. */
void bus_link_send(struct bus_link *link, struct bus_order *order, const struct buffer *lines);

#endif
