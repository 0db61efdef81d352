/*
 * affnotify/sink.h: the face between affnotify and a sink plugin. ABI 1.
 *
 * A sink plugin is one shared object. It shows affnotify one function, affn_sink_v1(), made by the
 * macro AFFN_SINK at the end of this file, which returns a description: a name, a table of options,
 * and a few callbacks. affnotify loads it into a process of its own (affnotify-host), one process a
 * sink, fills in its options from the INI file, and hands it events.
 *
 * The plugin author's book tells it at length, with examples: README.md beside this file in the
 * source, and share/doc/affnotify/include/affnotify/README.md below an installation's prefix.
 *
 * The life of a sink:
 *
 *     check*      the options alone are looked at: no file, no network
 *     open*       get ready to deliver, or say why not
 *     deliver     one batch of events, again and again
 *     idle*       about once a second while there is nothing to deliver
 *     close*      a tidy end; a kill or a crash skips it             (* may be left out)
 *
 * Threads: every callback is called from one thread, one at a time, and every function that the
 * host offers may be called from that thread only, inside a callback; from another, `log` and
 * `state_dir` do nothing. `deliver` may block: nobody else lives in the process. A plugin never
 * forks without exec, changes signals, or calls exit.
 *
 * The process may have 1 GiB of memory; at half of it the log says so. What it starts is in its
 * process group and ends with it. What it writes to stdout and stderr is logged.
 *
 * Strings are UTF-8 and end with NUL. What the plugin puts into its description lives as long as
 * the process. What the host passes to a callback lives until that callback returns, except where a
 * comment says otherwise. All integers have a fixed width.
 *
 * The promise: a sink built against any header that says ABI 1 works, unchanged and not rebuilt,
 * with every later release that says ABI 1. Fields are only ever added at the end of a struct, and
 * each addition raises AFFN_REVISION. A host refuses a plugin of a later revision than its own, so
 * a plugin may use whatever its header shows without asking. To load into older hosts as well,
 * define AFFN_TARGET as the revision you can do with before including this file: newer fields are
 * hidden.
 *
 * C17 and C++17; needs libc only. A sink that speaks HTTP or mail is simpler with request.h.
 */
#ifndef AFFNOTIFY_SINK_H
#define AFFNOTIFY_SINK_H

#include <stddef.h>
#include <stdint.h>

#define AFFN_ABI      1
#define AFFN_REVISION 1

#ifndef AFFN_TARGET
#define AFFN_TARGET AFFN_REVISION
#endif
#if AFFN_TARGET < 1 || AFFN_TARGET > AFFN_REVISION
#error "AFFN_TARGET names a revision that this affnotify/sink.h does not know"
#endif

#ifdef __cplusplus
#include <type_traits>
#define AFFN_NOEXCEPT noexcept
extern "C" {
#else
#define AFFN_NOEXCEPT
#endif

#if defined(__GNUC__)
#define AFFN_EXPORT          __attribute__((visibility("default")))
#define AFFN_PRINTF(at, from) __attribute__((format(printf, at, from)))
#else
#define AFFN_EXPORT
#define AFFN_PRINTF(at, from)
#endif

/*
 * Verdicts: what happened to a batch, said by `open` and `deliver`. The plugin says what happened;
 * affnotify alone decides what follows. Zero is none of them, so a forgotten return value is not a
 * success: the host takes any number that is not in this list as AFFN_RETRY and logs it.
 */
#define AFFN_DELIVERED 1 /* it has arrived; from `open`: ready */
#define AFFN_RETRY     2 /* the moment is bad: overload, time-out, "try again later" */
#define AFFN_REFUSED   3 /* this event is unacceptable and always will be */
#define AFFN_DOWN      4 /* the far side is not there: no name, no connection, no TLS */
#define AFFN_MISSET    5 /* our settings are wrong: not authorised, no such place, disk full */

/* Levels for `log`. */
#define AFFN_LOG_DEBUG   0
#define AFFN_LOG_INFO    1
#define AFFN_LOG_WARNING 2
#define AFFN_LOG_ERROR   3

/* Flags of an event. */
#define AFFN_EVENT_TEST   1u /* made by an operator to see whether the sink works; not real */
#define AFFN_EVENT_REPLAY 2u /* sent again because an operator asked for it */

/*
 * One affiliate event. The five fields and the canonical JSON say the same thing; a sink that
 * passes JSON on sends the canonical bytes as they are. No value holds '"', '\' or a control
 * character.
 */
struct affn_event {
    const char *id;           /* "evt_" and 32 hex digits: the same event always has the same ID;
                                 of a test "evt_test_" and 27 */
    const char *event;        /* "affiliate.created" or "affiliate.deactivated" */
    const char *affiliate_id; /* "ia_" and 8 hex digits */
    const char *email;        /* at most 254 bytes; the local part may be UTF-8 */
    const char *deep_link;    /* an absolute URI or IRI of at most 2,048 bytes, or "" */
    const char *occurred_at;  /* "2026-03-18T12:00:00.000Z": always UTC, always milliseconds */
    const char *canonical;    /* the event as JSON, as every sink gets it; at most 4,096 bytes */
    uint32_t canonical_bytes; /* its length without the NUL */
    uint32_t flags;           /* AFFN_EVENT_… */
    int64_t occurred_unix_ms; /* occurred_at in milliseconds since 1970-01-01T00:00:00Z */
    uint32_t attempt;         /* 1 for the first */
    uint32_t reserved;
};

/* Events to deliver together, oldest first. */
struct affn_batch {
    const struct affn_event *const *events;
    uint32_t count;           /* 1 or more */
    uint32_t reserved;
    int64_t deadline_mono_ms; /* on the clock of host->mono_ms; beyond it the host is killed */
};

/*
 * Where a callback says more than a verdict. `what` and `remedy` are empty texts in the host's
 * memory: write into them with snprintf; a character that this cuts in two is dropped. They are
 * shown to operators in `status`, `trace` and the log, so name the thing and the place, and never a
 * secret. After AFFN_DELIVERED there is nothing to say, as a rule; what is said is kept all the
 * same.
 */
struct affn_reply {
    char *what;              /* what happened: "no space left on device: /srv/crm.csv" */
    uint32_t what_bytes;     /* its room, NUL included: 1,024 */
    uint32_t remedy_bytes;
    char *remedy;            /* what to do about it: "free some space, then …" */
    uint32_t taken;          /* the host sets it to batch->count; lower it (1 or more) to take only
                                that many, from the front: the rest comes again. In `open`: unused */
    int32_t code;            /* the far side's own number, 0 for none: an HTTP status, an errno */
    int64_t retry_after_ms;  /* the far side asks to be left alone for so long; 0: it did not say */

    /*
     * Gives the event at `index` (below `taken`) a verdict of its own, for far sides that answer
     * item by item; `code` is as above, `text` takes the place of `what` and is copied; NULL is
     * fine. Events not set get the verdict that is returned. Not for `open`.
     */
    void (*set)(struct affn_reply *reply, uint32_t index, int32_t verdict, int32_t code,
                const char *text) AFFN_NOEXCEPT;

    /*
     * The plugin's own, for what it must remember of this batch: zero at first, then as it was
     * left, in every callback for the batch (prepare and conclude of request.h).
     */
    uint64_t memo[2];
};

/* Where `check` says what is wrong with the options. */
struct affn_mistakes {
    /*
     * Say what is wrong and what would be right; affnotify puts file and line before it. `option`
     * is a name from the table, or NULL when it is about the section as a whole. Both are copied.
     */
    void (*add)(struct affn_mistakes *mistakes, const char *option,
                const char *text) AFFN_NOEXCEPT;

    /* The same for what is legal but probably not meant: the sink still starts. */
    void (*warn)(struct affn_mistakes *mistakes, const char *option,
                 const char *text) AFFN_NOEXCEPT;
};

/* What the host does for a plugin. The struct lives as long as the process. */
struct affn_host {
    /*
     * One line in affnotify's log, at one of the levels above; at most 1,024 bytes. Of what a
     * plugin logs and prints, 300 lines a minute are shown; of the others, the number.
     */
    void (*log)(int32_t level, const char *format, ...) AFFN_NOEXCEPT AFFN_PRINTF(2, 3);

    /* A monotonic clock in milliseconds. */
    int64_t (*mono_ms)(void) AFFN_NOEXCEPT;

    /*
     * A directory of mode 0700 that belongs to this sink alone and survives restarts; made when
     * first asked for. NULL when it cannot be made (which is logged) and in `check`. Lives as long
     * as the process.
     */
    const char *(*state_dir)(void) AFFN_NOEXCEPT;

    /* The sink's name: "crm" for [sink:crm]. Lives as long as the process. */
    const char *(*sink_name)(void) AFFN_NOEXCEPT;

    /* An extension of the host by its name, such as AFFN_TRIAL; NULL when it has no such thing. */
    const void *(*extension)(const char *id) AFFN_NOEXCEPT;
};

/*
 * An extension of the host: not NULL in a process that `affnotify test` or `affnotify render`
 * started beside the one that delivers. Everything works as always, state_dir() is another
 * directory, and only test events are delivered. A sink that keeps something to itself (a lock, a
 * port) asks for it in `open` and leaves that alone.
 */
#define AFFN_TRIAL "affn.trial/1"

/*
 * An extension of the host, a struct affn_counter: numbers of the sink's own, which `affnotify
 * status SINK` and the metrics show. May be asked for in `open`, and kept.
 */
#define AFFN_COUNTER "affn.counter/1"

struct affn_counter {
    uint32_t counter_bytes; /* the host's sizeof(struct affn_counter) */
    uint32_t reserved;

    /*
     * Adds to a sum since the bus began. `name` says what is counted: a-z, 0-9 and _, beginning
     * with a letter, at most 32 bytes; at most 16 names a sink. Any other is not counted, which is
     * logged once. The name is copied. Never a name made of what an event says.
     */
    void (*add)(const char *name, uint64_t number) AFFN_NOEXCEPT;
};

/*
 * An extension of the sink, for `affnotify render`: its `extension` returns a struct affn_renderer
 * for it. Only for sinks with `deliver`: what a sink with `prepare` would send, the host can see.
 */
#define AFFN_RENDER "affn.render/1"

struct affn_output {
    /* Adds text; may be called often. At most 512 KiB in all: the rest is left out. */
    void (*write)(struct affn_output *output, const void *bytes, uint32_t length) AFFN_NOEXCEPT;
};

struct affn_renderer {
    uint32_t renderer_bytes; /* sizeof(struct affn_renderer) */
    uint32_t reserved;

    /*
     * Writes what `deliver` would write for this batch. No I/O; called without `open`. Required.
     * The sink's secrets are masked in what it writes; all else is shown byte for byte.
     */
    void (*render)(const void *self, const struct affn_batch *batch,
                   struct affn_output *output) AFFN_NOEXCEPT;
};

/*
 * Options. A plugin describes its options in a table; affnotify reads them from the INI, checks
 * them against the table, and writes them into the plugin's own struct before `check` is called.
 * The name in the INI is the name of the struct's member.
 *
 * | type          | C type of the member | in the INI            | unset, no default | empty |
 * | ------------- | -------------------- | --------------------- | ----------------- | ----- |
 * | AFFN_STRING   | const char *         | any text              | NULL              | ""    |
 * | AFFN_INT      | int64_t              | 42, -7                | AFFN_UNSET        | error |
 * | AFFN_BOOL     | int32_t, 0 or 1      | yes no true false on off 1 0 | -1         | error |
 * | AFFN_SIZE     | int64_t, bytes       | 512, 64k, 10M, 1G (powers of 1,024) | AFFN_UNSET | error |
 * | AFFN_DURATION | int64_t, ms          | 250ms 10s 5m 2h 3d    | AFFN_UNSET        | error |
 * | AFFN_CHOICE   | int32_t, an index    | one of the choices    | -1                | error |
 * | AFFN_LIST     | struct affn_list     | a, b, c (commas, blanks or both) | count 0, items NULL | count 0 |
 * | AFFN_MAP      | struct affn_map      | NAME.KEY = value, once a KEY | count 0    | value "" |
 * | AFFN_URL      | const char *         | scheme://host/…       | NULL              | error |
 * | AFFN_PATH     | const char *         | an absolute path      | NULL              | error |
 *
 * The values belong to the host and live as long as the process.
 */
#define AFFN_STRING   1u
#define AFFN_INT      2u
#define AFFN_BOOL     3u
#define AFFN_SIZE     4u
#define AFFN_DURATION 5u
#define AFFN_CHOICE   6u
#define AFFN_LIST     7u
#define AFFN_MAP      8u
#define AFFN_URL      9u
#define AFFN_PATH     10u

#define AFFN_UNSET INT64_MIN

/* Flags of an option. */
#define AFFN_REQUIRED   1u /* the section must have it; for a map, at least one key */
#define AFFN_SECRET     2u /* never shown; may be written as file:… or env:…, in a list each item */
#define AFFN_DEPRECATED 4u /* still works, and draws a warning that shows the help text */
#define AFFN_WRITTEN    8u /* AFFN_PATH: a regular file that the sink writes, not by a symbolic link;
                              `affnotify check` sees whether it can, and that no other sink
                              writes the same */
#define AFFN_RARE       16u /* few need it: `affnotify init` does not ask for it */

/* These three never grow: they lie inside the plugin's own struct. */
struct affn_list {
    const char *const *items;
    uint32_t count;
    uint32_t reserved;
};

struct affn_pair {
    const char *key; /* "X-Team" of header.X-Team */
    const char *value;
};

struct affn_map {
    const struct affn_pair *pairs; /* in the order of the file */
    uint32_t count;
    uint32_t reserved;
};

/*
 * One row of the table. Write it with the AFFN_OPT_… macros below, which check the member's type.
 */
struct affn_option {
    const char *name;           /* a-z, 0-9 and _, beginning with a letter; at most 63 bytes */
    const char *help;           /* one sentence */
    const char *fallback;       /* the default, as one would write it in the INI; NULL for none */
    const char *const *choices; /* AFFN_CHOICE: the words, then NULL; else NULL */
    int64_t min;                /* AFFN_INT, AFFN_SIZE, AFFN_DURATION: the bounds; 0 and 0: none */
    int64_t max;
    uint32_t type;   /* AFFN_STRING, … */
    uint32_t flags;  /* AFFN_REQUIRED, … */
    uint32_t offset; /* of the member in the plugin's struct */
    uint32_t reserved;
};

/*
 * These names mean the same in every [sink:…] section and belong to affnotify: no option may have
 * one. So do all names that begin with "bus.", for keys of later releases; so no map is named
 * `bus`. AFFN_RESERVED_REQUEST_KEYS are taken only in sinks that make requests (request.h). Both
 * lists are frozen for ABI 1: whatever comes later begins with "bus.".
 */
#define AFFN_RESERVED_KEYS                                                                         \
    "plugin enabled events retry timeout rate concurrency batch digest order start expire was"
#define AFFN_RESERVED_REQUEST_KEYS "ca_file client_certificate client_key proxy http_version"

/* The description of a sink. Fields marked * may be left out. */
struct affn_sink {
    /* Filled in by AFFN_SINK: what the plugin was built against. */
    uint32_t abi;
    uint32_t revision;
    uint32_t sink_bytes;   /* sizeof of this struct */
    uint32_t option_bytes; /* from one row of the option table to the next */
    uint32_t event_bytes;
    uint32_t batch_bytes;
    uint32_t reply_bytes;
    uint32_t host_bytes;

    /* sizeof the plugin's own struct, which the host allocates, zeroed; no constructor is run */
    uint32_t self_bytes;
    uint32_t option_count; /* * */
    const struct affn_option *options; /* * */

    const char *name;     /* like an option's name; it should be that of the .so */
    const char *version;  /* the plugin's own: "1.0.2" */
    const char *summary;  /* one sentence: what the sink does */
    const char *defaults; /* * other values for reserved keys: "retry=standard batch=100" */

    /*
     * * Looks at rules between options that the table cannot say. No file, no network, no lasting
     * effect: `affnotify check` calls it beside a running sink. Called only when every value is
     * right by itself, so required members are set.
     */
    void (*check)(const void *self, const struct affn_host *host,
                  struct affn_mistakes *mistakes) AFFN_NOEXCEPT;

    /*
     * * Gets ready; has 30 seconds. AFFN_DELIVERED when done; AFFN_DOWN or AFFN_RETRY when a later
     * try may do; AFFN_MISSET when somebody must act. Without it the sink is ready at once. `host`
     * may be kept. After anything but AFFN_DELIVERED it is called again, in the same process, with
     * `self` as it left it and no `close` in between, or in a new process.
     */
    int32_t (*open)(void *self, const struct affn_host *host,
                    struct affn_reply *reply) AFFN_NOEXCEPT;

    /*
     * Delivers a batch and returns when the far side has it, or has not. One batch, one verdict;
     * see affn_reply for the two ways to say more. May block until batch->deadline_mono_ms.
     * Required, unless the sink offers affn.request/1.
     */
    int32_t (*deliver)(void *self, const struct affn_batch *batch,
                       struct affn_reply *reply) AFFN_NOEXCEPT;

    /* * A tidy end after `open` said AFFN_DELIVERED. It may never come, and has 5 seconds. */
    void (*close)(void *self) AFFN_NOEXCEPT;

    /*
     * * About once a second while there is nothing to deliver, between `open` and `close`. Must not
     * block: nobody watches it, and a batch may be waiting.
     */
    void (*idle)(void *self) AFFN_NOEXCEPT;

    /*
     * * An extension of the sink by its name (AFFN_REQUEST of request.h, AFFN_RENDER); NULL for what
     * it has not, and for every name that it does not know. Called before everything else, and
     * always with the same answer.
     */
    const void *(*extension)(const char *id) AFFN_NOEXCEPT;
};

/* The one function that a plugin exports. */
AFFN_EXPORT const struct affn_sink *affn_sink_v1(void) AFFN_NOEXCEPT;

#ifdef __cplusplus
} /* extern "C" */
#endif

/*
 * Rows for the option table. `self` is the plugin's struct type, `member` the member that gets the
 * value and names the option, `flags` AFFN_REQUIRED and its like or 0, `fallback` the default as
 * text or NULL, `help` one sentence. A member of the wrong C type does not compile.
 */
#define AFFN_OPT_STRING(self, member, flags, fallback, help)                                       \
    AFFN_ROW_(self, member, const char *, AFFN_STRING, flags, fallback, NULL, 0, 0, help)
#define AFFN_OPT_INT(self, member, flags, fallback, min, max, help)                                \
    AFFN_ROW_(self, member, int64_t, AFFN_INT, flags, fallback, NULL, min, max, help)
#define AFFN_OPT_BOOL(self, member, flags, fallback, help)                                         \
    AFFN_ROW_(self, member, int32_t, AFFN_BOOL, flags, fallback, NULL, 0, 0, help)
#define AFFN_OPT_SIZE(self, member, flags, fallback, min, max, help)                               \
    AFFN_ROW_(self, member, int64_t, AFFN_SIZE, flags, fallback, NULL, min, max, help)
#define AFFN_OPT_DURATION(self, member, flags, fallback, min_ms, max_ms, help)                     \
    AFFN_ROW_(self, member, int64_t, AFFN_DURATION, flags, fallback, NULL, min_ms, max_ms, help)
#define AFFN_OPT_CHOICE(self, member, flags, fallback, choices, help)                              \
    AFFN_ROW_(self, member, int32_t, AFFN_CHOICE, flags, fallback, choices, 0, 0, help)
#define AFFN_OPT_LIST(self, member, flags, fallback, help)                                         \
    AFFN_ROW_(self, member, struct affn_list, AFFN_LIST, flags, fallback, NULL, 0, 0, help)
#define AFFN_OPT_MAP(self, member, flags, help)                                                    \
    AFFN_ROW_(self, member, struct affn_map, AFFN_MAP, flags, NULL, NULL, 0, 0, help)
#define AFFN_OPT_URL(self, member, flags, fallback, help)                                          \
    AFFN_ROW_(self, member, const char *, AFFN_URL, flags, fallback, NULL, 0, 0, help)
#define AFFN_OPT_PATH(self, member, flags, fallback, help)                                         \
    AFFN_ROW_(self, member, const char *, AFFN_PATH, flags, fallback, NULL, 0, 0, help)

/* The length of an array, for option_count. */
#define AFFN_COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

#define AFFN_ROW_(self, member, c_type, type, flags, fallback, choices, min, max, help)            \
    {                                                                                              \
        #member, help, fallback, choices, min, max, type, flags,                                   \
            AFFN_OFFSET_(self, member, c_type), 0                                                  \
    }

#ifdef __cplusplus

template <typename Self, typename Wanted, typename Actual>
constexpr uint32_t affn_offset_(size_t offset) noexcept
{
    static_assert(std::is_same<Wanted, Actual>::value,
                  "the member's type is not the one that its option needs");
    static_assert(std::is_trivially_default_constructible<Self>::value &&
                      std::is_trivially_destructible<Self>::value,
                  "the plugin's struct starts as zeros and is never constructed: keep C++ objects "
                  "behind pointers, made in `open` and deleted in `close`");
    return static_cast<uint32_t>(offset);
}
#define AFFN_OFFSET_(self, member, c_type)                                                         \
    affn_offset_<self, c_type, decltype(static_cast<self *>(nullptr)->member)>(                    \
        offsetof(self, member))

#else

#define AFFN_OFFSET_(self, member, c_type)                                                         \
    ((uint32_t)(offsetof(self, member) +                                                           \
                0 * sizeof(struct {                                                                \
                    _Static_assert(_Generic(&((self *)0)->member, c_type * : 1, default : 0),      \
                                   "the type of " #member " is not the one that its option needs"); \
                    char unused;                                                                   \
                })))

#endif

/* What the plugin was built against; the first eight fields of struct affn_sink. */
#define AFFN_STAMP_(sink)                                                                          \
    do {                                                                                           \
        (sink)->abi = AFFN_ABI;                                                                    \
        (sink)->revision = AFFN_TARGET;                                                            \
        (sink)->sink_bytes = (uint32_t)sizeof(struct affn_sink);                                   \
        (sink)->option_bytes = (uint32_t)sizeof(struct affn_option);                               \
        (sink)->event_bytes = (uint32_t)sizeof(struct affn_event);                                 \
        (sink)->batch_bytes = (uint32_t)sizeof(struct affn_batch);                                 \
        (sink)->reply_bytes = (uint32_t)sizeof(struct affn_reply);                                 \
        (sink)->host_bytes = (uint32_t)sizeof(struct affn_host);                                   \
    } while (0)

/*
 * Stands once at the end of a plugin and exports it:
 *
 *     AFFN_SINK(.name = "file", .version = "1.0", .summary = "Appends events to a file.",
 *               .self_bytes = sizeof(struct file), .options = options,
 *               .option_count = AFFN_COUNT(options), .open = file_open, .deliver = file_deliver)
 */
#define AFFN_SINK(...)                                                                             \
    AFFN_EXPORT const struct affn_sink *affn_sink_v1(void) AFFN_NOEXCEPT                           \
    {                                                                                              \
        static struct affn_sink sink = {__VA_ARGS__};                                              \
        AFFN_STAMP_(&sink);                                                                        \
        return &sink;                                                                              \
    }

/*
 * The same for C++17, which has no designated initialisers: names a function that is given a zeroed
 * description to fill in, `static void describe(affn_sink *sink) noexcept`.
 */
#ifdef __cplusplus
#define AFFN_SINK_BY(describe)                                                                     \
    extern "C" AFFN_EXPORT const struct affn_sink *affn_sink_v1(void) noexcept                     \
    {                                                                                              \
        static struct affn_sink sink;                                                              \
        describe(&sink);                                                                           \
        AFFN_STAMP_(&sink);                                                                        \
        return &sink;                                                                              \
    }
#endif

#endif
