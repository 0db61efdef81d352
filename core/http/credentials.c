/* See credentials.h. */
#include "core/http/credentials.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>

#include "core/base/error.h"
#include "core/wire/signing_secret.h"

static const char scheme[] = "Bearer ";

void credentials_finish(struct credentials *credentials)
{
    if (credentials)
        OPENSSL_cleanse(credentials, sizeof *credentials);
}

static void digest_of(const char *token, size_t length, unsigned char digest[TOKEN_DIGEST_BYTES])
{
    const unsigned char *made = SHA256((const unsigned char *)token, length, digest);
    assert(made); /* else whatever was there before would be compared */
}

void credentials_add_token(struct credentials *credentials, const char *token)
{
    assert(credentials->token_count < HTTP_CREDENTIALS_MAX);
    digest_of(token, strlen(token), credentials->tokens[credentials->token_count++]);
}

/* OpenSSL's decoder counts the padding as bytes. */
static int decode(const char *text, struct signing_secret *secret)
{
    const char *base64 = signing_secret_base64(text);
    size_t length = base64 ? strlen(base64) : 0;
    int bytes =
        base64 ? EVP_DecodeBlock(secret->bytes, (const unsigned char *)base64, (int)length) : -1;
    if (bytes < 0)
        return -1;
    secret->length = (size_t)bytes - (length - strcspn(base64, "="));
    return 0;
}

int credentials_add_secret(struct credentials *credentials, const char *text, struct error *error)
{
    assert(credentials->secret_count < HTTP_CREDENTIALS_MAX);
    if (decode(text, &credentials->secrets[credentials->secret_count]) < 0)
        return error_set(error, "ingest_signing_secret: must be `whsec_` and base64, as the sender "
                                "shows it");
    credentials->secret_count++;
    return 0;
}

bool credentials_admit_bearer(const struct credentials *credentials, const char *value,
                              size_t length)
{
    size_t scheme_bytes = strlen(scheme);
    if (length <= scheme_bytes || strncasecmp(value, scheme, scheme_bytes) != 0)
        return false;
    while (scheme_bytes < length && value[scheme_bytes] == ' ')
        scheme_bytes++;
    unsigned char digest[TOKEN_DIGEST_BYTES];
    digest_of(value + scheme_bytes, length - scheme_bytes, digest);
    int found = 0;
    for (size_t i = 0; i < credentials->token_count; i++)
        found |= CRYPTO_memcmp(digest, credentials->tokens[i], sizeof digest) == 0;
    return found;
}
