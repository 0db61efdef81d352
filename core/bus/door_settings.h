/*
 * What affnotify-http has to know, out of [bus]: where to listen, its certificate, and the tokens and
 * secrets, resolved. Used by doorkeeper.c, and by `check`.
 */
#ifndef AFFN_BUS_DOOR_SETTINGS_H
#define AFFN_BUS_DOOR_SETTINGS_H

#include "core/wire/door_message.h"

struct config;
struct mistakes;

struct door_settings {
    struct door_setup setup; /* points into the configuration, and to the secrets here */
    char *secrets[2 * HTTP_CREDENTIALS_MAX];
    size_t secret_count;
};

/*
 * For a configuration with `listen` or `admin_listen`. -1 when something cannot be had or read; what
 * is wrong is added to mistakes, each at its key. To be finished in any case, which wipes the secrets.
 */
int door_settings_load(struct door_settings *settings, const struct config *config,
                       struct mistakes *mistakes);
void door_settings_finish(struct door_settings *settings);

/* For `check`: the same, and nothing is kept. Does nothing when there is neither. */
void door_settings_check(struct config *config);

#endif
