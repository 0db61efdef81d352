/*
 * Changes a file that belongs to somebody: only when it still holds what was read, and so that a
 * crash leaves the old one or the new one. For `affnotify seal --in-place`.
 */
#ifndef AFFN_BASE_FILE_REWRITE_H
#define AFFN_BASE_FILE_REWRITE_H

struct buffer;
struct error;

/*
 * Puts `now` in the place of `was`, by a temporary file beside it and rename. Mode, owner, group and
 * access list stay. A symbolic link stays one: what it leads to is changed. -1 with the error, and then
 * the file is as it was: when it holds anything but `was`, or its owner cannot be kept.
 * A signal that ends the program waits until it is done.
 */
int file_rewrite(const char *path, const struct buffer *was, const struct buffer *now,
                 struct error *error);

#endif
