/* Which host a URL names, and which URLs are one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/bus/survey_url.h"

static const struct {
    const char *url, *host, *same;
} cases[] = {
    {"https://example.com", "example.com", "https://example.com/"},
    {"HTTPS://Example.COM:443/Hook", "example.com", "https://example.com/Hook"},
    {"https://example.com:8443/Hook#part", "example.com", "https://example.com:8443/Hook"},
    {"https://example.com?a=B", "example.com", "https://example.com/?a=B"},
    {"https://example.com/a:443@b", "example.com", "https://example.com/a:443@b"},
    {"http://User:Word@Proxy:3128", "proxy", "http://User:Word@proxy:3128/"},
    {"https://[2001:DB8::1]:443/a", "2001:db8::1", "https://[2001:db8::1]/a"},
    {"https://[2001:db8::1]", "2001:db8::1", "https://[2001:db8::1]/"},
    {"smtp://mail.example.com:25", "mail.example.com", "smtp://mail.example.com/"},
    {"smtps://mail.example.com:465", "mail.example.com", "smtps://mail.example.com/"},
    {"smtp://mail.example.com:587", "mail.example.com", "smtp://mail.example.com:587/"},
    {"socks5h://proxy:443", "proxy", "socks5h://proxy:443/"},
    {"https://", NULL, NULL},
    {"https:///path", NULL, NULL},
    {"https://:443/path", NULL, NULL},
    {"://example.com", NULL, NULL},
    {"example.com/path", NULL, NULL},
    {"", NULL, NULL},
};

static void expect(char *found, const char *expected)
{
    if (expected)
        assert_non_null(found);
    if (expected)
        assert_string_equal(found, expected);
    else
        assert_null(found);
    memory_wipe_text(found);
}

static void hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(survey_url_host(cases[i].url), cases[i].host);
}

static void same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(survey_url_same(cases[i].url), cases[i].same);
}

static void places(void **state)
{
    (void)state;
    assert_true(survey_url_is_place("https://example.com/hook"));
    assert_true(survey_url_is_place("HTTP://localhost/hook"));
    assert_false(survey_url_is_place("smtp://mail.example.com"));
    assert_false(survey_url_is_place("smtps://mail.example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(same),
        cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
