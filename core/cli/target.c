/* See target.h. */
#include "core/cli/target.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/cli/command.h"
#include "core/config/config.h"

#define SOCKET_USUAL "/run/affnotify/bus.sock"
#define SPOOL_USUAL  "/var/lib/affnotify/spool"

/* The first that says something. */
static char *choose(const char *option, const char *configured, const char *environment,
                    const char *usual)
{
    if (option)
        return memory_text(option);
    if (configured)
        return memory_text(configured);
    return memory_text(environment && *environment ? environment : usual);
}

static char *list_mistakes(const struct mistakes *mistakes)
{
    char *text = memory_text("");
    for (size_t i = 0; i < mistakes->count; i++) {
        if (mistakes->items[i].warning)
            continue;
        char *line = mistake_text(&mistakes->items[i]);
        char *longer = memory_format("%s\n%s", text, line);
        free(line);
        free(text);
        text = longer;
    }
    return text;
}

int target_find(const struct invocation *invocation, const char *spool_option,
                struct target *target)
{
    struct config config = {0};
    *target = (struct target){0};
    if (invocation->config_path) {
        config_load(invocation->config_path, &config);
        target->config_path = memory_text(config.path);
        if (!config.usable)
            target->mistakes = list_mistakes(&config.mistakes);
    }
    /* Of a file without [bus] that cannot be used, the paths are not the file's. */
    bool has_paths = config.usable || document_section(&config.document, "bus");
    target->socket_path = choose(invocation->socket_path, has_paths ? config.socket : NULL,
                                 getenv("AFFNOTIFY_SOCKET"), SOCKET_USUAL);
    target->spool_path = choose(spool_option, has_paths ? config.spool : NULL,
                                getenv("AFFNOTIFY_SPOOL"), SPOOL_USUAL);
    if (invocation->config_path)
        config_finish(&config);
    return target->mistakes ? -1 : 0;
}

void target_finish(struct target *target)
{
    free(target->socket_path);
    free(target->spool_path);
    free(target->config_path);
    free(target->mistakes);
    *target = (struct target){0};
}

int target_explain(const struct invocation *invocation, const struct target *target)
{
    command_say(invocation, "the configuration cannot be used:%s", target->mistakes);
    return EXIT_USAGE;
}
