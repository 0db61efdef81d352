/* See verdicts.h. */
#include "tests/sim/verdicts.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/memory.h"
#include "core/wire/message.h"
#include "tests/sim/draw.h"
#include "tests/sim/faults.h"
#include "tests/sim/hosts.h"
#include "tests/sim/story.h"

#define OUTCOME_BYTES    (256 * 1024)
#define TOO_MANY         429
#define SINKS_REMEMBERED 64

/* ---- Moods: how likely each reaction is ---- */

enum reaction {
    DELIVERS,
    RETRIES,
    RETRIES_AFTER,
    LIMITS, /* 429 */
    REFUSES,
    IS_DOWN,
    IS_MISSET,
    GIVES_EACH_ITS_OWN,
    GIVES_BACK, /* it has not begun the batch */
    DIES_BEFORE,
    DIES_WHILE,
    DIES_AFTER,
    EXITS,
    HANGS,
    SAYS_IT_TWICE,
    NAMES_NO_BATCH,
    COUNTS_WRONG,
    TALKS_NONSENSE,
    TEARS_A_FRAME,
    REACTIONS,
};

static const struct mood {
    const char *name;
    uint32_t weight; /* of the mood itself */
    uint32_t slow;   /* answers close to the timeout, per mille */
    uint32_t weights[REACTIONS];
} moods[] = {
    {"well", 30, 5, {[DELIVERS] = 97, [RETRIES] = 1, [REFUSES] = 1, [GIVES_EACH_ITS_OWN] = 1}},
    {"failing", 8, 50, {[DELIVERS] = 40, [RETRIES] = 50, [REFUSES] = 5, [RETRIES_AFTER] = 5}},
    {"down", 8, 20, {[IS_DOWN] = 95, [DELIVERS] = 5}},
    {"misset", 8, 0, {[IS_MISSET] = 90, [DELIVERS] = 10}},
    {"partly misset", 5, 0, {[IS_MISSET] = 40, [DELIVERS] = 50, [GIVES_EACH_ITS_OWN] = 10}},
    {"limiting", 6, 0, {[LIMITS] = 40, [RETRIES_AFTER] = 20, [GIVES_BACK] = 10, [DELIVERS] = 40}},
    {"refusing", 5, 0, {[REFUSES] = 60, [GIVES_EACH_ITS_OWN] = 20, [DELIVERS] = 20}},
    {"picky", 5, 0, {[GIVES_EACH_ITS_OWN] = 70, [DELIVERS] = 30}},
    {"dying",
     6,
     0,
     {[DIES_BEFORE] = 10, [DIES_WHILE] = 20, [DIES_AFTER] = 10, [EXITS] = 3, [DELIVERS] = 50}},
    {"hanging", 5, 400, {[HANGS] = 25, [DELIVERS] = 60, [RETRIES] = 15}},
    {"confused",
     5,
     50,
     {[SAYS_IT_TWICE] = 8,
      [NAMES_NO_BATCH] = 5,
      [COUNTS_WRONG] = 5,
      [TALKS_NONSENSE] = 5,
      [TEARS_A_FRAME] = 5,
      [DELIVERS] = 60}},
    {"anything",
     5,
     100,
     {[DELIVERS] = 30,
      [RETRIES] = 6,
      [RETRIES_AFTER] = 4,
      [LIMITS] = 4,
      [REFUSES] = 6,
      [IS_DOWN] = 6,
      [IS_MISSET] = 6,
      [DIES_BEFORE] = 2,
      [DIES_WHILE] = 4,
      [DIES_AFTER] = 3,
      [GIVES_EACH_ITS_OWN] = 6,
      [HANGS] = 2,
      [GIVES_BACK] = 4,
      [EXITS] = 1,
      [SAYS_IT_TWICE] = 2,
      [NAMES_NO_BATCH] = 1,
      [COUNTS_WRONG] = 1,
      [TALKS_NONSENSE] = 1,
      [TEARS_A_FRAME] = 1}},
};

#define MOODS (sizeof moods / sizeof *moods)

static struct {
    char sink[64];
    const struct mood *mood;
} far_sides[SINKS_REMEMBERED];
static size_t far_side_count;
static bool calm;

void verdicts_begin(void)
{
    far_side_count = 0;
    calm = false;
}

void verdicts_calm_down(void)
{
    calm = true;
}

static const struct mood *draw_mood(void)
{
    uint32_t weights[MOODS];
    for (size_t i = 0; i < MOODS; i++)
        weights[i] = moods[i].weight;
    return &moods[draw_weighted(DRAW_HOSTS, weights, MOODS)];
}

static const struct mood **mood_of(const char *sink)
{
    for (size_t i = 0; i < far_side_count; i++) {
        if (strcmp(far_sides[i].sink, sink) == 0)
            return &far_sides[i].mood;
    }
    assert(far_side_count < SINKS_REMEMBERED);
    snprintf(far_sides[far_side_count].sink, sizeof far_sides->sink, "%s", sink);
    far_sides[far_side_count].mood = &moods[0];
    return &far_sides[far_side_count++].mood;
}

void verdicts_change_mood(const char *sink)
{
    const struct mood **mood = mood_of(sink);
    *mood = draw_mood();
    story_tell("    the far side of %s is %s", sink, (*mood)->name);
}

/* ---- Some events are bad for a sink, as long as the world is not calm ---- */

enum nature { ORDINARY, REFUSABLE, SEEMS_MISSET, LETHAL };

static enum nature nature_of(const char *sink, const char *id)
{
    uint32_t drawn = draw_nature(sink, id, 1000);
    if (calm || drawn >= 45)
        return ORDINARY;
    return drawn < 20 ? REFUSABLE : drawn < 35 ? SEEMS_MISSET : LETHAL;
}

static enum nature worst_nature(const struct sim_host *host, const struct message_deliver *deliver)
{
    enum nature worst = ORDINARY;
    for (uint32_t i = 0; i < deliver->event_count; i++) {
        enum nature nature = nature_of(host->sink, deliver->events[i].id);
        worst = nature > worst ? nature : worst;
    }
    return worst;
}

/* ---- An answer ---- */

static int64_t answer_delay_ms(const struct sim_host *host)
{
    if (!calm && draw_chance(DRAW_HOSTS, (*mood_of(host->sink))->slow)) {
        fault_fired(FAULT_SLOW);
        return draw_between(DRAW_HOSTS, host->timeout_ms / 2, host->timeout_ms);
    }
    return draw_between(DRAW_HOSTS, 0, draw_chance(DRAW_HOSTS, 800) ? 50 : 400);
}

struct answer {
    struct message_outcome message;
    int32_t verdicts[BATCH_EVENTS_MAX];
    bool several; /* not all have the message's verdict */
};

/* All events of the batch get one verdict, or those that are taken from its front. */
static void answer_all(struct answer *answer, const struct message_deliver *deliver,
                       int32_t verdict)
{
    answer->message = (struct message_outcome){.batch = deliver->batch,
                                               .taken = deliver->event_count,
                                               .verdict = verdict,
                                               .duration_ms = 5,
                                               .what = verdict == AFFN_DELIVERED ? "" : "said so",
                                               .remedy = ""};
    answer->several = false;
    if (!calm && deliver->event_count > 1 && draw_chance(DRAW_HOSTS, 100)) {
        fault_fired(FAULT_PART_TAKEN);
        answer->message.taken = 1 + draw_below(DRAW_HOSTS, deliver->event_count - 1);
    }
}

static void answer_each(struct answer *answer, const struct message_deliver *deliver)
{
    static const int32_t verdicts[] = {AFFN_DELIVERED, AFFN_RETRY, AFFN_REFUSED, AFFN_MISSET,
                                       AFFN_DOWN};
    static const uint32_t weights[] = {60, 15, 15, 6, 4};
    answer_all(answer, deliver, verdicts[draw_weighted(DRAW_HOSTS, weights, 5)]);
    answer->several = true;
    for (uint32_t i = 0; i < answer->message.taken; i++)
        answer->verdicts[i] = verdicts[draw_weighted(DRAW_HOSTS, weights, 5)];
    fault_fired(FAULT_EACH_ITS_OWN);
}

static struct buffer encode(const struct answer *answer)
{
    static struct message_item items[BATCH_EVENTS_MAX];
    struct message_outcome message = answer->message;
    struct buffer bytes;
    buffer_init(&bytes, OUTCOME_BYTES);
    for (uint32_t i = 0; i < message.taken && answer->several; i++) {
        if (answer->verdicts[i] != message.verdict)
            items[message.item_count++] =
                (struct message_item){.index = i, .verdict = answer->verdicts[i], .what = "mine"};
    }
    message.items = items;
    int put = message_put_outcome(&bytes, &message);
    assert(put == 0);
    return bytes;
}

static void send_answer(struct sim_host *host, const struct answer *answer, int64_t delay_ms)
{
    const struct message_outcome *message = &answer->message;
    struct told told = {.has_outcome = true,
                        .outcome = {.batch = message->batch,
                                    .taken = message->taken,
                                    .verdict = message->verdict,
                                    .code = message->code,
                                    .retry_after_ms = message->retry_after_ms}};
    if (answer->several) {
        told.verdicts = memory_new(message->taken, sizeof *told.verdicts);
        memcpy(told.verdicts, answer->verdicts, message->taken * sizeof *told.verdicts);
        told.outcome.verdicts = told.verdicts;
    }
    hosts_will_send(host, delay_ms, encode(answer), &told);
}

/* ---- Answers that make no sense: nobody is told of them, they are the host's death ---- */

static void send_nonsense(struct sim_host *host, struct answer *answer, enum reaction reaction,
                          int64_t delay_ms)
{
    struct buffer bytes;
    if (reaction == NAMES_NO_BATCH) {
        fault_fired(FAULT_UNKNOWN_BATCH);
        answer->message.batch += 1000;
    } else if (reaction == COUNTS_WRONG) {
        fault_fired(FAULT_WRONG_COUNT);
        answer->message.taken = BATCH_EVENTS_MAX + 1;
    }
    if (reaction == TALKS_NONSENSE) {
        fault_fired(FAULT_MALFORMED);
        buffer_init(&bytes, FRAME_BYTES_MAX);
        struct frame_writer writer = frame_begin(&bytes, MESSAGE_OUTCOME);
        frame_put_u32(&writer, answer->message.batch);
        frame_end(&writer);
    } else {
        bytes = encode(answer);
    }
    hosts_will_send(host, delay_ms, bytes, NULL);
}

/* Half a frame comes, then the end. */
static void send_half(struct sim_host *host, const struct answer *answer, int64_t delay_ms)
{
    struct buffer bytes = encode(answer);
    fault_fired(FAULT_TORN);
    bytes.len /= 2;
    hosts_will_send(host, delay_ms, bytes, NULL);
    hosts_will_die(host, delay_ms, W_EXITCODE(0, SIGSEGV)); /* nothing comes in between */
}

/* ---- Reacting ---- */

static void die(struct sim_host *host, enum fault fault, int64_t delay_ms)
{
    fault_fired(fault);
    if (draw_chance(DRAW_HOSTS, 200)) {
        fault_fired(FAULT_SOCKET_CLOSED_FIRST);
        hosts_will_close(host, delay_ms);
        delay_ms += draw_between(DRAW_HOSTS, 0, 300);
    }
    hosts_will_die(host, delay_ms, W_EXITCODE(0, SIGSEGV));
}

static void answer_by_verdict(struct answer *answer, const struct message_deliver *deliver,
                              enum reaction reaction)
{
    static const struct {
        int32_t verdict;
        enum fault fault;
    } by_reaction[] = {
        [RETRIES] = {AFFN_RETRY, FAULT_RETRY},   [RETRIES_AFTER] = {AFFN_RETRY, FAULT_RETRY_AFTER},
        [LIMITS] = {AFFN_RETRY, FAULT_TOO_MANY}, [REFUSES] = {AFFN_REFUSED, FAULT_REFUSED},
        [IS_DOWN] = {AFFN_DOWN, FAULT_DOWN},     [IS_MISSET] = {AFFN_MISSET, FAULT_MISSET},
    };
    answer_all(answer, deliver, by_reaction[reaction].verdict);
    fault_fired(by_reaction[reaction].fault);
    if (reaction == LIMITS)
        answer->message.code = TOO_MANY;
    if (reaction == RETRIES_AFTER || (reaction == LIMITS && draw_chance(DRAW_HOSTS, 500)))
        answer->message.retry_after_ms = draw_between(DRAW_HOSTS, 1, 120) * 1000;
}

static void answer_to(struct sim_host *host, const struct message_deliver *deliver,
                      enum reaction reaction)
{
    static struct answer answer;
    int64_t delay_ms = answer_delay_ms(host);
    answer_all(&answer, deliver, AFFN_DELIVERED);
    switch (reaction) {
    case RETRIES:
    case RETRIES_AFTER:
    case LIMITS:
    case REFUSES:
    case IS_DOWN:
    case IS_MISSET:
        answer_by_verdict(&answer, deliver, reaction);
        break;
    case GIVES_EACH_ITS_OWN:
        answer_each(&answer, deliver);
        break;
    case GIVES_BACK:
        fault_fired(FAULT_GIVEN_BACK);
        answer.message.taken = 0;
        answer.message.verdict = 0;
        break;
    case DIES_BEFORE:
        die(host, FAULT_DEATH_BEFORE, 0);
        return;
    case DIES_WHILE:
        die(host, FAULT_DEATH_WHILE, delay_ms);
        return;
    case EXITS:
        fault_fired(FAULT_EXIT);
        hosts_will_die(host, delay_ms, W_EXITCODE(0, 0));
        return;
    case HANGS:
        fault_fired(FAULT_HANG);
        host->hangs = true;
        return;
    case NAMES_NO_BATCH:
    case COUNTS_WRONG:
    case TALKS_NONSENSE:
        send_nonsense(host, &answer, reaction, delay_ms);
        return;
    case TEARS_A_FRAME:
        send_half(host, &answer, delay_ms);
        return;
    default:
        break;
    }
    send_answer(host, &answer, delay_ms);
    if (reaction == DIES_AFTER)
        die(host, FAULT_DEATH_AFTER, delay_ms);
    if (reaction == SAYS_IT_TWICE) {
        fault_fired(FAULT_TWICE);
        hosts_will_send(host, delay_ms + draw_below(DRAW_HOSTS, 3), encode(&answer), NULL);
    }
}

void verdicts_to_batch(struct sim_host *host, struct frame *frame)
{
    struct message_deliver deliver;
    int read = message_get_deliver(frame, &deliver);
    assert(read == 0);
    enum reaction reaction =
        calm ? DELIVERS
             : (enum reaction)draw_weighted(DRAW_HOSTS, (*mood_of(host->sink))->weights, REACTIONS);
    switch (worst_nature(host, &deliver)) {
    case REFUSABLE:
        reaction = REFUSES;
        break;
    case SEEMS_MISSET:
        reaction = IS_MISSET;
        break;
    case LETHAL:
        fault_fired(FAULT_EVENT_KILLS);
        reaction = DIES_WHILE;
        break;
    case ORDINARY:
        break;
    }
    answer_to(host, &deliver, reaction);
    free(deliver.events);
}
