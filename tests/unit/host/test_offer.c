/* What a mail server offers, heard line by line, and what it lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/host/offer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Lines with "C " before them are commands of ours, all others of replies. */
static struct offer hear(const char *const *lines)
{
    struct offer offer = {.settled = false};
    for (; *lines; lines++) {
        if (strncmp(*lines, "C ", 2) == 0)
            offer_hear_command(&offer, *lines + 2);
        else
            offer_hear_reply(&offer, *lines);
    }
    return offer;
}

static void what_is_missing(void **state)
{
    (void)state;
    static const struct {
        const char *lines[12];
        bool login;
        bool utf8;
        enum offer_lack lack;
    } cases[] = {
        /* Until all is said nothing is missing. */
        {{"220 hello"}, true, true, OFFER_ENOUGH},
        {{"C EHLO me"}, true, true, OFFER_ENOUGH},
        {{"C EHLO me", "250-mail.example.com"}, true, true, OFFER_ENOUGH},
        {{"C EHLO me", "250-mail", "250 HELP", "C STARTTLS"}, true, true, OFFER_ENOUGH},
        {{"C EHLO me", "250-mail", "250 HELP", "C STARTTLS", "220 go"}, true, true, OFFER_ENOUGH},
        {{"C EHLO me", "250-mail", "250 AUTH PLAIN", "C AUTH PLAIN", "334 "},
         true,
         true,
         OFFER_ENOUGH},
        {{"C EHLO me", "500 what?"}, true, true, OFFER_ENOUGH},
        /* The login. */
        {{"C EHLO me", "250-mail", "250 HELP"}, true, false, OFFER_NO_LOGIN},
        {{"C HELO me", "250"}, true, false, OFFER_NO_LOGIN},
        {{"C EHLO me", "250-mail", "250 HELP"}, false, false, OFFER_ENOUGH},
        {{"C EHLO me", "250-mail", "250 AUTH PLAIN", "C AUTH PLAIN", "334 ", "C AG1l", "235 yes"},
         true,
         false,
         OFFER_ENOUGH},
        {{"C EHLO me", "250-mail", "250 AUTH PLAIN", "C STARTTLS", "220 go", "C EHLO me", "250 x"},
         true,
         false,
         OFFER_NO_LOGIN},
        /* SMTPUTF8, in any case and with parameters; what was offered before STARTTLS is void. */
        {{"C EHLO me", "250-mail", "250 HELP"}, false, true, OFFER_NO_UTF8},
        {{"C EHLO me", "250-mail", "250 SMTPUTF8"}, false, true, OFFER_ENOUGH},
        {{"C EHLO me", "250-mail", "250-smtputf8 x", "250 HELP"}, false, true, OFFER_ENOUGH},
        {{"C EHLO me", "250-mail", "250 SMTPUTF8X"}, false, true, OFFER_NO_UTF8},
        {{"C EHLO me", "250 SMTPUTF8", "C STARTTLS", "220 go", "C EHLO me", "250 x"},
         false,
         true,
         OFFER_NO_UTF8},
        {{"C EHLO me", "250-AUTH PLAIN", "250 x", "C AUTH PLAIN", "334 ", "C AG1l", "235 yes"},
         true,
         true,
         OFFER_NO_UTF8},
        {{"C EHLO me", "250-mail", "250 HELP", "C MAIL FROM:<a@b>"}, false, true, OFFER_NO_UTF8},
        /* A connection that was kept. */
        {{"C MAIL FROM:<a@b>"}, true, true, OFFER_NO_UTF8},
        {{"C MAIL FROM:<a@b> SMTPUTF8"}, true, true, OFFER_ENOUGH},
        {{"C MAIL FROM:<a@b>"}, true, false, OFFER_ENOUGH},
        {{"C MAIL FROM:<a@b> SMTPUTF8", "250 fine", "C RCPT TO:<a@b>"}, true, true, OFFER_ENOUGH},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct offer offer = hear(cases[i].lines);
        enum offer_lack lack = offer_lacks(&offer, cases[i].login, cases[i].utf8);
        if (lack != cases[i].lack)
            fail_msg("case %zu: %d instead of %d", i, lack, cases[i].lack);
    }
}

static void mechanisms_are_kept(void **state)
{
    (void)state;
    static const char *const lines[] = {"C EHLO me", "250-mail", "250-AUTH PLAIN LOGIN", "250 HELP",
                                        NULL};
    struct offer offer = hear(lines);
    assert_string_equal(offer.auth, "PLAIN LOGIN");
    offer_hear_command(&offer, "EHLO me");
    assert_string_equal(offer.auth, "");
    char longest[300] = "250 AUTH ";
    memset(longest + 9, 'X', sizeof longest - 10);
    offer_hear_reply(&offer, longest);
    assert_int_equal(strlen(offer.auth), OFFER_AUTH_BYTES_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing),
        cmocka_unit_test(mechanisms_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
