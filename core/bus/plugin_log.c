/* See plugin_log.h. */
#include "core/bus/plugin_log.h"

#include "affnotify/sink.h"
#include "core/bus/host_output.h"
#include "core/wire/message.h"

int plugin_log_read(struct frame *frame, enum log_level *level, const char **text)
{
    static const enum log_level levels[] = {
        [AFFN_LOG_DEBUG] = LOG_LEVEL_DEBUG,
        [AFFN_LOG_INFO] = LOG_LEVEL_INFO,
        [AFFN_LOG_WARNING] = LOG_LEVEL_WARNING,
        [AFFN_LOG_ERROR] = LOG_LEVEL_ERROR,
    };
    struct message_log message;
    if (message_get_log(frame, &message) < 0 || message.level < AFFN_LOG_DEBUG ||
        message.level > AFFN_LOG_ERROR)
        return -1;
    *level = levels[message.level];
    *text = message.text;
    return 0;
}

int plugin_log_take(struct frame *frame, struct host_output *output)
{
    enum log_level level;
    const char *text;
    if (plugin_log_read(frame, &level, &text) < 0)
        return -1;
    host_output_say(output, level, "plugin", "says", text);
    return 0;
}
