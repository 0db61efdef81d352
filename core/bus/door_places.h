/*
 * The door's listeners as the bus knows them: which there are to be, which are open, and why not;
 * and what `status` and a reload tell of them. Decides, and does nothing: doorkeeper.c tells what
 * has happened.
 */
#ifndef AFFN_BUS_DOOR_PLACES_H
#define AFFN_BUS_DOOR_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/wire/door_message.h"

struct config;
struct json_t;

struct door_place {
    bool is_open;
    bool is_settled; /* its error will hardly go away by itself */
    /* Why it is closed; of an open one: what it could not take, so that it goes on as before. */
    char error[TEXT_BYTES_MAX];
};

/* A zeroed struct is one in which nothing is open yet. */
struct door_places {
    struct door_place places[DOOR_ROLES]; /* by role - 1 */
    uint32_t failures;                    /* in a row */
    char refused[TEXT_BYTES_MAX];         /* what the last reload was refused for, or "" */
    bool was_open;                        /* before the reload */
    bool is_renewed;                      /* by the reload: it has other secrets or certificates */
};

/* Where the role is to listen; NULL for nowhere. */
const char *door_places_url(const struct config *config, enum door_role role);

/* What has been found of a role. "" for no error. */
void door_places_tell(struct door_places *places, enum door_role role, bool is_open,
                      bool is_settled, const char *error);

/* The process has ended, and nothing is open. */
void door_places_close(struct door_places *places, const struct config *config, const char *why);

/* Whether there is no listener that is not open. */
bool door_places_all_open(const struct door_places *places, const struct config *config);
/* … and that has taken what is new. */
bool door_places_are_whole(const struct door_places *places, const struct config *config);
bool door_places_any_open(const struct door_places *places);

/* For `status`: an object, or null when there is nothing to listen on. */
struct json_t *door_places_describe(const struct door_places *places, const struct config *config);

/* For the answer to `reload`: what it has changed, likewise. */
struct json_t *door_places_describe_reload(const struct door_places *places,
                                           const struct config *config);

#endif
