/*
 * Certificates and keys as PEM, by OpenSSL, which never asks the terminal for a passphrase: a key that
 * needs one is none. For the looks at the door's files and at those of sinks; what is wrong with a file is
 * said by whoever reads it.
 */
#ifndef AFFN_BUS_PEM_H
#define AFFN_BUS_PEM_H

#include <openssl/types.h>
#include <stdint.h>

/* The first one in it, to be freed by X509_free or EVP_PKEY_free; NULL when there is none. */
X509 *pem_certificate(BIO *pem);
EVP_PKEY *pem_key(BIO *pem);

/* 1970 for a time that cannot be read, and for all before. */
int64_t pem_unix_ms(const ASN1_TIME *time);

#endif
