/*
 * The end of a turn of the loop: what came in and what the sinks settled is written in one
 * transaction; then everybody is answered, and new batches go to the hosts. Called by bus.c.
 */
#ifndef AFFN_BUS_TURN_H
#define AFFN_BUS_TURN_H

struct bus;

/* Writes, commits, answers, and hands new batches out. */
void turn_end(struct bus *bus);

/*
 * Looks whether the journal is still the file of its name: what is unlinked is lost at the next
 * start. Until it is, no event is accepted.
 */
void turn_watch_journal(struct bus *bus);

#endif
