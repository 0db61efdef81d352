/* See smtp_fixture.h. */
#include "smtp_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static _Alignas(max_align_t) char self[1024 * 1024];
char *smtp_self = self;
char smtp_plain[256 * 1024];
char smtp_page[256 * 1024];

time_t __wrap_time(time_t *where);

time_t __wrap_time(time_t *where)
{
    (void)where;
    return 1773835201;
}

static void keep_part(struct affn_request *request, const char *type, const void *bytes,
                      uint32_t length)
{
    (void)request;
    char *to = strcmp(type, "text/plain; charset=utf-8") == 0 ? smtp_plain : smtp_page;
    assert_string_equal(type, to == smtp_plain ? "text/plain; charset=utf-8"
                                               : "text/html; charset=utf-8");
    assert_true(to == smtp_plain || smtp_plain[0]); /* the plainest comes first */
    assert_true(length < sizeof smtp_plain);
    assert_null(memchr(bytes, '\r', length));
    memcpy(to, bytes, length);
    to[length] = '\0';
}

/*
 * Nothing but printable ASCII, in words that a line can hold; only an address may be UTF-8. That it
 * may be so the goldens show.
 */
static void keep_header(struct affn_request *request, const char *name, const char *value,
                        uint32_t flags)
{
    size_t word = 0;
    for (const char *at = value; *at; at++) {
        bool utf8 = (unsigned char)*at >= 0x80 && strchr(at, '@');
        assert_true((*at >= ' ' && *at <= '~') || utf8);
        word = *at == ' ' ? 0 : word + 1;
        assert_true(word < 998);
    }
    assert_true(strlen(name) + strlen(value) <= 8192);
    fake_request.header(request, name, value, flags);
}

void smtp_reset(void)
{
    memset(self, 0, sizeof self);
    fake_host_reset();
    smtp_plain[0] = '\0';
    smtp_page[0] = '\0';
}

void smtp_set(const char *option, const char *value)
{
    *(const char **)fake_option(self, option) = value;
}

void smtp_choose(const char *option, int32_t choice)
{
    *(int32_t *)fake_option(self, option) = choice;
}

void smtp_open_example(void)
{
    smtp_reset();
    smtp_set("url", "smtp://mail.example.com:587");
    smtp_set("from", "Affiliates <affnotify@example.com>");
    smtp_set("to", "team@example.com");
    assert_int_equal(affn_sink_v1()->open(self, &fake_host, &fake_reply), AFFN_DELIVERED);
}

uint32_t smtp_prepare(const struct affn_event *events, uint32_t count)
{
    const struct affn_requester *requester = affn_sink_v1()->extension(AFFN_REQUEST);
    const struct affn_event *pointers[64];
    assert_true(count <= 64);
    for (uint32_t i = 0; i < count; i++)
        pointers[i] = &events[i];
    struct affn_batch batch = {.events = pointers, .count = count};
    struct affn_request request = fake_request;
    request.part = keep_part;
    request.header = keep_header;
    fake_request_text[0] = '\0';
    smtp_plain[0] = '\0';
    smtp_page[0] = '\0';
    fake_reply_reset(count);
    assert_int_equal(requester->prepare(self, &batch, &request, &fake_reply), AFFN_SEND);
    assert_true(smtp_plain[0] && smtp_page[0]);
    return fake_reply.taken;
}

void smtp_prepare_notice(const struct affn_notice *notice)
{
    const struct affn_notifier *notifier = affn_sink_v1()->extension(AFFN_NOTICE);
    struct affn_request request = fake_request;
    request.part = keep_part;
    request.header = keep_header;
    fake_request_text[0] = '\0';
    smtp_plain[0] = '\0';
    smtp_page[0] = '\0';
    fake_reply_reset(0);
    assert_int_equal(notifier->prepare(self, notice, &request, &fake_reply), AFFN_SEND);
    assert_true(smtp_plain[0] && smtp_page[0]);
}

void smtp_expect_golden(const char *name, const char *text)
{
    static char expected[512 * 1024];
    char path[1024];
    const char *write = getenv("AFFN_GOLDEN_WRITE");
    snprintf(path, sizeof path, "%s/%s", SMTP_GOLDEN, name);
    FILE *file = fopen(path, write ? "w" : "r");
    if (!file)
        fail_msg("%s: cannot be opened; AFFN_GOLDEN_WRITE=1 writes it", path);
    if (write)
        fputs(text, file);
    else
        expected[fread(expected, 1, sizeof expected - 1, file)] = '\0';
    fclose(file);
    if (!write && strcmp(text, expected) != 0)
        fail_msg("%s: differs; look at what AFFN_GOLDEN_WRITE=1 changes in it. It is now:\n%s",
                 path, text);
}
