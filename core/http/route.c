/* See route.h. */
#include "core/http/route.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/http/admin.h"
#include "core/http/head.h"
#include "core/http/ingest.h"

#define READS "GET, HEAD"

static const struct route routes[] = {
    {DOOR_ROLE_INGEST, "/v1/events", "POST", true, ingest_serve},
    {DOOR_ROLE_ADMIN, "/healthz", READS, false, admin_healthz},
    {DOOR_ROLE_ADMIN, "/readyz", READS, false, admin_readyz},
    {DOOR_ROLE_ADMIN, "/metrics", READS, false, admin_metrics},
};

/* Whether it is one of those in the list. */
static bool is_among(struct span method, const char *methods)
{
    while (*methods) {
        size_t length = strcspn(methods, ",");
        if (method.length == length && memcmp(method.start, methods, length) == 0)
            return true;
        methods += length;
        methods += strspn(methods, ", ");
    }
    return false;
}

const struct route *route_find(enum door_role role, const struct head *head, const char **allow)
{
    *allow = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *route = &routes[i];
        if (route->role != role || !span_equal(head->path, route->path))
            continue;
        if (is_among(head->method, route->methods))
            return route;
        *allow = route->methods;
    }
    return NULL;
}
