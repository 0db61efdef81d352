/* See door_settings.h. No sentence holds any part of a secret. */
#include "core/bus/door_settings.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/secret.h"

#define TOKEN_BYTES_LEAST 16 /* fewer can be found out by trying */

/* ---- Tokens and signing secrets ---- */

/* A token goes into a header, so it is visible ASCII (RFC 6750, 2.1). */
static void check_token(const char *token, const struct place *place, struct mistakes *mistakes)
{
    for (const char *next = token; *next; next++) {
        if (*next <= ' ' || *next > '~') {
            mistakes_add(mistakes, place,
                         "a token has a character that no header can hold; use letters, digits "
                         "and `-._~+/=`");
            return;
        }
    }
    if (strlen(token) < TOKEN_BYTES_LEAST)
        mistakes_warn(mistakes, place, "a token of fewer than %d characters can be guessed",
                      TOKEN_BYTES_LEAST);
}

static void check_secret(const char *secret, const struct place *place, struct mistakes *mistakes)
{
    if (!text_starts(secret, "whsec_"))
        mistakes_add(mistakes, place, "must be `whsec_` and base64, as the sender shows it");
}

struct kind {
    const char *key;
    void (*check)(const char *secret, const struct place *place, struct mistakes *mistakes);
};

/* One resolved text, which may again be a list: a file with two tokens in it. */
static void add_resolved(struct door_settings *settings, const struct kind *kind, const char *text,
                         const char **items, uint32_t *count, const struct place *place,
                         struct mistakes *mistakes)
{
    struct value_list list;
    value_list(text, &list);
    for (size_t i = 0; i < list.count; i++) {
        if (*count == HTTP_CREDENTIALS_MAX) {
            mistakes_add(mistakes, place, "has more than %d; take away those that are out of use",
                         HTTP_CREDENTIALS_MAX);
            break;
        }
        kind->check(list.items[i], place, mistakes);
        char *copy = memory_text(list.items[i]);
        settings->secrets[settings->secret_count++] = copy;
        items[(*count)++] = copy;
    }
    for (size_t i = 0; i < list.count; i++)
        explicit_bzero(list.items[i], strlen(list.items[i]));
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
        char *resolved = secret_resolve(list.items[i], config->keyring, &place, mistakes);
        if (resolved)
            add_resolved(settings, kind, resolved, items, count, &place, mistakes);
        memory_wipe_text(resolved);
    }
    value_list_finish(&list);
}

/* ---- Files ---- */

static void check_file(const struct section *bus, const char *key, const char *path,
                       struct mistakes *mistakes)
{
    struct place place = section_place(bus, section_setting(bus, key));
    const char *reason;
    int fd = file_open_regular(path, &reason);
    if (fd < 0)
        mistakes_add(mistakes, &place, "%s cannot be read: %s", path, reason);
    else
        close(fd);
}

/* ---- All of it ---- */

static void add_listener(struct door_setup *setup, enum door_role role, const char *url)
{
    setup->listeners[setup->listener_count++] = (struct door_listener){role, url};
}

static bool is_https(const char *url)
{
    return url && strncasecmp(url, "https:", 6) == 0;
}

int door_settings_load(struct door_settings *settings, const struct config *config,
                       struct mistakes *mistakes)
{
    static const struct kind tokens = {"ingest_tokens", check_token};
    static const struct kind secrets = {"ingest_signing_secret", check_secret};
    const struct section *bus = document_section(&config->document, "bus");
    size_t errors = mistakes_errors(mistakes);
    *settings = (struct door_settings){.secret_count = 0};
    struct door_setup *setup = &settings->setup;
    setup->socket = config->socket;
    setup->certificate = config->tls_certificate ? config->tls_certificate : "";
    setup->key = config->tls_key ? config->tls_key : "";
    if (config->listen) {
        add_listener(setup, DOOR_ROLE_INGEST, config->listen);
        add_list(settings, &tokens, setup->tokens, &setup->token_count, config, mistakes);
        add_list(settings, &secrets, setup->secrets, &setup->secret_count, config, mistakes);
    }
    if (config->admin_listen)
        add_listener(setup, DOOR_ROLE_ADMIN, config->admin_listen);
    bool needs_tls = is_https(config->listen) || is_https(config->admin_listen);
    if (needs_tls && config->tls_certificate)
        check_file(bus, "tls_certificate", config->tls_certificate, mistakes);
    if (needs_tls && config->tls_key)
        check_file(bus, "tls_key", config->tls_key, mistakes);
    return mistakes_errors(mistakes) > errors ? -1 : 0;
}

void door_settings_finish(struct door_settings *settings)
{
    if (!settings)
        return;
    for (size_t i = 0; i < settings->secret_count; i++)
        memory_wipe_text(settings->secrets[i]);
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
