/*
 * The end of request.h's `prepare`: what a request must have as a whole, and the header lines that
 * the host adds of its own.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/base64.h"
#include "core/host/fold.h"
#include "core/host/request.h"

#define MAIL_LINE_BYTES_MAX 998 /* RFC 5322, 2.1.1 */

static void chain(struct curl_slist *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
}

static bool has_header(const struct request *request, const char *name)
{
    return request_find_header(request, name, 0) < request->header_count;
}

static void add_authorization(struct request *request)
{
    if (request->mechanism->is_token) {
        request_add_line(request, memory_format("Authorization: Bearer %s", request->secret), true);
        return;
    }
    char *pair = memory_format("%s:%s", request->user, request->secret);
    char *encoded = base64_encode(pair, strlen(pair));
    blot_add(&request->secrets, encoded);
    request_add_line(request, memory_format("Authorization: Basic %s", encoded), true);
    memory_wipe_text(encoded);
    memory_wipe_text(pair);
}

static void complete_http(struct request *request)
{
    if (request->mechanism && request->mechanism->kind != REQUEST_HTTP)
        request_problem(request, "auth by %s is for mail only", request->mechanism->name);
    if (request->mechanism && has_header(request, "Authorization"))
        request_problem(request, "the request has both auth and a header Authorization");
    if (request->mail_from || request->rcpt_count || request->part_count)
        request_problem(request, "the request has a sender, a recipient or a part, but is no mail");
    if (request->problem[0])
        return;
    if (request->mechanism)
        add_authorization(request);
    /* Waiting for "100 Continue" costs a third of the throughput. */
    request_add_line(request, memory_text("Expect:"), false);
    if (!has_header(request, "Content-Type"))
        request_add_line(request, memory_text("Content-Type:"), false); /* else a form's */
}

static void hide(struct request *request, const char *bytes, size_t length)
{
    char *encoded = base64_encode(bytes, length);
    blot_add(&request->secrets, encoded);
    memory_wipe_text(encoded);
}

/* What goes over the wire for a login: the record of a test's conversation must not show it. */
static void hide_login(struct request *request)
{
    size_t user_bytes = strlen(request->user);
    size_t secret_bytes = strlen(request->secret);
    size_t length = 1 + user_bytes + 1 + secret_bytes;
    char *both = memory_new(length, 1); /* RFC 4616: NUL user NUL secret */
    memcpy(both + 1, request->user, user_bytes);
    memcpy(both + 1 + user_bytes + 1, request->secret, secret_bytes);
    hide(request, request->user, user_bytes);
    hide(request, request->secret, secret_bytes);
    hide(request, both, length);
    explicit_bzero(both, length);
    free(both);
}

/* Of a header as it is sent: folded where it has blanks. */
static size_t longest_line(const char *header)
{
    struct buffer folded;
    buffer_init(&folded, (size_t)4 * REQUEST_HEADER_BYTES_MAX);
    int result = fold_add(&folded, header, strlen(header));
    assert(result == 0);
    size_t longest = 0;
    for (const char *at = folded.data; *at; at += strcspn(at, "\r\n"), at += strspn(at, "\r\n")) {
        size_t length = strcspn(at, "\r\n");
        longest = length > longest ? length : longest;
    }
    buffer_finish(&folded);
    return longest;
}

static void check_lines(struct request *request)
{
    static const char *const hosts[] = {"MIME-Version", "Content-Type",
                                        "Content-Transfer-Encoding"};
    for (size_t i = 0; request->part_count > 0 && i < sizeof hosts / sizeof *hosts; i++) {
        if (has_header(request, hosts[i]))
            request_problem(request,
                            "the header %s is not the plugin's to set in a mail that has parts",
                            hosts[i]);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i].data;
        size_t longest = longest_line(line);
        if (longest > MAIL_LINE_BYTES_MAX)
            request_problem(request,
                            "the header %.*s has a line of %zu bytes, but mail may have %d",
                            (int)strcspn(line, ":;"), line, longest, MAIL_LINE_BYTES_MAX);
    }
    for (size_t i = 0; i < request->part_count; i++) {
        if (strlen("Content-Type: ") + strlen(request->parts[i].type) > MAIL_LINE_BYTES_MAX)
            request_problem(request, "the type of a part is longer than a line of mail may be");
    }
}

static void complete_mail(struct request *request)
{
    const struct request_mechanism *mechanism = request->mechanism;
    if (mechanism && mechanism->kind != REQUEST_MAIL)
        request_problem(request, "auth by %s is not for mail", mechanism->name);
    if (mechanism && mechanism->is_token && request->plain)
        request_problem(request, "auth by %s needs TLS", mechanism->name);
    if (!request->mail_from || request->rcpt_count == 0)
        request_problem(request, "the mail has no sender or no recipient");
    if (request->has_body == (request->part_count > 0))
        request_problem(request, "the mail must have either a body or parts");
    check_lines(request);
    if (mechanism && !mechanism->is_token) /* a token is found as it is, in Base64, too */
        hide_login(request);
}

void request_complete(struct request *request)
{
    if (!request->url_set)
        request_problem(request, "the request has no URL");
    if (request->problem[0])
        return;
    if (request->kind == REQUEST_HTTP)
        complete_http(request);
    else
        complete_mail(request);
    chain(request->headers, request->header_count);
    chain(request->rcpts, request->rcpt_count);
}

const char *request_method(const struct request *request)
{
    return request->method ? request->method : "POST";
}

bool request_has_content(const struct request *request)
{
    return request->has_body || text_equal(request_method(request), "POST");
}
