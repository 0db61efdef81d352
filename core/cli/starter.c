/* See starter.h. */
#include "core/cli/starter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/option_text.h"
#include "core/cli/show.h"
#include "core/config/bus_keys.h"
#include "core/event/utf8.h"

/* ---- Lines ---- */

/* A comment in lines of at most SHOW_COLUMNS; a longer word has one of its own. */
static void write_comment(FILE *out, const char *text)
{
    size_t used = 0;
    while (*text) {
        size_t bytes = strcspn(text, " ");
        size_t width = show_width(text) - show_width(text + bytes);
        bool is_new = used == 0 || used + 1 + width > SHOW_COLUMNS;
        fprintf(out, "%s%s%.*s", used > 0 && is_new ? "\n" : "", is_new ? "# " : " ", (int)bytes,
                text);
        used = (is_new ? strlen("# ") : used + 1) + width;
        text += bytes + strspn(text + bytes, " ");
    }
    fputc('\n', out);
}

/* A setting that is switched off; value NULL for none. */
static void write_default(FILE *out, const char *key, const char *value)
{
    char *text = value && *value ? starter_value(value) : NULL;
    fprintf(out, ";%s =%s%s\n", key, text ? " " : "", text ? text : "");
    free(text);
}

static bool is_text(const char *value)
{
    size_t left = strlen(value);
    while (left > 0) {
        uint32_t character;
        size_t bytes = utf8_next(value, left, &character);
        if (bytes == 0 || (character < ' ' && character != '\t') || character == 0x7f)
            return false;
        value += bytes;
        left -= bytes;
    }
    return true;
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t';
}

/* Whether the value would be read as another one without quotes. */
static bool needs_quotes(const char *value)
{
    size_t length = strlen(value);
    if (length == 0 || is_blank(value[0]) || is_blank(value[length - 1]) || value[0] == '"')
        return true;
    for (size_t i = 0; i + 1 < length; i++) {
        if (is_blank(value[i]) && (value[i + 1] == ';' || value[i + 1] == '#'))
            return true;
    }
    return value[0] == ';' || value[0] == '#';
}

char *starter_value(const char *value)
{
    if (!is_text(value))
        return NULL;
    if (!needs_quotes(value))
        return memory_text(value);
    return strchr(value, '"') ? NULL : memory_format("\"%s\"", value);
}

/* ---- [bus] ---- */

void starter_write_bus(FILE *out, const char *path, const char *key_path)
{
    size_t count;
    const struct bus_key *keys = bus_keys(&count);
    fprintf(out,
            "# affnotify's configuration, begun by `affnotify init`.\n"
            "#\n"
            "# Fill in what says FILL-IN: put your own value in its place. Lines that begin\n"
            "# with # explain. Lines that begin with ; are settings that are switched off,\n"
            "# with their defaults: take the ; away to use one.\n"
            "#\n"
            "# Do not write a secret as it is. Seal it, for one sink and one key:\n"
            "#   affnotify seal --sink NAME --key KEY -c %s\n"
            "# or say where it is found: file:/PATH, credential:NAME, env:NAME.\n\n[bus]\n",
            path);
    for (size_t i = 0; i < count; i++) {
        write_comment(out, keys[i].help);
        if (text_equal(keys[i].name, "secret_key"))
            fprintf(out, "secret_key = %s\n", key_path);
        else
            write_default(out, keys[i].name, keys[i].fallback);
    }
}

/* ---- [sink:NAME] ---- */

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is_set(const json_t *option, const char *flag)
{
    return json_is_true(json_object_get(option, flag));
}

static const char *answer_for(const struct starter_sink *sink, const char *key)
{
    for (size_t i = 0; i < sink->answer_count; i++) {
        if (text_equal(sink->answers[i].key, key))
            return sink->answers[i].value;
    }
    return NULL;
}

static void write_option(FILE *out, const struct starter_sink *sink, const json_t *option)
{
    const char *name = member(option, "name");
    const char *answer = answer_for(sink, name);
    char *comment = option_text_sentence(option);
    char *value = answer ? starter_value(answer) : NULL;
    char *key =
        memory_format("%s%s", name, text_equal(member(option, "type"), "map") ? ".KEY" : "");
    write_comment(out, comment);
    if (value)
        fprintf(out, "%s = %s\n", key, value);
    else if (is_set(option, "required"))
        fprintf(out, "%s = FILL-IN\n", key);
    else
        write_default(out, key, member(option, "default"));
    free(comment);
    free(value);
    free(key);
}

/* Keys that many sinks have are not explained in each section. */
static void write_others(FILE *out, const json_t *options, const char *heading, bool empty)
{
    if (json_array_size(options) > 0)
        write_comment(out, heading);
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        const char *value = member(option, "default");
        if (*value || empty)
            write_default(out, member(option, "name"), value);
    }
}

void starter_write_sink(FILE *out, const struct starter_sink *sink)
{
    const json_t *options = json_object_get(sink->about, "options");
    char *plugin = starter_value(sink->plugin);
    fputc('\n', out);
    write_comment(out, member(sink->about, "summary"));
    fprintf(out, "[sink:%s]\nplugin = %s\n", sink->name, plugin ? plugin : "FILL-IN");
    free(plugin);
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        if (!is_set(option, "deprecated"))
            write_option(out, sink, option);
    }
    char *heading = memory_format("Of every sink that makes requests; `affnotify describe %s` "
                                  "explains these and those below.",
                                  sink->plugin);
    write_others(out, json_object_get(sink->about, "host_options"), heading, true);
    free(heading);
    write_others(out, json_object_get(sink->about, "bus_options"),
                 "Of every sink, with the defaults of this one.", false);
}

bool starter_asks(const json_t *option)
{
    return json_is_null(json_object_get(option, "default")) && !is_set(option, "deprecated") &&
           !is_set(option, "rare") && !text_equal(member(option, "type"), "map");
}

bool starter_is_secret(const json_t *option)
{
    return is_set(option, "secret");
}
