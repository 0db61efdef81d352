/*
 * The hosts that sinks would talk to, so that `check --online` can ask whether their names are known. Never
 * says a name that is a part of a secret.
 */
#ifndef AFFN_BUS_SURVEY_HOSTS_H
#define AFFN_BUS_SURVEY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

struct mistakes;
struct place;
struct survey_host;

struct survey_hosts {
    struct survey_host *items;
    size_t count;
};

/* The host of a URL that stands there, if it has one; `secret`: the URL is one. */
void survey_hosts_add(struct survey_hosts *hosts, const char *url, bool secret,
                      const struct place *place);
void survey_hosts_finish(struct survey_hosts *hosts);

/* Asks for all but those whose value is refused already. */
void survey_hosts_look_up(const struct survey_hosts *hosts, const struct mistakes *refused,
                          struct mistakes *mistakes);

#endif
