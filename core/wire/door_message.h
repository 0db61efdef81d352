/*
 * What the bus and its door to the network, affnotify-http, say to each other, in frames:
 *
 *     bus                          door
 *     SETUP                    ──►             where to listen, and everything secret
 *                              ◄── OPEN        it listens (or FAILED: why it cannot, and it ends)
 *     SETUP                    ──►             other secrets, certificates to be read again
 *                              ◄── OPEN        it works with them (or FAILED: it goes on as before)
 *
 * Where to listen is settled by the first SETUP. The door ends when the socket closes.
 */
#ifndef AFFN_WIRE_DOOR_MESSAGE_H
#define AFFN_WIRE_DOOR_MESSAGE_H

#include "core/wire/frame.h"

enum door_message_type {
    DOOR_MESSAGE_SETUP = 101,
    DOOR_MESSAGE_OPEN,
    DOOR_MESSAGE_FAILED,
};

/* What a listener is for: it serves the routes of its role and no others. */
enum door_role {
    DOOR_ROLE_INGEST = 1, /* `listen`: events in */
    DOOR_ROLE_ADMIN,      /* `admin_listen`: metrics and health */
};

struct door_listener {
    uint32_t role;   /* enum door_role */
    const char *url; /* https://ADDRESS:PORT, or http:// */
};

struct door_setup {
    const char *socket; /* the bus's, for the line protocol */
    const char *certificate;
    const char *key;       /* paths; "" for none */
    uint32_t socket_count; /* listening sockets that were handed down, on fd 4 and above */
    uint32_t listener_count;
    struct door_listener listeners[HTTP_LISTENERS_MAX];
    uint32_t token_count;
    const char *tokens[HTTP_CREDENTIALS_MAX];
    uint32_t secret_count;
    const char *secrets[HTTP_CREDENTIALS_MAX]; /* for signatures, as they are written: whsec_… */
};

int door_message_put_setup(struct buffer *buffer, const struct door_setup *setup);
int door_message_get_setup(struct frame *frame, struct door_setup *setup);

int door_message_put_open(struct buffer *buffer);
int door_message_get_open(struct frame *frame);

/* Why; the text points into the frame. */
int door_message_put_failed(struct buffer *buffer, const char *text);
int door_message_get_failed(struct frame *frame, const char **text);

#endif
