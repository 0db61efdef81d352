/* The certificate and its key, as OpenSSL's context for all connections of TLS. */
#ifndef AFFN_HTTP_TLS_H
#define AFFN_HTTP_TLS_H

#include <stdint.h>

struct error;
struct ssl_ctx_st;

/*
 * Reads both files: PEM, the certificate with its chain. NULL with the error; else to be given to
 * SSL_CTX_free, which connections outlive.
 */
struct ssl_ctx_st *tls_load(const char *certificate, const char *key, struct error *error);

/* When its certificate expires; -1 when that cannot be told. */
int tls_expiry(const struct ssl_ctx_st *context, int64_t *unix_ms);

#endif
