/*
 * The exec sink: hands events to any program, by its stdin.
 *
 * No shell is ever run: `command` is split into words here and handed to exec as it is. Nothing
 * that the program starts may outlive the batch (mode = once) or the sink (mode = stream), and
 * whatever it does, `deliver` comes back by the deadline. It must never wait for a program but in
 * program_turn, which has a limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <affnotify/sink.h>

#include "../common/mistake.h"
#include "command.h"
#include "environment.h"
#include "line.h"
#include "once.h"
#include "sentences.h"
#include "stream.h"

#define TEXT_BYTES  512
#define SHOWN_BYTES 80 /* of a word in a sentence */

enum mode { MODE_ONCE, MODE_STREAM };

struct exec {
    /* Options. */
    const char *command;
    int32_t mode;
    const char *directory;
    struct affn_map env;
    struct affn_map secret;
    /* Made in `open`. */
    struct command split;
    char **environment;
    struct recipe recipe;
    struct stream stream; /* in mode = once only its program is used */
};

static const char *const modes[] = {"once", "stream", NULL};

static const struct affn_option options[] = {
    AFFN_OPT_STRING(struct exec, command, AFFN_REQUIRED, NULL,
                    "The program, by its whole path, and its arguments; no shell is run."),
    AFFN_OPT_CHOICE(struct exec, mode, 0, "once", modes,
                    "once: a process for each batch; stream: one that is kept running."),
    AFFN_OPT_PATH(struct exec, directory, AFFN_RARE, NULL,
                  "Where the program is started; without it in a directory of the sink's own."),
    AFFN_OPT_MAP(struct exec, env, 0, "Variables of the program's environment."),
    AFFN_OPT_MAP(struct exec, secret, AFFN_SECRET,
                 "Variables of the program's environment that are secret."),
};

/* ---- check ---- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void check_command(const char *text, struct affn_mistakes *mistakes)
{
    char shown[SHOWN_BYTES + 1];
    struct command command;
    if (command_split(text, &command) < 0)
        return; /* `open` says so */
    const char *program = command.count > 0 ? command.words[0] : "";
    snprintf(shown, sizeof shown, "%s", program);
    if (command.open_quote)
        mistake_add(mistakes, "command", SAY_COMMAND_QUOTE, command.open_quote);
    else if (!*program)
        mistake_add(mistakes, "command", SAY_COMMAND_EMPTY);
    else if (*program != '/')
        mistake_add(mistakes, "command", SAY_COMMAND_RELATIVE, shown, last_part(shown));
    else if (program[strlen(program) - 1] == '/')
        mistake_add(mistakes, "command", SAY_COMMAND_FOLDER, shown);
    if (command.for_a_shell) {
        snprintf(shown, sizeof shown, "%s", command.for_a_shell);
        mistake_warn(mistakes, "command", SAY_COMMAND_SHELL, shown);
    }
    command_finish(&command);
}

static void check_variables(const struct affn_map *map, const char *option,
                            const struct affn_map *other, struct affn_mistakes *mistakes)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const char *name = map->pairs[i].key;
        char key[TEXT_BYTES];
        snprintf(key, sizeof key, "%s.%s", option, name);
        if (!environment_is_name(name))
            mistake_add(mistakes, key, SAY_VARIABLE_NAME, name);
        else if (strncmp(name, ENVIRONMENT_OURS, strlen(ENVIRONMENT_OURS)) == 0)
            mistake_add(mistakes, key, SAY_VARIABLE_OURS, name);
        for (uint32_t j = 0; other && j < other->count; j++)
            if (strcmp(other->pairs[j].key, name) == 0)
                mistake_add(mistakes, key, SAY_VARIABLE_TWICE, name, name);
    }
}

static void exec_check(const void *self, const struct affn_host *host,
                       struct affn_mistakes *mistakes)
{
    const struct exec *exec = self;
    (void)host;
    if (exec->command)
        check_command(exec->command, mistakes);
    check_variables(&exec->env, "env", NULL, mistakes);
    check_variables(&exec->secret, "secret", &exec->env, mistakes);
}

/* ---- open and close ---- */

static void forget(struct exec *exec)
{
    command_finish(&exec->split);
    environment_free(exec->environment);
    exec->environment = NULL;
}

/* Whether it can be started, as far as one can see without doing so. */
static int look(const struct recipe *recipe, struct start_failure *failure)
{
    struct stat status;
    const char *program = recipe->arguments[0];
    *failure = (struct start_failure){STEP_FOLDER, 0};
    if (stat(recipe->folder, &status) < 0)
        failure->error = errno;
    else if (!S_ISDIR(status.st_mode))
        failure->error = ENOTDIR;
    else if (faccessat(AT_FDCWD, recipe->folder, X_OK, AT_EACCESS) < 0)
        failure->error = errno;
    if (failure->error)
        return -1;
    failure->step = STEP_PROGRAM;
    if (stat(program, &status) < 0)
        failure->error = errno;
    else if (!S_ISREG(status.st_mode))
        failure->error = EACCES; /* as exec has it */
    else if (faccessat(AT_FDCWD, program, X_OK, AT_EACCESS) < 0)
        failure->error = errno;
    return failure->error ? -1 : 0;
}

static int32_t exec_open(void *self, const struct affn_host *host, struct affn_reply *reply)
{
    struct exec *exec = self;
    struct start_failure failure;
    const char *folder = exec->directory ? exec->directory : host->state_dir();
    forget(exec); /* of an `open` before this one */
    if (!folder) {
        snprintf(reply->what, reply->what_bytes, "the sink has no directory of its own");
        snprintf(reply->remedy, reply->remedy_bytes, "see affnotify's log, or set `directory`");
        return AFFN_MISSET;
    }
    exec->environment = environment_new(&exec->env, &exec->secret, host->sink_name());
    if (command_split(exec->command, &exec->split) < 0 || !exec->environment) {
        snprintf(reply->what, reply->what_bytes, "out of memory");
        return AFFN_RETRY;
    }
    stream_init(&exec->stream, host);
    exec->recipe = (struct recipe){.arguments = exec->split.words,
                                   .environment = exec->environment,
                                   .folder = folder,
                                   .answers = exec->mode == MODE_STREAM};
    if (look(&exec->recipe, &failure) < 0)
        return status_explain_start(&failure, exec->recipe.arguments[0], folder, reply);
    return AFFN_DELIVERED;
}

static void exec_close(void *self)
{
    struct exec *exec = self;
    stream_close(&exec->stream);
    forget(exec);
}

/* ---- Batches ---- */

static int32_t exec_deliver(void *self, const struct affn_batch *batch, struct affn_reply *reply)
{
    struct exec *exec = self;
    if (exec->mode == MODE_STREAM)
        return stream_deliver(&exec->stream, &exec->recipe, batch, reply);
    return once_deliver(&exec->stream.program, &exec->recipe, batch, reply);
}

static void exec_idle(void *self)
{
    struct exec *exec = self;
    if (exec->mode == MODE_STREAM)
        stream_idle(&exec->stream);
}

static void exec_render(const void *self, const struct affn_batch *batch,
                        struct affn_output *output)
{
    char line[LINE_BYTES_MAX];
    (void)self;
    for (uint32_t i = 0; i < batch->count; i++)
        output->write(output, line, (uint32_t)line_format(batch->events[i], line));
}

static const void *exec_extension(const char *id)
{
    static const struct affn_renderer renderer = {sizeof renderer, 0, exec_render};
    return strcmp(id, AFFN_RENDER) == 0 ? &renderer : NULL;
}

AFFN_SINK(.name = "exec", .version = AFFN_VERSION, .summary = "Hands events to any program.",
          .defaults = "retry=standard batch=1", .self_bytes = sizeof(struct exec),
          .options = options, .option_count = AFFN_COUNT(options), .check = exec_check,
          .open = exec_open, .deliver = exec_deliver, .close = exec_close, .idle = exec_idle,
          .extension = exec_extension)
