/*
 * The values of a sink's section, checked against the option tables and written into the structs
 * that the tables describe: the plugin's own, and for a sink that makes requests the host's
 * (request_keys.h). Pure. Called by host.c for OPTIONS.
 */
#ifndef AFFN_HOST_OPTIONS_H
#define AFFN_HOST_OPTIONS_H

#include <affnotify/sink.h>
#include <stddef.h>
#include <stdint.h>

struct blot;
struct findings;
struct message_value;

/* A table and the struct that its offsets are in. */
struct option_table {
    const struct affn_option *rows;
    uint32_t count;
    void *self;
};

/* What the structs point into: to be freed when nobody looks at them any more. */
struct options {
    void **kept;
    size_t kept_count;
};

/*
 * Fills in the structs of both tables: values, else defaults, else "unset". Every mistake is added
 * to findings, and every secret to blot. The texts are copied.
 */
void options_fill(struct options *options, const struct option_table *tables, size_t table_count,
                  const struct message_value *values, uint32_t value_count,
                  struct findings *findings, struct blot *secrets);
void options_finish(struct options *options);

#endif
