/* A mistake of the section, said by a format of sentences.h. */
#ifndef CSV_MISTAKE_H
#define CSV_MISTAKE_H

#include <affnotify/sink.h>

/* Nothing is said when mistakes is NULL. */
void add_mistake(struct affn_mistakes *mistakes, const char *option, const char *format, ...)
    AFFN_PRINTF(3, 4);

#endif
