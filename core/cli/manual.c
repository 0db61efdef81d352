/* See manual.h. */
#include "core/cli/manual.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/commands.h"
#include "core/cli/option_text.h"
#include "core/cli/roff.h"
#include "core/cli/show.h"
#include "core/config/bus_keys.h"
#include "core/config/tuning.h"

const char manual_template[] = "@TITLE@\n"
                               "@SYNOPSIS@\n"
                               ".SH OPTIONS\n"
                               "@OPTIONS@\n"
                               "@REQUEST_OPTIONS@\n"
                               "@SINK_OPTIONS@\n"
                               ".SH SEE ALSO\n"
                               ".BR affnotify (1),\n"
                               ".BR affnotify.ini (5),\n"
                               ".BR affnotifyd (8)\n";

/* ---- Options ---- */

/* An option's name as one writes it, its facts, and what it is for. */
static void print_option(FILE *out, const json_t *option)
{
    char *name = show_member(option, "name");
    char *type = show_member(option, "type");
    char *help = show_member(option, "help");
    char *facts = option_text_facts(option);
    fputs(".TP\n\\fB", out);
    roff_words(out, name);
    fputs(text_equal(type, "map") ? ".\\fIKEY\\fR" : "\\fR", out);
    if (*facts) {
        fputs(" (", out);
        roff_words(out, facts);
        fputc(')', out);
    }
    fputc('\n', out);
    roff_text(out, help);
    free(name);
    free(type);
    free(help);
    free(facts);
}

static void print_options(FILE *out, const json_t *options, const char *heading)
{
    if (json_array_size(options) == 0)
        return;
    if (heading)
        fprintf(out, ".SS %s\n", heading);
    for (size_t i = 0; i < json_array_size(options); i++)
        print_option(out, json_array_get(options, i));
}

/* A key of the bus's own tables as `describe` would tell it. */
static void add_key(json_t *list, const char *name, const char *fallback, const char *help,
                    bool secret)
{
    json_array_append_new(list,
                          json_pack("{s:s,s:s,s:s,s:b}", "name", name, "default",
                                    fallback ? fallback : "", "help", help, "secret", (int)secret));
}

/* ---- What stands in the place of a word ---- */

static void print_title(FILE *out, const json_t *answer)
{
    char *name = show_member(answer, "name");
    char *version = show_member(answer, "version");
    char *summary = show_member(answer, "summary");
    char *upper = memory_text(name);
    if (*summary && summary[strlen(summary) - 1] == '.')
        summary[strlen(summary) - 1] = '\0'; /* a page's NAME ends without one */
    for (char *at = upper; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    fputs(".TH \"AFFNOTIFY\\-", out);
    roff_words(out, upper);
    fputs("\" 7 \"\" \"", out);
    roff_words(out, name);
    fputc(' ', out);
    roff_words(out, version);
    fputs("\" \"Sinks of affnotify\"\n.SH NAME\naffnotify\\-", out);
    roff_words(out, name);
    fputs(" \\- ", out);
    roff_text(out, summary);
    free(name);
    free(version);
    free(summary);
    free(upper);
}

static void print_synopsis(FILE *out, const json_t *answer)
{
    const json_t *options = json_object_get(answer, "options");
    char *name = show_member(answer, "name");
    fprintf(out, ".SH SYNOPSIS\n.EX\n[sink:\\fINAME\\fR]\nplugin = ");
    roff_words(out, name);
    fputc('\n', out);
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        if (!json_is_true(json_object_get(option, "required")))
            continue;
        char *key = show_member(option, "name");
        char *type = show_member(option, "type");
        roff_words(out, key);
        bool is_map = text_equal(type, "map");
        fprintf(out, "%s = \\fI%s\\fR\n", is_map ? ".\\fIKEY\\fR" : "", is_map ? "text" : type);
        free(key);
        free(type);
    }
    fputs("\\&...\n.EE\n", out);
    free(name);
}

static void print_sink_keys(FILE *out, const json_t *answer)
{
    size_t count;
    const struct tuning_key *keys = tuning_keys(&count);
    json_t *list = json_array();
    (void)answer;
    for (size_t i = 0; i < count; i++)
        add_key(list, keys[i].name, keys[i].fallback, keys[i].help, false);
    print_options(out, list, NULL);
    json_decref(list);
}

static void print_bus_keys(FILE *out, const json_t *answer)
{
    size_t count;
    const struct bus_key *keys = bus_keys(&count);
    json_t *list = json_array();
    (void)answer;
    for (size_t i = 0; i < count; i++)
        add_key(list, keys[i].name, keys[i].fallback, keys[i].help, keys[i].secret);
    print_options(out, list, NULL);
    json_decref(list);
}

static void print_command(FILE *out, const struct command *command)
{
    fprintf(out, ".SS affnotify %s", command->name);
    fputc(*command->operands ? ' ' : '\n', out);
    if (*command->operands) {
        roff_words(out, command->operands);
        fputc('\n', out);
    }
    roff_text(out, command->summary);
    roff_paragraphs(out, command->help);
    for (const struct command_option *option = command->options; option->name; option++) {
        fputs(".TP\n\\fB\\-\\-", out);
        roff_words(out, option->name);
        fputs("\\fR", out);
        if (option->argument) {
            fputs(" \\fI", out);
            roff_words(out, option->argument);
            fputs("\\fR", out);
        }
        fputc('\n', out);
        roff_text(out, option->help);
    }
    if (command->config_help) {
        fputs(".TP\n\\fB\\-c\\fR, \\fB\\-\\-config\\fR \\fIFILE\\fR\n", out);
        roff_text(out, command->config_help);
    }
}

static void print_commands(FILE *out, const json_t *answer)
{
    (void)answer;
    for (size_t i = 0; command_list[i]; i++)
        print_command(out, command_list[i]);
}

/* Either a function, or a list of the answer and what stands above it, if anything. */
static const struct piece {
    const char *word;
    void (*print)(FILE *out, const json_t *answer);
    const char *list;
    const char *heading;
} pieces[] = {
    {"@TITLE@", print_title, NULL, NULL},
    {"@SYNOPSIS@", print_synopsis, NULL, NULL},
    {"@OPTIONS@", NULL, "options", NULL},
    {"@REQUEST_OPTIONS@", NULL, "host_options", "Of every sink that makes requests"},
    {"@SINK_OPTIONS@", NULL, "bus_options", "Of every sink, with the defaults of this one"},
    {"@SINK_KEYS@", print_sink_keys, NULL, NULL},
    {"@BUS_KEYS@", print_bus_keys, NULL, NULL},
    {"@COMMANDS@", print_commands, NULL, NULL},
};

#define PIECES (sizeof pieces / sizeof *pieces)

/* ---- The template ---- */

static const struct piece *find_piece(const char *line)
{
    for (size_t i = 0; i < PIECES; i++) {
        if (text_equal(pieces[i].word, line))
            return &pieces[i];
    }
    return NULL;
}

static void copy_line(FILE *out, const char *line)
{
    static const char word[] = "@VERSION@";
    for (const char *at; (at = strstr(line, word)); line = at + sizeof word - 1)
        fprintf(out, "%.*s" AFFN_VERSION, (int)(at - line), line);
    fprintf(out, "%s\n", line);
}

/* Whether the line is a word between two @, so that somebody meant it to be replaced. */
static bool is_word(const char *line)
{
    size_t length = strlen(line);
    return length > 2 && line[0] == '@' &&
           strspn(line + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == length - 2 && line[length - 1] == '@';
}

int manual_print(FILE *out, const char *template, const json_t *answer, struct error *error)
{
    char *copy = memory_text(template);
    char *rest = copy;
    int result = 0;
    size_t number = 1;
    for (char *line; result == 0 && (line = strsep(&rest, "\n")) && (*line || rest); number++) {
        const struct piece *piece = find_piece(line);
        if (piece && piece->print)
            piece->print(out, answer);
        else if (piece)
            print_options(out, json_object_get(answer, piece->list), piece->heading);
        else if (is_word(line) && !text_equal(line, "@VERSION@"))
            result = error_set(error,
                               "line %zu: %s stands for nothing; write @TITLE@, @SYNOPSIS@, "
                               "@OPTIONS@, @REQUEST_OPTIONS@, @SINK_OPTIONS@, @SINK_KEYS@, "
                               "@BUS_KEYS@ or @COMMANDS@",
                               number, line);
        else
            copy_line(out, line);
    }
    free(copy);
    return result;
}
