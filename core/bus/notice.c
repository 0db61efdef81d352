/* See notice.h. */
#include "core/bus/notice.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/notice.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/alert.h"
#include "core/bus/alert_text.h"
#include "core/bus/bus.h"
#include "core/bus/remedy.h"
#include "core/bus/sink_names.h"
#include "core/bus/timer.h"
#include "core/wire/message.h"

/* The notice that is under way. Sinks may come and go meanwhile: they are found by their names. */
struct under_way {
    uint32_t number; /* 0: none is */
    enum alert_news news;
    bool failing; /* the news is that it delivers nothing */
    int64_t since_unix_ms;
    char about[NAME_BYTES_MAX];
    char through[NAME_BYTES_MAX];
};

struct notices {
    struct event *timer;
    int64_t wake_mono_ms; /* while the timer runs */
    int64_t look_mono_ms; /* the next look at the sinks */
    uint32_t last_number;
    struct under_way under_way;
    size_t next; /* the place in bus->sinks where the search begins, so that all get their turn */
    char through[NAME_BYTES_MAX]; /* the alert sink of which these are */
    uint32_t failures;
    int64_t retry_mono_ms; /* after a failure: not before */
};

/* The turn that it begins looks. */
static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    (void)argument;
}

static void wake_at(struct notices *notices, int64_t mono_ms, int64_t now_mono_ms)
{
    if (evtimer_pending(notices->timer, NULL) && notices->wake_mono_ms <= mono_ms)
        return;
    notices->wake_mono_ms = mono_ms;
    timer_start(notices->timer, mono_ms > now_mono_ms ? mono_ms - now_mono_ms : 0);
}

/* ---- What was told ---- */

static int write_told(struct journal *journal, const struct sink *sink, struct error *error)
{
    if (journal_begin(journal, error) < 0)
        return -1;
    if (journal_set_alerted(journal, sink->record.number, sink->alert.told_unix_ms, error) == 0 &&
        journal_commit(journal, error) == 0)
        return 0;
    journal_rollback(journal);
    return -1;
}

/* Tried again at the next look when the journal would not take it. */
static void save_told(struct bus *bus, struct sink *sink)
{
    struct error error;
    if (write_told(bus->journal, sink, &error) == 0) {
        sink->alert_unsaved = false;
        return;
    }
    if (!sink->alert_unsaved)
        log_warning("journal", {"error", .text = error.text},
                    {"remedy", .text = "it is tried again; after a restart before that, a notice "
                                       "may come twice"});
    sink->alert_unsaved = true;
}

static const char *in_a_word(const struct under_way *telling)
{
    if (telling->news != ALERT_TROUBLE)
        return "open again";
    return telling->failing ? "delivers nothing" : "not open";
}

static void take_told(struct bus *bus, const struct under_way *told, int64_t now_mono_ms)
{
    struct sink *about = sink_names_find(bus, told->about);
    bus->metrics.notices++;
    log_info("notice given", {"about", .text = told->about}, {"sink", .text = told->through},
             {"says", .text = in_a_word(told)});
    if (!about)
        return;
    alert_told(&about->alert, told->news, told->failing, told->since_unix_ms, now_mono_ms);
    save_told(bus, about);
}

static void put_off(struct notices *notices, const char *what, const char *remedy,
                    int64_t retry_after_ms, int64_t now_mono_ms)
{
    int64_t delay_ms = NOTICE_RETRY_MIN_MS;
    for (uint32_t i = 0; i < notices->failures && delay_ms < NOTICE_RETRY_MAX_MS; i++)
        delay_ms *= 2;
    if (delay_ms > NOTICE_RETRY_MAX_MS)
        delay_ms = NOTICE_RETRY_MAX_MS;
    if (delay_ms < retry_after_ms)
        delay_ms = retry_after_ms;
    notices->retry_mono_ms = now_mono_ms + delay_ms;
    if (notices->failures++ == 0)
        log_warning("notice not given", {"about", .text = notices->under_way.about},
                    {"sink", .text = notices->under_way.through},
                    {"reason", .text = what[0] ? what : "the plugin did not say why"},
                    {"remedy", .text = remedy[0] ? remedy : "none needed: it is tried again"});
}

/* A reload, or the end, took the notice that is under way, or another sink is to give them now. */
static bool was_taken(const struct bus *bus, const struct notices *notices,
                      const struct sink *through)
{
    return bus->stopping || !through || !through->notice.met ||
           through->suspended == SUSPENDED_BY_RELOAD ||
           !text_equal(through->config->name, notices->through);
}

/* What became of the notice that is under way, if that is known. */
static void hear(struct bus *bus, struct notices *notices, int64_t now_mono_ms)
{
    struct under_way *under_way = &notices->under_way;
    const struct sink *through = sink_names_find(bus, under_way->through);
    const struct sink_notice *notice = through ? &through->notice : NULL;
    bool lost = !notice || notice->number != under_way->number;
    if (under_way->number == 0 || (!lost && notice->out))
        return;
    if (!lost && notice->verdict == AFFN_DELIVERED) {
        notices->failures = 0;
        notices->retry_mono_ms = 0;
        take_told(bus, under_way, now_mono_ms);
    } else if (lost && !was_taken(bus, notices, through)) {
        put_off(notices, "the plugin's process ended before it had passed the notice on", "", 0,
                now_mono_ms);
    } else if (!lost && !was_taken(bus, notices, through)) {
        put_off(notices, notice->what, notice->remedy, notice->retry_after_ms, now_mono_ms);
    }
    under_way->number = 0;
}

/* ---- Looking ---- */

static enum alert_sight sight_of(const struct sink *sink, const struct sink_view *view)
{
    bool is_over = view->until_unix_ms > 0 && view->until_unix_ms <= clock_unix_ms();
    if (view->by_hand || !sink->config->enabled || sink->state == SINK_STOPPING)
        return ALERT_IGNORED;
    if (sink->state != SINK_OPEN)
        return ALERT_HOSTLESS;
    if (gate_is_open(&sink->gate))
        return view->failing_ms >= 0 ? ALERT_FAILING : ALERT_OPEN;
    if (is_over || sink->gate.state == GATE_COMPARING)
        return ALERT_UNCLEAR;
    return view->by_settings ? ALERT_MISSET : ALERT_TROUBLED;
}

static void figures_of(const struct bus *bus, const struct sink *sink, struct journal_sink *figures)
{
    struct error error;
    if (journal_sink_status(bus->journal, sink->config->name, figures, &error) <= 0)
        *figures = sink->record;
}

static void look_at(struct bus *bus, struct notices *notices, struct sink *sink,
                    int64_t now_mono_ms)
{
    struct sink_view view;
    struct journal_sink figures;
    if (!sink->alert_begun)
        alert_begin(&sink->alert, sink->record.alerted_unix_ms, sink->record.delivered);
    sink->alert_begun = true;
    if (sink->alert_unsaved)
        save_told(bus, sink);
    sink_view(sink, &view);
    figures_of(bus, sink, &figures);
    const struct alert_view seen = {
        .sight = sight_of(sink, &view),
        .delivered = figures.delivered,
        .pending = figures.pending,
        .failing_ms = view.failing_ms,
    };
    alert_see(&sink->alert, &seen, now_mono_ms, clock_unix_ms());
    int64_t next_ms = alert_next_mono_ms(&sink->alert, bus->config.alert_after_ms);
    if (next_ms > now_mono_ms)
        wake_at(notices, next_ms, now_mono_ms);
}

/* ---- Telling ---- */

/* What it delivers nothing for is what the journal says of the last attempt. */
static void write_failing(const struct sink *sink, const struct journal_sink *figures,
                          struct alert_facts *facts, struct alert_text *text)
{
    facts->what = figures->last_error;
    facts->remedy = figures->last_remedy;
    facts->attempts = sink->failing.attempts;
    facts->lasted_ms = clock_unix_ms() - facts->since_unix_ms;
    alert_text_failing(text, facts);
}

static void write_text(const struct bus *bus, const struct sink *sink,
                       const struct under_way *telling, struct alert_text *text)
{
    struct sink_view view;
    struct journal_sink figures;
    sink_view(sink, &view);
    figures_of(bus, sink, &figures);
    struct alert_facts facts = {.sink = sink->config->name,
                                .state = view.state,
                                .what = view.what,
                                .since_unix_ms = telling->since_unix_ms,
                                .pending = figures.pending};
    if (telling->news == ALERT_OVER) {
        facts.lasted_ms = clock_unix_ms() - facts.since_unix_ms;
        facts.failing = sink->alert.told_failing;
        alert_text_over(text, &facts);
    } else if (telling->failing) {
        write_failing(sink, &figures, &facts, text);
    } else {
        char *remedy = remedy_of_sink(sink, &view);
        facts.remedy = remedy;
        alert_text_trouble(text, &facts);
        free(remedy);
    }
}

/* The same whenever the same thing is told again. */
static void write_id(char id[NOTICE_ID_BYTES_MAX + 1], const struct under_way *telling)
{
    snprintf(id, NOTICE_ID_BYTES_MAX + 1, "ntc_%s_%" PRId64 "_%s", telling->about,
             telling->since_unix_ms, telling->news == ALERT_OVER ? "open" : "held");
}

static void tell(struct bus *bus, struct notices *notices, struct sink *through,
                 const struct sink *about, enum alert_news news)
{
    struct alert_text text;
    char id[NOTICE_ID_BYTES_MAX + 1];
    const struct alert *alert = &about->alert;
    struct under_way *under_way = &notices->under_way;
    *under_way = (struct under_way){.news = news, .failing = alert_is_failing(alert)};
    under_way->since_unix_ms = news == ALERT_OVER ? alert->told_unix_ms : alert->since_unix_ms;
    snprintf(under_way->about, sizeof under_way->about, "%s", about->config->name);
    snprintf(under_way->through, sizeof under_way->through, "%s", through->config->name);
    if (++notices->last_number == 0)
        notices->last_number = 1; /* 0 is none */
    under_way->number = notices->last_number;
    write_text(bus, about, under_way, &text);
    write_id(id, under_way);
    sink_notice_send(through, &(struct message_notice){
                                  .number = under_way->number,
                                  .id = id,
                                  .about = under_way->about,
                                  .subject = text.subject,
                                  .text = text.text,
                                  .flags = news == ALERT_OVER ? AFFN_NOTICE_OVER : 0,
                                  .made_unix_ms = clock_unix_ms(),
                              });
}

/* The next sink of which something is due, after the one that was told of last. */
static void tell_next(struct bus *bus, struct notices *notices, struct sink *through,
                      int64_t now_mono_ms)
{
    for (size_t i = 0; i < bus->sink_count; i++) {
        size_t place = (notices->next + i) % bus->sink_count;
        const struct sink *about = bus->sinks[place];
        if (about == through)
            continue;
        enum alert_news news = alert_due(&about->alert, bus->config.alert_after_ms, now_mono_ms);
        if (news == ALERT_NOTHING)
            continue;
        if (now_mono_ms < notices->retry_mono_ms) {
            wake_at(notices, notices->retry_mono_ms, now_mono_ms);
            return;
        }
        notices->next = place + 1;
        tell(bus, notices, through, about, news);
        return;
    }
}

/* ---- The step ---- */

static struct notices *make(struct bus *bus)
{
    struct notices *notices = memory_new(1, sizeof *notices);
    notices->timer = evtimer_new(bus->base, on_timer, notices);
    return notices;
}

static void look(struct bus *bus, struct notices *notices, struct sink *through,
                 int64_t now_mono_ms)
{
    notices->look_mono_ms = now_mono_ms + NOTICE_LOOK_MS;
    for (size_t i = 0; i < bus->sink_count; i++) {
        if (bus->sinks[i] != through)
            look_at(bus, notices, bus->sinks[i], now_mono_ms);
    }
    if (notices->under_way.number == 0 && sink_notice_may(through))
        tell_next(bus, notices, through, now_mono_ms);
}

/* A plugin that does not come back with a notice is ended as it is for a batch. */
static void watch(struct bus *bus, struct notices *notices, int64_t now_mono_ms)
{
    struct sink *through = sink_names_find(bus, notices->under_way.through);
    if (notices->under_way.number == 0 || !through)
        return;
    if (sink_notice_limit_mono_ms(through) >= 0 &&
        sink_notice_limit_mono_ms(through) <= now_mono_ms)
        sink_notice_expire(through, now_mono_ms);
    int64_t limit_ms = sink_notice_limit_mono_ms(through);
    if (limit_ms >= 0)
        wake_at(notices, limit_ms, now_mono_ms);
}

/* One that was named or begun just now has not failed yet. */
static void meet(struct notices *notices, struct sink *through)
{
    if (through->notice.met && text_equal(notices->through, through->config->name))
        return;
    through->notice.met = true;
    snprintf(notices->through, sizeof notices->through, "%s", through->config->name);
    notices->failures = 0;
    notices->retry_mono_ms = 0;
}

void notice_step(struct bus *bus)
{
    int64_t now_mono_ms = clock_mono_ms();
    struct notices *notices = bus->notices;
    if (notices)
        hear(bus, notices, now_mono_ms);
    const char *name = bus->config.alert_sink;
    struct sink *through = name && !bus->stopping ? sink_names_find(bus, name) : NULL;
    if (!through)
        return;
    if (!notices)
        notices = bus->notices = make(bus);
    meet(notices, through);
    if (now_mono_ms >= notices->look_mono_ms)
        look(bus, notices, through, now_mono_ms);
    else
        wake_at(notices, notices->look_mono_ms, now_mono_ms);
    watch(bus, notices, now_mono_ms);
}

void notice_stop(struct bus *bus)
{
    if (bus->notices)
        event_free(bus->notices->timer);
    free(bus->notices);
    bus->notices = NULL;
}
