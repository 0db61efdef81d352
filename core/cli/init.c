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
#include "core/cli/folders.h"
#include "core/cli/init_parts.h"
#include "core/cli/interrupt.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"
#include "core/config/bus_keys.h"
#include "core/config/config_option.h"
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
    if (!given)
        given = CONFIG_PATH_DEFAULT;
    char *here = *given == '/' ? memory_text("") : getcwd(NULL, 0);
    if (!here) {
        error_set_errno(&error, "%s: the folder that it would be in cannot be told", given);
        return init_fail(init, &error);
    }
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
    char *quoted = config_quoted(init->path), *path = show_text(quoted);
    char *key = show_text(init->key_path);
    size_t columns = show_columns(stdout);
    if (init->asks)
        putchar('\n');
    folders_print(stdout, init->made_folders);
    printf("made %s\n%s %s\n", path, init->made_key ? "made its key" : "its key was there:", key);
    wrap_print(stdout, columns, 0,
               "Keep a copy of the key in a safe place, apart from the file: without it nothing "
               "that was sealed by it can be opened.");
    if (geteuid() == 0) {
        wrap_print(stdout, columns, 0,
                   "Both belong to root. Give them to the user that affnotifyd runs as, and that "
                   "user a state folder:");
        folders_print_steps(stdout, init->made_folders);
        printf("  chown affnotify %s %s\n"
               "  install -d -m 0700 -o affnotify -g affnotify %s\n",
               path, key, bus_key("state")->fallback);
    }
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
    free(quoted);
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
    json_t *answer = json_pack("{s:b,s:s,s:s,s:b,s:O,s:o}", "ok", 1, "config", init->path,
                               "key_file", init->key_path, "made_key", init->made_key,
                               "made_folders", init->made_folders, "blanks", blanks);
    connection_print_json(answer);
    json_decref(answer);
}

/* ---- The command ---- */

static int carry_out(struct init *init)
{
    if (set_paths(init) < 0)
        return EXIT_NO;
    int code = init_find_sinks(init);
    if (code != EXIT_DONE)
        return code;
    if (init->asks && init_ask_all(init) < 0)
        return EXIT_NO;
    struct interrupt interrupt; /* so that nothing half made is left, and what was made is told */
    interrupt_init(&interrupt);
    code = init_make(init) < 0 ? EXIT_NO : EXIT_DONE;
    if (code == EXIT_DONE)
        tell(init);
    fflush(stdout);
    interrupt_finish(&interrupt);
    return code;
}

static void finish(struct init *init)
{
    init_drop_sinks(init);
    json_decref(init->made_folders);
    free(init->path);
    free(init->folder);
    free(init->key_path);
}

static int run(const struct invocation *invocation)
{
    struct init init = {.invocation = invocation,
                        .asks = isatty(STDIN_FILENO) && !invocation->json};
    init.made_folders = json_array();
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
            "options that have no default, looks at each answer, and seals the secrets; else\n"
            "what is required is marked FILL-IN. A folder that is not there is made with the\n"
            "mode 0750.\n",
    .config_help = "the file to make; else " CONFIG_PATH_DEFAULT,
    .options =
        (const struct command_option[]){
            {"sink", "PLUGIN[=NAME]", "a sink by its plugin, and its name; may be repeated", true},
            {0}},
    .run = run,
};
