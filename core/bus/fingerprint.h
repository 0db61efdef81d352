/*
 * What a sink runs with, as digests: enough to tell whether a new configuration changes it, and
 * never a secret itself. Made by a running sink, by `--check --digests` for the file as it stands,
 * and compared by reload. Pure, but for the look at the plugin's file.
 */
#ifndef AFFN_BUS_FINGERPRINT_H
#define AFFN_BUS_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

struct document;
struct section;

#define FINGERPRINT_SIZE (64 + 1) /* SHA-256 in hex digits, and a NUL */

/* Each "" when it is not known. */
struct fingerprint {
    char section[FINGERPRINT_SIZE]; /* its settings as they are written */
    char plugin[FINGERPRINT_SIZE];  /* which file is loaded: by which path, and which build of it */
    char secrets[FINGERPRINT_SIZE]; /* what its secrets stand for */
};

/* Keys with values, in any order. A zeroed struct is an empty list. */
struct fingerprint_list {
    char **lines;
    size_t count;
};

/* Keeps a digest of the value only. */
void fingerprint_add(struct fingerprint_list *list, const char *key, const char *value);

/* Writes the digest of all to hex (FINGERPRINT_SIZE bytes), the same for every order; empties it. */
void fingerprint_take(struct fingerprint_list *list, char *hex);

/* Of a section's settings, wherever and in whatever order they stand. */
void fingerprint_section(const struct section *section, char *hex);

/* Of all that was read, with its order, its files and its lines. */
void fingerprint_document(const struct document *document, char *hex);

/* Of the plugin's file: its path, device, inode, size and time of change. */
void fingerprint_plugin(const char *path, char *hex);

#endif
