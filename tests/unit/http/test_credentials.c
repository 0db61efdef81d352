/* Tokens and signatures: what lets somebody in, and everything near it that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/base/error.h"
#include "core/http/credentials.h"
#include "core/http/head.h"
#include "core/http/signature.h"

static bool admits(const struct credentials *credentials, const char *value)
{
    return credentials_admit_bearer(credentials, value, strlen(value));
}

static void test_tokens(void **state)
{
    (void)state;
    struct credentials credentials = {.token_count = 0};
    assert_false(admits(&credentials, "Bearer "));
    assert_false(admits(&credentials, "Bearer a"));
    credentials_add_token(&credentials, "first-of-them");
    credentials_add_token(&credentials, "second-of-them");
    assert_true(admits(&credentials, "Bearer first-of-them"));
    assert_true(admits(&credentials, "bearer   second-of-them"));
    static const char *const wrong[] = {
        "",
        "Bearer",
        "Bearer ",
        "Bearer first-of-the",
        "Bearer first-of-themm",
        "Bearer first-of-them ",
        "Bearer First-of-them",
        "Bearer first-of-them,second-of-them",
        "Bearer\tfirst-of-them",
        "Basic first-of-them",
        "first-of-them",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(admits(&credentials, wrong[i]));
    credentials_finish(&credentials);
    assert_false(admits(&credentials, "Bearer first-of-them"));
}

static void test_a_full_list(void **state)
{
    (void)state;
    struct credentials credentials = {.token_count = 0};
    for (int i = 0; i < HTTP_CREDENTIALS_MAX; i++)
        credentials_add_token(&credentials, i + 1 < HTTP_CREDENTIALS_MAX ? "another" : "last");
    assert_true(admits(&credentials, "Bearer last"));
    credentials_finish(&credentials);
}

/* The example of the Standard Webhooks specification's test vectors, made anew with OpenSSL. */
#define SECRET    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID        "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME      "1614265330"
#define BODY      "{\"test\": 2432232314}"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct span span(const char *text)
{
    return (struct span){text, text ? strlen(text) : 0};
}

static struct head head(const char *id, const char *time, const char *signature)
{
    struct head made = {.chunked = false};
    made.headers[HEAD_WEBHOOK_ID] = span(id);
    made.headers[HEAD_WEBHOOK_TIMESTAMP] = span(time);
    made.headers[HEAD_WEBHOOK_SIGNATURE] = span(signature);
    return made;
}

static void test_signatures(void **state)
{
    (void)state;
    struct credentials credentials = {.token_count = 0};
    struct error error;
    assert_int_equal(credentials_add_secret(&credentials, "whsec_QUFBQQ==", &error), 0);
    struct head right = head(ID, TIME, SIGNATURE);
    assert_false(signature_holds(&credentials, &right, BODY, strlen(BODY)));
    assert_int_equal(credentials_add_secret(&credentials, SECRET, &error), 0);
    assert_true(signature_holds(&credentials, &right, BODY, strlen(BODY)));
    static const struct {
        const char *id;
        const char *time;
        const char *signature;
        bool holds;
    } cases[] = {
        {ID, TIME, "v1,AAAA " SIGNATURE, true},
        {ID, TIME, "v1a,x v2,y  " SIGNATURE " z", true},
        {ID, TIME, "", false},
        {ID, TIME, " ", false},
        {ID, TIME, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false},
        {ID, TIME, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false},
        {ID, TIME, SIGNATURE "=", false},
        {ID, TIME, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=", false},
        {ID "x", TIME, SIGNATURE, false},
        {ID, "1614265331", SIGNATURE, false},
        {"", TIME, SIGNATURE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct head made = head(cases[i].id, cases[i].time, cases[i].signature);
        assert_int_equal(signature_holds(&credentials, &made, BODY, strlen(BODY)), cases[i].holds);
    }
    assert_false(signature_holds(&credentials, &right, BODY, strlen(BODY) - 1));
    credentials_finish(&credentials);
}

static void test_what_is_wrong_before_the_body(void **state)
{
    (void)state;
    static const char in_seconds[] =
        "webhook-timestamp must be whole seconds since 1970, in digits.";
    static const char ago[] =
        "webhook-timestamp is more than five minutes ago, by this server's clock.";
    static const char ahead[] =
        "webhook-timestamp is more than five minutes ahead of this server's clock.";
    static const struct {
        const char *id;
        const char *time;
        const char *signature;
        const char *fault;
    } cases[] = {
        {ID, "1614265330", SIGNATURE, NULL},
        {ID, "1614265030", SIGNATURE, NULL},
        {ID, "1614265029", SIGNATURE, ago},
        {ID, "0", SIGNATURE, ago},
        {ID, "1614265630", SIGNATURE, NULL},
        {ID, "1614265631", SIGNATURE, ahead},
        {ID, "99999999999", SIGNATURE, ahead},
        {ID, "1614265330000", SIGNATURE,
         "webhook-timestamp is in milliseconds; send seconds since 1970."},
        {ID, "", SIGNATURE, in_seconds},
        {ID, "-1614265330", SIGNATURE, in_seconds},
        {ID, "1614265330.0", SIGNATURE, in_seconds},
        {ID, " 1614265330", SIGNATURE, in_seconds},
        {ID, "16142653300000000000", SIGNATURE, in_seconds},
        {ID, NULL, SIGNATURE,
         "The header webhook-timestamp is missing; the signature is over it, too."},
        {NULL, TIME, SIGNATURE, "The header webhook-id is missing; the signature is over it, too."},
        {ID, TIME, NULL, "The header webhook-signature is missing."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct head made = head(cases[i].id, cases[i].time, cases[i].signature);
        const char *fault = signature_fault(&made, 1614265330000);
        assert_string_equal(fault ? fault : "none", cases[i].fault ? cases[i].fault : "none");
    }
}

static void test_secrets_that_are_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        "whsec_A",
        "whsec_AAA",
        "whsec_====",
        "whsec_AAA=AAAA",
        "whsec_AA A",
        "whsec_AAA\n",
        "whsec_AA-_",
    };
    struct credentials credentials = {.token_count = 0};
    struct error error;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(credentials_add_secret(&credentials, wrong[i], &error), -1);
        assert_string_equal(error.text, "ingest_signing_secret: must be `whsec_` and base64, as "
                                        "the sender shows it");
    }
    assert_int_equal(credentials.secret_count, 0);
    char longest[1024] = "whsec_";
    memset(longest + 6, 'A', 680);
    assert_int_equal(credentials_add_secret(&credentials, longest, &error), 0);
    assert_int_equal(credentials.secrets[0].length, 510);
    memset(longest + 6, 'A', 684);
    assert_int_equal(credentials_add_secret(&credentials, longest, &error), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_a_full_list),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_what_is_wrong_before_the_body),
        cmocka_unit_test(test_secrets_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
