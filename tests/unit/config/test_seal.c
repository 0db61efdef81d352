/*
 * Sealed values against vectors that Python's cryptography made: what was sealed once must open for
 * ever. What is said of those that do not open is in test_secret.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/config/seal.h"

/* 00 01 02 … 1f */
static struct secret_key key;

static const struct {
    unsigned char nonce[SEAL_NONCE_BYTES];
    const char *section;
    const char *name;
    const char *text;
    const char *value;
} vectors[] = {
    {{0},
     "sink:crm",
     "token",
     "example-token",
     "sealed:v1:fa881909:AAAAAAAAAAAAAAAAa8TUs8VA5pB8x8JQdu23PT0iASmZlYYbx57sPms="},
    {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
     "bus",
     "ingest_tokens",
     "x",
     "sealed:v1:fa881909:AAECAwQFBgcICQoLPz3wBmLDelt9l0ATqs4WDy8="},
    {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
     "sink:crm",
     "header.X-Key",
     "example key with blanks, \u00fc and \u20ac",
     "sealed:v1:fa881909:////////////////X/mOpBDXu+bgO9fxW0fXJJCxj3OZL0zNFJ8D7Y3Ke2WlkejFHNZv2i9Hfm"
     "6vDoEFyf3M"},
    {{200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211},
     "sink:a",
     "b",
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
     "sealed:v1:fa881909:yMnKy8zNzs/Q0dLTIUlT6LL5zRdMBX7cfWKOctC23pswXp4T1ZBag7n1zo/8vRiVpiocnQrGJc"
     "XTc2SG74Api7A4wScjISf3wjYiWoNnuj2nG9Z7tqpIZwciTGU="},
};

#define VECTORS (sizeof vectors / sizeof *vectors)

static char *open_value(const char *value, const char *section, const char *name)
{
    struct sealed sealed;
    struct error error;
    size_t length;
    assert_int_equal(seal_parse(value, &sealed, &error), 0);
    assert_string_equal(sealed.key_id, key.id);
    char *text = seal_open(&sealed, &key, section, name, &length);
    if (text)
        assert_int_equal(length, strlen(text));
    seal_finish(&sealed);
    return text;
}

static void test_vectors(void **state)
{
    (void)state;
    assert_string_equal(key.id, "fa881909");
    for (size_t i = 0; i < VECTORS; i++) {
        char *value = seal_text_with(&key, vectors[i].nonce, vectors[i].section, vectors[i].name,
                                     vectors[i].text);
        assert_string_equal(value, vectors[i].value);
        char *text = open_value(value, vectors[i].section, vectors[i].name);
        assert_string_equal(text, vectors[i].text);
        free(text);
        free(value);
    }
}

static void test_nonces_differ(void **state)
{
    (void)state;
    char *one = seal_text(&key, "bus", "a", "example");
    char *other = seal_text(&key, "bus", "a", "example");
    assert_true(seal_is(one));
    assert_string_not_equal(one, other);
    char *text = open_value(one, "bus", "a");
    assert_string_equal(text, "example");
    free(text);
    free(one);
    free(other);
}

/* Every bit counts, and so does each of section and key. */
static void test_changed(void **state)
{
    struct sealed sealed;
    struct error error;
    size_t length;
    (void)state;
    assert_int_equal(seal_parse(vectors[0].value, &sealed, &error), 0);
    for (size_t bit = 0; bit < 8 * sealed.length; bit++) {
        sealed.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_null(seal_open(&sealed, &key, "sink:crm", "token", &length));
        sealed.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    static const char *const elsewhere[][2] = {
        {"sink:crn", "token"}, {"sink:crm", "tokem"}, {"sink:crmt", "oken"}, {"sink:cr", "mtoken"},
        {"sink:crm", "Token"}, {"", "token"},         {"sink:crm", ""},      {"token", "sink:crm"},
    };
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        assert_null(seal_open(&sealed, &key, elsewhere[i][0], elsewhere[i][1], &length));
    for (; sealed.length > SEAL_NONCE_BYTES + SEAL_TAG_BYTES + 1; sealed.length--) {
        struct sealed shorter = sealed;
        shorter.length--;
        assert_null(seal_open(&shorter, &key, "sink:crm", "token", &length));
    }
    seal_finish(&sealed);
}

static int make_key(void **state)
{
    unsigned char bytes[KEY_BYTES];
    (void)state;
    for (size_t i = 0; i < KEY_BYTES; i++)
        bytes[i] = (unsigned char)i;
    key_init(&key, bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_nonces_differ),
        cmocka_unit_test(test_changed),
    };
    return cmocka_run_group_tests(tests, make_key, NULL);
}
