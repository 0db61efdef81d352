/*
 * See secret.h. A path or a variable's name is no secret and may be said; the value itself, and
 * what only might be a path or a name, may not.
 */
#include "core/config/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/mistakes.h"

/* Room for a secret that is a bit too long, its line break, and a NUL. */
#define ROOM (SECRET_BYTES_MAX + 4)

/* What a secret must be, wherever it came from; `source` begins the sentence. */
static int check(const char *secret, size_t length, const char *source, struct error *error)
{
    if (length == 0)
        return error_set(error, "%s is empty; put the secret into it", source);
    if (length > SECRET_BYTES_MAX)
        return error_set(error, "%s is longer than %d bytes; a secret has at most so many", source,
                         SECRET_BYTES_MAX);
    if (memchr(secret, '\0', length))
        return error_set(error, "%s holds a NUL byte; a secret is one line of text", source);
    if (memchr(secret, '\n', length) || memchr(secret, '\r', length))
        return error_set(error, "%s holds a line break; a secret is one line of text", source);
    return 0;
}

/* ---- file:PATH ---- */

/* Adds up to ROOM - 1 bytes to none; not by file_read, whose buffers are not wiped. */
static int read_bytes(const char *path, char *bytes, size_t *length, struct error *error)
{
    const char *reason;
    int fd = file_open_regular(path, &reason);
    if (fd < 0)
        return error_set(error, "%s cannot be read: %s", path, reason);
    ssize_t got;
    do {
        got = read(fd, bytes + *length, ROOM - 1 - *length);
        if (got > 0)
            *length += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    int result = got < 0 ? error_set_errno(error, "%s cannot be read", path) : 0;
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

static char *read_file(const char *path, struct error *error)
{
    if (*path != '/') {
        error_set(error, "`file:` must be followed by an absolute path, like `file:/PATH`");
        return NULL;
    }
    char *secret = NULL;
    char *bytes = memory_new(ROOM, 1);
    size_t length = 0;
    if (read_bytes(path, bytes, &length, error) == 0) {
        length = without_line_break(bytes, length);
        if (check(bytes, length, path, error) == 0)
            secret = memory_text_part(bytes, length);
    }
    explicit_bzero(bytes, ROOM);
    free(bytes);
    return secret;
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
        error_set(error, "`env:` must be followed by the name of an environment variable, like "
                         "`env:NAME`");
        return NULL;
    }
    const char *value = getenv(name);
    if (!value) {
        error_set(error,
                  "the environment variable %s is not set; set it where affnotifyd is "
                  "started, and start it again",
                  name);
        return NULL;
    }
    char *source = memory_format("the environment variable %s", name);
    int result = check(value, strlen(value), source, error);
    free(source);
    return result == 0 ? memory_text(value) : NULL;
}

/* ---- Forms that this release does not open ---- */

static char *refuse_sealed(const char *rest, struct error *error)
{
    (void)rest;
    error_set(error, "this release does not open `sealed:` values; write file:/PATH or env:NAME");
    return NULL;
}

static char *refuse_credential(const char *rest, struct error *error)
{
    (void)rest;
    error_set(error, "this release does not open `credential:` values; write file:/PATH or "
                     "env:NAME");
    return NULL;
}

static const struct form {
    const char *prefix;
    char *(*open)(const char *rest, struct error *error);
} forms[] = {
    {"file:", read_file},
    {"env:", read_variable},
    {"sealed:", refuse_sealed},
    {"credential:", refuse_credential},
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

char *secret_resolve(const char *value, const struct place *place, struct mistakes *mistakes)
{
    struct error error;
    char *secret = NULL;
    const struct form *form = form_of(value);
    if (form)
        secret = form->open(value + strlen(form->prefix), &error);
    else if (check(value, strlen(value), "the secret", &error) == 0)
        secret = memory_text(value);

    if (!secret)
        mistakes_add(mistakes, place, "%s", error.text);
    else if (!form)
        mistakes_warn(mistakes, place,
                      "the secret stands in the file itself; write file:/PATH or env:NAME");
    return secret;
}
