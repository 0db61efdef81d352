/* See head.h. */
#include "core/http/head.h"

#include <string.h>
#include <strings.h>

#include "core/base/limits.h"
#include "core/http/fault.h"

#define TARGET_BYTES_MAX  (8 * 1024)
#define LENGTH_DIGITS_MAX 18 /* so that it fits in 64 bits */

bool span_equal(struct span span, const char *text)
{
    return span.start && span.length == strlen(text) && memcmp(span.start, text, span.length) == 0;
}

bool span_equal_folded(struct span span, const char *text)
{
    return span.start && span.length == strlen(text) &&
           strncasecmp(span.start, text, span.length) == 0;
}

/* ---- Characters ---- */

/* A tchar of RFC 9110, 5.6.2; not by <ctype.h>, which depends on the locale. */
static bool is_token_character(unsigned char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') ||
           (character && strchr("!#$%&'*+-.^_`|~", character));
}

static size_t token_bytes(const char *bytes, size_t length)
{
    size_t count = 0;
    while (count < length && is_token_character((unsigned char)bytes[count]))
        count++;
    return count;
}

/* What a header's value may hold: RFC 9110, 5.5. */
static bool is_value_character(unsigned char character)
{
    return character == '\t' || (character >= ' ' && character != 0x7f);
}

static struct span trim(struct span span)
{
    while (span.length > 0 && (*span.start == ' ' || *span.start == '\t')) {
        span.start++;
        span.length--;
    }
    while (span.length > 0 &&
           (span.start[span.length - 1] == ' ' || span.start[span.length - 1] == '\t'))
        span.length--;
    return span;
}

/* The next line, without its CR LF; at the end of the head there is always one. */
static int next_line(struct span *rest, struct span *line, struct fault *fault)
{
    const char *end = memchr(rest->start, '\n', rest->length);
    if (!end || end == rest->start || end[-1] != '\r')
        return fault_set(fault, 400, "A line of the head does not end with CR LF.");
    *line = (struct span){rest->start, (size_t)(end - rest->start) - 1};
    rest->length -= (size_t)(end - rest->start) + 1;
    rest->start = end + 1;
    return 0;
}

/* ---- The request line ---- */

/*
 * The path of a target in origin form, or in absolute form, which a server has to take as well: there
 * the name of the host ends at the first "/", "?" or "#" (RFC 3986, 3.2).
 */
static struct span path_of(struct span target)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < 2; i++) {
        size_t bytes = strlen(schemes[i]);
        if (target.length < bytes || strncasecmp(target.start, schemes[i], bytes) != 0)
            continue;
        while (bytes < target.length && !strchr("/?#", target.start[bytes]))
            bytes++;
        if (bytes == target.length || target.start[bytes] != '/')
            return (struct span){"/", 1};
        target.start += bytes;
        target.length -= bytes;
        break;
    }
    const char *query = memchr(target.start, '?', target.length);
    if (query)
        target.length = (size_t)(query - target.start);
    return target;
}

static int read_target(struct span target, struct head *head, struct fault *fault)
{
    if (target.length > TARGET_BYTES_MAX)
        return fault_set(fault, 414, "The URL is longer than 8,192 bytes.");
    for (size_t i = 0; i < target.length; i++) {
        unsigned char character = (unsigned char)target.start[i];
        if (character <= ' ' || character >= 0x7f)
            return fault_set(fault, 400, "The URL holds a character that must be percent-encoded.");
    }
    head->path = path_of(target);
    return 0;
}

static int read_request_line(struct span line, struct head *head, struct fault *fault)
{
    size_t method_bytes = token_bytes(line.start, line.length);
    const char *blank = memchr(line.start, ' ', line.length);
    const char *last = memrchr(line.start, ' ', line.length);
    if (method_bytes == 0 || blank != line.start + method_bytes || last <= blank + 1)
        return fault_set(fault, 400, "The first line is not `METHOD URL HTTP/1.1`.");
    head->method = (struct span){line.start, method_bytes};
    struct span version = {last + 1, line.length - (size_t)(last + 1 - line.start)};
    if (version.length != 8 || memcmp(version.start, "HTTP/", 5) != 0)
        return fault_set(fault, 400, "The first line is not `METHOD URL HTTP/1.1`.");
    head->keep_alive = span_equal(version, "HTTP/1.1");
    if (!head->keep_alive && !span_equal(version, "HTTP/1.0"))
        return fault_set(fault, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    return read_target((struct span){blank + 1, (size_t)(last - blank) - 1}, head, fault);
}

/* ---- Headers ---- */

static const char *const names[HEAD_HEADERS] = {
    [HEAD_HOST] = "host",
    [HEAD_CONTENT_LENGTH] = "content-length",
    [HEAD_TRANSFER_ENCODING] = "transfer-encoding",
    [HEAD_CONTENT_TYPE] = "content-type",
    [HEAD_CONTENT_ENCODING] = "content-encoding",
    [HEAD_AUTHORIZATION] = "authorization",
    [HEAD_EXPECT] = "expect",
    [HEAD_WEBHOOK_ID] = "webhook-id",
    [HEAD_WEBHOOK_TIMESTAMP] = "webhook-timestamp",
    [HEAD_WEBHOOK_SIGNATURE] = "webhook-signature",
    [HEAD_IDEMPOTENCY_KEY] = "idempotency-key",
};

/* `Connection` is a list and may be there more than once. */
static void read_connection(struct span value, struct head *head)
{
    while (value.length > 0) {
        const char *comma = memchr(value.start, ',', value.length);
        size_t bytes = comma ? (size_t)(comma - value.start) : value.length;
        if (span_equal_folded(trim((struct span){value.start, bytes}), "close"))
            head->keep_alive = false;
        value.start += bytes + (comma != NULL);
        value.length -= bytes + (comma != NULL);
    }
}

static int read_header(struct span line, struct head *head, struct fault *fault)
{
    size_t name_bytes = token_bytes(line.start, line.length);
    if (name_bytes == 0 || name_bytes == line.length || line.start[name_bytes] != ':')
        return fault_set(fault, 400, "A header is not `Name: value`.");
    struct span name = {line.start, name_bytes};
    struct span value = {line.start + name_bytes + 1, line.length - name_bytes - 1};
    for (size_t i = 0; i < value.length; i++) {
        if (!is_value_character((unsigned char)value.start[i]))
            return fault_set(fault, 400, "A header holds a control character.");
    }
    value = trim(value);
    if (span_equal_folded(name, "connection"))
        read_connection(value, head);
    for (size_t i = 0; i < HEAD_HEADERS; i++) {
        if (!span_equal_folded(name, names[i]))
            continue;
        if (head->headers[i].start)
            return fault_set(fault, 400, "A header that says one thing is there twice.");
        head->headers[i] = value;
        break;
    }
    return 0;
}

/* ---- What they say together ---- */

static int read_length(struct head *head, struct fault *fault)
{
    struct span value = head->headers[HEAD_CONTENT_LENGTH];
    if (!value.start)
        return 0;
    if (value.length == 0 || value.length > LENGTH_DIGITS_MAX)
        return fault_set(fault, 400, "Content-Length is not a number of bytes.");
    for (size_t i = 0; i < value.length; i++) {
        if (value.start[i] < '0' || value.start[i] > '9')
            return fault_set(fault, 400, "Content-Length is not a number of bytes.");
        head->length = 10 * head->length + (uint64_t)(value.start[i] - '0');
    }
    head->has_length = true;
    return 0;
}

static int check_framing(struct head *head, bool is_1_1, struct fault *fault)
{
    struct span coding = head->headers[HEAD_TRANSFER_ENCODING];
    if (read_length(head, fault) < 0)
        return -1;
    if (coding.start && head->has_length)
        return fault_set(fault, 400, "Content-Length and Transfer-Encoding are both there.");
    if (coding.start && (!is_1_1 || !span_equal_folded(coding, "chunked")))
        return fault_set(fault, 400, "The only Transfer-Encoding is `chunked`, with HTTP/1.1.");
    head->chunked = coding.start != NULL;
    if (is_1_1 && !head->headers[HEAD_HOST].start)
        return fault_set(fault, 400, "HTTP/1.1 requires the header Host.");
    return 0;
}

static int check_expect(struct head *head, bool is_1_1, struct fault *fault)
{
    struct span expect = head->headers[HEAD_EXPECT];
    if (expect.start && !span_equal_folded(expect, "100-continue"))
        return fault_set(fault, 417, "The only Expect is `100-continue`.");
    head->expects_continue = expect.start && is_1_1;
    return 0;
}

int head_parse(const char *bytes, size_t length, struct head *head, struct fault *fault)
{
    struct span rest = {bytes, length}, line;
    *head = (struct head){.chunked = false};
    if (next_line(&rest, &line, fault) < 0 || read_request_line(line, head, fault) < 0)
        return -1;
    bool is_1_1 = head->keep_alive;
    for (int count = 0;; count++) {
        if (next_line(&rest, &line, fault) < 0)
            return -1;
        if (line.length == 0)
            break;
        if (count == HTTP_HEADERS_MAX)
            return fault_set(fault, 431, "There are more than 100 headers.");
        if (read_header(line, head, fault) < 0)
            return -1;
    }
    if (rest.length > 0)
        return fault_set(fault, 400, "A line of the head does not end with CR LF.");
    return check_framing(head, is_1_1, fault) < 0 ? -1 : check_expect(head, is_1_1, fault);
}
