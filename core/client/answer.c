/* See answer.h. */
#include "core/client/answer.h"

#include <affnotify/client.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

/* What is left of the answer. */
struct rest {
    const char *next;
    const char *end;
};

static void skip_blanks(struct rest *rest)
{
    while (rest->next < rest->end && strchr(" \t\r\n", *rest->next) && *rest->next)
        rest->next++;
}

/* Takes the character that must come next, behind blanks. */
static bool take(struct rest *rest, char character)
{
    skip_blanks(rest);
    if (rest->next == rest->end || *rest->next != character)
        return false;
    rest->next++;
    return true;
}

/* ---- Strings ---- */

/* A text that is read into memory of fixed size; what does not fit is cut, at a whole character. */
struct text {
    char *bytes;
    size_t size; /* 0 for one that nobody wants */
    size_t length;
    bool is_full;
};

static void add(struct text *text, const char *bytes, size_t length)
{
    if (text->is_full || text->length + length >= text->size) {
        text->is_full = true;
        return;
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

/* How many bytes the UTF-8 character takes that begins so; 1 for what begins none. */
static size_t character_bytes(unsigned char first)
{
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

static int hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit ? strchr(digits, digit | 0x20) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* The four digits of \uXXXX. No answer to an event needs a pair of them, so such become "?". */
static bool take_escaped(struct rest *rest, struct text *text)
{
    unsigned code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = rest->next < rest->end ? hex_digit(*rest->next++) : -1;
        if (digit < 0)
            return false;
        code = code << 4 | (unsigned)digit;
    }
    char bytes[3] = {(char)code};
    size_t length = 1;
    if (code == 0 || (code >= 0xd800 && code < 0xe000)) {
        bytes[0] = '?';
    } else if (code >= 0x800) {
        bytes[0] = (char)(0xe0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code & 0x3f));
        length = 3;
    } else if (code >= 0x80) {
        bytes[0] = (char)(0xc0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3f));
        length = 2;
    }
    add(text, bytes, length);
    return true;
}

static bool take_escape(struct rest *rest, struct text *text)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (rest->next == rest->end)
        return false;
    char letter = *rest->next++;
    if (letter == 'u')
        return take_escaped(rest, text);
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (found)
        add(text, &meanings[found - letters], 1);
    return found != NULL;
}

static bool take_string(struct rest *rest, struct text *text)
{
    if (!take(rest, '"'))
        return false;
    while (rest->next < rest->end) {
        size_t left = (size_t)(rest->end - rest->next);
        size_t length = character_bytes((unsigned char)*rest->next);
        char first = *rest->next;
        if (length > left)
            return false;
        const char *bytes = rest->next;
        rest->next += length;
        if (first == '"')
            return true;
        if (first != '\\')
            add(text, bytes, length);
        else if (!take_escape(rest, text))
            return false;
    }
    return false;
}

/* ---- Members ---- */

/* Passes over a value of any kind: by its strings and brackets, which is all that matters here. */
static bool skip_value(struct rest *rest)
{
    struct text nobody = {.size = 0};
    int depth = 0;
    for (;;) {
        skip_blanks(rest);
        if (rest->next == rest->end)
            return false;
        char first = *rest->next;
        if (depth == 0 && (first == ',' || first == '}'))
            return true;
        if (first == '"') {
            if (!take_string(rest, &nobody))
                return false;
            continue;
        }
        depth += (first == '{' || first == '[') - (first == '}' || first == ']');
        if (depth < 0)
            return false;
        rest->next++;
    }
}

/* 1 for true, 0 for false, -1 for anything else, which is passed over. */
static int take_bool(struct rest *rest)
{
    skip_blanks(rest);
    size_t left = (size_t)(rest->end - rest->next);
    int value = left >= 4 && memcmp(rest->next, "true", 4) == 0    ? 1
                : left >= 5 && memcmp(rest->next, "false", 5) == 0 ? 0
                                                                   : -1;
    return skip_value(rest) ? value : -1;
}

struct answer {
    int ok;
    int is_new;
};

static bool take_member(struct rest *rest, struct answer *answer, struct affn_client_result *result)
{
    char name_bytes[16] = "";
    struct text name = {.bytes = name_bytes, .size = sizeof name_bytes};
    struct {
        const char *name;
        char *bytes;
        size_t size;
    } const texts[] = {
        {"id", result->id, sizeof result->id},
        {"field", result->field, sizeof result->field},
        {"rule", result->rule, sizeof result->rule},
        {"message", result->message, sizeof result->message},
    };
    if (!take_string(rest, &name) || !take(rest, ':'))
        return false;
    if (!name.is_full && text_equal(name_bytes, "ok")) {
        answer->ok = take_bool(rest);
        return answer->ok >= 0;
    }
    if (!name.is_full && text_equal(name_bytes, "new")) {
        answer->is_new = take_bool(rest);
        return answer->is_new >= 0;
    }
    for (size_t i = 0; !name.is_full && i < sizeof texts / sizeof *texts; i++) {
        struct text text = {.bytes = texts[i].bytes, .size = texts[i].size};
        if (!text_equal(name_bytes, texts[i].name))
            continue;
        bool is_taken = take_string(rest, &text);
        if (text.is_full && texts[i].bytes == result->id)
            result->id[0] = '\0'; /* a part of an ID is none */
        return is_taken;
    }
    return skip_value(rest);
}

static bool take_object(struct rest *rest, struct answer *answer, struct affn_client_result *result)
{
    if (!take(rest, '{'))
        return false;
    do {
        if (!take_member(rest, answer, result))
            return false;
    } while (take(rest, ','));
    bool is_whole = take(rest, '}');
    skip_blanks(rest);
    return is_whole && rest->next == rest->end;
}

/* ---- The answer ---- */

/* In the form that the bus gives: what says anything else has taken no event. */
static bool is_event_id(const char *id)
{
    return text_starts(id, "evt_") && strlen(id) == 36 && strspn(id + 4, "0123456789abcdef") == 32;
}

int32_t client_answer_read(const char *answer, size_t length, struct affn_client_result *result)
{
    struct rest rest = {.next = answer, .end = answer + length};
    struct answer read = {.ok = -1, .is_new = -1};
    memset(result, 0, sizeof *result);
    bool is_answer = take_object(&rest, &read, result);
    if (is_answer && read.ok == 1 && read.is_new >= 0 && is_event_id(result->id))
        return read.is_new ? AFFN_CLIENT_ACCEPTED : AFFN_CLIENT_KNOWN;
    if (is_answer && read.ok == 0 && result->rule[0]) {
        bool is_the_events_fault =
            !text_equal(result->rule, "unavailable") && !text_equal(result->rule, "forbidden");
        return is_the_events_fault ? AFFN_CLIENT_REFUSED : AFFN_CLIENT_FAILED;
    }
    memset(result, 0, sizeof *result);
    snprintf(result->message, sizeof result->message,
             "what answered is not affnotifyd: it does not speak the line protocol");
    return AFFN_CLIENT_FAILED;
}
