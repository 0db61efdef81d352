/* See format.h. */
#include "format.h"

#include <string.h>

#include "../common/mistake.h"
#include "columns.h"
#include "options.h"
#include "preset.h"
#include "row.h"
#include "sentences.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* In the order of the choices in csv.c. */
static const char delimiters[] = {',', ';', '\t', '|'};
static const char *const line_ends[] = {"\r\n", "\n"};

/* The longest header row and the longest row fit well into a file of that size. */
#define ROTATE_BYTES_MIN (128 * 1024)

static void make_header(struct format *format, bool with_mark)
{
    uint32_t unused = 0;
    char *end = format->header;
    if (with_mark)
        end = stpcpy(end, BYTE_ORDER_MARK);
    for (size_t i = 0; i < format->column_count; i++) {
        if (i > 0)
            *end++ = format->delimiter;
        end += row_cell(format->columns[i].header, format->delimiter, end, &unused);
    }
    end = stpcpy(end, format->line_end);
    format->header_bytes = (size_t)(end - format->header);
}

static void measure_rows(struct format *format, struct affn_mistakes *mistakes)
{
    format->row_bytes_max = 2;
    for (size_t i = 0; i < format->column_count; i++)
        format->row_bytes_max +=
            2 * field_bytes_max(format->columns[i].field) + ROW_CELL_BYTES_MORE + 1;
    if (format->row_bytes_max > ROW_BYTES_MAX)
        mistake_add(mistakes, "columns", SAY_ROWS_TOO_LONG, ROW_BYTES_MAX);
}

static void read_mode(struct format *format, const char *mode, struct affn_mistakes *mistakes)
{
    mode_t bits = 0;
    format->has_mode = mode != NULL;
    if (!mode)
        return;
    size_t digits = strspn(mode, "01234567");
    for (size_t i = 0; i < digits && i < 4; i++)
        bits = bits * 8 + (mode_t)(mode[i] - '0');
    if (mode[digits] || digits < 3 || digits > 4 || (bits & ~(mode_t)0066) != 0600)
        mistake_add(mistakes, "mode", SAY_MODE, mode);
    else if (bits & 0004)
        mistake_warn(mistakes, "mode", SAY_MODE_OTHERS);
    format->mode = bits;
}

/* What the section says, else what the preset does. */
static int64_t limit(int64_t said, int64_t of_preset)
{
    return said == AFFN_UNSET ? of_preset : said;
}

static void read_limits(struct format *format, const struct csv_options *options,
                        const struct preset *preset, struct affn_mistakes *mistakes)
{
    format->rotate_bytes = limit(options->rotate_bytes, preset ? preset->bytes : 0);
    format->rotate_rows = limit(options->rotate_rows, preset ? preset->rows : 0);
    format->rotate_daily = options->rotate_daily < 0 ? preset != NULL : options->rotate_daily > 0;
    format->rotates = format->rotate_bytes > 0 || format->rotate_rows > 0 || format->rotate_daily;
    format->done_marker = options->done_marker > 0;
    if (format->rotate_bytes > 0 && format->rotate_bytes < ROTATE_BYTES_MIN)
        mistake_add(mistakes, "rotate_bytes", SAY_BYTES_FEW);
    if (format->done_marker && !format->rotates)
        mistake_warn(mistakes, "done_marker", SAY_MARKER_ALONE);
}

void format_make(struct format *format, const struct csv_options *options,
                 struct affn_mistakes *mistakes)
{
    const struct preset *preset = options->preset >= 0 ? preset_get(options->preset) : NULL;
    format->delimiter = delimiters[options->delimiter];
    format->line_end = line_ends[options->line_end];
    format->date = preset ? preset->date : DATE_ISO;
    if (options->date_format >= 0)
        format->date = (enum date_format)options->date_format;
    columns_read(format, options, mistakes);
    make_header(format, options->bom > 0);
    measure_rows(format, mistakes);
    read_mode(format, options->mode, mistakes);
    read_limits(format, options, preset, mistakes);
    format->tells_ids =
        !format->rotates && format->column_count > 0 && format->columns[0].field == FIELD_EVENT_ID;
}
