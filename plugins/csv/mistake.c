/* See mistake.h. */
#include "mistake.h"

#include <stdarg.h>
#include <stdio.h>

#define MISTAKE_BYTES 1024

void add_mistake(struct affn_mistakes *mistakes, const char *option, const char *format, ...)
{
    char text[MISTAKE_BYTES];
    va_list arguments;
    if (!mistakes)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mistakes->add(mistakes, option, text);
}
