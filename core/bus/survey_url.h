/* What a survey has to know of URLs: which host they name, and whether two are one. Pure. */
#ifndef AFFN_BUS_SURVEY_URL_H
#define AFFN_BUS_SURVEY_URL_H

#include <stdbool.h>

/* The host alone, without brackets, in lower case; to be wiped and freed. NULL when there is none. */
char *survey_url_host(const char *url);

/*
 * The URL as all that mean the same are written: scheme and host in lower case, without the scheme's own
 * port and a fragment, `/` for no path; to be wiped and freed. NULL when it is no URL.
 */
char *survey_url_same(const char *url);

/* Whether its path says where to, as that of https does; a mail server's URL is only the way. */
bool survey_url_is_place(const char *url);

#endif
