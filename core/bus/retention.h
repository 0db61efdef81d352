/*
 * What the journal keeps: `retain`, `retain_dead`, `journal_max`. About once an hour a pass prunes
 * what is old enough; when the journal is larger than it may be, room is made at once. All of it
 * goes by small steps with pauses between them, each in a transaction of its own, and nobody waits.
 * Called by bus.c and turn.c.
 */
#ifndef AFFN_BUS_RETENTION_H
#define AFFN_BUS_RETENTION_H

struct bus;
struct json_t;

/* The first look at the journal comes a little later. Without it the others do nothing. */
void retention_start(struct bus *bus);
void retention_stop(struct bus *bus);

/* A step, when one is due. Outside of any transaction, and before new batches go out. */
void retention_step(struct bus *bus);

/* Adds to the bus's part of `status`. */
void retention_describe(const struct bus *bus, struct json_t *described);

#endif
