/* Lists of addresses: what is read out of them, and what is said of what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "address.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TEN   "1234567890"
#define FIFTY TEN TEN TEN TEN TEN

/* "NAME <ADDRESS>\n" for each, then the mistake when there is one. */
static void expect(const char *text, const char *expected)
{
    static char found[4096];
    static char mistake[1024];
    struct address_list list = {.rest = text};
    struct address address;
    int result;
    found[0] = '\0';
    while ((result = address_next(&list, &address, mistake, sizeof mistake)) > 0) {
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s <%s>\n", address.name, address.address);
    }
    if (result < 0) {
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s", mistake);
    }
    assert_string_equal(found, expected);
}

static void lists_are_read(void **state)
{
    (void)state;
    expect("ann@example.com", " <ann@example.com>\n");
    expect("  ann@example.com\t", " <ann@example.com>\n");
    expect("<ann@example.com>", " <ann@example.com>\n");
    expect("Ann Lee <ann@example.com>", "Ann Lee <ann@example.com>\n");
    expect("Ann Lee<ann@example.com >,bob@localhost",
           "Ann Lee <ann@example.com>\n <bob@localhost>\n");
    expect("\"Lee, Ann\" <ann@example.com> , Bob <b.o+b@a-b.example>",
           "Lee, Ann <ann@example.com>\nBob <b.o+b@a-b.example>\n");
    expect("\"A \\\"B\\\" \\\\ @ <;>\" <a@example.com>", "A \"B\" \\ @ <;> <a@example.com>\n");
    expect("Zo\xc3\xab \xf0\x9f\x8e\x89 <z@example.com>",
           "Zo\xc3\xab \xf0\x9f\x8e\x89 <z@example.com>\n");
    expect("!#$%&'*+/=?^_`{|}~-@example.com", " <!#$%&'*+/=?^_`{|}~-@example.com>\n");
}

/* What stands before the @ stays as it is written; the domain gets the form that servers know. */
static void addresses_beyond_ascii(void **state)
{
    (void)state;
    expect("J\xc3\xbcrgen <j\xc3\xbcrgen@example.com>",
           "J\xc3\xbcrgen <j\xc3\xbcrgen@example.com>\n");
    expect("a@caf\xc3\xa9.example, b@CAF\xc3\x89.example, c@cafe\xcc\x81.example",
           " <a@xn--caf-dma.example>\n <b@xn--caf-dma.example>\n <c@xn--caf-dma.example>\n");
    expect("a@stra\xc3\x9f"
           "e.example",
           " <a@xn--strae-oqa.example>\n");
    expect("\xd7\x90@\xd7\x90\xd7\x91.example", " <\xd7\x90@xn--4dbc.example>\n");
    expect("\xe5\xa7\x93@\xe4\xbe\x8b\xe5\xad\x90.\xe4\xb8\xad\xe5\x9b\xbd",
           " <\xe5\xa7\x93@xn--fsqu00a.xn--fiqs8s>\n");
    expect("a@Example.COM", " <a@Example.COM>\n");
    assert_true(address_is_ascii("a@example.com"));
    assert_false(address_is_ascii("\xd7\x90@example.com"));
}

static void mistakes_say_what_would_be_right(void **state)
{
    (void)state;
#define EMPTY "is empty; write name@example.com or NAME <name@example.com>, with commas between"
#define DOT   "has a dot before its @ that stands at an end or beside another; leave it out"
#define OTHER                                                                                      \
    "has a domain with other than letters, digits, hyphens and dots; write name@example.com"
#define NO_DOMAIN "has a domain beyond ASCII that no name server could know; check the domain"
#define NOT_LOCAL                                                                                  \
    "has a character before its @ that no address may have there; write name@example.com"
    static const struct {
        const char *list;
        const char *expected;
    } cases[] = {
        {"", "address 1 " EMPTY},
        {"  ", "address 1 " EMPTY},
        {",", "address 1 " EMPTY},
        {"a@example.com,", " <a@example.com>\naddress 2 " EMPTY},
        {"a@example.com,,b@example.com", " <a@example.com>\naddress 2 " EMPTY},
        {"Ann", "address 1 has no @; write name@example.com"},
        {"Ann <>", "address 1 is empty; write name@example.com"},
        {"@example.com",
         "address 1, `@example.com`, has nothing before its @; write name@example.com"},
        {"a b@example.com", "address 1, `a b@example.com`, " NOT_LOCAL},
        {"<\"a b\"@example.com>", "address 1, `<\"a b\"@example.com>`, " NOT_LOCAL},
        {".a@example.com", "address 1, `.a@example.com`, " DOT},
        {"a.@example.com", "address 1, `a.@example.com`, " DOT},
        {"a..b@example.com", "address 1, `a..b@example.com`, " DOT},
        {"caf\xc3@example.com", "address 1, `caf\xef\xbf\xbd@example.com`, " NOT_LOCAL},
        {"a\xe2\x80\xae"
         "b@example.com",
         "address 1, `a[U+202E]b@example.com`, " NOT_LOCAL},
        {"a@caf\xc3\xa9 x.example", "address 1, `a@caf\xc3\xa9 x.example`, " OTHER},
        {"a@caf\xc3\xa9@x.example", "address 1, `a@caf\xc3\xa9@x.example`, " OTHER},
        {"a@\xe2\x82\xac\xe2\x80\x8b.example",
         "address 1, `a@\xe2\x82\xac[U+200B].example`, " NO_DOMAIN},
        {"a@-caf\xc3\xa9.example", "address 1, `a@-caf\xc3\xa9.example`, " NO_DOMAIN},
        {"a@caf\xc3.example", "address 1, `a@caf\xef\xbf\xbd.example`, " NO_DOMAIN},
        {"a@", "address 1, `a@`, has an empty part in its domain; write name@example.com"},
        {"a@b..c", "address 1, `a@b..c`, has an empty part in its domain; write name@example.com"},
        {"a@b.", "address 1, `a@b.`, has an empty part in its domain; write name@example.com"},
        {"a@b@c",
         "address 1, `a@b@c`, has a domain with other than letters, digits, hyphens and dots; "
         "write name@example.com"},
        {"a@[192.0.2.1]",
         "address 1, `a@[192.0.2.1]`, has a domain with other than letters, digits, hyphens and "
         "dots; write name@example.com"},
        {"a@-b.c", "address 1, `a@-b.c`, has a part in its domain that begins or ends with a "
                   "hyphen; check the domain"},
        {"a@b-", "address 1, `a@b-`, has a part in its domain that begins or ends with a "
                 "hyphen; check the domain"},
        {"a@" FIFTY TEN "1234",
         "address 1, `a@" FIFTY TEN "1234`, has a part of more than 63 bytes in its domain; check "
         "the domain"},
        {FIFTY TEN "12345@b",
         "address 1, `" FIFTY TEN "12345@b`, has more than 64 bytes before its @; no mail server "
         "takes that"},
        {"a@" FIFTY "." FIFTY "." FIFTY "." FIFTY "." FIFTY,
         "address 1, `a@" FIFTY "." TEN TEN "1234567...`, has more than 254 bytes; no mail server "
         "takes that"},
        {"<a@" FIFTY "." FIFTY "." FIFTY "." FIFTY "." FIFTY ">",
         "address 1, `<a@" FIFTY "." TEN TEN "123456...`, has more than 254 bytes; no mail server "
         "takes that"},
        {FIFTY FIFTY FIFTY FIFTY FIFTY "1234567 <a@b>",
         "address 1, `" FIFTY TEN TEN TEN "...`, has a name of more than 256 bytes; shorten it"},
        {"\"" FIFTY FIFTY FIFTY FIFTY FIFTY "1234567\" <a@b>",
         "address 1, `\"" FIFTY TEN TEN "123456789...`, has a name of more than 256 bytes; "
         "shorten it"},
        {"Ann <a@b", "address 1, `Ann <a@b`, has a < without its >; write NAME "
                     "<name@example.com>"},
        {"Ann a@b>", "address 1, `Ann a@b>`, has a > without its <; write NAME "
                     "<name@example.com>"},
        {"Ann <a@b> c", "address 1, `Ann <a@b> c`, has something after its >; put commas between "
                        "addresses"},
        {"a@b Bob <b@c>", "address 1, `a@b Bob <b@c>`, has an @ in its name; put commas between "
                          "addresses, or quotes around the name"},
        {"a@b; b@c", "address 1, `a@b; b@c`, has a semicolon; put commas between addresses, or "
                     "quotes around the name"},
        {"Ann \"Bo\" <a@b>", "address 1, `Ann \"Bo\" <a@b>`, has a quotation mark within its name; "
                             "put the whole name in quotes"},
        {"\"Ann <a@b>", "address 1, `\"Ann <a@b>`, has a quotation mark that is not closed; write "
                        "\"NAME\" <name@example.com>"},
        {"\"Ann\" a@b", "address 1, `\"Ann\" a@b`, has a name without an address; write NAME "
                        "<name@example.com>"},
        {"\"Ann\\", "address 1 has a quotation mark that is not closed; write "
                    "\"NAME\" <name@example.com>"},
        {"A\xe2\x80\xaeZ <a@b>",
         "address 1, `A[U+202E]Z <a@b>`, has a character in its name that cannot be seen, such as "
         "a line break; leave it out"},
        {"a@b\nBcc: c@d",
         "address 1, `a@b[U+000A]Bcc: c@d`, has a domain with other than letters, digits, hyphens "
         "and dots; write name@example.com"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(cases[i].list, cases[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(addresses_beyond_ascii),
        cmocka_unit_test(mistakes_say_what_would_be_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
