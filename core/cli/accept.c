/* See accept.h. The oldest go first, so that they come in in the order in which they came. */
#include "core/cli/accept.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/choice.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/event_line.h"
#include "core/cli/show.h"
#include "core/config/value.h"

struct work {
    const struct invocation *invocation;
    const struct accept *accept;
    json_t *set;
    int64_t *numbers;
    size_t count;
    size_t accepted;
    size_t known;
};

/* ---- What is meant ---- */

bool accept_is_all(const char *which)
{
    return text_equal(which, "all") || text_equal(which, "--all");
}

static void add_number(struct work *work, int64_t number)
{
    work->numbers = memory_resize(work->numbers, work->count + 1, sizeof *work->numbers);
    work->numbers[work->count++] = number;
}

/* "15,16,20": false when the usage message was shown. */
static bool read_numbers(struct work *work)
{
    struct error error;
    int64_t number;
    bool is_right = true;
    char *list = memory_text(work->accept->which);
    char *rest = list;
    for (char *word; is_right && (word = strsep(&rest, ",")) != NULL;) {
        is_right = value_int(word, 1, INT64_MAX, &number, &error) == 0;
        if (is_right)
            add_number(work, number);
        else
            command_usage(work->invocation, "“%s” is not a number of the list", word);
    }
    free(list);
    return is_right;
}

/* One field and its value as JSON: null leaves it out. */
static json_t *read_value(const char *name, const char *value)
{
    const char *type = text_equal(name, "event") ? event_line_type(value) : NULL;
    if (!*value && !text_equal(name, "deep_link"))
        return json_null();
    return json_string(type ? type : value);
}

/* "email=ada@example.com" and so on, as an object; NULL when the usage message was shown. */
static json_t *read_set(const struct invocation *invocation)
{
    json_t *set = json_object();
    for (int i = 0; i < invocation->repeated_count; i++) {
        const char *word = invocation->repeated[i];
        const char *equals = strchr(word, '=');
        char *name = memory_text_part(word, equals ? (size_t)(equals - word) : 0);
        bool is_twice = json_object_get(set, name) != NULL;
        int result = equals && *name && !is_twice
                         ? json_object_set_new(set, name, read_value(name, equals + 1))
                         : -1;
        if (is_twice)
            command_usage(invocation, "--set: %s is given twice", name);
        else if (result < 0)
            command_usage(invocation,
                          "--set: “%s” is not a field and its value, like email=E, in UTF-8", word);
        free(name);
        if (result == 0)
            continue;
        json_decref(set);
        return NULL;
    }
    return set;
}

/* ---- All of a kind ---- */

/* One page of their numbers; *next is null at the end. EXIT_DONE, or the exit code and it is said. */
static int read_page(struct work *work, json_t **next)
{
    int code;
    struct invocation quiet = *work->invocation; /* the list is not the answer */
    quiet.json = false;
    json_t *request =
        json_pack("{s:s, s:i, s:s*, s:s*}", "command", "refused", "limit", LIST_PAGE_MAX, "field",
                  work->accept->field, "rule", work->accept->rule);
    if (json_is_integer(*next))
        json_object_set(request, "before", *next);
    json_decref(*next);
    *next = NULL;
    json_t *answer = connection_answer(&quiet, request, COMMAND_TIMEOUT_MS, &code);
    if (!answer)
        return code;
    const json_t *rows = json_object_get(answer, "refused");
    for (size_t i = 0; i < json_array_size(rows); i++)
        add_number(work, json_integer_value(json_object_get(json_array_get(rows, i), "number")));
    *next = json_incref(json_object_get(answer, "next"));
    json_decref(answer);
    return EXIT_DONE;
}

static int ascending(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

static int find_all(struct work *work)
{
    json_t *next = NULL;
    int code;
    do
        code = read_page(work, &next);
    while (code == EXIT_DONE && json_is_integer(next));
    json_decref(next);
    if (code == EXIT_DONE && work->count > 0)
        qsort(work->numbers, work->count, sizeof *work->numbers, ascending);
    return code;
}

/* True when the operator wants all of them. */
static bool confirm(const struct work *work)
{
    if (work->accept->yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        command_say(work->invocation,
                    "%zu would be taken in; without a terminal to ask on, --yes is needed",
                    work->count);
        return false;
    }
    char *question = memory_format("Take in %zu?", work->count);
    bool wanted = choice_ask(question);
    free(question);
    if (!wanted)
        command_say(work->invocation, "nothing was taken in");
    return wanted;
}

/* ---- Taking them in ---- */

static void report(const struct work *work, int64_t number, const json_t *answer)
{
    char *rule = show_member(answer, "rule");
    char *message = show_member(answer, "message");
    char *id = show_member(answer, "id");
    char *which = work->count > 1 ? memory_format("%" PRId64 ": ", number) : memory_text("");
    bool is_superseded = text_equal(rule, "superseded");
    if (*id)
        puts(id);
    else
        command_say(work->invocation, "%s%s%s", which, message,
                    is_superseded ? "; --superseded takes it in all the same" : "");
    free(which);
    free(id);
    free(message);
    free(rule);
}

/* EXIT_DONE, EXIT_NO when it stays, or EXIT_UNREACHED; it is said. */
static int take_in(struct work *work, int64_t number)
{
    int code;
    json_t *request =
        json_pack("{s:s, s:I, s:O, s:b}", "command", "accept", "number", (json_int_t)number, "set",
                  work->set, "superseded", work->accept->superseded);
    json_t *answer = connection_reply(work->invocation, request, false, COMMAND_TIMEOUT_MS, &code);
    if (!answer)
        return code;
    bool is_ok = connection_ok(answer);
    bool is_known = json_is_false(json_object_get(answer, "new"));
    work->accepted += is_ok && !is_known;
    work->known += is_ok && is_known;
    if (work->invocation->json)
        connection_print_json(answer);
    else
        report(work, number, answer);
    json_decref(answer);
    return is_ok ? EXIT_DONE : EXIT_NO;
}

static int take_all_in(struct work *work)
{
    int code = EXIT_DONE;
    for (size_t i = 0; i < work->count && code != EXIT_UNREACHED; i++) {
        int result = take_in(work, work->numbers[i]);
        code = result == EXIT_DONE ? code : result;
    }
    if (work->count > 1 || accept_is_all(work->accept->which))
        command_say(work->invocation, "%zu accepted, %zu known already, %zu stay", work->accepted,
                    work->known, work->count - work->accepted - work->known);
    else if (work->known > 0)
        command_say(work->invocation, "this event was known already");
    return code;
}

int accept_run(const struct invocation *invocation, const struct accept *accept)
{
    struct work work = {.invocation = invocation, .accept = accept};
    bool is_all = accept_is_all(accept->which);
    int code = EXIT_USAGE;
    work.set = read_set(invocation);
    if (work.set && (is_all || read_numbers(&work)))
        code = is_all ? find_all(&work) : EXIT_DONE;
    if (code == EXIT_DONE && is_all && work.count > 0 && !confirm(&work))
        code = EXIT_NO;
    else if (code == EXIT_DONE)
        code = take_all_in(&work);
    free(work.numbers);
    json_decref(work.set);
    return code;
}
