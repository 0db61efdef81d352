/* The mail's text part, for those who read mail as text. Used by message.c. */
#ifndef SMTP_PLAIN_H
#define SMTP_PLAIN_H

#include "wording.h"

/* The whole text. */
void plain_write(struct draft *draft, const struct story *story);

/* The same of a notice. */
void plain_write_notice(struct draft *draft, const struct telling *telling);

/* One row of a mail about several events, `number` from 1. */
void plain_add_row(struct draft *draft, const struct affn_event *event, uint32_t number);

#endif
