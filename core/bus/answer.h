/*
 * Pieces of the answers on the socket. Texts may hold any bytes (paths do): what is no UTF-8
 * becomes "?".
 */
#ifndef AFFN_BUS_ANSWER_H
#define AFFN_BUS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct json_t;
struct mistakes;
struct refusal;

struct json_t *answer_text(const char *text);
struct json_t *answer_bytes(const char *bytes, size_t length); /* may hold NUL */

/* null for "". */
struct json_t *answer_text_or_null(const char *text);

/* A timestamp, or null for 0. */
struct json_t *answer_time_or_null(int64_t unix_ms);

/* A verdict's name, or null for 0. */
struct json_t *answer_verdict(int32_t verdict);

/* {"ok":false,"field":…,"rule":…,"message":…} */
struct json_t *answer_refusal(const char *field, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct json_t *answer_refusal_of(const struct refusal *refusal);

/* Nobody's mistake: something failed. Of no field, by rule `unavailable`. */
struct json_t *answer_unavailable(const char *why);

/* A list of mistakes as in the answer to `check`: of one section, or all for NULL. */
struct json_t *answer_mistakes(const struct mistakes *mistakes, const char *section);

/* A section, or for NULL the whole file, cannot be used; with its mistakes, by rule `mistakes`. */
struct json_t *answer_refuse_mistakes(const struct config *config, const char *section);

/*
 * How tables are to show the addresses of the answer to a command: "full", "masked", "none". In full
 * when the command has named one.
 */
const char *answer_log_email(const struct config *config, const struct json_t *command);

/* No section is that of a sink so named, by rule `unknown_sink`; the nearest is suggested. */
struct json_t *answer_refuse_sink(const struct config *config, const char *name);

/* Prints it as a line and gives it up. The exit status: 0 when it is "ok", else 1. */
int answer_print(struct json_t *answer);

#endif
