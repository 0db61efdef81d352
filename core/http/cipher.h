/*
 * One side of a TLS connection, as a transformation of bytes: what the network sent becomes what it
 * says, and what is to be said becomes what goes to the network. Touches no socket, so nothing here
 * ever waits, and OpenSSL makes no system call of its own for a record.
 */
#ifndef AFFN_HTTP_CIPHER_H
#define AFFN_HTTP_CIPHER_H

#include <stddef.h>

#include "core/base/buffer.h"

struct ssl_ctx_st;
struct ssl_st;

#define CIPHER_RECORD_BYTES_MAX (16 * 1024) /* of what it says (RFC 8446, 5.1) */

struct cipher {
    struct ssl_st *ssl;
    const char *coming; /* of the network, not yet read by OpenSSL */
    size_t coming_bytes;
    struct buffer *out; /* what goes to the network */
};

/* The server's side; what is to be sent, the handshake's part too, is added to `out`. -1: failed. */
int cipher_init(struct cipher *cipher, struct ssl_ctx_st *context, struct buffer *out);
void cipher_finish(struct cipher *cipher);

/*
 * Takes bytes of the network and adds to `in` what they say. 0; 1 when they say that no more comes;
 * -1 when they are no TLS, or `in` or `out` is full: then nothing more can be said either.
 */
int cipher_receive(struct cipher *cipher, const char *bytes, size_t length, struct buffer *in);

/* Says these bytes; -1 when that is not possible. */
int cipher_send(struct cipher *cipher, const char *bytes, size_t length);

/* Says that no more comes, if there is anybody to understand it. */
void cipher_end(struct cipher *cipher);

#endif
