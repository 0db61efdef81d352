/*
 * What `check` says, as formats: a literal each, so that the compiler sees the arguments. No other
 * file of those that are named in tests/system/check_cases may have a sentence of its own, and
 * for each here there is a case with its exact output.
 */
#ifndef AFFN_BUS_SENTENCES_H
#define AFFN_BUS_SENTENCES_H

/* ---- survey.c: `state` ---- */

#define SAY_STATE_NO_FOLDER "%s is no folder; name one, or move away what is there"
#define SAY_STATE_LISTED    "%s has mode %04o, so that others may see what is in it; `chmod %04o %s`"
#define SAY_STATE_OPEN                                                                             \
    "%s has mode %04o, so that others may remove and replace what is in it; `chmod %04o %s`"

#endif
