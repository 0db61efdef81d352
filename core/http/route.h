/* What is served, as a table: which listener's role, which path, which method, by whom. */
#ifndef AFFN_HTTP_ROUTE_H
#define AFFN_HTTP_ROUTE_H

#include <stdbool.h>

#include "core/wire/door_message.h"

struct connection;
struct head;

struct route {
    enum door_role role;
    const char *path;
    const char *methods; /* as the header Allow lists them */
    bool takes_events; /* JSON in a body, from somebody who has proved who they are; else no body */
    /* A request of this route is whole; answered now or later, by connection_answer. */
    void (*serve)(struct connection *connection);
};

/* The route of a request; NULL, and whether the path is there for another method. */
const struct route *route_find(enum door_role role, const struct head *head, const char **allow);

#endif
