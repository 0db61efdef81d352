/*
 * Whether what a sink's secrets stand for has changed since its host was given them: a token that is
 * rotated in its file needs no restart. Reads the files anew, keeps digests only, and decides nothing:
 * sink_renew.c begins the host anew. Called with the section and the keyring in force.
 */
#ifndef AFFN_BUS_ROTATION_H
#define AFFN_BUS_ROTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/limits.h"
#include "core/bus/fingerprint.h"

struct config;
struct sink_config;

/* A zeroed struct has no secrets. */
struct rotation {
    struct rotation_key {
        char *name;
        bool is_list;
    } * keys; /* of the section, whose values were secrets */
    size_t count;
};

void rotation_finish(struct rotation *rotation);

/* Notes a key, once. */
void rotation_add(struct rotation *rotation, const char *name, bool is_list);

/*
 * Resolves the secrets of these keys again. True when all could be had and their digest is not `known`
 * (as fingerprint.h makes it). What cannot be had is logged, and what is in force stays so; `unread` says
 * why, or is "".
 */
bool rotation_happened(const struct rotation *rotation, const struct config *config,
                       const struct sink_config *sink, const char *known,
                       char unread[TEXT_BYTES_MAX]);

#endif
