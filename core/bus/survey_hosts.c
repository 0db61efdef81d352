/* See survey_hosts.h. */
#include "core/bus/survey_hosts.h"

#include <netdb.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/sentences.h"
#include "core/bus/survey_names.h"
#include "core/bus/survey_url.h"
#include "core/config/mistakes.h"

struct survey_host {
    char *name; /* may be a part of a secret */
    bool secret;
    struct place place;
};

void survey_hosts_add(struct survey_hosts *hosts, const char *url, bool secret,
                      const struct place *place)
{
    char *name = survey_url_host(url);
    if (!name)
        return;
    hosts->items = memory_resize(hosts->items, hosts->count + 1, sizeof *hosts->items);
    hosts->items[hosts->count++] =
        (struct survey_host){.name = name, .secret = secret, .place = *place};
}

void survey_hosts_finish(struct survey_hosts *hosts)
{
    if (!hosts)
        return;
    for (size_t i = 0; i < hosts->count; i++)
        memory_wipe_text(hosts->items[i].name);
    free(hosts->items);
    *hosts = (struct survey_hosts){0};
}

static void say(const struct survey_host *host, int answer, struct mistakes *mistakes)
{
    const struct place *place = &host->place;
    const char *name = host->secret ? "its host" : host->name;
    if (answer == 0)
        return;
    if (answer == SURVEY_NAME_LATE)
        mistakes_warn(mistakes, place, SAY_NAME_LATE, name, NAMES_LIMIT_MS / 1000);
    else if (answer == EAI_NONAME || answer == EAI_NODATA)
        mistakes_add(mistakes, place, SAY_NAME_UNKNOWN, name, gai_strerror(answer));
    else
        mistakes_warn(mistakes, place, SAY_NAME_UNSURE, name, gai_strerror(answer));
}

void survey_hosts_look_up(const struct survey_hosts *hosts, const struct mistakes *refused,
                          struct mistakes *mistakes)
{
    struct survey_name *names = memory_new(hosts->count, sizeof *names);
    const struct survey_host **asked = memory_new(hosts->count, sizeof *asked);
    size_t count = 0;
    for (size_t i = 0; i < hosts->count; i++) {
        const struct survey_host *host = &hosts->items[i];
        if (mistakes_errors_at(refused, host->place.section, host->place.key) > 0)
            continue;
        names[count].host = host->name;
        asked[count++] = host;
    }
    survey_names_look(names, count, NAMES_LIMIT_MS, survey_name_ask);
    for (size_t i = 0; i < count; i++)
        say(asked[i], names[i].answer, mistakes);
    free(asked);
    free(names);
}
