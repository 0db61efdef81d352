/* See notice.h. */
#include "core/host/notice.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/host/explain.h"
#include "core/host/link.h"
#include "core/host/multi.h"
#include "core/host/outcome.h"
#include "core/host/plugin.h"
#include "core/host/request.h"
#include "core/host/services.h"
#include "core/host/transfer.h"
#include "core/wire/message.h"

static void end(struct notifying *notifying)
{
    notifying->busy = false;
    free(notifying->frame);
    notifying->frame = NULL;
}

void notice_finish(struct notifying *notifying)
{
    if (notifying->transferring)
        curl_multi_remove_handle(notifying->settings->multi->handle, notifying->transfer->easy);
    if (notifying->transfer) {
        transfer_finish(notifying->transfer);
        request_finish(notifying->request);
    }
    free(notifying->transfer);
    free(notifying->request);
    reply_finish(&notifying->reply);
    end(notifying);
}

/* ---- What comes of it ---- */

static void settle(struct notifying *notifying, int32_t verdict)
{
    struct outcome_texts texts;
    const struct blot *more = notifying->request ? &notifying->request->secrets : NULL;
    outcome_texts(&notifying->reply, notifying->secrets, more, &texts);
    struct message_noticed noticed = {
        .number = notifying->number,
        .verdict = outcome_verdict(verdict),
        .retry_after_ms = outcome_right_retry_after(notifying->reply.face.retry_after_ms),
        .what = texts.what,
        .remedy = texts.remedy,
    };
    int result = message_put_noticed(link_out(notifying->link), &noticed);
    assert(result == 0);
    end(notifying);
}

/* ---- Requests ---- */

static void send_request(struct notifying *notifying)
{
    struct request *request = notifying->request;
    request_complete(request);
    if (request->problem[0]) {
        reply_default(&notifying->reply, request->problem, REQUEST_PROBLEM_REMEDY);
        settle(notifying, AFFN_MISSET);
        return;
    }
    int64_t left_ms = notifying->face.deadline_mono_ms - clock_mono_ms();
    transfer_prepare(notifying->transfer, request, notifying->started_ms,
                     left_ms > 0 ? left_ms : 1);
    CURLMcode result =
        curl_multi_add_handle(notifying->settings->multi->handle, notifying->transfer->easy);
    assert(result == CURLM_OK);
    notifying->transferring = true;
}

static void prepare(struct notifying *notifying, uint32_t round)
{
    request_begin(notifying->request, round);
    int32_t answer = notifying->plugin->notifier.prepare(
        notifying->self, &notifying->face, &notifying->request->face, &notifying->reply.face);
    if (answer == AFFN_SEND)
        send_request(notifying);
    else
        settle(notifying, answer);
}

static void conclude(struct notifying *notifying, CURLcode result)
{
    struct transfer *transfer = notifying->transfer;
    transfer_conclude(transfer, notifying->request, result);
    const struct affn_notifier *notifier = &notifying->plugin->notifier;
    int32_t verdict = transfer->note.verdict;
    if (notifier->conclude)
        verdict = notifier->conclude(notifying->self, &notifying->face, &transfer->face,
                                     &notifying->reply.face);
    uint32_t round = notifying->request->face.round;
    if (verdict == AFFN_AGAIN && round + 1 < REQUEST_ROUNDS_MAX) {
        prepare(notifying, round + 1);
        return;
    }
    if (verdict == AFFN_AGAIN) {
        services_log(AFFN_LOG_WARNING,
                     "the plugin asked for more than %d requests for one notice: taken as RETRY",
                     REQUEST_ROUNDS_MAX);
        verdict = AFFN_RETRY;
    }
    explain_answer(transfer, notifying->request, verdict, &notifying->reply);
    settle(notifying, verdict);
}

bool notice_take_ended(struct notifying *notifying, CURL *easy, CURLcode result)
{
    if (!notifying->transferring || notifying->transfer->easy != easy)
        return false;
    transfer_sever(notifying->transfer, result);
    curl_multi_remove_handle(notifying->settings->multi->handle, easy);
    notifying->transferring = false;
    conclude(notifying, result);
    return true;
}

/* ---- Beginning ---- */

static void start(struct notifying *notifying)
{
    notifying->started_ms = clock_mono_ms();
    notifying->face.deadline_mono_ms = notifying->started_ms + notifying->timeout_ms;
    reply_begin(&notifying->reply, 0);
}

static void begin_request(struct notifying *notifying)
{
    if (!notifying->transfer) {
        notifying->request = memory_new(1, sizeof *notifying->request);
        notifying->transfer = memory_new(1, sizeof *notifying->transfer);
        request_init(notifying->request);
        transfer_init(notifying->transfer, notifying->settings, notifying);
    }
    start(notifying);
    prepare(notifying, 0);
}

static bool read_frame(struct notifying *notifying, size_t length)
{
    struct frame frame;
    size_t used;
    struct message_notice message;
    if (frame_read(notifying->frame, length, &frame, &used) != 1 ||
        message_get_notice(&frame, &message) < 0)
        return false;
    notifying->number = message.number;
    notifying->face = (struct affn_notice){
        .id = message.id,
        .about = message.about,
        .subject = message.subject,
        .text = message.text,
        .subject_bytes = (uint32_t)strlen(message.subject),
        .text_bytes = (uint32_t)strlen(message.text),
        .flags = message.flags,
        .made_unix_ms = message.made_unix_ms,
    };
    return !notifying->trial || message.flags & AFFN_NOTICE_TEST;
}

bool notice_take(struct notifying *notifying, const char *bytes, size_t length)
{
    if (notifying->busy || !notifying->plugin->notifies)
        return false;
    notifying->busy = true;
    notifying->frame = memory_new(length, 1);
    memcpy(notifying->frame, bytes, length);
    if (!read_frame(notifying, length)) {
        end(notifying);
        return false;
    }
    if (notifying->plugin->requests)
        begin_request(notifying);
    return true;
}

void notice_turn(struct notifying *notifying)
{
    if (!notifying->busy)
        return;
    start(notifying);
    settle(notifying, notifying->plugin->notifier.deliver(notifying->self, &notifying->face,
                                                          &notifying->reply.face));
}

void notice_drop(struct notifying *notifying)
{
    if (!notifying->transferring)
        end(notifying);
}
