/* See bus_keys.h. No sentence holds any part of a value that may be a secret. */
#include "core/config/bus_keys.h"

#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/credential.h"
#include "core/config/listen.h"
#include "core/config/sentences.h"
#include "core/config/tuning.h"
#include "core/config/value.h"

static int check_path(const char *text, struct error *error)
{
    return value_path(text, error);
}

static int check_socket(const char *text, struct error *error)
{
    if (value_path(text, error) < 0)
        return -1;
    if (strlen(text) > SOCKET_BYTES_MAX)
        return error_set(error, SAY_SOCKET_TOO_LONG, strlen(text), SOCKET_BYTES_MAX);
    return 0;
}

static int check_paths(const char *text, struct error *error)
{
    struct value_list list;
    int result = 0;
    value_list(text, &list);
    for (size_t i = 0; i < list.count && result == 0; i++) {
        if (*list.items[i] != '/')
            result = error_set(error, SAY_PATHS);
    }
    value_list_finish(&list);
    return result;
}

static int check_not_empty(const char *text, struct error *error)
{
    return *text ? 0 : error_set(error, SAY_EMPTY);
}

static int check_key_files(const char *text, struct error *error)
{
    struct value_list list;
    value_list(text, &list);
    int result = list.count > 0 ? 0 : error_set(error, SAY_EMPTY);
    if (list.count > SECRET_KEYS_MAX)
        result = error_set(error, SAY_TOO_MANY_KEYS, list.count, SECRET_KEYS_MAX);
    for (size_t i = 0; i < list.count && result == 0; i++) {
        const char *item = list.items[i];
        if (*item != '/' && !credential_is_name(item))
            result = error_set(error, SAY_KEY_FILES);
    }
    value_list_finish(&list);
    return result;
}

/* One word, so that a list of groups is noticed. Whether the group exists is found at start. */
static int check_group(const char *text, struct error *error)
{
    if (*text && strcspn(text, " \t,:/") == strlen(text))
        return 0;
    return error_set(error, SAY_ONE_GROUP);
}

static int check_sink(const char *text, struct error *error)
{
    if (tuning_is_sink_name(text))
        return 0;
    return error_set(error, SAY_ALERT_SINK_NAME);
}

static int check_duration(const char *text, struct error *error)
{
    int64_t ms;
    return value_duration(text, 0, INT64_MAX, &ms, error);
}

static int check_size(const char *text, struct error *error)
{
    int64_t bytes;
    return value_size(text, 0, INT64_MAX, &bytes, error);
}

static int check_bool(const char *text, struct error *error)
{
    bool flag;
    return value_bool(text, &flag, error);
}

static int check_log_email(const char *text, struct error *error)
{
    static const char *const choices[] = {"full", "masked", "none", NULL};
    int32_t index;
    return value_choice(text, choices, &index, error);
}

static const struct bus_key keys[] = {
    {.name = "state",
     .check = check_path,
     .decides = true,
     .fallback = "/var/lib/affnotify",
     .help = "The directory of the journal; it belongs to the user that affnotifyd runs as."},
    {.name = "socket",
     .check = check_socket,
     .fallback = "/run/affnotify/bus.sock",
     .help = "Where `affnotify emit` and your programs hand events in."},
    {.name = "spool",
     .check = check_path,
     .help = "Where events wait while the bus is away; without it `spool` in `state`."},
    {.name = "listen",
     .check = listen_check,
     .help =
         "Events in by HTTPS, like https://0.0.0.0:8443; it takes a certificate, and tokens or a "
         "signing secret."},
    {.name = "admin_listen",
     .check = listen_check_admin,
     .help = "Health and metrics: a port of 127.0.0.1, or like https://0.0.0.0:9464."},
    {.name = "tls_certificate",
     .check = check_path,
     .help = "The certificate of `listen` and `admin_listen` with its chain, a PEM file."},
    {.name = "tls_key", .check = check_path, .help = "The key of that certificate, a PEM file."},
    {.name = "ingest_tokens",
     .check = check_not_empty,
     .secret = true,
     .help = "The tokens that an upstream may send, with commas or blanks between them."},
    {.name = "ingest_signing_secret",
     .check = check_not_empty,
     .secret = true,
     .help = "The secrets of an upstream that signs what it sends (Standard Webhooks)."},
    {.name = "plugins",
     .check = check_paths,
     .decides = true,
     .help = "Directories with plugins, searched before that of the built-in ones."},
    {.name = "publishers", .check = check_group, .help = "The group that may hand events in."},
    {.name = "operators", .check = check_group, .help = "The group that may do everything."},
    {.name = "secret_key",
     .check = check_key_files,
     .decides = true,
     .help = "The files of the keys that open sealed secrets; the first seals."},
    {.name = "alert_sink",
     .check = check_sink,
     .help = "The sink that tells you when another one is in trouble."},
    {.name = "alert_after",
     .check = check_duration,
     .fallback = "10m",
     .help = "How long a sink may be in trouble before that is told."},
    {.name = "retain",
     .check = check_duration,
     .fallback = "30d",
     .help = "How long settled events are kept; 0 for ever."},
    {.name = "retain_dead",
     .check = check_duration,
     .fallback = "90d",
     .help = "How long dead letters are kept; 0 for ever."},
    {.name = "journal_max",
     .check = check_size,
     .fallback = "0",
     .help = "How large the journal may get, like 2G; 0 for any size."},
    {.name = "log_email",
     .check = check_log_email,
     .fallback = "masked",
     .help = "How e-mail addresses stand in the log and in tables: full, masked or none."},
    {.name = "cores",
     .check = check_bool,
     .fallback = "no",
     .help = "Whether a crash may leave a core file, which holds every secret."},
};

#define KEYS (sizeof keys / sizeof *keys)

const struct bus_key *bus_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (text_equal(keys[i].name, name))
            return &keys[i];
    }
    return NULL;
}

const char *const *bus_key_names(void)
{
    static const char *names[KEYS + 1];
    for (size_t i = 0; i < KEYS; i++)
        names[i] = keys[i].name;
    return names;
}

const struct bus_key *bus_keys(size_t *count)
{
    *count = KEYS;
    return keys;
}
