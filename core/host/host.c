/*
 * See host.h. The conversation is message by message in core/wire/message.h; whatever comes out of
 * its turn ends the host, for then bus and host are not of one build.
 */
#include "core/host/host.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/host/batch.h"
#include "core/host/blocking.h"
#include "core/host/blot.h"
#include "core/host/descriptor.h"
#include "core/host/findings.h"
#include "core/host/link.h"
#include "core/host/loader.h"
#include "core/host/memory_limit.h"
#include "core/host/notice.h"
#include "core/host/options.h"
#include "core/host/outcome.h"
#include "core/host/own_words.h"
#include "core/host/plugin.h"
#include "core/host/rendering.h"
#include "core/host/request_keys.h"
#include "core/host/requests.h"
#include "core/host/sentences.h"
#include "core/host/services.h"
#include "core/host/table.h"
#include "core/wire/message.h"

#define EVENTS_A_TURN 64

enum stage {
    STAGE_LOADED,   /* TABLE is sent */
    STAGE_MISTAKEN, /* CHECKED is sent, with mistakes, or a value lacks: only CLOSE can follow */
    STAGE_CHECKED,  /* CHECKED is sent, or OPENED with a verdict other than DELIVERED */
    STAGE_OPEN,
    STAGE_CLOSING, /* what was begun is being finished */
    STAGE_ENDED,
};

struct host {
    enum stage stage;
    bool trial; /* beside the host that delivers: see OPTIONS */
    int status; /* the program's exit status */
    int epoll_fd;
    struct link link;
    uint32_t link_events; /* as registered with epoll */
    struct plugin plugin;
    struct own_words own;
    struct blot secrets;
    void *self;
    struct options options;
    bool requests_ready;
    struct requests requests; /* of these two, only one is used */
    struct blocking blocking;
    struct notifying notifying;
    int64_t idle_due_ms;
};

static void end(struct host *host, int status)
{
    host->stage = STAGE_ENDED;
    host->status = status;
}

static void end_for_disorder(struct host *host, const char *what)
{
    services_log(AFFN_LOG_ERROR, "the bus sent %s; the host ends", what);
    end(host, EXIT_FAILURE);
}

static void load(struct host *host, const char *path)
{
    struct error error;
    int result = loader_load(path, &host->plugin, &error);
    own_words_add(&host->own, "/proc/self/exe");
    if (result == 0)
        own_words_add(&host->own, path);
    if (result == 0 && table_put(&host->plugin, link_out(&host->link)) < 0)
        result = error_set(&error, SAY_TABLE_TOO_LONG, path);
    if (result == 0)
        return;
    char text[sizeof error.text];
    blot_text(&host->secrets, NULL, error.text, text, sizeof text);
    message_put_failed(link_out(&host->link), text);
    end(host, EXIT_FAILURE);
}

/* ---- OPTIONS, CHECKED ---- */

static void fill_in(struct host *host, const struct message_options *message,
                    struct findings *findings)
{
    struct plugin *plugin = &host->plugin;
    struct option_table tables[] = {
        {plugin->options, plugin->sink.option_count, host->self},
        {request_keys_table, request_keys_count, &host->requests.keys},
    };
    options_fill(&host->options, tables, plugin->requests ? 2 : 1, message->values,
                 message->value_count, findings, &host->secrets);
    if (plugin->requests)
        request_keys_check(&host->requests.keys, findings, &host->secrets);
    /* A plugin is not made to look at values that were not right by themselves, or are not here. */
    if (findings->errors == 0 && !message->incomplete && plugin->sink.check)
        plugin->sink.check(host->self, services_face(), &findings->face);
}

static void take_options(struct host *host, struct frame *frame)
{
    struct message_options message;
    if (message_get_options(frame, &message) < 0 || message.timeout_ms < 1 ||
        message.concurrency < 1 || message.concurrency > CONCURRENCY_MAX) {
        free(message.values);
        end_for_disorder(host, "malformed OPTIONS");
        return;
    }
    services_set_state_dir(message.state_dir);
    services_set_trial(message.trial);
    host->trial = message.trial;
    host->self = memory_new(host->plugin.sink.self_bytes, 1);
    host->requests.timeout_ms = message.timeout_ms;
    host->requests.concurrency = message.concurrency;
    host->requests.trial = message.trial;
    host->blocking.timeout_ms = message.timeout_ms;
    host->notifying.timeout_ms = message.timeout_ms;
    host->notifying.trial = message.trial;
    struct findings findings;
    findings_init(&findings);
    fill_in(host, &message, &findings);
    findings_send(&findings, &host->secrets, link_out(&host->link));
    bool right = findings.errors == 0 && !message.incomplete;
    host->stage = right ? STAGE_CHECKED : STAGE_MISTAKEN;
    findings_finish(&findings);
    free(message.values);
}

/* ---- OPEN, OPENED ---- */

/* The two ways to deliver, and notices, get to know what they work with. */
static void wire_up(struct host *host)
{
    host->requests.plugin = &host->plugin;
    host->requests.self = host->self;
    host->requests.link = &host->link;
    host->requests.secrets = &host->secrets;
    host->blocking.plugin = &host->plugin;
    host->blocking.self = host->self;
    host->blocking.link = &host->link;
    host->blocking.secrets = &host->secrets;
    host->requests.notifying = &host->notifying;
    host->notifying.plugin = &host->plugin;
    host->notifying.self = host->self;
    host->notifying.link = &host->link;
    host->notifying.secrets = &host->secrets;
    host->notifying.settings = &host->requests.settings;
}

static int32_t open_sink(struct host *host, struct reply *reply)
{
    struct error error;
    if (host->plugin.requests && !host->requests_ready &&
        requests_open(&host->requests, host->epoll_fd, &error) < 0) {
        reply_default(reply, error.text, "check ca_file in the sink's section");
        return AFFN_MISSET;
    }
    host->requests_ready = host->plugin.requests;
    if (!host->plugin.sink.open)
        return AFFN_DELIVERED;
    return host->plugin.sink.open(host->self, services_face(), &reply->face);
}

static void take_open(struct host *host, struct frame *frame)
{
    if (frame_done(frame) < 0) {
        end_for_disorder(host, "a malformed OPEN");
        return;
    }
    wire_up(host);
    services_allow_state_dir();
    struct reply reply = {.count = 0};
    reply_begin(&reply, 0);
    int32_t verdict = open_sink(host, &reply);
    if (outcome_send_opened(&host->link, verdict, &reply, &host->secrets))
        host->stage = STAGE_OPEN;
    reply_finish(&reply);
    host->idle_due_ms = clock_mono_ms() + IDLE_INTERVAL_MS;
}

/* ---- DELIVER, RENDER, NOTICE, CLOSE ---- */

/* A trial sends no real event, whatever the plugin knows of trials. */
static bool is_all_test(const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->face.count; i++) {
        if (!(batch->face.events[i]->flags & AFFN_EVENT_TEST))
            return false;
    }
    return true;
}

static void take_deliver(struct host *host, const char *bytes, size_t length)
{
    struct batch *batch = batch_new(bytes, length);
    if (!batch) {
        end_for_disorder(host, "a malformed DELIVER");
    } else if (host->trial && !is_all_test(batch)) {
        batch_free(batch);
        end_for_disorder(host, "a real event into a trial");
    } else if (host->plugin.requests) {
        requests_add(&host->requests, batch);
    } else {
        blocking_add(&host->blocking, batch);
    }
}

static void take_render(struct host *host, const char *bytes, size_t length)
{
    struct batch *batch = batch_new(bytes, length);
    if (!batch) {
        end_for_disorder(host, "a malformed RENDER");
        return;
    }
    batch_start(batch, clock_mono_ms(), host->blocking.timeout_ms);
    if (host->plugin.requests)
        rendering_of_request(&host->plugin, host->self, batch, &host->secrets, &host->link);
    else
        rendering_of_text(&host->plugin, host->self, batch, &host->secrets, &host->link);
    batch_free(batch);
}

/* A sink's own renderer needs no `open`; `prepare` is promised to come after it. */
static bool may_render(const struct host *host)
{
    return host->trial &&
           (host->stage == STAGE_OPEN || (host->stage == STAGE_CHECKED && !host->plugin.requests));
}

static void take_notice(struct host *host, const char *bytes, size_t length)
{
    if (!notice_take(&host->notifying, bytes, length))
        end_for_disorder(host, "a NOTICE that cannot be taken");
}

static void take_close(struct host *host)
{
    if (host->stage != STAGE_OPEN) {
        end(host, EXIT_SUCCESS);
        return;
    }
    requests_drop_queue(&host->requests);
    batch_queue_drop(&host->blocking.queue);
    notice_drop(&host->notifying);
    host->stage = STAGE_CLOSING;
}

/* ---- The loop ---- */

static void take_frame(struct host *host, struct frame *frame, const char *bytes, size_t length)
{
    enum stage stage = host->stage;
    if (frame->type == MESSAGE_OPTIONS && stage == STAGE_LOADED)
        take_options(host, frame);
    else if (frame->type == MESSAGE_OPEN && stage == STAGE_CHECKED)
        take_open(host, frame);
    else if (frame->type == MESSAGE_DELIVER && stage == STAGE_OPEN)
        take_deliver(host, bytes, length);
    else if (frame->type == MESSAGE_RENDER && may_render(host))
        take_render(host, bytes, length);
    else if (frame->type == MESSAGE_NOTICE && stage == STAGE_OPEN)
        take_notice(host, bytes, length);
    else if (frame->type == MESSAGE_CLOSE && stage != STAGE_CLOSING)
        take_close(host);
    else
        end_for_disorder(host, "a message that is not its turn");
}

static void read_link(struct host *host)
{
    link_receive(&host->link);
    struct frame frame;
    const char *bytes;
    size_t length;
    int result = 0;
    while (host->stage != STAGE_ENDED &&
           (result = link_next(&host->link, &frame, &bytes, &length)) == 1)
        take_frame(host, &frame, bytes, length);
    if (result < 0)
        end_for_disorder(host, "a frame that is too long");
}

/* Sends what is queued, and has epoll say when more can be sent, only while there is more. */
static void write_link(struct host *host)
{
    link_flush(&host->link);
    uint32_t wanted = EPOLLIN | (host->link.out.len > 0 ? (uint32_t)EPOLLOUT : 0);
    if (wanted == host->link_events)
        return;
    struct epoll_event event = {.events = wanted, .data.fd = host->link.fd};
    epoll_ctl(host->epoll_fd, host->link_events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, host->link.fd,
              &event);
    host->link_events = wanted;
}

static bool has_work(const struct host *host)
{
    return host->requests.busy_count > 0 || host->requests.queue.first ||
           host->blocking.queue.first || host->notifying.busy;
}

static void idle(struct host *host)
{
    int64_t now_ms = clock_mono_ms();
    bool idles = host->stage == STAGE_OPEN && host->plugin.sink.idle;
    if (!idles || (now_ms < host->idle_due_ms && !has_work(host)))
        return;
    if (!has_work(host))
        host->plugin.sink.idle(host->self);
    host->idle_due_ms = now_ms + IDLE_INTERVAL_MS;
}

static int wait_ms(const struct host *host)
{
    int64_t now_ms = clock_mono_ms();
    if (host->stage == STAGE_ENDED || host->link.ended || host->blocking.queue.first ||
        (host->stage == STAGE_CLOSING && !has_work(host)))
        return 0;
    if (host->notifying.busy && !host->plugin.requests)
        return 0;
    int wait = host->requests_ready ? multi_wait_ms(&host->requests.multi, now_ms) : -1;
    if (host->stage != STAGE_OPEN || !host->plugin.sink.idle)
        return wait;
    int64_t idle_ms = host->idle_due_ms > now_ms ? host->idle_due_ms - now_ms : 0;
    return wait < 0 || idle_ms < wait ? (int)idle_ms : wait;
}

static void handle_events(struct host *host)
{
    struct epoll_event events[EVENTS_A_TURN];
    int count = epoll_wait(host->epoll_fd, events, EVENTS_A_TURN, wait_ms(host));
    if (count < 0 && errno != EINTR)
        end(host, HOST_STATUS_ROBBED);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == host->link.fd)
            read_link(host);
        else
            multi_event(&host->requests.multi, events[i].data.fd, events[i].events);
    }
}

/* A notice or one batch of a blocking sink a turn, so that CLOSE is heard in between. */
static void deliver(struct host *host)
{
    if (host->requests_ready)
        requests_turn(&host->requests);
    else if (host->notifying.busy)
        notice_turn(&host->notifying);
    else
        blocking_turn(&host->blocking);
}

static void close_when_done(struct host *host)
{
    if (host->stage != STAGE_CLOSING || has_work(host))
        return;
    if (host->plugin.sink.close)
        host->plugin.sink.close(host->self);
    end(host, EXIT_SUCCESS);
}

/*
 * What was said of a batch goes out before idle, close or the next turn: were one of those to crash
 * us, that batch must not look as if it had.
 */
static void turn(struct host *host)
{
    write_link(host);
    handle_events(host);
    if (host->link.ended && host->stage != STAGE_ENDED)
        end(host, host->link.lost ? HOST_STATUS_ROBBED : EXIT_FAILURE); /* nobody would hear */
    if (host->stage == STAGE_OPEN || host->stage == STAGE_CLOSING)
        deliver(host);
    memory_limit_watch();
    write_link(host);
    idle(host);
    close_when_done(host);
}

/*
 * The plugin's struct and its options stay until the process is gone, as was promised to the
 * plugin, whose destructors may still look at them.
 */
static void finish(struct host *host)
{
    notice_finish(&host->notifying);
    if (host->requests_ready)
        requests_finish(&host->requests);
    blocking_finish(&host->blocking);
    descriptor_finish(&host->plugin);
    services_finish();
    blot_finish(&host->secrets);
    own_words_finish(&host->own);
    link_finish(&host->link);
    close(host->epoll_fd);
}

int host_run(const char *sink_name, const char *plugin_path, int fd)
{
    static struct host host; /* static, so that what stays is not taken for a leak */
    link_init(&host.link, fd);
    host.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert(host.epoll_fd >= 0);
    services_init(sink_name, &host.link, &host.secrets);
    host.secrets.own = &host.own;
    load(&host, plugin_path);
    while (host.stage != STAGE_ENDED)
        turn(&host);
    link_drain(&host.link);
    finish(&host);
    return host.status;
}
