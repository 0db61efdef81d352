/* See setup.h. */
#include "core/http/setup.h"

#include <assert.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/config/listen.h"
#include "core/http/door.h"
#include "core/http/tls.h"
#include "core/wire/door_message.h"

#define FIRST_HANDED_FD 4

/* ---- What it brings, made before any of it is used ---- */

struct brought {
    struct credentials credentials;
    struct error credentials_error; /* "" when they are right */
    SSL_CTX *tls;                   /* NULL when no listener needs it, or with its error */
    struct error tls_error;
};

static void make_credentials(struct brought *brought, const struct door_setup *setup)
{
    int result = 0;
    for (uint32_t i = 0; i < setup->token_count; i++)
        credentials_add_token(&brought->credentials, setup->tokens[i]);
    for (uint32_t i = 0; i < setup->secret_count && result == 0; i++)
        result = credentials_add_secret(&brought->credentials, setup->secrets[i],
                                        &brought->credentials_error);
}

static void make(struct brought *brought, const struct door_setup *setup)
{
    bool needs_tls = false;
    *brought = (struct brought){.tls = NULL};
    make_credentials(brought, setup);
    for (uint32_t i = 0; i < setup->listener_count; i++)
        needs_tls |= listen_is_https(setup->listeners[i].url);
    if (needs_tls)
        brought->tls = tls_load(setup->certificate, setup->key, &brought->tls_error);
}

/* Why a listener cannot have it; NULL when it can. */
static const struct error *fault_for(const struct brought *brought,
                                     const struct door_listener *wanted)
{
    if (listen_is_https(wanted->url) && !brought->tls)
        return &brought->tls_error;
    if (wanted->role == DOOR_ROLE_INGEST && brought->credentials_error.text[0])
        return &brought->credentials_error;
    return NULL;
}

/* Connections that are there keep the certificate that they have. */
static void use(struct door *door, struct brought *brought, const struct door_setup *setup)
{
    if (brought->tls) {
        SSL_CTX_free(door->tls);
        door->tls = brought->tls;
    }
    for (uint32_t i = 0; i < setup->listener_count; i++) {
        const struct door_listener *wanted = &setup->listeners[i];
        if (wanted->role == DOOR_ROLE_INGEST && !fault_for(brought, wanted))
            door->credentials = brought->credentials;
    }
}

/* ---- The listeners ---- */

static bool is_open(const struct door *door, uint32_t role)
{
    for (size_t i = 0; i < door->listener_count; i++) {
        if (door->listeners[i].role == (enum door_role)role)
            return true;
    }
    return false;
}

static void take_handed(struct door *door, uint32_t count)
{
    while (door->handed_count < count) {
        door->handed[door->handed_count] = FIRST_HANDED_FD + (int)door->handed_count;
        door->handed_count++;
    }
}

static int open_listener(struct door *door, const struct door_setup *setup,
                         const struct door_listener *wanted, struct error *error)
{
    assert(door->listener_count < HTTP_LISTENERS_MAX);
    if (listener_open(&door->listeners[door->listener_count], door, wanted, door->handed,
                      door->handed_count, error) < 0)
        return -1;
    door->listener_count++;
    bus_link_init(wanted->role == DOOR_ROLE_INGEST ? &door->bus : &door->admin_bus, door->base,
                  setup->socket);
    return 0;
}

/* Once there is no listener left that may want one. */
static void drop_unused(struct door *door)
{
    for (size_t i = 0; i < door->handed_count; i++) {
        if (door->handed[i] < 0)
            continue;
        log_warning("a socket that was handed down is not used: no listener has its port",
                    {"fd", .number = door->handed[i]});
        close(door->handed[i]);
        door->handed[i] = -1;
    }
}

void setup_take(struct door *door, const struct door_setup *setup, struct buffer *answer)
{
    struct brought brought;
    struct error errors[HTTP_LISTENERS_MAX];
    struct door_state state = {.listener_count = setup->listener_count};
    make(&brought, setup);
    use(door, &brought, setup);
    take_handed(door, setup->socket_count);
    for (uint32_t i = 0; i < setup->listener_count; i++) {
        const struct door_listener *wanted = &setup->listeners[i];
        const struct error *fault = fault_for(&brought, wanted);
        if (!fault && !is_open(door, wanted->role) &&
            open_listener(door, setup, wanted, &errors[i]) < 0)
            fault = &errors[i];
        state.listeners[i] = (struct door_listener_state){wanted->role, is_open(door, wanted->role),
                                                          fault ? fault->text : ""};
    }
    if (door->listener_count == setup->wanted_count)
        drop_unused(door);
    int result = door_message_put_state(answer, &state);
    assert(result == 0);
    (void)result;
    credentials_finish(&brought.credentials);
}
