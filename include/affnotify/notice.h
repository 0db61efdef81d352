/*
 * affnotify/notice.h: for sinks that can also tell an operator that another sink is in trouble. Part
 * of ABI 1; read sink.h and request.h first.
 *
 * `alert_sink = NAME` in [bus] names the sink whose plugin is told. A notice is no event: it is
 * about affnotify itself, has words of its own, and waits for no rate, hold or batch. A sink that
 * can pass one on offers the extension AFFN_NOTICE:
 *
 *     deliver     of a sink with `deliver`: passes the notice on
 *     prepare     of a sink with affn.request/1: describes what to send
 *     conclude*   turns the answer into a verdict, where the host's own map does not fit
 *                 (* may be left out)
 *
 * They are called between `open` and `close`, from the one thread of all callbacks, never within
 * another callback, and one notice at a time. `deliver` may block until the notice's deadline, and
 * no batch is handed over meanwhile; prepare and conclude must not block, and other batches may be
 * on their way between them.
 *
 * The verdict is that of an event. After AFFN_DELIVERED the notice counts as told; after anything
 * else it comes again later, under the same ID, unless what it tells is over by then: affnotify
 * decides. A notice may come twice, as an event may.
 */
#ifndef AFFNOTIFY_NOTICE_H
#define AFFNOTIFY_NOTICE_H

#include <affnotify/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The name of the extension: the sink's `extension` returns its struct affn_notifier for it. */
#define AFFN_NOTICE "affn.notice/1"

/* Flags of a notice. */
#define AFFN_NOTICE_OVER 1u /* good news: the trouble that an earlier notice told of is over */
#define AFFN_NOTICE_TEST 2u /* made by an operator to see whether notices arrive */

/*
 * One notice. The texts are UTF-8 without control characters but the LFs that are named here, hold
 * no secret that affnotify knows of, and live until the callback returns. They are for people:
 * escape them for the far side, and make no rule of their words.
 */
struct affn_notice {
    const char *id;           /* the same whenever this notice comes again: "ntc_" and at most 120
                                 bytes of a-z, 0-9, '_' and '-' */
    const char *about;        /* the sink that it is about: all notices about it have the same */
    const char *subject;      /* one line of at most 120 bytes: "affnotify: crm is held" */
    const char *text;         /* at most 4,096 bytes: paragraphs, each one line, with an empty line
                                 ("\n\n") between them and none at the end */
    uint32_t subject_bytes;   /* their lengths without the NUL */
    uint32_t text_bytes;
    uint32_t flags;           /* AFFN_NOTICE_… */
    uint32_t reserved;
    int64_t made_unix_ms;     /* when it was written, in milliseconds since 1970-01-01T00:00:00Z */
    int64_t deadline_mono_ms; /* on the clock of host->mono_ms: the sink's time-out */
};

/*
 * What a sink returns from `extension` for AFFN_NOTICE. A sink with `deliver` fills in `deliver`
 * here and nothing else; one with affn.request/1 fills in prepare, and conclude if it has one.
 *
 * In `reply`, taken and set mean nothing here; what, remedy, code, retry_after_ms and memo are as
 * for a batch. After AFFN_DELIVERED nothing of it is kept.
 */
struct affn_notifier {
    uint32_t notifier_bytes; /* sizeof(struct affn_notifier) */
    uint32_t notice_bytes;   /* sizeof(struct affn_notice) */

    int32_t (*deliver)(void *self, const struct affn_notice *notice,
                       struct affn_reply *reply) AFFN_NOEXCEPT;

    /* AFFN_SEND, or a verdict when nothing is to be sent: as in struct affn_requester. */
    int32_t (*prepare)(void *self, const struct affn_notice *notice, struct affn_request *request,
                       struct affn_reply *reply) AFFN_NOEXCEPT;

    /* As in struct affn_requester; AFFN_AGAIN asks for another prepare, at most three times. */
    int32_t (*conclude)(void *self, const struct affn_notice *notice,
                        const struct affn_response *response,
                        struct affn_reply *reply) AFFN_NOEXCEPT;
};

/* The first two fields of struct affn_notifier. */
#define AFFN_NOTIFIER_STAMP                                                                        \
    (uint32_t)sizeof(struct affn_notifier), (uint32_t)sizeof(struct affn_notice)

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
