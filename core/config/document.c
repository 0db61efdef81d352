/* See document.h. One inih pass a file; sections never span files. */
#include "core/config/document.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/line_reader.h"
#include "core/config/sentences.h"

/* Where the settings of the file go that is being read. */
enum target {
    TARGET_NONE, /* no section has begun */
    TARGET_LAST, /* the document's last section */
    TARGET_LOST, /* nowhere: the section's header was a mistake, which is reported */
};

struct loading {
    struct document *document;
    struct mistakes *mistakes;
    struct line_reader reader;
    enum target target;
    size_t lines_left;
};

/* ---- What inih reports ---- */

static void begin_section(struct loading *loading)
{
    struct document *document = loading->document;
    const struct line_reader *reader = &loading->reader;
    loading->target = TARGET_LOST;
    if (!reader->line.name)
        return;
    struct place place = {reader->file, reader->number, reader->line.name, NULL};
    const struct section *first = document_section(document, reader->line.name);
    if (first) {
        mistakes_add(loading->mistakes, &place, SAY_SECTION_TWICE, first->file, first->line);
        return;
    }
    document->sections =
        memory_resize(document->sections, document->count + 1, sizeof *document->sections);
    document->sections[document->count++] = (struct section){
        .name = memory_text(reader->line.name), .file = reader->file, .line = reader->number};
    loading->target = TARGET_LAST;
}

static void add_setting(struct loading *loading)
{
    const struct line_reader *reader = &loading->reader;
    const struct ini_line *line = &reader->line;
    struct place place = {reader->file, reader->number, reader->section, line->name};
    if (loading->target == TARGET_NONE)
        mistakes_add(loading->mistakes, &place, SAY_KEY_OUTSIDE);
    if (loading->target != TARGET_LAST)
        return;
    struct section *section = &loading->document->sections[loading->document->count - 1];
    const struct setting *first = section_setting(section, line->name);
    if (first) {
        mistakes_add(loading->mistakes, &place, SAY_KEY_TWICE, first->line);
        return;
    }
    section->settings =
        memory_resize(section->settings, section->count + 1, sizeof *section->settings);
    section->settings[section->count++] = (struct setting){.key = memory_text(line->name),
                                                           .value = memory_text(line->value),
                                                           .file = reader->file,
                                                           .line = reader->number};
}

/* inih's handler. It is given stand-ins; what they stand for is the reader's line. */
static int take_stand_in(void *user, const char *section, const char *key, const char *value)
{
    struct loading *loading = user;
    (void)section;
    if (!key)
        return 1; /* an inih built with INI_CALL_HANDLER_ON_NEW_SECTION; our mark follows */
    assert(strtol(value, NULL, 10) == loading->reader.number);
    if (loading->reader.line.kind == INI_LINE_SECTION)
        begin_section(loading);
    else
        add_setting(loading);
    return 1;
}

/* ---- Files ---- */

/* The file's name as long as the document. */
static const char *keep_file(struct document *document, const char *path)
{
    document->files =
        memory_resize(document->files, document->file_count + 1, sizeof *document->files);
    document->files[document->file_count] = memory_text(path);
    return document->files[document->file_count++];
}

static int read_file(struct loading *loading, const char *path)
{
    struct buffer text;
    struct error error;
    buffer_init_secret(&text, INI_FILE_BYTES_MAX);
    int result = file_read(path, &text, &error);
    if (result < 0) {
        /* The sentence begins with the path, and so does every mistake. */
        size_t named = text_starts(error.text, path) ? strlen(path) + strlen(": ") : 0;
        struct place place = {.file = path};
        mistakes_add(loading->mistakes, &place, SAY_CANNOT_BE_READ, error.text + named);
    } else {
        const char *file = keep_file(loading->document, path);
        loading->target = TARGET_NONE;
        line_reader_init(&loading->reader, file, text.data, text.len, &loading->lines_left,
                         loading->mistakes);
        int refused = ini_parse_stream(line_reader_next, &loading->reader, take_stand_in, loading);
        assert(refused == 0);
        (void)refused;
    }
    buffer_finish(&text);
    return result;
}

static int is_ini(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && text_equal(end ? end : "", ".ini");
}

static int by_bytes(const struct dirent **one, const struct dirent **other)
{
    return strcmp((*one)->d_name, (*other)->d_name);
}

static void read_directory(struct loading *loading, const char *directory)
{
    struct dirent **entries = NULL;
    struct place place = {.file = directory};
    int count = scandir(directory, &entries, is_ini, by_bytes);
    if (count < 0 && errno != ENOENT)
        mistakes_add(loading->mistakes, &place, SAY_CANNOT_BE_READ, strerror(errno));
    if (count > INI_FILES_MAX)
        mistakes_add(loading->mistakes, &place, SAY_TOO_MANY_FILES, count, INI_FILES_MAX);
    for (int i = 0; i < count; i++) {
        char *path = memory_format("%s/%s", directory, entries[i]->d_name);
        if (i < INI_FILES_MAX)
            read_file(loading, path);
        free(path);
        free(entries[i]);
    }
    free(entries);
}

int document_read(const char *path, struct document *document, struct mistakes *mistakes)
{
    *document = (struct document){0};
    struct loading loading = {
        .document = document, .mistakes = mistakes, .lines_left = INI_LINES_MAX};
    int result = read_file(&loading, path);

    const char *slash = strrchr(path, '/');
    size_t above = slash ? (size_t)(slash - path) + 1 : 0;
    char *directory = memory_format("%.*sconf.d", (int)above, path);
    read_directory(&loading, directory);
    free(directory);
    return result;
}

void document_finish(struct document *document)
{
    if (!document)
        return;
    for (size_t i = 0; i < document->count; i++) {
        struct section *section = &document->sections[i];
        for (size_t j = 0; j < section->count; j++) {
            free(section->settings[j].key);
            memory_wipe_text(section->settings[j].value);
        }
        free(section->settings);
        free(section->name);
    }
    for (size_t i = 0; i < document->file_count; i++)
        free(document->files[i]);
    free(document->sections);
    free(document->files);
    *document = (struct document){0};
}

/* ---- Looking things up ---- */

const struct section *document_section(const struct document *document, const char *name)
{
    for (size_t i = 0; i < document->count; i++) {
        if (text_equal(document->sections[i].name, name))
            return &document->sections[i];
    }
    return NULL;
}

const struct setting *section_setting(const struct section *section, const char *key)
{
    for (size_t i = 0; i < section->count; i++) {
        if (text_equal(section->settings[i].key, key))
            return &section->settings[i];
    }
    return NULL;
}

struct place section_place(const struct section *section, const struct setting *setting)
{
    return (struct place){.file = setting ? setting->file : section->file,
                          .line = setting ? setting->line : section->line,
                          .section = section->name,
                          .key = setting ? setting->key : NULL};
}
