/* See key_file.h. No sentence holds any part of a file's content. */
#include "core/config/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/base64.h"
#include "core/config/sentences.h"
#include "core/event/digest.h"

static const char prefix[] = "affnotify-key:v1:";

/* The whole line: prefix, base64 of the key, line break; and some bytes to notice that it is longer. */
#define ROOM 128

/* ---- Keys ---- */

void key_init(struct secret_key *key, const unsigned char *bytes)
{
    static const char purpose[] = "affnotify key v1";
    unsigned char text[sizeof purpose - 1 + KEY_BYTES];
    memcpy(text, purpose, sizeof purpose - 1);
    memcpy(text + sizeof purpose - 1, bytes, KEY_BYTES);
    memcpy(key->bytes, bytes, KEY_BYTES);
    digest_hex(text, sizeof text, KEY_ID_SIZE - 1, key->id);
    explicit_bzero(text, sizeof text);
}

void key_wipe(struct secret_key *key)
{
    explicit_bzero(key, sizeof *key);
}

/* ---- Reading ---- */

static int check_status(int fd, const char *path, uid_t owner, mode_t forbidden,
                        struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return error_set_errno(error, "%s", path);
    if (status.st_mode & forbidden)
        return error_set(error, SAY_KEY_MODE, path, (unsigned)(status.st_mode & 07777), path);
    if (status.st_uid != 0 && status.st_uid != geteuid() && status.st_uid != owner)
        return error_set(error, SAY_KEY_OWNER, path, (unsigned)status.st_uid);
    return 0;
}

/* The line as it stands, without its line break. text has ROOM bytes. */
static int read_line(int fd, const char *path, char *text, struct error *error)
{
    ssize_t got;
    do
        got = read(fd, text, ROOM - 1);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_errno(error, "%s", path);
    if (got > 0 && text[got - 1] == '\n')
        got--;
    if (got > 0 && text[got - 1] == '\r')
        got--;
    text[got] = '\0';
    if (got == 0)
        return error_set(error, SAY_KEY_EMPTY, path);
    return 0;
}

static int parse(const char *text, const char *path, struct secret_key *key, struct error *error)
{
    size_t length = 0;
    bool is_ours = text_starts(text, prefix);
    unsigned char *bytes = is_ours ? base64_decode(text + strlen(prefix), &length) : NULL;
    bool is_key = bytes && length == KEY_BYTES;
    if (is_key)
        key_init(key, bytes);
    if (bytes)
        explicit_bzero(bytes, length);
    free(bytes);
    if (is_key)
        return 0;
    if (!is_ours && text_starts(text, "affnotify-key:v"))
        return error_set(error, SAY_KEY_LATER, path);
    if (!is_ours)
        return error_set(error, SAY_KEY_FOREIGN, path);
    return error_set(error, SAY_KEY_DAMAGED, path, prefix);
}

static int read_key(const char *path, uid_t owner, mode_t forbidden, struct secret_key *key,
                    struct error *error)
{
    char text[ROOM];
    const char *reason;
    int fd = file_open_regular(path, &reason);
    if (fd < 0 && access(path, F_OK) < 0 && errno == ENOENT)
        return error_set(error, SAY_KEY_GONE, path);
    if (fd < 0)
        return error_set(error, SAY_FILE_UNREADABLE, path, reason);
    int result = check_status(fd, path, owner, forbidden, error);
    if (result == 0)
        result = read_line(fd, path, text, error);
    close(fd);
    if (result == 0)
        result = parse(text, path, key, error);
    explicit_bzero(text, sizeof text);
    return result;
}

int key_file_read(const char *path, uid_t owner, struct secret_key *key, struct error *error)
{
    return read_key(path, owner, S_IRWXG | S_IRWXO, key, error);
}

int key_file_read_credential(const char *path, struct secret_key *key, struct error *error)
{
    return read_key(path, KEY_NO_OTHER_OWNER, S_IWGRP | S_IXGRP | S_IRWXO, key, error);
}

/* ---- Making ---- */

static int write_key(int fd, const char *path, const struct secret_key *key, struct error *error)
{
    char line[ROOM];
    char *encoded = base64_encode(key->bytes, KEY_BYTES);
    snprintf(line, sizeof line, "%s%s\n", prefix, encoded);
    memory_wipe_text(encoded);
    int result = 0;
    if (fchmod(fd, 0600) < 0 || file_write_all(fd, line, strlen(line)) < 0 || fsync(fd) < 0)
        result = error_set_errno(error, "%s", path);
    explicit_bzero(line, sizeof line);
    return result;
}

int key_file_make(const char *path, struct secret_key *key, struct error *error)
{
    unsigned char bytes[KEY_BYTES];
    if (RAND_priv_bytes(bytes, sizeof bytes) != 1)
        return error_set(error, SAY_NO_RANDOM);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST) {
        explicit_bzero(bytes, sizeof bytes);
        return error_set(error, SAY_KEY_EXISTS, path);
    }
    if (fd < 0) {
        explicit_bzero(bytes, sizeof bytes);
        return error_set_errno(error, "%s", path);
    }
    key_init(key, bytes);
    explicit_bzero(bytes, sizeof bytes);
    int result = write_key(fd, path, key, error);
    if (result == 0)
        result = file_sync_name(path, fd, error);
    close(fd);
    if (result < 0) {
        unlink(path);
        key_wipe(key);
    }
    return result;
}
