/* See cipher.h. OpenSSL is given a BIO whose other end is memory: two pointers, no copy of its own. */
#include "core/http/cipher.h"

#include <assert.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

/* ---- The BIO ---- */

static int give(BIO *bio, char *bytes, size_t wanted, size_t *given)
{
    struct cipher *cipher = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *given = wanted < cipher->coming_bytes ? wanted : cipher->coming_bytes;
    if (*given == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(bytes, cipher->coming, *given);
    cipher->coming += *given;
    cipher->coming_bytes -= *given;
    return 1;
}

static int take(BIO *bio, const char *bytes, size_t length, size_t *taken)
{
    struct cipher *cipher = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *taken = length;
    return buffer_add(cipher->out, bytes, length) == 0;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH; /* nothing is held back */
}

/* Made once, for all connections. */
static const BIO_METHOD *method_of_memory(void)
{
    static BIO_METHOD *method;
    if (method)
        return method;
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "affnotify");
    if (method &&
        (BIO_meth_set_read_ex(method, give) != 1 || BIO_meth_set_write_ex(method, take) != 1 ||
         BIO_meth_set_ctrl(method, control) != 1)) {
        BIO_meth_free(method);
        method = NULL;
    }
    return method;
}

/* ---- The connection ---- */

int cipher_init(struct cipher *cipher, struct ssl_ctx_st *context, struct buffer *out)
{
    const BIO_METHOD *method = method_of_memory();
    BIO *bio = method ? BIO_new(method) : NULL;
    *cipher = (struct cipher){.out = out};
    cipher->ssl = bio ? SSL_new(context) : NULL;
    if (!cipher->ssl) {
        BIO_free(bio);
        ERR_clear_error();
        return -1;
    }
    BIO_set_data(bio, cipher);
    BIO_set_init(bio, 1);
    SSL_set_bio(cipher->ssl, bio, bio);
    SSL_set_accept_state(cipher->ssl);
    return 0;
}

void cipher_finish(struct cipher *cipher)
{
    if (!cipher)
        return;
    SSL_free(cipher->ssl); /* and the BIO */
    *cipher = (struct cipher){.ssl = NULL};
}

int cipher_receive(struct cipher *cipher, const char *bytes, size_t length, struct buffer *in)
{
    static char record[CIPHER_RECORD_BYTES_MAX];
    int got;
    cipher->coming = bytes;
    cipher->coming_bytes = length;
    ERR_clear_error(); /* SSL_get_error looks at what others left in the queue, too */
    while ((got = SSL_read(cipher->ssl, record, sizeof record)) > 0) {
        if (buffer_add(in, record, (size_t)got) < 0)
            return -1;
    }
    int why = SSL_get_error(cipher->ssl, got);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ)
        return 0;
    return why == SSL_ERROR_ZERO_RETURN ? 1 : -1;
}

int cipher_send(struct cipher *cipher, const char *bytes, size_t length)
{
    assert(length > 0 && length <= INT_MAX);
    int sent = SSL_write(cipher->ssl, bytes, (int)length);
    if (sent <= 0)
        ERR_clear_error();
    return sent == (int)length ? 0 : -1;
}

void cipher_end(struct cipher *cipher)
{
    SSL_shutdown(cipher->ssl);
    ERR_clear_error(); /* before the end of a handshake there is nobody who would understand */
}
