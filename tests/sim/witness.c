/* See witness.h. */
#include "tests/sim/witness.h"

#include <stdarg.h>
#include <stdio.h>

#include "affnotify/sink.h"
#include "core/base/clock.h"
#include "tests/sim/disk.h"
#include "tests/sim/story.h"

#define ID_SHOWN 12 /* bytes of an event's ID in the story */

static struct model *model;
static char complaint[1024];

void witness_begin(const char *journal_path)
{
    complaint[0] = '\0';
    model = model_new(journal_path);
}

void witness_end(void)
{
    disk_spare(true);
    model_free(model);
    disk_spare(false);
    model = NULL;
}

bool witness_is_awake(void)
{
    return !disk_is_cut_off();
}

void witness_complain(const char *format, ...)
{
    va_list arguments;
    if (complaint[0])
        return;
    va_start(arguments, format);
    vsnprintf(complaint, sizeof complaint, format, arguments);
    va_end(arguments);
}

const char *witness_complaint(void)
{
    return complaint;
}

static void begin(void)
{
    disk_spare(true);
    model_time(model, (struct model_now){.mono = clock_mono_ms(), .unix_ms = clock_unix_ms()});
}

static void end(void)
{
    disk_spare(false);
}

/* ---- What happens ---- */

void witness_bus_started(const struct model_config *config)
{
    begin();
    model_bus_started(model, config);
    end();
}

void witness_reloading(bool begins)
{
    begin();
    model_reloading(model, begins);
    end();
}

void witness_reloaded(const struct model_config *config)
{
    story_tell("    the new configuration is in force");
    if (!witness_is_awake())
        return;
    begin();
    model_reloaded(model, config);
    end();
}

void witness_bus_stopping(void)
{
    begin();
    model_bus_stopping(model);
    end();
}

void witness_bus_ended(void)
{
    begin();
    model_bus_ended(model);
    end();
}

void witness_accepted(const char *id, const char *email, bool created, int64_t occurred_unix_ms,
                      bool is_new)
{
    story_tell("    accepted %.*s of %s%s%s", ID_SHOWN, id, email, created ? "" : ", deactivated",
               is_new ? "" : ", known already");
    begin();
    model_accepted(model, id, email, created, occurred_unix_ms, is_new);
    end();
}

void witness_host_opened(const char *sink)
{
    story_tell("    %s is open", sink);
    begin();
    model_host_opened(model, sink);
    end();
}

void witness_host_ending(const char *sink)
{
    begin();
    model_host_ending(model, sink);
    end();
}

void witness_host_ended(const char *sink, bool killed_for_overrun, const char *reason)
{
    story_tell("    host of %s %s", sink, reason);
    if (!witness_is_awake())
        return;
    begin();
    model_host_ended(model, sink, killed_for_overrun);
    end();
}

static void tell_sent(const char *sink, const struct message_deliver *deliver)
{
    char text[160] = "";
    int length = 0;
    for (uint32_t i = 0; i < deliver->event_count && length < 120; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " %.*s#%u%s", ID_SHOWN,
                           deliver->events[i].id, deliver->events[i].attempt,
                           deliver->events[i].flags & AFFN_EVENT_REPLAY ? "r" : "");
    story_tell("    to %s: batch %u, %u events:%s", sink, deliver->batch, deliver->event_count,
               text);
}

void witness_sent(const char *sink, const struct message_deliver *deliver)
{
    struct model_sent_event events[BATCH_EVENTS_MAX];
    for (uint32_t i = 0; i < deliver->event_count; i++)
        events[i] = (struct model_sent_event){
            .id = deliver->events[i].id,
            .attempt = deliver->events[i].attempt,
            .replay = deliver->events[i].flags & AFFN_EVENT_REPLAY,
        };
    tell_sent(sink, deliver);
    begin();
    model_sent(model, sink, deliver->batch, events, deliver->event_count);
    end();
}

void witness_outcome(const char *sink, const struct model_outcome *outcome)
{
    static const char *const names[] = {[0] = "nothing",        [AFFN_DELIVERED] = "DELIVERED",
                                        [AFFN_RETRY] = "RETRY", [AFFN_REFUSED] = "REFUSED",
                                        [AFFN_DOWN] = "DOWN",   [AFFN_MISSET] = "MISSET"};
    story_tell("    from %s: batch %u, %u taken, %s%s code %d retry after %lld ms", sink,
               outcome->batch, outcome->taken, names[outcome->verdict],
               outcome->verdicts ? " and others," : ",", outcome->code,
               (long long)outcome->retry_after_ms);
    if (!witness_is_awake())
        return;
    begin();
    model_outcome(model, sink, outcome);
    end();
}

void witness_asked(const char *sink, enum model_command command)
{
    begin();
    model_asked(model, sink, command);
    end();
}

void witness_failed(const char *sink, bool begun)
{
    begin();
    model_failed(model, sink, begun);
    end();
}

void witness_held(const char *sink)
{
    begin();
    model_held(model, sink);
    end();
}

void witness_resumed(const char *sink)
{
    begin();
    model_resumed(model, sink);
    end();
}

void witness_skipped(const char *sink, bool all, int64_t until_unix_ms)
{
    begin();
    model_skipped(model, sink, all, until_unix_ms);
    end();
}

void witness_replayed(const char *sink, bool dead_only)
{
    begin();
    model_replayed(model, sink, dead_only);
    end();
}

void witness_dropped(const char *sink)
{
    begin();
    model_dropped(model, sink);
    end();
}

void witness_disk(bool broken)
{
    begin();
    model_disk(model, broken);
    end();
}

/* ---- What must hold ---- */

static bool check(int (*ask)(struct model *, char *, size_t))
{
    char text[sizeof complaint] = "";
    begin();
    int result = ask(model, text, sizeof text);
    end();
    if (result < 0)
        witness_complain("%s", text);
    return !complaint[0];
}

bool witness_check(void)
{
    return check(model_check);
}

bool witness_check_end(void)
{
    return check(model_check_end);
}

const struct model_count *witness_counts(size_t *count)
{
    return model_counts(model, count);
}
