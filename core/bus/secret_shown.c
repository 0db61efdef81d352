/* See secret_shown.h. */
#include "core/bus/secret_shown.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/credential.h"
#include "core/config/seal.h"
#include "core/config/secret.h"
#include "core/config/value.h"
#include "core/event/utf8.h"

#define DOTS "••••"

#define CHARACTERS_SHOWN  4
#define CHARACTERS_NEEDED 16 /* so that what is not shown is long enough by itself */

char *secret_shown_mask(const char *secret)
{
    const char *last[CHARACTERS_SHOWN] = {NULL}; /* where the last ones begin, in turn */
    size_t count = 0, length = strlen(secret);
    for (const char *next = secret; *next; count++) {
        uint32_t character;
        size_t bytes = utf8_next(next, length - (size_t)(next - secret), &character);
        if (bytes == 0)
            return memory_text(DOTS); /* no text, so it has no characters */
        last[count % CHARACTERS_SHOWN] = next;
        next += bytes;
    }
    return count < CHARACTERS_NEEDED ? memory_text(DOTS)
                                     : memory_format("%s%s", DOTS, last[count % CHARACTERS_SHOWN]);
}

static bool is_variable(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return *name == '\0';
}

static char *sealed_form(const char *value)
{
    struct sealed sealed;
    struct error error;
    char *form = seal_parse(value, &sealed, &error) == 0
                     ? memory_format("sealed by key %s", sealed.key_id)
                     : memory_text("sealed");
    seal_finish(&sealed);
    return form;
}

/* That it is a path or a name for certain, and no secret. */
static bool is_whole_reference(const char *value)
{
    return text_starts(value, "file:/") || credential_is_name(value) ||
           (text_starts(value, "env:") && is_variable(value + strlen("env:")));
}

char *secret_shown_form(const char *value)
{
    if (seal_is(value))
        return sealed_form(value);
    if (!secret_is_reference(value))
        return memory_text("literal");
    return memory_text_part(value,
                            is_whole_reference(value) ? strlen(value) : strcspn(value, ":") + 1);
}

char *secret_shown_source(const char *value)
{
    static const struct {
        const char *prefix;
        const char *words;
    } sources[] = {
        {"file:", "read from "},
        {"env:", "read from the environment variable "},
        {"credential:", "read from the credential "},
    };
    if (seal_is(value))
        return memory_text("sealed");
    if (strpbrk(value, VALUE_LIST_SEPARATORS))
        return NULL; /* perhaps a list, of which a literal is one item */
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (text_starts(value, sources[i].prefix) && is_whole_reference(value))
            return memory_format("%s%s", sources[i].words, value + strlen(sources[i].prefix));
    }
    return NULL;
}

/* The authority of a URL ends at one of these (RFC 3986, 3.2), or where a list has its next item. */
static const char after_authority[] = "/?#, \t";

char *secret_shown_plain(const char *value)
{
    char *shown = memory_text("");
    for (const char *next; *value; value = next) {
        const char *scheme_end = strstr(value, "://");
        const char *authority = scheme_end ? scheme_end + strlen("://") : value + strlen(value);
        const char *at =
            scheme_end ? memrchr(authority, '@', strcspn(authority, after_authority)) : NULL;
        char *longer =
            memory_format("%s%.*s%s", shown, (int)(authority - value), value, at ? DOTS : "");
        memory_wipe_text(shown);
        shown = longer;
        next = at ? at : authority;
    }
    return shown;
}
