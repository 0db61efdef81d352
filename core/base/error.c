/* See error.h. Sentences that do not fit are cut: they are for people, never parsed. */
#include "core/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return -1;
}

int error_set_errno(struct error *error, const char *format, ...)
{
    int saved = errno;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, ": %s", strerror(saved));
    return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
    struct error whole;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(whole.text, sizeof whole.text, format, arguments);
    va_end(arguments);
    size_t used = strlen(whole.text);
    size_t room = sizeof whole.text - used;
    snprintf(whole.text + used, room, ": %.*s", (int)room, error->text);
    *error = whole;
    return -1;
}
