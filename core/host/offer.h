/*
 * What a mail server offers by its reply to EHLO, and whether that is enough for a mail: libcurl
 * would go on without a login that nobody offers, and say addresses that the server does not know
 * how to read. Hears the conversation line by line; decides, and does nothing. Pure. Called by
 * mail.c.
 */
#ifndef AFFN_HOST_OFFER_H
#define AFFN_HOST_OFFER_H

#include <stdbool.h>
#include <stdint.h>

#define OFFER_AUTH_BYTES_MAX 128 /* kept of the mechanisms */

/* What a server lacks. */
enum offer_lack {
    OFFER_ENOUGH,
    OFFER_NO_LOGIN,     /* it offers no AUTH at all */
    OFFER_NO_MECHANISM, /* it offers AUTH, but not by ours */
    OFFER_NO_UTF8,      /* it takes no addresses beyond ASCII */
};

/* A zeroed struct is at the begin of a mail, of which nothing was heard. */
struct offer {
    bool greets;    /* our last command was EHLO */
    bool settled;   /* nothing is left to do before MAIL */
    bool logged_in; /* by this mail */
    bool mails;     /* we have said MAIL */
    bool utf8;      /* SMTPUTF8 is offered, or was said by us */
    char auth[OFFER_AUTH_BYTES_MAX];
};

/* A command of ours. */
void offer_hear_command(struct offer *offer, const char *command);

/* A line of a reply, without its line end; of several the last one has a blank behind its code. */
void offer_hear_reply(struct offer *offer, const char *line);

/* What is missing by what was heard until now, for a mail that wants a login or SMTPUTF8. */
enum offer_lack offer_lacks(const struct offer *offer, bool login, bool utf8);

#endif
