/*
 * The requests of one connection, one after the other: head, admission, body, and whoever serves
 * them. What is not wanted yet is not read. Called by connection.c, which answers and closes.
 */
#ifndef AFFN_HTTP_REQUEST_H
#define AFFN_HTTP_REQUEST_H

struct connection;

enum request_step {
    REQUEST_GOES_ON, /* something was done, and there may be more to do */
    REQUEST_WAITS,   /* for somebody here, or for them to read their answers */
    REQUEST_LACKS,   /* more of it: at the end of the connection it never comes */
};

/* Does what can be done now with what was received. */
enum request_step request_step(struct connection *connection);

/* Forgets the request and gives its memory back. */
void request_drop(struct connection *connection);

#endif
