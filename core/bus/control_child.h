/*
 * The commands that take time or load plugins: check, render, test, plugins, describe,
 * config_show. Our own program does them as a child (own_child.h); here a command becomes its
 * arguments.
 */
#ifndef AFFN_BUS_CONTROL_CHILD_H
#define AFFN_BUS_CONTROL_CHILD_H

struct bus;
struct client;
struct json_t;

/* NULL when a child was started, which answers the client; else the refusal. */
struct json_t *control_child_run(struct bus *bus, struct client *client,
                                 const struct json_t *command);

/* The refusal of a command whose member `config` names another file than the bus's; else NULL. */
struct json_t *control_child_refuse_config(const struct bus *bus, const struct json_t *command);

#endif
