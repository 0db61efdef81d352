/*
 * Every limit of affnotify has its name and its number here, and nowhere else. A number that comes
 * from outside says where from. Times are in milliseconds, lengths in bytes.
 */
#ifndef AFFN_BASE_LIMITS_H
#define AFFN_BASE_LIMITS_H

/* The event. */
#define EVENT_CANONICAL_BYTES_MAX 4096
#define EMAIL_BYTES_MAX           254 /* RFC 5321 4.5.3.1.3, erratum 1690 */
#define DEEP_LINK_BYTES_MAX       2048

/* The public line protocol. */
#define LINE_BYTES_MAX        (64 * 1024)
#define CLIENTS_MAX           256
#define CLIENTS_RESERVED      16           /* of them, for those who may control */
#define CLIENT_SILENT_MS      60000        /* a publisher's place is then given up for another's */
#define CLIENT_ANSWERS_MAX    (256 * 1024) /* unread answers, then the client is not read either */
#define CLIENT_READ_BYTES_MAX (256 * 1024) /* from one client in one turn of the loop */
#define ANSWER_BYTES_MAX      (4 * 1024 * 1024) /* one line from the bus, as its clients read it */

/* How long a client waits for the bus. */
#define EMIT_TIMEOUT_MS    2000 /* connecting, sending and answer together; then it spools */
#define COMMAND_TIMEOUT_MS 10000
#define CHECK_TIMEOUT_MS   60000            /* every sink's plugin is loaded and asked */
#define SKIP_TIMEOUT_MS    (10 * 60 * 1000) /* it goes by steps, beside everything else */
#define REPLAY_TIMEOUT_MS  (10 * 60 * 1000) /* likewise */
#define FORGET_TIMEOUT_MS  (10 * 60 * 1000) /* likewise */
#define RELOAD_TIMEOUT_MS  (10 * 60 * 1000) /* it waits for skips and replays, and for hosts */
#define TRIAL_TIMEOUT_MS   (10 * 60 * 1000) /* `render`, `test`: each batch has its sink's timeout */

/* The C client. */
#define CLIENT_IDLE_CONNECTIONS_MAX 4
#define CLIENT_SPOOL_PATIENCE_MS    60000 /* what was spooled is waited for, to keep the order */

/* The spool. */
#define SPOOL_FILE_BYTES_MAX      (1024 * 1024)
#define SPOOL_FILES_A_TURN_MAX    256
#define SPOOL_BYTES_A_TURN_MAX    (512 * 1024) /* then the clients have their turn */
#define SPOOL_REFUSALS_A_FILE_MAX 1000         /* kept; more are counted */
#define SPOOL_SCAN_MS             1000

/* What a plugin counts: see affnotify/sink.h. */
#define COUNT_NAME_BYTES_MAX 32
#define COUNTS_MAX           16 /* names a sink */

/* The configuration. */
#define INI_LINE_BYTES_MAX (64 * 1024)
#define INI_FILE_BYTES_MAX (4 * 1024 * 1024)
#define INI_FILES_MAX      256
#define INI_LINES_MAX      8192 /* of all files, not counting blank ones and comments */
#define INI_NAME_BYTES_MAX 127  /* a section's name, a key */
#define SECRET_BYTES_MAX   (16 * 1024)
#define SECRET_KEYS_MAX    16 /* of `secret_key` */
#define NAME_BYTES_MAX     64 /* a sink's, a plugin's, an option's */
#define SINKS_MAX          64
#define RATE_AN_HOUR_MAX   (3600 * 100000) /* batches: 100,000 a second */
#define RETRY_DELAYS_MAX   64
#define SOCKET_BYTES_MAX   107 /* a socket's path: sun_path less its NUL, unix(7) */

/* Between bus and host. */
#define FRAME_BYTES_MAX  (1024 * 1024)
#define BATCH_BYTES_MAX  (512 * 1024)
#define BATCH_EVENTS_MAX 1000
#define BATCHES_PER_TRANSFER                                                                       \
    4 /* handed to a host for each transfer it may run, so that it never idles */
#define SINK_WINDOW_EVENTS    1024
#define TEXT_BYTES_MAX        1024  /* what happened, what to do; a kept excerpt of a response */
#define OUTPUT_LINE_BYTES_MAX 1024  /* of what a plugin prints to stdout or stderr */
#define PLUGIN_LINES_MAX      300   /* a plugin's in the log, printed or logged, in a while … */
#define PLUGIN_LINES_WHILE_MS 60000 /* … of this length; the rest is counted */
#define DRAIN_READS_MAX       64    /* of what a process had written before it ended */

/* In the host. */
#define PLUGIN_SELF_BYTES_MAX   (1024 * 1024)
#define PLUGIN_OPTIONS_MAX      256
#define MISTAKES_MAX            256           /* of one section */
#define LINK_QUEUED_BYTES_MAX   (1024 * 1024) /* not read by the bus yet; then the host waits */
#define RENDERED_TEXT_BYTES_MAX (512 * 1024)  /* of a sink that shows what it would deliver */
#define IDLE_INTERVAL_MS        1000
#define HOST_MEMORY_MIB_MAX     1024 /* a plugin that leaks hurts only its own sink */

/* The conversation of a test. */
#define SAID_LINE_BYTES_MAX (64 * 1024)
#define SAID_BYTES_MAX      (256 * 1024) /* of one batch; the rest is left out */

/* Requests. */
#define REQUEST_BODY_BYTES_MAX    (1024 * 1024)
#define REQUEST_URL_BYTES_MAX     (8 * 1024)
#define REQUEST_HEADERS_MAX       64
#define REQUEST_HEADER_BYTES_MAX  (8 * 1024) /* of one line */
#define REQUEST_RECIPIENTS_MAX    100        /* RFC 5321 4.5.3.1.8: a server takes that many */
#define REQUEST_PARTS_MAX         8
#define RESPONSE_BODY_BYTES_MAX   (64 * 1024)
#define RESPONSE_HEADER_BYTES_MAX (16 * 1024)
#define RESPONSE_READ_BYTES_MAX   (1024 * 1024) /* kept or not; then the connection is given up */
#define REQUEST_ROUNDS_MAX        4             /* the first prepare and three more by AFFN_AGAIN */
#define RETRY_AFTER_MS_MAX                                                                         \
    (7LL * 24 * 60 * 60 * 1000) /* a far side that asks for more gets a week */
#define CONCURRENCY_DEFAULT 32
#define CONCURRENCY_MAX     256
#define TIMEOUT_DEFAULT_MS  10000 /* the contract: requests time out after 10 seconds */

/* Supervision. */
#define HANDSHAKE_TIMEOUT_MS 30000 /* a plugin's load, check and open together */
#define OVERRUN_GRACE_MS     2000  /* beyond a sink's timeout, then its host is killed */
#define STOP_GRACE_MS        5000  /* for what is in flight when the bus is asked to stop */
#define RESPAWN_DELAY_MIN_MS 1000
#define RESPAWN_DELAY_MAX_MS (5 * 60 * 1000)
#define HOLD_DOWN_MIN_MS     1000 /* a hold whose length nobody named doubles from here … */
#define HOLD_DOWN_MAX_MS     (5 * 60 * 1000) /* … to here */
#define HOLD_MISSET_MS       (15 * 60 * 1000)
#define FAR_SIDE_KNOWN_MS    (60 * 1000) /* without a word from it, one batch goes ahead again */
#define HOLD_OF_NOTE_MS      (10 * 60 * 1000) /* held for so long, a sink needs somebody … */
#define FAILURES_OF_NOTE     4 /* … and one that failed to start or open so often in a row */
#define ATTEMPTS_OF_NOTE     2 /* failed in a row: an open sink delivers nothing … */
#define REFUSALS_OF_NOTE     4 /* … and these, when an event may have been to blame each time */
#define DEATHS_MAX           3 /* alone in flight; then the event is a dead letter */

/* Retention. */
#define RETENTION_FIRST_MS     3000             /* after the start: the first look */
#define RETENTION_LOOK_MS      10000            /* between looks at the journal's size */
#define RETENTION_PASS_MS      (60 * 60 * 1000) /* between passes over what is old enough */
#define RETENTION_FULL_PASSES  24    /* as often a pass looks again at what was kept before */
#define RETENTION_PAUSE_MIN_MS 20    /* between two steps … */
#define RETENTION_PAUSE_MAX_MS 1000  /* … and for nine times as long as the step took */
#define RETENTION_SPARE_PAGES  1024  /* of the file: free ones that stay for what comes in */
#define RETENTION_BELOW        90    /* per cent of journal_max: as far as room is made */
#define RETENTION_EXPIRE_STEPS 10    /* that a sink is kept at rest for */
#define RETENTION_SAY_MS       60000 /* between two lines of the log about room */
#define CLOCK_SLACK_MS         60000 /* a step of the civil clock that is believed at once … */
#define CLOCK_DOUBT_MS         (24 * 60 * 60 * 1000) /* … and how long a larger one must last */
#define FORGET_LOG_TRIES       30 /* a second apart, to empty the write-ahead log */

/* Notices. */
#define NOTICE_SUBJECT_BYTES_MAX 120 /* as affnotify/notice.h promises */
#define NOTICE_TEXT_BYTES_MAX    4096
#define NOTICE_ID_BYTES_MAX      124
#define NOTICE_LOOK_MS           100  /* between two looks at the sinks */
#define NOTICE_RETRY_MIN_MS      1000 /* one that could not be told is told again after this … */
#define NOTICE_RETRY_MAX_MS      (5 * 60 * 1000) /* … doubling to this */
#define ALERT_STEADY_MS          60000 /* well for so long, a sink is open without a delivery */
#define ALERT_PAUSE_MIN_MS       10000 /* between two of trouble of one sink, at least */

/* Reload. */
#define RELOAD_CHECKS_MAX 3    /* while the file changes under the check */
#define RELOAD_RETRY_MS   1000 /* when the journal cannot be written */

/* Trials, and looking at plugins. */
#define TRIAL_EVENTS_MAX      1000
#define TRIAL_INPUT_BYTES_MAX (1024 * 1024) /* of events, as lines */
#define LOOK_TIMEOUT_MS       5000          /* for a plugin's load, as far as its description */
#define LOOKS_MAX             4             /* plugins that are loaded at a time */

/* What `check` looks at. */
#define NAMES_AT_ONCE  32   /* host names that are looked up at a time */
#define NAMES_LIMIT_MS 5000 /* for all of them */

/* The door to the network, affnotify-http. */
#define HTTP_LISTENERS_MAX       4
#define HTTP_SOCKETS_MAX         6 /* given to us by systemd, beside fds 0 … 3 */
#define HTTP_CONNECTIONS_MAX     1024
#define HTTP_HEAD_BYTES_MAX      (16 * 1024) /* request line and headers */
#define HTTP_HEADERS_MAX         100
#define HTTP_BODY_BYTES_MAX      (1024 * 1024)
#define HTTP_EVENTS_MAX          1000          /* of one request */
#define HTTP_REQUEST_MS          30000         /* a whole request, however it drips */
#define HTTP_IDLE_MS             60000         /* between requests, and for reading the answer */
#define HTTP_LINGER_MS           2000          /* for the other side to close after us */
#define HTTP_LINGER_BYTES_MAX    (1024 * 1024) /* read and dropped meanwhile */
#define HTTP_UNSENT_BYTES_MAX    (64 * 1024)   /* answers not read; then no further request is */
#define HTTP_UNREAD_BYTES_MAX    (64 * 1024)   /* pipelined behind a request that waits */
#define HTTP_BODIES_BYTES_MAX    (64 * 1024 * 1024) /* being read, all together */
#define HTTP_STRANGERS_BYTES_MAX (16 * 1024 * 1024) /* of them, whose senders have proved nothing */
#define HTTP_WAITING_EVENTS_MAX  50000              /* handed to the bus and not answered yet */
#define HTTP_WAITING_BYTES_MAX   (16 * 1024 * 1024) /* of them, not sent to the bus yet */
#define HTTP_BUS_RETRY_MS        200                /* until the bus is tried again */
#define HTTP_STOP_MS             2000  /* for requests that were begun when it is asked to stop */
#define HTTP_CREDENTIALS_MAX     32    /* tokens, and signing secrets */
#define HTTP_START_MS            10000 /* from the start of its process until it is open */
#define CERTIFICATE_BYTES_MAX    (256 * 1024) /* of the file: the certificate with its chain */
#define CERTIFICATE_WARN_DAYS    14           /* before it expires */
#define SIGNATURE_TOLERANCE_S    300          /* Standard Webhooks: five minutes, to both sides */
#define INGEST_KEY_BYTES_MAX     256          /* a webhook-id, an Idempotency-Key … */
#define EVENT_KEY_BYTES_MAX      (INGEST_KEY_BYTES_MAX + 16) /* … and a place in an array */
#define KEPT_INPUT_BYTES_MAX     45000 /* of a refused one: as base64 it fits in a line */
#define SOURCE_BYTES_MAX         64    /* where an input came from, in a word or two */

/* Metrics and health: admin_listen of affnotify-http. */
#define ADMIN_CONNECTIONS_MAX 64   /* the next takes the place of the oldest */
#define ADMIN_WAIT_MS         2000 /* for the bus to say how it fares */
#define METRICS_BYTES_MAX     (8 * 1024 * 1024)
#define READY_TRY_MS          1000 /* for so long, what trying the journal has shown is believed */

/* The journal. */
#define REFUSED_BYTES_MAX       (64 * 1024) /* of one; the rest is cut */
#define REFUSED_VALUE_BYTES_MAX 80          /* of the value that broke the rule, in a list */
#define REFUSED_LOOK_BYTES_MAX  8192        /* a longer input is not parsed for that */
#define ROSTER_PAGE_MAX         1000        /* rows of `roster` in one answer */
#define REFUSED_INPUTS_MAX      10000
#define LIST_PAGE_MAX           100   /* rows of `events` and `dead` in one answer */
#define LIST_SCAN_MAX           2000  /* events that one page of `events` looks at */
#define WAITING_HEADS_MAX       500   /* affiliates that one call looks at for what waits */
#define SKIP_STEP_EVENTS        200   /* that a skip looks at in one turn of the loop */
#define SKIP_COUNT_MAX          10000 /* events that are looked at to say what a skip would skip */
#define REPLAY_STEP_EVENTS      200   /* that a replay looks at in one turn of the loop */
#define REPLAY_LISTED_MAX       20    /* superseded events that its answer names */
#define PRUNE_STEP_EVENTS       100   /* that a step of retention looks at */
#define PRUNE_STEP_DELETES      1000  /* and deletions that it makes, many rows each */
#define PRUNE_STEP_REFUSED      50    /* refused inputs: up to 64 KiB each */
#define PRUNE_STEP_KEYS         200   /* what senders call events */
#define FORGET_STEP_ROWS        1000 /* texts that `forget` looks through in one turn of the loop */
#define ATTEMPTS_MAX            (RETRY_DELAYS_MAX + 1) /* recorded of one event at one sink */
#define JOURNAL_BUSY_MS         200 /* another tool has the file locked: the loop waits no longer */
/* While events stream in, each page of the two random keys is written once for many of them. */
#define JOURNAL_CACHE_KIB        (24 * 1024) /* given back when nothing has come in for a while */
#define JOURNAL_CHECKPOINT_PAGES 8192        /* of 4 KiB, in the log; then they go into the file */
#define JOURNAL_WAL_BYTES_MAX    (48 * 1024 * 1024) /* kept after that; more is given back */
#define INTAKE_GATHER_MS         100 /* what streams in for so long goes into one transaction */

#endif
