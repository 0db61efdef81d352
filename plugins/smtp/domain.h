/*
 * Domains beyond ASCII in the form that name servers and mail servers know: labels that begin with
 * xn-- (IDNA 2008, by libidn2). Used by address.c.
 */
#ifndef SMTP_DOMAIN_H
#define SMTP_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the ASCII form of a domain of UTF-8; false when it has none, or one too long for `to`. */
bool domain_to_ascii(const char *domain, char *to, size_t room);

#endif
