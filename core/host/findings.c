/* See findings.h. */
#include "core/host/findings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/host/blot.h"
#include "core/host/own_words.h"
#include "core/host/sentences.h"

static void keep(struct findings *findings, const char *key, const char *text, bool warning)
{
    findings->errors += !warning;
    if (findings->count == MISTAKES_MAX) {
        findings->left_out++;
        return;
    }
    findings->items[findings->count++] = (struct message_mistake){
        .key = memory_text(key), .text = memory_text(text), .warning = warning};
}

/* The plugin's two ways in; its `check` knows only the face. */
static void face_add(struct affn_mistakes *face, const char *option, const char *text)
{
    keep((struct findings *)(void *)face, option ? option : "", text ? text : "", false);
}

static void face_warn(struct affn_mistakes *face, const char *option, const char *text)
{
    keep((struct findings *)(void *)face, option ? option : "", text ? text : "", true);
}

void findings_init(struct findings *findings)
{
    *findings = (struct findings){.face = {.add = face_add, .warn = face_warn}};
    findings->items = memory_new(MISTAKES_MAX, sizeof *findings->items);
}

void findings_finish(struct findings *findings)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        free((char *)findings->items[i].key);
        free((char *)findings->items[i].text);
    }
    free(findings->items);
    *findings = (struct findings){.count = 0};
}

static void keep_formatted(struct findings *findings, const char *key, bool warning,
                           const char *format, va_list arguments)
{
    char text[TEXT_BYTES_MAX];
    vsnprintf(text, sizeof text, format, arguments);
    keep(findings, key, text, warning);
}

void findings_add(struct findings *findings, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep_formatted(findings, key, false, format, arguments);
    va_end(arguments);
}

void findings_warn(struct findings *findings, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep_formatted(findings, key, true, format, arguments);
    va_end(arguments);
}

/* A plugin names its own options; only what is none of those may hold a secret. */
static void clean_key(const struct blot *secrets, const char *key, char *clean, size_t room)
{
    if (secrets->own && strlen(key) < room && own_words_have_name(secrets->own, key))
        strcpy(clean, key);
    else
        blot_text(secrets, NULL, key, clean, room);
}

void findings_send(const struct findings *findings, const struct blot *secrets,
                   struct buffer *buffer)
{
    struct text {
        char key[2 * NAME_BYTES_MAX];
        char text[TEXT_BYTES_MAX];
    } *texts = memory_new(findings->count, sizeof *texts);
    struct message_mistake *cleaned = memory_new(findings->count, sizeof *cleaned);
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct message_mistake *found = &findings->items[i];
        clean_key(secrets, found->key, texts[i].key, sizeof texts[i].key);
        blot_text(secrets, NULL, found->text, texts[i].text, sizeof texts[i].text);
        cleaned[i] = (struct message_mistake){texts[i].key, texts[i].text, found->warning};
    }
    if (findings->left_out > 0) {
        char *last = texts[findings->count - 1].text;
        snprintf(last, TEXT_BYTES_MAX, SAY_MORE_MISTAKES, findings->left_out + 1);
        cleaned[findings->count - 1] = (struct message_mistake){"", last, findings->errors == 0};
    }
    struct message_checked checked = {.mistake_count = findings->count, .mistakes = cleaned};
    int result = message_put_checked(buffer, &checked);
    assert(result == 0); /* MISTAKES_MAX texts fit in a frame */
    free(cleaned);
    free(texts);
}
