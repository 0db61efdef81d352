/* See trial_answer.h. */
#include "core/bus/trial_answer.h"

#include <jansson.h>

#include "affnotify/request.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/trial_events.h"
#include "core/wire/message.h"

/* The rest is for the results, which are few. */
#define PIECES_BYTES_MAX (ANSWER_BYTES_MAX / 2)

void trial_answer_init(struct trial_answer *answer, bool for_test)
{
    *answer = (struct trial_answer){.for_test = for_test,
                                    .messages = json_array(),
                                    .conversation = json_array(),
                                    .results = json_array()};
}

void trial_answer_finish(struct trial_answer *answer)
{
    json_decref(answer->messages);
    json_decref(answer->conversation);
    json_decref(answer->results);
    *answer = (struct trial_answer){0};
}

static json_t *list_ids(struct trial_span span)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < span.count; i++)
        json_array_append_new(ids, json_string(span.events[i].id));
    return ids;
}

/* Adds a piece while there is room. False when there was none. */
static bool add_piece(struct trial_answer *answer, json_t *list, json_t *piece)
{
    size_t bytes = json_dumpb(piece, NULL, 0, JSON_COMPACT) + 1;
    answer->full = answer->full || answer->bytes + bytes > PIECES_BYTES_MAX;
    if (!answer->full) {
        answer->bytes += bytes;
        json_array_append(list, piece);
    }
    json_decref(piece);
    return !answer->full;
}

/* ---- render ---- */

static void add_no_message(struct trial_answer *answer, struct trial_span span, int32_t verdict,
                           const char *what, const char *remedy)
{
    json_array_append_new(answer->messages,
                          json_pack("{s:o,s:s,s:o,s:o,s:o}", "events", list_ids(span), "kind",
                                    "none", "verdict", answer_verdict(verdict), "what",
                                    answer_text(what), "remedy", answer_text(remedy)));
}

static json_t *list_lines(const struct message_rendered *rendered)
{
    json_t *lines = json_array();
    for (uint32_t i = 0; i < rendered->line_count; i++)
        json_array_append_new(lines, answer_text(rendered->lines[i]));
    return lines;
}

static json_t *make_message(struct trial_span span, const struct message_rendered *rendered)
{
    json_t *body = answer_bytes(rendered->body, rendered->body_bytes);
    if (text_equal(rendered->kind, "http"))
        return json_pack("{s:o,s:s,s:o,s:o,s:o,s:o}", "events", list_ids(span), "kind", "http",
                         "method", answer_text(rendered->method), "url", answer_text(rendered->url),
                         "headers", list_lines(rendered), "body", body);
    if (text_equal(rendered->kind, "mail"))
        return json_pack("{s:o,s:s,s:o,s:o,s:o,s:o}", "events", list_ids(span), "kind", "mail",
                         "url", answer_text(rendered->url), "from", answer_text(rendered->sender),
                         "recipients", list_lines(rendered), "message", body);
    if (text_equal(rendered->kind, "text"))
        return json_pack("{s:o,s:s,s:o}", "events", list_ids(span), "kind", "text", "text", body);
    json_decref(body);
    return NULL;
}

int trial_answer_rendered(struct trial_answer *answer, struct trial_span span,
                          const struct message_rendered *rendered)
{
    if (rendered->verdict != AFFN_SEND) {
        add_no_message(answer, span, rendered->verdict, rendered->what, rendered->remedy);
        return 0;
    }
    json_t *message = make_message(span, rendered);
    if (!message)
        return -1;
    if (!add_piece(answer, answer->messages, message))
        add_no_message(answer, span, 0, "it is left out: the answer would be too long",
                       "render fewer events at a time");
    return 0;
}

/* ---- test ---- */

void trial_answer_said(struct trial_answer *answer, const char *who, int64_t after_ms,
                       const char *text)
{
    if (answer->full)
        return;
    json_t *said = json_pack("{s:I,s:s,s:o}", "after_ms", (json_int_t)after_ms, "who", who, "text",
                             answer_text(text));
    if (!add_piece(answer, answer->conversation, said))
        json_array_append_new(answer->conversation,
                              json_pack("{s:I,s:s,s:s}", "after_ms", (json_int_t)after_ms, "who",
                                        "note", "text",
                                        "the rest of the conversation is left out: it is too long; "
                                        "test with fewer events"));
}

static void add_result(struct trial_answer *answer, struct trial_span span,
                       const struct message_outcome *outcome, json_t *items)
{
    json_array_append_new(answer->results,
                          json_pack("{s:o,s:o,s:i,s:I,s:o,s:o,s:o}", "events", list_ids(span),
                                    "verdict", answer_verdict(outcome->verdict), "code",
                                    (int)outcome->code, "ms", (json_int_t)outcome->duration_ms,
                                    "what", answer_text(outcome->what), "remedy",
                                    answer_text(outcome->remedy), "items", items));
}

int trial_answer_outcome(struct trial_answer *answer, struct trial_span span,
                         const struct message_outcome *outcome)
{
    json_t *items = json_array();
    for (uint32_t i = 0; i < outcome->item_count; i++) {
        const struct message_item *item = &outcome->items[i];
        if (item->index >= span.count) {
            json_decref(items);
            return -1;
        }
        json_array_append_new(items,
                              json_pack("{s:s,s:o,s:i,s:o}", "id", span.events[item->index].id,
                                        "verdict", answer_verdict(item->verdict), "code",
                                        (int)item->code, "what", answer_text(item->what)));
    }
    add_result(answer, span, outcome, items);
    return 0;
}

void trial_answer_without(struct trial_answer *answer, struct trial_span span, int32_t verdict,
                          int64_t duration_ms, const char *what, const char *remedy)
{
    struct message_outcome outcome = {
        .verdict = verdict, .duration_ms = duration_ms, .what = what, .remedy = remedy};
    if (answer->for_test)
        add_result(answer, span, &outcome, json_array());
    else
        add_no_message(answer, span, verdict, what, remedy);
}

json_t *trial_answer_take(struct trial_answer *answer, const char *sink, const char *plugin)
{
    json_t *whole = json_pack("{s:b,s:o,s:o}", "ok", 1, "sink", answer_text(sink), "plugin",
                              answer_text(plugin));
    if (answer->for_test) {
        json_object_set(whole, "conversation", answer->conversation);
        json_object_set(whole, "results", answer->results);
    } else {
        json_object_set(whole, "messages", answer->messages);
    }
    trial_answer_finish(answer);
    return whole;
}
