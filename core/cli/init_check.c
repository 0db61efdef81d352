/*
 * Whether an answer of `affnotify init` can be right: what `affnotifyd --check` says of the sink with all
 * answers so far. The file for that is in memory only, for it holds secrets.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/cli/connection.h"
#include "core/cli/daemon.h"
#include "core/cli/init_parts.h"
#include "core/cli/show.h"

static void add_setting(struct buffer *text, const char *key, const char *value)
{
    char *written = starter_value(value);
    if (written)
        buffer_printf(text, "%s = %s\n", key, written);
    memory_wipe_text(written);
}

static void compose(const struct init_sink *sink, struct buffer *text)
{
    buffer_printf(text, "[bus]\n[sink:%s]\n", sink->name);
    add_setting(text, "plugin", sink->plugin);
    for (size_t i = 0; i < sink->answer_count; i++)
        add_setting(text, sink->answers[i].key, sink->answers[i].value);
}

json_t *init_check(const struct init_sink *sink)
{
    struct error error;
    struct buffer text;
    buffer_init_secret(&text, INI_FILE_BYTES_MAX);
    compose(sink, &text);
    json_t *answer = daemon_ask(
        (const char *const[]){"--check", "--json", "-c", "/dev/stdin", NULL}, &text, &error);
    buffer_finish(&text);
    return answer;
}

char *init_reason(const json_t *checked, const char *key)
{
    char *reason = NULL;
    const json_t *mistakes = json_object_get(checked, "mistakes");
    for (size_t i = 0; i < json_array_size(mistakes) && !reason; i++) {
        const json_t *mistake = json_array_get(mistakes, i);
        const char *found = json_string_value(json_object_get(mistake, "key"));
        if (found && text_equal(found, key) && !json_is_true(json_object_get(mistake, "warning")))
            reason = show_member(mistake, "text");
    }
    return reason;
}
