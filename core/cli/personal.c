/* See personal.h. */
#include "core/cli/personal.h"

#include <stdlib.h>

enum email_shown personal_shown(const json_t *answer)
{
    return email_shown_of(json_string_value(json_object_get(answer, "log_email")));
}

/* No deeper than an answer of the bus is. */
static void hide(json_t *value, enum email_shown shown)
{
    const char *key;
    json_t *member;
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
        hide(json_array_get(value, i), shown);
    if (json_is_object(value))
        json_object_foreach(value, key, member) hide(member, shown);
    if (!json_is_string(value))
        return;
    char *text = email_mask(json_string_value(value), shown);
    json_string_set(value, text);
    free(text);
}

void personal_hide(json_t *answer)
{
    hide(answer, personal_shown(answer));
}
