/* See trial_notice.h. */
#include "core/bus/trial_notice.h"

#include <assert.h>

#include "affnotify/notice.h"
#include "core/base/text.h"
#include "core/bus/alert_text.h"
#include "core/config/config.h"
#include "core/wire/message.h"

#define NUMBER 1

static const char *another_sink(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->sink_count; i++) {
        if (!text_equal(config->sinks[i].name, name))
            return config->sinks[i].name;
    }
    return "example";
}

void trial_notice_put(struct buffer *out, const struct config *config, const char *through,
                      const char *id, int64_t now_unix_ms)
{
    const char *sink = another_sink(config, through);
    struct alert_text text;
    alert_text_trouble(&text, &(struct alert_facts){
                                  .sink = sink,
                                  .state = "held",
                                  .what = "nothing is wrong; this is a test",
                                  .remedy = "nothing; real notices stand here, with the line of "
                                            "the configuration to look at",
                                  .since_unix_ms = now_unix_ms,
                              });
    int result = message_put_notice(out, &(struct message_notice){
                                             .number = NUMBER,
                                             .id = id,
                                             .about = sink,
                                             .subject = text.subject,
                                             .text = text.text,
                                             .flags = AFFN_NOTICE_TEST,
                                             .made_unix_ms = now_unix_ms,
                                         });
    assert(result == 0); /* its texts are bounded */
}

int trial_notice_take(struct frame *frame, struct message_outcome *outcome)
{
    struct message_noticed noticed;
    if (message_get_noticed(frame, &noticed) < 0 || noticed.number != NUMBER)
        return -1;
    *outcome = (struct message_outcome){
        .taken = 1,
        .verdict = noticed.verdict,
        .retry_after_ms = noticed.retry_after_ms,
        .what = noticed.what,
        .remedy = noticed.remedy,
    };
    return 0;
}
