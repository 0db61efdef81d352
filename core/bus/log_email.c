/* See log_email.h. */
#include "core/bus/log_email.h"

#include <stddef.h>

#include "core/base/log.h"

static enum email_shown in_force;

static char *mask(const char *text)
{
    return email_mask(text, in_force);
}

void log_email_set(enum email_shown shown)
{
    in_force = shown;
    log_set_filter(shown == EMAIL_FULL ? NULL : mask);
}
