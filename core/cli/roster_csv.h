/*
 * affnotify roster --csv: a row for each affiliate, for the import of a whole roster. Its rows are
 * made by the csv sink itself, which affnotifyd is asked to render, so that the two cannot differ.
 * Called by roster.c.
 */
#ifndef AFFN_CLI_ROSTER_CSV_H
#define AFFN_CLI_ROSTER_CSV_H

struct invocation;

/* What the section of the sink would say. Those that are NULL are not said. */
struct roster_csv {
    const char *state; /* active, inactive or all */
    const char *preset;
    const char *columns;
    const char *const *settings; /* KEY=VALUE each */
    int setting_count;
};

/* Prints the header row and the rows, or says what is wrong; returns the exit code. */
int roster_csv_run(const struct invocation *invocation, const struct roster_csv *roster);

#endif
