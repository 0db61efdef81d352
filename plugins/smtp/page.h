/* The mail's HTML part. Used by message.c. */
#ifndef SMTP_PAGE_H
#define SMTP_PAGE_H

#include "wording.h"

/* The whole document. */
void page_write(struct draft *draft, const struct story *story);

/* The same of a notice. */
void page_write_notice(struct draft *draft, const struct telling *telling);

/* One row of a mail about several events. */
void page_add_row(struct draft *draft, const struct affn_event *event);

#endif
