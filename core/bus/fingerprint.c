/* See fingerprint.h. */
#include "core/bus/fingerprint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/config/document.h"
#include "core/event/digest.h"

#define DIGITS (FINGERPRINT_SIZE - 1)

/* Of all lines that fit into the files of a configuration, each with its digests. */
#define LIST_BYTES_MAX ((size_t)(INI_LINES_MAX + 1) * (2 * FINGERPRINT_SIZE + 32))

/* ---- Lists ---- */

void fingerprint_add(struct fingerprint_list *list, const char *key, const char *value)
{
    char key_hex[FINGERPRINT_SIZE], value_hex[FINGERPRINT_SIZE];
    digest_hex(key, strlen(key), DIGITS, key_hex);
    digest_hex(value, strlen(value), DIGITS, value_hex);
    list->lines = memory_resize(list->lines, list->count + 1, sizeof *list->lines);
    list->lines[list->count++] = memory_format("%s %s\n", key_hex, value_hex);
}

static int by_text(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* As they were added. */
static void digest_lines(struct fingerprint_list *list, char *hex)
{
    struct buffer all;
    buffer_init(&all, LIST_BYTES_MAX);
    for (size_t i = 0; i < list->count; i++) {
        int result = buffer_add_text(&all, list->lines[i]);
        assert(result == 0); /* no document has more lines */
        (void)result;
        free(list->lines[i]);
    }
    digest_hex(all.len ? all.data : "", all.len, DIGITS, hex);
    buffer_finish(&all);
    free(list->lines);
    *list = (struct fingerprint_list){0};
}

void fingerprint_take(struct fingerprint_list *list, char *hex)
{
    if (list->count > 0)
        qsort(list->lines, list->count, sizeof *list->lines, by_text);
    digest_lines(list, hex);
}

/* ---- What they are made of ---- */

void fingerprint_section(const struct section *section, char *hex)
{
    struct fingerprint_list list = {0};
    for (size_t i = 0; i < section->count; i++)
        fingerprint_add(&list, section->settings[i].key, section->settings[i].value);
    fingerprint_take(&list, hex);
}

static void add_place(struct fingerprint_list *list, const char *file, int line, const char *key,
                      const char *value)
{
    char *place = memory_format("%s:%d:%s", file, line, key);
    fingerprint_add(list, place, value);
    free(place);
}

void fingerprint_document(const struct document *document, char *hex)
{
    struct fingerprint_list list = {0};
    for (size_t i = 0; i < document->count; i++) {
        const struct section *section = &document->sections[i];
        add_place(&list, section->file, section->line, section->name, "");
        for (size_t j = 0; j < section->count; j++) {
            const struct setting *setting = &section->settings[j];
            add_place(&list, setting->file, setting->line, setting->key, setting->value);
        }
    }
    digest_lines(&list, hex);
}

void fingerprint_plugin(const char *path, char *hex)
{
    struct stat status = {0};
    stat(path, &status); /* of none, the path alone */
    char *text =
        memory_format("%s %llu %llu %lld %lld.%ld", path, (unsigned long long)status.st_dev,
                      (unsigned long long)status.st_ino, (long long)status.st_size,
                      (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    digest_hex(text, strlen(text), DIGITS, hex);
    free(text);
}
