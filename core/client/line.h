/*
 * An event as a line for the bus: checked, stamped, written. What breaks a rule is refused here, so
 * that it never goes into a spool or a queue, where nobody waits for an answer. Pure.
 */
#ifndef AFFN_CLIENT_LINE_H
#define AFFN_CLIENT_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"

struct affn_client_event;
struct refusal;

/* The two texts of any length, and room for the names, the rest, the LF and a NUL. */
#define CLIENT_LINE_SIZE (EMAIL_BYTES_MAX + DEEP_LINK_BYTES_MAX + 256)

/* Writes the line with its LF and a NUL: its length without the NUL, or -1 with the refusal. */
int client_line_make(const struct affn_client_event *event, int64_t now_unix_ms,
                     char line[CLIENT_LINE_SIZE], struct refusal *refusal);

#endif
