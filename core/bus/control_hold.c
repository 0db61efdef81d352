/* See control_hold.h. */
#include "core/bus/control_hold.h"

#include <jansson.h>

#include "core/base/error.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/sink_names.h"

static json_t *set_held(struct bus *bus, const json_t *command, bool held)
{
    const char *name;
    struct error error;
    json_t *wrong = sink_names_read(command, &name);
    if (wrong)
        return wrong;
    struct sink *sink = sink_names_find(bus, name);
    if (!sink)
        return sink_names_refuse(bus, name, false);
    int changed = sink_set_held(sink, held, &error);
    if (changed < 0)
        return answer_unavailable(error.text);
    struct sink_view view;
    sink_view(sink, &view);
    return json_pack("{s:b,s:s,s:s,s:b}", "ok", 1, "sink", name, "state", view.state, "changed",
                     changed > 0);
}

json_t *control_hold_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    return set_held(bus, command, true);
}

json_t *control_resume_run(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    return set_held(bus, command, false);
}
