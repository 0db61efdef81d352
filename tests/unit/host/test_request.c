/* What a plugin may put into a request, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/config/base64.h"
#include "core/host/request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct request request;
static struct affn_request *const face = &request.face;

static int start(void **state)
{
    (void)state;
    request_init(&request);
    request_begin(&request, 0);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    request_finish(&request);
    return 0;
}

/* Completes it, compares, and begins the next. */
static void expect(const char *problem)
{
    request_complete(&request);
    assert_string_equal(request.problem, problem);
    request_begin(&request, 0);
}

static void url(const char *text)
{
    face->url(face, text, 0);
}

static void urls(void **state)
{
    (void)state;
    static const char not_ours[] = "the request's URL is not one that begins with https://, "
                                   "smtps:// or smtp:// and names a host";
    static const char broken[] =
        "the request's URL holds a control character or has over 8192 bytes";
    expect("the request has no URL");
    url("https://example.com/a?b=c");
    assert_string_equal(request.host, "example.com");
    expect("");
    url("https://user:pass@[::1]:8443/");
    assert_string_equal(request.host, "[::1]:8443");
    expect("");
    static const char *const others[] = {
        "http://example.com/", "ftp://example.com/", "example.com", "https://", "",
        "https://a b/",        "gopher://x/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        url(others[i]);
        expect(not_ours);
        url(others[i]); /* also when it comes again */
        expect(not_ours);
    }
    url("https://example.com/\r\nX: y");
    expect(broken);
    url(NULL);
    expect(broken);
    char *longest = memory_new(REQUEST_URL_BYTES_MAX + 2, 1);
    memset(longest, 'x', REQUEST_URL_BYTES_MAX + 1);
    url(longest);
    expect(broken);
    free(longest);
}

static void an_url_is_set_again_only_when_it_changes(void **state)
{
    (void)state;
    url("https://example.com/");
    assert_true(request.url_changed);
    expect("");
    request.url_changed = false;
    url("https://example.com/");
    assert_false(request.url_changed);
    expect("");
    url("https://example.com/2");
    assert_true(request.url_changed);
}

static void headers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
        const char *problem;
    } cases[] = {
        {"X-Team", "one", ""},
        {"X-Team", "", ""},
        {"X-Team", "tab\tand caf\xc3\xa9", ""},
        {"X Team", "one", "the header with a malformed name holds what no header may hold"},
        {"X:", "one", "the header with a malformed name holds what no header may hold"},
        {"", "one", "the header with a malformed name holds what no header may hold"},
        {NULL, "one", "the header with a malformed name holds what no header may hold"},
        {"X-Team", NULL, "the header X-Team holds what no header may hold"},
        {"X-Team", "a\nb", "the header X-Team holds what no header may hold"},
        {"X-Team", "a\r", "the header X-Team holds what no header may hold"},
        {"content-length", "1", "the header content-length is not the plugin's to set"},
        {"Transfer-Encoding", "x", "the header Transfer-Encoding is not the plugin's to set"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        url("https://example.com/");
        face->header(face, cases[i].name, cases[i].value, 0);
        expect(cases[i].problem);
    }
    for (int i = 0; i < REQUEST_HEADERS_MAX; i++)
        face->header(face, "X-Many", "x", 0);
    url("https://example.com/");
    face->auth(face, "bearer", NULL, "token");
    expect("");
    for (int i = 0; i < REQUEST_HEADERS_MAX + 1; i++)
        face->header(face, "X-Many", "x", 0);
    expect("the header X-Many is beyond the limits: 64 headers of 8192 bytes each");
}

static void the_lines_that_are_sent(void **state)
{
    (void)state;
    url("https://example.com/");
    face->header(face, "X-One", "1", 0);
    face->header(face, "X-Two", "", 0);
    face->auth(face, "basic", "me", "sesame");
    request_complete(&request);
    static const char *const lines[] = {"X-One: 1", "X-Two;", "Authorization: Basic bWU6c2VzYW1l",
                                        "Expect:", "Content-Type:"};
    const struct curl_slist *node = request.headers;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++, node = node->next)
        assert_string_equal(node->data, lines[i]);
    assert_null(node);
}

static void the_rest(void **state)
{
    (void)state;
    face->method(face, "PO ST");
    expect("the request's method is not a word");
    face->method(face, NULL);
    expect("the request's method is not a word");
    url("https://example.com/");
    face->body(face, "x", REQUEST_BODY_BYTES_MAX + 1);
    expect("the request's body has 1048577 bytes, but may have at most 1048576");
    static const char auth[] =
        "auth needs a mechanism (bearer, basic, plain, login, xoauth2 or oauthbearer), a secret, "
        "and for all but bearer a user, without control characters";
    face->auth(face, "digest", "me", "sesame");
    expect(auth);
    face->auth(face, "basic", NULL, "sesame");
    expect(auth);
    face->auth(face, "bearer", NULL, NULL);
    expect(auth);
    face->auth(face, "bearer", NULL, "a\r\nb");
    expect(auth);
    url("https://example.com/");
    face->rcpt(face, "one@example.com");
    expect("the request has a sender, a recipient or a part, but is no mail");
}

static void mail(void **state)
{
    (void)state;
    url("smtp://example.com");
    expect("the mail has no sender or no recipient");
    url("smtp://example.com");
    face->mail_from(face, "me@example.com");
    face->rcpt(face, "one@example.com");
    expect("the mail must have either a body or parts");
    face->part(face, "", "x", 1);
    expect(
        "a part of the mail has no type, or is beyond the limits: 8 parts of 1048576 bytes each");
    for (int i = 0; i < REQUEST_RECIPIENTS_MAX + 1; i++)
        face->rcpt(face, "one@example.com");
    expect("the mail has more than 100 recipients");
    face->rcpt(face, "one@example.com\r\nDATA");
    expect("a recipient is not an address");
    face->mail_from(face, "");
    expect("the sender is not an address");
}

static void in_the_clear(void **state)
{
    (void)state;
    static const char refused[] = "only mail by smtp:// to this machine (localhost, 127.0.0.1, "
                                  "[::1]) may go without TLS, but this is for ";
    static const struct {
        const char *url;
        const char *host; /* NULL when it may */
    } cases[] = {
        {"smtp://localhost", NULL},
        {"smtp://LocalHost:2525", NULL},
        {"smtp://127.0.0.1", NULL},
        {"smtp://127.255.1.2:26", NULL},
        {"smtp://[::1]", NULL},
        {"smtp://[::1]:26", NULL},
        {"SMTP://user@localhost", NULL},
        {"smtp://example.com", "example.com"},
        {"smtp://localhost@example.com", "example.com"},
        {"smtp://localhosts", "localhosts"},
        {"smtp://127.0.0.1.example.com", "127.0.0.1.example.com"},
        {"smtp://126.0.0.1", "126.0.0.1"},
        {"smtp://[::2]", "[::2]"},
        {"smtps://localhost", "localhost"},
        {"https://localhost/", "localhost"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        face->url(face, cases[i].url, AFFN_PLAIN);
        assert_true(request.plain);
        assert_int_equal(request.problem[0] == '\0', cases[i].host == NULL);
        if (cases[i].host) {
            char *problem = memory_format("%s%s", refused, cases[i].host);
            assert_string_equal(request.problem, problem);
            free(problem);
        }
        request_begin(&request, 0);
        face->url(face, cases[i].url, 0); /* the same URL in the next batch */
        assert_false(request.plain);
        assert_string_equal(request.problem, "");
        request_begin(&request, 0);
        face->url(face, cases[i].url, AFFN_PLAIN);
        assert_int_equal(request.problem[0] == '\0', cases[i].host == NULL);
        request_begin(&request, 0);
    }
}

static void begin_mail(void)
{
    url("smtp://example.com");
    face->mail_from(face, "me@example.com");
    face->rcpt(face, "one@example.com");
}

/* What the host writes into a mail with parts, and what no mail may hold. */
static void the_lines_of_a_mail(void **state)
{
    (void)state;
    static const char *const hosts[] = {"mime-version", "Content-Type",
                                        "Content-Transfer-Encoding"};
    static const char *const problems[] = {
        "the header MIME-Version is not the plugin's to set in a mail that has parts",
        "the header Content-Type is not the plugin's to set in a mail that has parts",
        "the header Content-Transfer-Encoding is not the plugin's to set in a mail that has parts",
    };
    for (size_t i = 0; i < 3; i++) {
        begin_mail();
        face->header(face, hosts[i], "x", 0);
        face->part(face, "text/plain", "x", 1);
        expect(problems[i]);
        begin_mail();
        face->header(face, hosts[i], "x", 0);
        face->body(face, "x", 1);
        expect("");
    }
    char value[1200];
    memset(value, 'x', sizeof value);
    value[998 - 1] = '\0'; /* folded, it stands behind one blank */
    begin_mail();
    face->body(face, "x", 1);
    face->header(face, "Subject", value, 0);
    expect("the header Subject has a line of 1006 bytes, but mail may have 998");
    value[998 - 9] = '\0';
    begin_mail();
    face->body(face, "x", 1);
    face->header(face, "Subject", value, 0);
    expect("");
    memset(value, 'x', sizeof value);
    value[400] = value[800] = ' ';
    value[sizeof value - 1] = '\0';
    begin_mail();
    face->body(face, "x", 1);
    face->header(face, "Subject", value, 0);
    expect("");
    value[400] = value[800] = 'x';
    begin_mail();
    face->part(face, value, "x", 1);
    expect("the type of a part is longer than a line of mail may be");
}

static void what_a_login_sends_is_a_secret(void **state)
{
    (void)state;
    static const char *const secrets[] = {"sesame", "bWFpbGJveA==", "c2VzYW1l",
                                          "AG1haWxib3gAc2VzYW1l"};
    begin_mail();
    face->body(face, "x", 1);
    face->auth(face, "plain", "mailbox", "sesame");
    request_complete(&request);
    assert_int_equal(request.secrets.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(request.secrets.secrets[i].texts[FORM_PLAIN], secrets[i]);
    char *shown = blot_new(&request.secrets, NULL, "user=bWFpbGJveA%3D%3D&");
    assert_string_equal(shown, "user=••••&");
    free(shown);
}

/* In whatever words it goes over the wire, no more of it can be read than a byte at each end. */
static void what_a_login_by_token_sends_is_a_secret(void **state)
{
    (void)state;
    static const char *const before[] = {"", "u", "ux", "user=me\1auth=Bearer "};
    static const char token[] = "example-token-0123456789";
    char sent[128];
    for (size_t i = 0; i < COUNT(before); i++) {
        begin_mail();
        face->body(face, "x", 1);
        face->auth(face, i % 2 ? "xoauth2" : "oauthbearer", "me", token);
        request_complete(&request);
        assert_string_equal(request.problem, "");
        snprintf(sent, sizeof sent, "%s%s\1\1", before[i], token);
        char *encoded = base64_encode(sent, strlen(sent));
        char *shown = blot_new(&request.secrets, NULL, encoded);
        char *mark = strstr(shown, BLOT);
        assert_non_null(mark);
        size_t left = strlen(shown) - strlen(BLOT);
        assert_true(left <= 4 * (strlen(before[i]) + 4) / 3 + 4);
        free(shown);
        memory_wipe_text(encoded);
        request_begin(&request, 0);
    }
    begin_mail();
    face->body(face, "x", 1);
    face->auth(face, "xoauth2", "me", "x");
    expect("");
    begin_mail();
    face->url(face, "smtp://localhost", AFFN_PLAIN);
    face->body(face, "x", 1);
    face->auth(face, "oauthbearer", "me", token);
    expect("auth by oauthbearer needs TLS");
}

static void finding_headers(void **state)
{
    (void)state;
    url("https://example.com/");
    face->header(face, "X-One", "1", 0);
    face->header(face, "x-two", "", AFFN_SECRET);
    face->header(face, "X-ONE", "3", 0);
    assert_int_equal(request_find_header(&request, "x-one", 0), 0);
    assert_int_equal(request_find_header(&request, "x-one", 1), 2);
    assert_int_equal(request_find_header(&request, "x-one", 3), 3);
    assert_int_equal(request_find_header(&request, "X-Two", 0), 1);
    assert_int_equal(request_find_header(&request, "X-T", 0), 3);
    assert_false(request.header_secret[0]);
    assert_true(request.header_secret[1]);
}

static void secrets_last_a_batch(void **state)
{
    (void)state;
    url("https://example.com/");
    face->auth(face, "bearer", NULL, "token-one");
    face->header(face, "X-Key", "key-one", AFFN_SECRET);
    assert_int_equal(request.secrets.count, 2);
    request_begin(&request, 1); /* the next round of the same batch */
    assert_int_equal(request.secrets.count, 2);
    request_begin(&request, 0);
    assert_int_equal(request.secrets.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(urls, start, finish),
        cmocka_unit_test_setup_teardown(an_url_is_set_again_only_when_it_changes, start, finish),
        cmocka_unit_test_setup_teardown(headers, start, finish),
        cmocka_unit_test_setup_teardown(the_lines_that_are_sent, start, finish),
        cmocka_unit_test_setup_teardown(the_rest, start, finish),
        cmocka_unit_test_setup_teardown(mail, start, finish),
        cmocka_unit_test_setup_teardown(in_the_clear, start, finish),
        cmocka_unit_test_setup_teardown(the_lines_of_a_mail, start, finish),
        cmocka_unit_test_setup_teardown(what_a_login_sends_is_a_secret, start, finish),
        cmocka_unit_test_setup_teardown(what_a_login_by_token_sends_is_a_secret, start, finish),
        cmocka_unit_test_setup_teardown(finding_headers, start, finish),
        cmocka_unit_test_setup_teardown(secrets_last_a_batch, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
