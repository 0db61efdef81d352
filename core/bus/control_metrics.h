/*
 * The command `metrics`: everything that is counted, with its name, its kind and a sentence of help
 * (core/wire/README.md). The names are Prometheus's; its text is made by affnotify-http. Called by
 * control.c, by its table.
 */
#ifndef AFFN_BUS_CONTROL_METRICS_H
#define AFFN_BUS_CONTROL_METRICS_H

struct bus;
struct client;
struct json_t;

/* Gives the answer at once. */
struct json_t *control_metrics_run(struct bus *bus, struct client *client,
                                   const struct json_t *command);

#endif
