/* See option_text.h. */
#include "core/cli/option_text.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/show.h"

/* Adds a piece to a line that grows; the old one is freed. */
static void append(char **line, const char *piece, const char *value)
{
    char *longer = memory_format("%s%s%s%s", *line, **line ? ", " : "", piece, value);
    free(*line);
    *line = longer;
}

static void append_flag(char **line, const json_t *option, const char *key)
{
    if (json_is_true(json_object_get(option, key)))
        append(line, key, "");
}

char *option_text_facts(const json_t *option)
{
    char *min = show_member(option, "min");
    char *max = show_member(option, "max");
    char *fallback = show_member(option, "default");
    char *choices = show_list(json_object_get(option, "choices"), " | ");
    char *line = *choices ? memory_text(choices) : show_member(option, "type");
    append_flag(&line, option, "required");
    if (!*line && !*fallback && json_is_null(json_object_get(option, "default")))
        append(&line, "required", ""); /* a key of the bus without a default */
    append_flag(&line, option, "secret");
    append_flag(&line, option, "deprecated");
    if (*min && *max) {
        char *bounds = memory_format("from %s to %s", min, max);
        append(&line, bounds, "");
        free(bounds);
    } else if (*min) {
        append(&line, "at least ", min);
    } else if (*max) {
        append(&line, "at most ", max);
    }
    if (*fallback)
        append(&line, "default ", fallback);
    free(min);
    free(max);
    free(fallback);
    free(choices);
    return line;
}

char *option_text_sentence(const json_t *option)
{
    char *help = show_member(option, "help"), *facts = option_text_facts(option);
    char *text =
        text_equal(facts, "string") ? memory_text(help) : memory_format("%s (%s)", help, facts);
    free(help);
    free(facts);
    return text;
}
