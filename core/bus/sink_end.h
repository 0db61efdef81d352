/*
 * What it means that a sink's host has ended: at which step it was, and what to do about it. Pure.
 * Called by sink.c, before the sink goes on to another state.
 */
#ifndef AFFN_BUS_SINK_END_H
#define AFFN_BUS_SINK_END_H

struct sink;

#define SINK_END_ASK_AUTHOR "ask who wrote the plugin"

/* "the plugin's process REASON while it delivered 3 events"; to be freed. */
char *sink_end_problem(const struct sink *sink, const char *reason);

const char *sink_end_remedy(const struct sink *sink);

#endif
