/*
 * Sealed values: `sealed:v1:KEYID:BASE64`, where BASE64 is nonce, ciphertext and tag of AES-256-GCM
 * (NIST SP 800-38D), by OpenSSL. Section and key are its associated data, so that a value opens only
 * where it was sealed for. Pure, but for the random nonce.
 */
#ifndef AFFN_CONFIG_SEAL_H
#define AFFN_CONFIG_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config/key_file.h"

struct error;

#define SEAL_NONCE_BYTES 12
#define SEAL_TAG_BYTES   16

/* Whether a value is a sealed one, of whatever version. */
bool seal_is(const char *value);

/* Seals a text for one place; to be freed. The nonce is random. */
char *seal_text(const struct secret_key *key, const char *section, const char *name,
                const char *text);

/* With a nonce of one's own: for tests. One that is used twice with one key gives both texts away. */
char *seal_text_with(const struct secret_key *key, const unsigned char *nonce, const char *section,
                     const char *name, const char *text);

/* A value taken apart; nothing is opened yet. */
struct sealed {
    char key_id[KEY_ID_SIZE];
    unsigned char *bytes; /* nonce, ciphertext, tag */
    size_t length;
};

/* -1 with what is wrong, as a sentence without a remedy. Finish it in any case. */
int seal_parse(const char *value, struct sealed *sealed, struct error *error);
void seal_finish(struct sealed *sealed);

/*
 * What was sealed, a NUL after it, to be wiped over *length bytes and freed; NULL when it was
 * changed, or sealed by another key or for another place, which look the same.
 */
char *seal_open(const struct sealed *sealed, const struct secret_key *key, const char *section,
                const char *name, size_t *length);

#endif
