/* See services.h. */
#include "core/host/services.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/host/blot.h"
#include "core/host/link.h"
#include "core/host/trial_directory.h"
#include "core/wire/message.h"

static struct {
    char *sink_name;
    struct link *link;
    const struct blot *secrets;
    char *state_dir;
    bool state_dir_allowed;
    bool state_dir_made;
    bool trial;
    char count_names[COUNTS_MAX][COUNT_NAME_BYTES_MAX + 1];
    size_t count_name_count;
    bool count_refused; /* and that was logged */
} services;

/* Which thread the callbacks come from. */
static _Thread_local bool is_callback_thread;

/*
 * Whether a plugin calls us from a thread of its own, which sink.h forbids: it would garble what
 * goes to the bus. Said once, by the one way out that is safe from any thread.
 */
static bool strays(void)
{
    static const char text[] =
        "a function of the host is called from a thread that the plugin has started, which "
        "affnotify/sink.h forbids: such calls do nothing; ask who wrote the plugin\n";
    static atomic_flag said = ATOMIC_FLAG_INIT;
    if (is_callback_thread)
        return false;
    if (!atomic_flag_test_and_set(&said) && write(STDERR_FILENO, text, sizeof text - 1) < 0)
        return true; /* nobody listens */
    return true;
}

void services_init(const char *sink_name, struct link *link, const struct blot *secrets)
{
    is_callback_thread = true;
    services.sink_name = memory_text(sink_name);
    services.link = link;
    services.secrets = secrets;
}

void services_finish(void)
{
    free(services.sink_name);
    free(services.state_dir);
    services.sink_name = NULL;
    services.state_dir = NULL;
}

void services_set_state_dir(const char *path)
{
    free(services.state_dir);
    services.state_dir = memory_text(path);
}

void services_allow_state_dir(void)
{
    services.state_dir_allowed = true;
}

void services_set_trial(bool trial)
{
    services.trial = trial;
}

/*
 * Never drops a line: a plugin that logs faster than the bus reads waits in link_out, and it is the
 * bus that counts what it leaves out.
 */
static void log_arguments(int32_t level, const char *format, va_list arguments)
{
    if (strays())
        return;
    char raw[TEXT_BYTES_MAX + 1];
    char text[TEXT_BYTES_MAX + 1];
    vsnprintf(raw, sizeof raw, format, arguments);
    blot_text(services.secrets, NULL, raw, text, sizeof text);
    if (level < AFFN_LOG_DEBUG)
        level = AFFN_LOG_DEBUG;
    if (level > AFFN_LOG_ERROR)
        level = AFFN_LOG_ERROR;
    int result = message_put_log(link_out(services.link),
                                 &(struct message_log){.level = level, .text = text});
    assert(result == 0);
    link_flush(services.link);
}

void services_log(int32_t level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_arguments(level, format, arguments);
    va_end(arguments);
}

static int64_t mono_ms(void)
{
    return clock_mono_ms();
}

static int make_state_dir(struct error *error)
{
    return services.trial ? trial_directory_make(services.state_dir, error)
                          : file_make_directory(services.state_dir, 0700, error);
}

static const char *state_dir(void)
{
    if (strays() || !services.state_dir_allowed || !services.state_dir || !*services.state_dir)
        return NULL;
    struct error error;
    if (!services.state_dir_made && make_state_dir(&error) < 0) {
        services_log(AFFN_LOG_ERROR, "the sink's own directory cannot be made: %s", error.text);
        return NULL;
    }
    services.state_dir_made = true;
    return services.state_dir;
}

static const char *sink_name(void)
{
    return services.sink_name;
}

/* ---- What a plugin counts ---- */

static bool is_known_count(const char *name)
{
    for (size_t i = 0; i < services.count_name_count; i++) {
        if (text_equal(services.count_names[i], name))
            return true;
    }
    return false;
}

/* So that no plugin can make the bus keep more than it should. */
static bool may_count(const char *name)
{
    if (name && is_known_count(name))
        return true;
    if (name && message_is_count_name(name) && services.count_name_count < COUNTS_MAX) {
        memcpy(services.count_names[services.count_name_count++], name, strlen(name) + 1);
        return true;
    }
    if (!services.count_refused)
        services_log(AFFN_LOG_WARNING,
                     "the plugin counts something whose name is not of a-z, 0-9 and _, or is too "
                     "long, or one too many: it is not counted");
    services.count_refused = true;
    return false;
}

/* A trial counts nothing, and neither does `check`. The number goes out with the next outcome. */
static void counter_add(const char *name, uint64_t number)
{
    if (strays() || services.trial || !services.state_dir_allowed || !may_count(name))
        return;
    int result = message_put_count(link_out(services.link),
                                   &(struct message_count){.name = name, .number = number});
    assert(result == 0);
}

static const void *extension(const char *id)
{
    static const char present = 1; /* AFFN_TRIAL has nothing to say but that it is one */
    static const struct affn_counter counter = {sizeof counter, 0, counter_add};
    if (id && text_equal(id, AFFN_COUNTER))
        return &counter;
    return services.trial && id && text_equal(id, AFFN_TRIAL) ? &present : NULL;
}

const struct affn_host *services_face(void)
{
    static const struct affn_host face = {
        .log = services_log,
        .mono_ms = mono_ms,
        .state_dir = state_dir,
        .sink_name = sink_name,
        .extension = extension,
    };
    return &face;
}
