/*
 * What the smtp sink says of its options. `affnotify check` prints each behind its place, so each
 * has a case in tests/system/check_cases; a test fails for one that has none.
 */
#ifndef SMTP_SENTENCES_H
#define SMTP_SENTENCES_H

/* ---- The server, the login, the subject: smtp.c ---- */

#define SAY_SCHEME         "must begin with smtp:// or smtps://"
#define SAY_HOST_CHARACTER "holds a character that no host has; write smtp://HOST:PORT"
#define SAY_LOGIN_IN_URL   "must not hold a user name or a password; use user and password"
#define SAY_NO_HOST        "has no host; write smtp://HOST:PORT"
#define SAY_URL_END        "must end after host and port; write smtp://HOST:PORT"
#define SAY_STARTTLS_OF_SMTPS                                                                      \
    "belongs to smtp://; leave it out: smtps:// is encrypted from the beginning"
#define SAY_STARTTLS_NEVER                                                                         \
    "may be never only for a server on this machine (localhost, 127.0.0.1, [::1]); leave it "      \
    "out, so that the mail is encrypted"
#define SAY_EMPTY          "is empty; leave it out"
#define SAY_HIDDEN         "holds a character that cannot be seen, such as a line break; leave it out"
#define SAY_USER_ALONE     "is set without password; set both, or neither"
#define SAY_PASSWORD_ALONE "is set without user; set both, or neither"
#define SAY_NO_TOKEN       "needs oauth_token, which is the access token of user"
#define SAY_NO_TOKEN_USER  "is set without user, to whom the token belongs: mostly an address"
#define SAY_PASSWORD_OF_TOKEN                                                                      \
    "belongs to auth = plain or login; leave it out: oauth_token is set in its place"
#define SAY_TOKEN_OF_PASSWORD                                                                      \
    "belongs to auth = xoauth2 or oauthbearer; set one of these, or leave it out"
#define SAY_TOKEN_IN_THE_CLEAR                                                                     \
    "may not be never with a token; leave it out, or log in by a password"
#define SAY_PREFIX_TOO_LONG "has more than 100 bytes; shorten it"

/* ---- People together: envelope.c ---- */

#define SAY_RECIPIENT_TWICE "names %s, who is a recipient already and gets one mail"
#define SAY_RECIPIENTS      "has one recipient too many: to, cc and bcc may name %d; use a mailing list"
#define SAY_HEADER_TOO_LONG                                                                        \
    "makes a header of more than 8000 bytes; shorten the names, or use a mailing list"
#define SAY_ONE_SENDER "names more than one sender; write one address"
#define SAY_LOCAL_IN_HEADER_ONLY                                                                   \
    "has a letter beyond ASCII before its @, but no address has that the mail goes to or comes "   \
    "from; use an ASCII address of that mailbox"
#define SAY_NAME_OF_SENDER "has a name, which nobody would see; write the address alone"
#define SAY_LIST_ID                                                                                \
    "is no list's ID of at most 255 bytes; write LABEL.DOMAIN or NAME <LABEL.DOMAIN>, such as "    \
    "affiliates.example.com"

/* ---- One address: address.c ---- */

#define SAY_LOCAL_EMPTY    "has nothing before its @; write name@example.com"
#define SAY_LOCAL_TOO_LONG "has more than 64 bytes before its @; no mail server takes that"
#define SAY_LOCAL_DOT      "has a dot before its @ that stands at an end or beside another; leave it out"
#define SAY_LOCAL_CHARACTER                                                                        \
    "has a character before its @ that no address may have there; write name@example.com"
#define SAY_LABEL_EMPTY    "has an empty part in its domain; write name@example.com"
#define SAY_LABEL_TOO_LONG "has a part of more than 63 bytes in its domain; check the domain"
#define SAY_LABEL_HYPHEN                                                                           \
    "has a part in its domain that begins or ends with a hyphen; check the domain"
#define SAY_DOMAIN_BEYOND_ASCII                                                                    \
    "has a domain beyond ASCII that no name server could know; check the domain"
#define SAY_DOMAIN_CHARACTER                                                                       \
    "has a domain with other than letters, digits, hyphens and dots; write name@example.com"
#define SAY_NOTHING_BUT_NAME "is empty; write name@example.com"
#define SAY_NO_AT            "has no @; write name@example.com"
#define SAY_NAME_TOO_LONG    "has a name of more than 256 bytes; shorten it"
#define SAY_ADDRESS_TOO_LONG "has more than 254 bytes; no mail server takes that"
#define SAY_QUOTE_OPEN       "has a quotation mark that is not closed; write \"NAME\" <name@example.com>"
#define SAY_NAME_ALONE       "has a name without an address; write NAME <name@example.com>"
#define SAY_BRACKET_OPEN     "has a < without its >; write NAME <name@example.com>"
#define SAY_BEHIND_BRACKET   "has something after its >; put commas between addresses"
#define SAY_AT_IN_NAME                                                                             \
    "has an @ in its name; put commas between addresses, or quotes around the name"
#define SAY_BRACKET_CLOSED "has a > without its <; write NAME <name@example.com>"
#define SAY_SEMICOLON      "has a semicolon; put commas between addresses, or quotes around the name"
#define SAY_QUOTE_IN_NAME  "has a quotation mark within its name; put the whole name in quotes"
#define SAY_NAME_HIDDEN                                                                            \
    "has a character in its name that cannot be seen, such as a line break; leave it out"
#define SAY_ADDRESS_EMPTY                                                                          \
    "is empty; write name@example.com or NAME <name@example.com>, with commas between"
#define SAY_ADDRESS         "address %u, `%s`, %s"
#define SAY_ADDRESS_UNSHOWN "address %u %s"

#endif
