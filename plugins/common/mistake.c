/* See mistake.h. */
#include "mistake.h"

#include <stdarg.h>
#include <stdio.h>

#define SENTENCE_BYTES 1024

void mistake_add(struct affn_mistakes *mistakes, const char *option, const char *format, ...)
{
    char text[SENTENCE_BYTES];
    va_list arguments;
    if (!mistakes)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mistakes->add(mistakes, option, text);
}

void mistake_warn(struct affn_mistakes *mistakes, const char *option, const char *format, ...)
{
    char text[SENTENCE_BYTES];
    va_list arguments;
    if (!mistakes)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mistakes->warn(mistakes, option, text);
}
