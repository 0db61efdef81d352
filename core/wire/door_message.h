/*
 * What the bus and its door to the network, affnotify-http, say to each other, in frames:
 *
 *     bus                          door
 *     SETUP                    ──►             where to listen, and everything secret
 *                              ◄── STATE       for each listener: whether it is open, and what of
 *                                              this SETUP it could not take, and why
 *     SETUP                    ──►             other secrets, certificates to be read again, and
 *                                              what is not open yet once more
 *                              ◄── STATE
 *
 * Each SETUP is answered by one STATE, in order. A listener that is open stays so, with what it had,
 * when a SETUP cannot be taken or does not name it. The door ends when the socket closes.
 */
#ifndef AFFN_WIRE_DOOR_MESSAGE_H
#define AFFN_WIRE_DOOR_MESSAGE_H

#include "core/wire/frame.h"

enum door_message_type {
    DOOR_MESSAGE_SETUP = 101,
    DOOR_MESSAGE_STATE,
};

/* What a listener is for: it serves the routes of its role and no others. */
enum door_role {
    DOOR_ROLE_INGEST = 1, /* `listen`: events in */
    DOOR_ROLE_ADMIN,      /* `admin_listen`: metrics and health */
};
#define DOOR_ROLES 2 /* how many there are */

struct door_listener {
    uint32_t role;   /* enum door_role */
    const char *url; /* https://ADDRESS:PORT, or http:// */
};

struct door_setup {
    const char *socket; /* the bus's, for the line protocol */
    const char *certificate;
    const char *key;       /* paths; "" for none */
    uint32_t socket_count; /* listening sockets that were handed down, on fd 4 and above */
    uint32_t
        wanted_count; /* listeners that there are to be, with those that cannot be opened yet */
    uint32_t listener_count;
    struct door_listener listeners[HTTP_LISTENERS_MAX];
    uint32_t token_count;
    const char *tokens[HTTP_CREDENTIALS_MAX];
    uint32_t secret_count;
    const char *secrets[HTTP_CREDENTIALS_MAX]; /* for signatures, as they are written: whsec_… */
};

int door_message_put_setup(struct buffer *buffer, const struct door_setup *setup);
int door_message_get_setup(struct frame *frame, struct door_setup *setup);

/* What became of a SETUP, for each of its listeners. */
struct door_state {
    uint32_t listener_count;
    struct door_listener_state {
        uint32_t role;
        uint32_t is_open;
        const char *error; /* what it could not take, or "" */
    } listeners[HTTP_LISTENERS_MAX];
};

int door_message_put_state(struct buffer *buffer, const struct door_state *state);

/* The texts point into the frame. */
int door_message_get_state(struct frame *frame, struct door_state *state);

#endif
