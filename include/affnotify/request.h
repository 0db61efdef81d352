/*
 * affnotify/request.h: for sinks that speak HTTP or mail. Part of ABI 1; read sink.h first.
 *
 * Instead of `deliver`, such a sink offers the extension AFFN_REQUEST: it says what to send, and
 * the host sends it: many at a time, over TLS that is verified, within the sink's time-out, without
 * following redirects. The plugin does no I/O, links libc only, and can be tested without a
 * network.
 *
 *     prepare     describes what to send for a batch
 *     conclude*   turns the answer into a verdict, where the host's own map does not fit
 *                 (* may be left out)
 *
 * While several batches are on their way at once, prepare and conclude of different batches are
 * called in any order, one at a time, and must not block. What belongs to one batch goes into
 * reply->memo; the pointers to batch and events are the same in all callbacks for a batch. TLS,
 * proxy, time-out and HTTP version are set by the operator with the host's own keys
 * (AFFN_RESERVED_REQUEST_KEYS), the same in every such sink.
 *
 * The host's map, when there is no `conclude`: 2xx DELIVERED; 408, 429, 5xx and a time-out RETRY;
 * 400, 413, 422 and what is not in this list REFUSED; 3xx, 401, 403, 404, 405, 410 MISSET; no name,
 * no connection, no TLS DOWN. Mail: 2xx DELIVERED; 4xx RETRY; 5xx after the message was sent or to
 * every recipient REFUSED; 5xx before that MISSET.
 */
#ifndef AFFNOTIFY_REQUEST_H
#define AFFNOTIFY_REQUEST_H

#include <affnotify/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The name of the extension: the sink's `extension` returns its struct affn_requester for it. */
#define AFFN_REQUEST "affn.request/1"

/* What prepare and conclude may return beside a verdict. */
#define AFFN_SEND  100 /* prepare: send what was described */
#define AFFN_AGAIN 101 /* conclude: call prepare again; at most three times a batch */

/*
 * How a request is described. The functions copy what they are given. A method, URL, header or
 * address that holds CR, LF or NUL, a URL of another scheme, or anything beyond the limits is not
 * sent: the batch gets AFFN_MISSET, with a sentence that says what was wrong, for no value of an
 * event can hold such things.
 *
 * A second call of method, url, body, auth or mail_from takes the place of the first; header, rcpt
 * and part add. Limits: a URL and a header line of 8 KiB, 64 headers, 100 recipients, 8 parts,
 * bodies of 1 MiB. The host makes Content-Length, Transfer-Encoding, Connection, Expect, TE and
 * Upgrade itself and refuses them here, and in a mail with parts MIME-Version, Content-Type and
 * Content-Transfer-Encoding; User-Agent is affnotify's unless it is set.
 *
 * `affnotify render` calls `prepare` after `open`, shows what it describes, and sends nothing.
 */
struct affn_request {
    uint32_t round; /* 0 in the first prepare of a batch, 1 after the first AFFN_AGAIN, … */
    uint32_t reserved;

    /* "POST" when not called. Not for mail. */
    void (*method)(struct affn_request *request, const char *method) AFFN_NOEXCEPT;

    /*
     * https://… (no other HTTP), smtps://HOST[:PORT], or smtp://HOST[:PORT] with STARTTLS; `flags`:
     * AFFN_SECRET when the URL itself must not be shown; AFFN_PLAIN for smtp:// without STARTTLS,
     * which is sent to this machine only: localhost, 127.0.0.0/8, [::1]. Required.
     */
    void (*url)(struct affn_request *request, const char *url, uint32_t flags) AFFN_NOEXCEPT;

    /*
     * Adds one header line, of the HTTP request or of the mail. `flags`: AFFN_SECRET when the value
     * must not be shown. Of mail it is sent as it is, folded at its blanks into lines of 76 bytes;
     * a longer word stays whole, and no line may have over 998 (RFC 5322, 2.1.1). Encode what is
     * not ASCII (RFC 2047), and add Date and Message-ID yourself.
     */
    void (*header)(struct affn_request *request, const char *name, const char *value,
                   uint32_t flags) AFFN_NOEXCEPT;

    /*
     * The body of the HTTP request; of mail, the whole body, when `part` is not used: then its
     * headers of MIME are the plugin's, too. Line breaks of a mail, LF or CR LF, are sent as CR LF.
     */
    void (*body)(struct affn_request *request, const void *bytes, uint32_t length) AFFN_NOEXCEPT;

    /*
     * How to log in; the secret is never shown. `mechanism`: "bearer" (HTTP: Authorization: Bearer;
     * user is NULL), "basic" (HTTP), "plain", "login", "xoauth2", "oauthbearer" (mail; of the last
     * two the secret is a token of OAuth, which goes over TLS only). Mail is not sent to a server
     * that does not offer the mechanism.
     */
    void (*auth)(struct affn_request *request, const char *mechanism, const char *user,
                 const char *secret) AFFN_NOEXCEPT;

    /*
     * Mail: the envelope's sender, once, and each recipient: addresses without <>. With one that
     * has UTF-8 before its @ the mail goes only to a server that offers SMTPUTF8 (RFC 6531), and
     * may have UTF-8 in its headers as well.
     */
    void (*mail_from)(struct affn_request *request, const char *address) AFFN_NOEXCEPT;
    void (*rcpt)(struct affn_request *request, const char *address) AFFN_NOEXCEPT;

    /*
     * Mail: adds one alternative of the text, the plainest first; sent as quoted-printable. `type`
     * such as "text/plain; charset=utf-8". All headers of MIME are the host's in such a mail.
     */
    void (*part)(struct affn_request *request, const char *type, const void *bytes, uint32_t length)
        AFFN_NOEXCEPT;
};

/* A flag of `url`, beside AFFN_SECRET. */
#define AFFN_PLAIN 8u

/* How far a request got. */
#define AFFN_PHASE_CONNECT   1 /* looking up the name, connecting */
#define AFFN_PHASE_TLS       2 /* the TLS handshake, the certificate */
#define AFFN_PHASE_ANSWER    3 /* HTTP: sent, or being sent; `code` tells whether an answer came */
#define AFFN_PHASE_LOGIN     4 /* mail: the greeting, EHLO, AUTH */
#define AFFN_PHASE_SENDER    5 /* mail: MAIL FROM */
#define AFFN_PHASE_RECIPIENT 6 /* mail: RCPT TO: nobody was accepted */
#define AFFN_PHASE_MESSAGE   7 /* mail: DATA and the message */

/* One reply line of a mail server to one recipient. */
struct affn_rcpt_reply {
    const char *address;
    const char *text; /* "550 5.1.1 no such user" */
    int32_t code;
    uint32_t reserved;
};

/* What came back. */
struct affn_response {
    int32_t phase;   /* AFFN_PHASE_… */
    int32_t code;    /* the HTTP status or SMTP reply code; 0 when none came */
    int32_t verdict; /* what the host's own map makes of it */
    uint32_t body_bytes;
    const char *body; /* of HTTP: the first 64 KiB; of mail: the last reply. NUL-terminated */
    const char *what; /* a sentence: "HTTP 503", "connection refused by …" */

    /* The value of a header of the answer, by its name in any case; NULL when it is not there. */
    const char *(*header)(const struct affn_response *response, const char *name) AFFN_NOEXCEPT;

    /* Mail: what the server said to each recipient, in the order of rcpt. */
    const struct affn_rcpt_reply *const *rcpt_replies;
    uint32_t rcpt_reply_count;
    uint32_t round; /* the round of the request that this answers, see affn_request */
    uint32_t flags; /* AFFN_RESPONSE_CUT */
    uint32_t reserved;
};

/* The body was longer than what is shown. */
#define AFFN_RESPONSE_CUT 1u

/* What a sink returns from `extension` for AFFN_REQUEST. */
struct affn_requester {
    uint32_t requester_bytes; /* sizeof(struct affn_requester) */
    uint32_t request_bytes;   /* sizeof(struct affn_request) */
    uint32_t response_bytes;  /* sizeof(struct affn_response) */
    uint32_t reserved;

    /*
     * Called after `open` only. Describes what to send for the batch: AFFN_SEND, or a verdict when
     * nothing is to be sent; then what was described before is dropped.
     */
    int32_t (*prepare)(void *self, const struct affn_batch *batch, struct affn_request *request,
                       struct affn_reply *reply) AFFN_NOEXCEPT;

    /*
     * Optional. Called once for each request that was sent, also when no answer came, and never for
     * one that the host refused to send. Turns the answer into a verdict, or AFFN_AGAIN. `reply` is
     * as prepare left it.
     */
    int32_t (*conclude)(void *self, const struct affn_batch *batch,
                        const struct affn_response *response, struct affn_reply *reply)
        AFFN_NOEXCEPT;
};

/* The first four fields of struct affn_requester. */
#define AFFN_REQUESTER_STAMP                                                                       \
    (uint32_t)sizeof(struct affn_requester), (uint32_t)sizeof(struct affn_request),                \
        (uint32_t)sizeof(struct affn_response), 0

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
