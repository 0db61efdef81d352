/* See checker.h. */
#include "core/bus/checker.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/bus/access.h"
#include "core/bus/answer.h"
#include "core/bus/door_settings.h"
#include "core/bus/fingerprint.h"
#include "core/bus/handshake.h"
#include "core/bus/look.h"
#include "core/bus/start_sentences.h"
#include "core/bus/survey.h"
#include "core/bus/survey_user.h"
#include "core/bus/tables.h"
#include "core/config/keyring.h"

/* ---- Looking ---- */

struct checked_sink {
    struct look look;
    struct handshake handshake;
    struct fingerprint fingerprint;
    const struct tables_call *tables; /* or NULL */
    bool loaded;                      /* TABLE came */
    bool finished;                    /* CHECKED or FAILED came */
};

static void tell_table(const struct checked_sink *checked, struct frame frame)
{
    struct message_table table;
    if (!checked->tables || message_get_table(&frame, &table) < 0)
        return;
    checked->tables->told(checked->tables->owner, checked->handshake.sink, &table);
    free(table.options);
}

static int on_frame(void *owner, struct frame *frame, struct error *error)
{
    (void)error;
    struct checked_sink *checked = owner;
    const struct handshake *handshake = &checked->handshake;
    struct host_process *host = &checked->look.host;
    struct sink_tuning tuning;
    bool makes_requests;
    int result;
    switch (frame->type) {
    case MESSAGE_TABLE:
        checked->loaded = true;
        tell_table(checked, *frame);
        result = handshake_take_table(handshake, frame, &tuning, &makes_requests,
                                      host_process_out(host));
        host_process_send(host);
        return result;
    case MESSAGE_FAILED:
        result = handshake_take_failed(handshake, frame);
        break;
    case MESSAGE_CHECKED:
        result = handshake_take_checked(handshake, frame);
        break;
    default:
        return frame->type == MESSAGE_LOG ? 0 : -1;
    }
    checked->finished = true;
    if (result == 0)
        host_process_kill(host, "checked");
    return result;
}

static struct place plugin_place(const struct sink_config *sink)
{
    return section_place(sink->section, section_setting(sink->section, "plugin"));
}

static void on_gone(void *owner, const char *reason)
{
    const struct checked_sink *checked = owner;
    struct place place = plugin_place(checked->handshake.sink);
    if (!checked->finished)
        mistakes_add(checked->handshake.mistakes, &place,
                     checked->loaded ? SAY_CHECKING_ENDED : SAY_LOADING_ENDED, reason);
}

static const struct host_calls calls = {.frame = on_frame, .gone = on_gone};

static void start(struct checked_sink *checked, struct look_loop *loop)
{
    struct error error;
    const struct handshake *handshake = &checked->handshake;
    if (!handshake->sink->plugin)
        return; /* config_load has said so */
    char *path = handshake_find_plugin(handshake);
    if (path)
        fingerprint_plugin(path, checked->fingerprint.plugin);
    struct place place = plugin_place(handshake->sink);
    if (path &&
        look_start(&checked->look, loop, handshake->sink->name, path, &calls, checked, &error) < 0)
        mistakes_add(handshake->mistakes, &place, "%s", error.text);
    else if (path)
        look_limit(&checked->look, HANDSHAKE_TIMEOUT_MS, SAY_NOT_FINISHED);
    free(path);
}

void checker_load_plugins(struct config *config, struct fingerprint *fingerprints,
                          const struct tables_call *tables)
{
    struct error error;
    struct look_loop loop;
    if (look_loop_init(&loop, &error) < 0) {
        mistakes_add(&config->mistakes, &(struct place){.file = config->path}, "%s", error.text);
        look_loop_finish(&loop);
        return;
    }
    struct checked_sink *sinks = memory_new(config->sink_count, sizeof *sinks);
    for (size_t i = 0; i < config->sink_count; i++) {
        struct fingerprint *fingerprint = &sinks[i].fingerprint;
        sinks[i].handshake = (struct handshake){.config = config,
                                                .sink = &config->sinks[i],
                                                .mistakes = &config->mistakes,
                                                .secrets = fingerprint->secrets};
        sinks[i].tables = tables;
        fingerprint_section(config->sinks[i].section, fingerprint->section);
        start(&sinks[i], &loop);
    }
    while (look_loop_turn(&loop))
        ;
    mistakes_sort(&config->mistakes, config->document.files, config->document.file_count);
    for (size_t i = 0; i < config->sink_count; i++) {
        if (fingerprints)
            fingerprints[i] = sinks[i].fingerprint;
        look_finish(&sinks[i].look);
    }
    free(sinks);
    look_loop_finish(&loop);
}

/* Groups that do not exist would stop the start. */
static void check_groups(struct config *config)
{
    struct access access;
    const char *key;
    struct error error;
    const struct section *bus = document_section(&config->document, "bus");
    if (bus && access_init(&access, config, &key, &error) < 0) {
        struct place place = section_place(bus, section_setting(bus, key));
        mistakes_add(&config->mistakes, &place, "%s", error.text);
    }
}

/* ---- Printing it ---- */

static json_t *mistakes_json(const struct mistakes *mistakes)
{
    size_t errors = mistakes_errors(mistakes);
    return json_pack("{s:b,s:I,s:I,s:o}", "ok", 1, "errors", (json_int_t)errors, "warnings",
                     (json_int_t)(mistakes->count - errors), "mistakes",
                     answer_mistakes(mistakes, NULL));
}

static void print_mistakes(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        char *message = mistake_text(&mistakes->items[i]);
        printf("%s%s\n", mistakes->items[i].warning ? "warning: " : "", message);
        free(message);
    }
}

static void add_digests(json_t *answer, const struct config *config,
                        const struct fingerprint *fingerprints)
{
    char hex[FINGERPRINT_SIZE];
    fingerprint_document(&config->document, hex);
    json_object_set_new(answer, "document", json_string(hex));
    json_t *sinks = json_array();
    for (size_t i = 0; i < config->sink_count; i++) {
        const struct fingerprint *each = &fingerprints[i];
        json_array_append_new(sinks, json_pack("{s:s,s:s,s:s,s:s}", "name", config->sinks[i].name,
                                               "section", each->section, "plugin", each->plugin,
                                               "secrets", each->secrets));
    }
    json_object_set_new(answer, "sinks", sinks);
}

static void print_found(const struct config *config, const struct fingerprint *fingerprints,
                        enum checker_form form)
{
    if (form == CHECKER_LINES) {
        print_mistakes(&config->mistakes);
        return;
    }
    json_t *answer = mistakes_json(&config->mistakes);
    json_object_set_new(answer, "user", answer_text(survey_user_name(geteuid())));
    if (form == CHECKER_DIGESTS)
        add_digests(answer, config, fingerprints);
    answer_print(answer);
}

/* The door, unless one of its keys is wrong by itself: all that is said then would follow from that. */
static void check_door(struct config *config)
{
    static const char *const keys[] = {"listen",  "admin_listen",  "tls_certificate",
                                       "tls_key", "ingest_tokens", "ingest_signing_secret"};
    size_t errors = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        errors += mistakes_errors_at(&config->mistakes, "bus", keys[i]);
    if (errors == 0)
        door_settings_check(config);
}

/* All but what the files themselves say; the mistakes in the order of the file. */
static void look(struct config *config, struct fingerprint *fingerprints, struct mistakes *surveyed,
                 bool online)
{
    keyring_load(config, &config->mistakes);
    if (!config->is_certain) {
        if (config->document.count > 0)
            mistakes_warn(&config->mistakes, &(struct place){.file = config->path}, SAY_BUS_FIRST);
        return;
    }
    struct survey *survey = survey_new(config);
    const struct tables_call tables = {.told = survey_take_table, .owner = survey};
    check_groups(config);
    check_door(config);
    checker_load_plugins(config, fingerprints, surveyed ? &tables : NULL);
    if (surveyed)
        survey_conclude(survey, online, surveyed);
    mistakes_sort(&config->mistakes, config->document.files, config->document.file_count);
    survey_free(survey);
}

void checker_look(struct config *config, struct mistakes *surveyed)
{
    survey_user_become(config);
    look(config, NULL, surveyed, false);
}

int checker_main(const char *config_path, enum checker_form form, bool online)
{
    struct config config;
    struct fingerprint fingerprints[SINKS_MAX] = {0};
    bool with_survey = form != CHECKER_DIGESTS;
    config_load(config_path, &config);
    if (with_survey)
        survey_user_become(&config);
    look(&config, fingerprints, with_survey ? &config.mistakes : NULL, online);
    mistakes_sort(&config.mistakes, config.document.files, config.document.file_count);
    print_found(&config, fingerprints, form);
    int status = mistakes_errors(&config.mistakes) > 0;
    config_finish(&config);
    return status;
}
