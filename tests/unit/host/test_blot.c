/*
 * Nothing that is known as a secret leaves, nor anything that a terminal or a JSON reader chokes
 * on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/config/base64.h"
#include "core/host/blot.h"
#include "core/host/own_words.h"

struct known {
    struct blot blot;
};

static int start(void **state)
{
    *state = memory_new(1, sizeof(struct known));
    return 0;
}

static int finish(void **state)
{
    struct known *known = *state;
    blot_finish(&known->blot);
    free(known);
    return 0;
}

static void expect(const struct blot *blot, const char *text, const char *expected)
{
    char out[256];
    blot_text(blot, NULL, text, out, sizeof out);
    assert_string_equal(out, expected);
}

static void of_a_signing_secret_its_base64_is_blotted_too(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    blot_add(blot, "whsec_ZXhhbXBsZS1vZi1hLWtleQ==");
    expect(blot, "by whsec_ZXhhbXBsZS1vZi1hLWtleQ==!", "by ••••!");
    expect(blot, "by ZXhhbXBsZS1vZi1hLWtleQ==!", "by ••••==!");
    expect(blot, "by ZXhhbXBsZS1vZi1hLWtleQ!", "by ••••!");
}

static void secrets_are_blotted(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    blot_add(blot, NULL);
    blot_add(blot, "abc"); /* too short to look for */
    blot_add(blot, "sesame");
    blot_add(blot, "sesame");
    blot_add(blot, "same-old");
    assert_int_equal(blot->count, 2);
    expect(blot, "", "");
    expect(blot, "abc open", "abc open");
    expect(blot, "open sesame!", "open ••••!");
    expect(blot, "sesamesesame sesame", "•••• ••••");
    expect(blot, "sesame-old", "••••");     /* two that overlap */
    expect(blot, "open sesa", "open ••••"); /* cut in the middle */
    expect(blot, "open ses", "open ses");
    expect(blot, "SESAME!", "SESAME!");
}

static void persons_are_blotted(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    struct blot persons = {.also = blot};
    char out[128];
    blot_add(blot, "sesame");
    blot_add_person(&persons, "Ada+1@Example.com");
    blot_add_person(&persons, "a@b"); /* too short to look for */
    blot_text(NULL, &persons,
              "{\"email\":\"ada+1@example.COM\"} Ada%2b1%40Example.com sesame SESAME", out,
              sizeof out);
    assert_string_equal(out, "{\"email\":\"••••\"} •••• •••• SESAME");
    blot_text(&persons, NULL, "no such user: ADA+1@exa", out, sizeof out);
    assert_string_equal(out, "no such user: ••••");
    blot_finish(&persons);
}

static void both_lists_count(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    struct blot more = {.count = 0};
    char out[64];
    blot_add(blot, "first");
    blot_add(&more, "second");
    blot_text(blot, &more, "first, second, third", out, sizeof out);
    assert_string_equal(out, "••••, ••••, third");
    blot_clear(&more);
    blot_text(blot, &more, "first, second", out, sizeof out);
    assert_string_equal(out, "••••, second");
    blot_finish(&more);
    blot_finish(&more);
}

static void what_a_url_holds(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    blot_add_userinfo(blot, "https://host/a@b");
    blot_add_userinfo(blot, "https://host");
    assert_int_equal(blot->count, 0);
    blot_add_userinfo(blot, "https://user:pass%2dword@host/path");
    expect(blot, "user pass%2dword pass-word host/path", "•••• •••• •••• host/path");
    expect(blot, "Basic dXNlcjpwYXNzLXdvcmQ=", "Basic ••••");
    blot_add_url(blot, "https://hooks/services/T0/B1/xyz");
    expect(blot, "POST /services/T0/B1/xyz", "POST ••••");
    expect(blot, "https://hooks/services/T0/B1/xyz", "••••");
    blot_add_url(blot, "no-scheme@x%4");
}

/* By a far side: in a redirect, in a sentence, in JSON. */
static void what_is_quoted_in_another_form(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    blot_add(blot, "p@ss/w\xc3\xb6rd");
    expect(blot, "?password=p%40ss%2Fw%C3%B6rd&", "?password=••••&");
    expect(blot, "?password=p%40ss/w%c3%b6rd&", "?password=••••&"); /* not all of it encoded */
    expect(blot, "\"p@ss\\/w\u00f6rd\" p\\u0040ss\\u002Fw\u00f6rd", "\"••••\" ••••"); /* JSON */
    expect(blot, "p%4 p\\u00 p@ss\\", "p%4 p\\u00 p@ss\\");
    blot_add_url(blot, "https://hooks/services/T0/B1/abcdefghijklmnop?key=%61bcdefghijklmnop2");
    expect(blot, "no token abcdefghijklmnop here", "no token •••• here");
    expect(blot, "\\/services\\/T0\\/B1\\/abcdefghijklmnop", "••••"); /* up to the cut */
    expect(blot, "\\/services\\/T0\\/B1\\/abcdefghijklmnop.", "\\/services\\/T0\\/B1\\/••••.");
    expect(blot, "?next=%2Fservices%2FT0%2FB1%2Fabcdefghijklmnop&",
           "?next=%2Fservices%2FT0%2FB1%2F••••&");
    expect(blot, "the key abcdefghijklmnop2", "the key ••••");
    expect(blot, "services T0 B1 key", "services T0 B1 key");
}

/* Each form alone, as part of more, and one byte short of it. */
static void what_is_written_in_another_form(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    blot_add(blot, "p&ss<w\xc3\xb6rd>+");
    expect(blot, "p&amp;ss&lt;w\xc3\xb6rd&gt;+", "••••");
    expect(blot, "p&#38;ss&#x3c;w&#xf6;rd&#x3E;&#x2b;", "••••");
    expect(blot, "p&amp;ss&lt;w&#246;rd&gt;&plus;!", "••••!");
    expect(blot, "p&ss\\u003cw\\u00f6rd>+ p%26ss&lt;w\xc3\xb6rd\\u003e+", "•••• ••••");
    expect(blot, "P&SS<W\xc3\xb6RD>+", "••••"); /* eight bytes and more: in any case */
    expect(blot, "p&amp;ss&lt;w&#247;rd&gt;+", "p&amp;ss&lt;w&#247;rd&gt;+");
    blot_add(blot, "sesame?~");
    expect(blot, "736573616d653f7e 736573616D653F7E", "•••• ••••");
    expect(blot, "0x736573616d653f7e00", "0x••••00");
    expect(blot, "736573616d653f7f", "736573616d653f7f");
    blot_add(blot, "mellon");
    expect(blot, "Mellon MELLON", "Mellon MELLON");
}

/* With nought to two bytes before and behind, in both alphabets. */
static void what_is_in_base64(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    static const char secret[] = "s>?>?same~~?"; /* has both of the last digits */
    blot_add(blot, secret);
    for (size_t before = 0; before < 6; before++) {
        for (size_t behind = 0; behind < 6; behind++) {
            char *whole = memory_format("%.*s%s%.*s", (int)before,
                                        "\xff:\xfe"
                                        "abc",
                                        secret, (int)behind, "xyz\xff\xfe\xfd");
            for (int url = 0; url < 2; url++) {
                char *encoded = base64_encode(whole, strlen(whole));
                size_t length = strlen(encoded), kept = 0;
                for (char *digit = encoded; url && *digit; digit++)
                    *digit = *digit == '+' ? '-' : *digit == '/' ? '_' : *digit;
                char *out = blot_new(blot, NULL, encoded);
                const char *dots = strstr(out, BLOT);
                assert_non_null(dots);
                kept = strlen(out) - strlen(BLOT);
                /* 16 digits hold the secret; of those, two may hold bits of others, too. */
                assert_true(length - kept >= 15);
                assert_int_equal(dots - out, (before * 8 + 5) / 6);
                free(out);
                memory_wipe_text(encoded);
            }
            free(whole);
        }
    }
    expect(blot, "s>?>?same~~!", "s>?>?same~~!");
    blot_clear(blot);
    blot_add(blot, "openopen");
    expect(blot, "b3Blbm9wZW4= B3BLBM9WZW4=", "••••4= B3BLBM9WZW4="); /* case is all it has */
}

/* A sentence of ours is told whole, whatever the secrets are; a far side's is not. */
static void our_own_words_stay(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    static const char one[] = "\0must not hold a user name\0check the password\0";
    static const char other[] = "\0no such %s\0";
    const struct own_words own = {{{one, sizeof one}, {other, sizeof other}}, 2};
    static const char *const cases[][2] = {
        {"url: must not hold a user name", "url: must not hold a user name"},
        {"check the password", "check the password"},
        {"no such user", "no such ••••"},
        {"hold a user", "hold a ••••"},
        {"the user: user name, password", "the ••••: •••• name, ••••"},
        {"must not hold a user name user", "must not hold a user name ••••"},
        {"user", "••••"},
        {"dXNlcg== must not hold a u%73er name", "••••g== must not hold a •••• name"},
    };
    blot_add(blot, "user");
    blot_add(blot, "password");
    blot->own = &own;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(blot, cases[i][0], cases[i][1]);
    char *text = blot_new(blot, NULL, cases[0][0]);
    assert_string_equal(text, "url: must not hold a •••• name");
    free(text);
}

static void words_are_those_of_files(void **state)
{
    (void)state;
    struct own_words own = {.count = 0};
    char path[] = "/tmp/words-XXXXXX";
    static const char text[] = "must not hold a user name";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text), sizeof text);
    close(fd);
    own_words_add(&own, "/none");
    own_words_add(&own, "/");
    assert_int_equal(own.count, 0);
    own_words_add(&own, path);
    unlink(path);
    assert_int_equal(own.count, 1);
    assert_true(own_words_hold(&own, text, strlen(text), 16, 20));
    assert_false(own_words_hold(&own, "a user name", 11, 2, 6));
    assert_true(own_words_have_name(&own, "name"));
    assert_false(own_words_have_name(&own, "user"));
    assert_false(own_words_have_name(&own, ""));
    own_words_finish(&own);
    assert_false(own_words_hold(&own, text, strlen(text), 16, 20));
}

static void what_cannot_be_shown_is_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"a\tb\r\nc\033[1m\x7f", "a b  c [1m "},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xc2\x9b!", " !"}, /* a C1 control character */
        {"\xff|\xc3|\xe2\x82|\x80", "?|?|??|?"},
        {"\xc0\xaf|\xe0\x80\xaf|\xf0\x80\x80\xaf", "??|???|????"}, /* overlong */
        {"\xed\xa0\x80|\xf4\x90\x80\x80|\xf5", "???|????|?"},      /* no characters */
        {"\xc3", "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&(struct blot){.count = 0}, cases[i].text, cases[i].expected);
}

static void a_cut_splits_no_character(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    char out[8];
    blot_add(blot, "sesame");
    blot_text(blot, NULL, "12345678", out, sizeof out);
    assert_string_equal(out, "1234567");
    blot_text(blot, NULL, "12345\xe2\x82\xac", out, sizeof out);
    assert_string_equal(out, "12345");
    blot_text(blot, NULL, "1234\xe2\x82\xac", out, sizeof out);
    assert_string_equal(out, "1234\xe2\x82\xac");
    blot_text(blot, NULL, "sesame", out, sizeof out); /* no room for the whole blot */
    assert_string_equal(out, "");
}

static void expect_bytes(const struct blot *known, const struct blot *more, const char *bytes,
                         size_t length, bool cut, const char *expected, size_t expected_length)
{
    struct buffer out;
    buffer_init(&out, 256);
    assert_int_equal(blot_bytes(known, more, bytes, length, cut, &out), 0);
    assert_int_equal(out.len, expected_length);
    assert_memory_equal(out.data, expected, expected_length);
    buffer_finish(&out);
}

static void bytes_stay_as_they_are(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    struct blot more = {.count = 0};
    blot_add(blot, "sesame");
    blot_add(&more, "mellon");
    static const char bytes[] = "a\r\n\t\0\xff\x1b sesamesesame|mellon\0sesa";
    static const char masked[] = "a\r\n\t\0\xff\x1b ••••|••••\0sesa";
    static const char cut[] = "a\r\n\t\0\xff\x1b ••••|••••\0••••";
    expect_bytes(blot, &more, bytes, sizeof bytes - 1, false, masked, sizeof masked - 1);
    expect_bytes(blot, &more, bytes, sizeof bytes - 1, true, cut, sizeof cut - 1);
    expect_bytes(NULL, NULL, bytes, sizeof bytes - 1, true, bytes, sizeof bytes - 1);
    expect_bytes(blot, NULL, "", 0, true, "", 0);
    expect_bytes(blot, NULL, "ses", 3, true, "ses", 3);
    struct buffer small;
    buffer_init(&small, 5);
    assert_int_equal(blot_bytes(blot, NULL, "sesame", 6, false, &small), -1);
    assert_int_equal(blot_bytes(blot, NULL, "123456", 6, false, &small), -1);
    buffer_finish(&small);
    blot_finish(&more);
}

static void a_text_as_a_whole(void **state)
{
    struct blot *blot = &((struct known *)*state)->blot;
    blot_add(blot, "sesame");
    blot_add(blot, "1234");
    static const char *const cases[][2] = {
        {"", ""},
        {"\xff\n", "? "},
        {"open sesame, sesa", "open ••••, sesa"},
        {"1234", "••••"},
        {"1234 1234 1234", "•••• •••• ••••"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = blot_new(blot, NULL, cases[i][0]);
        assert_string_equal(text, cases[i][1]);
        free(text);
    }
}

static void base64(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfb", "//77"},
    }; /* RFC 4648, 10, and one with the last two digits */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *encoded = base64_encode(cases[i][0], strlen(cases[i][0]));
        assert_string_equal(encoded, cases[i][1]);
        memory_wipe_text(encoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(secrets_are_blotted, start, finish),
        cmocka_unit_test_setup_teardown(of_a_signing_secret_its_base64_is_blotted_too, start,
                                        finish),
        cmocka_unit_test_setup_teardown(persons_are_blotted, start, finish),
        cmocka_unit_test_setup_teardown(both_lists_count, start, finish),
        cmocka_unit_test_setup_teardown(what_a_url_holds, start, finish),
        cmocka_unit_test_setup_teardown(what_is_quoted_in_another_form, start, finish),
        cmocka_unit_test_setup_teardown(what_is_written_in_another_form, start, finish),
        cmocka_unit_test_setup_teardown(what_is_in_base64, start, finish),
        cmocka_unit_test_setup_teardown(our_own_words_stay, start, finish),
        cmocka_unit_test(words_are_those_of_files),
        cmocka_unit_test(what_cannot_be_shown_is_replaced),
        cmocka_unit_test_setup_teardown(a_cut_splits_no_character, start, finish),
        cmocka_unit_test_setup_teardown(bytes_stay_as_they_are, start, finish),
        cmocka_unit_test_setup_teardown(a_text_as_a_whole, start, finish),
        cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
