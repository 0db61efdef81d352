/* See offer.h. */
#include "core/host/offer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"

#define CODE_LENGTH 3

/* After STARTTLS the server is greeted again, and what it offered before counts no more. */
void offer_hear_command(struct offer *offer, const char *command)
{
    offer->settled = false;
    offer->greets = text_starts(command, "EHLO ") || text_starts(command, "HELO ");
    offer->mails = text_starts(command, "MAIL ");
    if (offer->greets) {
        offer->utf8 = false;
        offer->auth[0] = '\0';
    } else if (offer->mails) {
        offer->utf8 =
            strstr(command, "> SMTPUTF8") != NULL; /* on a connection that was kept, too */
    }
}

/* "AUTH PLAIN LOGIN", "SMTPUTF8": RFC 4954, 3; RFC 6531, 3.1. */
static void read_keyword(struct offer *offer, const char *text)
{
    if (strncasecmp(text, "AUTH ", 5) == 0)
        snprintf(offer->auth, sizeof offer->auth, "%s", text + 5);
    size_t length = strcspn(text, " ");
    if (length == 8 && strncasecmp(text, "SMTPUTF8", length) == 0)
        offer->utf8 = true;
}

void offer_hear_reply(struct offer *offer, const char *line)
{
    bool last = strlen(line) == CODE_LENGTH || line[CODE_LENGTH] == ' ';
    bool yes = text_starts(line, "250");
    if (offer->greets && yes && line[CODE_LENGTH])
        read_keyword(offer, line + CODE_LENGTH + 1);
    if (last && text_starts(line, "235"))
        offer->logged_in = true;
    if (last && ((offer->greets && yes) || offer->logged_in))
        offer->settled = true;
}

enum offer_lack offer_lacks(const struct offer *offer, bool login, bool utf8)
{
    if (offer->mails)
        return utf8 && !offer->utf8 ? OFFER_NO_UTF8 : OFFER_ENOUGH;
    if (!offer->settled)
        return OFFER_ENOUGH;
    if (login && !offer->logged_in)
        return OFFER_NO_LOGIN;
    return utf8 && !offer->utf8 ? OFFER_NO_UTF8 : OFFER_ENOUGH;
}
