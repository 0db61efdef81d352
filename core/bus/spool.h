/*
 * The spool: files that `affnotify emit` and the C client left while the bus was away. Each holds
 * events, one JSON object a line. A file is removed once everything in it is committed; a line that
 * is refused is kept in the journal.
 */
#ifndef AFFN_BUS_SPOOL_H
#define AFFN_BUS_SPOOL_H

struct bus;

/* Takes the oldest files into this turn's transaction. */
void spool_take(struct bus *bus);

/* After the commit: removes what was taken. */
void spool_committed(struct bus *bus);

/* At the end of a turn: what was not committed is taken again. */
void spool_forget(struct bus *bus);

#endif
