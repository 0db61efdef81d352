/*
 * affnotify seal: a secret becomes a value that only affnotify can open, and only where it was sealed
 * for. A secret is never taken from the command line, which every user of the machine can read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/cores.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/command.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/prompt.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"
#include "core/config/config_option.h"

/* Room for a secret that is a bit too long, so that affnotifyd says so, and its line break. */
#define ROOM (SECRET_BYTES_MAX + 4)

enum {
    OPTION_SINK,
    OPTION_BUS,
    OPTION_KEY,
    OPTION_IN_PLACE,
    OPTION_AGAIN,
};

static const char *config_path(const struct invocation *invocation)
{
    return invocation->config_path ? invocation->config_path : CONFIG_PATH_DEFAULT;
}

static void print_messages(const json_t *mistakes)
{
    for (size_t i = 0; i < json_array_size(mistakes); i++) {
        char *message = show_member(json_array_get(mistakes, i), "message");
        wrap_print(stderr, show_columns(stderr), COMMAND_HANG, message);
        free(message);
    }
}

/* The answer, when it is "ok"; else NULL with *code set. */
static json_t *ask(const struct invocation *invocation, const char *const *arguments,
                   const struct buffer *input, int *code)
{
    struct error error;
    json_t *answer = daemon_ask(arguments, input, &error);
    *code = EXIT_NO;
    if (!answer) {
        command_say(invocation, "%s", error.text);
        return NULL;
    }
    bool is_ok = connection_ok(answer);
    if (invocation->json)
        connection_print_json(answer);
    if (is_ok)
        return answer;
    if (!invocation->json) {
        connection_print_refusal(invocation, answer);
        print_messages(json_object_get(answer, "mistakes"));
    }
    json_decref(answer);
    return NULL;
}

/* ---- In place ---- */

static void print_sealed(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        char *file = show_member(each, "file"), *line = show_member(each, "line");
        char *section = show_member(each, "section"), *key = show_member(each, "key");
        printf("%s:%s: [%s] %s\n", file, line, section, key);
        free(file);
        free(line);
        free(section);
        free(key);
    }
}

static int seal_in_place(const struct invocation *invocation)
{
    int code;
    const char *again = invocation->values[OPTION_AGAIN] ? "--again" : NULL;
    const char *const arguments[] = {"-c", config_path(invocation), "--seal-in-place", again, NULL};
    json_t *answer = ask(invocation, arguments, NULL, &code);
    if (!answer)
        return code;
    const json_t *sealed = json_object_get(answer, "sealed");
    const json_t *left = json_object_get(answer, "left");
    size_t count = json_array_size(sealed);
    if (!invocation->json) {
        char *id = show_member(answer, "key");
        print_sealed(sealed);
        if (count > 0)
            command_say(invocation, "%zu line%s sealed by the key %s", count, count == 1 ? "" : "s",
                        id);
        else
            command_say(invocation, "found nothing to seal");
        free(id);
        print_messages(left);
        if (json_array_size(left) > 0)
            command_say(invocation, "see the lines above: what they are about was not sealed");
    }
    code = json_array_size(left) > 0 ? EXIT_NO : EXIT_DONE;
    json_decref(answer);
    return code;
}

/* ---- One secret ---- */

static int read_stdin(struct buffer *secret, struct error *error)
{
    char piece[1024];
    ssize_t got;
    int result = 0;
    do {
        got = read(STDIN_FILENO, piece, sizeof piece);
        if (got > 0 && buffer_add(secret, piece, (size_t)got) < 0)
            result = error_set(error,
                               "the secret is longer than %d bytes; a secret has at most so "
                               "many",
                               SECRET_BYTES_MAX);
    } while (result == 0 && (got > 0 || (got < 0 && errno == EINTR)));
    explicit_bzero(piece, sizeof piece);
    return got < 0 ? error_set_errno(error, "stdin") : result;
}

/* From the terminal when stdin is one, else from stdin. */
static int read_secret(const char *section, const char *key, struct buffer *secret,
                       struct error *error)
{
    if (!isatty(STDIN_FILENO))
        return read_stdin(secret, error);
    char *question = memory_format("Secret for %s in [%s] (not shown): ", key, section);
    char *typed = prompt_secret(question, error);
    free(question);
    if (!typed)
        return -1;
    buffer_add_text(secret, typed);
    memory_wipe_text(typed);
    return 0;
}

/* What to do with the value, and what may be wrong with it. */
static void hint(const struct invocation *invocation, const json_t *answer)
{
    const json_t *advice = json_object_get(answer, "advice");
    char *section = show_member(answer, "section"), *name = show_member(answer, "name");
    char *config = show_member(answer, "config"), *key = show_member(answer, "key");
    command_say(invocation, "sealed by the key %s for `%s` of [%s]; it opens nowhere else", key,
                name, section);
    if (!json_is_true(json_object_get(answer, "exists")))
        command_say(invocation, "%s has no section [%s] yet", config, section);
    for (size_t i = 0; i < json_array_size(advice); i++) {
        char *text = show_text(json_string_value(json_array_get(advice, i)));
        command_say(invocation, "warning: %s", text);
        free(text);
    }
    free(section);
    free(name);
    free(config);
    free(key);
}

static int seal_secret(const struct invocation *invocation, const char *section, const char *key,
                       struct buffer *secret)
{
    int code;
    struct error error;
    const char *const arguments[] = {"-c", config_path(invocation), "--seal", section, "--key", key,
                                     NULL};
    if (read_secret(section, key, secret, &error) < 0) {
        command_say(invocation, "%s", error.text);
        return EXIT_NO;
    }
    json_t *answer = ask(invocation, arguments, secret, &code);
    if (!answer)
        return code;
    if (!invocation->json) {
        hint(invocation, answer);
        puts(json_string_value(json_object_get(answer, "value")));
    }
    json_decref(answer);
    return EXIT_DONE;
}

static int seal_one(const struct invocation *invocation)
{
    static char memory[ROOM + 1]; /* nothing is allocated for it, so that nothing stays behind */
    const char *sink = invocation->values[OPTION_SINK];
    char *section = sink ? memory_format("sink:%s", sink) : memory_text("bus");
    struct buffer secret;
    buffer_init_within(&secret, memory, sizeof memory);
    int code = seal_secret(invocation, section, invocation->values[OPTION_KEY], &secret);
    explicit_bzero(memory, sizeof memory);
    free(section);
    return code;
}

/* ---- The command ---- */

static int run(const struct invocation *invocation)
{
    const char *const *values = invocation->values;
    cores_forbid();
    if (values[OPTION_IN_PLACE] &&
        (values[OPTION_SINK] || values[OPTION_BUS] || values[OPTION_KEY]))
        return command_usage(invocation, "--in-place seals all there is; it takes no place");
    if (values[OPTION_IN_PLACE])
        return seal_in_place(invocation);
    if (values[OPTION_AGAIN])
        return command_usage(invocation, "--again goes with --in-place");
    if (!values[OPTION_SINK] == !values[OPTION_BUS])
        return command_usage(invocation, "for which section? --sink NAME or --bus is needed");
    if (!values[OPTION_KEY])
        return command_usage(invocation, "for which key of the section? --key KEY is needed");
    return seal_one(invocation);
}

const struct command command_seal = {
    .name = "seal",
    .operands = "",
    .summary = "Seals a secret for the configuration",
    .help =
        "The secret is asked for on the terminal, or read from stdin, where one line break at its\n"
        "end does not count. The sealed value is printed alone: write it in the place of the "
        "secret.\n"
        "It opens for this section and this key only; the section need not be there yet. The key "
        "is\n"
        "the first of `secret_key` in [bus]; `affnotify keygen FILE` makes one.\n\n"
        "With --in-place every secret that stands in FILE or its conf.d as it is gets sealed, and "
        "is\n"
        "told as file:line: [section] key. Comments and layout stay, and so do file:, env: and\n"
        "credential:. What could not be sealed, and what may be a secret below a key that is not "
        "there,\n"
        "is said, and the exit code is 1.\n",
    .config_help = "the configuration; else " CONFIG_PATH_DEFAULT,
    .options =
        (const struct command_option[]){
            [OPTION_SINK] = {"sink", "NAME", "for the section [sink:NAME]", false},
            [OPTION_BUS] = {"bus", NULL, "for the section [bus]", false},
            [OPTION_KEY] = {"key", "KEY", "the key there, such as bearer_token", false},
            [OPTION_IN_PLACE] = {"in-place", NULL, "seal what stands in the files", false},
            [OPTION_AGAIN] = {"again", NULL, "also what is sealed, under the first key", false},
            {0}},
    .run = run,
};
