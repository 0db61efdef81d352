/*
 * `reload`, by command or SIGHUP: the configuration is read anew and put in the place of the one
 * that runs, while it runs.
 *
 *     asked ──► checking ──► waiting ──► stopping ──► opening ──► answered
 *                  │         for skips   what is       what is
 *                  │         and replays changed or    changed or
 *                  └► refused            removed       added
 *
 * The check is a child's (`--check --digests`); a single mistake, and nothing has changed. One runs
 * at a time; whoever asks meanwhile shares the next. Goes by steps, never blocks, and may be ended
 * at any moment: the new configuration takes the place of the old within one step.
 */
#ifndef AFFN_BUS_RELOAD_H
#define AFFN_BUS_RELOAD_H

struct bus;
struct client;
struct json_t;

/* The command: NULL when it has been queued, or the refusal. */
struct json_t *reload_run(struct bus *bus, struct client *client, const struct json_t *command);

/* Nobody is answered; the log says all of it. */
void reload_by_signal(struct bus *bus);

/* Each turn of the loop, outside of a transaction. */
void reload_step(struct bus *bus);

/*
 * The refusal of a command that would work at what is pending at a sink, by rule `busy`, while a
 * reload is about to stop, to open or to rename it; else NULL.
 */
struct json_t *reload_refuse_busy(const struct bus *bus, const char *name);

/* At the bus's end, while its sinks are there. */
void reload_finish(struct bus *bus);

#endif
