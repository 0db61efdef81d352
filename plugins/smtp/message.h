/*
 * One mail: how many events it tells of, its headers, its two parts. Decides, and asks the request
 * for nothing but to take what was decided. Used by smtp.c.
 */
#ifndef SMTP_MESSAGE_H
#define SMTP_MESSAGE_H

#include <affnotify/request.h>

#include "envelope.h"
#include "wording.h"

/*
 * The rows of a mail together, as they are sent. Much longer mails are cut by some readers.
 */
#define ROWS_BYTES_MAX (96 * 1024)
#define PART_BYTES_MAX (ROWS_BYTES_MAX + 16 * 1024)

struct message {
    char plain[PART_BYTES_MAX];
    char page[PART_BYTES_MAX];
};

/*
 * How many events from the front of the batch go into one mail: 1 or more, and tests never with
 * what is real.
 */
uint32_t message_count(struct message *message, const struct affn_batch *batch);

/* Describes the headers and the parts to the request. */
void message_describe(struct message *message, const struct envelope *envelope,
                      const struct story *story, struct affn_request *request);

/* The same of a notice. */
void message_describe_notice(struct message *message, const struct envelope *envelope,
                             const struct telling *telling, struct affn_request *request);

#endif
