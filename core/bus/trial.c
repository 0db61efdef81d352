/* See trial.h. Configuration, sink and events are put together here; trial_host.c does the rest. */
#include "core/bus/trial.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/bus/answer.h"
#include "core/bus/trial_host.h"
#include "core/config/keyring.h"

/* With the events at hand; gives the answer. */
static json_t *run(struct trial *trial, struct config *config)
{
    struct error error;
    const struct sink_config *sink = trial->handshake.sink;
    json_t *answer;
    trial_answer_init(&trial->answer, trial_is_test(trial));
    int result = sink->plugin ? trial_host_run(trial, &error) : 0;
    mistakes_sort(&config->mistakes, config->document.files, config->document.file_count);
    if (result < 0)
        answer = answer_unavailable(error.text);
    else if (trial_has_mistakes(trial))
        answer = answer_refuse_mistakes(config, sink->section->name);
    else
        answer = trial_answer_take(&trial->answer, sink->name, sink->plugin);
    trial_answer_finish(&trial->answer);
    return answer;
}

static json_t *prepare_and_run(struct config *config, enum trial_kind kind, const char *sink_name,
                               bool with_events)
{
    const struct sink_config *sink = config_sink(config, sink_name);
    if (!config->usable)
        return answer_refuse_mistakes(config, NULL);
    if (!sink)
        return answer_refuse_sink(config, sink_name);
    struct trial trial = {
        .kind = kind,
        .handshake = {.config = config, .sink = sink, .trial = true, .mistakes = &config->mistakes},
    };
    struct refusal refusal;
    json_t *answer;
    bool marked = trial_is_test(&trial);
    int64_t now_unix_ms = clock_unix_ms();
    trial.handshake.notices = &trial.takes_notices;
    if (!with_events)
        trial_events_sample(&trial.events, marked, now_unix_ms);
    if (kind == TRIAL_NOTICE)
        memcpy(trial.events.items[0].id, "ntc", 3); /* it is in the place of an event */
    if (with_events &&
        trial_events_read(&trial.events, STDIN_FILENO, marked, now_unix_ms, &refusal) < 0)
        answer = answer_refusal_of(&refusal);
    else
        answer = run(&trial, config);
    trial_events_finish(&trial.events);
    return answer;
}

int trial_main(const char *config_path, enum trial_kind kind, const char *sink_name,
               bool with_events)
{
    struct config config;
    config_load(config_path, &config);
    keyring_load(&config, &config.mistakes);
    int status = answer_print(prepare_and_run(&config, kind, sink_name, with_events));
    config_finish(&config);
    return status;
}
