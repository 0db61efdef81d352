/* See survey_certificate.h. */
#include "core/bus/survey_certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/bus/pem.h"
#include "core/bus/sentences.h"
#include "core/config/mistakes.h"
#include "core/event/timestamp.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)

/* Reads without a buffer that would keep a part of the key. NULL with a mistake. */
static BIO *open_pem(const char *path, const struct place *place, struct mistakes *mistakes)
{
    const char *reason;
    int fd = file_open_regular(path, &reason);
    if (fd < 0)
        mistakes_add(mistakes, place, SAY_UNREAD, path, reason);
    return fd < 0 ? NULL : BIO_new_fd(fd, BIO_CLOSE);
}

static X509 *read_certificate(const char *path, const struct place *place,
                              struct mistakes *mistakes)
{
    BIO *pem = open_pem(path, place, mistakes);
    if (!pem)
        return NULL;
    X509 *certificate = pem_certificate(pem);
    if (!certificate)
        mistakes_add(mistakes, place, SAY_CERTIFICATE_NONE, path);
    BIO_free(pem);
    return certificate;
}

static EVP_PKEY *read_key(const char *path, const struct place *place, struct mistakes *mistakes)
{
    BIO *pem = open_pem(path, place, mistakes);
    if (!pem)
        return NULL;
    EVP_PKEY *key = pem_key(pem);
    if (!key)
        mistakes_add(mistakes, place, SAY_CERTIFICATE_NO_KEY, path);
    BIO_free(pem);
    return key;
}

static void check_time(const X509 *certificate, const char *path, const struct place *place,
                       int64_t now_unix_ms, struct mistakes *mistakes)
{
    char day[TIMESTAMP_SIZE];
    int64_t begin_unix_ms = pem_unix_ms(X509_get0_notBefore(certificate));
    int64_t end_unix_ms = pem_unix_ms(X509_get0_notAfter(certificate));
    bool is_early = begin_unix_ms > now_unix_ms;
    timestamp_format(is_early ? begin_unix_ms : end_unix_ms, day);
    if (is_early)
        mistakes_warn(mistakes, place, SAY_CERTIFICATE_EARLY, path, day);
    else if (end_unix_ms <= now_unix_ms)
        mistakes_add(mistakes, place, SAY_CERTIFICATE_OVER, path, day);
    else if (end_unix_ms - now_unix_ms < CERTIFICATE_WARN_DAYS * DAY_MS)
        mistakes_warn(mistakes, place, SAY_CERTIFICATE_SOON, path, day);
}

void survey_certificate(const char *certificate_path, const struct place *certificate_place,
                        const char *key_path, const struct place *key_place, int64_t now_unix_ms,
                        struct mistakes *mistakes)
{
    X509 *certificate = read_certificate(certificate_path, certificate_place, mistakes);
    EVP_PKEY *key = read_key(key_path, key_place, mistakes);
    if (certificate)
        check_time(certificate, certificate_path, certificate_place, now_unix_ms, mistakes);
    if (certificate && key && X509_check_private_key(certificate, key) != 1)
        mistakes_add(mistakes, key_place, SAY_CERTIFICATE_APART, key_path, certificate_path);
    ERR_clear_error();
    EVP_PKEY_free(key);
    X509_free(certificate);
}
