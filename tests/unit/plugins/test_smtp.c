/* The smtp sink: what it says about its options, and the mails that it describes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "smtp_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TEN "1234567890"

enum { STARTTLS_NEVER = 1, AUTH_LOGIN = 1, AUTH_XOAUTH2, AUTH_OAUTHBEARER };

static void the_description_is_whole(void **state)
{
    (void)state;
    const struct affn_sink *sink = affn_sink_v1();
    assert_int_equal(sink->abi, AFFN_ABI);
    assert_string_equal(sink->name, "smtp");
    assert_string_equal(sink->defaults, "retry=standard batch=50 concurrency=1 expire=3d");
    static const struct {
        const char *name;
        uint32_t type;
        uint32_t flags;
    } rows[] = {
        {"url", AFFN_URL, AFFN_REQUIRED},
        {"starttls", AFFN_CHOICE, 0},
        {"user", AFFN_STRING, 0},
        {"password", AFFN_STRING, AFFN_SECRET},
        {"auth", AFFN_CHOICE, 0},
        {"oauth_token", AFFN_STRING, AFFN_SECRET | AFFN_RARE},
        {"from", AFFN_STRING, AFFN_REQUIRED},
        {"envelope_from", AFFN_STRING, AFFN_RARE},
        {"reply_to", AFFN_STRING, AFFN_RARE},
        {"to", AFFN_STRING, AFFN_REQUIRED},
        {"cc", AFFN_STRING, 0},
        {"bcc", AFFN_STRING, 0},
        {"list_id", AFFN_STRING, AFFN_RARE},
        {"subject_prefix", AFFN_STRING, 0},
    };
    assert_int_equal(sink->option_count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(sink->options[i].name, rows[i].name);
        assert_int_equal(sink->options[i].type, rows[i].type);
        assert_int_equal(sink->options[i].flags, rows[i].flags);
    }
    assert_null(sink->deliver);
    assert_null(sink->extension("affn.other/1"));
    assert_non_null(sink->extension(AFFN_REQUEST));
    assert_true(sink->self_bytes <= 1024 * 1024);
}

/* ---- Options ---- */

static void expect_mistakes(const char *expected)
{
    affn_sink_v1()->check(smtp_self, &fake_host, &fake_mistakes);
    assert_string_equal(fake_mistakes_text, expected);
}

static void set_example(const char *url)
{
    smtp_reset();
    smtp_set("url", url);
    smtp_set("from", "affnotify@example.com");
    smtp_set("to", "team@example.com");
}

static void urls_are_checked(void **state)
{
    (void)state;
#define AFTER     "mistake: url: must end after host and port; write smtp://HOST:PORT\n"
#define NO_HOST   "mistake: url: has no host; write smtp://HOST:PORT\n"
#define CHARACTER "mistake: url: holds a character that no host has; write smtp://HOST:PORT\n"
    static const struct {
        const char *url;
        const char *expected;
    } cases[] = {
        {"smtp://mail.example.com", ""},
        {"smtp://mail.example.com:587/", ""},
        {"SMTPS://mail.example.com:465", ""},
        {"smtp://[::1]:2525", ""},
        {NULL, ""}, /* the table has said already that it is required */
        {"https://mail.example.com", "mistake: url: must begin with smtp:// or smtps://\n"},
        {"smtp://", NO_HOST},
        {"smtps://:465", NO_HOST},
        {"smtp:///x", NO_HOST},
        {"smtp://me:example@mail.example.com",
         "mistake: url: must not hold a user name or a password; use user and password\n"},
        {"smtp://mail.example.com/path", AFTER},
        {"smtp://mail.example.com?x", AFTER},
        {"smtp://mail.example.com#x", AFTER},
        {"smtp://mail.example.com\r\nRCPT", CHARACTER},
        {"smtp://mail example", CHARACTER},
        {"smtp://caf\xc3\xa9.example", CHARACTER},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        set_example(cases[i].url);
        expect_mistakes(cases[i].expected);
    }
}

static void only_this_machine_goes_without_tls(void **state)
{
    (void)state;
    static const char *const here[] = {"smtp://localhost",       "smtp://LOCALHOST:25",
                                       "smtp://127.0.0.1:2525/", "smtp://127.1.2.3",
                                       "smtp://[::1]",           "smtp://[::1]:25"};
    static const char *const elsewhere[] = {"smtp://mail.example.com",
                                            "smtp://localhost.example.com",
                                            "smtp://127.example.com",
                                            "smtp://127.0.0.1.nip.io",
                                            "smtp://[::2]",
                                            "smtp://[::1",
                                            "smtp://127.1",
                                            "smtp://10.127.0.0",
                                            "smtp://localhos"};
    for (size_t i = 0; i < COUNT(here); i++) {
        set_example(here[i]);
        smtp_choose("starttls", STARTTLS_NEVER);
        expect_mistakes("");
    }
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        set_example(elsewhere[i]);
        smtp_choose("starttls", STARTTLS_NEVER);
        expect_mistakes("mistake: starttls: may be never only for a server on this machine "
                        "(localhost, 127.0.0.1, [::1]); leave it out, so that the mail is "
                        "encrypted\n");
    }
    set_example("smtps://localhost");
    smtp_choose("starttls", STARTTLS_NEVER);
    expect_mistakes(
        "mistake: starttls: belongs to smtp://; leave it out: smtps:// is encrypted from "
        "the beginning\n");
}

static void other_options_are_checked(void **state)
{
    (void)state;
#define HIDDEN "holds a character that cannot be seen, such as a line break; leave it out\n"
    static const struct {
        const char *option;
        const char *value;
        const char *expected;
    } cases[] = {
        {"user", "me", "mistake: user: is set without password; set both, or neither\n"},
        {"password", "example", "mistake: password: is set without user; set both, or neither\n"},
        {"user", "",
         "mistake: user: is empty; leave it out\n"
         "mistake: user: is set without password; set both, or neither\n"},
        {"password", "a\nb",
         "mistake: password: " HIDDEN
         "mistake: password: is set without user; set both, or neither\n"},
        {"subject_prefix", "[Programme X]", ""},
        {"subject_prefix", "", "mistake: subject_prefix: is empty; leave it out\n"},
        {"subject_prefix", "x\r\nBcc: evil@example.com", "mistake: subject_prefix: " HIDDEN},
        {"subject_prefix", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, ""},
        {"subject_prefix", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "1",
         "mistake: subject_prefix: has more than 100 bytes; shorten it\n"},
        {"from", "Ann <ann@example.com>", ""},
        {"from", "ann@example.com, bob@example.com",
         "mistake: from: names more than one sender; write one address\n"},
        {"from", "ann@example.com, ",
         "mistake: from: names more than one sender; write one address\n"},
        {"from", "ann@example.com\r\nBcc: evil@example.com",
         "mistake: from: address 1, `ann@example.com[U+000D][U+000A]Bcc: evil@example.com`, has a "
         "domain with other than letters, digits, hyphens and dots; write name@example.com\n"},
        {"to", "Ann\r\nBcc: evil@example.com <ann@example.com>",
         "mistake: to: address 1, `Ann[U+000D][U+000A]Bcc: evil@example.com <ann@example.com>`, "
         "has an @ in its name; put commas between addresses, or quotes around the name\n"},
        {"cc", "\"Ann\r\nBcc: evil@example.com\" <ann@example.com>",
         "mistake: cc: address 1, `\"Ann[U+000D][U+000A]Bcc: evil@example.com\" "
         "<ann@example.com>`, has a character in its name that cannot be seen, such as a line "
         "break; leave it out\n"},
        {"to", "",
         "mistake: to: address 1 is empty; write name@example.com or NAME "
         "<name@example.com>, with commas between\n"},
        {"bcc", "nobody", "mistake: bcc: address 1 has no @; write name@example.com\n"},
        {"cc", "Team@Example.com",
         "warning: cc: names Team@Example.com, who is a recipient already and gets one mail\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        set_example("smtp://mail.example.com");
        smtp_set(cases[i].option, cases[i].value);
        expect_mistakes(cases[i].expected);
    }
}

static void tokens_have_rules(void **state)
{
    (void)state;
    for (int32_t auth = AUTH_XOAUTH2; auth <= AUTH_OAUTHBEARER; auth++) {
        set_example("smtp://mail.example.com");
        smtp_choose("auth", auth);
        expect_mistakes("mistake: auth: needs oauth_token, which is the access token of user\n");
        smtp_reset();
        set_example("smtp://mail.example.com");
        smtp_choose("auth", auth);
        smtp_set("oauth_token", "example");
        expect_mistakes("mistake: oauth_token: is set without user, to whom the token belongs: "
                        "mostly an address\n");
        set_example("smtp://localhost");
        smtp_choose("auth", auth);
        smtp_choose("starttls", STARTTLS_NEVER);
        smtp_set("user", "me@example.com");
        smtp_set("password", "example");
        smtp_set("oauth_token", "example");
        expect_mistakes(
            "mistake: password: belongs to auth = plain or login; leave it out: oauth_token is set "
            "in its place\n"
            "mistake: starttls: may not be never with a token; leave it out, or log in by a "
            "password\n");
        set_example("smtp://mail.example.com");
        smtp_choose("auth", auth);
        smtp_set("user", "me@example.com");
        smtp_set("oauth_token", "example");
        expect_mistakes("");
    }
    set_example("smtp://mail.example.com");
    smtp_set("oauth_token", "example");
    expect_mistakes("mistake: oauth_token: belongs to auth = xoauth2 or oauthbearer; set one of "
                    "these, or leave it out\n");
}

/* "p0@example.com,p1@example.com,…" */
static const char *people(uint32_t from, uint32_t count, const char *name)
{
    static char text[64 * 1024];
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s <p%u@example.com>",
                                 i ? "," : "", name, from + i);
    return text;
}

static void who_gets_answers_and_failures_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *option;
        const char *value;
        const char *expected;
    } cases[] = {
        {"envelope_from", "bounces@example.com", ""},
        {"envelope_from", "<bounces@example.com>", ""},
        {"envelope_from", "Bounces <bounces@example.com>",
         "mistake: envelope_from: has a name, which nobody would see; write the address alone\n"},
        {"envelope_from", "a@example.com, b@example.com",
         "mistake: envelope_from: names more than one sender; write one address\n"},
        {"envelope_from", "",
         "mistake: envelope_from: address 1 is empty; write name@example.com or NAME "
         "<name@example.com>, with commas between\n"},
        {"reply_to", "Ann <ann@example.com>, team@example.com", ""},
        {"reply_to", "nobody", "mistake: reply_to: address 1 has no @; write name@example.com\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        set_example("smtp://mail.example.com");
        smtp_set(cases[i].option, cases[i].value);
        expect_mistakes(cases[i].expected);
    }
    set_example("smtp://mail.example.com");
    smtp_set("reply_to", people(0, 110, "")); /* they get no mail */
    expect_mistakes("");
    set_example("smtp://mail.example.com");
    smtp_set("reply_to", people(0, 90, TEN TEN TEN TEN TEN TEN TEN));
    expect_mistakes("mistake: reply_to: makes a header of more than 8000 bytes; shorten the names, "
                    "or use a mailing list\n");
}

static void lists_have_ids(void **state)
{
    (void)state;
#define LABEL TEN TEN TEN TEN TEN
#define NO_ID                                                                                      \
    "mistake: list_id: is no list's ID of at most 255 bytes; write LABEL.DOMAIN or NAME "          \
    "<LABEL.DOMAIN>, such as affiliates.example.com\n"
    static const struct {
        const char *value;
        const char *expected;
    } cases[] = {
        {"affiliates.example.com", ""},
        {"Affiliates <affiliates.example.com>", ""},
        {"<affiliates.example.com>", ""},
        {"a.localhost", ""},
        {LABEL "." LABEL "." LABEL "." LABEL "." LABEL "1", ""},
        {LABEL "." LABEL "." LABEL "." LABEL "." LABEL "12", NO_ID},
        {"affiliates", NO_ID},
        {".example.com", NO_ID},
        {"affiliates.", NO_ID},
        {"affiliates..com", NO_ID},
        {"affiliates@example.com", NO_ID},
        {"aff iliates.example.com", NO_ID},
        {"Affiliates affiliates.example.com", NO_ID},
        {"Affiliates <affiliates.example.com", NO_ID},
        {"affiliates.example.com>", NO_ID},
        {"<affiliates.example.com> Affiliates", NO_ID},
        {"caf\xc3\xa9.example.com", NO_ID},
        {"<>", NO_ID},
        {LABEL LABEL LABEL LABEL LABEL "1234567 <a.b>",
         "mistake: list_id: has a name of more than 256 bytes; shorten it\n"},
        {"", "mistake: list_id: is empty; leave it out\n"},
        {"A\r\nBcc: evil@example.com <a.b>", "mistake: list_id: " HIDDEN},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        set_example("smtp://mail.example.com");
        smtp_set("list_id", cases[i].value);
        expect_mistakes(cases[i].expected);
    }
}

static void recipients_have_limits(void **state)
{
    (void)state;
    set_example("smtp://mail.example.com");
    smtp_set("bcc", people(0, 99, ""));
    expect_mistakes("");
    set_example("smtp://mail.example.com");
    smtp_set("bcc", people(0, 120, ""));
    expect_mistakes("mistake: bcc: has one recipient too many: to, cc and bcc may name 100; use a "
                    "mailing list\n");
    set_example("smtp://mail.example.com");
    smtp_set("cc", people(0, 90, TEN TEN TEN TEN TEN TEN TEN));
    expect_mistakes(
        "mistake: cc: makes a header of more than 8000 bytes; shorten the names, or use a "
        "mailing list\n");
}

/* ---- Mails ---- */

static void expect_golden(const char *name)
{
    char file[128];
    snprintf(file, sizeof file, "%s.request", name);
    smtp_expect_golden(file, fake_request_text);
    snprintf(file, sizeof file, "%s.txt", name);
    smtp_expect_golden(file, smtp_plain);
    snprintf(file, sizeof file, "%s.html", name);
    smtp_expect_golden(file, smtp_page);
}

static char ids[64][64];

static struct affn_event an_event(uint32_t number)
{
    return fake_event(number, ids[number]);
}

static struct affn_event a_leaver(uint32_t number)
{
    struct affn_event event = an_event(number);
    event.event = "affiliate.deactivated";
    event.occurred_at = "2026-03-18T14:30:00.000Z";
    event.occurred_unix_ms = 1773844200000;
    return event;
}

static void one_event(void **state)
{
    (void)state;
    struct affn_event event = an_event(1);
    smtp_open_example();
    assert_int_equal(smtp_prepare(&event, 1), 1);
    expect_golden("created");

    event = a_leaver(2);
    assert_int_equal(smtp_prepare(&event, 1), 1);
    expect_golden("deactivated");

    event = an_event(3);
    event.deep_link = "";
    assert_int_equal(smtp_prepare(&event, 1), 1);
    expect_golden("no_link");

    event = an_event(4);
    snprintf(ids[4], sizeof ids[4], "evt_test_%027x", 4);
    event.flags = AFFN_EVENT_TEST;
    assert_int_equal(smtp_prepare(&event, 1), 1);
    expect_golden("test");
}

static void what_is_sent_again_is_the_same_mail(void **state)
{
    (void)state;
    static char first[8192];
    struct affn_event event = an_event(1);
    smtp_open_example();
    smtp_prepare(&event, 1);
    memcpy(first, fake_request_text, sizeof first);
    event.attempt = 7;
    event.flags = AFFN_EVENT_REPLAY;
    smtp_prepare(&event, 1);
    assert_string_equal(fake_request_text, first);
    expect_golden("created"); /* text and page, too */
}

static void several_events(void **state)
{
    (void)state;
    struct affn_event events[3] = {an_event(1), a_leaver(2), an_event(3)};
    events[1].email = "zoe@example.com";
    events[1].affiliate_id = "ia_00000002";
    events[2].email = "bob@example.net";
    events[2].affiliate_id = "ia_00000003";
    events[2].deep_link = "myapp://ref/bob";
    smtp_open_example();
    assert_int_equal(smtp_prepare(events, 3), 3);
    expect_golden("batch");

    assert_int_equal(smtp_prepare(&events[1], 2), 2);
    assert_non_null(strstr(fake_request_text, "header Subject: 1 joined, 1 left\n"));
    events[2] = a_leaver(3);
    assert_int_equal(smtp_prepare(&events[1], 2), 2);
    assert_non_null(strstr(fake_request_text, "header Subject: 2 left\n"));
    assert_non_null(strstr(fake_request_text, "header Affnotify-Event: affiliate.deactivated\n"));
}

static void a_thread_for_each_affiliate(void **state)
{
    (void)state;
    struct affn_event events[2] = {an_event(1), a_leaver(2)};
    smtp_open_example();
    smtp_prepare(events, 2);
    assert_non_null(
        strstr(fake_request_text, "header References: <ia_43831f8e.test@example.com>\n"));
    events[1].affiliate_id = "ia_00000002";
    smtp_prepare(events, 2);
    assert_null(strstr(fake_request_text, "References"));
}

/* The ID depends on which events a mail tells of, and on nothing else. */
static void other_events_are_another_mail(void **state)
{
    (void)state;
    struct affn_event events[3] = {an_event(1), an_event(2), an_event(3)};
    static char first[8192];
    smtp_open_example();
    smtp_prepare(events, 2);
    memcpy(first, fake_request_text, sizeof first);
    events[1] = events[2];
    smtp_prepare(events, 2);
    assert_string_not_equal(fake_request_text, first);
}

static void tests_and_what_is_real_never_share_a_mail(void **state)
{
    (void)state;
    struct affn_event events[4] = {an_event(1), an_event(2), an_event(3), an_event(4)};
    smtp_open_example();
    events[2].flags = AFFN_EVENT_TEST | AFFN_EVENT_REPLAY;
    events[3].flags = AFFN_EVENT_TEST;
    assert_int_equal(smtp_prepare(events, 4), 2);
    assert_null(strstr(fake_request_text, "TEST"));
    assert_int_equal(smtp_prepare(&events[2], 2), 2);
    assert_non_null(strstr(fake_request_text, "header Subject: [TEST] 2 joined\n"));
    assert_non_null(strstr(fake_request_text, "header Affnotify-Test: 1\n"));
}

static void what_does_not_fit_stays(void **state)
{
    (void)state;
    static char link[2049];
    struct affn_event events[60];
    snprintf(link, sizeof link, "https://example.com/?");
    for (size_t at = strlen(link); at < 2048; at += 2)
        memcpy(link + at, "&x", at + 1 < 2048 ? 2 : 1);
    for (uint32_t i = 0; i < 60; i++) {
        events[i] = an_event(i);
        events[i].deep_link = link;
    }
    smtp_open_example();
    uint32_t taken = smtp_prepare(events, 60);
    assert_true(taken > 1 && taken < 60);
    assert_true(strlen(smtp_plain) + strlen(smtp_page) < 100 * 1024);
    assert_non_null(strstr(smtp_plain, ids[taken - 1]));
    assert_null(strstr(smtp_plain, ids[taken]));
    assert_non_null(strstr(smtp_page, ids[taken - 1]));
    assert_null(strstr(smtp_page, ids[taken]));
    smtp_expect_golden("full.request", fake_request_text);

    /* and one event always fits, whatever it holds */
    for (size_t at = 21; at + 2 <= 2048; at += 2)
        memcpy(link + at, "\xc2\x80", 2);
    link[2047] = '\0';
    assert_int_equal(smtp_prepare(events, 1), 1);
    assert_int_equal(smtp_prepare(events, 60), 5);
}

static void hostile_values_stay_values(void **state)
{
    (void)state;
    static char long_email[255];
    memset(long_email, 'a', 254);
    memcpy(long_email + 60, "@", 1);
    for (size_t at = 120; at < 254; at += 60)
        long_email[at] = '.';
    static const struct {
        const char *email;
        const char *link;
    } values[] = {
        {"\xe2\x80\xaemoc.elpmaxe@evil.example", "https://example.com/\xe2\x80\xaegpj.exe"},
        {"\xf0\x9f\x8e\x89\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80@example.com",
         "https://example.com/\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"},
        {long_email, "https://example.com/?a=1&b=2'\"><script>alert(1)</script>"},
        {"<script>alert(1)</script>@example.com", "javascript:alert(1)"},
        {"=cmd|'/C'!A0@example.com", "data:text/html,<b>x</b>"},
        {"&lt;b&gt;@example.com", "HTTPS://EXAMPLE.COM/%s%n%d"},
        {"%s%n@example.com", "myapp://open?x=</a>"},
        {"=?utf-8?q?x?=@example.com", "https://example.com/\r\n.\r\nRCPT TO:<evil@example.com>"},
        {"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d@example.com", ""},
    };
    struct affn_event events[COUNT(values)];
    smtp_open_example();
    for (uint32_t i = 0; i < COUNT(values); i++) {
        events[i] = an_event(i);
        events[i].email = values[i].email;
        events[i].deep_link = values[i].link;
    }
    assert_int_equal(smtp_prepare(events, COUNT(values)), COUNT(values));
    expect_golden("hostile");
    assert_null(strstr(smtp_page, "<script"));
    for (uint32_t i = 0; i < COUNT(values); i++) {
        char name[32];
        assert_int_equal(smtp_prepare(&events[i], 1), 1);
        snprintf(name, sizeof name, "hostile_%u.request", i + 1);
        smtp_expect_golden(name, fake_request_text);
    }
    assert_int_equal(smtp_prepare(&events[0], 1), 1);
    expect_golden("hostile_one");
}

/* What is unusual and yet right: nobody means harm. */
static void extreme_values_are_told_as_they_are(void **state)
{
    (void)state;
    static char longest_link[2049];
    static char longest_email[255];
    memset(longest_link, 'x', 2048);
    memcpy(longest_link, "https://myapp.link/ref/", 23);
    memset(longest_email, 'y', 254);
    memcpy(longest_email + 64, "@", 1);
    for (size_t at = 128; at < 250; at += 60)
        longest_email[at] = '.';
    static const struct {
        const char *email;
        const char *link;
    } values[] = {
        {"O'Neil+tag@example.com", "https://myapp.link/ref/o'neil"},
        {"=1+1@example.com", "https://myapp.link/?a==1"},
        {"+49301234567@example.com", "tel:+49301234567"},
        {"-dash-@example.com", "https://myapp.link/-"},
        {"@at@example.com", "https://me@myapp.link/@at"},
        {"\xd8\xb9\xd9\x84\xd9\x8a@example.com", "https://myapp.link/\xd8\xb9\xd9\x84\xd9\x8a"},
        {"\xe5\xbc\xa0\xe4\xbc\x9f@\xe4\xbe\x8b\xe5\xad\x90.example",
         "https://\xe4\xbe\x8b\xe5\xad\x90.example/\xe5\xbc\xa0\xe4\xbc\x9f"},
        {"\xd7\x93\xd7\x95\xd7\x93@example.com",
         "https://myapp.link/\xe2\x81\xa7\xd7\x93\xe2\x81\xa9/\xe2\x80\x8b/\xc2\xad"},
        {longest_email, longest_link},
        {"nobody@example.com", ""},
    };
    struct affn_event events[COUNT(values)];
    smtp_open_example();
    for (uint32_t i = 0; i < COUNT(values); i++) {
        char name[32];
        events[i] = i % 2 ? a_leaver(i) : an_event(i);
        events[i].email = values[i].email;
        events[i].deep_link = values[i].link;
        assert_int_equal(smtp_prepare(&events[i], 1), 1);
        snprintf(name, sizeof name, "extreme_%u.request", i + 1);
        smtp_expect_golden(name, fake_request_text);
    }
    assert_int_equal(smtp_prepare(events, COUNT(values)), COUNT(values));
    expect_golden("extremes");
    assert_int_equal(smtp_prepare(&events[COUNT(values) - 2], 1), 1);
    expect_golden("longest");
}

/* The default of `batch`. */
static void a_batch_of_the_maximum(void **state)
{
    (void)state;
    struct affn_event events[50];
    smtp_open_example();
    for (uint32_t i = 0; i < COUNT(events); i++)
        events[i] = i % 3 ? an_event(i) : a_leaver(i);
    assert_int_equal(smtp_prepare(events, COUNT(events)), COUNT(events));
    expect_golden("most");
}

static void everybody_and_everything(void **state)
{
    (void)state;
    struct affn_event event = an_event(1);
    smtp_reset();
    smtp_set("url", "smtps://mail.example.com");
    smtp_set("user", "me");
    smtp_set("password", "example");
    smtp_choose("auth", AUTH_LOGIN);
    smtp_set("from", "Zo\xc3\xab <zoe@example.com>");
    smtp_set("to", "Ann Lee <ann@example.com>, \"Lee, Bob\" <bob@example.com>,ann@EXAMPLE.com");
    smtp_set("cc", "\xe3\x82\xa2\xe3\x83\x95\xe3\x82\xa3\xe3\x83\xaa\xe3\x82\xa8\xe3\x82\xa4"
                   "\xe3\x83\x88 <team@example.com>");
    smtp_set("bcc", "Secret <secret@example.com>, bob@example.com");
    smtp_set("subject_prefix", "[Programm \xc3\xa4]");
    assert_int_equal(affn_sink_v1()->open(smtp_self, &fake_host, &fake_reply), AFFN_DELIVERED);
    smtp_prepare(&event, 1);
    expect_golden("everybody");
    assert_null(strstr(smtp_page, "ecret"));
}

static void a_list_with_a_sender_of_its_own(void **state)
{
    (void)state;
    struct affn_event event = an_event(1);
    smtp_reset();
    smtp_set("url", "smtp://mail.example.com:587");
    smtp_set("from", "Affiliates <affnotify@example.com>");
    smtp_set("envelope_from", "bounces@example.net");
    smtp_set("reply_to", "Zo\xc3\xab <zoe@example.com>, team@example.com");
    smtp_set("to", "team@example.com");
    smtp_set("list_id", "Partner & Freunde \xf0\x9f\x8e\x89 <affiliates.example.com>");
    assert_int_equal(affn_sink_v1()->open(smtp_self, &fake_host, &fake_reply), AFFN_DELIVERED);
    smtp_prepare(&event, 1);
    expect_golden("listed");

    smtp_set("list_id", "a.b");
    assert_int_equal(affn_sink_v1()->open(smtp_self, &fake_host, &fake_reply), AFFN_DELIVERED);
    smtp_prepare(&event, 1);
    assert_non_null(strstr(fake_request_text, "header List-Id: <a.b>\n"));
}

static void a_token_in_place_of_a_password(void **state)
{
    (void)state;
    struct affn_event event = an_event(1);
    smtp_open_example();
    smtp_set("user", "me@example.com");
    smtp_set("oauth_token", "example-token");
    smtp_choose("auth", AUTH_XOAUTH2);
    smtp_prepare(&event, 1);
    assert_non_null(strstr(fake_request_text, "auth xoauth2 me@example.com example-token\n"));
    smtp_choose("auth", AUTH_OAUTHBEARER);
    smtp_prepare(&event, 1);
    assert_non_null(strstr(fake_request_text, "auth oauthbearer me@example.com example-token\n"));
}

static void addresses_beyond_ascii(void **state)
{
    (void)state;
    struct affn_event event = an_event(1);
    smtp_reset();
    smtp_set("url", "smtp://mail.example.com:587");
    smtp_set("from", "J\xc3\xbcrgen <j\xc3\xbcrgen@b\xc3\xbcro.example>");
    smtp_set("reply_to", "\xe5\xbc\xa0 <\xe5\xbc\xa0@\xe4\xbe\x8b\xe5\xad\x90.example>");
    smtp_set("to", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d@example.com, ann@b\xc3\xbcro.example");
    smtp_set("list_id", "B\xc3\xbcro <affiliates.example.com>");
    affn_sink_v1()->check(smtp_self, &fake_host, &fake_mistakes);
    assert_string_equal(fake_mistakes_text, "");
    assert_int_equal(affn_sink_v1()->open(smtp_self, &fake_host, &fake_reply), AFFN_DELIVERED);
    smtp_prepare(&event, 1);
    expect_golden("utf8");
}

/* Which a server could not be told of. */
static void no_header_alone_is_beyond_ascii(void **state)
{
    (void)state;
#define ALONE                                                                                      \
    "has a letter beyond ASCII before its @, but no address has that the mail goes to or comes "   \
    "from; use an ASCII address of that mailbox\n"
    set_example("smtp://mail.example.com");
    smtp_set("from", "j\xc3\xbcrgen@example.com");
    expect_mistakes("");
    smtp_set("envelope_from", "bounces@example.com");
    smtp_set("reply_to", "j\xc3\xbcrgen@example.com");
    expect_mistakes("mistake: from: " ALONE "mistake: reply_to: " ALONE);
    fake_host_reset();
    smtp_set("bcc", "j\xc3\xbcrgen@example.com");
    expect_mistakes("");
}

static void without_tls_on_this_machine(void **state)
{
    (void)state;
    struct affn_event event = an_event(1);
    smtp_open_example();
    smtp_set("url", "smtp://127.0.0.1:25");
    smtp_choose("starttls", STARTTLS_NEVER);
    smtp_prepare(&event, 1);
    assert_non_null(strstr(fake_request_text, "url smtp://127.0.0.1:25 (plain)\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_description_is_whole),
        cmocka_unit_test(urls_are_checked),
        cmocka_unit_test(only_this_machine_goes_without_tls),
        cmocka_unit_test(other_options_are_checked),
        cmocka_unit_test(tokens_have_rules),
        cmocka_unit_test(who_gets_answers_and_failures_is_checked),
        cmocka_unit_test(lists_have_ids),
        cmocka_unit_test(recipients_have_limits),
        cmocka_unit_test(one_event),
        cmocka_unit_test(what_is_sent_again_is_the_same_mail),
        cmocka_unit_test(several_events),
        cmocka_unit_test(a_thread_for_each_affiliate),
        cmocka_unit_test(other_events_are_another_mail),
        cmocka_unit_test(tests_and_what_is_real_never_share_a_mail),
        cmocka_unit_test(what_does_not_fit_stays),
        cmocka_unit_test(hostile_values_stay_values),
        cmocka_unit_test(extreme_values_are_told_as_they_are),
        cmocka_unit_test(a_batch_of_the_maximum),
        cmocka_unit_test(everybody_and_everything),
        cmocka_unit_test(a_list_with_a_sender_of_its_own),
        cmocka_unit_test(a_token_in_place_of_a_password),
        cmocka_unit_test(addresses_beyond_ascii),
        cmocka_unit_test(no_header_alone_is_beyond_ascii),
        cmocka_unit_test(without_tls_on_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
