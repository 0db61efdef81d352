/*
 * affnotify init: a configuration to begin with, and its key. On a terminal it asks for what the sinks
 * need (init_questions.c) and seals the secrets. Nothing is made before the last answer (init_make.c),
 * and nothing is ever overwritten.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/init_parts.h"
#include "core/cli/prompt.h"
#include "core/cli/show.h"
#include "core/config/bus_keys.h"
#include "core/config/config_option.h"
#include "core/config/tuning.h"
#include "core/config/value.h"

int init_fail(const struct init *init, const struct error *error)
{
    command_say(init->invocation, "%s", error->text);
    return -1;
}

/* What is wrong with the key, without the place: that is in a file which nobody has seen. */
static void print_refusal(const struct init *init, const json_t *answer)
{
    const json_t *mistakes = json_object_get(answer, "mistakes");
    for (size_t i = 0; i < json_array_size(mistakes); i++) {
        char *text = show_member(json_array_get(mistakes, i), "text");
        command_say(init->invocation, "%s", text);
        free(text);
    }
    if (json_array_size(mistakes) == 0)
        connection_print_refusal(init->invocation, answer);
}

json_t *init_ask_daemon(const struct init *init, const char *const *arguments,
                        const struct buffer *input)
{
    struct error error;
    json_t *answer = daemon_ask(arguments, input, &error);
    if (!answer) {
        init_fail(init, &error);
        return NULL;
    }
    if (connection_ok(answer))
        return answer;
    if (init->invocation->json)
        connection_print_json(answer);
    else
        print_refusal(init, answer);
    json_decref(answer);
    return NULL;
}

/* ---- Where ---- */

static int set_paths(struct init *init)
{
    struct error error;
    const char *given = init->invocation->config_path;
    char *here = getcwd(NULL, 0);
    if (!given)
        given = CONFIG_PATH_DEFAULT;
    init->path = *given == '/' ? memory_text(given) : memory_format("%s/%s", here, given);
    free(here);
    init->folder = memory_text_part(init->path, (size_t)(strrchr(init->path, '/') - init->path));
    init->key_path = config_key_path(init->path);
    struct stat status;
    if (lstat(init->path, &status) == 0) {
        error_set(&error, "%s is there already and was left as it is; name another file by -c",
                  init->path);
        return init_fail(init, &error);
    }
    char *value = starter_value(init->path);
    bool is_good = value && !strpbrk(init->path, VALUE_LIST_SEPARATORS "\"");
    free(value);
    if (!is_good) {
        error_set(&error,
                  "the key lies beside the file, and `secret_key` cannot name a path with a "
                  "blank, a comma or a quotation mark, or one that is no text; name another "
                  "file by -c");
        return init_fail(init, &error);
    }
    return 0;
}

/* ---- Which sinks ---- */

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
    const char *equals = strrchr(wanted, '=');
    char *named =
        equals ? memory_text_part(wanted, (size_t)(equals - wanted)) : memory_text(wanted);
    char *real = strchr(named, '/') ? realpath(named, NULL) : NULL;
    char *plugin = real ? real : memory_text(named);
    json_t *about = init_ask_daemon(init, (const char *const[]){"--describe", plugin, NULL}, NULL);
    char *name = equals ? memory_text(equals + 1) : about ? show_member(about, "name") : NULL;
    int code = about ? refuse_name(init, name, named) : EXIT_NO;
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

static int ask_for_sinks(struct init *init)
{
    struct error error;
    struct value_list wanted;
    fputs("Which sinks? Plugins with blanks between them, such as `webhook slack`, or\n"
          "`slack=alerts` for one named alerts; `affnotify plugins` lists all.\n",
          stderr);
    char *line = prompt_line("sinks: ", &error);
    if (!line) {
        init_fail(init, &error);
        return EXIT_NO;
    }
    int code = EXIT_DONE;
    value_list(line, &wanted);
    for (size_t i = 0; i < wanted.count && code == EXIT_DONE; i++)
        code = add_sink(init, wanted.items[i]);
    value_list_finish(&wanted);
    free(line);
    return code;
}

static int find_sinks(struct init *init)
{
    const struct invocation *invocation = init->invocation;
    int code = EXIT_DONE;
    for (int i = 0; i < invocation->repeated_count && code == EXIT_DONE; i++)
        code = add_sink(init, invocation->repeated[i]);
    return invocation->repeated_count == 0 && init->asks ? ask_for_sinks(init) : code;
}

/* ---- What comes next ---- */

/* The required options without an answer. */
static json_t *list_blanks(const struct init *init)
{
    json_t *blanks = json_array();
    for (size_t i = 0; i < init->sink_count; i++) {
        const struct init_sink *sink = &init->sinks[i];
        const json_t *options = json_object_get(sink->about, "options");
        for (size_t k = 0; k < json_array_size(options); k++) {
            const json_t *option = json_array_get(options, k);
            const char *name = json_string_value(json_object_get(option, "name"));
            bool is_blank = json_is_true(json_object_get(option, "required"));
            for (size_t a = 0; a < sink->answer_count; a++)
                is_blank = is_blank && !text_equal(sink->answers[a].key, name);
            if (is_blank)
                json_array_append_new(blanks,
                                      json_pack("{s:s,s:s}", "sink", sink->name, "key", name));
        }
    }
    return blanks;
}

static void print_blanks(const json_t *blanks)
{
    if (json_array_size(blanks) > 0)
        puts("\nStill to be filled in:");
    for (size_t i = 0; i < json_array_size(blanks); i++) {
        const json_t *blank = json_array_get(blanks, i);
        char *sink = show_member(blank, "sink"), *key = show_member(blank, "key");
        printf("  [sink:%s] %s\n", sink, key);
        free(sink);
        free(key);
    }
}

static void print_next(const struct init *init, const json_t *blanks)
{
    char *path = show_text(init->path), *key = show_text(init->key_path);
    printf("%smade %s\n%s %s\n", init->asks ? "\n" : "", path,
           init->made_key ? "made its key" : "its key was there:", key);
    puts("Keep a copy of the key in a safe place, apart from the file: without it nothing\n"
         "that was sealed by it can be opened.");
    if (geteuid() == 0)
        printf(
            "Both belong to root. Give them to the user that affnotifyd runs as, and that user a\n"
            "state folder:\n"
            "  chown affnotify %s %s\n"
            "  install -d -m 0700 -o affnotify -g affnotify %s\n",
            path, key, bus_key("state")->fallback);
    print_blanks(blanks);
    printf("\nNext:\n"
           "  affnotify check -c %s\n"
           "      tells what is still missing or wrong\n",
           path);
    if (init->sink_count > 0)
        printf("  affnotify test %s -c %s\n"
               "      sends a marked sample\n",
               init->sinks[0].name, path);
    else
        puts("  affnotify describe webhook\n"
             "      tells what to write in a section [sink:NAME]; there is none yet");
    printf("  affnotifyd -c %s\n"
           "      runs it\n",
           path);
    free(path);
    free(key);
}

static void tell(const struct init *init)
{
    json_t *blanks = list_blanks(init);
    if (!init->invocation->json) {
        print_next(init, blanks);
        json_decref(blanks);
        return;
    }
    json_t *answer = json_pack("{s:b,s:s,s:s,s:b,s:o}", "ok", 1, "config", init->path, "key_file",
                               init->key_path, "made_key", init->made_key, "blanks", blanks);
    connection_print_json(answer);
    json_decref(answer);
}

/* ---- The command ---- */

static int carry_out(struct init *init)
{
    if (set_paths(init) < 0)
        return EXIT_NO;
    int code = find_sinks(init);
    if (code != EXIT_DONE)
        return code;
    if ((init->asks && init_ask_all(init) < 0) || init_make(init) < 0)
        return EXIT_NO;
    tell(init);
    return EXIT_DONE;
}

static void finish(struct init *init)
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
    free(init->path);
    free(init->folder);
    free(init->key_path);
}

static int run(const struct invocation *invocation)
{
    struct init init = {.invocation = invocation,
                        .asks = isatty(STDIN_FILENO) && !invocation->json};
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    int code = carry_out(&init);
    finish(&init);
    return code;
}

const struct command command_init = {
    .name = "init",
    .operands = "",
    .summary = "Begins a configuration, with its key",
    .help = "Writes FILE with a section for each sink that is asked for, every option of its\n"
            "plugin explained, and makes the key for sealed secrets beside it. Neither is\n"
            "ever overwritten; a key that is there is used. On a terminal it asks for the\n"
            "options that have no default, and seals the secrets; else what is required is\n"
            "marked FILL-IN.\n",
    .config_help = "the file to make; else " CONFIG_PATH_DEFAULT,
    .options =
        (const struct command_option[]){
            {"sink", "PLUGIN[=NAME]", "a sink by its plugin, and its name; may be repeated", true},
            {0}},
    .run = run,
};
