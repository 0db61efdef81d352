/* Who an affiliate is: the e-mail key and the ID that is derived from it. Pure. */
#ifndef AFFN_EVENT_AFFILIATE_ID_H
#define AFFN_EVENT_AFFILIATE_ID_H

#include "core/event/event.h"

/* "ia_" and the first 8 hex digits of SHA-256 over the e-mail key. */
void affiliate_id_derive(const char *email_key, char id[AFFILIATE_ID_SIZE]);

/* Copies a well-formed ID, folded to lower case; -1 when it is not one. */
int affiliate_id_parse(const char *text, char id[AFFILIATE_ID_SIZE]);

#endif
