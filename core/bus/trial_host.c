/* See trial_host.h. */
#include "core/bus/trial_host.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "affnotify/request.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/plugin_log.h"
#include "core/bus/trial_notice.h"

bool trial_is_test(const struct trial *trial)
{
    return trial->kind != TRIAL_RENDER;
}

bool trial_has_mistakes(const struct trial *trial)
{
    return mistakes_errors_in(trial->handshake.mistakes, trial->handshake.sink->section->name) > 0;
}

static struct trial_span span_of(const struct trial *trial, size_t count)
{
    return (struct trial_span){.events = trial->events.items + trial->done, .count = count};
}

static int64_t elapsed_ms(const struct trial *trial)
{
    return clock_mono_ms() - trial->begun_mono_ms;
}

/* ---- To the host ---- */

static void close_host(struct trial *trial)
{
    trial->stage = STAGE_CLOSING;
    message_put_empty(host_process_out(&trial->look.host), MESSAGE_CLOSE);
    host_process_send(&trial->look.host);
    look_limit(&trial->look, STOP_GRACE_MS, "did not close within 5 s");
}

/* The events of the next batch: as many as the sink takes, and as a frame holds. */
static uint32_t fill_batch(const struct trial *trial, struct message_event *events)
{
    uint32_t count = 0;
    size_t bytes = 0;
    for (size_t i = trial->done; i < trial->events.count && count < trial->tuning.batch; i++) {
        const struct trial_event *event = &trial->events.items[i];
        bytes += event->canonical_bytes;
        if (count > 0 && bytes > BATCH_BYTES_MAX)
            break;
        events[count++] = (struct message_event){
            .id = event->id,
            .canonical = event->canonical,
            .canonical_bytes = event->canonical_bytes,
            .flags = trial_is_test(trial) ? AFFN_EVENT_TEST : 0,
            .attempt = 1,
        };
    }
    return count;
}

/* The host has something to answer for. */
static void sent(struct trial *trial)
{
    host_process_send(&trial->look.host);
    trial->begun_mono_ms = clock_mono_ms();
    char overdue[128];
    snprintf(overdue, sizeof overdue, "gave no answer within its timeout of %lld ms",
             (long long)trial->tuning.timeout_ms);
    look_limit(&trial->look, trial->tuning.timeout_ms + OVERRUN_GRACE_MS, overdue);
}

static void ask(struct trial *trial)
{
    static struct message_event events[BATCH_EVENTS_MAX];
    trial->asked = fill_batch(trial, events);
    if (trial->asked == 0) {
        close_host(trial);
        return;
    }
    if (trial->kind == TRIAL_NOTICE) {
        trial_notice_put(host_process_out(&trial->look.host), trial->handshake.config,
                         trial->handshake.sink->name, events[0].id, clock_unix_ms());
        sent(trial);
        return;
    }
    struct message_deliver deliver = {
        .batch = ++trial->batch, .event_count = trial->asked, .events = events};
    deliver.heard = trial->batch - 1; /* each has its outcome before the next is sent */
    struct buffer *out = host_process_out(&trial->look.host);
    int result = trial->kind == TRIAL_TEST ? message_put_deliver(out, &deliver)
                                           : message_put_render(out, &deliver);
    assert(result == 0); /* a batch fits into a frame, see limits.h */
    sent(trial);
}

static void work(struct trial *trial)
{
    if (trial->kind == TRIAL_NOTICE && !trial->takes_notices) {
        trial_answer_without(&trial->answer, span_of(trial, 1), AFFN_MISSET, 0,
                             "the plugin cannot give notices",
                             "name a sink in `alert_sink` whose plugin can, such as slack or smtp");
        close_host(trial);
        return;
    }
    trial->stage = STAGE_WORKING;
    ask(trial);
}

/* ---- From the host ---- */

static int take_table(struct trial *trial, struct frame *frame)
{
    int result = handshake_take_table(&trial->handshake, frame, &trial->tuning,
                                      &trial->makes_requests, host_process_out(&trial->look.host));
    host_process_send(&trial->look.host);
    return result;
}

static int take_failed(struct trial *trial, struct frame *frame)
{
    if (handshake_take_failed(&trial->handshake, frame) < 0)
        return -1;
    trial->stage = STAGE_DONE;
    return 0;
}

static int take_checked(struct trial *trial, struct frame *frame)
{
    if (handshake_take_checked(&trial->handshake, frame) < 0)
        return -1;
    if (trial_has_mistakes(trial)) {
        trial->stage = STAGE_DONE;
        host_process_kill(&trial->look.host, "checked");
    } else if (trial->kind == TRIAL_RENDER && !trial->makes_requests) {
        work(trial);
    } else {
        trial->stage = STAGE_OPENING;
        trial->begun_mono_ms = clock_mono_ms();
        message_put_empty(host_process_out(&trial->look.host), MESSAGE_OPEN);
        host_process_send(&trial->look.host);
    }
    return 0;
}

static int take_opened(struct trial *trial, struct frame *frame)
{
    struct message_opened opened;
    if (message_get_opened(frame, &opened) < 0)
        return -1;
    if (opened.verdict == AFFN_DELIVERED) {
        work(trial);
        return 0;
    }
    trial_answer_without(&trial->answer, span_of(trial, 0), opened.verdict, 0, opened.what,
                         opened.remedy);
    close_host(trial);
    return 0;
}

/* Whether an answer is one for the batch that the host has. */
static bool is_for_batch(const struct trial *trial, uint32_t taken, struct error *error)
{
    if (taken > 0 && taken <= trial->asked)
        return true;
    error_set(error, "sent an answer for %u events of a batch of %u", taken, trial->asked);
    return false;
}

static int take_rendered(struct trial *trial, struct frame *frame, struct error *error)
{
    struct message_rendered rendered;
    if (message_get_rendered(frame, &rendered) < 0)
        return -1;
    int result = -1;
    if (is_for_batch(trial, rendered.taken, error))
        result = trial_answer_rendered(&trial->answer, span_of(trial, rendered.taken), &rendered);
    free(rendered.lines);
    if (result < 0)
        return -1;
    trial->done += rendered.taken;
    if (trial->answer.full)
        close_host(trial);
    else
        ask(trial);
    return 0;
}

static int take_outcome(struct trial *trial, struct frame *frame, struct error *error)
{
    struct message_outcome outcome;
    if (message_get_outcome(frame, &outcome) < 0)
        return -1;
    int result = -1;
    if (outcome.batch == trial->batch && is_for_batch(trial, outcome.taken, error))
        result = trial_answer_outcome(&trial->answer, span_of(trial, outcome.taken), &outcome);
    free(outcome.items);
    if (result < 0)
        return -1;
    trial->done += outcome.taken;
    ask(trial);
    return 0;
}

static int take_noticed(struct trial *trial, struct frame *frame)
{
    struct message_outcome outcome;
    if (trial_notice_take(frame, &outcome) < 0)
        return -1;
    outcome.duration_ms = elapsed_ms(trial);
    int result = trial_answer_outcome(&trial->answer, span_of(trial, 1), &outcome);
    trial->done++;
    ask(trial);
    return result;
}

static int take_said(struct trial *trial, struct frame *frame)
{
    static const char *const speakers[] = {
        [SPEAKER_NOTE] = "note", [SPEAKER_US] = "sent", [SPEAKER_THEM] = "received"};
    struct message_said said;
    if (message_get_said(frame, &said) < 0 || said.speaker < SPEAKER_NOTE ||
        said.speaker > SPEAKER_THEM)
        return -1;
    trial_answer_said(&trial->answer, speakers[said.speaker], said.after_ms, said.text);
    return 0;
}

static int take_log(struct trial *trial, struct frame *frame)
{
    enum log_level level;
    const char *text;
    if (trial->kind == TRIAL_RENDER)
        return plugin_log_take(frame, &trial->look.host.output);
    if (plugin_log_read(frame, &level, &text) < 0)
        return -1;
    char *line = memory_format("%s: %s", log_level_name(level), text);
    trial_answer_said(&trial->answer, "log", elapsed_ms(trial), line);
    free(line);
    return 0;
}

static int on_frame(void *owner, struct frame *frame, struct error *error)
{
    struct trial *trial = owner;
    enum trial_stage stage = trial->stage;
    if (stage == STAGE_DONE)
        return 0; /* it is on its way out */
    if (frame->type == MESSAGE_LOG)
        return take_log(trial, frame);
    if (frame->type == MESSAGE_SAID && trial_is_test(trial))
        return take_said(trial, frame);
    if (frame->type == MESSAGE_TABLE && stage == STAGE_HANDSHAKE)
        return take_table(trial, frame);
    if (frame->type == MESSAGE_FAILED && stage == STAGE_HANDSHAKE)
        return take_failed(trial, frame);
    if (frame->type == MESSAGE_CHECKED && stage == STAGE_HANDSHAKE)
        return take_checked(trial, frame);
    if (frame->type == MESSAGE_OPENED && stage == STAGE_OPENING)
        return take_opened(trial, frame);
    if (frame->type == MESSAGE_RENDERED && stage == STAGE_WORKING && trial->kind == TRIAL_RENDER)
        return take_rendered(trial, frame, error);
    if (frame->type == MESSAGE_OUTCOME && stage == STAGE_WORKING && trial->kind == TRIAL_TEST)
        return take_outcome(trial, frame, error);
    if (frame->type == MESSAGE_NOTICED && stage == STAGE_WORKING && trial->kind == TRIAL_NOTICE)
        return take_noticed(trial, frame);
    return -1;
}

/* ---- The end of the host ---- */

/* It ended before it had answered for every event. */
static void give_up(struct trial *trial, const char *reason)
{
    static const char *const during[] = {
        [STAGE_HANDSHAKE] = " while it was loaded and checked",
        [STAGE_OPENING] = " in `open`",
        [STAGE_WORKING] = "",
    };
    bool is_overdue = trial->look.is_overdue && trial->stage == STAGE_WORKING;
    char *what = memory_format("the plugin's process %s%s", reason, during[trial->stage]);
    trial_answer_without(&trial->answer, span_of(trial, trial->asked), is_overdue ? AFFN_RETRY : 0,
                         elapsed_ms(trial), what,
                         is_overdue ? "raise `timeout`, or see why the far side is slow"
                                    : "report it to who wrote the plugin");
    free(what);
    trial->done += trial->asked;
    if (trial->asked > 0 && trial->done < trial->events.count)
        trial_answer_without(&trial->answer, span_of(trial, trial->events.count - trial->done), 0,
                             0, "not tried: the plugin's process had ended", "");
}

static void on_gone(void *owner, const char *reason)
{
    struct trial *trial = owner;
    if (trial->stage < STAGE_CLOSING) {
        give_up(trial, reason);
    } else if (trial->stage == STAGE_CLOSING && !trial->look.host.tidy && trial_is_test(trial)) {
        char *note = memory_format("the plugin's process %s after all was done", reason);
        trial_answer_said(&trial->answer, "note", elapsed_ms(trial), note);
        free(note);
    }
    trial->stage = STAGE_DONE;
}

static const struct host_calls calls = {.frame = on_frame, .gone = on_gone};

/* ---- From start to end ---- */

int trial_host_run(struct trial *trial, struct error *error)
{
    struct look_loop loop;
    char *path = NULL;
    int result = look_loop_init(&loop, error);
    if (result == 0)
        path = handshake_find_plugin(&trial->handshake);
    if (path) {
        trial->begun_mono_ms = clock_mono_ms();
        result = look_start(&trial->look, &loop, trial->handshake.sink->name, path, &calls, trial,
                            error);
    }
    if (path && result == 0) {
        look_limit(&trial->look, HANDSHAKE_TIMEOUT_MS, "did not finish its start within 30 s");
        while (look_loop_turn(&loop))
            ;
    }
    look_finish(&trial->look);
    look_loop_finish(&loop);
    free(path);
    return result;
}
