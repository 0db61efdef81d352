/*
 * The two ways on which lines leave a client: over the bus's socket, by connections that are kept
 * for the next call, and into the spool. Any thread may call any of it. client.c decides which way
 * a published event goes, post.c a posted one.
 */
#ifndef AFFN_CLIENT_LANE_H
#define AFFN_CLIENT_LANE_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/wire/spool_file.h"

struct affn_client_result;
struct error;

struct lane {
    char socket[SOCKET_BYTES_MAX + 1];
    char spool_directory[PATH_MAX - 2 * SPOOL_FILE_NAME_SIZE]; /* a temporary file fits, too */
    struct spool_file spool;

    pthread_mutex_t lock; /* for what follows; never held while anything is waited for */
    int idle_fds[CLIENT_IDLE_CONNECTIONS_MAX];
    int idle_count;
    char last_spooled[SPOOL_FILE_NAME_SIZE]; /* "" for none that still may be there */
    int64_t last_spooled_mono_ms;
};

/* 0, or -1 with errno when a path is too long. */
int lane_init(struct lane *lane, const char *socket, const char *spool);
void lane_finish(struct lane *lane);

/* Lines for the bus. */
struct lane_lines {
    const char *bytes;
    size_t length;
    size_t count;
    char *answers; /* memory for what the bus answers, some 1,000 bytes a line */
    size_t answers_size;
};

/*
 * Sends the lines and reads their answers. Returns how many were answered by other than
 * AFFN_CLIENT_FAILED, counted from the first; kinds[] has what each answer was, `last` the last
 * answer. When that is not all, the error says why.
 */
size_t lane_send(struct lane *lane, const struct lane_lines *lines, int64_t deadline_mono_ms,
                 int32_t kinds[], struct affn_client_result *last, struct error *error);

/* Writes the lines, SPOOL_FILE_BYTES_MAX at most, to the spool; -1 with the error. */
int lane_spool(struct lane *lane, const char *bytes, size_t length, struct error *error);

/*
 * Whether what was spooled last is there still. Until the bus has taken it, what comes after it
 * goes into the spool too, so that no event overtakes an earlier one of its affiliate; but for
 * CLIENT_SPOOL_PATIENCE_MS at most, since nobody may be reading that spool.
 */
bool lane_has_spooled(struct lane *lane, struct error *error);

#endif
