/* See answer.h. */
#include "core/bus/answer.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affnotify/sink.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/event/refusal.h"
#include "core/event/timestamp.h"
#include "core/event/utf8.h"

#define SINKS_TOLD 10 /* names in a sentence */

static void mend(char *text, size_t left)
{
    while (left > 0) {
        uint32_t character;
        size_t length = utf8_next(text, left, &character);
        if (length == 0)
            *text = '?';
        text += length > 0 ? length : 1;
        left -= length > 0 ? length : 1;
    }
}

json_t *answer_bytes(const char *bytes, size_t length)
{
    char *copy = memory_text_part(bytes, length);
    mend(copy, length);
    json_t *json = json_stringn(copy, length);
    free(copy);
    return json;
}

json_t *answer_text(const char *text)
{
    return answer_bytes(text, strlen(text));
}

json_t *answer_text_or_null(const char *text)
{
    return text[0] ? answer_text(text) : json_null();
}

json_t *answer_time_or_null(int64_t unix_ms)
{
    char text[TIMESTAMP_SIZE];
    if (unix_ms == 0)
        return json_null();
    timestamp_format(unix_ms, text);
    return json_string(text);
}

json_t *answer_verdict(int32_t verdict)
{
    static const char *const names[] = {
        [AFFN_DELIVERED] = "DELIVERED", [AFFN_RETRY] = "RETRY",   [AFFN_REFUSED] = "REFUSED",
        [AFFN_DOWN] = "DOWN",           [AFFN_MISSET] = "MISSET",
    };
    bool is_known = verdict >= AFFN_DELIVERED && verdict <= AFFN_MISSET;
    return is_known ? json_string(names[verdict]) : json_null();
}

json_t *answer_refusal(const char *field, const char *rule, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = memory_format_list(format, arguments);
    va_end(arguments);
    json_t *refusal = json_pack("{s:b,s:o,s:s,s:o}", "ok", 0, "field", answer_text(field), "rule",
                                rule, "message", answer_text(message));
    free(message);
    return refusal;
}

json_t *answer_refusal_of(const struct refusal *refusal)
{
    return answer_refusal(refusal->field, refusal->rule, "%s", refusal->message);
}

json_t *answer_unavailable(const char *why)
{
    return answer_refusal("", "unavailable", "%s", why);
}

json_t *answer_mistakes(const struct mistakes *mistakes, const char *section)
{
    json_t *list = json_array();
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        if (section && (!mistake->section || !text_equal(mistake->section, section)))
            continue;
        char *message = mistake_text(mistake);
        json_array_append_new(list, json_pack("{s:o,s:i,s:o,s:o,s:o,s:b,s:o}", "file",
                                              answer_text(mistake->file), "line", mistake->line,
                                              "section",
                                              answer_text(mistake->section ? mistake->section : ""),
                                              "key", answer_text(mistake->key ? mistake->key : ""),
                                              "text", answer_text(mistake->text), "warning",
                                              mistake->warning, "message", answer_text(message)));
        free(message);
    }
    return list;
}

json_t *answer_refuse_mistakes(const struct config *config, const char *section)
{
    const struct mistakes *mistakes = &config->mistakes;
    const char *field = section ? "sink" : "config";
    size_t count = section ? mistakes_errors_in(mistakes, section) : mistakes_errors(mistakes);
    char *subject = section ? memory_format("[%s]", section) : memory_text(config->path);
    json_t *refusal =
        answer_refusal(field, "mistakes", "%s: %s has %zu mistake%s: mend %s first", field, subject,
                       count, count == 1 ? "" : "s", count == 1 ? "it" : "them");
    json_object_set_new(refusal, "mistakes", answer_mistakes(mistakes, section));
    free(subject);
    return refusal;
}

const char *answer_log_email(const struct config *config, const json_t *command)
{
    bool is_named = json_object_get(command, "email");
    return email_shown_name(is_named ? EMAIL_FULL : config->log_email);
}

/* "crm, alerts and 3 more"; to be freed. */
static char *list_sinks(const struct config *config)
{
    char *list = memory_text(config->sink_count > 0 ? config->sinks[0].name : "none");
    for (size_t i = 1; i < config->sink_count && i <= SINKS_TOLD; i++) {
        bool is_rest = i == SINKS_TOLD;
        char *longer = is_rest
                           ? memory_format("%s and %zu more", list, config->sink_count - SINKS_TOLD)
                           : memory_format("%s, %s", list, config->sinks[i].name);
        free(list);
        list = longer;
    }
    return list;
}

json_t *answer_refuse_sink(const struct config *config, const char *name)
{
    const char *nearest = config_nearest_sink(config, name);
    char *list = list_sinks(config);
    json_t *refusal = answer_refusal("sink", "unknown_sink", "sink: no section [sink:%s]; %s%s%s",
                                     name, nearest ? "did you mean " : "the configuration has ",
                                     nearest ? nearest : list, nearest ? "?" : "");
    free(list);
    return refusal;
}

int answer_print(json_t *answer)
{
    bool is_ok = json_is_true(json_object_get(answer, "ok"));
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(answer);
    return is_ok ? 0 : 1;
}
