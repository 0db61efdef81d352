/* TLS without a socket: an OpenSSL client on the other side, whose bytes come in any pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

#include "core/http/cipher.h"

#define BYTES_MAX (256 * 1024)
#define LARGE     (40 * 1000) /* some records */

struct pair {
    SSL_CTX *server_context;
    SSL_CTX *client_context;
    struct cipher cipher;
    struct buffer in;
    struct buffer out;
    SSL *client;
    BIO *to_client; /* the client owns both */
    BIO *from_client;
};

static void add_certificate(SSL_CTX *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void make_pair(struct pair *pair)
{
    pair->server_context = SSL_CTX_new(TLS_server_method());
    pair->client_context = SSL_CTX_new(TLS_client_method());
    add_certificate(pair->server_context);
    buffer_init(&pair->in, BYTES_MAX);
    buffer_init(&pair->out, BYTES_MAX);
    assert_int_equal(cipher_init(&pair->cipher, pair->server_context, &pair->out), 0);
    pair->client = SSL_new(pair->client_context);
    pair->to_client = BIO_new(BIO_s_mem());
    pair->from_client = BIO_new(BIO_s_mem());
    SSL_set_bio(pair->client, pair->to_client, pair->from_client);
    SSL_set_connect_state(pair->client);
}

static void free_pair(struct pair *pair)
{
    SSL_free(pair->client);
    cipher_finish(&pair->cipher);
    buffer_finish(&pair->in);
    buffer_finish(&pair->out);
    SSL_CTX_free(pair->client_context);
    SSL_CTX_free(pair->server_context);
}

/* Brings what both have said to the other, in pieces; the last result of cipher_receive. */
static int carry(struct pair *pair, int piece_bytes)
{
    char piece[4096];
    int got, result = 0;
    while (result == 0 && (got = BIO_read(pair->from_client, piece, piece_bytes)) > 0)
        result = cipher_receive(&pair->cipher, piece, (size_t)got, &pair->in);
    if (pair->out.len > 0)
        BIO_write(pair->to_client, pair->out.data, (int)pair->out.len);
    buffer_clear(&pair->out);
    return result;
}

static void shake_hands(struct pair *pair, int piece_bytes)
{
    for (int round = 0; round < 4; round++) {
        SSL_do_handshake(pair->client);
        assert_int_equal(carry(pair, piece_bytes), 0);
    }
    assert_true(SSL_is_init_finished(pair->client));
    assert_int_equal(pair->in.len, 0);
}

static void test_in_any_pieces(void **state)
{
    (void)state;
    static const int pieces[] = {1, 5, 6, 100, 4096};
    static char large[LARGE], heard[LARGE];
    memset(large, 'x', sizeof large);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct pair pair;
        make_pair(&pair);
        shake_hands(&pair, pieces[i]);
        assert_int_equal(SSL_write(pair.client, "hello", 5), 5);
        assert_int_equal(SSL_write(pair.client, large, LARGE), LARGE);
        assert_int_equal(carry(&pair, pieces[i]), 0);
        assert_int_equal(pair.in.len, 5 + LARGE);
        assert_memory_equal(pair.in.data, "hello", 5);
        assert_memory_equal(pair.in.data + 5, large, LARGE);
        assert_int_equal(cipher_send(&pair.cipher, large, LARGE), 0);
        assert_int_equal(carry(&pair, pieces[i]), 0);
        int heard_bytes = 0, got;
        while ((got = SSL_read(pair.client, heard + heard_bytes, LARGE - heard_bytes)) > 0)
            heard_bytes += got;
        assert_int_equal(heard_bytes, LARGE);
        assert_memory_equal(heard, large, LARGE);
        free_pair(&pair);
    }
}

static void test_ends(void **state)
{
    (void)state;
    char byte;
    struct pair pair;
    make_pair(&pair);
    shake_hands(&pair, 4096);
    cipher_end(&pair.cipher);
    assert_int_equal(carry(&pair, 4096), 0);
    assert_int_equal(SSL_read(pair.client, &byte, 1), 0);
    assert_int_equal(SSL_get_shutdown(pair.client), SSL_RECEIVED_SHUTDOWN);
    SSL_shutdown(pair.client);
    assert_int_equal(carry(&pair, 4096), 1);
    free_pair(&pair);
}

static void test_what_is_no_tls(void **state)
{
    (void)state;
    static const char plain[] = "GET / HTTP/1.1\r\n\r\n";
    struct pair pair;
    make_pair(&pair);
    cipher_end(&pair.cipher); /* nobody is there who would understand */
    assert_int_equal(pair.out.len, 0);
    assert_int_equal(cipher_receive(&pair.cipher, plain, sizeof plain - 1, &pair.in), -1);
    assert_int_equal(cipher_send(&pair.cipher, "x", 1), -1);
    free_pair(&pair);
}

static void test_no_room(void **state)
{
    (void)state;
    char large[200];
    struct pair pair;
    make_pair(&pair);
    shake_hands(&pair, 4096);
    memset(large, 'x', sizeof large);
    pair.in.max = 100;
    assert_int_equal(SSL_write(pair.client, large, 200), 200);
    assert_int_equal(carry(&pair, 4096), -1);
    pair.out.max = 100;
    assert_int_equal(cipher_send(&pair.cipher, large, 200), -1);
    free_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_any_pieces),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_what_is_no_tls),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
