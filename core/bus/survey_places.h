/*
 * Where sinks deliver to, so that one place that is there twice is found. Never says a place that may be a
 * secret.
 */
#ifndef AFFN_BUS_SURVEY_PLACES_H
#define AFFN_BUS_SURVEY_PLACES_H

#include <stddef.h>
#include <stdint.h>

#include "core/config/mistakes.h"

struct sink_config;

struct survey_place {
    const struct sink_config *sink;
    struct place place; /* the setting's */
    char *plugin;       /* its own name; NULL for a file that is written */
    char *path;         /* that file; NULL for any other place */
    char *text;         /* the same for the same place; may be a secret */
    uint32_t events;    /* as in sink_tuning */
};

struct survey_places {
    struct survey_place *items;
    size_t count;
};

/* What a sink writes or delivers to. The texts are taken over. */
void survey_places_add(struct survey_places *places, const struct survey_place *added);
void survey_places_finish(struct survey_places *places);

/*
 * Two sinks that write one file are a mistake. Two of one plugin that deliver some event to one place
 * draw a warning. Each is said at the later one.
 */
void survey_places_compare(struct survey_places *places, struct mistakes *mistakes);

#endif
