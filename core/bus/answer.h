/*
 * Pieces of the answers on the socket. Texts may hold any bytes (paths do): what is no UTF-8
 * becomes "?".
 */
#ifndef AFFN_BUS_ANSWER_H
#define AFFN_BUS_ANSWER_H

#include <stdint.h>

struct json_t;

struct json_t *answer_text(const char *text);

/* null for "". */
struct json_t *answer_text_or_null(const char *text);

/* A timestamp, or null for 0. */
struct json_t *answer_time_or_null(int64_t unix_ms);

/* {"ok":false,"field":…,"rule":…,"message":…} */
struct json_t *answer_refusal(const char *field, const char *rule, const char *message);

#endif
