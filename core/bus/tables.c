/* See tables.h. */
#include "core/bus/tables.h"

#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/handshake.h"
#include "core/bus/look.h"
#include "core/config/config.h"
#include "core/wire/message.h"

struct reading {
    struct look look;
    struct handshake handshake;
    const struct tables_call *call;
    bool finished; /* TABLE or FAILED came */
};

static void add_mistake(const struct handshake *handshake, const char *text)
{
    const struct section *section = handshake->sink->section;
    struct place place = section_place(section, section_setting(section, "plugin"));
    mistakes_add(handshake->mistakes, &place, "the plugin's process %s", text);
}

static int on_frame(void *owner, struct frame *frame, struct error *error)
{
    (void)error;
    struct reading *reading = owner;
    struct message_table table;
    if (frame->type == MESSAGE_FAILED) {
        reading->finished = true;
        return handshake_take_failed(&reading->handshake, frame);
    }
    if (frame->type != MESSAGE_TABLE || reading->finished)
        return frame->type == MESSAGE_LOG || reading->finished ? 0 : -1;
    if (message_get_table(frame, &table) < 0)
        return -1;
    reading->finished = true;
    reading->call->told(reading->call->owner, reading->handshake.sink, &table);
    free(table.options);
    host_process_kill(&reading->look.host, "read");
    return 0;
}

static void on_gone(void *owner, const char *reason)
{
    const struct reading *reading = owner;
    if (reading->finished)
        return;
    char *text = memory_format("%s while it was loaded", reason);
    add_mistake(&reading->handshake, text);
    free(text);
}

static const struct host_calls calls = {.frame = on_frame, .gone = on_gone};

static void start(struct reading *reading, struct look_loop *loop)
{
    struct error error;
    const struct sink_config *sink = reading->handshake.sink;
    char *path = sink->plugin ? handshake_find_plugin(&reading->handshake) : NULL;
    if (!path)
        return;
    if (look_start(&reading->look, loop, sink->name, path, &calls, reading, &error) < 0)
        add_mistake(&reading->handshake, error.text);
    else
        look_limit(&reading->look, LOOK_TIMEOUT_MS, "did not load within 5 s");
    free(path);
}

/* A few at a time. */
static void load(struct reading *readings, size_t count, struct look_loop *loop)
{
    size_t next = 0;
    while (next < count || loop->running > 0) {
        while (next < count && loop->running < LOOKS_MAX)
            start(&readings[next++], loop);
        look_loop_turn(loop);
    }
}

void tables_load(const struct config *config, const struct sink_config *only,
                 const struct tables_call *call, struct mistakes *mistakes)
{
    struct error error;
    struct look_loop loop;
    size_t count = only ? 1 : config->sink_count;
    struct reading *readings = memory_new(count, sizeof *readings);
    for (size_t i = 0; i < count; i++)
        readings[i] = (struct reading){.handshake = {.config = config,
                                                     .sink = only ? only : &config->sinks[i],
                                                     .mistakes = mistakes},
                                       .call = call};
    if (look_loop_init(&loop, &error) == 0)
        load(readings, count, &loop);
    else
        mistakes_add(mistakes, &(struct place){.file = config->path}, "%s", error.text);
    for (size_t i = 0; i < count; i++)
        look_finish(&readings[i].look);
    free(readings);
    look_loop_finish(&loop);
}
