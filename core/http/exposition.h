/*
 * Metrics as the bus tells them (the command `metrics`, core/wire/README.md) become Prometheus's
 * text format 0.0.4. Knows the form and no metric by its name. Pure.
 */
#ifndef AFFN_HTTP_EXPOSITION_H
#define AFFN_HTTP_EXPOSITION_H

struct buffer;
struct json_t;

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Adds a list of metrics. -1 when it makes no sense, or there is no room for it. */
int exposition_write(struct buffer *out, const struct json_t *metrics);

#endif
