/* See tls.h. */
#include "core/http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"

#define PEM_BYTES_MAX (1024 * 1024)

static const unsigned char protocols[] = "\x08http/1.1";

/* HTTP/1.1 is what is spoken here; whoever offers only others gets no answer to the offer. */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_bytes,
                           const unsigned char *offered, unsigned offered_bytes, void *argument)
{
    (void)ssl;
    (void)argument;
    unsigned char *found;
    if (SSL_select_next_proto(&found, chosen_bytes, protocols, sizeof protocols - 1, offered,
                              offered_bytes) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/*
 * What OpenSSL says last is nearest to the reason, but for the names of its parts, such as "PEM
 * lib", which tell only where it was found.
 */
static int fail(const char *path, const char *remedy, struct error *error)
{
    const char *reason = NULL;
    unsigned long code;
    while ((code = ERR_get_error()) != 0) {
        bool is_part = (ERR_GET_RFLAGS(code) & ERR_RFLAG_COMMON) != 0;
        if (!is_part)
            reason = ERR_reason_error_string(code);
    }
    return error_set(error, "%s: %s; %s", path, reason ? reason : "cannot be used", remedy);
}

static int no_passphrase(char *buffer, int size, int writing, void *argument)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)argument;
    return -1; /* else OpenSSL would ask the terminal */
}

static bool use_certificate(SSL_CTX *context, BIO *pem)
{
    X509 *certificate = PEM_read_bio_X509_AUX(pem, NULL, no_passphrase, NULL);
    bool is_used = certificate && SSL_CTX_use_certificate(context, certificate) == 1;
    X509_free(certificate);
    while (is_used && (certificate = PEM_read_bio_X509(pem, NULL, no_passphrase, NULL)) != NULL) {
        is_used = SSL_CTX_add0_chain_cert(context, certificate) == 1;
        if (!is_used)
            X509_free(certificate);
    }
    if (!is_used || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return false;
    ERR_clear_error(); /* that was the end of the chain */
    return true;
}

static bool use_key(SSL_CTX *context, BIO *pem)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_passphrase, NULL);
    bool is_used = key && SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    return is_used;
}

/* The file is read here: OpenSSL would wait for whatever a pipe's other end says. */
static int use_file(SSL_CTX *context, const char *path, bool (*use)(SSL_CTX *context, BIO *pem),
                    const char *remedy, struct error *error)
{
    struct buffer bytes;
    struct error why;
    buffer_init_secret(&bytes, PEM_BYTES_MAX);
    int result = file_read(path, &bytes, &why);
    if (result < 0)
        error_set(error, "%s; %s", why.text, remedy);
    BIO *pem = result == 0 ? BIO_new_mem_buf(bytes.data, (int)bytes.len) : NULL;
    if (result == 0 && (!pem || !use(context, pem)))
        result = fail(path, remedy, error);
    BIO_free(pem);
    buffer_finish(&bytes);
    return result;
}

static int read_files(SSL_CTX *context, const char *certificate, const char *key,
                      struct error *error)
{
    if (use_file(context, certificate, use_certificate,
                 "tls_certificate must name a PEM file with a certificate that OpenSSL serves with",
                 error) < 0 ||
        use_file(context, key, use_key,
                 "tls_key must name the key of tls_certificate, a PEM file without a passphrase "
                 "that the bus's user may read",
                 error) < 0)
        return -1;
    if (SSL_CTX_check_private_key(context) != 1)
        return fail(key, "tls_key must name the key of tls_certificate", error);
    return 0;
}

struct ssl_ctx_st *tls_load(const char *certificate, const char *key, struct error *error)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context) {
        error_set(error, "OpenSSL gives no context for TLS");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    if (read_files(context, certificate, key, error) == 0)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

int tls_expiry(const struct ssl_ctx_st *context, int64_t *unix_ms)
{
    struct tm tm;
    const X509 *certificate = SSL_CTX_get0_certificate(context);
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
        return -1;
    *unix_ms = (int64_t)timegm(&tm) * 1000;
    return 0;
}
