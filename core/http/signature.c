/* See signature.h. */
#include "core/http/signature.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/http/credentials.h"
#include "core/http/head.h"

#define DIGEST_BYTES      32
#define DIGEST_BASE64     44 /* its bytes in base64 */
#define SECONDS_DIGITS    15
#define MILLISECONDS_FROM 100000000000LL /* as seconds: the year 5138 */
#define SIGNATURES_MAX    16
#define SIGNED_BYTES_MAX  (HTTP_BODY_BYTES_MAX + HTTP_HEAD_BYTES_MAX)

static bool read_seconds(struct span text, int64_t *seconds)
{
    *seconds = 0;
    if (text.length == 0 || text.length > SECONDS_DIGITS)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.start[i] < '0' || text.start[i] > '9')
            return false;
        *seconds = 10 * *seconds + (text.start[i] - '0');
    }
    return true;
}

const char *signature_fault(const struct head *head, int64_t now_unix_ms)
{
    int64_t seconds;
    if (!head->headers[HEAD_WEBHOOK_SIGNATURE].start)
        return "The header webhook-signature is missing.";
    if (!head->headers[HEAD_WEBHOOK_ID].start)
        return "The header webhook-id is missing; the signature is over it, too.";
    if (!head->headers[HEAD_WEBHOOK_TIMESTAMP].start)
        return "The header webhook-timestamp is missing; the signature is over it, too.";
    if (!read_seconds(head->headers[HEAD_WEBHOOK_TIMESTAMP], &seconds))
        return "webhook-timestamp must be whole seconds since 1970, in digits.";
    int64_t away = now_unix_ms / 1000 - seconds;
    if (away >= -SIGNATURE_TOLERANCE_S && away <= SIGNATURE_TOLERANCE_S)
        return NULL;
    if (seconds > MILLISECONDS_FROM)
        return "webhook-timestamp is in milliseconds; send seconds since 1970.";
    return away > 0 ? "webhook-timestamp is more than five minutes ago, by this server's clock."
                    : "webhook-timestamp is more than five minutes ahead of this server's clock.";
}

/* Compares with all that the header holds. */
static bool is_among(struct span header, const char *expected)
{
    int found = 0;
    for (int count = 0; header.length > 0 && count < SIGNATURES_MAX; count++) {
        const char *blank = memchr(header.start, ' ', header.length);
        size_t bytes = blank ? (size_t)(blank - header.start) : header.length;
        if (bytes == strlen("v1,") + DIGEST_BASE64 && memcmp(header.start, "v1,", 3) == 0)
            found |= CRYPTO_memcmp(header.start + 3, expected, DIGEST_BASE64) == 0;
        header.start += bytes + (blank != NULL);
        header.length -= bytes + (blank != NULL);
    }
    return found;
}

static void sign(const struct signing_secret *secret, const struct buffer *text,
                 char base64[DIGEST_BASE64 + 1])
{
    unsigned char digest[DIGEST_BYTES];
    const unsigned char *made = HMAC(EVP_sha256(), secret->bytes, (int)secret->length,
                                     (const unsigned char *)text->data, text->len, digest, NULL);
    assert(made); /* else what is compared with would be whatever was on the stack */
    EVP_EncodeBlock((unsigned char *)base64, digest, sizeof digest);
}

bool signature_holds(const struct credentials *credentials, const struct head *head,
                     const char *body, size_t body_bytes)
{
    struct span id = head->headers[HEAD_WEBHOOK_ID];
    struct span time = head->headers[HEAD_WEBHOOK_TIMESTAMP];
    struct buffer text;
    char base64[DIGEST_BASE64 + 1];
    int found = 0;
    buffer_init(&text, SIGNED_BYTES_MAX);
    if (buffer_add(&text, id.start, id.length) == 0 && buffer_add_text(&text, ".") == 0 &&
        buffer_add(&text, time.start, time.length) == 0 && buffer_add_text(&text, ".") == 0 &&
        buffer_add(&text, body, body_bytes) == 0) {
        for (size_t i = 0; i < credentials->secret_count; i++) {
            sign(&credentials->secrets[i], &text, base64);
            found |= is_among(head->headers[HEAD_WEBHOOK_SIGNATURE], base64);
        }
    }
    buffer_finish(&text);
    return found;
}
