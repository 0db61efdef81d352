/*
 * affnotify config show [SINK]: the configuration as it takes effect, each value with where it comes
 * from. What may be shown of a secret is decided by affnotifyd; here it is laid out.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/errand.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"

#define GAP               2  /* before each column */
#define KEY_COLUMNS_MAX   22 /* what is longer has a line of its own, or leaves its column */
#define VALUE_COLUMNS_MAX 40
#define NARROW            4 /* indent of a word that is too long for its column */

/* Why a value is not shown, as affnotifyd says it, and for people. */
static const struct reason {
    const char *name;
    const char *text;
} reasons[] = {
    {"blank", "(not filled in)"},
    {"missing", "(missing, and required)"},
    {"unknown", "(no such key; its value is not shown)"},
    {"unread", "(not checked by the plugin, and not shown)"},
    {"wrong", "(wrong: not in effect, and not shown)"},
};

/* Where the columns of a section begin. A row that does not fit goes beyond them. */
struct page {
    char *folder; /* of the main file, with its slash: origins are shown without it */
    size_t value_column;
    size_t origin_column;
    bool is_styled;
};

/* ---- Pieces of a row ---- */

static const char *reason_text(const char *name)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (text_equal(reasons[i].name, name))
            return reasons[i].text;
    }
    return "not shown";
}

/* "affnotify.ini:12", "default", "default of slack"; to be freed. */
static char *origin_of(const struct page *page, const json_t *row, const char *plugin)
{
    char *origin = show_member(row, "origin");
    if (text_equal(origin, "plugin")) {
        free(origin);
        return memory_format("default of %s", plugin);
    }
    if (!text_equal(origin, "file"))
        return origin;
    free(origin);
    char *file = show_member(row, "file"), *line = show_member(row, "line");
    bool is_beside = text_starts(file, page->folder);
    origin = memory_format("%s:%s", file + (is_beside ? strlen(page->folder) : 0), line);
    free(file);
    free(line);
    return origin;
}

/* "••••ab12  sealed by key 1a2b3c4d"; to be freed. */
static char *secret_text(const json_t *secret)
{
    char *shown = show_member(secret, "shown"), *form = show_member(secret, "form");
    char *text = memory_format("%s%s%s", shown, *shown ? "  " : "", form);
    free(shown);
    free(form);
    return text;
}

/* What stands for a row's value, or for one of its secrets; to be freed. */
static char *value_of(const json_t *row, size_t index)
{
    const json_t *secret = json_array_get(json_object_get(row, "secrets"), index);
    const char *hidden = json_string_value(json_object_get(row, "hidden"));
    if (secret)
        return secret_text(secret);
    return hidden ? memory_text(reason_text(hidden)) : show_member(row, "value");
}

/* ---- A row ---- */

/* On this line when there is room behind the `used` columns, else on the next. */
static void print_origin(const struct page *page, const char *origin, size_t used)
{
    size_t column = used + GAP > page->origin_column ? used + GAP : page->origin_column;
    if (*origin && column + show_width(origin) > SHOW_COLUMNS) {
        putchar('\n');
        used = 0;
        column = page->origin_column;
    }
    if (*origin)
        printf("%*s%s%s%s", (int)(column - used), "", page->is_styled ? "\033[2m" : "", origin,
               page->is_styled ? "\033[0m" : "");
    putchar('\n');
}

static size_t longest_word(const char *text)
{
    size_t longest = 0;
    while (*text) {
        size_t bytes = strcspn(text, " ");
        size_t width = show_width(text) - show_width(text + bytes);
        longest = width > longest ? width : longest;
        text += bytes + strspn(text + bytes, " ");
    }
    return longest;
}

/* In lines of its own. */
static void print_text(const struct page *page, const char *text)
{
    bool fits = page->value_column + longest_word(text) <= SHOW_COLUMNS;
    wrap_words(stdout, text, fits ? page->value_column : NARROW, 0, SHOW_COLUMNS);
}

/* `used` columns of the line are filled. A value that takes lines has its origin above them. */
static void print_value(const struct page *page, const char *value, const char *origin, size_t used)
{
    size_t blanks = used < page->value_column ? page->value_column - used : 0;
    size_t end = used + blanks + show_width(value);
    if (end <= SHOW_COLUMNS) {
        printf("%*s%s", (int)blanks, "", value);
        print_origin(page, origin, end);
        return;
    }
    if (used > 0)
        print_origin(page, origin, used);
    print_text(page, value);
}

static void print_row(const struct page *page, const json_t *row, const char *plugin)
{
    char *key = show_member(row, "key"), *origin = origin_of(page, row, plugin);
    const json_t *secrets = json_object_get(row, "secrets");
    size_t count = json_array_size(secrets) > 0 ? json_array_size(secrets) : 1;
    printf("  %s", key);
    size_t used = GAP + show_width(key);
    if (used + GAP > page->value_column) {
        putchar('\n');
        used = 0;
    }
    for (size_t i = 0; i < count; i++) {
        char *value = value_of(row, i);
        char *error = show_member(json_array_get(secrets, i), "error");
        char *why = memory_format("cannot be had: %s", error);
        print_value(page, value, i == 0 ? origin : "", i == 0 ? used : 0);
        if (*error)
            print_text(page, why);
        free(value);
        free(error);
        free(why);
    }
    free(key);
    free(origin);
}

/* ---- The page ---- */

static size_t wider(size_t most, size_t width, size_t limit)
{
    return width > most && width <= limit ? width : most;
}

/* As wide as what is usual; what is longer than that does not push the rest aside. */
static void set_columns(struct page *page, const json_t *rows, const char *plugin)
{
    size_t key_width = 0, value_width = 0, origin_width = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        char *key = show_member(row, "key"), *value = value_of(row, 0);
        char *origin = origin_of(page, row, plugin);
        key_width = wider(key_width, show_width(key), KEY_COLUMNS_MAX);
        value_width = wider(value_width, show_width(value), VALUE_COLUMNS_MAX);
        origin_width = wider(origin_width, show_width(origin), SHOW_COLUMNS / 2);
        free(key);
        free(value);
        free(origin);
    }
    page->value_column = GAP + key_width + GAP;
    page->origin_column = page->value_column + value_width + GAP;
    if (page->origin_column + origin_width > SHOW_COLUMNS)
        page->origin_column = SHOW_COLUMNS - origin_width;
}

static void print_section(struct page *page, const json_t *section)
{
    const json_t *rows = json_object_get(section, "keys");
    char *name = show_member(section, "name"), *plugin = show_member(section, "plugin");
    set_columns(page, rows, plugin);
    printf("\n%s[%s]%s\n", page->is_styled ? "\033[1m" : "", name,
           page->is_styled ? "\033[0m" : "");
    for (size_t i = 0; i < json_array_size(rows); i++)
        print_row(page, json_array_get(rows, i), plugin);
    free(name);
    free(plugin);
}

static void print_page(const struct invocation *invocation, const json_t *answer)
{
    char *config = show_member(answer, "config");
    const char *slash = strrchr(config, '/');
    const json_t *sections = json_object_get(answer, "sections");
    long long errors = json_integer_value(json_object_get(answer, "errors"));
    struct page page = {.folder =
                            memory_text_part(config, slash ? (size_t)(slash - config) + 1 : 0),
                        .is_styled = show_styled(stdout)};
    printf("%s\n", config);
    for (size_t i = 0; i < json_array_size(sections); i++)
        print_section(&page, json_array_get(sections, i));
    if (errors > 0)
        printf("\n%lld mistake%s: see affnotify check%s%s\n", errors, errors == 1 ? "" : "s",
               invocation->config_path ? " -c " : "", invocation->config_path ? config : "");
    free(page.folder);
    free(config);
}

static int run(const struct invocation *invocation)
{
    const char *sink = invocation->operand_count > 1 ? invocation->operands[1] : NULL;
    if (!text_equal(invocation->operands[0], "show"))
        return command_usage(invocation, "“%s” is nothing it can do; `config show` shows it",
                             invocation->operands[0]);
    const char *const arguments[] = {sink ? "--config-show-sink" : "--config-show", sink, NULL};
    json_t *request = sink ? json_pack("{s:s,s:s}", "command", "config_show", "sink", sink)
                           : json_pack("{s:s}", "command", "config_show");
    if (!request)
        return command_usage(invocation, "the name is not valid UTF-8");
    struct errand errand = {
        .request = request,
        .arguments = arguments,
        .timeout_ms = CHECK_TIMEOUT_MS,
    };
    int code;
    json_t *answer = errand_command(invocation, &errand, &code);
    if (answer && !invocation->json)
        print_page(invocation, answer);
    json_decref(answer);
    return code;
}

const struct command command_config = {
    .name = "config",
    .operands = "show [SINK]",
    .operands_min = 1,
    .operands_max = 2,
    .summary = "Shows the configuration as it takes effect",
    .help = "Every key of [bus] and of each sink, or of one, that has an effect: its value,\n"
            "and where it comes from: a line of a file, the key's default, or the plugin's\n"
            "default for it. Of a secret no more is shown than how it is written, and its\n"
            "last four characters when it has 16 or more. The file is read anew; `affnotify\n"
            "reload` brings it into force.\n",
    .config_help = "the file to show; else that of the running bus",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
