/*
 * The bus's life in the simulated world: what core/bus/bus.c does around a turn of the loop, without
 * processes, sockets and signals. One bus at a time.
 */
#ifndef AFFN_TESTS_SIM_LIFE_H
#define AFFN_TESTS_SIM_LIFE_H

#include <stdbool.h>
#include <stdint.h>

struct plan;

/* Starts a bus in this directory with this configuration. False when it could not start. */
bool life_start(const struct plan *plan, const char *directory);
bool life_is_running(void);

/* Asks it to end: it does so as time goes on. */
void life_stop(void);
bool life_is_stopping(void);

/* Whether a sink is stopped for a mistake: only a start mends that. */
bool life_has_stopped_sink(void);

/* Whether the bus says that nothing is pending any more at the sinks of the configuration. */
bool life_is_settled(void);

/* Whether an operator's hand holds a sink. */
bool life_is_held(const char *sink);

/*
 * The file is written anew for a reload, not while one is under way; the plan stays where it is
 * until that has read it.
 */
void life_write_config(const struct plan *plan, const char *directory, bool with_mistake);
bool life_is_reloading(void);

/* Whether the bus runs with this plan as it is now. */
bool life_runs_by(const struct plan *plan);

/* It is gone at once, with all that it had in memory. */
void life_kill(void);

/*
 * The bus has its turns until it has nothing more to do without time going on. False when it goes
 * on without end. A bus that was killed in a write, or has stopped, is gone after it.
 */
bool life_turns(void);

/* When the next timer or host is due; TIMES_NEVER for none. */
int64_t life_next_due(void);

#endif
