/*
 * What affnotify-http has to know, out of [bus]: where to listen, its certificate, and the tokens and
 * secrets, resolved. Used by doorkeeper.c, and by `check`.
 */
#ifndef AFFN_BUS_DOOR_SETTINGS_H
#define AFFN_BUS_DOOR_SETTINGS_H

#include "core/bus/fingerprint.h"
#include "core/wire/door_message.h"

struct config;
struct mistake;
struct mistakes;

struct door_settings {
    /* Points into the configuration, and to the secrets here. Its listeners are those that can be
     * opened with what was found; the others have a fault. */
    struct door_setup setup;
    char *secrets[2 * HTTP_CREDENTIALS_MAX];
    size_t secret_count;
    char *faults[DOOR_ROLES]; /* by role - 1: its first mistake, with its place; NULL for none */
    char fingerprint[FINGERPRINT_SIZE]; /* of tokens, secrets, certificate and key */
};

/*
 * For a configuration with `listen` or `admin_listen`. What is wrong is added to mistakes, each at
 * its key, and keeps only those listeners closed that need it. To be finished, which wipes the secrets.
 */
void door_settings_load(struct door_settings *settings, const struct config *config,
                        struct mistakes *mistakes);
void door_settings_finish(struct door_settings *settings);

/* For `check`: the same, and nothing is kept. Does nothing when there is neither. */
void door_settings_check(struct config *config);

/* The first mistake at one of the door's certificate, key, tokens and secrets; NULL for none. */
const struct mistake *door_settings_mistake(const struct mistakes *mistakes);

#endif
