/* See sealer.h; one key, one value. */
#include "core/bus/sealer.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/option_kind.h"
#include "core/bus/sealer_parts.h"
#include "core/bus/tables.h"
#include "core/config/bus_keys.h"
#include "core/config/config.h"
#include "core/config/config_option.h"
#include "core/config/keyring.h"
#include "core/config/seal.h"
#include "core/config/secret.h"
#include "core/config/tuning.h"
#include "core/wire/message.h"

/* Room for a secret that is a bit too long, its line break, and a NUL. */
#define ROOM (SECRET_BYTES_MAX + 4)

static const char sink_prefix[] = "sink:";

/* ---- Which keys there are ---- */

bool sealer_is_bus_secret(const char *key)
{
    const struct bus_key *row = bus_key(key);
    return row && row->secret;
}

/*
 * A mistake elsewhere does not matter: one seals while a configuration is written. But lines that are
 * lost might have named the key.
 */
json_t *sealer_refuse(const struct config *config)
{
    if (config->keyring->count > 0 && config->secret_keys.count == config->keyring->count)
        return NULL;
    if (config->keyring->count > 0 || !config->usable)
        return answer_refuse_mistakes(config, NULL);
    char *key_path = config_key_path(config->path);
    char *quoted = config_quoted(key_path);
    json_t *answer =
        answer_refusal("secret_key", "no_key",
                       "secret_key: %s has no `secret_key` in [bus], so there is no key to seal "
                       "by; make one by `affnotify keygen %s`, which says what to write there",
                       config->path, quoted);
    free(quoted);
    free(key_path);
    return answer;
}

/* ---- Advice: what does not keep a value from being sealed ---- */

struct advice {
    const char *key;
    const char *option; /* the file, for a command that is to be typed */
    json_t *list;
};

static void advise(struct advice *advice, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void advise(struct advice *advice, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = memory_format_list(format, arguments);
    va_end(arguments);
    json_array_append_new(advice->list, answer_text(text));
    free(text);
}

/* The table of the sink's plugin has come. */
static void on_table(void *owner, const struct sink_config *sink, const struct message_table *table)
{
    struct advice *advice = owner;
    const char *key = advice->key;
    if (option_kind_is_secret(table, key))
        return;
    const char *nearest = option_kind_find(table, key) ? NULL : option_kind_nearest(table, key);
    if (option_kind_find(table, key) || config_is_bus_key(key))
        advise(advice, "`%s` of the plugin %s is no secret: a sealed value there is not opened",
               key, sink->plugin);
    else if (nearest)
        advise(advice, "the plugin %s has no option `%s`; did you mean `%s`?", sink->plugin, key,
               nearest);
    else
        advise(advice, "the plugin %s has no option `%s`; see `affnotify describe %s%s`",
               sink->plugin, key, sink->name, advice->option);
}

static void advise_on_bus(struct advice *advice)
{
    const char *nearest = text_nearest(advice->key, bus_key_names());
    if (sealer_is_bus_secret(advice->key))
        return;
    if (!bus_key(advice->key) && nearest)
        advise(advice, "[bus] has no key `%s`; did you mean `%s`?", advice->key, nearest);
    else
        advise(advice,
               "`%s` of [bus] is no secret: sealed values are opened in `ingest_tokens` and "
               "`ingest_signing_secret`",
               advice->key);
}

/* A section that is not there may come; or its name is misspelt. */
static void advise_on_absent(struct advice *advice, const struct config *config, const char *name)
{
    const char *nearest = config_nearest_sink(config, name);
    if (nearest)
        advise(advice,
               "there is a section [sink:%s]; did you mean that? Then seal it anew by `affnotify "
               "seal --sink %s --key %s%s`",
               nearest, nearest, advice->key, advice->option);
}

static void advise_on_place(struct advice *advice, const struct config *config, const char *section)
{
    if (text_equal(section, "bus")) {
        advise_on_bus(advice);
        return;
    }
    const char *name = section + strlen(sink_prefix);
    const struct sink_config *sink = config_sink(config, name);
    struct tables_call call = {.told = on_table, .owner = advice};
    struct mistakes ignored; /* `affnotify check` tells them */
    mistakes_init(&ignored);
    if (!sink)
        advise_on_absent(advice, config, name);
    else
        tables_load(config, sink, &call, &ignored);
    mistakes_finish(&ignored);
}

static void advise_on_text(struct advice *advice, const char *secret)
{
    if (secret_is_reference(secret))
        advise(advice,
               "what was given begins with `%.*s:` and was sealed as it stands, not what it leads "
               "to; file:/PATH, credential:NAME and env:NAME are written into the file unsealed",
               (int)strcspn(secret, ":"), secret);
    if (isspace((unsigned char)*secret) || isspace((unsigned char)secret[strlen(secret) - 1]))
        advise(advice, "what was given begins or ends with a blank, which is now a part of the "
                       "secret");
}

/* ---- seal ---- */

static bool is_key_name(const char *key)
{
    size_t length = strlen(key);
    if (!isalnum((unsigned char)*key) || length > INI_NAME_BYTES_MAX)
        return false;
    for (; *key; key++) {
        if (!isalnum((unsigned char)*key) && !strchr("_-.", *key))
            return false;
    }
    return true;
}

static json_t *refuse_place(const char *section, const char *key)
{
    bool is_sink = text_starts(section, sink_prefix);
    if (is_sink && !tuning_is_sink_name(section + strlen(sink_prefix)))
        return answer_refusal("sink", "no_name",
                              "sink: a sink's name is 1 to %d bytes of a-z, 0-9, `_` and `-`, a "
                              "letter or digit first",
                              NAME_BYTES_MAX - 1);
    if (!is_sink && !text_equal(section, "bus"))
        return answer_refusal("section", "unknown_section",
                              "section: there are bus and, for each sink, sink:NAME");
    if (!key || !is_key_name(key))
        return answer_refusal("key", "no_key_name",
                              "key: a key is made of letters, digits, `_`, `-` and `.`, and begins "
                              "with a letter or digit");
    return NULL;
}

/* Reads stdin into ROOM bytes, without one line break at its end. -1 when it cannot be a secret. */
static int read_secret(char *secret, struct error *error)
{
    size_t length = 0;
    ssize_t got;
    do {
        got = read(STDIN_FILENO, secret + length, ROOM - 1 - length);
        if (got > 0)
            length += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0)
        return error_set_errno(error, "stdin cannot be read");
    if (length > 0 && secret[length - 1] == '\n')
        length--;
    if (length > 0 && length < ROOM - 2 && secret[length] == '\n' && secret[length - 1] == '\r')
        length--;
    memset(secret + length, 0, ROOM - length);
    return secret_check(secret, length, error);
}

static json_t *seal(const struct config *config, const char *section, const char *key,
                    const char *secret)
{
    const struct secret_key *first = &config->keyring->keys[0];
    char *option = config_option(config->path);
    struct advice advice = {.key = key, .option = option, .list = json_array()};
    advise_on_place(&advice, config, section);
    advise_on_text(&advice, secret);
    char *value = seal_text(first, section, key, secret);
    const struct section *known = document_section(&config->document, section);
    json_t *answer = json_pack("{s:b,s:s,s:s,s:s,s:s,s:o,s:b,s:b,s:o}", "ok", 1, "value", value,
                               "key", first->id, "section", section, "name", key, "config",
                               answer_text(config->path), "exists", known != NULL, "reference",
                               secret_is_reference(secret), "advice", advice.list);
    free(value);
    free(option);
    return answer;
}

int sealer_seal(const char *config_path, const char *section, const char *key)
{
    struct config config;
    struct error error;
    json_t *answer = refuse_place(section, key);
    if (answer)
        return answer_print(answer);
    config_load(config_path, &config);
    keyring_load(&config, &config.mistakes);
    answer = sealer_refuse(&config);
    char *secret = memory_new(ROOM, 1);
    if (!answer && read_secret(secret, &error) < 0)
        answer = answer_refusal("secret", "no_secret", "secret: %s", error.text);
    else if (!answer)
        answer = seal(&config, section, key, secret);
    explicit_bzero(secret, ROOM);
    free(secret);
    config_finish(&config);
    return answer_print(answer);
}
