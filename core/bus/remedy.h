/*
 * What to do about a sink that is not open, as `status` and notices say it: with file and line where
 * our settings brought it about.
 */
#ifndef AFFN_BUS_REMEDY_H
#define AFFN_BUS_REMEDY_H

struct sink;
struct sink_view;

/* The sentence, "" for none; to be freed. */
char *remedy_of_sink(const struct sink *sink, const struct sink_view *view);

/* The same for one that is no longer configured and has pending events. */
char *remedy_of_removed(const char *name);

#endif
