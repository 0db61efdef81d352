/*
 * `affnotifyd --keygen`, `--seal` and `--seal-in-place`: what needs libcrypto of `affnotify keygen` and
 * `affnotify seal`. Each prints one JSON object. A secret comes by stdin and is never said again.
 */
#ifndef AFFN_BUS_SEALER_H
#define AFFN_BUS_SEALER_H

#include <stdbool.h>

/* Makes a key file, and what folders it lacks. Each returns the exit status. */
int sealer_keygen(const char *path);

/* Seals stdin, without one line break at its end, for a section and a key of it. */
int sealer_seal(const char *config_path, const char *section, const char *key);

/* See sealer_files.c. With `again`, what is sealed already is sealed anew under the first key. */
int sealer_in_place(const char *config_path, bool again);

#endif
