/* See door_places.h; the objects are described in core/wire/README.md. */
#include "core/bus/door_places.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/bus/answer.h"
#include "core/config/config.h"

static const char *const keys[DOOR_ROLES] = {
    [DOOR_ROLE_INGEST - 1] = "listen",
    [DOOR_ROLE_ADMIN - 1] = "admin_listen",
};

const char *door_places_url(const struct config *config, enum door_role role)
{
    return role == DOOR_ROLE_INGEST ? config->listen : config->admin_listen;
}

/* ---- What happens ---- */

void door_places_tell(struct door_places *places, enum door_role role, bool is_open,
                      bool is_settled, const char *error)
{
    struct door_place *place = &places->places[role - 1];
    place->is_open = is_open;
    place->is_settled = is_settled;
    snprintf(place->error, sizeof place->error, "%s", error);
}

void door_places_close(struct door_places *places, const struct config *config, const char *why)
{
    for (enum door_role role = 1; role <= DOOR_ROLES; role++) {
        struct door_place *place = &places->places[role - 1];
        bool stays = place->is_settled && !place->is_open; /* what keeps it closed all the same */
        if (door_places_url(config, role) && !stays)
            door_places_tell(places, role, false, false, why);
    }
}

/* ---- Questions ---- */

bool door_places_all_open(const struct door_places *places, const struct config *config)
{
    for (enum door_role role = 1; role <= DOOR_ROLES; role++) {
        if (door_places_url(config, role) && !places->places[role - 1].is_open)
            return false;
    }
    return true;
}

bool door_places_are_whole(const struct door_places *places, const struct config *config)
{
    bool is_whole = door_places_all_open(places, config);
    for (size_t i = 0; i < DOOR_ROLES; i++)
        is_whole = is_whole && !places->places[i].error[0];
    return is_whole;
}

bool door_places_any_open(const struct door_places *places)
{
    for (size_t i = 0; i < DOOR_ROLES; i++) {
        if (places->places[i].is_open)
            return true;
    }
    return false;
}

static bool needs_somebody(const struct door_places *places, const struct door_place *place)
{
    return place->error[0] && (place->is_settled || places->failures >= FAILURES_OF_NOTE);
}

static const char *state_of(const struct door_place *place)
{
    if (place->is_open)
        return "open";
    return place->error[0] ? "closed" : "opening";
}

/* ---- status ---- */

json_t *door_places_describe(const struct door_places *places, const struct config *config)
{
    json_t *listeners = json_array();
    bool needs = places->refused[0];
    for (enum door_role role = 1; role <= DOOR_ROLES; role++) {
        const struct door_place *place = &places->places[role - 1];
        const char *url = door_places_url(config, role);
        if (!url)
            continue;
        needs |= needs_somebody(places, place);
        json_array_append_new(listeners,
                              json_pack("{s:s,s:o,s:s,s:o}", "key", keys[role - 1], "url",
                                        answer_text(url), "state", state_of(place), "error",
                                        answer_text_or_null(place->error)));
    }
    if (json_array_size(listeners) == 0) {
        json_decref(listeners);
        return json_null();
    }
    return json_pack("{s:o,s:o,s:b}", "listeners", listeners, "refused",
                     answer_text_or_null(places->refused), "needs_somebody", needs);
}

/* ---- reload ---- */

static const char *change_of_reload(const struct door_places *places, bool is_whole)
{
    if (is_whole && !places->was_open)
        return "opened";
    return is_whole && places->is_renewed ? "renewed" : "unchanged";
}

/* What keeps each from what it should be, in one sentence; "" for nothing. */
static void list_errors(const struct door_places *places, const struct config *config,
                        struct buffer *text)
{
    for (enum door_role role = 1; role <= DOOR_ROLES; role++) {
        const struct door_place *place = &places->places[role - 1];
        const char *url = door_places_url(config, role);
        if (!url || (place->is_open && !place->error[0]))
            continue;
        buffer_printf(text, "%s%s %s: %s", text->len > 0 ? "; " : "", url,
                      place->is_open ? "goes on with what it had" : "is closed",
                      place->error[0] ? place->error : "affnotify-http has not answered yet");
    }
}

json_t *door_places_describe_reload(const struct door_places *places, const struct config *config)
{
    struct buffer what;
    if (!config->listen && !config->admin_listen)
        return json_null();
    buffer_init(&what, DOOR_ROLES * 2 * TEXT_BYTES_MAX);
    list_errors(places, config, &what);
    json_t *described =
        json_pack("{s:s,s:s,s:o}", "change", change_of_reload(places, what.len == 0), "state",
                  door_places_all_open(places, config) ? "open" : "closed", "what",
                  answer_text_or_null(what.data));
    buffer_finish(&what);
    return described;
}
