/* A certificate's time, before, within and after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/bus/door_certificate.h"
#include "core/bus/fingerprint.h"
#include "core/config/config.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)
#define BEGIN  1773792000LL /* 2026-03-18T00:00:00Z */
#define DAYS   90

static char directory[] = "/tmp/affn-certificate-XXXXXX";
static char certificate[64], key[64], ini[64];

static FILE *create(char *path, const char *name)
{
    sprintf(path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

static int make(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *made = X509_new();
    X509_set_version(made, X509_VERSION_3);
    ASN1_TIME_set(X509_getm_notBefore(made), BEGIN);
    ASN1_TIME_set(X509_getm_notAfter(made), BEGIN + DAYS * DAY_MS / 1000);
    X509_set_pubkey(made, pair);
    assert_true(X509_sign(made, pair, EVP_sha256()) > 0);
    FILE *file = create(certificate, "c.pem");
    PEM_write_X509(file, made);
    fclose(file);
    file = create(key, "k.pem");
    PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    file = create(ini, "a.ini");
    fprintf(file, "[bus]\ntls_certificate = %s\ntls_key = %s\n", certificate, key);
    fclose(file);
    X509_free(made);
    EVP_PKEY_free(pair);
    return 0;
}

static int take_away(void **state)
{
    (void)state;
    unlink(certificate);
    unlink(key);
    unlink(ini);
    return rmdir(directory);
}

static void test_its_time(void **state)
{
    (void)state;
    static const struct {
        int64_t days; /* since its begin */
        const char *warning;
    } cases[] = {
        {-1, "is not valid before 2026-03-18; senders refuse it until then"},
        {0, NULL},
        {DAYS - 14, NULL},
        {DAYS - 13, "expires on 2026-06-16, in 13 days; renew it"},
        {DAYS - 1, "expires on 2026-06-16, in 1 day; renew it"},
        {DAYS, "expired on 2026-06-16; senders refuse it, so renew it"},
        {DAYS + 400, "expired on 2026-06-16; senders refuse it, so renew it"},
    };
    struct config config;
    char hex[2][FINGERPRINT_SIZE];
    config_load(ini, &config);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fingerprint_list list = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes);
        door_certificate_check(&config, BEGIN * 1000 + cases[i].days * DAY_MS, &list, &mistakes);
        fingerprint_take(&list, hex[i % 2]);
        assert_int_equal(mistakes.count, cases[i].warning ? 1 : 0);
        for (size_t k = 0; k < mistakes.count; k++) {
            char wanted[256];
            snprintf(wanted, sizeof wanted, "%s %s", certificate, cases[i].warning);
            assert_string_equal(mistakes.items[k].text, wanted);
            assert_string_equal(mistakes.items[k].key, "tls_certificate");
            assert_true(mistakes.items[k].warning);
        }
        mistakes_finish(&mistakes);
    }
    assert_string_equal(hex[0], hex[1]); /* of what the files hold, not of the day */
    config_finish(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_its_time),
    };
    return cmocka_run_group_tests(tests, make, take_away);
}
