/* See survey_places.h. */
#include "core/bus/survey_places.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/sentences.h"
#include "core/config/config.h"

void survey_places_add(struct survey_places *places, const struct survey_place *added)
{
    places->items = memory_resize(places->items, places->count + 1, sizeof *places->items);
    places->items[places->count++] = *added;
}

void survey_places_finish(struct survey_places *places)
{
    if (!places)
        return;
    for (size_t i = 0; i < places->count; i++) {
        memory_wipe_text(places->items[i].text);
        free(places->items[i].plugin);
        free(places->items[i].path);
    }
    free(places->items);
    *places = (struct survey_places){0};
}

static bool is_same(const struct survey_place *one, const struct survey_place *other)
{
    if (one->sink == other->sink || !one->plugin != !other->plugin ||
        !text_equal(one->text, other->text))
        return false;
    return !one->plugin ||
           (text_equal(one->plugin, other->plugin) && (one->events & other->events));
}

static void compare_with_earlier(const struct survey_places *places, size_t later,
                                 struct mistakes *mistakes)
{
    const struct survey_place *here = &places->items[later];
    size_t earlier = 0;
    while (earlier < later && !is_same(&places->items[earlier], here))
        earlier++;
    const struct survey_place *there = &places->items[earlier];
    if (earlier == later)
        return;
    if (here->plugin)
        mistakes_warn(mistakes, &here->place, SAY_PLACE_TWICE, there->sink->name, there->place.file,
                      there->place.line);
    else
        mistakes_add(mistakes, &here->place, SAY_FILE_TWICE, there->sink->name, there->place.file,
                     there->place.line, here->path);
}

/* Tables came in any order; the sinks are an array. */
static int compare_sinks(const void *one, const void *other)
{
    const struct survey_place *a = one, *b = other;
    return (a->sink > b->sink) - (a->sink < b->sink);
}

void survey_places_compare(struct survey_places *places, struct mistakes *mistakes)
{
    if (places->count > 0)
        qsort(places->items, places->count, sizeof *places->items, compare_sinks);
    for (size_t i = 0; i < places->count; i++)
        compare_with_earlier(places, i, mistakes);
}
