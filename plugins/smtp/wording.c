/* See wording.h. */
#include "wording.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "../common/character.h"

const char wording_test[] = "This is a test. An operator has sent it to see whether mail arrives:\n"
                            "nobody has joined or left.";

const char wording_notice_test[] = "This is a test. An operator has sent it to see whether notices "
                                   "arrive:\nnothing is wrong.";

bool wording_joined(const struct affn_event *event)
{
    return strcmp(event->event, "affiliate.created") == 0;
}

bool wording_is_test(const struct story *story)
{
    return story->events[0]->flags & AFFN_EVENT_TEST;
}

const char *wording_verb(const struct affn_event *event)
{
    return wording_joined(event) ? "joined" : "left";
}

void wording_headline(struct draft *draft, const struct story *story)
{
    uint32_t joined = 0;
    if (story->count == 1) {
        character_add_shown(draft, story->events[0]->email);
        draft_format(draft, " %s", wording_verb(story->events[0]));
        return;
    }
    for (uint32_t i = 0; i < story->count; i++)
        joined += wording_joined(story->events[i]);
    uint32_t left = story->count - joined;
    if (joined > 0)
        draft_format(draft, "%u joined", joined);
    if (left > 0)
        draft_format(draft, "%s%u left", joined > 0 ? ", " : "", left);
}

static void add_marks(struct draft *draft, bool test, const char *prefix)
{
    if (test)
        draft_add(draft, "[TEST] ");
    if (prefix[0]) {
        character_add_shown(draft, prefix);
        draft_add(draft, " ");
    }
}

void wording_subject(struct draft *draft, const struct story *story)
{
    add_marks(draft, wording_is_test(story), story->prefix);
    wording_headline(draft, story);
}

void wording_notice_subject(struct draft *draft, const struct telling *telling)
{
    add_marks(draft, telling->notice->flags & AFFN_NOTICE_TEST, telling->prefix);
    character_add_shown(draft, telling->notice->subject);
}

void wording_when(struct draft *draft, const struct affn_event *event)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    time_t seconds =
        (time_t)(event->occurred_unix_ms / 1000 - (event->occurred_unix_ms % 1000 < 0));
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    draft_format(draft, "%s, %d %s %d, %02d:%02d:%02d UTC", days[tm.tm_wday], tm.tm_mday,
                 months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool wording_is_link(const char *deep_link)
{
    bool web =
        strncasecmp(deep_link, "https://", 8) == 0 || strncasecmp(deep_link, "http://", 7) == 0;
    return web && !character_any_hidden(deep_link);
}
