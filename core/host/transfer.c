/* See transfer.h. */
#include "core/host/transfer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/host/blot.h"
#include "core/host/multi.h"
#include "core/host/request_keys.h"

#define EXCERPT_BYTES_MAX   400  /* of the answer's body, in a sentence */
#define BEGINNING_BYTES_MAX 4096 /* of the body, out of which that is made */

static struct transfer *of_face(const struct affn_response *face)
{
    return (struct transfer *)(void *)face;
}

/* ---- What comes back ---- */

static size_t on_body(char *bytes, size_t one, size_t length, void *context)
{
    (void)one;
    struct transfer *transfer = context;
    conversation_hear_body(&transfer->conversation, SPEAKER_THEM, bytes, length);
    size_t room = RESPONSE_BODY_BYTES_MAX - transfer->body.len;
    buffer_add(&transfer->body, bytes, length < room ? length : room);
    transfer->body_bytes += length;
    transfer->cut = transfer->body_bytes > RESPONSE_READ_BYTES_MAX;
    return transfer->cut ? 0 : length;
}

static size_t on_header(char *line, size_t one, size_t length, void *context)
{
    (void)one;
    struct transfer *transfer = context;
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0)
        transfer->header_bytes = 0; /* what was before was a 1xx */
    transfer->header_bytes += length;
    transfer->head_ended = length == 2 && memcmp(line, "\r\n", 2) == 0;
    transfer->cut = transfer->header_bytes > RESPONSE_HEADER_BYTES_MAX;
    return transfer->cut ? 0 : length;
}

static const char *find_header(const struct affn_response *face, const char *name)
{
    struct curl_header *header;
    CURL *easy = of_face(face)->easy;
    if (!name || curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}

/* How far a mail got comes out of this; in a trial everything is told. */
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t length, void *context)
{
    (void)easy;
    struct transfer *transfer = context;
    if (transfer->kind == REQUEST_MAIL)
        mail_hear(&transfer->mail, type, bytes, length);
    conversation_hear(&transfer->conversation, type, bytes, length);
    return 0;
}

/* ---- Setting up ---- */

static void set_network(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct request_keys *keys = transfer->settings->keys;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a silent name server */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, keys->proxy ? keys->proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, keys->proxy ? "" : "*");
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, keys->proxy ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static void set_tls(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct request_keys *keys = transfer->settings->keys;
    const char *trust = transfer->settings->trust_path;
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (*trust) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, trust);
        curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, trust);
    }
    /* With a directory beside the file, libcurl would parse the file anew for each connection. */
    if (*trust || curl_version_info(CURLVERSION_NOW)->cainfo)
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSLCERT, keys->client_certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, keys->client_key);
}

static void set_callbacks(struct transfer *transfer, bool verbose)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, verbose ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->detail);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

static void set_http(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    bool two = transfer->settings->keys->http_version == REQUEST_HTTP_2;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     two ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, two ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, REQUEST_USER_AGENT);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
}

/* The proxy is another machine, mostly; what goes in the clear must not reach it. */
static void set_plain(struct transfer *transfer, bool plain)
{
    bool proxied = transfer->settings->keys->proxy && !plain;
    curl_easy_setopt(transfer->easy, CURLOPT_NOPROXY, proxied ? "" : "*");
}

/* What stays the same from request to request of a kind. */
static void set_base(struct transfer *transfer, enum request_kind kind)
{
    multi_adopt(transfer->settings->multi, transfer->easy);
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer->owner);
    set_network(transfer);
    set_tls(transfer);
    set_callbacks(transfer, kind == REQUEST_MAIL || transfer->settings->said_to);
    if (kind == REQUEST_HTTP)
        set_http(transfer);
    else
        mail_set_base(&transfer->mail, transfer->easy);
    transfer->kind = kind;
    transfer->custom_method = false;
}

void transfer_init(struct transfer *transfer, const struct transfer_settings *settings, void *owner)
{
    *transfer = (struct transfer){.settings = settings, .owner = owner, .easy = curl_easy_init()};
    assert(transfer->easy);
    buffer_init(&transfer->body, RESPONSE_BODY_BYTES_MAX);
    conversation_init(&transfer->conversation, settings->said_to, settings->secrets);
    set_base(transfer, REQUEST_HTTP);
}

void transfer_finish(struct transfer *transfer)
{
    if (transfer->easy)
        curl_easy_cleanup(transfer->easy);
    mail_finish(&transfer->mail);
    conversation_finish(&transfer->conversation);
    buffer_finish(&transfer->body);
    *transfer = (struct transfer){.easy = NULL};
}

static void set_method(struct transfer *transfer, const struct request *request)
{
    CURL *easy = transfer->easy;
    const char *method = request_method(request);
    bool posts = text_equal(method, "POST");
    if (text_equal(method, "HEAD"))
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (request_has_content(request))
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (!posts || transfer->custom_method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, posts ? NULL : method);
    transfer->custom_method = !posts;
    if (request_has_content(request)) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data);
    }
}

/* Another kind begins with a clean handle; its connections stay. */
static void change_kind(struct transfer *transfer, struct request *request)
{
    curl_easy_reset(transfer->easy);
    set_base(transfer, request->kind);
    request->url_changed = true;
}

void transfer_prepare(struct transfer *transfer, struct request *request, int64_t started_ms,
                      int64_t timeout_ms)
{
    if (transfer->kind != request->kind)
        change_kind(transfer, request);
    CURL *easy = transfer->easy;
    if (request->url_changed)
        curl_easy_setopt(easy, CURLOPT_URL, request->url);
    request->url_changed = false;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    buffer_clear(&transfer->body);
    transfer->body_bytes = 0;
    transfer->header_bytes = 0;
    transfer->head_ended = false;
    transfer->cut = false;
    transfer->detail[0] = '\0';
    conversation_begin(&transfer->conversation, request, started_ms);
    if (request->kind == REQUEST_MAIL) {
        bool stale = multi_has_stale(transfer->settings->multi);
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, stale ? 1L : 0L);
        set_plain(transfer, request->plain);
        mail_prepare(&transfer->mail, easy, request);
        return;
    }
    set_method(transfer, request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
}

/* ---- The end ---- */

void *transfer_owner(CURL *easy)
{
    void *owner = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    return owner;
}

void transfer_sever(struct transfer *transfer, CURLcode result)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (transfer->kind != REQUEST_MAIL || result == CURLE_OK)
        return;
    curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd != CURL_SOCKET_BAD)
        shutdown(fd, SHUT_RDWR); /* libcurl closes it when it comes to it */
}

static enum transfer_progress progress(const struct transfer *transfer)
{
    static const struct {
        CURLINFO time;
        enum transfer_progress progress;
    } milestones[] = {
        {CURLINFO_PRETRANSFER_TIME_T, TRANSFER_SENT},
        {CURLINFO_NAMELOOKUP_TIME_T, TRANSFER_CONNECT},
    };
    if (transfer->kind == REQUEST_MAIL && transfer->mail.code > 0)
        return TRANSFER_SENT;
    for (size_t i = 0; i < sizeof milestones / sizeof *milestones; i++) {
        curl_off_t elapsed = 0;
        curl_easy_getinfo(transfer->easy, milestones[i].time, &elapsed);
        if (elapsed > 0)
            return milestones[i].progress;
    }
    return TRANSFER_LOOKUP;
}

static int32_t number(const struct transfer *transfer, CURLINFO info)
{
    long value = 0;
    curl_easy_getinfo(transfer->easy, info, &value);
    return (int32_t)value;
}

static void note_failure(struct transfer *transfer, const struct request *request, CURLcode result)
{
    int32_t system = number(transfer, CURLINFO_OS_ERRNO);
    const struct transfer_failure failure = {
        .result = result,
        .progress = progress(transfer),
        .mail = request->kind == REQUEST_MAIL,
        .host = request->host,
        .detail = transfer->detail[0] ? transfer->detail : curl_easy_strerror(result),
        .system = system ? strerror(system) : "",
        .proxy_status = number(transfer, CURLINFO_HTTP_CONNECTCODE),
        .timeout_ms = transfer->settings->timeout_ms,
    };
    verdict_of_failure(&failure, &transfer->note);
}

/* Of where a redirect leads only the host is said: what follows it may hold a secret. */
static void note_redirect(struct transfer *transfer)
{
    const char *place = NULL;
    char *host = NULL;
    char *port = NULL;
    CURLU *url = curl_url();
    struct verdict_note *note = &transfer->note;
    size_t used = strlen(note->what);
    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &place);
    if (place && curl_url_set(url, CURLUPART_URL, place, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        curl_url_get(url, CURLUPART_PORT, &port, 0);
        snprintf(note->what + used, sizeof note->what - used, ", which leads to %s%s%s", host,
                 port ? ":" : "", port ? port : "");
    }
    curl_free(port);
    curl_free(host);
    curl_url_cleanup(url);
}

/* Of a mail: whether the last reply lets TLS begin, which then failed; it tells nothing of that. */
static bool is_before_tls(const struct transfer *transfer)
{
    return transfer->note.phase == AFFN_PHASE_TLS && transfer->mail.code == 220;
}

static void conclude_mail(struct transfer *transfer, const struct request *request, CURLcode result)
{
    struct mail *mail = &transfer->mail;
    if (mail_conclude(mail, request, result, &transfer->note))
        return;
    note_failure(transfer, request, result);
    if (is_before_tls(transfer)) {
        mail->code = 0;
        mail->last[0] = '\0';
    }
}

/*
 * In HTTP/2 a server may answer and then reset the stream, so as not to be sent the rest of the
 * request (RFC 9113, 8.1), as nginx does. When that comes between a request's head and its body,
 * libcurl calls it an error of the stream, and has nothing to say of it; of any other it has.
 */
static bool is_reset_after_answer(const struct transfer *transfer, CURLcode result)
{
    return result == CURLE_HTTP2_STREAM && !transfer->detail[0];
}

/* All of it has come, by what its head says of its length, whatever became of the exchange then. */
static bool is_whole(const struct transfer *transfer, int32_t status)
{
    curl_off_t length = -1;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return status == 204 || (length >= 0 && transfer->body_bytes >= (size_t)length);
}

static bool is_answered(const struct transfer *transfer, CURLcode result, int32_t status)
{
    if (result == CURLE_OK)
        return true;
    if (transfer->cut && status)
        return true;
    return status >= 200 && transfer->head_ended &&
           (is_reset_after_answer(transfer, result) || is_whole(transfer, status));
}

void transfer_conclude(struct transfer *transfer, const struct request *request, CURLcode result)
{
    struct affn_response *face = &transfer->face;
    conversation_end(&transfer->conversation);
    int32_t status = number(transfer, CURLINFO_RESPONSE_CODE);
    if (request->kind == REQUEST_MAIL) {
        conclude_mail(transfer, request, result);
        status = transfer->mail.code;
    } else if (is_answered(transfer, result, status)) {
        verdict_of_http(status, request->host, &transfer->note);
        note_redirect(transfer);
    } else {
        note_failure(transfer, request, result);
    }
    const char *last_reply = transfer->mail.last;
    bool mail = request->kind == REQUEST_MAIL;
    *face = (struct affn_response){
        .phase = transfer->note.phase,
        .code = status,
        .verdict = transfer->note.verdict,
        .body_bytes = mail ? (uint32_t)strlen(last_reply) : (uint32_t)transfer->body.len,
        .body = mail ? last_reply : transfer->body.data,
        .what = transfer->note.what,
        .header = find_header,
        .rcpt_replies = mail ? transfer->mail.pointers : NULL,
        .rcpt_reply_count = mail ? transfer->mail.reply_count : 0,
        .round = request->face.round,
        .flags = transfer->body_bytes > RESPONSE_BODY_BYTES_MAX ? AFFN_RESPONSE_CUT : 0,
    };
}

int64_t transfer_retry_after_ms(const struct transfer *transfer)
{
    curl_off_t seconds = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > RETRY_AFTER_MS_MAX / 1000)
        return RETRY_AFTER_MS_MAX;
    return seconds > 0 ? (int64_t)seconds * 1000 : 0;
}

/* Text has no control characters but for white space, which becomes one blank a run. */
static size_t collapse(const char *body, size_t length, char *text, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < room; i++) {
        unsigned char byte = (unsigned char)body[i];
        bool blank = byte == ' ' || (byte >= '\t' && byte <= '\r');
        if (byte < ' ' && !blank)
            return 0;
        if (!blank)
            text[used++] = (char)byte;
        else if (used > 0 && text[used - 1] != ' ')
            text[used++] = ' ';
    }
    while (used > 0 && text[used - 1] == ' ')
        used--;
    text[used] = '\0';
    return used;
}

/* Secrets go first: with a run of blanks made one they would not be known any more. */
static size_t excerpt(const struct transfer *transfer, const struct blot *more, char *text,
                      size_t room)
{
    size_t length = transfer->face.body_bytes;
    bool cut = length > BEGINNING_BYTES_MAX;
    struct buffer clean;
    if (cut)
        length = BEGINNING_BYTES_MAX;
    buffer_init(&clean, length / BLOT_BYTES_MIN * sizeof BLOT + length);
    int result =
        blot_bytes(transfer->settings->secrets, more, transfer->face.body, length, cut, &clean);
    assert(result == 0);
    size_t used = collapse(clean.data, clean.len, text, room);
    buffer_finish(&clean);
    return used;
}

void transfer_sentence(const struct transfer *transfer, const struct blot *more, char *text,
                       size_t room)
{
    char beginning[EXCERPT_BYTES_MAX];
    bool failed = transfer->note.verdict != AFFN_DELIVERED;
    bool shown = failed && excerpt(transfer, more, beginning, sizeof beginning) > 0;
    snprintf(text, room, "%s%s%s", transfer->note.what, shown ? ": " : "", shown ? beginning : "");
}
