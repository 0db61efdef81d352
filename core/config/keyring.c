/* See keyring.h. */
#include "core/config/keyring.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/credential.h"
#include "core/config/sentences.h"

/*
 * Root seals for the bus, whose key belongs to the user that it runs as: the one whose state
 * directory it is.
 */
static uid_t find_owner(const struct config *config)
{
    struct stat status;
    bool is_known = geteuid() == 0 && stat(config->state, &status) == 0;
    return is_known ? status.st_uid : KEY_NO_OTHER_OWNER;
}

static int read_key(const struct config *config, const char *item, struct secret_key *key,
                    struct error *error)
{
    if (!credential_is(item))
        return key_file_read(item, find_owner(config), key, error);
    char *path = credential_path(item, error);
    int result = path ? key_file_read_credential(path, key, error) : -1;
    free(path);
    return result;
}

const struct secret_key *keyring_find(const struct keyring *keyring, const char *id)
{
    for (size_t i = 0; i < keyring->count; i++) {
        if (text_equal(keyring->keys[i].id, id))
            return &keyring->keys[i];
    }
    return NULL;
}

/* Adds one key, or the mistake. */
static void add(struct keyring *keyring, const struct config *config, const char *item,
                const struct place *place, struct mistakes *mistakes)
{
    struct error error;
    struct secret_key *key = &keyring->keys[keyring->count];
    if (read_key(config, item, key, &error) < 0)
        mistakes_add(mistakes, place, "%s", error.text);
    else if (keyring_find(keyring, key->id))
        mistakes_add(mistakes, place, SAY_KEY_ID_TWICE, item, key->id);
    else
        keyring->count++;
}

void keyring_load(struct config *config, struct mistakes *mistakes)
{
    if (config->keyring)
        return;
    struct keyring *keyring = memory_new(1, sizeof *keyring);
    config->keyring = keyring;
    keyring->sections = config->document.sections;
    keyring->section_count = config->document.count;
    keyring->config_path = config->path;
    const struct section *bus = document_section(&config->document, "bus");
    size_t errors = mistakes_errors(mistakes);
    for (size_t i = 0; i < config->secret_keys.count; i++) {
        struct place place = section_place(bus, section_setting(bus, "secret_key"));
        add(keyring, config, config->secret_keys.items[i], &place, mistakes);
    }
    if (mistakes_errors(mistakes) > errors)
        config->usable = config->is_certain = false;
}
