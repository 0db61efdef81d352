/* See columns.h. */
#include "columns.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../common/mistake.h"
#include "format.h"
#include "options.h"
#include "preset.h"
#include "sentences.h"

#define KEY_BYTES 128 /* of the name by which a column is filled */

/* What is written when the section says nothing of columns. */
static const struct column own_columns[] = {
    {"Event ID", FIELD_EVENT_ID, NULL},
    {"Event", FIELD_EVENT, NULL},
    {"Affiliate ID", FIELD_AFFILIATE_ID, NULL},
    {"E-mail", FIELD_EMAIL, NULL},
    {"Deep link", FIELD_DEEP_LINK, NULL},
    {"Occurred at", FIELD_OCCURRED_AT, NULL},
    {"Status", FIELD_STATUS, NULL},
};

static bool holds_control(const char *text)
{
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return true;
    return false;
}

/* ---- The option `columns` ---- */

/* Takes the blanks off both ends, in place. */
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t", text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static bool has_header(const struct format *format, const char *header)
{
    for (size_t i = 0; i < format->column_count; i++)
        if (strcmp(format->columns[i].header, header) == 0)
            return true;
    return false;
}

/* One HEADER:FIELD. A header may hold a colon, a field does not. */
static bool read_column(struct format *format, char *text, struct affn_mistakes *mistakes)
{
    char *colon = strrchr(text, ':');
    enum field field;
    if (!colon || colon == text) {
        mistake_add(mistakes, "columns", SAY_COLUMN_FORM, text);
        return false;
    }
    *colon = '\0';
    char *header = trim(text);
    const char *name = trim(colon + 1);
    if (!field_find(name, &field)) {
        mistake_add(mistakes, "columns", SAY_COLUMN_FIELD, header, name);
    } else if (strlen(header) > HEADER_BYTES_MAX) {
        mistake_add(mistakes, "columns", SAY_HEADER_TOO_LONG, HEADER_BYTES_MAX, header);
    } else if (has_header(format, header)) {
        mistake_add(mistakes, "columns", SAY_HEADER_TWICE, header);
    } else if (format->column_count == COLUMNS_MAX) {
        mistake_add(mistakes, "columns", SAY_COLUMNS_TOO_MANY, COLUMNS_MAX);
    } else {
        format->columns[format->column_count++] = (struct column){header, field, NULL};
        return true;
    }
    return false;
}

static void read_option(struct format *format, const char *option, struct affn_mistakes *mistakes)
{
    if (strlen(option) > COLUMNS_BYTES_MAX) {
        mistake_add(mistakes, "columns", SAY_COLUMNS_TOO_LONG, COLUMNS_BYTES_MAX);
        return;
    }
    if (holds_control(option)) {
        mistake_add(mistakes, "columns", SAY_HIDDEN);
        return;
    }
    snprintf(format->text, sizeof format->text, "%s", option);
    if (!*trim(format->text)) {
        mistake_add(mistakes, "columns", SAY_COLUMNS_EMPTY);
        return;
    }
    char *rest = format->text;
    for (char *item; (item = strsep(&rest, ",")) != NULL;)
        if (!read_column(format, trim(item), mistakes))
            return;
}

/* ---- What is filled ---- */

/* A header as a key of the file can be: `Last Name` gives last_name. */
static void make_key(const char *header, char key[KEY_BYTES])
{
    size_t length = 0;
    for (; *header && length < KEY_BYTES - 1; header++) {
        unsigned char byte = (unsigned char)*header;
        if (byte < 0x80 && isalnum(byte))
            key[length++] = (char)tolower(byte);
        else if (length > 0 && key[length - 1] != '_')
            key[length++] = '_';
    }
    while (length > 0 && key[length - 1] == '_')
        length--;
    key[length] = '\0';
}

static bool names(const char *fill_key, const char *header)
{
    char one[KEY_BYTES];
    char other[KEY_BYTES];
    make_key(fill_key, one);
    make_key(header, other);
    return strcmp(one, other) == 0;
}

static const char *find_fill(const struct affn_map *fill, const char *header)
{
    for (uint32_t i = 0; i < fill->count; i++)
        if (*fill->pairs[i].value && names(fill->pairs[i].key, header))
            return fill->pairs[i].value;
    return NULL;
}

static void read_preset(struct format *format, const struct csv_options *options,
                        struct affn_mistakes *mistakes)
{
    const struct preset *preset = preset_get(options->preset);
    for (size_t i = 0; i < preset->column_count; i++) {
        const struct preset_column *column = &preset->columns[i];
        const char *fill = NULL;
        if (column->field == FIELD_FILL) {
            char key[KEY_BYTES];
            make_key(column->header, key);
            fill = find_fill(&options->fill, column->header);
            if (!fill && column->required)
                mistake_add(mistakes, "preset", SAY_FILL_NEEDED, column->header, key);
            if (!fill)
                continue;
        }
        format->columns[format->column_count++] =
            (struct column){column->header, column->field, fill};
    }
}

/* The header of an earlier column that is filled by the same key, or NULL. */
static const char *find_shared(const struct format *format, size_t index)
{
    const struct column *columns = format->columns;
    for (size_t i = 0; i < index; i++)
        if (columns[i].field == FIELD_FILL && names(columns[i].header, columns[index].header))
            return columns[i].header;
    return NULL;
}

static void fill_columns(struct format *format, const struct affn_map *fill,
                         struct affn_mistakes *mistakes)
{
    for (size_t i = 0; i < format->column_count; i++) {
        struct column *column = &format->columns[i];
        const char *shared = find_shared(format, i);
        char key[KEY_BYTES];
        if (column->field != FIELD_FILL)
            continue;
        make_key(column->header, key);
        column->fill = find_fill(fill, column->header);
        if (!*key)
            mistake_add(mistakes, "columns", SAY_FILL_NO_KEY, column->header);
        else if (shared)
            mistake_add(mistakes, "columns", SAY_FILL_SHARED, shared, column->header, key);
        else if (!column->fill)
            mistake_add(mistakes, "columns", SAY_FILL_LACKS, column->header, key);
    }
}

/* ---- What the fill.… are for ---- */

/* The headers that can be filled, in the order of the file: "Last Name, Company". */
static void list_filled(const struct format *format, const struct csv_options *options,
                        const char *wanted, bool *known, char *list, size_t list_bytes)
{
    const struct preset *preset = options->preset >= 0 ? preset_get(options->preset) : NULL;
    size_t count = preset ? preset->column_count : format->column_count;
    size_t length = 0;
    *known = false;
    list[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *header = preset ? preset->columns[i].header : format->columns[i].header;
        enum field field = preset ? preset->columns[i].field : format->columns[i].field;
        if (field != FIELD_FILL)
            continue;
        *known = *known || names(wanted, header);
        if (length < list_bytes)
            length += (size_t)snprintf(list + length, list_bytes - length, "%s%s",
                                       length > 0 ? ", " : "", header);
    }
}

/* An earlier key that is for the same column, or NULL. */
static const char *find_twin(const struct affn_map *fill, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (names(fill->pairs[i].key, fill->pairs[index].key))
            return fill->pairs[i].key;
    return NULL;
}

static void check_fill(const struct format *format, const struct csv_options *options,
                       uint32_t index, struct affn_mistakes *mistakes)
{
    const struct affn_pair *pair = &options->fill.pairs[index];
    const char *twin = find_twin(&options->fill, index);
    char option[KEY_BYTES + 8];
    char list[512];
    bool known;
    snprintf(option, sizeof option, "fill.%s", pair->key);
    list_filled(format, options, pair->key, &known, list, sizeof list);
    if (!list[0])
        mistake_add(mistakes, option, SAY_FILL_NOWHERE);
    else if (!known)
        mistake_add(mistakes, option, SAY_FILL_UNKNOWN, list);
    else if (twin)
        mistake_add(mistakes, option, SAY_FILL_TWICE, twin);
    else if (strlen(pair->value) > FILL_BYTES_MAX)
        mistake_add(mistakes, option, SAY_FILL_TOO_LONG, FILL_BYTES_MAX);
    else if (holds_control(pair->value))
        mistake_add(mistakes, option, SAY_HIDDEN);
}

void columns_read(struct format *format, const struct csv_options *options,
                  struct affn_mistakes *mistakes)
{
    format->column_count = 0;
    if (options->preset >= 0 && options->columns)
        mistake_add(mistakes, "columns", SAY_COLUMNS_AND_PRESET);
    if (options->preset >= 0) {
        read_preset(format, options, mistakes);
    } else if (options->columns) {
        read_option(format, options->columns, mistakes);
        fill_columns(format, &options->fill, mistakes);
    } else {
        memcpy(format->columns, own_columns, sizeof own_columns);
        format->column_count = sizeof own_columns / sizeof own_columns[0];
    }
    for (uint32_t i = 0; i < options->fill.count; i++)
        check_fill(format, options, i, mistakes);
}
