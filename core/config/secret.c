/*
 * See secret.h. A path or a variable's name is no secret and may be said; the value itself, and
 * what only might be a path or a name, may not.
 */
#include "core/config/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/config_option.h"
#include "core/config/credential.h"
#include "core/config/document.h"
#include "core/config/keyring.h"
#include "core/config/mistakes.h"
#include "core/config/seal.h"
#include "core/config/sentences.h"
#include "core/config/value.h"

/* Room for a secret that is a bit too long, its line break, and a NUL. */
#define ROOM (SECRET_BYTES_MAX + 4)

/* What a secret must be, wherever it came from; `source` begins the sentence. */
static int check(const char *secret, size_t length, const char *source, struct error *error)
{
    if (length == 0)
        return error_set(error, SAY_SECRET_EMPTY, source);
    if (length > SECRET_BYTES_MAX)
        return error_set(error, SAY_SECRET_TOO_LONG, source, SECRET_BYTES_MAX);
    if (memchr(secret, '\0', length))
        return error_set(error, SAY_SECRET_NUL, source);
    if (memchr(secret, '\n', length) || memchr(secret, '\r', length))
        return error_set(error, SAY_SECRET_LINE_BREAK, source);
    return 0;
}

/* ---- file:PATH ---- */

/* Adds up to ROOM - 1 bytes to none; not by file_read, whose buffers are not wiped. */
static int read_bytes(const char *path, char *bytes, size_t *length, struct error *error)
{
    const char *reason;
    int fd = file_open_regular(path, &reason);
    if (fd < 0)
        return error_set(error, SAY_FILE_UNREADABLE, path, reason);
    ssize_t got;
    do {
        got = read(fd, bytes + *length, ROOM - 1 - *length);
        if (got > 0)
            *length += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    int result = got < 0 ? error_set_errno(error, SAY_FILE_READ_FAILED, path) : 0;
    close(fd);
    return result;
}

static size_t without_line_break(const char *bytes, size_t length)
{
    if (length == 0 || bytes[length - 1] != '\n')
        return length;
    length--;
    return length > 0 && bytes[length - 1] == '\r' ? length - 1 : length;
}

static void join_lines(char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r')
            bytes[i] = ' ';
    }
}

static char *read_lines(const char *path, bool many, struct error *error)
{
    if (*path != '/') {
        error_set(error, SAY_FILE_FORM);
        return NULL;
    }
    char *secret = NULL;
    char *bytes = memory_new(ROOM, 1);
    size_t length = 0;
    if (read_bytes(path, bytes, &length, error) == 0) {
        length = without_line_break(bytes, length);
        if (many)
            join_lines(bytes, length);
        if (check(bytes, length, path, error) == 0)
            secret = memory_text_part(bytes, length);
    }
    explicit_bzero(bytes, ROOM);
    free(bytes);
    return secret;
}

static char *read_file(const char *path, struct error *error)
{
    return read_lines(path, false, error);
}

/* ---- env:NAME ---- */

static bool is_variable(const char *name)
{
    if (isdigit((unsigned char)*name) || *name == '\0')
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return *name == '\0';
}

static char *read_variable(const char *name, struct error *error)
{
    if (!is_variable(name)) {
        error_set(error, SAY_ENV_FORM);
        return NULL;
    }
    const char *value = getenv(name);
    if (!value) {
        error_set(error, SAY_ENV_UNSET, name);
        return NULL;
    }
    char *source = memory_format("the environment variable %s", name);
    int result = check(value, strlen(value), source, error);
    free(source);
    return result == 0 ? memory_text(value) : NULL;
}

/* ---- credential:NAME ---- */

static char *read_credential(const char *value, struct error *error)
{
    char *path = credential_path(value, error);
    char *secret = path ? read_file(path, error) : NULL;
    free(path);
    return secret;
}

/* ---- sealed:… ---- */

/* `affnotify seal` for this place, as one would type it; to be freed. */
static char *seal_command(const struct keyring *keyring, const struct place *place)
{
    static const char sink_prefix[] = "sink:";
    bool is_sink = text_starts(place->section, sink_prefix);
    char *option = config_option(keyring->config_path);
    char *command =
        memory_format("affnotify seal --%s%s --key %s%s", is_sink ? "sink " : "",
                      place->section + (is_sink ? strlen(sink_prefix) : 0), place->key, option);
    free(option);
    return command;
}

static int no_such_key(const struct keyring *keyring, const char *id, struct error *error)
{
    if (keyring->count == 0)
        return error_set(error, SAY_NO_SECRET_KEY, id);
    char memory[SECRET_KEYS_MAX * (KEY_ID_SIZE + 2)];
    struct buffer ids;
    buffer_init_within(&ids, memory, sizeof memory);
    for (size_t i = 0; i < keyring->count; i++)
        buffer_printf(&ids, "%s%s", i > 0 ? ", " : "", keyring->keys[i].id);
    return error_set(error, SAY_NO_SUCH_KEY, id, ids.data);
}

static bool opens_at(const struct sealed *sealed, const struct secret_key *key, const char *section,
                     const char *name)
{
    size_t length;
    char *secret = seal_open(sealed, key, section, name, &length);
    if (secret)
        explicit_bzero(secret, length);
    free(secret);
    return secret != NULL;
}

/*
 * Another place of this configuration that the value was sealed for: a key that is there, or this
 * key in another section or in that of a sink's former name. GCM itself cannot tell a value that
 * was moved from one that was changed. To be freed; NULL when there is none.
 */
static char *find_origin(const struct keyring *keyring, const struct sealed *sealed,
                         const struct secret_key *key, const struct place *place)
{
    for (size_t i = 0; i < keyring->section_count; i++) {
        const struct section *section = &keyring->sections[i];
        const struct setting *was = section_setting(section, "was");
        char *former = memory_format("sink:%s", was ? was->value : "");
        const char *found = NULL;
        if (opens_at(sealed, key, section->name, place->key))
            found = place->key;
        for (size_t k = 0; k < section->count && !found; k++) {
            if (opens_at(sealed, key, section->name, section->settings[k].key))
                found = section->settings[k].key;
        }
        char *origin = found ? memory_format("[%s] %s", section->name, found) : NULL;
        if (!origin && was && opens_at(sealed, key, former, place->key))
            origin = memory_format("[%s] %s", former, place->key);
        free(former);
        if (origin)
            return origin;
    }
    return NULL;
}

static int not_here(const struct keyring *keyring, const struct sealed *sealed,
                    const struct secret_key *key, const struct place *place, struct error *error)
{
    char *command = seal_command(keyring, place);
    char *origin = find_origin(keyring, sealed, key, place);
    if (origin)
        error_set(error, SAY_SEALED_ELSEWHERE, origin, command);
    else
        error_set(error, SAY_SEAL_CLOSED, command);
    free(origin);
    free(command);
    return -1;
}

static int open_parsed(const struct sealed *sealed, const struct keyring *keyring,
                       const struct place *place, char **secret, struct error *error)
{
    size_t length;
    const struct secret_key *key = keyring_find(keyring, sealed->key_id);
    if (!key)
        return no_such_key(keyring, sealed->key_id, error);
    *secret = seal_open(sealed, key, place->section, place->key, &length);
    if (!*secret)
        return not_here(keyring, sealed, key, place, error);
    if (check(*secret, length, "what was sealed", error) == 0)
        return 0;
    explicit_bzero(*secret, length);
    free(*secret);
    *secret = NULL;
    return -1;
}

static char *open_sealed(const char *value, const struct keyring *keyring,
                         const struct place *place, struct error *error)
{
    static const struct keyring none;
    struct sealed sealed;
    char *secret = NULL;
    if (!keyring)
        keyring = &none;
    if (seal_parse(value, &sealed, error) == 0) {
        open_parsed(&sealed, keyring, place, &secret, error);
    } else {
        char *command = seal_command(keyring, place);
        struct error wrong = *error;
        error_set(error, SAY_SEAL_ANEW, wrong.text, command);
        free(command);
    }
    seal_finish(&sealed);
    return secret;
}

/* ---- All forms ---- */

/* The value as it stands is handed on for `credential:`: it checks the whole. */
static const struct form {
    const char *prefix;
    char *(*open)(const char *rest, struct error *error); /* NULL: sealed */
    bool whole;
} forms[] = {
    {"file:", read_file, false},
    {"env:", read_variable, false},
    {"credential:", read_credential, true},
    {"sealed:", NULL, true},
};

static const struct form *form_of(const char *value)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text_starts(value, forms[i].prefix))
            return &forms[i];
    }
    return NULL;
}

bool secret_is_reference(const char *value)
{
    return form_of(value) != NULL;
}

int secret_check(const char *secret, size_t length, struct error *error)
{
    return check(secret, length, "the secret", error);
}

static void warn_literal(const struct keyring *keyring, const struct place *place,
                         struct mistakes *mistakes)
{
    char *option = config_option(keyring ? keyring->config_path : NULL);
    mistakes_warn(mistakes, place, SAY_SECRET_LITERAL, option);
    free(option);
}

char *secret_resolve(const char *value, const struct keyring *keyring, const struct place *place,
                     struct mistakes *mistakes)
{
    struct error error;
    char *secret = NULL;
    const struct form *form = form_of(value);
    if (form && !form->open)
        secret = open_sealed(value, keyring, place, &error);
    else if (form)
        secret = form->open(form->whole ? value : value + strlen(form->prefix), &error);
    else if (secret_check(value, strlen(value), &error) == 0)
        secret = memory_text(value);

    if (!secret)
        mistakes_add(mistakes, place, "%s", error.text);
    else if (!form)
        warn_literal(keyring, place, mistakes);
    return secret;
}

char *secret_resolve_list(const char *value, const struct keyring *keyring,
                          const struct place *place, struct mistakes *mistakes)
{
    static const char file[] = "file:", credential[] = "credential:";
    struct error error;
    char *path;
    if (text_starts(value, file))
        path = memory_text(value + strlen(file));
    else if (text_starts(value, credential))
        path = credential_path(value, &error);
    else
        return secret_resolve(value, keyring, place, mistakes);
    char *secrets = path ? read_lines(path, true, &error) : NULL;
    if (!secrets)
        mistakes_add(mistakes, place, "%s", error.text);
    free(path);
    return secrets;
}

/* Adds a resolved text's items to a list; both may be wiped afterwards. */
static void add_items(struct buffer *all, const char *resolved)
{
    struct value_list list;
    value_list(resolved, &list);
    for (size_t i = 0; i < list.count; i++) {
        buffer_add_text(all, all->len > 0 ? ", " : "");
        buffer_add_text(all, list.items[i]);
    }
    value_list_finish(&list);
}

static char *resolve_items(const char *value, const struct keyring *keyring,
                           const struct place *place, struct mistakes *mistakes)
{
    struct value_list list;
    struct buffer all;
    bool is_whole = true;
    value_list(value, &list);
    buffer_init_secret(&all, (list.count + 1) * 3 * (size_t)SECRET_BYTES_MAX);
    for (size_t i = 0; i < list.count; i++) {
        char *resolved = secret_resolve_list(list.items[i], keyring, place, mistakes);
        if (resolved)
            add_items(&all, resolved);
        is_whole = is_whole && resolved;
        memory_wipe_text(resolved);
    }
    if (is_whole && all.len == 0)
        mistakes_add(mistakes, place, SAY_SECRETS_NONE);
    char *text = is_whole && all.len > 0 ? memory_text(all.data) : NULL;
    buffer_finish(&all);
    value_list_finish(&list);
    return text;
}

char *secret_resolve_option(const char *value, bool is_list, const struct keyring *keyring,
                            const struct place *place, struct mistakes *mistakes)
{
    return is_list ? resolve_items(value, keyring, place, mistakes)
                   : secret_resolve(value, keyring, place, mistakes);
}
