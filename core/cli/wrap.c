/* See wrap.h. */
#include "core/cli/wrap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/cli/show.h"

/* The bytes of the word that text begins with; what stands between backticks is a part of one. */
static size_t word_bytes(const char *text)
{
    size_t bytes = 0;
    while (text[bytes] && text[bytes] != ' ') {
        const char *end = text[bytes] == '`' ? strchr(text + bytes + 1, '`') : NULL;
        bytes = end ? (size_t)(end - text) + 1 : bytes + 1;
    }
    return bytes;
}

static void print_line(FILE *file, size_t columns, size_t indent, const char *line)
{
    size_t used = 0, blanks = 0; /* blanks: before the word */
    while (*line) {
        size_t bytes = word_bytes(line);
        size_t width = show_width(line) - show_width(line + bytes);
        bool is_first = used == 0;
        if (!is_first && used + blanks + width > columns) {
            fputc('\n', file);
            used = 0;
            blanks = indent;
        }
        fprintf(file, "%*s%.*s", (int)blanks, "", (int)bytes, line);
        used += blanks + width;
        line += bytes;
        blanks = strspn(line, " ");
        line += blanks;
    }
}

void wrap_print(FILE *file, size_t columns, size_t indent, const char *text)
{
    char *copy = memory_text(text);
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (columns == 0 || *line == ' ')
            fputs(line, file);
        else
            print_line(file, columns, indent, line);
        fputc('\n', file);
    }
    free(copy);
}
