/*
 * See refusal.h. A message never quotes what came in: it may be long, not UTF-8, or somebody's
 * data. It names the byte instead, counted from 1.
 */
#include "core/event/refusal.h"

#include <stdarg.h>
#include <stdio.h>

int refusal_set(struct refusal *refusal, const char *field, const char *rule, const char *format,
                ...)
{
    snprintf(refusal->field, sizeof refusal->field, "%s", field);
    snprintf(refusal->rule, sizeof refusal->rule, "%s", rule);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(refusal->message, sizeof refusal->message, format, arguments);
    va_end(arguments);
    return -1;
}
