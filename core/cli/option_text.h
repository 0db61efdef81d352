/* An option of a plugin's table in words, the same in `describe` and in what `init` writes. */
#ifndef AFFN_CLI_OPTION_TEXT_H
#define AFFN_CLI_OPTION_TEXT_H

#include <jansson.h>

/*
 * "duration, required, from 100ms to 1h, default 10s", of an option in the answer to `describe`; to be
 * freed.
 */
char *option_text_facts(const json_t *option);

/* What it is for, and its facts in parentheses where they say more than any text; to be freed. */
char *option_text_sentence(const json_t *option);

#endif
