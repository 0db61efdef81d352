/* See pem.h. */
#include "core/bus/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

static int no_passphrase(char *buffer, int size, int writing, void *argument)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)argument;
    return -1; /* else OpenSSL would ask the terminal */
}

X509 *pem_certificate(BIO *pem)
{
    X509 *certificate = PEM_read_bio_X509_AUX(pem, NULL, no_passphrase, NULL);
    ERR_clear_error();
    return certificate;
}

EVP_PKEY *pem_key(BIO *pem)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_passphrase, NULL);
    ERR_clear_error();
    return key;
}

int64_t pem_unix_ms(const ASN1_TIME *time)
{
    struct tm tm;
    int64_t unix_ms = ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
    return unix_ms > 0 ? unix_ms : 0;
}
