/* What of a request may be shown: lines and URLs without what is secret by where it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/host/request.h"
#include "core/host/shown.h"

static struct request request;
static struct affn_request *const face = &request.face;
static struct blot known;

static int start(void **state)
{
    (void)state;
    request_init(&request);
    request_begin(&request, 0);
    blot_add(&known, "sesame");
    return 0;
}

static int finish(void **state)
{
    (void)state;
    request_finish(&request);
    blot_finish(&known);
    return 0;
}

static void lines(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *shown;
    } cases[] = {
        {"Host: example.com", "Host: example.com"},
        {"X-Empty:", "X-Empty:"},
        {"no name", "no name"},
        {"", ""},
        {"X-Team: open sesame, key-1", "X-Team: open ••••, ••••"},
        {"X-Key: k", "X-Key: ••••"}, /* however short */
        {"x-key:k", "x-key: ••••"},
        {"X-Key:", "X-Key: "},
        {"X-Keys: k", "X-Keys: k"},
        {"Authorization: abc", "Authorization: ••••"},
        {"authorization: Bearer abc", "authorization: Bearer ••••"},
        {"Authorization: Basic abc", "Authorization: Basic ••••"},
        {"Authorization: Token abc", "Authorization: ••••"},
        {"Proxy-Authorization: Basic abc", "Proxy-Authorization: Basic ••••"},
        {"X-Two: the second of its name is secret", "X-Two: ••••"},
    };
    face->header(face, "X-Key", "key-1", AFFN_SECRET);
    face->header(face, "X-Two", "", 0);
    face->header(face, "X-Two", "two", AFFN_SECRET);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = shown_line(&request, &known, cases[i].line);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

static void urls(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        uint32_t flags;
        const char *shown;
    } cases[] = {
        {"https://example.com/a?b=sesame", 0, "https://example.com/a?b=••••"},
        {"https://mailbox:password@example.com/a", 0, "https://••••:••••@example.com/a"},
        {"https://example.com/a", AFFN_SECRET, "https://example.com/••••"},
        {"https://example.com", AFFN_SECRET, "https://example.com/••••"},
        {"https://example.com:8443/a?b", AFFN_SECRET, "https://example.com:8443/••••"},
        {"https://a:b@[::1]:8443/a?b", AFFN_SECRET, "https://[::1]:8443/••••"},
        {"smtps://mail.example.com", AFFN_SECRET, "smtps://mail.example.com/••••"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        request_begin(&request, 0);
        face->url(face, cases[i].url, cases[i].flags);
        char *shown = shown_url(&request, &known);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines, start, finish),
        cmocka_unit_test_setup_teardown(urls, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
