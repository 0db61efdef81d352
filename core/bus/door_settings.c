/* See door_settings.h. No sentence holds any part of a secret. */
#include "core/bus/door_settings.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/door_certificate.h"
#include "core/bus/start_sentences.h"
#include "core/config/config.h"
#include "core/config/listen.h"
#include "core/config/secret.h"
#include "core/wire/signing_secret.h"

#define TOKEN_BYTES_LEAST 16 /* fewer can be found out by trying */

/* ---- Tokens and signing secrets ---- */

/* A token goes into a header, so it is visible ASCII (RFC 6750, 2.1). */
static void check_token(const char *token, const struct place *place, struct mistakes *mistakes)
{
    for (const char *next = token; *next; next++) {
        if (*next <= ' ' || *next > '~') {
            mistakes_add(mistakes, place, SAY_TOKEN_CHARACTER);
            return;
        }
    }
    if (strlen(token) < TOKEN_BYTES_LEAST)
        mistakes_warn(mistakes, place, SAY_TOKEN_SHORT, TOKEN_BYTES_LEAST);
}

static void check_secret(const char *secret, const struct place *place, struct mistakes *mistakes)
{
    if (!signing_secret_base64(secret))
        mistakes_add(mistakes, place, SAY_SIGNING_SECRET);
}

struct kind {
    const char *key;
    void (*check)(const char *secret, const struct place *place, struct mistakes *mistakes);
};

/* One resolved text, which may again be a list: a file with a token a line. */
static void add_resolved(struct door_settings *settings, const struct kind *kind, const char *text,
                         const char **items, uint32_t *count, const struct place *place,
                         struct mistakes *mistakes)
{
    struct value_list list;
    value_list(text, &list);
    if (list.count == 0)
        mistakes_add(mistakes, place, SAY_NO_SECRET);
    for (size_t i = 0; i < list.count; i++) {
        if (*count == HTTP_CREDENTIALS_MAX) {
            mistakes_add(mistakes, place, SAY_TOO_MANY_CREDENTIALS, HTTP_CREDENTIALS_MAX);
            break;
        }
        kind->check(list.items[i], place, mistakes);
        char *copy = memory_text(list.items[i]);
        settings->secrets[settings->secret_count++] = copy;
        items[(*count)++] = copy;
    }
    value_list_finish(&list);
}

/* A key's value: secrets, or where they are, with commas or blanks between. */
static void add_list(struct door_settings *settings, const struct kind *kind, const char **items,
                     uint32_t *count, const struct config *config, struct mistakes *mistakes)
{
    const struct section *bus = document_section(&config->document, "bus");
    const struct setting *setting = section_setting(bus, kind->key);
    struct value_list list;
    if (!setting)
        return;
    struct place place = section_place(bus, setting);
    value_list(setting->value, &list);
    for (size_t i = 0; i < list.count; i++) {
        char *resolved = secret_resolve_list(list.items[i], config->keyring, &place, mistakes);
        if (resolved)
            add_resolved(settings, kind, resolved, items, count, &place, mistakes);
        memory_wipe_text(resolved);
    }
    value_list_finish(&list);
}

/* ---- All of it ---- */

/* The first mistake from there on, to be freed; NULL for none. */
static char *fault_from(const struct mistakes *mistakes, size_t first)
{
    for (size_t i = first; i < mistakes->count; i++) {
        if (!mistakes->items[i].warning)
            return mistake_text(&mistakes->items[i]);
    }
    return NULL;
}

static void add_listener(struct door_settings *settings, enum door_role role, const char *url,
                         char *own_fault, const char *tls_fault)
{
    struct door_setup *setup = &settings->setup;
    char *fault = own_fault;
    if (!fault && listen_is_https(url))
        fault = memory_text(tls_fault);
    settings->faults[role - 1] = fault;
    setup->wanted_count++;
    if (!fault)
        setup->listeners[setup->listener_count++] = (struct door_listener){role, url};
}

static char *load_tls(const struct config *config, struct fingerprint_list *list,
                      struct mistakes *mistakes)
{
    size_t first = mistakes->count;
    if ((config->listen && listen_is_https(config->listen)) ||
        (config->admin_listen && listen_is_https(config->admin_listen)))
        door_certificate_check(config, clock_unix_ms(), list, mistakes);
    return fault_from(mistakes, first);
}

static char *load_ingest(struct door_settings *settings, const struct config *config,
                         struct mistakes *mistakes)
{
    static const struct kind tokens = {"ingest_tokens", check_token};
    static const struct kind secrets = {"ingest_signing_secret", check_secret};
    struct door_setup *setup = &settings->setup;
    size_t first = mistakes->count;
    add_list(settings, &tokens, setup->tokens, &setup->token_count, config, mistakes);
    add_list(settings, &secrets, setup->secrets, &setup->secret_count, config, mistakes);
    return fault_from(mistakes, first);
}

static char *load_admin(const struct config *config, const struct section *bus,
                        struct mistakes *mistakes)
{
    size_t first = mistakes->count;
    struct place place = section_place(bus, section_setting(bus, "admin_listen"));
    if (config->listen && listen_clash(config->listen, config->admin_listen))
        mistakes_add(mistakes, &place, SAY_SAME_PORT);
    return fault_from(mistakes, first);
}

void door_settings_load(struct door_settings *settings, const struct config *config,
                        struct mistakes *mistakes)
{
    const struct section *bus = document_section(&config->document, "bus");
    struct fingerprint_list list = {0};
    *settings = (struct door_settings){.secret_count = 0};
    struct door_setup *setup = &settings->setup;
    setup->socket = config->socket;
    setup->certificate = config->tls_certificate ? config->tls_certificate : "";
    setup->key = config->tls_key ? config->tls_key : "";
    char *tls_fault = load_tls(config, &list, mistakes);
    if (config->listen)
        add_listener(settings, DOOR_ROLE_INGEST, config->listen,
                     load_ingest(settings, config, mistakes), tls_fault);
    if (config->admin_listen)
        add_listener(settings, DOOR_ROLE_ADMIN, config->admin_listen,
                     load_admin(config, bus, mistakes), tls_fault);
    for (size_t i = 0; i < settings->secret_count; i++)
        fingerprint_add(&list, "secret", settings->secrets[i]);
    fingerprint_take(&list, settings->fingerprint);
    free(tls_fault);
}

void door_settings_finish(struct door_settings *settings)
{
    if (!settings)
        return;
    for (size_t i = 0; i < settings->secret_count; i++)
        memory_wipe_text(settings->secrets[i]);
    for (size_t i = 0; i < DOOR_ROLES; i++)
        free(settings->faults[i]);
    *settings = (struct door_settings){.secret_count = 0};
}

void door_settings_check(struct config *config)
{
    struct door_settings settings;
    if (!config->listen && !config->admin_listen)
        return;
    door_settings_load(&settings, config, &config->mistakes);
    door_settings_finish(&settings);
}

const struct mistake *door_settings_mistake(const struct mistakes *mistakes)
{
    static const char *const keys[] = {"tls_certificate", "tls_key", "ingest_tokens",
                                       "ingest_signing_secret"};
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        bool is_of_bus = mistake->section && mistake->key && text_equal(mistake->section, "bus");
        for (size_t k = 0; is_of_bus && !mistake->warning && k < sizeof keys / sizeof *keys; k++) {
            if (text_equal(mistake->key, keys[k]))
                return mistake;
        }
    }
    return NULL;
}
