/* affnotify describe NAME: what one can write in the section of a sink with this plugin. */
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/errand.h"
#include "core/cli/manual.h"
#include "core/cli/option_text.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"

#define TEMPLATE_BYTES_MAX (256 * 1024)
#define NAME_COLUMNS       22 /* of an option's name, with its indent and the gap */

static void print_option(const json_t *option)
{
    char *name = show_member(option, "name");
    char *type = show_member(option, "type");
    char *help = show_member(option, "help");
    char *facts = option_text_facts(option);
    char *written = memory_format("%s%s", name, strcmp(type, "map") == 0 ? ".KEY" : "");
    int used = printf("  %s", written);
    if (used > NAME_COLUMNS - 2) {
        putchar('\n');
        used = 0;
    }
    if (*facts)
        wrap_words(stdout, facts, NAME_COLUMNS, (size_t)used, SHOW_COLUMNS);
    wrap_words(stdout, help, NAME_COLUMNS, *facts ? 0 : (size_t)used, SHOW_COLUMNS);
    free(name);
    free(type);
    free(help);
    free(facts);
    free(written);
}

static void print_options(const json_t *answer, const char *key, const char *heading)
{
    const json_t *options = json_object_get(answer, key);
    bool is_styled = show_styled(stdout);
    if (json_array_size(options) == 0)
        return;
    printf("\n%s%s%s\n", is_styled ? "\033[1m" : "", heading, is_styled ? "\033[0m" : "");
    for (size_t i = 0; i < json_array_size(options); i++)
        print_option(json_array_get(options, i));
}

static void print_page(const json_t *answer)
{
    char *name = show_member(answer, "name");
    char *version = show_member(answer, "version");
    char *summary = show_member(answer, "summary");
    char *path = show_member(answer, "path");
    char *sinks = show_list(json_object_get(answer, "sinks"), ", ");
    printf("%s %s\n", name, version);
    wrap_words(stdout, summary, 0, 0, SHOW_COLUMNS);
    printf("%s\n", path);
    if (*sinks)
        printf("used by %s\n", sinks);
    print_options(answer, "options", "Its own options");
    print_options(answer, "host_options", "Options of every sink that makes requests");
    print_options(answer, "bus_options", "Options of every sink, with the defaults of this one");
    free(name);
    free(version);
    free(summary);
    free(path);
    free(sinks);
}

/* The bus's directory is not ours, so a path is made absolute; NULL stays what it is. */
static char *absolute_path(const char *name)
{
    char *path = strchr(name, '/') ? realpath(name, NULL) : NULL;
    return path ? path : memory_text(name);
}

enum { OPTION_MAN, OPTION_TEMPLATE };

static int print_manual(const struct invocation *invocation, const json_t *answer)
{
    const char *path = invocation->values[OPTION_TEMPLATE];
    struct buffer template;
    struct error error;
    buffer_init(&template, TEMPLATE_BYTES_MAX);
    int result = path ? file_read(path, &template, &error) : 0;
    if (result == 0 &&
        manual_print(stdout, path ? template.data : manual_template, answer, &error) < 0)
        result = error_prefix(&error, "%s", path);
    if (result < 0)
        command_say(invocation, "%s", error.text);
    buffer_finish(&template);
    return result < 0 ? EXIT_NO : EXIT_DONE;
}

static int run(const struct invocation *invocation)
{
    if (invocation->values[OPTION_TEMPLATE] && !invocation->values[OPTION_MAN])
        return command_usage(invocation, "--template goes with --man");
    char *name = absolute_path(invocation->operands[0]);
    const char *const arguments[] = {"--describe", name, NULL};
    int code = EXIT_NO;
    json_t *answer = NULL;
    json_t *request = json_pack("{s:s, s:s}", "command", "describe", "name", name);
    struct errand errand = {
        .request = request,
        .arguments = arguments,
        .timeout_ms = COMMAND_TIMEOUT_MS,
        .bus_optional = true,
        .bus_never = strchr(name, '/') != NULL,
    };
    if (request)
        answer = errand_command(invocation, &errand, &code);
    else
        code = command_usage(invocation, "the name is not valid UTF-8");
    if (answer && invocation->values[OPTION_MAN])
        code = print_manual(invocation, answer);
    else if (answer && !invocation->json)
        print_page(answer);
    json_decref(answer);
    free(name);
    return code;
}

const struct command command_describe = {
    .name = "describe",
    .operands = "NAME",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Tells a plugin's options",
    .help =
        "NAME is a plugin's, the path of a .so, or a sink's, whose plugin is then\n"
        "described. With -c the plugins of that file are known, without it the running\n"
        "bus's, and without a bus the built-in ones. A path is looked at with your own\n"
        "rights.\n\n"
        "With --man it is printed as a manual page: `affnotify describe ./mine.so --man\n"
        "> affnotify-mine.7`. A template has the text that you write yourself, and in lines of\n"
        "their own @TITLE@, @SYNOPSIS@, @OPTIONS@, @REQUEST_OPTIONS@ and @SINK_OPTIONS@, which\n"
        "are replaced.\n",
    .config_help = "for the plugins of this file; else of the running bus",
    .options =
        (const struct command_option[]){
            {"man", NULL, "print man(7) source", false},
            {"template", "FILE", "with --man: the page in FILE, filled in", false},
            {0},
        },
    .run = run,
};
