/* See signature.h. */
#include "signature.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../common/mistake.h"
#include "sentences.h"

#define DIGEST_BYTES      32
#define SIGNED_BYTES_MAX  (4096 + 128) /* an event, its ID, and a time */
#define BASE64_LENGTH_MAX 1024         /* of a secret that is looked at, however wrong it is */
#define DECODED_BYTES_MAX (BASE64_LENGTH_MAX / 4 * 3)

/*
 * The bytes of a whole base64 text, into DECODED_BYTES_MAX; 0 when it is none. OpenSSL passes over
 * blanks and over bits that no byte has, so what it read is written again and compared.
 */
static size_t decode(const char *base64, unsigned char *bytes)
{
    char again[BASE64_LENGTH_MAX + 1];
    size_t length = strlen(base64);
    if (length == 0 || length % 4 != 0 || length > BASE64_LENGTH_MAX)
        return 0;
    size_t padding = (base64[length - 1] == '=') + (size_t)(strcmp(base64 + length - 2, "==") == 0);
    int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)length);
    if (decoded < 0)
        return 0;
    size_t count = (size_t)decoded - padding;
    EVP_EncodeBlock((unsigned char *)again, bytes, (int)count);
    bool same = strcmp(again, base64) == 0;
    explicit_bzero(again, sizeof again);
    return same ? count : 0;
}

/* How many bytes a secret stands for, into DECODED_BYTES_MAX; 0 when it is not written as one. */
static size_t read_secret(const char *text, unsigned char *bytes)
{
    static const char prefix[] = "whsec_";
    if (strncmp(text, prefix, sizeof prefix - 1) != 0)
        return 0;
    return decode(text + sizeof prefix - 1, bytes);
}

/* ---- check ---- */

static bool is_fit(size_t length)
{
    return length >= SIGNATURE_KEY_BYTES_MIN && length <= SIGNATURE_KEY_BYTES_MAX;
}

static void check_one(const struct affn_list *secrets, uint32_t index,
                      struct affn_mistakes *mistakes)
{
    unsigned char bytes[DECODED_BYTES_MAX];
    size_t length = read_secret(secrets->items[index], bytes);
    explicit_bzero(bytes, sizeof bytes);
    if (length == 0)
        mistake_add(mistakes, "signing_secret", SAY_SIGNING_FORM, index + 1);
    else if (!is_fit(length))
        mistake_add(mistakes, "signing_secret", SAY_SIGNING_LENGTH, index + 1, length,
                    SIGNATURE_KEY_BYTES_MIN, SIGNATURE_KEY_BYTES_MAX);
}

static void warn_of_twins(const struct affn_list *secrets, uint32_t index,
                          struct affn_mistakes *mistakes)
{
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(secrets->items[i], secrets->items[index]) != 0)
            continue;
        mistake_warn(mistakes, "signing_secret", SAY_SIGNING_TWICE, index + 1, i + 1);
        return;
    }
}

void signature_check(const struct affn_list *secrets, struct affn_mistakes *mistakes)
{
    if (secrets->count > SIGNATURE_KEYS_MAX) {
        mistake_add(mistakes, "signing_secret", SAY_SIGNING_TOO_MANY, secrets->count,
                    SIGNATURE_KEYS_MAX);
        return;
    }
    for (uint32_t i = 0; i < secrets->count; i++) {
        check_one(secrets, i, mistakes);
        warn_of_twins(secrets, i, mistakes);
    }
}

/* ---- Signing ---- */

void signature_read_keys(const struct affn_list *secrets, struct signature_keys *keys)
{
    unsigned char bytes[DECODED_BYTES_MAX];
    assert(secrets->count <= SIGNATURE_KEYS_MAX);
    for (keys->count = 0; keys->count < secrets->count; keys->count++) {
        size_t length = read_secret(secrets->items[keys->count], bytes);
        assert(is_fit(length));
        memcpy(keys->items[keys->count].bytes, bytes, length);
        keys->items[keys->count].length = (uint32_t)length;
    }
    explicit_bzero(bytes, sizeof bytes);
}

void signature_wipe(struct signature_keys *keys)
{
    explicit_bzero(keys, sizeof *keys);
}

static void sign(const struct signature_key *key, const unsigned char *text, size_t length,
                 char *base64)
{
    unsigned char digest[DIGEST_BYTES];
    const unsigned char *made =
        HMAC(EVP_sha256(), key->bytes, (int)key->length, text, length, digest, NULL);
    assert(made); /* else whatever was on the stack would be sent */
    EVP_EncodeBlock((unsigned char *)base64, digest, sizeof digest);
}

void signature_write(const struct signature_keys *keys, const struct affn_event *event,
                     const char *timestamp, char text[SIGNATURE_TEXT_SIZE])
{
    unsigned char signed_text[SIGNED_BYTES_MAX];
    int head = snprintf((char *)signed_text, sizeof signed_text, "%s.%s.", event->id, timestamp);
    assert(head > 0 && (size_t)head + event->canonical_bytes <= sizeof signed_text);
    memcpy(signed_text + head, event->canonical, event->canonical_bytes);
    size_t length = (size_t)head + event->canonical_bytes;
    char *at = text;
    for (uint32_t i = 0; i < keys->count; i++) {
        at = stpcpy(at, i > 0 ? " v1," : "v1,");
        sign(&keys->items[i], signed_text, length, at);
        at += strlen(at);
    }
}
