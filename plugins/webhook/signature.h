/*
 * Signatures of Standard Webhooks 1.0: HMAC-SHA256 over `ID.TIMESTAMP.BODY`, in base64 behind `v1,`;
 * one for each secret, so that a receiver can change to a new secret at a time of its own. It must
 * never show a secret. Called by webhook.c.
 */
#ifndef WEBHOOK_SIGNATURE_H
#define WEBHOOK_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <affnotify/sink.h>

#define SIGNATURE_KEYS_MAX 8

/* What the specification asks of a secret (Standard Webhooks 1.0, "Symmetric"). */
#define SIGNATURE_KEY_BYTES_MIN 24
#define SIGNATURE_KEY_BYTES_MAX 64

/* "v1," and the base64 of 32 bytes, with a blank or the NUL behind each. */
#define SIGNATURE_TEXT_SIZE (SIGNATURE_KEYS_MAX * 48)

struct signature_key {
    unsigned char bytes[SIGNATURE_KEY_BYTES_MAX];
    uint32_t length;
};

struct signature_keys {
    struct signature_key items[SIGNATURE_KEYS_MAX];
    uint32_t count;
};

/* Says what is wrong with the secrets. */
void signature_check(const struct affn_list *secrets, struct affn_mistakes *mistakes);

/* Reads secrets that signature_check had nothing to say of. Wipe the keys by signature_wipe. */
void signature_read_keys(const struct affn_list *secrets, struct signature_keys *keys);
void signature_wipe(struct signature_keys *keys);

/* Writes the value of webhook-signature, for one key or more. */
void signature_write(const struct signature_keys *keys, const struct affn_event *event,
                     const char *timestamp, char text[SIGNATURE_TEXT_SIZE]);

#endif
