/* See shown.h. */
#include "core/host/shown.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/host/blot.h"
#include "core/host/request.h"

char *shown_url(const struct request *request, const struct blot *known)
{
    if (!request->url_secret)
        return blot_new(known, &request->secrets, request->url);
    size_t scheme = strcspn(request->url, ":");
    return memory_format("%.*s://%s/" BLOT, (int)scheme, request->url, request->host);
}

static bool is_secret(const struct request *request, const char *name)
{
    if (strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "Proxy-Authorization") == 0)
        return true;
    size_t at = request_find_header(request, name, 0);
    for (; at < request->header_count; at = request_find_header(request, name, at + 1)) {
        if (request->header_secret[at])
            return true;
    }
    return false;
}

/* How one logs in is no secret, and tells most of what one wants to know. */
static const char *scheme_of(const char *value)
{
    static const char *const schemes[] = {"Bearer ", "Basic "};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strncmp(value, schemes[i], strlen(schemes[i])) == 0)
            return schemes[i];
    }
    return "";
}

char *shown_line(const struct request *request, const struct blot *known, const char *line)
{
    const char *value = strchr(line, ':');
    char *name = memory_text_part(line, value ? (size_t)(value - line) : 0);
    char *shown = NULL;
    if (value && is_secret(request, name)) {
        value += 1 + strspn(value + 1, " ");
        shown = memory_format("%s: %s%s", name, scheme_of(value), *value ? BLOT : "");
    } else {
        shown = blot_new(known, &request->secrets, line);
    }
    memory_wipe_text(name);
    return shown;
}
