/*
 * The configuration as the bus uses it: [bus] and the bus's own keys of each [sink:…], typed and
 * checked. What a sink's section holds beyond those keys belongs to its plugin or to the host, and
 * is handed on as it stands.
 */
#ifndef AFFN_CONFIG_CONFIG_H
#define AFFN_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/config/document.h"
#include "core/config/mistakes.h"
#include "core/config/value.h"
#include "core/event/email_mask.h"

struct keyring;

enum sink_order {
    SINK_ORDER_AFFILIATE, /* events of one affiliate in order; others in parallel */
    SINK_ORDER_JOURNAL,   /* all events in order: one batch in flight */
    SINK_ORDER_NONE,
};

/* Where a new sink begins. */
enum sink_start {
    SINK_START_NOW,
    SINK_START_BEGINNING,
    SINK_START_DATE,
};

/*
 * The bus's keys of one sink, after the section, the plugin's own defaults and the bus-wide
 * defaults were laid over one another, in that order.
 */
struct sink_tuning {
    bool enabled;
    uint32_t event_mask; /* 1u << EVENT_CREATED | 1u << EVENT_DEACTIVATED */
    int64_t retry_ms[RETRY_DELAYS_MAX];
    uint32_t retry_count; /* 0: one attempt */
    int64_t timeout_ms;
    int64_t rate_an_hour; /* batches; 0: no limit */
    uint32_t concurrency;
    uint32_t batch; /* events */
    int64_t digest_ms;
    enum sink_order order;
    enum sink_start start;
    int64_t start_unix_ms;    /* for SINK_START_DATE */
    int64_t expire_ms;        /* 0: never */
    char was[NAME_BYTES_MAX]; /* the sink's former name, or "" */
};

struct sink_config {
    const char *name;   /* "crm" */
    const char *plugin; /* "csv" or "/path/to/x.so"; NULL when missing or malformed (a mistake) */
    bool enabled;
    const struct section *section; /* with all its settings */
};

struct config {
    char *path; /* absolute */
    struct document document;
    struct mistakes mistakes; /* everything found so far, of all sections */
    bool usable;              /* false: a file cannot be read, or [bus] has a mistake */
    bool is_certain; /* sinks can be judged, be it of use or not: nothing that is wrong leaves
                                 open which sections there are, or `state`, `plugins`, `secret_key` */

    /* [bus] */
    char *state;               /* directory: journal.db, spool/ */
    char *socket;              /* path */
    char *spool;               /* state/spool, unless set */
    struct value_list plugins; /* directories, searched before the built-in one */
    char *publishers;          /* a group's name, or NULL */
    char *operators;           /* a group's name, or NULL */
    char *alert_sink;          /* a sink's name, or NULL */
    char *listen;              /* https://ADDRESS:PORT, or NULL */
    char *admin_listen;        /* likewise, or http:// on loopback */
    char *tls_certificate;     /* path, or NULL */
    char *tls_key;             /* path, or NULL */
    int64_t alert_after_ms;
    int64_t retain_ms;             /* settled events are kept so long; 0: for ever */
    int64_t retain_dead_ms;        /* and those that are a dead letter somewhere; 0: for ever */
    int64_t journal_max_bytes;     /* 0: no limit */
    enum email_shown log_email;    /* how addresses stand in the log and in tables */
    bool cores;                    /* core files are allowed */
    struct value_list secret_keys; /* paths and `credential:NAME`; the first seals */
    struct keyring *keyring;       /* NULL until keyring_load has read them */

    struct sink_config *sinks;
    size_t sink_count;
};

/* Reads and checks. Never fails: config->usable and config->mistakes say what is wrong. */
void config_load(const char *path, struct config *config);
void config_finish(struct config *config);

/* The sink of a name, or NULL; and the name that is nearest to a misspelt one, or NULL. */
const struct sink_config *config_sink(const struct config *config, const char *name);
const char *config_nearest_sink(const struct config *config, const char *name);

/*
 * The effective tuning of a sink. plugin_defaults is the plugin's text ("retry=standard rate=1/s")
 * or NULL while the plugin is not loaded. Mistakes in the section are found by config_load already;
 * those in plugin_defaults are added to mistakes at the section's place.
 */
void config_tune_sink(const struct sink_config *sink, const char *plugin_defaults,
                      struct sink_tuning *tuning, struct mistakes *mistakes);

/* Whether a key of a sink's section is the bus's own, so that it is not handed to the host. */
bool config_is_bus_key(const char *key);

/* Whether a value is a blank of the starter configuration, "FILL-IN" and an example: never used,
 * and a mistake that config_load finds. */
bool config_is_blank(const char *value);

#endif
