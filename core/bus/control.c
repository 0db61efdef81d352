/* See control.h; the fields of each answer are described in core/wire/README.md. */
#include "core/bus/control.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/client.h"
#include "core/bus/control_child.h"
#include "core/bus/control_hold.h"
#include "core/bus/control_metrics.h"
#include "core/bus/control_ready.h"
#include "core/bus/control_status.h"
#include "core/bus/control_trace.h"
#include "core/bus/forget.h"
#include "core/bus/lists.h"
#include "core/bus/refused.h"
#include "core/bus/reload.h"
#include "core/bus/replay.h"
#include "core/bus/roster.h"
#include "core/bus/skip.h"
#include "core/event/affiliate_id.h"
#include "core/event/email.h"

/* ---- id ---- */

json_t *control_id_answer(const char *email, struct journal *journal)
{
    char trimmed[EMAIL_BYTES_MAX + 1], email_key[EMAIL_BYTES_MAX + 1], derived[AFFILIATE_ID_SIZE];
    struct refusal refusal;
    struct affiliate known;
    struct error error;
    if (!email)
        return answer_refusal("email", "missing", "email: an e-mail address is needed, as text");
    if (email_parse(email, trimmed, email_key, &refusal) < 0)
        return answer_refusal_of(&refusal);
    int found = journal ? journal_affiliate(journal, email_key, &known, &error) : 0;
    if (found < 0)
        return answer_unavailable(error.text);
    affiliate_id_derive(email_key, derived);
    return json_pack("{s:b,s:s,s:s,s:o}", "ok", 1, "email_key", email_key, "derived", derived,
                     "remembered", found ? json_string(known.affiliate_id) : json_null());
}

static json_t *run_id(struct bus *bus, struct client *client, const json_t *command)
{
    (void)client;
    const char *email = json_string_value(json_object_get(command, "email"));
    return control_id_answer(email, bus->journal);
}

/* ---- All commands ---- */

static const struct control_command {
    const char *name;
    json_t *(*run)(struct bus *bus, struct client *client, const json_t *command);
    bool shows_persons; /* its answer also tells how tables are to show them */
} commands[] = {
    {"status", control_status_run, false},
    {"trace", control_trace_run, true},
    {"id", run_id, false},
    {"events", lists_events, true},
    {"dead", lists_dead, true},
    {"hold", control_hold_run, false},
    {"resume", control_resume_run, false},
    {"skip", skip_run, false},
    {"check", control_child_run, false},
    {"render", control_child_run, false},
    {"test", control_child_run, false},
    {"plugins", control_child_run, false},
    {"describe", control_child_run, false},
    {"config_show", control_child_run, false},
    {"replay", replay_run, false},
    {"drop", replay_drop_run, false},
    {"refused", refused_run, true},
    {"accept", refused_accept_run, false},
    {"discard", refused_discard_run, false},
    {"roster", roster_run, true},
    {"reload", reload_run, false},
    {"forget", forget_run, false},
    {"metrics", control_metrics_run, false},
    {"ready", control_ready_run, false},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static json_t *refuse_unknown(void)
{
    char *message = memory_text("command: must be one of");
    for (size_t i = 0; i < COMMANDS; i++) {
        char *longer = memory_format("%s%s %s", message, i > 0 ? "," : "", commands[i].name);
        free(message);
        message = longer;
    }
    json_t *answer = answer_refusal("command", "unknown_command", "%s", message);
    free(message);
    return answer;
}

static json_t *run_one(const struct control_command *one, struct bus *bus, struct client *client,
                       const json_t *command)
{
    json_t *answer = one->run(bus, client, command);
    if (one->shows_persons && json_is_true(json_object_get(answer, "ok")))
        json_object_set_new(answer, "log_email",
                            json_string(answer_log_email(&bus->config, command)));
    return answer;
}

static json_t *run(struct bus *bus, struct client *client, const json_t *command)
{
    const char *name = json_string_value(json_object_get(command, "command"));
    if (!client_may_control(client))
        return answer_refusal("command", "forbidden",
                              "command: members of `publishers` may hand events in and no more; "
                              "commands are for `operators`");
    for (size_t i = 0; name && i < COMMANDS; i++) {
        if (text_equal(name, commands[i].name))
            return run_one(&commands[i], bus, client, command);
    }
    return refuse_unknown();
}

void control_run(struct bus *bus, struct client *client, const json_t *command)
{
    json_t *answer = run(bus, client, command);
    if (!answer)
        return; /* what was begun answers: a child, a skip, a replay, … */
    client_answer_command(client, answer);
    json_decref(answer);
}
