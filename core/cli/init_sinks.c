/* Which sinks `affnotify init` is about: from the command line, or asked for. Makes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/init_parts.h"
#include "core/cli/prompt.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"
#include "core/config/tuning.h"
#include "core/config/value.h"

/* ---- A plugin that is not there ---- */

static bool is_unknown(const json_t *answer)
{
    const char *rule = json_string_value(json_object_get(answer, "rule"));
    return rule && text_equal(rule, "unknown_plugin");
}

/* The names of the plugins that can be loaded. */
static json_t *list_plugins(void)
{
    struct error error;
    json_t *names = json_array();
    json_t *answer = daemon_ask((const char *const[]){"--plugins", NULL}, NULL, &error);
    const json_t *plugins = json_object_get(answer, "plugins");
    for (size_t i = 0; i < json_array_size(plugins); i++) {
        const json_t *plugin = json_array_get(plugins, i);
        if (json_is_null(json_object_get(plugin, "error")))
            json_array_append(names, json_object_get(plugin, "name"));
    }
    json_decref(answer);
    return names;
}

static const char *find_nearest(const json_t *names, const char *wanted)
{
    const char **texts = memory_new(json_array_size(names) + 1, sizeof *texts);
    for (size_t i = 0; i < json_array_size(names); i++)
        texts[i] = json_string_value(json_array_get(names, i));
    const char *nearest = text_nearest(wanted, texts);
    free(texts);
    return nearest;
}

static int refuse_plugin(const struct init *init, const char *wanted)
{
    json_t *names = list_plugins();
    const char *nearest = find_nearest(names, wanted);
    char *all = show_list(names, ", ");
    int code = command_usage(init->invocation, "no plugin is named %s; %s%s%sthere are: %s", wanted,
                             nearest ? "did you mean " : "", nearest ? nearest : "",
                             nearest ? "? " : "", all);
    free(all);
    json_decref(names);
    return code;
}

/* What it says of itself; NULL with the code when what is wrong was said. */
static json_t *describe(const struct init *init, const char *plugin, int *code)
{
    struct error error;
    json_t *answer = daemon_ask((const char *const[]){"--describe", plugin, NULL}, NULL, &error);
    *code = EXIT_NO;
    if (!answer)
        init_fail(init, &error);
    if (!answer || connection_ok(answer))
        return answer;
    bool unknown = is_unknown(answer);
    if (init->invocation->json)
        connection_print_json(answer);
    else if (unknown)
        refuse_plugin(init, plugin);
    else
        connection_print_refusal(init->invocation, answer);
    *code = unknown ? EXIT_USAGE : EXIT_NO;
    json_decref(answer);
    return NULL;
}

/* ---- One sink ---- */

static int refuse_name(const struct init *init, const char *name, const char *plugin)
{
    if (!tuning_is_sink_name(name))
        return command_usage(
            init->invocation,
            "“%s”: a sink's name is 1 to %d bytes of a-z, 0-9, `_` and `-`, a letter "
            "or digit first",
            name, NAME_BYTES_MAX - 1);
    for (size_t i = 0; i < init->sink_count; i++) {
        if (text_equal(init->sinks[i].name, name))
            return command_usage(init->invocation,
                                 "two sinks are named %s; name this one by --sink %s=NAME", name,
                                 plugin);
    }
    return init->sink_count == SINKS_MAX
               ? command_usage(init->invocation, "at most %d sinks are possible", SINKS_MAX)
               : EXIT_DONE;
}

/* One `PLUGIN` or `PLUGIN=NAME`. The exit code. */
static int add_sink(struct init *init, const char *wanted)
{
    int code;
    const char *equals = strrchr(wanted, '=');
    char *named =
        equals ? memory_text_part(wanted, (size_t)(equals - wanted)) : memory_text(wanted);
    char *real = strchr(named, '/') ? realpath(named, NULL) : NULL;
    char *plugin = real ? real : memory_text(named);
    json_t *about = describe(init, plugin, &code);
    char *name = equals ? memory_text(equals + 1) : about ? show_member(about, "name") : NULL;
    if (about)
        code = refuse_name(init, name, named);
    free(named);
    if (code == EXIT_DONE) {
        init->sinks[init->sink_count++] =
            (struct init_sink){.name = name, .plugin = plugin, .about = about};
        return EXIT_DONE;
    }
    json_decref(about);
    free(plugin);
    free(name);
    return code;
}

void init_drop_sinks(struct init *init)
{
    for (size_t i = 0; i < init->sink_count; i++) {
        struct init_sink *sink = &init->sinks[i];
        for (size_t k = 0; k < sink->answer_count; k++)
            memory_wipe_text(sink->answers[k].value);
        free(sink->answers);
        free(sink->name);
        free(sink->plugin);
        json_decref(sink->about);
    }
    init->sink_count = 0;
}

/* ---- All of them ---- */

static int add_line(struct init *init, const char *line)
{
    int code = EXIT_DONE;
    struct value_list wanted;
    value_list(line, &wanted);
    for (size_t i = 0; i < wanted.count && code == EXIT_DONE; i++)
        code = add_sink(init, wanted.items[i]);
    value_list_finish(&wanted);
    return code;
}

/* Until all that was typed can be had. */
static int ask_for_sinks(struct init *init)
{
    struct error error;
    int code;
    wrap_print(stderr, show_columns(stderr), 0,
               "Which sinks? Plugins with blanks between them, such as `webhook slack`, or "
               "`slack=alerts` for one named alerts; `affnotify plugins` lists all.");
    do {
        init_drop_sinks(init);
        char *line = prompt_line("sinks: ", &error);
        if (!line) {
            init_fail(init, &error);
            return EXIT_NO;
        }
        code = add_line(init, line);
        free(line);
    } while (code != EXIT_DONE);
    return EXIT_DONE;
}

int init_find_sinks(struct init *init)
{
    const struct invocation *invocation = init->invocation;
    int code = EXIT_DONE;
    for (int i = 0; i < invocation->repeated_count && code == EXIT_DONE; i++)
        code = add_sink(init, invocation->repeated[i]);
    return invocation->repeated_count == 0 && init->asks ? ask_for_sinks(init) : code;
}
