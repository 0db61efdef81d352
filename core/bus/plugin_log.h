/* What a plugin logs, as a LOG frame of its host: checked, and written into our log. */
#ifndef AFFN_BUS_PLUGIN_LOG_H
#define AFFN_BUS_PLUGIN_LOG_H

#include "core/base/log.h"

struct frame;
struct host_output;

/* Reads a LOG frame. -1 when it makes no sense. */
int plugin_log_read(struct frame *frame, enum log_level *level, const char **text);

/* The same, written to our log. */
int plugin_log_take(struct frame *frame, struct host_output *output);

#endif
