/* Values into a struct; what the system tests cannot see from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/host/blot.h"
#include "core/host/findings.h"
#include "core/host/options.h"
#include "core/host/request_keys.h"
#include "core/wire/message.h"

struct self {
    const char *url;
    struct affn_list tokens;
    struct affn_map header;
    struct affn_map label;
    int64_t size;
    int32_t flag;
};

static const struct affn_option rows[] = {
    AFFN_OPT_URL(struct self, url, AFFN_SECRET, "https://default.example.com", "A URL."),
    AFFN_OPT_LIST(struct self, tokens, AFFN_SECRET, NULL, "Tokens."),
    AFFN_OPT_MAP(struct self, header, AFFN_SECRET | AFFN_REQUIRED, "Headers."),
    AFFN_OPT_MAP(struct self, label, AFFN_DEPRECATED, "Labels."),
    AFFN_OPT_SIZE(struct self, size, AFFN_REQUIRED, "1k", 0, 0, "A size."),
    AFFN_OPT_BOOL(struct self, flag, 0, NULL, "A flag."),
};

struct filled {
    struct self self;
    struct options options;
    struct findings findings;
    struct blot secrets;
};

static void fill(struct filled *filled, const struct message_value *values, uint32_t count)
{
    *filled = (struct filled){.self = {.url = NULL}};
    findings_init(&filled->findings);
    const struct option_table table = {rows, AFFN_COUNT(rows), &filled->self};
    options_fill(&filled->options, &table, 1, values, count, &filled->findings, &filled->secrets);
}

static void finish(struct filled *filled)
{
    options_finish(&filled->options);
    findings_finish(&filled->findings);
    blot_finish(&filled->secrets);
}

static void defaults_and_unset(void **state)
{
    (void)state;
    struct filled filled;
    const struct message_value values[] = {{"header.x", "one"}};
    fill(&filled, values, 1);
    assert_int_equal(filled.findings.count, 0);
    assert_string_equal(filled.self.url, "https://default.example.com");
    assert_null(filled.self.tokens.items);
    assert_int_equal(filled.self.tokens.count, 0);
    assert_null(filled.self.label.pairs);
    assert_int_equal(filled.self.label.count, 0);
    assert_int_equal(filled.self.size, 1024);
    assert_int_equal(filled.self.flag, -1);
    finish(&filled);
}

static void every_form_of_secret_is_known(void **state)
{
    (void)state;
    struct filled filled;
    char out[256];
    const struct message_value values[] = {{"url", "https://host/secret-path"},
                                           {"tokens", "token-one, token-two"},
                                           {"header.Authorization", "Bearer abcdef"},
                                           {"label.x", "plain"}};
    fill(&filled, values, 4);
    blot_text(&filled.secrets, NULL,
              "https://host/secret-path|/secret-path|token-one|token-two|Bearer abcdef|plain", out,
              sizeof out);
    assert_string_equal(out, "••••|••••|••••|••••|••••|plain");
    assert_int_equal(filled.findings.count, 1);
    assert_string_equal(filled.findings.items[0].key, "label.x");
    assert_string_equal(filled.findings.items[0].text, "is deprecated: Labels.");
    assert_true(filled.findings.items[0].warning);
    assert_int_equal(filled.findings.errors, 0);
    finish(&filled);
}

static void what_the_reader_should_have_found(void **state)
{
    (void)state;
    struct filled filled;
    const struct message_value values[] = {
        {"header.x", "1"}, {"header.x", "2"}, {"flag", "yes"}, {"flag", "no"}};
    fill(&filled, values, 4);
    assert_int_equal(filled.findings.errors, 2);
    assert_string_equal(filled.findings.items[0].key, "flag");
    assert_string_equal(filled.findings.items[0].text, "is set twice");
    assert_string_equal(filled.findings.items[1].key, "header.x");
    assert_string_equal(filled.findings.items[1].text, "is set twice");
    assert_int_equal(filled.self.header.count, 1);
    finish(&filled);
}

static void a_required_map(void **state)
{
    (void)state;
    struct filled filled;
    fill(&filled, NULL, 0);
    assert_int_equal(filled.findings.errors, 1);
    assert_string_equal(filled.findings.items[0].text,
                        "is required: write header.KEY = value: Headers.");
    finish(&filled);
}

static void too_many_mistakes_are_counted_only(void **state)
{
    (void)state;
    struct findings findings;
    findings_init(&findings);
    for (int i = 0; i < MISTAKES_MAX + 5; i++)
        findings.face.add(&findings.face, i % 2 ? "key" : NULL, i % 3 ? "wrong" : NULL);
    findings.face.warn(&findings.face, "key", "odd");
    assert_int_equal(findings.count, MISTAKES_MAX);
    assert_int_equal(findings.errors, MISTAKES_MAX + 5);
    findings_finish(&findings);
}

static void the_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *proxy;
        uint32_t errors;
    } cases[] = {
        {"http://proxy:3128", 0},
        {"socks5h://user:pass@proxy:1080", 0},
        {"https://[::1]:1", 0},
        {"ftp://proxy", 1},
        {"proxy", 1},
        {"", 1},
        {"http://user:pass@", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct findings findings;
        struct blot secrets = {.count = 0};
        const struct request_keys keys = {.proxy = cases[i].proxy};
        findings_init(&findings);
        request_keys_check(&keys, &findings, &secrets);
        assert_int_equal(findings.errors, cases[i].errors);
        findings_finish(&findings);
        blot_finish(&secrets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_and_unset),
        cmocka_unit_test(every_form_of_secret_is_known),
        cmocka_unit_test(what_the_reader_should_have_found),
        cmocka_unit_test(a_required_map),
        cmocka_unit_test(too_many_mistakes_are_counted_only),
        cmocka_unit_test(the_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
