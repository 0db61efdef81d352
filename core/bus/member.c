/* See member.h. */
#include "core/bus/member.h"

#include <jansson.h>
#include <string.h>

#include "core/bus/answer.h"

json_t *member_read_text(const json_t *command, const char *name, const char **text)
{
    const json_t *member = json_object_get(command, name);
    *text = json_string_value(member);
    if (!member || (*text && strlen(*text) == json_string_length(member)))
        return NULL;
    return answer_refusal(name, "type", "%s: must be text; leave it out for all", name);
}

json_t *member_read_bool(const json_t *command, const char *name, bool *value)
{
    const json_t *member = json_object_get(command, name);
    *value = json_is_true(member);
    if (!member || json_is_boolean(member))
        return NULL;
    return answer_refusal(name, "type", "%s: must be true or false", name);
}
