/*
 * What simulated hosts and their far sides do, drawn from the seed: at start, with each frame, and
 * when they are asked to end. Each sink's far side is in some mood for a while, so that long
 * outages happen as well as single failures.
 */
#ifndef AFFN_TESTS_SIM_REACTIONS_H
#define AFFN_TESTS_SIM_REACTIONS_H

#include <stdbool.h>

struct frame;
struct sim_host;

/* A new run. */
void reactions_begin(void);

/* Another mood for the far side of a sink. Some moods are rare. */
void reactions_change_mood(const char *sink);

/* From now on everything goes well. */
void reactions_calm_down(void);

bool reactions_refuse_start(void);
void reactions_to_start(struct sim_host *host);
void reactions_to_frame(struct sim_host *host, struct frame *frame);

/* Something happens to a host that nobody asked for: it dies, or reads nothing for a while. */
void reactions_die_idle(struct sim_host *host);
void reactions_stop_reading(struct sim_host *host);

#endif
