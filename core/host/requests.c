/* See requests.h. */
#include "core/host/requests.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/host/explain.h"
#include "core/host/link.h"
#include "core/host/notice.h"
#include "core/host/outcome.h"
#include "core/host/plugin.h"
#include "core/host/reply.h"
#include "core/host/services.h"

#define HTTP_TOO_MANY_REQUESTS 429 /* RFC 6585, 4 */

/* One batch under way. */
struct slot {
    struct slot *next; /* of all */
    struct slot *next_free;
    struct batch *batch; /* NULL while free */
    struct reply reply;
    struct request request;
    struct transfer transfer;
    bool transferring; /* libcurl has the transfer */
};

int requests_open(struct requests *requests, int epoll_fd, struct error *error)
{
    if (trust_init(&requests->trust, requests->keys.ca_file, error) < 0) {
        trust_finish(&requests->trust);
        return -1;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_init(&requests->multi, epoll_fd, requests->concurrency);
    requests->settings = (struct transfer_settings){
        .multi = &requests->multi,
        .keys = &requests->keys,
        .trust_path = requests->trust.path,
        .timeout_ms = requests->timeout_ms,
        .said_to = requests->trial ? requests->link : NULL,
        .secrets = requests->secrets,
    };
    return 0;
}

void requests_finish(struct requests *requests)
{
    batch_queue_drop(&requests->queue);
    for (struct slot *next, *slot = requests->slots; slot; slot = next) {
        next = slot->next;
        if (slot->transferring)
            curl_multi_remove_handle(requests->multi.handle, slot->transfer.easy);
        transfer_finish(&slot->transfer);
        request_finish(&slot->request);
        reply_finish(&slot->reply);
        batch_free(slot->batch);
        free(slot);
    }
    requests->slots = NULL;
    multi_finish(&requests->multi);
    trust_finish(&requests->trust);
}

/* ---- Trouble ---- */

static void give_back(struct requests *requests, struct batch *batch)
{
    outcome_send_back(requests->link, batch);
    requests->outcomes++;
    batch_free(batch);
}

/* What may make the bus hold the sink: see message.h. */
static bool is_trouble(int32_t verdict, const struct affn_reply *reply)
{
    if (verdict == AFFN_RETRY)
        return reply->code == HTTP_TOO_MANY_REQUESTS || reply->retry_after_ms > 0;
    return verdict == AFFN_DOWN || verdict == AFFN_MISSET;
}

/* After an outcome was sent. */
static void give_back_queue(struct requests *requests)
{
    struct batch *batch;
    requests->troubled = true;
    requests->troubled_at = requests->outcomes;
    while ((batch = batch_queue_take(&requests->queue)) != NULL)
        give_back(requests, batch);
}

void requests_add(struct requests *requests, struct batch *batch)
{
    if (requests->troubled && (int32_t)(batch->heard - requests->troubled_at) >= 0)
        requests->troubled = false;
    if (requests->troubled)
        give_back(requests, batch);
    else
        batch_queue_add(&requests->queue, batch);
}

void requests_drop_queue(struct requests *requests)
{
    batch_queue_drop(&requests->queue);
}

/* ---- Slots ---- */

static struct slot *take_slot(struct requests *requests)
{
    struct slot *slot = requests->free_slots;
    if (slot) {
        requests->free_slots = slot->next_free;
    } else {
        slot = memory_new(1, sizeof *slot);
        request_init(&slot->request);
        transfer_init(&slot->transfer, &requests->settings, slot);
        slot->next = requests->slots;
        requests->slots = slot;
    }
    requests->busy_count++;
    return slot;
}

static void release_slot(struct requests *requests, struct slot *slot)
{
    batch_free(slot->batch);
    slot->batch = NULL;
    slot->next_free = requests->free_slots;
    requests->free_slots = slot;
    requests->busy_count--;
}

static void settle(struct requests *requests, struct slot *slot, int32_t verdict)
{
    outcome_send(requests->link, slot->batch, verdict, &slot->reply, requests->secrets,
                 &slot->request.secrets, clock_mono_ms());
    requests->outcomes++;
    if (is_trouble(verdict, &slot->reply.face))
        give_back_queue(requests);
    release_slot(requests, slot);
}

/* ---- One batch ---- */

static void send_request(struct requests *requests, struct slot *slot)
{
    request_complete(&slot->request);
    if (slot->request.problem[0]) {
        reply_default(&slot->reply, slot->request.problem, REQUEST_PROBLEM_REMEDY);
        settle(requests, slot, AFFN_MISSET);
        return;
    }
    int64_t left_ms = slot->batch->face.deadline_mono_ms - clock_mono_ms();
    transfer_prepare(&slot->transfer, &slot->request, slot->batch->started_ms,
                     left_ms > 0 ? left_ms : 1);
    CURLMcode result = curl_multi_add_handle(requests->multi.handle, slot->transfer.easy);
    assert(result == CURLM_OK);
    slot->transferring = true;
}

static void prepare(struct requests *requests, struct slot *slot, uint32_t round)
{
    request_begin(&slot->request, round);
    int32_t answer = requests->plugin->requester.prepare(requests->self, &slot->batch->face,
                                                         &slot->request.face, &slot->reply.face);
    if (answer == AFFN_SEND)
        send_request(requests, slot);
    else
        settle(requests, slot, answer);
}

static void begin(struct requests *requests, struct batch *batch)
{
    struct slot *slot = take_slot(requests);
    slot->batch = batch;
    batch_start(batch, clock_mono_ms(), requests->timeout_ms);
    reply_begin(&slot->reply, batch->face.count);
    prepare(requests, slot, 0);
}

static void conclude(struct requests *requests, struct slot *slot, CURLcode result)
{
    transfer_conclude(&slot->transfer, &slot->request, result);
    const struct affn_requester *requester = &requests->plugin->requester;
    int32_t verdict = slot->transfer.note.verdict;
    if (requester->conclude)
        verdict = requester->conclude(requests->self, &slot->batch->face, &slot->transfer.face,
                                      &slot->reply.face);
    uint32_t round = slot->request.face.round;
    if (verdict == AFFN_AGAIN && round + 1 < REQUEST_ROUNDS_MAX) {
        prepare(requests, slot, round + 1);
        return;
    }
    if (verdict == AFFN_AGAIN) {
        services_log(AFFN_LOG_WARNING,
                     "the plugin asked for more than %d requests for one batch: taken as RETRY",
                     REQUEST_ROUNDS_MAX);
        verdict = AFFN_RETRY;
    }
    explain_answer(&slot->transfer, &slot->request, verdict, &slot->reply);
    settle(requests, slot, verdict);
}

/* ---- The loop's part ---- */

static bool settle_ended(struct requests *requests)
{
    CURLcode result;
    bool any = false;
    for (CURL *easy; (easy = multi_next_done(&requests->multi, &result)) != NULL;) {
        any = true;
        if (notice_take_ended(requests->notifying, easy, result))
            continue;
        struct slot *slot = transfer_owner(easy);
        transfer_sever(&slot->transfer, result);
        curl_multi_remove_handle(requests->multi.handle, easy);
        slot->transferring = false;
        conclude(requests, slot, result);
    }
    return any;
}

static bool begin_waiting(struct requests *requests)
{
    bool any = false;
    while (requests->busy_count < requests->concurrency) {
        struct batch *batch = batch_queue_take(&requests->queue);
        if (!batch)
            break;
        begin(requests, batch);
        any = true;
    }
    return any;
}

void requests_turn(struct requests *requests)
{
    bool more = true;
    while (more) {
        multi_run_timer(&requests->multi, clock_mono_ms());
        more = settle_ended(requests);
        more = begin_waiting(requests) || more;
    }
}
