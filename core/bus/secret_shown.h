/*
 * What may be shown of a secret: where it is found, and its last characters, so that an operator can
 * tell one token from another. Pure. For `config show`, and for what is said of a secret that is wrong.
 */
#ifndef AFFN_BUS_SECRET_SHOWN_H
#define AFFN_BUS_SECRET_SHOWN_H

/* `••••ab12` of a secret of 16 characters or more, `••••` of any other; to be freed. */
char *secret_shown_mask(const char *secret);

/*
 * How it is written: "sealed by key 1a2b3c4d", "file:/PATH", "env:NAME", "credential:NAME",
 * "literal"; to be freed. What only looks like one of these may be a secret: then nothing of it is said
 * but the word before its colon.
 */
char *secret_shown_form(const char *value);

/*
 * Where it really stands: "read from /PATH", "read from the environment variable NAME", "read from the
 * credential NAME", "sealed"; to be freed. NULL for a literal, and for what may be one or hold one.
 */
char *secret_shown_source(const char *value);

/* A value that is no secret, but for who logs in at its URLs: `https://••••@host/`; to be freed. */
char *secret_shown_plain(const char *value);

#endif
