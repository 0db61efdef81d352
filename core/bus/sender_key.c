/* See sender_key.h. */
#include "core/bus/sender_key.h"

#include <stdio.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/bus/bus.h"
#include "core/bus/intake.h"
#include "core/journal/journal.h"

/* Whether an input without a time says what the event says that had its key first. */
static bool says_the_same(const struct event_input *input, const struct journal_event *known)
{
    struct event event;
    if (event_decode(known->canonical, known->canonical_bytes, &event) < 0)
        return false;
    return input->event.type == event.type && strcasecmp(input->event.email, event.email) == 0 &&
           (!input->has_affiliate_id ||
            text_equal(input->event.affiliate_id, event.affiliate_id)) &&
           (!input->has_deep_link || text_equal(input->event.deep_link, event.deep_link));
}

enum repeat sender_key_find(struct bus *bus, const struct event_input *input, const char *key,
                            char id[EVENT_ID_SIZE])
{
    struct error error;
    struct journal_event known;
    if (!intake_begin(bus))
        return REPEAT_FAILED;
    int found = journal_find_key(bus->journal, key, &known, &error);
    if (found < 0) {
        intake_break(bus, error.text);
        return REPEAT_FAILED;
    }
    if (found == 0)
        return REPEAT_NEW;
    snprintf(id, EVENT_ID_SIZE, "%s", known.id);
    enum repeat repeat = says_the_same(input, &known) ? REPEAT_KNOWN : REPEAT_OTHER;
    journal_event_finish(&known);
    return repeat;
}

bool sender_key_take(struct bus *bus, const struct event_input *input, const char *key,
                     char id[EVENT_ID_SIZE], bool *is_new)
{
    struct error error;
    if (!intake_take_event(bus, input, id, is_new))
        return false;
    if (!*key || journal_keep_key(bus->journal, key, id, clock_unix_ms(), &error) == 0)
        return true;
    intake_break(bus, error.text);
    return false;
}
