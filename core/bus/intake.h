/*
 * What comes in during one turn of the loop: events, into the turn's transaction; and the answers
 * that clients are owed, sent by turn.c once it is committed. Called by client.c, handover.c and
 * spool.c.
 */
#ifndef AFFN_BUS_INTAKE_H
#define AFFN_BUS_INTAKE_H

#include <stdbool.h>

#include "core/event/event.h"

struct bus;
struct client;
struct json_t;

/*
 * Takes one event in: completes it, gives it its ID, and appends it to the journal inside this
 * turn's transaction. false when the journal cannot take it: then bus->broken is set.
 */
bool intake_take_event(struct bus *bus, const struct event_input *input, char id[EVENT_ID_SIZE],
                       bool *is_new);

/* Opens this turn's transaction if it is not open yet. false, and bus->broken, when that fails. */
bool intake_begin(struct bus *bus);

/* Marks the turn's transaction as failed. */
void intake_break(struct bus *bus, const char *reason);

/* What one request gets back. */
enum answer_kind {
    ANSWER_ACCEPTED,    /* true only once the transaction is committed */
    ANSWER_UNAVAILABLE, /* the journal could not take it */
    ANSWER_REFUSED,
    ANSWER_KEPT,    /* refused, and kept: true only once the transaction is committed */
    ANSWER_COMMAND, /* carried out after the commit, so that it sees what came before it */
};

struct answer {
    struct client *client; /* NULL when it has gone */
    enum answer_kind kind;
    bool is_new;
    char id[EVENT_ID_SIZE];
    struct json_t *json; /* the refusal's answer, or the command */
};

/* Whether the turn has room for another request. */
bool intake_has_room(const struct bus *bus);

/*
 * Each notes one answer that a client is owed; they are sent in this order. An input that was only
 * to be kept has no refusal (NULL).
 */
void intake_answer_accepted(struct bus *bus, struct client *client, const char *id, bool is_new);
void intake_answer_unavailable(struct bus *bus, struct client *client);
void intake_answer_refused(struct bus *bus, struct client *client, const struct refusal *refusal);
void intake_answer_kept(struct bus *bus, struct client *client, const struct refusal *refusal);
void intake_answer_command(struct bus *bus, struct client *client, struct json_t *command);

/* Takes back what is owed to a client that has gone. */
void intake_forget_client(struct bus *bus, const struct client *client);

#endif
