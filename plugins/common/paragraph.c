/* See paragraph.h. */
#include "paragraph.h"

#include <string.h>

const char *paragraph_next(const char **rest, size_t *length)
{
    const char *paragraph = *rest + strspn(*rest, "\n");
    *length = strcspn(paragraph, "\n");
    *rest = paragraph + *length;
    return *length > 0 ? paragraph : NULL;
}
