/*
 * What `affnotify init` asks on a terminal, sink by sink. An answer that cannot be right is asked for
 * again at once; the same one again is kept, for the reason may lie in this machine. Makes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/init_parts.h"
#include "core/cli/option_text.h"
#include "core/cli/prompt.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"

static void say(const char *text)
{
    wrap_words(stderr, text, 2, 0, show_columns(stderr));
}

/* ---- One answer ---- */

/* Asks until there is an answer that a line of the file can hold; "" for none; NULL at an end. */
static char *ask_for(const struct init *init, const json_t *option)
{
    struct error error;
    char *name = show_member(option, "name"), *typed = NULL;
    char *question =
        memory_format("  %s%s: ", name, starter_is_secret(option) ? " (not shown)" : "");
    for (;;) {
        typed = starter_is_secret(option) ? prompt_secret(question, &error)
                                          : prompt_line(question, &error);
        char *value = typed ? starter_value(typed) : NULL;
        bool is_good = !typed || value;
        memory_wipe_text(value);
        if (is_good)
            break;
        say("a line of the file cannot hold that; once more");
        memory_wipe_text(typed);
    }
    if (!typed)
        init_fail(init, &error);
    free(name);
    free(question);
    return typed;
}

static struct starter_answer *find_answer(const struct init_sink *sink, const char *key)
{
    for (size_t i = 0; i < sink->answer_count; i++) {
        if (text_equal(sink->answers[i].key, key))
            return &sink->answers[i];
    }
    return NULL;
}

/* Takes the place of the one before, which is wiped; "" leaves none. */
static void set_answer(struct init_sink *sink, const char *key, char *value)
{
    struct starter_answer *answer = find_answer(sink, key);
    if (answer) {
        memory_wipe_text(answer->value);
        *answer = sink->answers[--sink->answer_count];
    }
    if (*value == '\0') {
        free(value);
        return;
    }
    sink->answers = memory_resize(sink->answers, sink->answer_count + 1, sizeof *sink->answers);
    sink->answers[sink->answer_count++] = (struct starter_answer){key, value};
}

/* What is wrong with the answer that there is; to be freed. NULL for nothing. */
static char *find_reason(const struct init_sink *sink, const char *key)
{
    json_t *checked = init_check(sink);
    char *reason = init_reason(checked, key);
    json_decref(checked);
    return reason;
}

/*
 * Until the answer can be right, is left out, or is the same once more: then what is wrong with it is
 * handed out. -1 at an end.
 */
static int ask_again(const struct init *init, struct init_sink *sink, const json_t *option,
                     char *reason, char **kept)
{
    const char *key = json_string_value(json_object_get(option, "name"));
    while (reason) {
        char *text = memory_format("%s; type another, or the same again to keep it", reason);
        say(text);
        free(text);
        char *typed = ask_for(init, option);
        if (!typed) {
            free(reason);
            return -1;
        }
        const struct starter_answer *before = find_answer(sink, key);
        bool is_kept = text_equal(before ? before->value : "", typed);
        set_answer(sink, key, typed);
        if (is_kept) {
            free(*kept);
            *kept = reason;
            return 0;
        }
        free(reason);
        reason = find_answer(sink, key) ? find_reason(sink, key) : NULL;
    }
    return 0;
}

static int ask_option(const struct init *init, struct init_sink *sink, const json_t *option,
                      char **kept)
{
    const char *key = json_string_value(json_object_get(option, "name"));
    char *about = option_text_sentence(option);
    wrap_words(stderr, about, 2, 0, SHOW_COLUMNS);
    free(about);
    char *typed = ask_for(init, option);
    if (!typed)
        return -1;
    set_answer(sink, key, typed);
    char *reason = find_answer(sink, key) ? find_reason(sink, key) : NULL;
    return ask_again(init, sink, option, reason, kept);
}

/* ---- One sink ---- */

/* Something wrong that was not said yet; of what is left as a blank nothing is. To be freed. */
static char *find_new_reason(const struct init_sink *sink, const json_t *option,
                             const json_t *checked, const char *known)
{
    const char *key = json_string_value(json_object_get(option, "name"));
    bool is_blank = json_is_true(json_object_get(option, "required")) && !find_answer(sink, key);
    char *reason = starter_asks(option) && !is_blank ? init_reason(checked, key) : NULL;
    if (reason && known && text_equal(reason, known)) {
        free(reason);
        reason = NULL;
    }
    return reason;
}

/* What the plugin finds wrong once it has all that it requires, such as a user without a password. */
static int ask_together(const struct init *init, struct init_sink *sink, char **kept)
{
    const json_t *options = json_object_get(sink->about, "options");
    json_t *checked = init_check(sink);
    int result = 0;
    for (size_t k = 0; k < json_array_size(options) && result == 0; k++) {
        const json_t *option = json_array_get(options, k);
        char *reason = find_new_reason(sink, option, checked, kept[k]);
        if (!reason)
            continue;
        char *text = memory_format("%s:", json_string_value(json_object_get(option, "name")));
        say(text);
        free(text);
        result = ask_again(init, sink, option, reason, &kept[k]);
        json_decref(checked);
        checked = init_check(sink);
    }
    json_decref(checked);
    return result;
}

static int ask_sink(const struct init *init, struct init_sink *sink)
{
    const json_t *options = json_object_get(sink->about, "options");
    size_t count = json_array_size(options);
    char **kept = memory_new(count + 1, sizeof *kept); /* what is wrong with answers kept */
    int result = 0;
    fprintf(stderr, "\n[sink:%s]\n", sink->name);
    for (size_t k = 0; k < count && result == 0; k++) {
        const json_t *option = json_array_get(options, k);
        if (starter_asks(option))
            result = ask_option(init, sink, option, &kept[k]);
    }
    if (result == 0 && sink->answer_count > 0)
        result = ask_together(init, sink, kept);
    for (size_t k = 0; k < count; k++)
        free(kept[k]);
    free(kept);
    return result;
}

int init_ask_all(struct init *init)
{
    if (init->sink_count > 0)
        wrap_print(
            stderr, show_columns(stderr), 0,
            "Enter alone leaves one out; what is required is then marked FILL-IN in the "
            "file. A secret is sealed, unless it is file:/PATH, credential:NAME or env:NAME.");
    for (size_t i = 0; i < init->sink_count; i++) {
        if (ask_sink(init, &init->sinks[i]) < 0)
            return -1;
    }
    return 0;
}
