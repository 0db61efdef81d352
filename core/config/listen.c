/* See listen.h. */
#include "core/config/listen.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/sentences.h"
#include "core/config/value.h"

/* ---- Parts ---- */

bool listen_is_https(const char *url)
{
    return strncasecmp(url, "https:", strlen("https:")) == 0;
}

void listen_split(const char *url, char **host, char **port)
{
    const char *authority = strstr(url, "://") + 3;
    size_t length = strcspn(authority, "/?#");
    const char *bracket = memrchr(authority, ']', length);
    const char *after = bracket ? bracket : authority;
    const char *colon = memchr(after, ':', length - (size_t)(after - authority));
    size_t host_bytes = colon ? (size_t)(colon - authority) : length;
    *port = colon ? memory_text_part(colon + 1, length - host_bytes - 1)
                  : memory_text(listen_is_https(url) ? "443" : "80");
    *host = bracket ? memory_text_part(authority + 1, host_bytes - 2)
                    : memory_text_part(authority, host_bytes);
}

/* ---- Which addresses a host stands for ---- */

static bool is_name(const char *host)
{
    struct in_addr address;
    return !strchr(host, ':') && inet_pton(AF_INET, host, &address) != 1;
}

static bool is_localhost(const char *host)
{
    return strcasecmp(host, "localhost") == 0;
}

static bool is_loopback(const char *host)
{
    return is_localhost(host) || text_equal(host, "::1") ||
           (!is_name(host) && text_starts(host, "127."));
}

/* Whether the first stands for the second, too. The door's [::] is IPv6 alone. */
static bool covers(const char *wide, const char *host)
{
    if (text_equal(wide, "0.0.0.0"))
        return !strchr(host, ':');
    if (text_equal(wide, "::"))
        return strchr(host, ':') || is_name(host);
    if (is_localhost(wide))
        return text_equal(host, "127.0.0.1") || text_equal(host, "::1");
    return false;
}

bool listen_clash(const char *one, const char *other)
{
    char *host, *port, *other_host, *other_port;
    listen_split(one, &host, &port);
    listen_split(other, &other_host, &other_port);
    bool clash =
        atoi(port) == atoi(other_port) &&
        (strcasecmp(host, other_host) == 0 || covers(host, other_host) || covers(other_host, host));
    free(host);
    free(port);
    free(other_host);
    free(other_port);
    return clash;
}

/* ---- Checks ---- */

/* By its form, else by its scheme, which value_url has a sentence about. */
static int check_url(const char *text, const char *form, struct error *error)
{
    if (value_url(text, NULL, error) < 0)
        return error_set(error, "%s", form);
    return value_url(text, "https http", error);
}

static int check(const char *text, const char *form, struct error *error)
{
    char *host, *port;
    if (check_url(text, form, error) < 0)
        return -1;
    const char *authority = strstr(text, "://") + 3;
    const char *rest = authority + strcspn(authority, "/?#");
    if (*rest && !text_equal(rest, "/"))
        return error_set(error, SAY_LISTEN_END);
    listen_split(text, &host, &port);
    bool is_bare = !listen_is_https(text) && !is_loopback(host);
    free(host);
    free(port);
    if (is_bare)
        return error_set(error, SAY_LISTEN_PLAIN);
    return 0;
}

int listen_check(const char *text, struct error *error)
{
    return check(text, SAY_LISTEN, error);
}

/* A port alone is http on loopback. */
int listen_check_admin(const char *text, struct error *error)
{
    if (strspn(text, "0123456789") < strlen(text))
        return check(text, SAY_ADMIN_LISTEN, error);
    long port = strlen(text) <= 5 ? strtol(text, NULL, 10) : 0;
    return port > 0 && port <= 65535 ? 0 : error_set(error, SAY_ADMIN_PORT);
}
