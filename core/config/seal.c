/* See seal.h. */
#include "core/config/seal.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/base64.h"
#include "core/config/sentences.h"

static const char form[] = "sealed:";
static const char version[] = "v1:";

/* An empty secret is never sealed. */
#define LEAST_BYTES (SEAL_NONCE_BYTES + 1 + SEAL_TAG_BYTES)

bool seal_is(const char *value)
{
    return text_starts(value, form);
}

/* ---- AES-256-GCM ---- */

/* "affnotify sealed v1" NUL section NUL name: neither can hold a NUL, so no two places are alike. */
static char *associated_data(const char *section, const char *name, size_t *length)
{
    static const char purpose[] = "affnotify sealed v1";
    size_t section_size = strlen(section) + 1;
    *length = sizeof purpose + section_size + strlen(name);
    char *data = memory_new(*length + 1, 1);
    memcpy(data, purpose, sizeof purpose);
    memcpy(data + sizeof purpose, section, section_size);
    memcpy(data + sizeof purpose + section_size, name, strlen(name));
    return data;
}

/* A context that knows key, nonce and place. What fails there is a bug, or out of memory. */
static EVP_CIPHER_CTX *begin(const struct secret_key *key, const unsigned char *nonce,
                             const char *section, const char *name, int encrypts)
{
    size_t length;
    int done;
    char *data = associated_data(section, name, &length);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert(context);
    int begun =
        EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, nonce, encrypts) == 1 &&
        EVP_CipherUpdate(context, NULL, &done, (const unsigned char *)data, (int)length) == 1;
    assert(begun);
    (void)begun;
    free(data);
    return context;
}

char *seal_text_with(const struct secret_key *key, const unsigned char *nonce, const char *section,
                     const char *name, const char *text)
{
    int done, rest;
    size_t length = strlen(text);
    size_t whole = SEAL_NONCE_BYTES + length + SEAL_TAG_BYTES;
    unsigned char *bytes = memory_new(whole, 1);
    unsigned char *ciphertext = bytes + SEAL_NONCE_BYTES;
    memcpy(bytes, nonce, SEAL_NONCE_BYTES);
    EVP_CIPHER_CTX *context = begin(key, nonce, section, name, 1);
    int sealed = EVP_CipherUpdate(context, ciphertext, &done, (const unsigned char *)text,
                                  (int)length) == 1 &&
                 EVP_CipherFinal_ex(context, ciphertext + done, &rest) == 1 &&
                 EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES,
                                     ciphertext + length) == 1;
    assert(sealed);
    (void)sealed;
    EVP_CIPHER_CTX_free(context); /* wipes its key */
    char *encoded = base64_encode(bytes, whole);
    char *value = memory_format("%s%s%s:%s", form, version, key->id, encoded);
    free(encoded);
    free(bytes);
    return value;
}

char *seal_text(const struct secret_key *key, const char *section, const char *name,
                const char *text)
{
    unsigned char nonce[SEAL_NONCE_BYTES];
    int drawn = RAND_bytes(nonce, sizeof nonce);
    assert(drawn == 1); /* a repeated nonce must never be used */
    (void)drawn;
    return seal_text_with(key, nonce, section, name, text);
}

char *seal_open(const struct sealed *sealed, const struct secret_key *key, const char *section,
                const char *name, size_t *length)
{
    int done, rest;
    size_t bytes = sealed->length - SEAL_NONCE_BYTES - SEAL_TAG_BYTES;
    unsigned char *ciphertext = sealed->bytes + SEAL_NONCE_BYTES;
    unsigned char *text = memory_new(bytes + 1, 1);
    EVP_CIPHER_CTX *context = begin(key, sealed->bytes, section, name, 0);
    bool is_genuine = EVP_CipherUpdate(context, text, &done, ciphertext, (int)bytes) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES,
                                          ciphertext + bytes) == 1 &&
                      EVP_CipherFinal_ex(context, text + done, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    *length = bytes;
    if (is_genuine)
        return (char *)text;
    explicit_bzero(text, bytes); /* what comes out before the tag was checked is never used */
    free(text);
    return NULL;
}

/* ---- The value ---- */

/* "v2:" and later; what this release cannot know. */
static bool is_later_version(const char *rest)
{
    size_t digits = *rest == 'v' ? strspn(rest + 1, "0123456789") : 0;
    return digits > 0 && rest[1] != '0' && rest[1 + digits] == ':' && !text_starts(rest, version);
}

static bool is_key_id(const char *text)
{
    return strspn(text, "0123456789abcdef") == KEY_ID_SIZE - 1 && text[KEY_ID_SIZE - 1] == ':';
}

int seal_parse(const char *value, struct sealed *sealed, struct error *error)
{
    *sealed = (struct sealed){.length = 0};
    const char *rest = value + strlen(form);
    if (*rest == '\0')
        return error_set(error, SAY_SEALED_EMPTY);
    if (is_later_version(rest))
        return error_set(error, SAY_SEALED_LATER, (int)strcspn(rest, ":") + 1, rest);
    if (!text_starts(rest, version) || !is_key_id(rest + strlen(version)))
        return error_set(error, SAY_SEALED_FORM);
    rest += strlen(version);
    memcpy(sealed->key_id, rest, KEY_ID_SIZE - 1);
    sealed->bytes = base64_decode(rest + KEY_ID_SIZE, &sealed->length);
    if (!sealed->bytes)
        return error_set(error, SAY_SEALED_NOT_BASE64);
    if (sealed->length < LEAST_BYTES)
        return error_set(error, SAY_SEALED_SHORT, sealed->length, LEAST_BYTES);
    return 0;
}

void seal_finish(struct sealed *sealed)
{
    if (!sealed)
        return;
    free(sealed->bytes);
    *sealed = (struct sealed){.length = 0};
}
