/*
 * Whether a request is let in, decided by its head alone, before any of its body is read: a stranger
 * costs no more than the head. Pure.
 */
#ifndef AFFN_HTTP_ADMISSION_H
#define AFFN_HTTP_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/wire/door_message.h"

struct credentials;
struct fault;
struct head;
struct route;

struct admission {
    const struct route *route;
    const char *allow; /* with 405: the method that would do */
    bool proven; /* by its token; else by its signature, once the body is there, or not at all */
    bool signs;  /* it says that the body will be signed */
    const char
        *unreadable; /* NULL, or why the body cannot be read: it is kept, and answered by 415 */
};

/* 0, or -1 with the fault. */
int admission_judge(enum door_role role, const struct head *head,
                    const struct credentials *credentials, int64_t now_unix_ms,
                    struct admission *admission, struct fault *fault);

#endif
