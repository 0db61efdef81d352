/*
 * `credential:NAME`: what systemd hands a service, as files of $CREDENTIALS_DIRECTORY (systemd.exec,
 * LoadCredential=).
 */
#ifndef AFFN_CONFIG_CREDENTIAL_H
#define AFFN_CONFIG_CREDENTIAL_H

#include <stdbool.h>

struct error;

/* Whether a value has the form `credential:NAME`, whatever the name. */
bool credential_is(const char *value);

/* Whether it names one as systemd could: the name of a file, no path. */
bool credential_is_name(const char *value);

/* Where the file of `credential:NAME` lies, to be freed; NULL with the error. */
char *credential_path(const char *value, struct error *error);

#endif
