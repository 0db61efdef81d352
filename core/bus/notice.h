/*
 * Notices: `alert_sink` tells operators when another sink is not open, and when it is open again.
 * What is due is alert.c's to say, the words are alert_text.c's; here the sinks are looked at, one
 * notice at a time goes through the alert sink's host, and what was told is kept in the journal, so
 * that a restart neither repeats nor forgets it. A notice is told when the plugin said DELIVERED;
 * anything else is tried again later, unless it is over by then. The alert sink's own trouble goes to
 * the log.
 */
#ifndef AFFN_BUS_NOTICE_H
#define AFFN_BUS_NOTICE_H

struct bus;

/* Once a turn, outside of any transaction. Nothing is kept across turns but names. */
void notice_step(struct bus *bus);

/* At the end of the bus. */
void notice_stop(struct bus *bus);

#endif
