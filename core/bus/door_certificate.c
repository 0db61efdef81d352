/* See door_certificate.h. No sentence holds any part of a key. */
#include "core/bus/door_certificate.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/fingerprint.h"
#include "core/bus/pem.h"
#include "core/bus/start_sentences.h"
#include "core/config/config.h"
#include "core/config/sentences.h"
#include "core/event/timestamp.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)

/* ---- Files ---- */

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, CERTIFICATE_BYTES_MAX);
    free(text);
}

/* The whole file, to be given to wipe; NULL with the error. Not by file_read, whose buffers are not
 * wiped. */
static char *read_file(const char *path, struct error *error)
{
    const char *reason;
    size_t length = 0;
    ssize_t got;
    int fd = file_open_regular(path, &reason);
    if (fd < 0) {
        error_set(error, SAY_FILE_UNREADABLE, path, reason);
        return NULL;
    }
    char *text = memory_new(CERTIFICATE_BYTES_MAX + 1, 1);
    do {
        got = read(fd, text + length, CERTIFICATE_BYTES_MAX - length);
        length += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0)
        error_set_errno(error, SAY_FILE_READ_FAILED, path);
    else if (length == CERTIFICATE_BYTES_MAX)
        error_set(error, SAY_TLS_TOO_LONG, path, CERTIFICATE_BYTES_MAX);
    close(fd);
    if (got == 0 && length < CERTIFICATE_BYTES_MAX)
        return text;
    wipe(text);
    return NULL;
}

/* ---- What they hold ---- */

/* The first certificate, which is the door's own; NULL with the error. */
static X509 *parse_certificate(const char *path, const char *text, struct error *error)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    X509 *certificate = pem_certificate(bio);
    BIO_free(bio);
    if (!certificate)
        error_set(error, SAY_TLS_NO_CERTIFICATE, path);
    return certificate;
}

static EVP_PKEY *parse_key(const char *path, const char *text, struct error *error)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    EVP_PKEY *key = pem_key(bio);
    BIO_free(bio);
    if (key)
        return key;
    if (strstr(text, "ENCRYPTED"))
        error_set(error, SAY_TLS_PASSPHRASE, path);
    else if (strstr(text, "BEGIN CERTIFICATE"))
        error_set(error, SAY_TLS_CERTIFICATE_FOR_KEY, path);
    else
        error_set(error, SAY_TLS_NO_KEY, path);
    return NULL;
}

/* ---- How long it holds ---- */

static void check_time(const X509 *certificate, const char *path, int64_t now_unix_ms,
                       const struct place *place, struct mistakes *mistakes)
{
    char day[TIMESTAMP_SIZE];
    int64_t begin_unix_ms = pem_unix_ms(X509_get0_notBefore(certificate));
    int64_t end_unix_ms = pem_unix_ms(X509_get0_notAfter(certificate));
    long long days = (end_unix_ms - now_unix_ms) / DAY_MS;
    if (begin_unix_ms > now_unix_ms) {
        timestamp_format(begin_unix_ms, day);
        mistakes_warn(mistakes, place, SAY_TLS_EARLY, path, day);
        return;
    }
    timestamp_format(end_unix_ms, day);
    if (end_unix_ms <= now_unix_ms)
        mistakes_warn(mistakes, place, SAY_TLS_OVER, path, day);
    else if (end_unix_ms - now_unix_ms < CERTIFICATE_WARN_DAYS * DAY_MS)
        mistakes_warn(mistakes, place, SAY_TLS_SOON, path, day, days, days == 1 ? "" : "s");
}

/* ---- Both ---- */

static X509 *check_certificate(const struct section *bus, const char *path, int64_t now_unix_ms,
                               struct fingerprint_list *list, struct mistakes *mistakes)
{
    struct place place = section_place(bus, section_setting(bus, "tls_certificate"));
    struct error error;
    char *text = read_file(path, &error);
    X509 *certificate = text ? parse_certificate(path, text, &error) : NULL;
    if (certificate)
        check_time(certificate, path, now_unix_ms, &place, mistakes);
    else
        mistakes_add(mistakes, &place, "%s", error.text);
    if (text)
        fingerprint_add(list, "tls_certificate", text);
    wipe(text);
    return certificate;
}

static void check_key(const struct section *bus, const char *path, X509 *certificate,
                      const char *certificate_path, struct fingerprint_list *list,
                      struct mistakes *mistakes)
{
    struct place place = section_place(bus, section_setting(bus, "tls_key"));
    struct error error;
    char *text = read_file(path, &error);
    EVP_PKEY *key = text ? parse_key(path, text, &error) : NULL;
    if (!key)
        mistakes_add(mistakes, &place, "%s", error.text);
    else if (certificate && X509_check_private_key(certificate, key) != 1)
        mistakes_add(mistakes, &place, SAY_TLS_APART, path, certificate_path);
    ERR_clear_error();
    if (text)
        fingerprint_add(list, "tls_key", text);
    EVP_PKEY_free(key);
    wipe(text);
}

void door_certificate_check(const struct config *config, int64_t now_unix_ms,
                            struct fingerprint_list *list, struct mistakes *mistakes)
{
    const struct section *bus = document_section(&config->document, "bus");
    X509 *certificate = config->tls_certificate ? check_certificate(bus, config->tls_certificate,
                                                                    now_unix_ms, list, mistakes)
                                                : NULL;
    if (config->tls_key)
        check_key(bus, config->tls_key, certificate, config->tls_certificate, list, mistakes);
    X509_free(certificate);
}
