/* See choice.h. */
#include "core/cli/choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/moment.h"
#include "core/event/timestamp.h"

/* False when the usage message was shown. */
static bool add_time(const struct invocation *invocation, json_t *request, const char *key,
                     const char *value)
{
    int64_t unix_ms;
    char text[TIMESTAMP_SIZE];
    if (!value)
        return true;
    if (moment_parse(value, clock_unix_ms(), &unix_ms) < 0) {
        command_usage(invocation,
                      "--%s: “%s” is not a time; write 2026-03-18, 2026-03-18T12:00:00Z, or how "
                      "long ago, like 2h or 3d",
                      key, value);
        return false;
    }
    timestamp_format(unix_ms, text);
    json_object_set_new(request, key, json_string(text));
    return true;
}

static bool add_text(const struct invocation *invocation, json_t *request, const char *option,
                     const char *key, const char *value)
{
    json_t *text = value ? json_string(value) : NULL;
    if (value && !text) {
        command_usage(invocation, "--%s: what stands there is not valid UTF-8", option);
        return false;
    }
    if (text)
        json_object_set_new(request, key, text);
    return true;
}

bool choice_is_address(const struct invocation *invocation, const char *id)
{
    bool is_address = id && strchr(id, '@');
    if (is_address)
        command_usage(invocation,
                      "“%s” is an address, and no event's ID; `affnotify events --email %s` lists "
                      "its events with their IDs",
                      id, id);
    return is_address;
}

json_t *choice_request(const struct invocation *invocation, const char *command,
                       const struct choice *choice)
{
    if (!choice->sink) {
        command_usage(invocation, "which sink? --sink S is needed");
        return NULL;
    }
    if (choice_is_address(invocation, choice->event))
        return NULL;
    json_t *request = json_pack("{s:s}", "command", command);
    if (add_text(invocation, request, "sink", "sink", choice->sink) &&
        add_time(invocation, request, "since", choice->since) &&
        add_time(invocation, request, "until", choice->until) &&
        add_text(invocation, request, "event", "id", choice->event) &&
        add_text(invocation, request, "email", "email", choice->email))
        return request;
    json_decref(request);
    return NULL;
}

char *choice_events(const json_t *answer, const char *key)
{
    json_int_t count = json_integer_value(json_object_get(answer, key));
    return memory_format("%lld event%s", (long long)count, count == 1 ? "" : "s");
}

bool choice_ask(const char *question)
{
    char line[16];
    fprintf(stderr, "%s [y/N] ", question);
    return fgets(line, sizeof line, stdin) &&
           (text_equal(line, "y\n") || text_equal(line, "Y\n") || text_equal(line, "yes\n"));
}

static bool ask(const json_t *count, const struct choice_words *words)
{
    char *question = words->question(count);
    bool wanted = choice_ask(question);
    free(question);
    return wanted;
}

bool choice_confirm(const struct invocation *invocation, json_t *request,
                    const struct choice_words *words, int *code)
{
    struct invocation quiet = *invocation; /* the count is not the answer */
    quiet.json = false;
    json_t *dry = json_copy(request);
    json_object_set_new(dry, "dry", json_true());
    json_t *count = connection_answer(&quiet, dry, REPLAY_TIMEOUT_MS, code);
    if (!count)
        return false;
    bool wanted = false;
    bool any = !words->count || json_integer_value(json_object_get(count, words->count)) > 0;
    bool asks = any && isatty(STDIN_FILENO);
    *code = any ? EXIT_NO : EXIT_DONE;
    if (invocation->json && !asks)
        connection_print_json(count);
    else
        words->print(count);
    if (asks)
        wanted = ask(count, words);
    if (any && !wanted)
        command_say(invocation, "%s%s", words->otherwise,
                    asks ? "" : "; without a terminal to ask on, --yes is needed");
    json_decref(count);
    return wanted;
}
