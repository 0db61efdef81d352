/*
 * Signatures of Standard Webhooks (version 1 of its specification): HMAC-SHA256 over
 * `ID.TIMESTAMP.BODY`, in base64 behind `v1,`; the header holds one or several with blanks between.
 * Pure.
 */
#ifndef AFFN_HTTP_SIGNATURE_H
#define AFFN_HTTP_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct credentials;
struct head;

/*
 * Why the head's signature cannot hold, whatever the body is: a sentence, static. NULL when it has
 * all three headers, and a time near now: else no body need be read.
 */
const char *signature_fault(const struct head *head, int64_t now_unix_ms);

/* Whether one of the signatures is by one of the secrets. */
bool signature_holds(const struct credentials *credentials, const struct head *head,
                     const char *body, size_t body_bytes);

#endif
