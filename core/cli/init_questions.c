/* What `affnotify init` asks on a terminal, sink by sink. Keeps the answers, and makes nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/cli/init_parts.h"
#include "core/cli/option_text.h"
#include "core/cli/prompt.h"
#include "core/cli/show.h"

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
        fputs("  a line of the file cannot hold that; once more\n", stderr);
        memory_wipe_text(typed);
    }
    if (!typed)
        init_fail(init, &error);
    free(name);
    free(question);
    return typed;
}

static int ask_option(const struct init *init, struct init_sink *sink, const json_t *option)
{
    char *about = option_text_sentence(option);
    show_wrapped(stderr, about, 2, 0, SHOW_COLUMNS);
    free(about);
    char *typed = ask_for(init, option);
    if (!typed)
        return -1;
    if (*typed == '\0') {
        free(typed);
        return 0;
    }
    sink->answers = memory_resize(sink->answers, sink->answer_count + 1, sizeof *sink->answers);
    sink->answers[sink->answer_count++] =
        (struct starter_answer){json_string_value(json_object_get(option, "name")), typed};
    return 0;
}

int init_ask_all(struct init *init)
{
    if (init->sink_count > 0)
        fputs("Enter alone leaves one out; what is required is then marked FILL-IN in the\n"
              "file. A secret is sealed, unless it is file:/PATH, credential:NAME or env:NAME.\n",
              stderr);
    for (size_t i = 0; i < init->sink_count; i++) {
        struct init_sink *sink = &init->sinks[i];
        const json_t *options = json_object_get(sink->about, "options");
        fprintf(stderr, "\n[sink:%s]\n", sink->name);
        for (size_t k = 0; k < json_array_size(options); k++) {
            const json_t *option = json_array_get(options, k);
            if (starter_asks(option) && ask_option(init, sink, option) < 0)
                return -1;
        }
    }
    return 0;
}
