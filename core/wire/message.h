/*
 * What the bus and a host say to each other, frame by frame. The order at start:
 *
 *     bus                          host
 *                              ◄── TABLE       the plugin's description (or FAILED: not loaded)
 *     OPTIONS                  ──►             the section's values, secrets resolved
 *                              ◄── CHECKED     with all mistakes; `affnotify check` ends here
 *     OPEN                     ──►
 *                              ◄── OPENED      a verdict; after any but DELIVERED, OPEN may come again
 *     DELIVER …                ──►
 *                              ◄── OUTCOME …   one for each DELIVER, in any order; see below
 *     RENDER …                 ──►             in a trial: show what a DELIVER would send
 *                              ◄── RENDERED …  one for each RENDER; see below
 *     NOTICE                   ──►             tell an operator of another sink; one at a time
 *                              ◄── NOTICED     one for each NOTICE
 *     CLOSE                    ──►             finish what was begun, drop the rest, close, end
 *
 * LOG may come from the host at any time, after OPEN also COUNT, and in a trial SAID, the conversation with the far side.
 * The host ends when its socket closes.
 *
 * A host may have more batches than it has begun. After an outcome that may make the bus hold the
 * sink (DOWN, MISSET, and RETRY with 429 or a Retry-After), it hands back what it has not begun, and
 * what the bus sends before it has heard of that: an OUTCOME of which nothing was taken. `heard` in
 * DELIVER tells it how much the bus has heard.
 *
 * RENDER comes after OPENED for a sink that makes requests, and after CHECKED for any other.
 *
 * Every put adds one frame to a buffer; every get reads a frame's fields and checks that nothing is
 * missing or left over. Texts that a get returns point into the frame.
 */
#ifndef AFFN_WIRE_MESSAGE_H
#define AFFN_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/wire/frame.h"

/* The host's exit status when a plugin has closed the host's own descriptors. */
#define HOST_STATUS_ROBBED 120

enum message_type {
    MESSAGE_TABLE = 1,
    MESSAGE_FAILED,
    MESSAGE_OPTIONS,
    MESSAGE_CHECKED,
    MESSAGE_OPEN,
    MESSAGE_OPENED,
    MESSAGE_DELIVER,
    MESSAGE_OUTCOME,
    MESSAGE_CLOSE,
    MESSAGE_LOG,
    MESSAGE_RENDER,
    MESSAGE_RENDERED,
    MESSAGE_SAID,
    MESSAGE_NOTICE,
    MESSAGE_NOTICED,
    MESSAGE_COUNT,
};

/* ---- TABLE: host to bus ---- */

/* One row of the plugin's option table; the numbers are those of affnotify/sink.h. */
struct message_option {
    const char *name;
    const char *help;
    const char *fallback; /* NULL for none */
    const char *choices;  /* with blanks between; "" for none */
    uint32_t type;
    uint32_t flags;
    int64_t min;
    int64_t max;
    bool hosts; /* the host's own, of request_keys.c, and not the plugin's */
};

struct message_table {
    const char *name;
    const char *version;
    const char *summary;
    const char *defaults; /* "" for none */
    uint32_t revision;    /* of the header that it was built against */
    bool requests;        /* it offers affn.request/1: the request keys are the host's */
    bool notices;         /* it offers affn.notice/1 */
    uint32_t option_count;
    struct message_option *options; /* after a get: to be freed */
};

int message_put_table(struct buffer *buffer, const struct message_table *table);
int message_get_table(struct frame *frame, struct message_table *table);

/* ---- FAILED: host to bus: why the plugin could not be loaded ---- */

int message_put_failed(struct buffer *buffer, const char *text);
int message_get_failed(struct frame *frame, const char **text);

/* ---- OPTIONS: bus to host ---- */

struct message_value {
    const char *key;
    const char *value; /* a secret is resolved */
};

struct message_options {
    const char *state_dir; /* of this sink; not made yet */
    bool trial;            /* for `render` or `test`, beside the host that delivers */
    bool incomplete;       /* a value could not be had; the bus has a mistake for it */
    int64_t timeout_ms;
    uint32_t concurrency;
    uint32_t value_count;
    struct message_value *values; /* after a get: to be freed */
};

int message_put_options(struct buffer *buffer, const struct message_options *options);
int message_get_options(struct frame *frame, struct message_options *options);

/* ---- CHECKED: host to bus ---- */

struct message_mistake {
    const char *key; /* "" when it is about the section */
    const char *text;
    bool warning;
};

struct message_checked {
    uint32_t mistake_count;
    struct message_mistake *mistakes; /* after a get: to be freed */
};

int message_put_checked(struct buffer *buffer, const struct message_checked *checked);
int message_get_checked(struct frame *frame, struct message_checked *checked);

/* ---- OPEN, CLOSE: bus to host, without fields ---- */

int message_put_empty(struct buffer *buffer, enum message_type type);

/* ---- OPENED: host to bus ---- */

struct message_opened {
    int32_t verdict;
    const char *what;
    const char *remedy;
};

int message_put_opened(struct buffer *buffer, const struct message_opened *opened);
int message_get_opened(struct frame *frame, struct message_opened *opened);

/* ---- DELIVER: bus to host ---- */

struct message_event {
    const char *id;
    const char *canonical;
    uint32_t canonical_bytes;
    uint32_t flags; /* AFFN_EVENT_… */
    uint32_t attempt;
};

struct message_deliver {
    uint32_t batch; /* a number that comes back in the outcome */
    uint32_t heard; /* OUTCOME frames that the bus had read from this host by then; may wrap */
    uint32_t event_count;
    struct message_event *events; /* after a get: to be freed */
};

int message_put_deliver(struct buffer *buffer, const struct message_deliver *deliver);
int message_get_deliver(struct frame *frame, struct message_deliver *deliver);

/* ---- RENDER: bus to host; the fields of DELIVER ---- */

int message_put_render(struct buffer *buffer, const struct message_deliver *deliver);

/* ---- RENDERED: host to bus. Secrets are masked. ---- */

struct message_rendered {
    uint32_t taken;   /* events from the front that it is about; the rest is to be asked again */
    int32_t verdict;  /* AFFN_SEND; else the plugin's, and there is nothing to show */
    const char *what; /* with a verdict: what the plugin said */
    const char *remedy;
    const char *kind;    /* "http", "mail", "text"; "" with a verdict */
    const char *method;  /* of http */
    const char *url;     /* of http and mail */
    const char *sender;  /* of mail: the envelope's */
    uint32_t line_count; /* of http: its header lines; of mail: the envelope's recipients */
    const char **lines;  /* after a get: to be freed */
    const char *body;    /* of http; of mail the whole message with its headers; of text the text */
    uint32_t body_bytes;
};

int message_put_rendered(struct buffer *buffer, const struct message_rendered *rendered);
int message_get_rendered(struct frame *frame, struct message_rendered *rendered);

/* ---- SAID: host to bus, in a trial: a line of the conversation, secrets masked ---- */

enum message_speaker {
    SPEAKER_NOTE = 1, /* of libcurl: connecting, TLS */
    SPEAKER_US,
    SPEAKER_THEM,
};

struct message_said {
    uint32_t speaker;
    int64_t after_ms; /* since the batch was begun */
    const char *text; /* without its line end */
};

int message_put_said(struct buffer *buffer, const struct message_said *said);
int message_get_said(struct frame *frame, struct message_said *said);

/* ---- OUTCOME: host to bus ---- */

/* The verdict of one event that did not get the batch's. */
struct message_item {
    uint32_t index;
    int32_t verdict;
    int32_t code;
    const char *what;
};

struct message_outcome {
    uint32_t batch;
    uint32_t taken;  /* events from the front that the verdict is about; the rest comes again */
    int32_t verdict; /* 0 when none was taken: the batch was not begun */
    int32_t code;
    int64_t duration_ms;
    int64_t retry_after_ms;
    const char *what;
    const char *remedy;
    uint32_t item_count;
    struct message_item *items; /* after a get: to be freed; ascending, each below taken */
};

int message_put_outcome(struct buffer *buffer, const struct message_outcome *outcome);
int message_get_outcome(struct frame *frame, struct message_outcome *outcome);

/* ---- NOTICE: bus to host; only when TABLE said that it takes them ---- */

struct message_notice {
    uint32_t number; /* comes back in NOTICED */
    const char *id;
    const char *about; /* a sink's name */
    const char *subject;
    const char *text;
    uint32_t flags; /* AFFN_NOTICE_… */
    int64_t made_unix_ms;
};

int message_put_notice(struct buffer *buffer, const struct message_notice *notice);
int message_get_notice(struct frame *frame, struct message_notice *notice);

/* ---- NOTICED: host to bus ---- */

struct message_noticed {
    uint32_t number;
    int32_t verdict;
    int64_t retry_after_ms; /* 0: the far side did not say */
    const char *what;
    const char *remedy;
};

int message_put_noticed(struct buffer *buffer, const struct message_noticed *noticed);
int message_get_noticed(struct frame *frame, struct message_noticed *noticed);

/* ---- LOG: host to bus ---- */

struct message_log {
    int32_t level; /* AFFN_LOG_… */
    const char *text;
};

int message_put_log(struct buffer *buffer, const struct message_log *log);
int message_get_log(struct frame *frame, struct message_log *log);

/* ---- COUNT: host to bus: more of something that the plugin counts ---- */

struct message_count {
    const char *name; /* a get refuses one that is not as affnotify/sink.h says */
    uint64_t number;
};

bool message_is_count_name(const char *name);
int message_put_count(struct buffer *buffer, const struct message_count *count);
int message_get_count(struct frame *frame, struct message_count *count);

#endif
