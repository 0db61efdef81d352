/* See request.h. */
#include "core/host/request.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/base64.h"
#include "core/event/utf8.h"

static struct request *of_face(struct affn_request *face)
{
    return (struct request *)(void *)face;
}

void request_problem(struct request *request, const char *format, ...)
{
    if (request->problem[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(request->problem, sizeof request->problem, format, arguments);
    va_end(arguments);
}

/* ---- What may be said ---- */

/* CR and LF would begin a line of their own; no other control character belongs there either. */
static bool has_control(const char *text)
{
    for (; *text; text++) {
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return true;
    }
    return false;
}

/* A token of RFC 9110, 5.6.2. */
static bool is_token(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++) {
        if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text))
            return false;
    }
    return true;
}

/* What decides where a message ends, or belongs to the connection, is libcurl's to say. */
static bool is_hosts_header(const char *name)
{
    static const char *const names[] = {
        "Content-Length", "Transfer-Encoding", "Connection", "Expect", "TE", "Upgrade"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* ---- The plugin's functions ---- */

static void face_method(struct affn_request *face, const char *method)
{
    struct request *request = of_face(face);
    if (!method || !is_token(method)) {
        request_problem(request, "the request's method is not a word");
        return;
    }
    free(request->method);
    request->method = memory_text(method);
}

/* Takes a URL apart for its kind and its host; false when it is not one that we send to. */
static bool read_url(struct request *request, const char *url)
{
    static const struct {
        const char *scheme;
        enum request_kind kind;
    } kinds[] = {{"https", REQUEST_HTTP}, {"smtps", REQUEST_MAIL}, {"smtp", REQUEST_MAIL}};
    char *scheme = NULL;
    char *host = NULL;
    char *port = NULL;
    bool found = false;
    CURLU *parts = curl_url();
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !found; i++) {
            found = text_equal(scheme, kinds[i].scheme);
            request->kind = kinds[i].kind;
        }
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);
        free(request->host);
        request->host = port ? memory_format("%s:%s", host, port) : memory_text(host);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return found;
}

/* AFFN_PLAIN: what is not encrypted stays on this machine. `host` may have a port. */
static bool is_this_machine(const char *host)
{
    char name[16]; /* the longest of an IPv4 address */
    struct in_addr address;
    if (strncmp(host, "[::1]", 5) == 0)
        return host[5] == '\0' || host[5] == ':';
    size_t length = strcspn(host, ":");
    if (length >= sizeof name)
        return false;
    memcpy(name, host, length);
    name[length] = '\0';
    return strcasecmp(name, "localhost") == 0 ||
           (inet_pton(AF_INET, name, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

static void check_plain(struct request *request)
{
    if (request->plain && request->url &&
        (strncasecmp(request->url, "smtp:", 5) != 0 || !is_this_machine(request->host)))
        request_problem(request,
                        "only mail by smtp:// to this machine (localhost, 127.0.0.1, [::1]) may "
                        "go without TLS, but this is for %.80s",
                        request->host);
}

static void face_url(struct affn_request *face, const char *url, uint32_t flags)
{
    struct request *request = of_face(face);
    if (!url || has_control(url) || strlen(url) > REQUEST_URL_BYTES_MAX) {
        request_problem(request, "the request's URL holds a control character or has over %d bytes",
                        REQUEST_URL_BYTES_MAX);
        return;
    }
    if (flags & AFFN_SECRET)
        blot_add_url(&request->secrets, url);
    else
        blot_add_userinfo(&request->secrets, url);
    request->url_set = true;
    request->url_secret = flags & AFFN_SECRET;
    request->plain = flags & AFFN_PLAIN;
    if (!request->url || !text_equal(request->url, url)) {
        free(request->url);
        request->url = NULL;
        request->url_changed = true;
        if (read_url(request, url))
            request->url = memory_text(url);
        else
            request_problem(request,
                            "the request's URL is not one that begins with https://, smtps:// or "
                            "smtp:// and names a host");
    }
    check_plain(request);
}

void request_add_line(struct request *request, char *line, bool secret)
{
    request->header_secret[request->header_count] = secret;
    request->headers[request->header_count++].data = line;
}

size_t request_find_header(const struct request *request, const char *name, size_t from)
{
    size_t length = strlen(name);
    for (size_t i = from; i < request->header_count; i++) {
        const char *line = request->headers[i].data;
        if (strncasecmp(line, name, length) == 0 && (line[length] == ':' || line[length] == ';'))
            return i;
    }
    return request->header_count;
}

static void face_header(struct affn_request *face, const char *name, const char *value,
                        uint32_t flags)
{
    struct request *request = of_face(face);
    if (!name || !is_token(name) || !value || has_control(value)) {
        request_problem(request, "the header %.64s holds what no header may hold",
                        name && is_token(name) ? name : "with a malformed name");
        return;
    }
    if (is_hosts_header(name)) {
        request_problem(request, "the header %.64s is not the plugin's to set", name);
        return;
    }
    if (strlen(name) + strlen(value) > REQUEST_HEADER_BYTES_MAX ||
        request->header_count == REQUEST_HEADERS_MAX) {
        request_problem(request,
                        "the header %.64s is beyond the limits: %d headers of %d bytes each", name,
                        REQUEST_HEADERS_MAX, REQUEST_HEADER_BYTES_MAX);
        return;
    }
    if (flags & AFFN_SECRET)
        blot_add(&request->secrets, value);
    /* libcurl takes "Name:" as "leave it out", and "Name;" as a header that is empty. */
    request_add_line(request,
                     *value ? memory_format("%s: %s", name, value) : memory_format("%s;", name),
                     flags & AFFN_SECRET);
}

static void face_body(struct affn_request *face, const void *bytes, uint32_t length)
{
    struct request *request = of_face(face);
    buffer_clear(&request->body);
    request->has_body = true;
    if (buffer_add(&request->body, bytes, length) < 0)
        request_problem(request, "the request's body has %u bytes, but may have at most %d", length,
                        REQUEST_BODY_BYTES_MAX);
}

static void forget_auth(struct request *request)
{
    memory_wipe_text(request->user);
    memory_wipe_text(request->secret);
    request->mechanism = NULL;
    request->user = NULL;
    request->secret = NULL;
}

static const struct request_mechanism mechanisms[] = {
    {"bearer", REQUEST_HTTP, false, true, NULL},
    {"basic", REQUEST_HTTP, true, false, NULL},
    {"plain", REQUEST_MAIL, true, false, "AUTH=PLAIN"},
    {"login", REQUEST_MAIL, true, false, "AUTH=LOGIN"},
    {"xoauth2", REQUEST_MAIL, true, true, "AUTH=XOAUTH2"},
    {"oauthbearer", REQUEST_MAIL, true, true, "AUTH=OAUTHBEARER"},
};

static const struct request_mechanism *find_mechanism(const char *name)
{
    for (size_t i = 0; name && i < sizeof mechanisms / sizeof *mechanisms; i++) {
        if (text_equal(name, mechanisms[i].name))
            return &mechanisms[i];
    }
    return NULL;
}

static void face_auth(struct affn_request *face, const char *mechanism, const char *user,
                      const char *secret)
{
    struct request *request = of_face(face);
    forget_auth(request);
    blot_add(&request->secrets, secret);
    const struct request_mechanism *found = find_mechanism(mechanism);
    if (!found || !secret || has_control(secret) || (user && has_control(user)) ||
        (found->has_user && !user)) {
        request_problem(request,
                        "auth needs a mechanism (bearer, basic, plain, login, xoauth2 or "
                        "oauthbearer), a secret, and for all but bearer a user, without control "
                        "characters");
        return;
    }
    request->mechanism = found;
    request->user = memory_text(user ? user : "");
    request->secret = memory_text(secret);
}

static bool is_utf8(const char *text)
{
    size_t left = strlen(text);
    for (size_t bytes = 1; left > 0; left -= bytes, text += bytes) {
        uint32_t unused;
        bytes = utf8_next(text, left, &unused);
        if (bytes == 0)
            return false;
    }
    return true;
}

static bool is_address(const char *address)
{
    return address && *address && strlen(address) < REQUEST_HEADER_BYTES_MAX &&
           !has_control(address) && !strpbrk(address, "<> \t") && is_utf8(address);
}

static void face_mail_from(struct affn_request *face, const char *address)
{
    struct request *request = of_face(face);
    if (!is_address(address)) {
        request_problem(request, "the sender is not an address");
        return;
    }
    free(request->mail_from);
    request->mail_from = memory_text(address);
}

static void face_rcpt(struct affn_request *face, const char *address)
{
    struct request *request = of_face(face);
    if (!is_address(address))
        request_problem(request, "a recipient is not an address");
    else if (request->rcpt_count == REQUEST_RECIPIENTS_MAX)
        request_problem(request, "the mail has more than %d recipients", REQUEST_RECIPIENTS_MAX);
    else
        request->rcpts[request->rcpt_count++].data = memory_text(address);
}

static void face_part(struct affn_request *face, const char *type, const void *bytes,
                      uint32_t length)
{
    struct request *request = of_face(face);
    if (!type || !*type || has_control(type) || length > REQUEST_BODY_BYTES_MAX ||
        request->part_count == REQUEST_PARTS_MAX) {
        request_problem(request,
                        "a part of the mail has no type, or is beyond the limits: %d parts of %d "
                        "bytes each",
                        REQUEST_PARTS_MAX, REQUEST_BODY_BYTES_MAX);
        return;
    }
    struct request_part *part = &request->parts[request->part_count++];
    part->type = memory_text(type);
    part->bytes = memory_new((size_t)length + 1, 1);
    memcpy(part->bytes, bytes, length);
    part->length = length;
}

/* ---- One round ---- */

void request_init(struct request *request)
{
    *request = (struct request){
        .face =
            {
                .method = face_method,
                .url = face_url,
                .header = face_header,
                .body = face_body,
                .auth = face_auth,
                .mail_from = face_mail_from,
                .rcpt = face_rcpt,
                .part = face_part,
            },
    };
    buffer_init(&request->body, REQUEST_BODY_BYTES_MAX);
}

/* Header lines may hold secrets. */
static void empty(struct request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        memory_wipe_text(request->headers[i].data);
    for (size_t i = 0; i < request->rcpt_count; i++)
        free(request->rcpts[i].data);
    for (size_t i = 0; i < request->part_count; i++) {
        free(request->parts[i].type);
        free(request->parts[i].bytes);
    }
    request->header_count = 0;
    request->rcpt_count = 0;
    request->part_count = 0;
    free(request->method);
    request->method = NULL;
    free(request->mail_from);
    request->mail_from = NULL;
    forget_auth(request);
    buffer_clear(&request->body);
}

void request_finish(struct request *request)
{
    empty(request);
    buffer_finish(&request->body);
    free(request->url);
    free(request->host);
    blot_finish(&request->secrets);
}

void request_begin(struct request *request, uint32_t round)
{
    empty(request);
    request->problem[0] = '\0';
    request->url_set = false;
    request->has_body = false;
    request->face.round = round;
    if (round == 0)
        blot_clear(&request->secrets);
}
