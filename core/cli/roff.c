/* See roff.h. */
#include "core/cli/roff.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

static void put(FILE *out, char letter)
{
    if (letter == '\\')
        fputs("\\e", out);
    else if (letter == '-')
        fputs("\\-", out); /* a real minus, so that what is copied from the page works */
    else
        fputc(letter == '\n' ? ' ' : letter, out);
}

/* A dot or an apostrophe would begin a request at the head of a line. */
static void guard(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
}

void roff_words(FILE *out, const char *text)
{
    guard(out, text);
    for (; *text; text++)
        put(out, *text);
}

void roff_text(FILE *out, const char *text)
{
    bool is_bold = false;
    guard(out, text);
    for (; *text; text++) {
        if (*text == '`' && (is_bold || strchr(text + 1, '`'))) {
            is_bold = !is_bold;
            fputs(is_bold ? "\\fB" : "\\fR", out);
        } else {
            put(out, *text);
        }
    }
    fputc('\n', out);
}

void roff_paragraphs(FILE *out, const char *text)
{
    enum { NOTHING, PARAGRAPH, EXAMPLE } now = NOTHING;
    char *copy = memory_text(text);
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (now == EXAMPLE && *line != ' ') {
            fputs(".EE\n", out);
            now = NOTHING;
        }
        if (*line == ' ' && now != EXAMPLE) {
            fputs(".PP\n.EX\n", out);
            now = EXAMPLE;
        } else if (*line && now == NOTHING) {
            fputs(".PP\n", out);
            now = PARAGRAPH;
        } else if (!*line) {
            now = NOTHING;
        }
        if (*line && now == EXAMPLE) {
            roff_words(out, line);
            fputc('\n', out);
        } else if (*line) {
            roff_text(out, line);
        }
    }
    if (now == EXAMPLE)
        fputs(".EE\n", out);
    free(copy);
}
