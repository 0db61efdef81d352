/* See alert.h. */
#include "core/bus/alert.h"

#include "core/base/limits.h"

void alert_begin(struct alert *alert, int64_t told_unix_ms, int64_t delivered)
{
    *alert = (struct alert){.told_unix_ms = told_unix_ms};
    if (told_unix_ms == 0)
        return;
    alert->sight = ALERT_UNCLEAR;
    alert->troubled = true; /* so it was when the bus ended */
    alert->unproved = true;
    alert->delivered = delivered;
}

static bool is_trouble(enum alert_sight sight)
{
    return sight == ALERT_TROUBLED || sight == ALERT_FAILING || sight == ALERT_MISSET ||
           sight == ALERT_HOSTLESS;
}

static bool is_unproved(const struct alert *alert, const struct alert_view *view)
{
    return alert->unproved && view->delivered <= alert->delivered;
}

/* Of a sink that was told of, more is asked: what is pending could still fail. */
static bool is_proved(const struct alert *alert, const struct alert_view *view, int64_t now_mono_ms)
{
    bool steady = now_mono_ms - alert->open_mono_ms >= ALERT_STEADY_MS;
    bool idle = view->pending == 0 || alert->told_unix_ms == 0;
    return !is_unproved(alert, view) || (steady && idle);
}

/*
 * What fails was delivering before, unless that was not proved: its own time counts, for between
 * two looks something may have got through.
 */
static void see_trouble(struct alert *alert, const struct alert_view *view, int64_t now_mono_ms,
                        int64_t now_unix_ms)
{
    if (view->sight == ALERT_HOSTLESS && !alert->unproved) {
        alert->unproved = true;
        alert->delivered = view->delivered;
    }
    bool was_open = alert->sight == ALERT_OPEN && view->sight != ALERT_HOSTLESS;
    bool knows_since = view->sight == ALERT_FAILING && !is_unproved(alert, view);
    if (alert->troubled && alert->since_unix_ms != 0 && !was_open && !knows_since)
        return;
    int64_t ago_ms = view->sight == ALERT_FAILING ? view->failing_ms : 0;
    alert->troubled = true;
    alert->since_mono_ms = now_mono_ms - ago_ms;
    alert->since_unix_ms = now_unix_ms - ago_ms;
}

static void forget_trouble(struct alert *alert)
{
    alert->troubled = alert->unproved = false;
    alert->since_mono_ms = alert->since_unix_ms = 0;
}

void alert_see(struct alert *alert, const struct alert_view *view, int64_t now_mono_ms,
               int64_t now_unix_ms)
{
    if (view->sight == ALERT_OPEN && alert->sight != ALERT_OPEN)
        alert->open_mono_ms = now_mono_ms;
    if (is_trouble(view->sight))
        see_trouble(alert, view, now_mono_ms, now_unix_ms);
    else if (view->sight == ALERT_OPEN && alert->troubled && is_proved(alert, view, now_mono_ms))
        forget_trouble(alert);
    else if (view->sight == ALERT_IGNORED && alert->told_unix_ms == 0)
        forget_trouble(alert); /* its time is not counted */
    alert->sight = view->sight;
}

static int64_t pause_ms(int64_t after_ms)
{
    return after_ms > ALERT_PAUSE_MIN_MS ? after_ms : ALERT_PAUSE_MIN_MS;
}

/* When a sink in trouble is to be told of. */
static int64_t trouble_due_mono_ms(const struct alert *alert, int64_t after_ms)
{
    int64_t due_ms = alert->since_mono_ms + (alert->sight == ALERT_MISSET ? 0 : after_ms);
    int64_t may_ms = alert->trouble_mono_ms + pause_ms(after_ms);
    return alert->told_before && may_ms > due_ms ? may_ms : due_ms;
}

enum alert_news alert_due(const struct alert *alert, int64_t after_ms, int64_t now_mono_ms)
{
    if (alert->told_unix_ms != 0)
        return alert->sight == ALERT_OPEN && !alert->troubled ? ALERT_OVER : ALERT_NOTHING;
    if (is_trouble(alert->sight) && now_mono_ms >= trouble_due_mono_ms(alert, after_ms))
        return ALERT_TROUBLE;
    return ALERT_NOTHING;
}

int64_t alert_next_mono_ms(const struct alert *alert, int64_t after_ms)
{
    if (alert->sight == ALERT_OPEN && alert->troubled)
        return alert->open_mono_ms + ALERT_STEADY_MS;
    if (alert->told_unix_ms == 0 && is_trouble(alert->sight))
        return trouble_due_mono_ms(alert, after_ms);
    return -1;
}

bool alert_is_failing(const struct alert *alert)
{
    return alert->sight == ALERT_FAILING;
}

void alert_told(struct alert *alert, enum alert_news news, bool failing, int64_t since_unix_ms,
                int64_t now_mono_ms)
{
    alert->told_unix_ms = news == ALERT_TROUBLE ? since_unix_ms : 0;
    alert->told_failing = news == ALERT_TROUBLE && failing;
    if (news != ALERT_TROUBLE)
        return;
    alert->told_before = true;
    alert->trouble_mono_ms = now_mono_ms;
}
