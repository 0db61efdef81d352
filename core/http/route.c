/* See route.h. */
#include "core/http/route.h"

#include <stddef.h>

#include "core/http/head.h"
#include "core/http/ingest.h"

static const struct route routes[] = {
    {DOOR_ROLE_INGEST, "/v1/events", "POST", true, ingest_serve},
};

const struct route *route_find(enum door_role role, const struct head *head, const char **allow)
{
    *allow = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *route = &routes[i];
        if (route->role != role || !span_equal(head->path, route->path))
            continue;
        if (span_equal(head->method, route->method))
            return route;
        *allow = route->method;
    }
    return NULL;
}
