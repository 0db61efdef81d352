/*
 * The tables of the plugins that a configuration names: each is loaded in a host of its own as far as
 * TABLE, and nothing of a section is handed to it. Used where one must know which options there are.
 */
#ifndef AFFN_BUS_TABLES_H
#define AFFN_BUS_TABLES_H

struct config;
struct message_table;
struct mistakes;
struct sink_config;

/* Told once for each sink whose plugin could be loaded; the table is valid as long as the call. */
struct tables_call {
    void (*told)(void *owner, const struct sink_config *sink, const struct message_table *table);
    void *owner;
};

/*
 * Loads them all, or that of one sink for `only`. Why one could not be loaded is added to mistakes,
 * at its section's `plugin`; of a section without a plugin nothing is said.
 */
void tables_load(const struct config *config, const struct sink_config *only,
                 const struct tables_call *call, struct mistakes *mistakes);

#endif
