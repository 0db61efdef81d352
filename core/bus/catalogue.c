/* See catalogue.h. */
#include "core/bus/catalogue.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/describe.h"
#include "core/bus/look.h"
#include "core/bus/plugin_files.h"
#include "core/config/config.h"
#include "core/wire/message.h"

/* ---- Loading ---- */

/* One plugin's file, and what it says of itself or why it cannot. */
struct entry {
    struct plugin_file file;
    struct look look;
    json_t *description; /* NULL while there is none, or for good when there is an error */
    char *error;
};

static void set_error(struct entry *entry, char *text)
{
    free(entry->error);
    entry->error = text;
}

static int on_frame(void *owner, struct frame *frame, struct error *error)
{
    (void)error;
    struct entry *entry = owner;
    struct message_table table;
    const char *text;
    if (frame->type == MESSAGE_TABLE && !entry->description) {
        if (message_get_table(frame, &table) < 0)
            return -1;
        entry->description = describe_table(&table);
        free(table.options);
        host_process_kill(&entry->look.host, "described");
        return 0;
    }
    if (frame->type == MESSAGE_FAILED) {
        if (message_get_failed(frame, &text) < 0)
            return -1;
        set_error(entry, memory_text(text));
        return 0;
    }
    return frame->type == MESSAGE_LOG ? 0 : -1;
}

static void on_gone(void *owner, const char *reason)
{
    struct entry *entry = owner;
    if (!entry->description && !entry->error)
        set_error(entry, memory_format("%s: its process %s", entry->file.path, reason));
}

static const struct host_calls calls = {.frame = on_frame, .gone = on_gone};

static void start(struct entry *entry, struct look_loop *loop)
{
    struct error error;
    if (look_start(&entry->look, loop, entry->file.name, entry->file.path, &calls, entry, &error) <
        0)
        set_error(entry, memory_text(error.text));
    else
        look_limit(&entry->look, LOOK_TIMEOUT_MS, "did not load within 5 s");
}

/* A few at a time, until each has a description or an error. */
static int load(struct entry *entries, size_t count, struct error *error)
{
    struct look_loop loop;
    size_t next = 0;
    int result = look_loop_init(&loop, error);
    while (result == 0 && (next < count || loop.running > 0)) {
        while (next < count && loop.running < LOOKS_MAX)
            start(&entries[next++], &loop);
        look_loop_turn(&loop);
    }
    for (size_t i = 0; i < count; i++)
        look_finish(&entries[i].look);
    look_loop_finish(&loop);
    return result;
}

static void free_entries(struct entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        plugin_file_finish(&entries[i].file);
        free(entries[i].error);
        json_decref(entries[i].description);
    }
    free(entries);
}

/* ---- Which file, which sinks ---- */

static bool is_same_file(const char *named, const char *path)
{
    char *real = realpath(named, NULL);
    bool is_same = real && text_equal(real, path);
    free(real);
    return is_same;
}

static bool uses(const struct sink_config *sink, const struct plugin_file *file)
{
    if (!sink->plugin)
        return false;
    if (sink->plugin[0] == '/')
        return is_same_file(sink->plugin, file->path);
    return !file->hidden && text_equal(sink->plugin, file->name);
}

static json_t *list_sinks(const struct config *config, const struct plugin_file *file)
{
    json_t *names = json_array();
    for (size_t i = 0; i < config->sink_count; i++) {
        if (uses(&config->sinks[i], file))
            json_array_append_new(names, json_string(config->sinks[i].name));
    }
    return names;
}

/* Without a file, only the built-in plugins are known, and no sink. */
static void load_config(const char *path, struct config *config)
{
    *config = (struct config){.usable = true};
    mistakes_init(&config->mistakes);
    if (path)
        config_load(path, config);
}

/* ---- plugins ---- */

/* Those in the directories, and those that a section names by their path. */
static struct entry *list_entries(const struct config *config, size_t *count)
{
    struct plugin_files files;
    plugin_files_init(&files, &config->plugins);
    struct plugin_file *found = plugin_files_list(&files, count);
    plugin_files_finish(&files);
    struct entry *entries = memory_new(*count + config->sink_count, sizeof *entries);
    for (size_t i = 0; i < *count; i++)
        entries[i].file = found[i];
    free(found); /* its texts are the entries' now */
    for (size_t i = 0; i < config->sink_count; i++) {
        const char *plugin = config->sinks[i].plugin;
        bool is_listed = !plugin || plugin[0] != '/';
        for (size_t k = 0; k < *count && !is_listed; k++)
            is_listed = uses(&config->sinks[i], &entries[k].file);
        if (is_listed)
            continue;
        char *path = realpath(plugin, NULL);
        entries[(*count)++].file = (struct plugin_file){.name = plugin_files_name(plugin),
                                                        .path = path ? path : memory_text(plugin),
                                                        .hidden = true};
    }
    return entries;
}

static json_t *member_or_null(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return value ? json_incref(value) : json_null();
}

static json_t *list_entry(const struct config *config, const struct entry *entry)
{
    const json_t *about = entry->description;
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:o}", "name", answer_text(entry->file.name),
                     "path", answer_text(entry->file.path), "version",
                     member_or_null(about, "version"), "revision",
                     member_or_null(about, "revision"), "summary", member_or_null(about, "summary"),
                     "requests", member_or_null(about, "requests"), "sinks",
                     list_sinks(config, &entry->file), "hidden", entry->file.hidden, "error",
                     entry->error && !about ? answer_text(entry->error) : json_null());
}

static json_t *list_plugins(const struct config *config)
{
    struct error error;
    size_t count;
    struct entry *entries = list_entries(config, &count);
    json_t *answer;
    if (load(entries, count, &error) < 0) {
        answer = answer_unavailable(error.text);
    } else {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, list_entry(config, &entries[i]));
        answer = json_pack("{s:b,s:o}", "ok", 1, "plugins", list);
    }
    free_entries(entries, count);
    return answer;
}

int catalogue_list(const char *config_path)
{
    struct config config;
    load_config(config_path, &config);
    json_t *answer = config.usable ? list_plugins(&config) : answer_refuse_mistakes(&config, NULL);
    config_finish(&config);
    return answer_print(answer);
}

/* ---- describe ---- */

static json_t *refuse_name(const struct config *config, const struct plugin_files *files,
                           const char *name)
{
    json_t *refusal;
    char *nearest = plugin_files_nearest(files, name);
    if (!nearest)
        nearest = memory_text(config_nearest_sink(config, name));
    if (config_sink(config, name))
        refusal = answer_refusal(
            "name", "unknown_plugin",
            "name: [sink:%s] names no plugin that is there; see `affnotify check`", name);
    else
        refusal = answer_refusal(
            "name", "unknown_plugin", "name: no plugin and no sink is named %s; %s%s%s", name,
            nearest ? "did you mean " : "`affnotify plugins` lists those there are",
            nearest ? nearest : "", nearest ? "?" : "");
    free(nearest);
    return refusal;
}

/* A path is itself; a plugin's name comes before a sink's. NULL when there is no such plugin. */
static char *find_path(const struct config *config, const struct plugin_files *files,
                       const char *name)
{
    if (strchr(name, '/'))
        return memory_text(name);
    const struct sink_config *sink = config_sink(config, name);
    char *path = plugin_files_find(files, name);
    if (!path && sink && sink->plugin && sink->plugin[0] == '/')
        path = memory_text(sink->plugin);
    else if (!path && sink && sink->plugin)
        path = plugin_files_find(files, sink->plugin);
    return path;
}

static json_t *describe_entry(const struct config *config, const struct plugin_files *files,
                              struct entry *entry)
{
    struct error error;
    if (load(entry, 1, &error) < 0)
        return answer_unavailable(error.text);
    if (!entry->description)
        return answer_refusal("name", "broken", "name: %s", entry->error);
    /* What lies elsewhere under the name that a section says is not this one. */
    char *taken = plugin_files_find(files, entry->file.name);
    entry->file.hidden = !taken || !is_same_file(taken, entry->file.path);
    free(taken);
    json_t *answer =
        json_pack("{s:b,s:o,s:o,s:o}", "ok", 1, "name", answer_text(entry->file.name), "path",
                  answer_text(entry->file.path), "sinks", list_sinks(config, &entry->file));
    json_object_update(answer, entry->description);
    return answer;
}

static json_t *describe_file(const struct config *config, const struct plugin_files *files,
                             const char *named)
{
    char *path = realpath(named, NULL);
    if (!path)
        return answer_refusal("name", "unknown_plugin", "name: %s: %s", named, strerror(errno));
    struct entry *entry = memory_new(1, sizeof *entry);
    entry->file = (struct plugin_file){.name = plugin_files_name(named), .path = path};
    json_t *answer = describe_entry(config, files, entry);
    free_entries(entry, 1);
    return answer;
}

static json_t *describe(const struct config *config, const char *name)
{
    struct plugin_files files;
    plugin_files_init(&files, &config->plugins);
    char *path = find_path(config, &files, name);
    json_t *answer = path ? describe_file(config, &files, path) : refuse_name(config, &files, name);
    free(path);
    plugin_files_finish(&files);
    return answer;
}

int catalogue_describe(const char *config_path, const char *name)
{
    struct config config;
    load_config(config_path, &config);
    json_t *answer =
        config.usable ? describe(&config, name) : answer_refuse_mistakes(&config, NULL);
    config_finish(&config);
    return answer_print(answer);
}
