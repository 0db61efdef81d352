/*
 * Secrets in an INI: a literal, `file:PATH`, `env:NAME`. Other prefixes that are reserved for forms
 * of secrets are refused, so that nobody ships "sealed:v1:…" to a server as if it were a token.
 */
#ifndef AFFN_CONFIG_SECRET_H
#define AFFN_CONFIG_SECRET_H

#include <stdbool.h>

struct mistakes;
struct place;

/* Whether a value says where a secret is, instead of being one. */
bool secret_is_reference(const char *value);

/*
 * The secret that `value` stands for, to be wiped and freed by memory_wipe_text; NULL with a
 * mistake at `place` when it cannot be had (no such file, unset variable, empty). Of a file one
 * trailing line break is dropped. A literal draws a warning. No message ever holds any part of a
 * secret.
 */
char *secret_resolve(const char *value, const struct place *place, struct mistakes *mistakes);

#endif
