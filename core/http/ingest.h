/* POST /v1/events: one event or an array of them, handed to the bus; the answer once it is durable. */
#ifndef AFFN_HTTP_INGEST_H
#define AFFN_HTTP_INGEST_H

struct connection;

/* A route's `serve`: the sender has proved who they are. */
void ingest_serve(struct connection *connection);

#endif
