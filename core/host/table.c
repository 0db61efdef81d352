/* See table.h. */
#include "core/host/table.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "core/host/plugin.h"
#include "core/host/request_keys.h"
#include "core/wire/message.h"

/* The choices with blanks between; to be freed. */
static char *join(const char *const *choices)
{
    char *joined = memory_text("");
    for (size_t i = 0; choices && choices[i]; i++) {
        char *longer = memory_format("%s%s%s", joined, i > 0 ? " " : "", choices[i]);
        free(joined);
        joined = longer;
    }
    return joined;
}

static void lay_out_options(struct message_option *to, const struct affn_option *rows,
                            uint32_t count, bool hosts)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = (struct message_option){
            .name = rows[i].name,
            .help = rows[i].help,
            .fallback = rows[i].fallback,
            .choices = join(rows[i].choices),
            .type = rows[i].type,
            .flags = rows[i].flags,
            .min = rows[i].min,
            .max = rows[i].max,
            .hosts = hosts,
        };
    }
}

int table_put(const struct plugin *plugin, struct buffer *out)
{
    uint32_t own = plugin->sink.option_count;
    uint32_t count = own + (plugin->requests ? request_keys_count : 0);
    struct message_option *options = memory_new(count, sizeof *options);
    lay_out_options(options, plugin->options, own, false);
    lay_out_options(options + own, request_keys_table, count - own, true);
    struct message_table table = {
        .name = plugin->sink.name,
        .version = plugin->sink.version,
        .summary = plugin->sink.summary,
        .defaults = plugin->sink.defaults,
        .revision = plugin->sink.revision,
        .requests = plugin->requests,
        .notices = plugin->notifies,
        .option_count = count,
        .options = options,
    };
    int result = message_put_table(out, &table);
    for (uint32_t i = 0; i < count; i++)
        free((char *)options[i].choices);
    free(options);
    return result;
}
