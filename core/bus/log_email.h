/* Addresses in the log: whatever is logged, a plugin's own lines too, goes through here. */
#ifndef AFFN_BUS_LOG_EMAIL_H
#define AFFN_BUS_LOG_EMAIL_H

#include "core/event/email_mask.h"

/* From now on; called before the first line is logged, and with each configuration. */
void log_email_set(enum email_shown shown);

#endif
