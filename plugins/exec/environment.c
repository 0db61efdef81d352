/* See environment.h. */
#include "environment.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <affnotify/sink.h>

#define OURS_COUNT 4

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
static const char digits[] = "0123456789";

int environment_is_name(const char *name)
{
    size_t length = strspn(name, letters);
    if (length == 0)
        return 0;
    for (; name[length]; length++)
        if (!strchr(letters, name[length]) && !strchr(digits, name[length]))
            return 0;
    return 1;
}

static char *make(const char *name, const char *value)
{
    size_t name_bytes = strlen(name);
    size_t value_bytes = strlen(value);
    char *variable = malloc(name_bytes + value_bytes + 2);
    if (!variable)
        return NULL;
    memcpy(variable, name, name_bytes);
    variable[name_bytes] = '=';
    memcpy(variable + name_bytes + 1, value, value_bytes + 1);
    return variable;
}

static int has(const struct affn_map *map, const char *name)
{
    for (uint32_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key, name) == 0)
            return 1;
    return 0;
}

char **environment_new(const struct affn_map *plain, const struct affn_map *secret,
                       const char *sink_name)
{
    const struct passwd *user = getpwuid(geteuid());
    const struct affn_pair ours[OURS_COUNT] = {
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        {"HOME", user && user->pw_dir && *user->pw_dir ? user->pw_dir : "/"},
        {"LANG", "C.UTF-8"},
        {"AFFNOTIFY_SINK", sink_name},
    };
    const struct affn_map *const given[] = {plain, secret};
    size_t used = 0;
    char **environment = calloc(OURS_COUNT + plain->count + secret->count + 1, sizeof *environment);
    if (!environment)
        return NULL;
    for (size_t i = 0; i < OURS_COUNT; i++)
        if (!has(plain, ours[i].key) && !has(secret, ours[i].key) &&
            !(environment[used++] = make(ours[i].key, ours[i].value)))
            goto fail;
    for (size_t m = 0; m < 2; m++)
        for (uint32_t i = 0; i < given[m]->count; i++)
            if (!(environment[used++] = make(given[m]->pairs[i].key, given[m]->pairs[i].value)))
                goto fail;
    return environment;

fail:
    environment_free(environment);
    return NULL;
}

void environment_free(char **environment)
{
    if (!environment)
        return;
    for (char **variable = environment; *variable; variable++) {
        explicit_bzero(*variable, strlen(*variable)); /* it may be a secret */
        free(*variable);
    }
    free(environment);
}
