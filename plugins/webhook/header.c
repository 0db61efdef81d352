/* See header.h. */
#include "header.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../common/mistake.h"
#include "sentences.h"

#define LINE_BYTES_MAX (8 * 1024) /* of a header line in a request; "NAME: " is a part of it */
#define KEY_BYTES_MAX  256

/* With '-' at its end it is the beginning of all such names. */
static const struct {
    const char *name;
    const char *sentence;
} taken[] = {
    {"Connection", SAY_HEADER_OF_HTTP},
    {"Expect", SAY_HEADER_OF_HTTP},
    {"Host", SAY_HEADER_OF_HTTP},
    {"HTTP2-Settings", SAY_HEADER_OF_HTTP},
    {"Keep-Alive", SAY_HEADER_OF_HTTP},
    {"Proxy", SAY_HEADER_OF_HTTP}, /* of CGI programs it would be $HTTP_PROXY */
    {"Proxy-", SAY_HEADER_OF_HTTP},
    {"TE", SAY_HEADER_OF_HTTP},
    {"Trailer", SAY_HEADER_OF_HTTP},
    {"Transfer-Encoding", SAY_HEADER_OF_HTTP},
    {"Upgrade", SAY_HEADER_OF_HTTP},
    {"affnotify-", SAY_HEADER_OF_SINK},
    {"Content-", SAY_HEADER_OF_SINK},
    {"webhook-", SAY_HEADER_OF_SINK},
};

/* Gateways make environment variables of headers, and `-` and `_` are one there. */
static char folded(char letter)
{
    return letter == '_' ? '-' : (char)tolower((unsigned char)letter);
}

static bool begins_with(const char *name, const char *start)
{
    for (; *start; name++, start++) {
        if (folded(*name) != folded(*start))
            return false;
    }
    return true;
}

static const char *name_mistake(const char *name, bool has_token)
{
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        size_t length = strlen(taken[i].name);
        if (begins_with(name, taken[i].name) &&
            (name[length] == '\0' || taken[i].name[length - 1] == '-'))
            return taken[i].sentence;
    }
    return has_token && strcasecmp(name, "Authorization") == 0 ? SAY_HEADER_OF_TOKEN : NULL;
}

static bool holds_control(const char *value)
{
    for (; *value; value++) {
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return true;
    }
    return false;
}

static bool is_ascii(const char *value)
{
    for (; *value; value++) {
        if ((unsigned char)*value > 0x7f)
            return false;
    }
    return true;
}

/* The name of an earlier header that is the same, or NULL. */
static const char *find_twin(const struct affn_map *headers, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (strcasecmp(headers->pairs[i].key, headers->pairs[index].key) == 0)
            return headers->pairs[i].key;
    }
    return NULL;
}

static void check_one(const struct affn_map *headers, uint32_t index, bool has_token,
                      struct affn_mistakes *mistakes)
{
    const struct affn_pair *pair = &headers->pairs[index];
    char key[KEY_BYTES_MAX];
    snprintf(key, sizeof key, "header.%s", pair->key);
    const char *mistake = name_mistake(pair->key, has_token);
    const char *twin = find_twin(headers, index);
    size_t bytes = strlen(pair->key) + strlen(": ") + strlen(pair->value);
    if (mistake)
        mistakes->add(mistakes, key, mistake);
    else if (twin)
        mistake_add(mistakes, key, SAY_HEADER_TWICE, twin);
    else if (bytes > LINE_BYTES_MAX)
        mistake_add(mistakes, key, SAY_HEADER_TOO_LONG, bytes, LINE_BYTES_MAX);
    else if (holds_control(pair->value))
        mistakes->add(mistakes, key, SAY_HEADER_CONTROL);
    else if (!is_ascii(pair->value))
        mistakes->warn(mistakes, key, SAY_HEADER_NOT_ASCII);
}

void header_check(const struct affn_map *headers, bool has_token, struct affn_mistakes *mistakes)
{
    for (uint32_t i = 0; i < headers->count && i < HEADERS_MAX; i++)
        check_one(headers, i, has_token, mistakes);
    if (headers->count > HEADERS_MAX)
        mistake_add(mistakes, NULL, SAY_HEADERS_TOO_MANY, headers->count, HEADERS_MAX);
}

bool header_is_set(const struct affn_map *headers, const char *name)
{
    for (uint32_t i = 0; i < headers->count; i++) {
        if (strcasecmp(headers->pairs[i].key, name) == 0)
            return true;
    }
    return false;
}
