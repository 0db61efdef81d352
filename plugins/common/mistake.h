/*
 * A mistake in a section's options, or a doubt about one, said by a format of the sink's sentences.h.
 * Nothing is said when mistakes is NULL: so what `check` looks at is read by the same code in `open`.
 */
#ifndef COMMON_MISTAKE_H
#define COMMON_MISTAKE_H

#include <affnotify/sink.h>

void mistake_add(struct affn_mistakes *mistakes, const char *option, const char *format, ...)
    AFFN_PRINTF(3, 4);

/* Of what may be meant so. */
void mistake_warn(struct affn_mistakes *mistakes, const char *option, const char *format, ...)
    AFFN_PRINTF(3, 4);

#endif
