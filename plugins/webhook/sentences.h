/*
 * Every sentence that the webhook sink says of its options. `affnotify check` prints them behind their
 * place, so each has a case in tests/system/check_cases. None shows any part of a secret.
 */
#ifndef WEBHOOK_SENTENCES_H
#define WEBHOOK_SENTENCES_H

#define SAY_NOT_HTTP      "must be https, not http"
#define SAY_HTTPS         "must begin with https://"
#define SAY_LOGIN_IN_URL  "must not hold a user name or a password; use bearer_token"
#define SAY_NO_HOST       "has no host; write https://HOST/PATH"
#define SAY_BLANK_IN_URL  "holds a blank or a control character; write it as %20 and its like"
#define SAY_TOKEN_EMPTY   "is empty; leave it out to send no Authorization header"
#define SAY_TOKEN_CONTROL "holds a control character, perhaps a line break; write one line"
#define SAY_TOKEN_BLANK   "holds a blank; write the token alone, without a word before it"

/* ---- signing_secret; the number is that of the item, and those of one file count as several ---- */

#define SAY_SIGNING_FORM                                                                           \
    "secret %u is not `whsec_` and base64, as `echo whsec_$(openssl rand -base64 32)` makes one"
#define SAY_SIGNING_LENGTH                                                                         \
    "secret %u stands for %zu bytes, but must stand for %d to %d; `echo whsec_$(openssl rand "     \
    "-base64 32)` makes one"
#define SAY_SIGNING_TWICE    "secret %u is secret %u again; leave one of them out"
#define SAY_SIGNING_TOO_MANY "holds %u secrets, but a request is signed by at most %d"

/* ---- header.NAME ---- */

#define SAY_HEADER_OF_HTTP  "belongs to HTTP itself and cannot be set; leave it out"
#define SAY_HEADER_OF_SINK  "is sent by affnotify itself and cannot be set; leave it out"
#define SAY_HEADER_OF_TOKEN "is what bearer_token sends; leave one of the two out"
#define SAY_HEADER_TWICE                                                                           \
    "is header.%.80s again, for names of headers are the same in any case; leave one out"
#define SAY_HEADER_CONTROL   "holds a control character, perhaps a line break; write one line"
#define SAY_HEADER_NOT_ASCII "holds characters beyond ASCII, which the far side may read as others"
#define SAY_HEADER_TOO_LONG  "has %zu bytes with its name, but a header may have at most %d"
#define SAY_HEADERS_TOO_MANY "there are %u headers, but at most %d can be set"

#endif
