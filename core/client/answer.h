/*
 * The bus's answer to an event, read without a library: one flat JSON object (core/wire/README.md).
 * Members that are not known are passed over, whatever they hold. Pure.
 */
#ifndef AFFN_CLIENT_ANSWER_H
#define AFFN_CLIENT_ANSWER_H

#include <stddef.h>
#include <stdint.h>

struct affn_client_result;

/*
 * AFFN_CLIENT_ACCEPTED or _KNOWN with the ID; AFFN_CLIENT_REFUSED with field, rule and message;
 * AFFN_CLIENT_FAILED with the message when the bus, or this user's rights, are at fault and not the
 * event, or when it is no such answer. Texts that are longer than the result takes are cut.
 */
int32_t client_answer_read(const char *answer, size_t length, struct affn_client_result *result);

#endif
