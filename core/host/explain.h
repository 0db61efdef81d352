/*
 * What a plugin did not say of an answer is said by the host: its sentence, its remedy, its code.
 * Never takes the place of what the plugin said. Called by requests.c and notice.c.
 */
#ifndef AFFN_HOST_EXPLAIN_H
#define AFFN_HOST_EXPLAIN_H

#include <stdint.h>

struct reply;
struct request;
struct transfer;

/* After the transfer was concluded, with the verdict that the plugin made of it. */
void explain_answer(const struct transfer *transfer, const struct request *request, int32_t verdict,
                    struct reply *reply);

#endif
