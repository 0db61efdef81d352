/* See survey_url.h. */
#include "core/bus/survey_url.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"

/* Lengths of the parts, which lie one behind the other; userinfo includes its `@`. */
struct parts {
    const char *scheme, *user, *host, *port, *rest;
    size_t scheme_bytes, user_bytes, host_bytes, port_bytes;
};

static bool split(const char *url, struct parts *parts)
{
    const char *mark = strstr(url, "://");
    if (!mark || mark == url)
        return false;
    const char *authority = mark + 3;
    const char *rest = authority + strcspn(authority, "/?#");
    const char *host = authority;
    for (const char *next = authority; next < rest; next++) {
        if (*next == '@')
            host = next + 1;
    }
    const char *end = *host == '[' ? memchr(host, ']', (size_t)(rest - host)) : NULL;
    const char *colon = memchr(end ? end : host, ':', (size_t)(rest - (end ? end : host)));
    const char *host_end = colon ? colon : rest;
    *parts = (struct parts){.scheme = url,
                            .scheme_bytes = (size_t)(mark - url),
                            .user = authority,
                            .user_bytes = (size_t)(host - authority),
                            .host = host,
                            .host_bytes = (size_t)(host_end - host),
                            .port = colon ? colon + 1 : rest,
                            .port_bytes = colon ? (size_t)(rest - colon - 1) : 0,
                            .rest = rest};
    return parts->host_bytes > 0;
}

static void lower(char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)tolower((unsigned char)text[i]);
}

static bool is_own_port(const struct parts *parts)
{
    static const struct {
        const char *scheme, *port;
    } ports[] = {{"https", "443"}, {"http", "80"}, {"smtp", "25"}, {"smtps", "465"}};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        if (strlen(ports[i].scheme) == parts->scheme_bytes &&
            strncasecmp(ports[i].scheme, parts->scheme, parts->scheme_bytes) == 0)
            return strlen(ports[i].port) == parts->port_bytes &&
                   memcmp(ports[i].port, parts->port, parts->port_bytes) == 0;
    }
    return false;
}

char *survey_url_host(const char *url)
{
    struct parts parts;
    if (!split(url, &parts))
        return NULL;
    bool bracketed = *parts.host == '[' && parts.host_bytes > 2;
    size_t bytes = parts.host_bytes - (bracketed ? 2 : 0);
    char *host = memory_text_part(parts.host + bracketed, bytes);
    lower(host, bytes);
    return host;
}

char *survey_url_same(const char *url)
{
    struct parts parts;
    if (!split(url, &parts))
        return NULL;
    bool with_port = parts.port_bytes > 0 && !is_own_port(&parts);
    size_t rest_bytes = strcspn(parts.rest, "#");
    char *same =
        memory_format("%.*s://%.*s%.*s%s%.*s%s%.*s", (int)parts.scheme_bytes, parts.scheme,
                      (int)parts.user_bytes, parts.user, (int)parts.host_bytes, parts.host,
                      with_port ? ":" : "", with_port ? (int)parts.port_bytes : 0, parts.port,
                      *parts.rest == '/' ? "" : "/", (int)rest_bytes, parts.rest);
    lower(same, parts.scheme_bytes);
    lower(same + parts.scheme_bytes + strlen("://") + parts.user_bytes, parts.host_bytes);
    return same;
}

bool survey_url_is_place(const char *url)
{
    return strncasecmp(url, "http:", 5) == 0 || strncasecmp(url, "https:", 6) == 0;
}
