/*
 * `check`: a configuration is looked at as a whole, every plugin loaded in a host, nothing opened.
 * Done by `affnotifyd --check`, and by --strict before the start.
 */
#ifndef AFFN_BUS_CHECKER_H
#define AFFN_BUS_CHECKER_H

#include <stdbool.h>

struct config;
struct fingerprint;
struct mistakes;
struct tables_call;

/*
 * Adds what the hosts say to config->mistakes: each sink's plugin is loaded, as far as CHECKED.
 * Writes each sink's fingerprint, in their order, unless that is NULL. Tells of each table, unless
 * that is NULL.
 */
void checker_load_plugins(struct config *config, struct fingerprint *fingerprints,
                          const struct tables_call *tables);

/*
 * The same with all else that would stop a start: key files, groups, the door. Nothing but a warning unless
 * the configuration is_certain. What survey.h says, which stops none, is added to `surveyed`. As root, it is looked at as the
 * owner of the state folder, for good.
 */
void checker_look(struct config *config, struct mistakes *surveyed);

/* How `--check` prints what it found. */
enum checker_form {
    CHECKER_LINES,   /* every mistake, a line each */
    CHECKER_JSON,    /* all as JSON: the answer to `check` */
    CHECKER_DIGESTS, /* and with fingerprints (fingerprint.h): "document", and "sinks" with name,
                        section, plugin and secrets. For reload's eyes only */
};

/*
 * `affnotifyd --check -c FILE`: exit status 0, or 1 for mistakes. But for CHECKER_DIGESTS it looks
 * at what survey.h says, as the owner of the state folder, and with `online` asks name servers.
 */
int checker_main(const char *config_path, enum checker_form form, bool online);

#endif
