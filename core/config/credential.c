/* See credential.h. What only might be a name is not said: it might be a secret. */
#include "core/config/credential.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/sentences.h"

static const char prefix[] = "credential:";

bool credential_is(const char *value)
{
    return text_starts(value, prefix);
}

bool credential_is_name(const char *value)
{
    if (!credential_is(value))
        return false;
    const char *name = value + strlen(prefix);
    return *name && strlen(name) <= NAME_MAX && strcspn(name, "/ \t") == strlen(name) &&
           !text_equal(name, ".") && !text_equal(name, "..");
}

char *credential_path(const char *value, struct error *error)
{
    if (!credential_is_name(value)) {
        error_set(error, SAY_CREDENTIAL_FORM);
        return NULL;
    }
    const char *name = value + strlen(prefix);
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    if (!directory || *directory != '/') {
        error_set(error, SAY_NO_CREDENTIALS, name, name);
        return NULL;
    }
    return memory_format("%s/%s", directory, name);
}
