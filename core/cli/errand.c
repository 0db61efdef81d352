/* See errand.h. */
#include "core/cli/errand.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/show.h"
#include "core/cli/target.h"

/* Whether the bus will not do this for us, so that we do it ourselves. */
static bool is_declined(const json_t *answer)
{
    const char *rule = json_string_value(json_object_get(answer, "rule"));
    return rule && (text_equal(rule, "other_config") || text_equal(rule, "forbidden"));
}

/* affnotifyd with our own rights. */
static json_t *execute(const struct invocation *invocation, const struct errand *errand,
                       const char *config_path)
{
    struct error error;
    const char *arguments[DAEMON_ARGUMENTS_MAX + 1] = {NULL};
    size_t count = 0;
    for (const char *const *argument = errand->arguments; *argument; argument++)
        arguments[count++] = *argument;
    if (config_path) {
        arguments[count++] = "-c";
        arguments[count++] = config_path;
    }
    json_t *answer = daemon_ask(arguments, errand->input, &error);
    if (!answer)
        command_say(invocation, "%s", error.text);
    return answer;
}

static json_t *ask_for_file(const struct invocation *invocation, const struct errand *errand,
                            const struct target *target)
{
    struct error error;
    json_t *answer = NULL;
    const char *path = target->config_path ? target->config_path : invocation->config_path;
    json_t *config = json_string(path);
    if (config && !errand->bus_never) {
        json_object_set(errand->request, "config", config);
        answer = connection_ask(target->socket_path, json_incref(errand->request),
                                errand->timeout_ms, &error);
    }
    json_decref(config);
    if (answer && !is_declined(answer))
        return answer;
    json_decref(answer);
    return execute(invocation, errand, path);
}

static json_t *ask_bus(const struct invocation *invocation, const struct errand *errand,
                       const struct target *target)
{
    struct error error;
    if (errand->bus_never)
        return execute(invocation, errand, NULL);
    json_t *answer = connection_ask(target->socket_path, json_incref(errand->request),
                                    errand->timeout_ms, &error);
    if (answer)
        return answer;
    if (!errand->bus_optional) {
        command_say(invocation, "%s, or name a configuration: affnotify %s -c FILE%s%s", error.text,
                    invocation->command->name, *invocation->command->operands ? " " : "",
                    invocation->command->operands);
        return NULL;
    }
    answer = execute(invocation, errand, NULL);
    if (errand->bus_knows_more || !connection_ok(answer))
        command_say(invocation, "no bus answered, so only the built-in plugins are known: %s",
                    error.text);
    return answer;
}

json_t *errand_ask(const struct invocation *invocation, const struct errand *errand)
{
    struct target target;
    target_find(invocation, NULL, &target); /* whoever reads the file tells what is wrong with it */
    json_t *answer = invocation->config_path ? ask_for_file(invocation, errand, &target)
                                             : ask_bus(invocation, errand, &target);
    target_finish(&target);
    json_decref(errand->request);
    return answer;
}

static void print_mistakes(const json_t *mistakes)
{
    for (size_t i = 0; i < json_array_size(mistakes); i++) {
        char *message = show_member(json_array_get(mistakes, i), "message");
        fprintf(stderr, "%s\n", message);
        free(message);
    }
}

json_t *errand_command(const struct invocation *invocation, const struct errand *errand, int *code)
{
    json_t *answer = errand_ask(invocation, errand);
    *code = EXIT_UNREACHED;
    if (!answer)
        return NULL;
    *code = connection_ok(answer) ? EXIT_DONE : EXIT_NO;
    if (invocation->json) {
        connection_print_json(answer);
    } else if (*code == EXIT_NO) {
        connection_print_refusal(invocation, answer);
        print_mistakes(json_object_get(answer, "mistakes"));
    }
    if (*code == EXIT_NO) {
        json_decref(answer);
        return NULL;
    }
    return answer;
}
