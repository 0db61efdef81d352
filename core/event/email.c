/*
 * See email.h. The syntax is decided by hand, character by character: it is the one that browsers
 * hold their users to, and neither quoted local parts nor comments exist in it.
 */
#include "core/event/email.h"

#include <stdbool.h>
#include <string.h>

#include "core/event/characters.h"
#include "core/event/refusal.h"

#define FIELD           "email"
#define LABEL_BYTES_MAX 63 /* RFC 1034 3.1 */
#define DIGITS          "0123456789"
#define LETTERS         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What WHATWG calls ASCII white space. */
static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

/* The address without the white space around it, in *start; returns its length. */
static size_t trim(const char *text, const char **start)
{
    while (is_space(*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && is_space(text[length - 1]))
        length--;
    *start = text;
    return length;
}

static int refuse_syntax(const char *what, struct refusal *refusal)
{
    return refusal_set(refusal, FIELD, "syntax",
                       FIELD " %s; send an address such as name@example.com", what);
}

/* ASCII as in WHATWG's standard; every other character by RFC 6531. */
static int check_local(const char *local, size_t length, struct refusal *refusal)
{
    static const char allowed[] = LETTERS DIGITS ".!#$%&'*+/=?^_`{|}~-";
    if (length == 0)
        return refuse_syntax("has nothing before its @", refusal);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)local[i] < 0x80 && !strchr(allowed, local[i]))
            return refusal_set(refusal, FIELD, "syntax",
                               FIELD " has U+%04X at byte %zu, before its @, which no address may "
                                     "have there; leave it out",
                               (unsigned char)local[i], i + 1);
    }
    return 0;
}

static int check_label(const char *label, size_t length, struct refusal *refusal)
{
    if (length == 0)
        return refuse_syntax("has an empty part in its domain", refusal);
    if (length > LABEL_BYTES_MAX)
        return refuse_syntax("has a part of more than 63 bytes in its domain", refusal);
    if (label[0] == '-' || label[length - 1] == '-')
        return refuse_syntax("has a part in its domain that begins or ends with a hyphen", refusal);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)label[i] >= 0x80)
            return refusal_set(refusal, FIELD, "syntax",
                               FIELD " has a domain beyond ASCII; write its xn-- form");
        if (!strchr(LETTERS DIGITS "-", label[i]))
            return refuse_syntax("has a domain with other than letters, digits, hyphens and dots",
                                 refusal);
    }
    return 0;
}

static int check_domain(const char *domain, const char *end, struct refusal *refusal)
{
    for (;;) {
        const char *dot = memchr(domain, '.', (size_t)(end - domain));
        const char *label_end = dot ? dot : end;
        if (check_label(domain, (size_t)(label_end - domain), refusal) < 0)
            return -1;
        if (!dot)
            return 0;
        domain = dot + 1;
    }
}

static int check_syntax(const char *address, size_t length, struct refusal *refusal)
{
    if (length == 0)
        return refuse_syntax("is empty", refusal);
    const char *at = memchr(address, '@', length);
    if (!at)
        return refuse_syntax("has no @", refusal);
    if (check_local(address, (size_t)(at - address), refusal) < 0)
        return -1;
    return check_domain(at + 1, address + length, refusal);
}

int email_parse(const char *text, char email[EMAIL_BYTES_MAX + 1],
                char email_key[EMAIL_BYTES_MAX + 1], struct refusal *refusal)
{
    const char *address;
    size_t length = trim(text, &address);
    if (characters_check(FIELD, address, length, character_needs_escape, "leave it out", refusal) <
        0)
        return -1;
    if (length > EMAIL_BYTES_MAX)
        return refusal_set(refusal, FIELD, "too_long",
                           FIELD " is %zu bytes long; at most %d are allowed", length,
                           EMAIL_BYTES_MAX);
    if (check_syntax(address, length, refusal) < 0)
        return -1;
    for (size_t i = 0; i < length; i++) {
        char byte = address[i];
        email[i] = byte;
        email_key[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
    }
    email[length] = email_key[length] = '\0';
    return 0;
}
