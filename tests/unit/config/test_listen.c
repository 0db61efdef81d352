/* Addresses to listen at: their parts, and which of them would take one another's port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/config/listen.h"

static void test_parts(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *host;
        const char *port;
        bool is_https;
    } cases[] = {
        {"https://0.0.0.0:8443", "0.0.0.0", "8443", true},
        {"HttpS://h/", "h", "443", true},
        {"http://localhost", "localhost", "80", false},
        {"http://[::1]:9464/", "::1", "9464", false},
        {"https://[2001:db8::1]", "2001:db8::1", "443", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *host, *port;
        listen_split(cases[i].url, &host, &port);
        assert_string_equal(host, cases[i].host);
        assert_string_equal(port, cases[i].port);
        assert_int_equal(listen_is_https(cases[i].url), cases[i].is_https);
        free(host);
        free(port);
    }
}

static void test_clashes(void **state)
{
    (void)state;
    static const struct {
        const char *one;
        const char *other;
        bool clash;
    } cases[] = {
        {"https://127.0.0.1:1", "http://127.0.0.1:1", true},
        {"https://127.0.0.1:1", "http://127.0.0.1:2", false},
        {"https://127.0.0.1:01", "http://127.0.0.1:1", true},
        {"https://h", "https://H:443", true},
        {"https://h:1", "https://i:1", false},
        {"https://0.0.0.0:1", "http://127.0.0.1:1", true},
        {"https://0.0.0.0:1", "http://localhost:1", true},
        {"https://0.0.0.0:1", "http://[::1]:1", false},
        {"https://[::]:1", "http://[::1]:1", true},
        {"https://[::]:1", "http://localhost:1", true},
        {"https://[::]:1", "http://127.0.0.1:1", false},
        {"https://[::]:1", "https://0.0.0.0:1", false},
        {"http://localhost:1", "http://127.0.0.1:1", true},
        {"http://localhost:1", "http://[::1]:1", true},
        {"http://localhost:1", "http://127.0.0.2:1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(listen_clash(cases[i].one, cases[i].other), cases[i].clash);
        assert_int_equal(listen_clash(cases[i].other, cases[i].one), cases[i].clash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_clashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
