/* Whole files: read within a limit, written so that a crash leaves the old one or the new one. */
#ifndef AFFN_BASE_FILE_H
#define AFFN_BASE_FILE_H

#include <stddef.h>

struct buffer;
struct error;

/*
 * Opens a file to be read, and never waits: a pipe, a socket or a device is refused, for what is
 * behind it might never come. -1 with the reason, which is valid until the next such call.
 */
int file_open_regular(const char *path, const char **reason);

/* Appends a regular file's bytes to buffer; fails when it is longer than the buffer takes. */
int file_read(const char *path, struct buffer *buffer, struct error *error);

/* The same from an open descriptor; path is for the error. */
int file_read_open(int fd, const char *path, struct buffer *buffer, struct error *error);

/*
 * A file in memory that holds the buffer's bytes (none for NULL), to be read from its beginning by
 * another program; closed on exec. -1 with errno.
 */
int file_in_memory(const char *name, const struct buffer *content);

/*
 * Gives an open file another descriptor, `lowest` or above and closed on exec, and closes this one:
 * then dup2 in a child hits nothing of ours. -1 with errno, also for fd -1; it is closed then, too.
 */
int file_move_away(int fd, int lowest);

/* Writes all bytes to fd, going on after short writes and signals; -1 with errno. */
int file_write_all(int fd, const void *bytes, size_t length);

/*
 * Makes directory/name hold just these bytes, durably: a temporary file beside it, whose name
 * begins with a dot, fsync, rename, fsync of the directory. Its mode is 0640 whatever the umask, which
 * belongs to the whole process and is not touched. Allocates nothing.
 */
int file_replace(const char *directory, const char *name, const void *bytes, size_t length,
                 struct error *error);

/* Makes the name durable that a file was given; fd is the file's, path is where it lies. */
int file_sync_name(const char *path, int fd, struct error *error);

/* Makes a directory and its missing parents, each with mode; one that is there is fine. */
int file_make_directory(const char *path, unsigned mode, struct error *error);

#endif
