/* See bus_keys.h. No sentence holds any part of a value that may be a secret. */
#include "core/config/bus_keys.h"

#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/credential.h"
#include "core/config/listen.h"
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
        return error_set(error, "has %zu bytes; the path of a socket has at most %d", strlen(text),
                         SOCKET_BYTES_MAX);
    return 0;
}

static int check_paths(const char *text, struct error *error)
{
    struct value_list list;
    int result = 0;
    value_list(text, &list);
    for (size_t i = 0; i < list.count && result == 0; i++) {
        if (*list.items[i] != '/')
            result = error_set(error, "must be absolute paths, each beginning with `/`, with "
                                      "commas or blanks between them");
    }
    value_list_finish(&list);
    return result;
}

static int check_not_empty(const char *text, struct error *error)
{
    return *text ? 0 : error_set(error, "is empty; give it a value, or leave the key out");
}

static int check_key_files(const char *text, struct error *error)
{
    struct value_list list;
    value_list(text, &list);
    int result =
        list.count > 0 ? 0 : error_set(error, "is empty; give it a value, or leave the key out");
    if (list.count > SECRET_KEYS_MAX)
        result = error_set(error, "names %zu key files; at most %d can be in use", list.count,
                           SECRET_KEYS_MAX);
    for (size_t i = 0; i < list.count && result == 0; i++) {
        const char *item = list.items[i];
        if (*item != '/' && !credential_is_name(item))
            result = error_set(error, "must be the absolute path of a key file, or "
                                      "`credential:NAME`; of several, with commas or blanks "
                                      "between them, the first seals");
    }
    value_list_finish(&list);
    return result;
}

/* One word, so that a list of groups is noticed. Whether the group exists is found at start. */
static int check_group(const char *text, struct error *error)
{
    if (*text && strcspn(text, " \t,:/") == strlen(text))
        return 0;
    return error_set(error, "must be the name of one group");
}

static int check_sink(const char *text, struct error *error)
{
    if (tuning_is_sink_name(text))
        return 0;
    return error_set(error, "must be the name of a sink, such as crm for [sink:crm]");
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
    {.name = "state", .check = check_path},
    {.name = "socket", .check = check_socket},
    {.name = "spool", .check = check_path},
    {.name = "listen", .check = listen_check},
    {.name = "admin_listen", .check = listen_check_admin},
    {.name = "tls_certificate", .check = check_path},
    {.name = "tls_key", .check = check_path},
    {.name = "ingest_tokens", .check = check_not_empty},
    {.name = "ingest_signing_secret", .check = check_not_empty},
    {.name = "plugins", .check = check_paths},
    {.name = "publishers", .check = check_group},
    {.name = "operators", .check = check_group},
    {.name = "secret_key", .check = check_key_files},
    {.name = "alert_sink", .check = check_sink},
    {.name = "alert_after", .check = check_duration},
    {.name = "retain", .check = check_duration},
    {.name = "retain_dead", .check = check_duration},
    {.name = "journal_max", .check = check_size},
    {.name = "log_email", .check = check_log_email},
    {.name = "cores", .check = check_bool},
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
