/*
 * System calls that do the whole of what was asked, or say why not with errno. Used by all that
 * touches the disk here.
 */
#ifndef CSV_DISK_H
#define CSV_DISK_H

#include <stddef.h>
#include <sys/types.h>

/* All of the bytes; 0, or -1. */
int disk_write(int fd, const char *bytes, size_t length);
int disk_read(int fd, char *bytes, size_t length, off_t offset);

/* The directory that a path is in, to be freed; NULL when there is no memory. */
char *disk_directory_of(const char *path);

/* Makes a new name in the path's directory durable; 0, or -1. */
int disk_sync_directory(const char *path);

#endif
