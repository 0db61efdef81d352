/*
 * Log lines to stderr: `level at=TIME msg="what happened" key=value …`, one event a line, values
 * quoted when they need it and never holding a line break; without the time under systemd. Secrets
 * never come here.
 *
 *     log_info("host started", {"sink", .text = name}, {"pid", .number = pid});
 */
#ifndef AFFN_BASE_LOG_H
#define AFFN_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_ERROR,
};

/* A key with its value: text when it is not NULL, else number. */
struct log_field {
    const char *key;
    const char *text;
    int64_t number;
};

/* fields ends with one whose key is NULL. */
void log_write(enum log_level level, const char *message, const struct log_field *fields);

/* Lines below this level are dropped; info when nobody says otherwise. */
void log_set_level(enum log_level level);

/* Whether lines of this level are not dropped. */
bool log_shows(enum log_level level);

/*
 * What every text passes before it is logged, so that what not all may read is left out: it gives a new
 * text, or NULL when nothing is. NULL: no filter.
 */
void log_set_filter(char *(*filter)(const char *text));

const char *log_level_name(enum log_level level);

#define LOG_FIELDS(...)           ((const struct log_field[]){__VA_ARGS__, {.key = NULL}})
#define log_debug(message, ...)   log_write(LOG_LEVEL_DEBUG, message, LOG_FIELDS(__VA_ARGS__))
#define log_info(message, ...)    log_write(LOG_LEVEL_INFO, message, LOG_FIELDS(__VA_ARGS__))
#define log_warning(message, ...) log_write(LOG_LEVEL_WARNING, message, LOG_FIELDS(__VA_ARGS__))
#define log_error(message, ...)   log_write(LOG_LEVEL_ERROR, message, LOG_FIELDS(__VA_ARGS__))

#endif
