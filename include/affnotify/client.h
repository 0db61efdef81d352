/*
 * affnotify from C and C++: hand affiliate events over, in a moment or durably. Link
 * -laffnotify-client; it needs libc and nothing else. README.md of core/client has an example.
 *
 *     affn_client_open ─► affn_client_publish    waits until the event is safe: journal, or spool
 *                      ─► affn_client_post       returns in microseconds; a thread does the rest
 *                      ─► affn_client_close      what was posted is handed over first
 *
 * Any thread may call anything at any time on one client, but for affn_client_close, which must be
 * the last. The library keeps no state outside of a client, sets no signal handler and raises no
 * SIGPIPE, leaves the umask and the environment alone, opens every descriptor with O_CLOEXEC, and
 * never prints. A call needs 64 KiB of stack; do not cancel a thread inside of one. Events go out in
 * the order of the calls of one thread; do not mix publish and post for one affiliate.
 *
 * A client belongs to the process that opened it. After a fork, the child opens its own: on the
 * parent's, every call returns AFFN_CLIENT_FORKED at once, and affn_client_close frees its memory.
 */
#ifndef AFFNOTIFY_CLIENT_H
#define AFFNOTIFY_CLIENT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define AFFN_CLIENT_NOEXCEPT noexcept
#else
#define AFFN_CLIENT_NOEXCEPT
#endif

#define AFFN_CLIENT_PUBLIC __attribute__((visibility("default")))

/* ---- What a call returns: above 0, the event is safe ---- */

#define AFFN_CLIENT_ACCEPTED 1 /* it is in the journal, on disk */
#define AFFN_CLIENT_KNOWN    2 /* the same event is there already */
#define AFFN_CLIENT_SPOOLED  3 /* it is on disk and waits for the bus */
#define AFFN_CLIENT_QUEUED   0 /* posted: in memory, on its way */
#define AFFN_CLIENT_REFUSED  (-1) /* it breaks a rule: mend it; the same again is refused again */
#define AFFN_CLIENT_FAILED   (-2) /* neither bus nor spool could take it: publish it again */
#define AFFN_CLIENT_FULL     (-3) /* posted, and the queue has no room for it: not handed over */
#define AFFN_CLIENT_FORKED   (-4) /* this client is another process's */

/* ---- Events ---- */

/*
 * Texts end with NUL and are UTF-8; they are copied before the call returns. Set what you do not
 * use to NULL: `struct affn_client_event event = {.event = …, .email = …}` does.
 */
struct affn_client_event {
    const char *event;        /* required: "affiliate.created" or "affiliate.deactivated" */
    const char *email;        /* required */
    const char *affiliate_id; /* "ia_" and 8 hex digits; else as the bus knows the e-mail */
    const char *deep_link;    /* an absolute URI, or ""; else none, or the one remembered */
    const char *occurred_at;  /* RFC 3339; else now. The same again is the same event */
    const char *via;          /* "dashboard", "self_signup", "join_request" */
    const char *reserved[2];  /* NULL */
};

/* What became of it. Every text ends with NUL, and is "" where it has nothing to say. */
struct affn_client_result {
    char id[40];       /* accepted, known: the event's ID, "evt_…" */
    char field[32];    /* refused: which field; "" for the event as a whole */
    char rule[32];     /* refused: a fixed word, see core/wire/README.md */
    char message[512]; /* refused, failed, spooled: a sentence for people */
};

/* ---- A client ---- */

/* Zeros and NULLs, or no struct at all, mean what stands behind them. */
struct affn_client_options {
    const char *socket;   /* $AFFNOTIFY_SOCKET, else /run/affnotify/bus.sock */
    const char *spool;    /* $AFFNOTIFY_SPOOL, else /var/lib/affnotify/spool */
    uint32_t timeout_ms;  /* 2000: how long the bus may take for a call in all */
    uint32_t queue_bytes; /* 1048576, which is the most: for posted events, some 200 bytes each */
    const char *reserved[4]; /* NULL */
};

struct affn_client;

/*
 * Opens a client and connects to nothing yet: a bus that is away is no mistake. NULL with errno:
 * EINVAL for an option out of its bounds, ENAMETOOLONG, ENOMEM. The environment is read here only,
 * and not in a program with raised privileges.
 */
AFFN_CLIENT_PUBLIC struct affn_client *
affn_client_open(const struct affn_client_options *options) AFFN_CLIENT_NOEXCEPT;

/*
 * Hands one event over and waits until it is safe: ACCEPTED, KNOWN or SPOOLED; else REFUSED or
 * FAILED. Waits for the bus no longer than timeout_ms, then spools, which takes as long as the
 * disk. `result` may be NULL.
 */
AFFN_CLIENT_PUBLIC int32_t affn_client_publish(struct affn_client *client,
                                               const struct affn_client_event *event,
                                               struct affn_client_result *result)
    AFFN_CLIENT_NOEXCEPT;

/*
 * Hands one event to the queue in memory and returns in microseconds: QUEUED; else REFUSED, FULL,
 * or FAILED when the thread cannot be started. A thread of the library's own, started by the first
 * post, gives it to the bus, or to the spool. An event that is in the queue when the process is
 * killed is lost. `result` may be NULL.
 */
AFFN_CLIENT_PUBLIC int32_t affn_client_post(struct affn_client *client,
                                            const struct affn_client_event *event,
                                            struct affn_client_result *result)
    AFFN_CLIENT_NOEXCEPT;

/* What became of the events posted so far; those published are not among them. */
struct affn_client_counts {
    uint64_t queued;   /* on their way now */
    uint64_t accepted; /* by the bus, as new or known */
    uint64_t spooled;
    uint64_t refused;  /* by post, or by the bus later */
    uint64_t lost;     /* not handed over: no room in the queue; or, at the close, nobody took it */
    uint64_t reserved[3];
};
AFFN_CLIENT_PUBLIC void affn_client_count(struct affn_client *client,
                                          struct affn_client_counts *counts) AFFN_CLIENT_NOEXCEPT;

/* Waits until nothing is queued: 0, or AFFN_CLIENT_FAILED when that takes longer. */
AFFN_CLIENT_PUBLIC int32_t affn_client_flush(struct affn_client *client, uint32_t timeout_ms)
    AFFN_CLIENT_NOEXCEPT;

/*
 * Hands over what is queued, which takes timeout_ms and a write to the spool at most, and frees the
 * client. Returns how many posted events were not handed over in its life: 0 is good. NULL is fine.
 */
AFFN_CLIENT_PUBLIC uint64_t affn_client_close(struct affn_client *client) AFFN_CLIENT_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
