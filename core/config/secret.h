/*
 * Secrets in an INI: `sealed:v1:…`, `file:PATH`, `env:NAME`, `credential:NAME`, or a literal. Used for
 * the options of plugins that are secret, and for what the door asks for.
 */
#ifndef AFFN_CONFIG_SECRET_H
#define AFFN_CONFIG_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct keyring;
struct mistakes;
struct place;

/* Whether a value is sealed or says where a secret is, instead of being one. */
bool secret_is_reference(const char *value);

/* Whether bytes can be a secret: one line of text, not empty, no longer than the limit. */
int secret_check(const char *secret, size_t length, struct error *error);

/*
 * The secret that `value` stands for, to be wiped and freed by memory_wipe_text; NULL with a
 * mistake at `place` when it cannot be had (no such file, unset variable, sealed for another place).
 * The place's section and key are what a sealed value is bound to; keyring NULL is one without keys.
 * Of a file one trailing line break is dropped. A literal draws a warning. No message ever holds any
 * part of a secret.
 */
char *secret_resolve(const char *value, const struct keyring *keyring, const struct place *place,
                     struct mistakes *mistakes);

/*
 * The same for one or several, with commas or blanks between: a file or a credential may have a line
 * for each, whose line breaks are blanks then.
 */
char *secret_resolve_list(const char *value, const struct keyring *keyring,
                          const struct place *place, struct mistakes *mistakes);

/*
 * The same for an option's whole value: one secret, or with is_list the items of a list, each of which
 * stands for one or several; what they stand for has ", " between. A list without any is a mistake.
 */
char *secret_resolve_option(const char *value, bool is_list, const struct keyring *keyring,
                            const struct place *place, struct mistakes *mistakes);

#endif
