/*
 * Who may do what on the socket: the bus's own user and root everything; members of `operators` the
 * same; members of `publishers` may hand events in and no more; nobody else may connect.
 */
#ifndef AFFN_BUS_ACCESS_H
#define AFFN_BUS_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct config;
struct error;

struct access {
    bool has_publishers;
    bool has_operators;
    gid_t publishers;
    gid_t operators;
};

enum access_level {
    ACCESS_NONE,
    ACCESS_PUBLISH,
    ACCESS_CONTROL,
};

/* Looks the configured groups up. -1 when there is no such group; *key is the one that names it. */
int access_init(struct access *access, const struct config *config, const char **key,
                struct error *error);

/* What the process at the other end of a connected unix socket may do. */
enum access_level access_of_peer(const struct access *access, int fd);

/* Gives socket file and spool directory the mode and group that let these people in. */
int access_apply(const struct access *access, const struct config *config, struct error *error);

#endif
