/*
 * The commands `hold` and `resume`: an operator's hand on a sink (core/wire/README.md). Called by
 * control.c, by its table.
 */
#ifndef AFFN_BUS_CONTROL_HOLD_H
#define AFFN_BUS_CONTROL_HOLD_H

struct bus;
struct client;
struct json_t;

/* Both give the answer at once: what they did is in the journal by then. */
struct json_t *control_hold_run(struct bus *bus, struct client *client,
                                const struct json_t *command);
struct json_t *control_resume_run(struct bus *bus, struct client *client,
                                  const struct json_t *command);

#endif
