/*
 * What a plugin says in our log: the lines that its process prints, and those that it logs. Both
 * count against one limit (flood.h); what is beyond it is counted, and the count is logged. Used by
 * host_process.c for the pipe, and by plugin_log.c for LOG frames.
 */
#ifndef AFFN_BUS_HOST_OUTPUT_H
#define AFFN_BUS_HOST_OUTPUT_H

#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/log.h"
#include "core/bus/flood.h"

struct event;
struct event_base;

struct host_output {
    const char *name; /* the sink's; borrowed */
    int fd;           /* the pipe from the process; -1 when closed */
    struct event *readable;
    struct buffer line;
    uint64_t cut_bytes; /* of this line, which is longer than we keep */
    struct flood flood;
    struct event *flood_end;
};

void host_output_init(struct host_output *output, const char *name);
void host_output_finish(struct host_output *output);

/* Logs what comes by this pipe, which is the output's own from now on. */
void host_output_open(struct host_output *output, struct event_base *base, int fd);

/* The process has ended: logs what it had still written, and what was left out, and closes. */
void host_output_close(struct host_output *output);

/* A line in the log that the plugin wants there, unless it has said too much lately. */
void host_output_say(struct host_output *output, enum log_level level, const char *message,
                     const char *key, const char *text);

#endif
