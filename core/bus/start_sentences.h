/*
 * What the bus says of its configuration when it starts, and `check` too: as in sentences.h, which
 * has what `check` alone says.
 */
#ifndef AFFN_BUS_START_SENTENCES_H
#define AFFN_BUS_START_SENTENCES_H

/* ---- handshake.c: a sink's plugin ---- */

#define SAY_NO_PLUGIN_NEAR "no plugin is named %s; did you mean `%s`?"
#define SAY_NO_PLUGIN                                                                              \
    "no plugin has this name: it is neither in a directory of `plugins` in [bus] nor among the "   \
    "built-in ones"
#define SAY_ALERT_SINK_CANNOT                                                                      \
    "the plugin %s of [sink:%s] cannot give notices; name a sink whose plugin can, such as "       \
    "slack or smtp"

/* ---- checker.c, look.c, host_process.c: the process that a plugin is looked at in ---- */

#define SAY_LOADING_ENDED                                                                          \
    "the plugin's process %s while it was loaded; "                                                \
    "see what it printed, put back the version that worked, or ask who wrote the plugin"
#define SAY_CHECKING_ENDED                                                                         \
    "the plugin's process %s while it checked its options; "                                       \
    "see what it printed, put back the version that worked, or ask who wrote the plugin"
#define SAY_NOT_FINISHED       "did not finish within 30 s"
#define SAY_KILLED             "was killed by signal %d (%s)"
#define SAY_CLOSED_DESCRIPTORS "closed descriptors that belong to affnotify-host"
#define SAY_STATUS_127         "ended with status 127, as when affnotify-host cannot be executed"
#define SAY_STATUS             "ended with status %d"
#define SAY_FRAME_TOO_LONG     "sent a frame over %d bytes"
#define SAY_FRAME_UNEXPECTED   "sent a frame of type %u that makes no sense here"
#define SAY_NO_HOST            "%s: without it no sink can run"
#define SAY_NO_LOOP            "cannot make an event loop"
#define SAY_NO_SOCKET          "cannot make a socket or a pipe"
#define SAY_NO_PROCESS         "cannot start a process"

/* ---- checker.c ---- */

#define SAY_BUS_FIRST                                                                              \
    "nothing but the lines was looked at: what is wrong in [bus], or outside of any section, may " \
    "change what the rest means; mend that, and check again"

/* ---- access.c: groups ---- */

#define SAY_NO_GROUP    "there is no group of this name; make it with `groupadd`"
#define SAY_SPOOL_GROUP "%s: cannot be given to its group"

/* ---- door_settings.c: tokens and signing secrets ---- */

#define SAY_TOKEN_CHARACTER                                                                        \
    "a token has a character that no header can hold; use letters, digits and `-._~+/=`"
#define SAY_TOKEN_SHORT          "a token of fewer than %d characters can be guessed"
#define SAY_SIGNING_SECRET       "must be `whsec_` and base64, as the sender shows it"
#define SAY_TOO_MANY_CREDENTIALS "has more than %d; take away those that are out of use"
#define SAY_NO_SECRET            "holds nothing but blanks; put a secret there"
#define SAY_SAME_PORT            "has the port of `listen`; give it another"

/* ---- door_certificate.c ---- */

#define SAY_TLS_TOO_LONG "%s is larger than %d bytes; it can be no certificate or key"
#define SAY_TLS_NO_CERTIFICATE                                                                     \
    "%s holds no certificate; name a PEM file with the door's certificate first and its chain "    \
    "behind it"
#define SAY_TLS_PASSPHRASE                                                                         \
    "%s has a passphrase, which nobody is there to give; name the PEM file with the key of "       \
    "tls_certificate, without one"
#define SAY_TLS_CERTIFICATE_FOR_KEY                                                                \
    "%s holds a certificate and no key; name the PEM file with the key of tls_certificate"
#define SAY_TLS_NO_KEY "%s holds no key; name the PEM file with the key of tls_certificate"
#define SAY_TLS_EARLY  "%s is not valid before %.10s; senders refuse it until then"
#define SAY_TLS_OVER   "%s expired on %.10s; senders refuse it, so renew it"
#define SAY_TLS_SOON   "%s expires on %.10s, in %lld day%s; renew it"
#define SAY_TLS_APART  "%s is not the key of %s; put the two that belong together there"

#endif
