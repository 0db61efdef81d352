/*
 * What a mail server's answer means for this sink, and what to do about it. It differs from the
 * host's own map in one thing: the recipients come from the section and not from the event, so
 * when the server refuses them all the settings are wrong, not the event. Used by smtp.c.
 */
#ifndef SMTP_VERDICT_H
#define SMTP_VERDICT_H

#include <stdbool.h>

#include <affnotify/request.h>

/* Whether the server did not take the mail for this recipient, for now or for ever. */
bool verdict_is_refused(const struct affn_rcpt_reply *answer);

/*
 * The verdict; says in the reply what the host would not say as well. `by_token`: we log in by
 * oauth_token.
 */
int32_t verdict_conclude(const struct affn_response *response, bool by_token,
                         struct affn_reply *reply);

#endif
