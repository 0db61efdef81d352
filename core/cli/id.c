/*
 * affnotify id EMAIL: the affiliate ID that an e-mail address gives, and the one that is
 * remembered.
 */
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/show.h"
#include "core/cli/target.h"

/* unreached says why there is no bus; NULL when it answered. */
static void print_answer(const json_t *answer, const char *unreached)
{
    char *derived = show_member(answer, "derived");
    char *remembered = show_member(answer, "remembered");
    printf("derived     %s\n", derived);
    if (unreached)
        printf("remembered  unknown, for no bus answered: %s\n", unreached);
    else if (!*remembered)
        puts("remembered  none: the bus has seen no event of this address");
    else
        printf("remembered  %s%s\n", remembered,
               text_equal(derived, remembered) ? "" : " (the events carried this one; it is used)");
    free(derived);
    free(remembered);
}

/* Asks the bus, else affnotifyd itself. NULL when neither answered. */
static json_t *ask(const struct invocation *invocation, const char *socket_path,
                   struct error *unreached)
{
    const char *email = invocation->operands[0];
    json_t *request = json_pack("{s:s, s:s}", "command", "id", "email", email);
    if (!request) {
        error_set(unreached, "the address is not valid UTF-8");
        return NULL;
    }
    json_t *answer = connection_ask(socket_path, request, COMMAND_TIMEOUT_MS, unreached);
    if (answer)
        return answer;
    struct error error;
    answer = daemon_ask((const char *const[]){"--id", email, NULL}, NULL, &error);
    if (!answer)
        command_say(invocation, "%s", error.text);
    return answer;
}

static int show(const struct invocation *invocation, const json_t *answer, const char *unreached)
{
    int code = connection_ok(answer) ? EXIT_DONE : EXIT_NO;
    if (invocation->json) {
        connection_print_json(answer);
        if (unreached)
            command_say(invocation, "no bus answered, so what is remembered is unknown: %s",
                        unreached);
    } else if (code == EXIT_NO) {
        connection_print_refusal(invocation, answer);
    } else {
        print_answer(answer, unreached);
    }
    return code;
}

static int run(const struct invocation *invocation)
{
    int code = EXIT_UNREACHED;
    struct target target;
    if (target_find(invocation, NULL, &target) < 0) {
        code = target_explain(invocation, &target);
    } else {
        struct error unreached = {.text = ""};
        json_t *answer = ask(invocation, target.socket_path, &unreached);
        if (answer)
            code = show(invocation, answer, *unreached.text ? unreached.text : NULL);
        else
            command_say(invocation, "%s", unreached.text);
        json_decref(answer);
    }
    target_finish(&target);
    return code;
}

const struct command command_id = {
    .name = "id",
    .operands = "EMAIL",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Tells the affiliate ID of an e-mail address",
    .help =
        "The derived ID follows from the address alone, always and everywhere. The remembered one\n"
        "is what the bus gives to events of this address that carry none: the ID of earlier "
        "events.\n"
        "Without a bus the derived one is shown.\n",
    .options = (const struct command_option[]){{0}},
    .run = run,
};
