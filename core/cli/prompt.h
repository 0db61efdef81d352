/*
 * Asks on the terminal. Of a secret nothing that is typed is shown, not even how much. Where there is no
 * terminal nothing is asked.
 */
#ifndef AFFN_CLI_PROMPT_H
#define AFFN_CLI_PROMPT_H

struct error;

/*
 * The line that was typed behind the question, without its line break, to be wiped and freed by
 * memory_wipe_text; NULL with the error. The terminal is the process's own, whatever stdin is. It shows
 * what is typed again afterwards, also when a signal ends the program meanwhile.
 */
char *prompt_secret(const char *question, struct error *error);

/* The same for what is no secret: it is shown as it is typed. */
char *prompt_line(const char *question, struct error *error);

#endif
