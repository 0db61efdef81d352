/* See message.h. */
#include "message.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "header.h"
#include "page.h"
#include "plain.h"

#define VALUE_BYTES_MAX    4096 /* a subject of hidden characters, as encoded words */
#define QUOTED_LINE_LENGTH 73   /* with its three bytes at the end: RFC 2045, 6.7 */

/* ---- How many ---- */

/* How many bytes the text will have as quoted-printable, or a few more. */
static size_t sent_bytes(const struct draft *draft)
{
    size_t count = 0;
    for (size_t i = 0; i < draft->length; i++) {
        unsigned char byte = (unsigned char)draft->bytes[i];
        bool plain = byte >= ' ' && byte <= '~' && byte != '=';
        count += plain ? 1 : 3; /* a line's end is CR LF, and may follow a blank written as =20 */
    }
    return count + (count / QUOTED_LINE_LENGTH + 1) * 3;
}

static size_t row_bytes(struct message *message, const struct affn_event *event)
{
    struct draft plain;
    struct draft page;
    draft_init(&plain, message->plain, sizeof message->plain);
    draft_init(&page, message->page, sizeof message->page);
    plain_add_row(&plain, event, 1);
    page_add_row(&page, event);
    return sent_bytes(&plain) + sent_bytes(&page);
}

uint32_t message_count(struct message *message, const struct affn_batch *batch)
{
    uint32_t test = batch->events[0]->flags & AFFN_EVENT_TEST;
    size_t bytes = row_bytes(message, batch->events[0]);
    uint32_t count = 1;
    for (; count < batch->count; count++) {
        bytes += row_bytes(message, batch->events[count]);
        if (bytes > ROWS_BYTES_MAX || (batch->events[count]->flags & AFFN_EVENT_TEST) != test)
            break;
    }
    return count;
}

/* ---- Headers ---- */

/* FNV-1a, so that another choice of events never has the ID of a mail that has arrived. */
static uint64_t digest(const struct story *story)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < story->count; i++) {
        for (const char *at = story->events[i]->id; *at; at++)
            value = (value ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    }
    return value;
}

static void add_message_id(struct draft *draft, const struct story *story, const char *domain)
{
    draft_add(draft, "<");
    draft_add(draft, story->events[0]->id);
    if (story->count > 1)
        draft_format(draft, ".%u-%016" PRIx64, story->count, digest(story));
    draft_add(draft, ".");
    draft_add(draft, story->sink);
    draft_add(draft, "@");
    draft_add(draft, domain);
    draft_add(draft, ">");
}

/* All mails of a thread name the same mail, which never was. */
static void describe_root(const char *kind, const char *name, const char *sink, const char *domain,
                          struct affn_request *request)
{
    char root[VALUE_BYTES_MAX];
    struct draft draft;
    draft_init(&draft, root, sizeof root);
    draft_add(&draft, "<");
    draft_add(&draft, kind);
    draft_add(&draft, name);
    draft_add(&draft, ".");
    draft_add(&draft, sink);
    draft_add(&draft, "@");
    draft_add(&draft, domain);
    draft_add(&draft, ">");
    request->header(request, "References", root, 0);
}

/* All mails about an affiliate are one thread. */
static void describe_thread(const struct story *story, const char *domain,
                            struct affn_request *request)
{
    const char *affiliate = story->events[0]->affiliate_id;
    for (uint32_t i = 1; i < story->count; i++) {
        if (strcmp(story->events[i]->affiliate_id, affiliate) != 0)
            return;
    }
    describe_root("", affiliate, story->sink, domain, request);
}

static bool all_the_same(const struct story *story)
{
    for (uint32_t i = 1; i < story->count; i++) {
        if (strcmp(story->events[i]->event, story->events[0]->event) != 0)
            return false;
    }
    return true;
}

/* What every mail says of itself to filters: RFC 2919, RFC 3834. */
static void describe_kind(const struct envelope *envelope, struct affn_request *request)
{
    if (envelope->list[0])
        request->header(request, "List-Id", envelope->list, 0);
    request->header(request, "Auto-Submitted", "auto-generated", 0);
}

/* For filters, which cannot read the text. */
static void describe_marks(const struct story *story, struct affn_request *request)
{
    if (story->count == 1)
        request->header(request, "Affnotify-Event-ID", story->events[0]->id, 0);
    if (all_the_same(story))
        request->header(request, "Affnotify-Event", story->events[0]->event, 0);
    if (wording_is_test(story))
        request->header(request, "Affnotify-Test", "1", 0);
}

static void describe_subject(const struct draft *plain, struct affn_request *request)
{
    char encoded[2 * VALUE_BYTES_MAX];
    struct draft subject;
    draft_init(&subject, encoded, sizeof encoded);
    header_add_text(&subject, plain->bytes);
    assert(!plain->full && !subject.full);
    request->header(request, "Subject", encoded, 0);
}

/* When, and who to whom. */
static void describe_envelope(const struct envelope *envelope, struct affn_request *request)
{
    char text[VALUE_BYTES_MAX];
    struct draft draft;
    draft_init(&draft, text, sizeof text);
    header_add_date(&draft, time(NULL));
    request->header(request, "Date", text, 0);
    request->header(request, "From", envelope->from, 0);
    if (envelope->reply_to[0])
        request->header(request, "Reply-To", envelope->reply_to, 0);
    request->header(request, "To", envelope->to, 0);
    if (envelope->cc[0])
        request->header(request, "Cc", envelope->cc, 0);
}

static void describe_headers(const struct envelope *envelope, const struct story *story,
                             struct affn_request *request)
{
    const char *domain = envelope->domain;
    char text[VALUE_BYTES_MAX];
    struct draft draft;
    describe_envelope(envelope, request);
    draft_init(&draft, text, sizeof text);
    wording_subject(&draft, story);
    describe_subject(&draft, request);
    draft_init(&draft, text, sizeof text);
    add_message_id(&draft, story, domain);
    request->header(request, "Message-ID", text, 0);
    describe_thread(story, domain, request);
    describe_kind(envelope, request);
    describe_marks(story, request);
}

static void describe_parts(const struct draft *plain, const struct draft *page,
                           struct affn_request *request)
{
    request->part(request, "text/plain; charset=utf-8", plain->bytes, (uint32_t)plain->length);
    request->part(request, "text/html; charset=utf-8", page->bytes, (uint32_t)page->length);
}

void message_describe(struct message *message, const struct envelope *envelope,
                      const struct story *story, struct affn_request *request)
{
    struct draft plain;
    struct draft page;
    draft_init(&plain, message->plain, sizeof message->plain);
    draft_init(&page, message->page, sizeof message->page);
    plain_write(&plain, story);
    page_write(&page, story);
    assert(!plain.full && !page.full); /* message_count sees to it */
    describe_headers(envelope, story, request);
    describe_parts(&plain, &page, request);
}

/* ---- Notices ---- */

static void describe_notice_headers(const struct envelope *envelope, const struct telling *telling,
                                    struct affn_request *request)
{
    const char *domain = envelope->domain;
    const struct affn_notice *notice = telling->notice;
    char text[VALUE_BYTES_MAX];
    struct draft draft;
    describe_envelope(envelope, request);
    draft_init(&draft, text, sizeof text);
    wording_notice_subject(&draft, telling);
    describe_subject(&draft, request);
    draft_init(&draft, text, sizeof text);
    draft_add(&draft, "<");
    draft_add(&draft, notice->id);
    draft_add(&draft, ".");
    draft_add(&draft, telling->sink);
    draft_add(&draft, "@");
    draft_add(&draft, domain);
    draft_add(&draft, ">");
    request->header(request, "Message-ID", text, 0);
    describe_root("notice.", notice->about, telling->sink, domain, request);
    describe_kind(envelope, request);
    request->header(request, "Affnotify-Notice", notice->about, 0);
    if (notice->flags & AFFN_NOTICE_TEST)
        request->header(request, "Affnotify-Test", "1", 0);
}

void message_describe_notice(struct message *message, const struct envelope *envelope,
                             const struct telling *telling, struct affn_request *request)
{
    struct draft plain;
    struct draft page;
    draft_init(&plain, message->plain, sizeof message->plain);
    draft_init(&page, message->page, sizeof message->page);
    plain_write_notice(&plain, telling);
    page_write_notice(&page, telling);
    assert(!plain.full && !page.full); /* a notice has at most 4 KiB */
    describe_notice_headers(envelope, telling, request);
    describe_parts(&plain, &page, request);
}
