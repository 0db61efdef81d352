/* See pace.h. */
#include "core/cli/pace.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/cli/show.h"

#define SHOW_EVERY_MS 200
#define CLEAR_LINE    "\r\033[K"

void pace_init(struct pace *pace, size_t bytes, int64_t now_mono_ms)
{
    *pace = (struct pace){
        .is_wanted = show_styled(stderr),
        .bytes = bytes,
        .begun_mono_ms = now_mono_ms,
    };
}

/* A number with commas; to be freed. */
static char *number(size_t value)
{
    char *rest = value >= 1000 ? number(value / 1000) : NULL;
    char *text = rest ? memory_format("%s,%03zu", rest, value % 1000) : memory_format("%zu", value);
    free(rest);
    return text;
}

/* ", 41 %, 35 s to go", or "" when the end is not known; to be freed. */
static char *rest_text(const struct pace *pace, size_t done_bytes, int64_t elapsed_ms)
{
    if (pace->bytes == 0 || done_bytes == 0 || done_bytes > pace->bytes)
        return memory_text("");
    double share = (double)done_bytes / (double)pace->bytes;
    char *span = show_span((int64_t)((double)elapsed_ms * (1 - share) / share));
    char *text = memory_format(", %d %%, %s to go", (int)(share * 100), span);
    free(span);
    return text;
}

char *pace_text(const struct pace *pace, size_t done_lines, size_t done_bytes, int64_t now_mono_ms)
{
    int64_t elapsed_ms = now_mono_ms - pace->begun_mono_ms;
    if (elapsed_ms < 1)
        elapsed_ms = 1;
    char *lines = number(done_lines);
    char *rate = number((size_t)((double)done_lines * 1000 / (double)elapsed_ms));
    char *rest = rest_text(pace, done_bytes, elapsed_ms);
    char *text = memory_format("%s lines, %s/s%s", lines, rate, rest);
    free(lines);
    free(rate);
    free(rest);
    return text;
}

void pace_show(struct pace *pace, size_t done_lines, size_t done_bytes, int64_t now_mono_ms)
{
    int64_t since = pace->is_shown ? pace->shown_mono_ms : pace->begun_mono_ms;
    if (!pace->is_wanted || now_mono_ms - since < SHOW_EVERY_MS)
        return;
    char *text = pace_text(pace, done_lines, done_bytes, now_mono_ms);
    fprintf(stderr, CLEAR_LINE "%s", text);
    free(text);
    pace->is_shown = true;
    pace->shown_mono_ms = now_mono_ms;
}

void pace_hide(struct pace *pace)
{
    if (pace->is_shown)
        fputs(CLEAR_LINE, stderr);
    pace->is_shown = false;
}
