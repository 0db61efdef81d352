/*
 * What `check` alone says, as formats: a literal each, so that the compiler sees the arguments. No other
 * file of those that are named in tests/system/check_cases may have a sentence of its own, and
 * for each here there is a case with its exact output.
 */
#ifndef AFFN_BUS_SENTENCES_H
#define AFFN_BUS_SENTENCES_H

/* ---- survey_user.c ---- */

#define SAY_CONFIG_UNREAD "cannot be read by %s, the owner of %s: %s"
#define SAY_STATE_OTHERS                                                                           \
    "%s belongs to %s; to see what the bus of that user sees, look as that user, or as root"
#define SAY_USER_STAYED                                                                            \
    "%s belongs to %s, and what that user cannot reach was not seen: to look as that user is not " \
    "possible here: %s"

/* ---- survey_file.c, survey_state.c, survey_written.c ---- */

#define SAY_UNREACHED       "%s cannot be reached by %s: %s"
#define SAY_UNREAD          "%s cannot be read: %s"
#define SAY_STATE_NO_FOLDER "%s is no folder; name one, or move away what is there"
#define SAY_STATE_CLOSED    "%s has mode %04o, so that its owner cannot use it; `chmod u+rwx %s`"
#define SAY_STATE_LISTED    "%s has mode %04o, so that others may see what is in it; `chmod %04o %s`"
#define SAY_STATE_OPEN                                                                             \
    "%s has mode %04o, so that others may remove and replace what is in it; `chmod %04o %s`"
#define SAY_STATE_NOT_MADE                                                                         \
    "%s is not there, and %s may not make it in %s: %s; `install -d -m 0700 -o %s %s`"
#define SAY_STATE_NOT_OURS "%s cannot be written by %s: %s; `chown %s %s`"
#define SAY_SECRET_READ    "%s has mode %04o, so that others may read the secret; `chmod %04o %s`"
#define SAY_SECRET_CHANGED "%s has mode %04o, so that others may change the secret; `chmod %04o %s`"
#define SAY_SECRET_OWNED   "%s belongs to %s, who can read and change the secret; `chown %s %s`"
#define SAY_WRITTEN_NO_FOLDER                                                                      \
    "%s cannot be made: %s is not there; `install -d -o %s %s`, or name another"
#define SAY_WRITTEN_CLOSED_FOLDER                                                                  \
    "%s cannot be made: %s may not write to %s: %s; give that user the right, or name another"
#define SAY_WRITTEN_IS_FOLDER "%s is a folder; name a file"
#define SAY_WRITTEN_LINK      "%s is a symbolic link, which a sink does not follow; name a file itself"
#define SAY_WRITTEN_NO_FILE   "%s is no regular file; name one, or a new one"
#define SAY_WRITTEN_OWN       "%s is affnotify's own; name another file"
#define SAY_WRITTEN_CLOSED                                                                         \
    "%s cannot be written by %s: %s; give that user the right, or name another"

/* ---- survey_folder.c ---- */

#define SAY_FOLDER_OPEN                                                                            \
    "%s has mode %04o, so that others may replace what is in it; `chmod %04o %s`"
#define SAY_FOLDER_OWNED                                                                           \
    "%s belongs to %s, who may replace what is in it; `chown root %s`, or keep the file elsewhere"

/* ---- survey_literal.c ---- */

#define SAY_LITERALS_READ                                                                          \
    "has mode %04o, so that others may read the secrets in %s; `affnotify seal --in-place -c "     \
    "%s`, or `chmod %04o %s`"

/* ---- survey_certificate.c ---- */

#define SAY_CERTIFICATE_NONE "%s holds no certificate; name a PEM file with one"
#define SAY_CERTIFICATE_NO_KEY                                                                     \
    "%s holds no key that can be used; name a PEM file with one, without a passphrase"
#define SAY_CERTIFICATE_APART "%s is not the key of %s; name two that belong together"
#define SAY_CERTIFICATE_OVER  "%s expired on %.10s; renew it"
#define SAY_CERTIFICATE_SOON  "%s expires on %.10s; renew it before"
#define SAY_CERTIFICATE_EARLY "%s is not valid before %.10s"

/* ---- survey_names.c, with --online ---- */

#define SAY_NAME_UNKNOWN                                                                           \
    "%s is not known to the name servers: %s; correct the name, or have it entered"
#define SAY_NAME_UNSURE "%s could not be looked up: %s; look again, and at the name servers"
#define SAY_NAME_LATE   "%s was not looked up within %d s; look again, and at the name servers"

/* ---- survey.c ---- */

#define SAY_FILE_TWICE                                                                             \
    "[sink:%s] (%s:%d) writes %s, too; two sinks must not write one file, so name another"
#define SAY_PLACE_TWICE                                                                            \
    "[sink:%s] (%s:%d) delivers to the same place, so that events arrive there twice"
#define SAY_EVENT_NOWHERE "no sink gets %s; such events are kept, and delivered to nobody"

#endif
