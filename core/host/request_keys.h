/*
 * The host's own keys in the section of a sink that makes requests: AFFN_RESERVED_REQUEST_KEYS of
 * affnotify/sink.h, described by the same kind of table as a plugin's options. Pure.
 */
#ifndef AFFN_HOST_REQUEST_KEYS_H
#define AFFN_HOST_REQUEST_KEYS_H

#include <affnotify/sink.h>
#include <stdint.h>

struct blot;
struct findings;

#define REQUEST_HTTP_1_1 0
#define REQUEST_HTTP_2   1

struct request_keys {
    const char *ca_file;            /* PEM: trusted beside the system's; NULL for none */
    const char *client_certificate; /* PEM, which may hold the key as well; NULL for none */
    const char *client_key;         /* PEM; NULL when it is in client_certificate */
    const char *proxy;              /* NULL for none */
    int32_t http_version;           /* REQUEST_HTTP_… */
};

extern const struct affn_option request_keys_table[];
extern const uint32_t request_keys_count;

/* Adds what the table cannot say to findings, and the proxy's user and password to secrets. */
void request_keys_check(const struct request_keys *keys, struct findings *findings,
                        struct blot *secrets);

#endif
