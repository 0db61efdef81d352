/*
 * Who may hand events in: bearer tokens, and secrets for Standard Webhooks signatures. Both are
 * lists, so that one can be taken into use before the other is given up. Pure.
 *
 * Comparing takes the same time whatever is wrong and wherever it is wrong: digests are compared, of
 * all tokens, to the last byte. Of a token only its digest is kept.
 */
#ifndef AFFN_HTTP_CREDENTIALS_H
#define AFFN_HTTP_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/wire/signing_secret.h"

struct error;

#define TOKEN_DIGEST_BYTES 32

struct signing_secret {
    unsigned char bytes[SIGNING_SECRET_BYTES_MAX];
    size_t length;
};

struct credentials {
    unsigned char tokens[HTTP_CREDENTIALS_MAX][TOKEN_DIGEST_BYTES];
    size_t token_count;
    struct signing_secret secrets[HTTP_CREDENTIALS_MAX];
    size_t secret_count;
};

/* Wipes it. */
void credentials_finish(struct credentials *credentials);

/* Each adds one; at most HTTP_CREDENTIALS_MAX. -1 when it is no `whsec_` and base64. */
void credentials_add_token(struct credentials *credentials, const char *token);
int credentials_add_secret(struct credentials *credentials, const char *text, struct error *error);

/* Whether the value of an Authorization header is `Bearer` and one of the tokens. */
bool credentials_admit_bearer(const struct credentials *credentials, const char *value,
                              size_t length);

#endif
