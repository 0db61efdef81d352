/* See remedy.h. */
#include "core/bus/remedy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/bus/sink.h"

/* Where to mend it: the line of a key that the remedy names, `so`, or else the section's own. */
static struct place place_of(const struct section *section, const char *remedy)
{
    for (size_t i = 0; i < section->count; i++) {
        char *named = memory_format("`%s`", section->settings[i].key);
        bool is_named = strstr(remedy, named) != NULL;
        free(named);
        if (is_named)
            return section_place(section, &section->settings[i]);
    }
    return section_place(section, NULL);
}

#define MENDED "`affnotify reload`; or, when nothing in the file was wrong, `affnotify resume %s`"

/* What our settings brought about ends when somebody has mended them and says so. */
static char *remedy_for_settings(const struct sink *sink, const char *remedy)
{
    struct place place = place_of(sink->config->section, remedy);
    const char *name = sink->config->name;
    if (!remedy[0])
        return memory_format("see its section at %s:%d, then " MENDED, place.file, place.line,
                             name);
    return memory_format("%s at %s:%d, then " MENDED, remedy, place.file, place.line, name);
}

char *remedy_of_sink(const struct sink *sink, const struct sink_view *view)
{
    if (view->by_hand && !strcmp(view->state, "held"))
        return memory_format("`affnotify resume %s` ends it", sink->config->name);
    if (view->by_settings)
        return remedy_for_settings(sink, view->remedy);
    return memory_text(view->remedy);
}

char *remedy_of_removed(const char *name)
{
    return memory_format("put [sink:%s] back, or say `was = %s` in the section of a new sink, or "
                         "give its events up: `affnotify skip %s`",
                         name, name, name);
}
