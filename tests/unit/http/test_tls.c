/* Certificate and key: what is no file is refused, and never waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/http/tls.h"

#define CERTIFICATE_REMEDY                                                                         \
    "; tls_certificate must name a PEM file with a certificate that OpenSSL serves with"

static void expect_failure(const char *path, const char *reason)
{
    struct error error;
    char *expected = memory_format("%s: %s" CERTIFICATE_REMEDY, path, reason);
    assert_null(tls_load(path, "/nowhere/key", &error));
    assert_string_equal(error.text, expected);
    free(expected);
}

static void test_what_is_no_certificate(void **state)
{
    (void)state;
    char folder[] = "/tmp/affnotify-tls-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *pipe = memory_format("%s/pipe", folder);
    char *text = memory_format("%s/text", folder);
    FILE *file = fopen(text, "w");
    assert_non_null(file);
    fputs("no certificate\n", file);
    fclose(file);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    expect_failure("/nowhere/certificate", "No such file or directory");
    expect_failure(folder, "Is a directory");
    expect_failure(pipe, "it is not a regular file");
    expect_failure(text, "no start line");
    unlink(pipe);
    unlink(text);
    rmdir(folder);
    free(pipe);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_no_certificate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
