/* See wrap.h. */
#include "core/cli/wrap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/cli/show.h"

/* How lines are broken. */
struct form {
    size_t columns; /* 0: not at all */
    size_t indent;  /* of all but the first line */
    size_t (*word_bytes)(const char *text);
};

/* The bytes of the word that text begins with. */
static size_t plain_word_bytes(const char *text)
{
    return strcspn(text, " ");
}

/* The same, when what stands between backticks is a part of one. */
static size_t word_bytes(const char *text)
{
    size_t bytes = 0;
    while (text[bytes] && text[bytes] != ' ') {
        const char *end = text[bytes] == '`' ? strchr(text + bytes + 1, '`') : NULL;
        bytes = end ? (size_t)(end - text) + 1 : bytes + 1;
    }
    return bytes;
}

/* The first word stands behind the used columns and so many blanks. */
static void print(FILE *file, const struct form *form, size_t used, size_t blanks, const char *text)
{
    bool is_first = true; /* word of its line */
    while (*text) {
        size_t bytes = form->word_bytes(text);
        size_t width = show_width(text) - show_width(text + bytes);
        if (!is_first && form->columns > 0 && used + blanks + width > form->columns) {
            fputc('\n', file);
            used = 0;
            blanks = form->indent;
        }
        fprintf(file, "%*s%.*s", (int)blanks, "", (int)bytes, text);
        used += blanks + width;
        text += bytes;
        blanks = strspn(text, " ");
        text += blanks;
        is_first = is_first && bytes == 0;
    }
    fputc('\n', file);
}

void wrap_words(FILE *file, const char *text, size_t indent, size_t used, size_t columns)
{
    const struct form form = {columns, indent, plain_word_bytes};
    print(file, &form, used, used < indent ? indent - used : 0, text);
}

void wrap_hanging(FILE *file, const char *text, size_t first, size_t others, size_t columns)
{
    const struct form form = {columns, others, plain_word_bytes};
    print(file, &form, 0, first, text);
}

void wrap_print(FILE *file, size_t columns, size_t indent, const char *text)
{
    const struct form form = {columns, indent, word_bytes};
    char *copy = memory_text(text);
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (columns == 0 || *line == ' ')
            fprintf(file, "%s\n", line);
        else
            print(file, &form, 0, 0, line);
    }
    free(copy);
}
