/* See tls.h. */
#include "core/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "core/base/error.h"

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

/* What OpenSSL says last is nearest to the reason. */
static int fail(const char *path, const char *remedy, struct error *error)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    error_set(error, "%s: %s; %s", path, reason ? reason : "cannot be used", remedy);
    ERR_clear_error();
    return -1;
}

static int no_passphrase(char *buffer, int size, int writing, void *argument)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)argument;
    return -1; /* else OpenSSL would ask the terminal */
}

static int read_files(SSL_CTX *context, const char *certificate, const char *key,
                      struct error *error)
{
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return fail(certificate,
                    "tls_certificate must name a PEM file that the bus's user may read", error);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return fail(key,
                    "tls_key must name the key of tls_certificate, a PEM file without a passphrase "
                    "that the bus's user may read",
                    error);
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
