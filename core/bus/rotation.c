/* See rotation.h. */
#include "core/bus/rotation.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/secret.h"

void rotation_finish(struct rotation *rotation)
{
    for (size_t i = 0; i < rotation->count; i++)
        free(rotation->keys[i].name);
    free(rotation->keys);
    *rotation = (struct rotation){0};
}

void rotation_add(struct rotation *rotation, const char *name, bool is_list)
{
    for (size_t i = 0; i < rotation->count; i++) {
        if (text_equal(rotation->keys[i].name, name))
            return;
    }
    rotation->keys = memory_resize(rotation->keys, rotation->count + 1, sizeof *rotation->keys);
    rotation->keys[rotation->count++] = (struct rotation_key){memory_text(name), is_list};
}

/* A literal's warning was logged at the start. The first is kept in `unread`. */
static void tell_errors(const struct sink_config *sink, const struct mistakes *mistakes,
                        char unread[TEXT_BYTES_MAX])
{
    unread[0] = '\0';
    for (size_t i = 0; i < mistakes->count; i++) {
        if (mistakes->items[i].warning)
            continue;
        char *text = mistake_text(&mistakes->items[i]);
        log_warning("the secret cannot be read again; the one that was read before stays in use",
                    {"sink", .text = sink->name}, {"mistake", .text = text});
        if (!unread[0])
            snprintf(unread, TEXT_BYTES_MAX, "%s", text);
        free(text);
    }
}

bool rotation_happened(const struct rotation *rotation, const struct config *config,
                       const struct sink_config *sink, const char *known,
                       char unread[TEXT_BYTES_MAX])
{
    struct fingerprint_list secrets = {0};
    struct mistakes mistakes;
    char hex[FINGERPRINT_SIZE];
    mistakes_init(&mistakes);
    for (size_t i = 0; i < rotation->count; i++) {
        const struct rotation_key *key = &rotation->keys[i];
        const struct setting *setting = section_setting(sink->section, key->name);
        struct place place = section_place(sink->section, setting);
        char *secret = setting ? secret_resolve_option(setting->value, key->is_list,
                                                       config->keyring, &place, &mistakes)
                               : NULL;
        if (secret)
            fingerprint_add(&secrets, setting->key, secret);
        memory_wipe_text(secret);
    }
    fingerprint_take(&secrets, hex);
    bool all_read = mistakes_errors(&mistakes) == 0;
    tell_errors(sink, &mistakes, unread);
    mistakes_finish(&mistakes);
    return rotation->count > 0 && all_read && !text_equal(hex, known);
}
