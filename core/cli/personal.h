/*
 * Addresses in tables: masked, unless whoever asked has named the address, or `log_email` in [bus]
 * says otherwise. The bus tells that in its answers, which have the addresses in full.
 */
#ifndef AFFN_CLI_PERSONAL_H
#define AFFN_CLI_PERSONAL_H

#include <jansson.h>

#include "core/event/email_mask.h"

/* How an answer is to be shown. */
enum email_shown personal_shown(const json_t *answer);

/* Masks all addresses of an answer, in whatever text they are. */
void personal_hide(json_t *answer);

#endif
