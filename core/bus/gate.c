/* See gate.h. */
#include "core/bus/gate.h"

#include "affnotify/sink.h"
#include "core/base/limits.h"

#define TOO_MANY_REQUESTS 429 /* RFC 6585, 4 */

const char *gate_state_name(enum gate_state state)
{
    static const char *const names[] = {"open", "first", "held", "probing", "comparing"};
    return names[state];
}

void gate_begin(struct gate *gate)
{
    if (gate->state == GATE_OPEN)
        gate->state = GATE_FIRST;
}

bool gate_is_open(const struct gate *gate)
{
    return gate->state == GATE_OPEN || gate->state == GATE_FIRST;
}

enum gate_pass gate_pass(const struct gate *gate, int64_t now_ms)
{
    switch (gate->state) {
    case GATE_OPEN:
        return PASS_BATCHES;
    case GATE_FIRST:
        return gate->batch == 0 ? PASS_BATCHES : PASS_NOTHING;
    case GATE_HELD:
        return !gate->by_hand && now_ms >= gate->until_ms ? PASS_PROBE : PASS_NOTHING;
    case GATE_COMPARING:
        return gate->batch == 0 ? PASS_OTHER : PASS_NOTHING;
    case GATE_PROBING:
        break;
    }
    return PASS_NOTHING;
}

void gate_sent(struct gate *gate, uint32_t batch)
{
    if (gate->state == GATE_OPEN)
        return;
    if (gate->state == GATE_HELD)
        gate->state = GATE_PROBING;
    gate->batch = batch;
}

static void hold_for(struct gate *gate, int64_t now_ms, int64_t length_ms)
{
    gate->state = GATE_HELD;
    gate->until_ms = now_ms + length_ms;
    gate->batch = 0;
}

/* 1 s, doubling to 5 min. */
static int64_t own_length_ms(struct gate *gate)
{
    int64_t length_ms = HOLD_DOWN_MIN_MS;
    for (uint32_t i = 0; i < gate->holds && length_ms < HOLD_DOWN_MAX_MS; i++)
        length_ms *= 2;
    gate->holds++;
    return length_ms < HOLD_DOWN_MAX_MS ? length_ms : HOLD_DOWN_MAX_MS;
}

static void hold_by_verdict(struct gate *gate, const struct gate_answer *answer, int64_t now_ms)
{
    if (answer->verdict == AFFN_MISSET)
        hold_for(gate, now_ms, HOLD_MISSET_MS);
    else if (answer->retry_after_ms > 0)
        hold_for(gate, now_ms, answer->retry_after_ms);
    else
        hold_for(gate, now_ms, own_length_ms(gate));
}

static void open(struct gate *gate)
{
    gate->state = GATE_OPEN;
    gate->holds = 0;
    gate->tried = 0;
    gate->batch = 0;
}

static void answer_while_open(struct gate *gate, const struct gate_answer *answer, int64_t now_ms)
{
    bool asked_to_wait = answer->verdict == AFFN_RETRY &&
                         (answer->retry_after_ms > 0 || answer->code == TOO_MANY_REQUESTS);
    if (answer->verdict == AFFN_DELIVERED)
        gate->holds = 0;
    else if (answer->verdict == AFFN_DOWN || asked_to_wait)
        hold_by_verdict(gate, answer, now_ms);
    else if (answer->verdict == AFFN_MISSET && (answer->no_retries || !answer->has_others))
        hold_by_verdict(gate, answer, now_ms);
    else if (answer->verdict == AFFN_MISSET) {
        /* Of a batch of several nobody knows which event it was: none of them is suspected. */
        gate->state = GATE_COMPARING;
        gate->suspect = answer->single ? answer->first_seq : 0;
        gate->accused = answer->batch;
        gate->batch = 0;
    }
}

/* The probe or the comparison has come back. */
static enum gate_ruling decide(struct gate *gate, const struct gate_answer *answer, int64_t now_ms)
{
    bool compared = gate->state == GATE_COMPARING && gate->suspect != 0;
    if (answer->verdict == AFFN_DELIVERED) {
        open(gate);
        if (compared)
            return GATE_SUSPECT_REFUSED;
        gate->suspect = 0;
        return GATE_NOTHING;
    }
    if (gate->state == GATE_PROBING) {
        gate->tried = answer->first_seq;
        gate->suspect = 0;
    }
    hold_by_verdict(gate, answer, now_ms);
    return GATE_NOTHING;
}

/*
 * Whether it says as much as the comparison would: it was sent after the batch that got MISSET, so
 * that one was not just earlier than what has gone wrong since. That it fails says nothing: it may
 * be a bad one too, and the comparison is still to come.
 */
static bool compares(const struct gate *gate, const struct gate_answer *answer)
{
    return gate->state == GATE_COMPARING && answer->verdict == AFFN_DELIVERED &&
           (int32_t)(answer->batch - gate->accused) > 0;
}

enum gate_ruling gate_answer(struct gate *gate, const struct gate_answer *answer, int64_t now_ms)
{
    bool awaited = gate->batch != 0 && gate->batch == answer->batch;
    if (gate->state == GATE_FIRST && awaited) {
        gate->state = GATE_OPEN;
        gate->batch = 0;
    }
    if (gate->state == GATE_OPEN)
        answer_while_open(gate, answer, now_ms);
    else if (awaited || compares(gate, answer))
        return decide(gate, answer, now_ms);
    else if (gate->state == GATE_HELD && now_ms + answer->retry_after_ms > gate->until_ms &&
             answer->retry_after_ms > 0)
        gate->until_ms = now_ms + answer->retry_after_ms;
    return GATE_NOTHING;
}

void gate_no_other(struct gate *gate, int64_t now_ms)
{
    hold_for(gate, now_ms, HOLD_MISSET_MS);
}

void gate_lost(struct gate *gate, int64_t now_ms)
{
    if (gate->state == GATE_PROBING)
        hold_for(gate, now_ms, 0);
    gate->batch = 0;
}

void gate_hold(struct gate *gate)
{
    gate->state = GATE_HELD;
    gate->by_hand = true;
    gate->batch = 0;
}

void gate_resume(struct gate *gate, int64_t now_ms)
{
    if (gate_is_open(gate))
        return;
    gate->by_hand = false;
    gate->holds = 0;
    hold_for(gate, now_ms, 0);
}

void gate_forget(struct gate *gate, int64_t seq)
{
    if (gate->suspect == seq)
        gate->suspect = 0;
    if (gate->tried == seq)
        gate->tried = 0;
}
