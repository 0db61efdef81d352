/*
 * What a plugin says of itself, as JSON: its options, those of the host and of the bus in a section
 * that names it. Pure. The fields are described in core/wire/README.md.
 */
#ifndef AFFN_BUS_DESCRIBE_H
#define AFFN_BUS_DESCRIBE_H

struct json_t;
struct message_table;

/* version, revision, summary, requests, options, host_options, bus_options. */
struct json_t *describe_table(const struct message_table *table);

#endif
