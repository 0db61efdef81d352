/*
 * The keys of `secret_key` in [bus]: the first seals, all open. A part of the configuration, which
 * holds it; loaded apart from it, for it needs libcrypto, which `affnotify` must not load.
 */
#ifndef AFFN_CONFIG_KEYRING_H
#define AFFN_CONFIG_KEYRING_H

#include <stddef.h>

#include "core/base/limits.h"
#include "core/config/key_file.h"

struct config;
struct mistakes;
struct section;

struct keyring {
    struct secret_key keys[SECRET_KEYS_MAX];
    size_t count;
    const struct section
        *sections; /* the configuration's: where else a value may have been sealed */
    size_t section_count;
    const char *config_path; /* the configuration's, for commands that are to be typed */
};

/*
 * Reads the key files of a configuration into config->keyring, which config_finish wipes. What is
 * wrong is added to mistakes at `secret_key`, and then the configuration is not usable. Without the
 * key `secret_key` there is a keyring without keys. Does nothing the second time.
 */
void keyring_load(struct config *config, struct mistakes *mistakes);

/* The key of an ID, or NULL. */
const struct secret_key *keyring_find(const struct keyring *keyring, const char *id);

#endif
