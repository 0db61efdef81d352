/*
 * `affnotifyd --seal-in-place`: every literal secret of a configuration becomes a sealed one. First
 * all is decided, from the files as they were read; then each file is changed as a whole, or not at
 * all. What cannot be sealed is said and left, and the rest is done all the same.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/file_rewrite.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/option_kind.h"
#include "core/bus/seal_doubt.h"
#include "core/bus/sealer.h"
#include "core/bus/sealer_parts.h"
#include "core/bus/tables.h"
#include "core/config/config.h"
#include "core/config/config_option.h"
#include "core/config/ini_edit.h"
#include "core/config/keyring.h"
#include "core/config/seal.h"
#include "core/config/secret.h"
#include "core/wire/message.h"

/* A setting that gets another value. */
struct change {
    const struct section *section;
    const struct setting *setting;
    char *now;
};

struct sealing {
    struct config config;
    bool again;
    char *option;             /* the file, for a command that is to be typed */
    bool *read;               /* of each sink: its plugin's table came */
    struct mistakes mistakes; /* what was left, and why */
    struct change *changes;
    size_t change_count;
    json_t *done;
};

/* ---- Deciding: one text ---- */

/* The text that is to be sealed for a place, to be wiped; NULL when the value stays as it is. */
static char *text_of(struct sealing *sealing, const char *value, const struct place *place)
{
    struct error error;
    if (seal_is(value))
        return sealing->again
                   ? secret_resolve(value, sealing->config.keyring, place, &sealing->mistakes)
                   : NULL;
    if (secret_is_reference(value))
        return NULL;
    if (secret_check(value, strlen(value), &error) == 0)
        return memory_text(value);
    mistakes_add(&sealing->mistakes, place, "%s", error.text);
    return NULL;
}

/* The value with its text sealed, to be freed; NULL when it stays. */
static char *sealed_value(struct sealing *sealing, const char *value, const struct place *place)
{
    char *text = text_of(sealing, value, place);
    char *now = text
                    ? seal_text(&sealing->config.keyring->keys[0], place->section, place->key, text)
                    : NULL;
    memory_wipe_text(text);
    return now;
}

/* The same for a list, item by item; what stands between them stays. */
static char *sealed_list(struct sealing *sealing, const char *value, const struct place *place)
{
    struct buffer all;
    bool is_changed = false;
    buffer_init_secret(&all, 2 * INI_LINE_BYTES_MAX);
    while (*value) {
        size_t between = strspn(value, VALUE_LIST_SEPARATORS);
        size_t bytes = strcspn(value + between, VALUE_LIST_SEPARATORS);
        char *item = memory_text_part(value + between, bytes);
        char *now = bytes > 0 ? sealed_value(sealing, item, place) : NULL;
        buffer_add(&all, value, between);
        buffer_add_text(&all, now ? now : item);
        is_changed = is_changed || now;
        memory_wipe_text(item);
        free(now);
        value += between + bytes;
    }
    char *text = is_changed ? memory_text(all.data) : NULL;
    buffer_finish(&all);
    return text;
}

static void decide(struct sealing *sealing, const struct section *section,
                   const struct setting *setting, bool is_list)
{
    struct place place = section_place(section, setting);
    if (config_is_blank(setting->value))
        return;
    char *now = is_list ? sealed_list(sealing, setting->value, &place)
                        : sealed_value(sealing, setting->value, &place);
    if (!now)
        return;
    sealing->changes =
        memory_resize(sealing->changes, sealing->change_count + 1, sizeof *sealing->changes);
    sealing->changes[sealing->change_count++] = (struct change){section, setting, now};
}

/* Gives up the reason for a doubt; NULL for none. */
static void doubt(struct sealing *sealing, const struct section *section,
                  const struct setting *setting, char *reason)
{
    struct place place = section_place(section, setting);
    if (reason)
        mistakes_add(&sealing->mistakes, &place, "%s", reason);
    free(reason);
}

/* ---- Deciding: all sections ---- */

/* table NULL: the plugin could not be loaded. */
static void decide_sink(struct sealing *sealing, const struct sink_config *sink,
                        const struct message_table *table)
{
    const struct section *section = sink->section;
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        const char *key = setting->key, *value = setting->value;
        if (config_is_bus_key(key))
            doubt(sealing, section, setting, seal_doubt_url(key, value));
        else if (table && option_kind_holds_secret(table, key, value))
            decide(sealing, section, setting, option_kind_is_list(table, key));
        else
            doubt(sealing, section, setting, seal_doubt(table, sink, key, value, sealing->option));
    }
}

static void on_table(void *owner, const struct sink_config *sink, const struct message_table *table)
{
    struct sealing *sealing = owner;
    sealing->read[sink - sealing->config.sinks] = true;
    decide_sink(sealing, sink, table);
}

/* A line that was not taken may hold a secret, and nobody has looked at it. */
static void keep_mistakes(struct sealing *sealing)
{
    for (size_t i = 0; i < sealing->config.mistakes.count; i++) {
        const struct mistake *mistake = &sealing->config.mistakes.items[i];
        const struct section *section =
            mistake->section ? document_section(&sealing->config.document, mistake->section) : NULL;
        const struct setting *setting =
            section && mistake->key ? section_setting(section, mistake->key) : NULL;
        struct place place = {mistake->file, mistake->line, mistake->section, mistake->key};
        bool is_blank = setting && config_is_blank(setting->value);
        if (!mistake->warning && !is_blank)
            mistakes_add(&sealing->mistakes, &place, "%s", mistake->text);
    }
}

static void decide_all(struct sealing *sealing)
{
    const struct config *config = &sealing->config;
    struct tables_call call = {.told = on_table, .owner = sealing};
    const struct section *bus = document_section(&config->document, "bus");
    keep_mistakes(sealing);
    for (size_t i = 0; i < bus->count; i++) {
        const struct setting *setting = &bus->settings[i];
        if (sealer_is_bus_secret(setting->key))
            decide(sealing, bus, setting, true);
        else
            doubt(sealing, bus, setting, seal_doubt_url(setting->key, setting->value));
    }
    tables_load(config, NULL, &call, &sealing->mistakes);
    for (size_t i = 0; i < config->sink_count; i++) {
        if (!sealing->read[i])
            decide_sink(sealing, &config->sinks[i], NULL);
    }
}

/* ---- Doing ---- */

static int by_line(const void *one, const void *other)
{
    return ((const struct ini_edit *)one)->line - ((const struct ini_edit *)other)->line;
}

/* The edits of one file, in the order of its lines, to be freed. */
static struct ini_edit *list_edits(const struct sealing *sealing, const char *file, size_t *count)
{
    struct ini_edit *edits = memory_new(sealing->change_count, sizeof *edits);
    *count = 0;
    for (size_t i = 0; i < sealing->change_count; i++) {
        const struct change *change = &sealing->changes[i];
        const struct setting *setting = change->setting;
        if (setting->file == file)
            edits[(*count)++] =
                (struct ini_edit){setting->line, setting->key, setting->value, change->now};
    }
    qsort(edits, *count, sizeof *edits, by_line);
    return edits;
}

static int rewrite(const char *file, const struct ini_edit *edits, size_t count,
                   struct error *error)
{
    struct buffer was, now;
    buffer_init_secret(&was, INI_FILE_BYTES_MAX);
    buffer_init_secret(&now, INI_FILE_BYTES_MAX);
    int result = file_read(file, &was, error);
    if (result == 0 && ini_edit(&was, edits, count, &now, error) < 0)
        result = error_prefix(error, "%s was left as it is", file);
    else if (result == 0)
        result = file_rewrite(file, &was, &now, error);
    buffer_finish(&was);
    buffer_finish(&now);
    return result;
}

/*
 * A file that is replaced has another inode; its other names keep the old one, which has the secrets as
 * they were.
 */
static void tell_links(struct sealing *sealing, const char *file, const struct stat *before)
{
    uintmax_t others = before->st_nlink > 1 ? before->st_nlink - 1 : 0;
    if (others > 0)
        mistakes_add(
            &sealing->mistakes, &(struct place){.file = file},
            "had %ju more name%s (hard links), where the secrets still stand as they were; "
            "find what is left by `find / -xdev -inum %ju`, and remove it",
            others, others == 1 ? "" : "s", (uintmax_t)before->st_ino);
}

/* In the order of the files and their lines. */
static void list_done(struct sealing *sealing, const char *file, const struct ini_edit *edits,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct change *change = sealing->changes;
        while (change->setting->file != file || change->setting->line != edits[i].line)
            change++;
        json_array_append_new(sealing->done,
                              json_pack("{s:o,s:i,s:s,s:s}", "file", answer_text(file), "line",
                                        edits[i].line, "section", change->section->name, "key",
                                        change->setting->key));
    }
}

static void change_file(struct sealing *sealing, const char *file)
{
    struct error error;
    size_t count;
    struct stat before = {0};
    struct ini_edit *edits = list_edits(sealing, file, &count);
    if (stat(file, &before) < 0)
        before.st_nlink = 1; /* then it cannot be read either, and that is said */
    if (count > 0 && rewrite(file, edits, count, &error) == 0) {
        list_done(sealing, file, edits, count);
        tell_links(sealing, file, &before);
    } else if (count > 0) {
        /* The sentence begins with the path, and so does every mistake. */
        size_t named = text_starts(error.text, file) ? strlen(file) : 0;
        const char *text = error.text + named;
        text += strspn(text, ": ");
        mistakes_add(&sealing->mistakes, &(struct place){.file = file}, "%s", text);
    }
    free(edits);
}

/* ---- The whole ---- */

static json_t *seal_all(struct sealing *sealing)
{
    const struct document *document = &sealing->config.document;
    sealing->done = json_array();
    decide_all(sealing);
    for (size_t i = 0; i < document->file_count; i++)
        change_file(sealing, document->files[i]);
    mistakes_sort(&sealing->mistakes, document->files, document->file_count);
    return json_pack("{s:b,s:s,s:o,s:o}", "ok", 1, "key", sealing->config.keyring->keys[0].id,
                     "sealed", sealing->done, "left", answer_mistakes(&sealing->mistakes, NULL));
}

int sealer_in_place(const char *config_path, bool again)
{
    struct sealing sealing = {.again = again};
    mistakes_init(&sealing.mistakes);
    config_load(config_path, &sealing.config);
    keyring_load(&sealing.config, &sealing.config.mistakes);
    sealing.option = config_option(sealing.config.path);
    sealing.read = memory_new(sealing.config.sink_count + 1, sizeof *sealing.read);
    json_t *answer = sealing.config.usable ? NULL : answer_refuse_mistakes(&sealing.config, NULL);
    if (!answer)
        answer = sealer_refuse(&sealing.config);
    if (!answer)
        answer = seal_all(&sealing);
    for (size_t i = 0; i < sealing.change_count; i++)
        free(sealing.changes[i].now);
    free(sealing.changes);
    free(sealing.read);
    free(sealing.option);
    mistakes_finish(&sealing.mistakes);
    config_finish(&sealing.config);
    return answer_print(answer);
}
