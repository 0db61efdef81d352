/* See value.h. */
#include "core/config/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/sentences.h"

#define QUOTED_BYTES_MAX 15 /* of a number in a sentence */
#define UNIT_BYTES_MAX   2  /* of a number's unit there */
#define WORD_BYTES_MAX   60 /* of a word that is near another one, and of a scheme */

/* ---- What may be said of a value (see README.md) ---- */

/* A number and perhaps a unit: digits, a `-` before them, two letters or `/` behind. */
static bool is_like_number(const char *text)
{
    const char *next = text + (*text == '-');
    size_t digits = strspn(next, "0123456789");
    const char *unit = next + digits;
    size_t unit_bytes = strlen(unit);
    for (size_t i = 0; i < unit_bytes; i++) {
        if (!isalpha((unsigned char)unit[i]) && unit[i] != '/')
            return false;
    }
    return digits > 0 && unit_bytes <= UNIT_BYTES_MAX && strlen(text) <= QUOTED_BYTES_MAX;
}

struct value_quote value_quote(const char *text)
{
    struct value_quote quote = {"this value"};
    if (is_like_number(text))
        snprintf(quote.text, sizeof quote.text, "`%s`", text);
    return quote;
}

/* A number that does not fit becomes the largest or the least, which the bounds then refuse. */
static const char *read_number(const char *text, int64_t *number)
{
    bool is_negative = *text == '-';
    const char *next = text + is_negative;
    *number = 0;
    if (!isdigit((unsigned char)*next))
        return NULL;
    for (; isdigit((unsigned char)*next); next++) {
        int digit = is_negative ? '0' - *next : *next - '0';
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, digit, number)) {
            *number = is_negative ? INT64_MIN : INT64_MAX;
            next += strspn(next, "0123456789");
            break;
        }
    }
    return next;
}

static int64_t multiply(int64_t number, int64_t factor)
{
    int64_t product;
    return __builtin_mul_overflow(number, factor, &product) ? INT64_MAX : product;
}

/* ---- Units, largest last ---- */

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

static const struct unit size_units[] = {
    {"", 1}, {"k", 1024}, {"M", 1024 * 1024}, {"G", 1024 * 1024 * 1024}, {NULL, 0}};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000},
    {NULL, 0}};

struct written {
    char text[32];
};

/* The number in the largest unit that divides it. */
static struct written write_number(int64_t number, const struct unit *units)
{
    const struct unit *best = units;
    for (; units->name; units++) {
        if (number != 0 && number % units->factor == 0)
            best = units;
    }
    struct written written;
    snprintf(written.text, sizeof written.text, "%lld%s", (long long)(number / best->factor),
             number == 0 ? "" : best->name);
    return written;
}

char *value_size_text(int64_t bytes)
{
    return memory_text(write_number(bytes, size_units).text);
}

char *value_duration_text(int64_t ms)
{
    return memory_text(write_number(ms, duration_units).text);
}

static int check_bounds(const char *text, int64_t number, int64_t min, int64_t max,
                        const struct unit *units, struct error *error)
{
    bool is_bounded = min != 0 || max != 0;
    bool is_within = !is_bounded || (number >= min && number <= max);
    if (is_within && (number == INT64_MAX || number == INT64_MIN))
        return error_set(error, SAY_DOES_NOT_FIT, value_quote(text).text);
    if (is_within)
        return 0;
    struct written least = write_number(min, units);
    struct written most = write_number(max, units);
    if (max == INT64_MAX)
        return error_set(error, SAY_AT_LEAST, least.text, value_quote(text).text);
    return error_set(error, SAY_FROM_TO, least.text, most.text, value_quote(text).text);
}

/* ---- Numbers ---- */

int value_int(const char *text, int64_t min, int64_t max, int64_t *number, struct error *error)
{
    const char *end = read_number(text, number);
    if (!end || *end)
        return error_set(error, SAY_NOT_A_NUMBER, value_quote(text).text);
    return check_bounds(text, *number, min, max, no_units, error);
}

int value_size(const char *text, int64_t min, int64_t max, int64_t *bytes, struct error *error)
{
    const char *end = read_number(text, bytes);
    const struct unit *unit = size_units;
    while (end && unit->name && strcasecmp(end, unit->name) != 0)
        unit++;
    if (!end || !unit->name || *text == '-')
        return error_set(error, SAY_NOT_A_SIZE, value_quote(text).text);
    *bytes = multiply(*bytes, unit->factor);
    return check_bounds(text, *bytes, min, max, size_units, error);
}

int value_duration(const char *text, int64_t min_ms, int64_t max_ms, int64_t *ms,
                   struct error *error)
{
    const char *end = read_number(text, ms);
    const struct unit *unit = duration_units;
    bool is_bare = end && *end == '\0' && *text != '-';
    while (end && unit->name && !text_equal(end, unit->name))
        unit++;
    if (is_bare && *ms != 0)
        return error_set(error, SAY_NO_UNIT, value_quote(text).text);
    if (!is_bare && (!end || !unit->name || *text == '-'))
        return error_set(error, SAY_NOT_A_DURATION, value_quote(text).text);
    *ms = is_bare ? 0 : multiply(*ms, unit->factor);
    return check_bounds(text, *ms, min_ms, max_ms, duration_units, error);
}

int value_rate(const char *text, int64_t *events_an_hour, struct error *error)
{
    static const struct unit periods[] = {{"/h", 1}, {"/m", 60}, {"/s", 3600}, {NULL, 0}};
    const char *end = read_number(text, events_an_hour);
    const struct unit *period = periods;
    while (end && period->name && !text_equal(end, period->name))
        period++;
    if (!end || !period->name || *events_an_hour <= 0)
        return error_set(error, SAY_NOT_A_RATE, value_quote(text).text);
    *events_an_hour = multiply(*events_an_hour, period->factor);
    return check_bounds(text, *events_an_hour, 0, 0, no_units, error);
}

/* ---- Words ---- */

int value_bool(const char *text, bool *flag, struct error *error)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *flag = i % 2 == 1;
            return 0;
        }
    }
    return error_set(error, SAY_YES_OR_NO, value_quote(text).text);
}

int value_choice(const char *text, const char *const *choices, int32_t *index, struct error *error)
{
    for (int32_t i = 0; choices[i]; i++) {
        if (text_equal(text, choices[i])) {
            *index = i;
            return 0;
        }
    }
    char memory[sizeof error->text];
    struct buffer all;
    buffer_init_within(&all, memory, sizeof memory);
    for (size_t i = 0; choices[i]; i++)
        buffer_printf(&all, "%s%s", i > 0 ? ", " : "", choices[i]);
    const char *nearest = strlen(text) <= WORD_BYTES_MAX ? text_nearest(text, choices) : NULL;
    if (nearest)
        return error_set(error, SAY_NONE_OF_NEAR, text, all.data, nearest);
    return error_set(error, SAY_NONE_OF, value_quote(text).text, all.data);
}

/* ---- Paths, lists ---- */

int value_path(const char *text, struct error *error)
{
    if (*text == '/')
        return 0;
    return error_set(error, SAY_ABSOLUTE_PATH);
}

void value_list(const char *text, struct value_list *list)
{
    static const char separators[] = VALUE_LIST_SEPARATORS;
    *list = (struct value_list){0};
    for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
        size_t length = strcspn(text, separators);
        list->items = memory_resize(list->items, list->count + 1, sizeof *list->items);
        list->items[list->count++] = memory_text_part(text, length);
        text += length;
    }
}

void value_list_finish(struct value_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        memory_wipe_text(list->items[i]); /* of `ingest_tokens` */
    free(list->items);
    *list = (struct value_list){0};
}

/* ---- URLs (RFC 3986), as far as all sinks need them ---- */

static bool is_among(const char *word, size_t length, const char *words)
{
    while (*words) {
        size_t bytes = strcspn(words, " ");
        if (bytes == length && strncasecmp(words, word, length) == 0)
            return true;
        words += bytes + strspn(words + bytes, " ");
    }
    return false;
}

static int check_scheme(const char *text, size_t length, const char *schemes, struct error *error)
{
    if (!schemes || is_among(text, length, schemes))
        return 0;
    char memory[sizeof error->text];
    struct buffer all;
    buffer_init_within(&all, memory, sizeof memory);
    for (const char *next = schemes; *next;) {
        size_t bytes = strcspn(next, " ");
        buffer_printf(&all, "%s%.*s://", next > schemes ? " or " : "", (int)bytes, next);
        next += bytes + strspn(next + bytes, " ");
    }
    return error_set(error, SAY_URL_SCHEME, all.data);
}

/* A name, an IPv4 address, or an IPv6 address in brackets. */
static bool is_host(const char *host, size_t length)
{
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        char address[INET6_ADDRSTRLEN];
        struct in6_addr parsed;
        if (length - 2 >= sizeof address)
            return false;
        memcpy(address, host + 1, length - 2);
        address[length - 2] = '\0';
        return inet_pton(AF_INET6, address, &parsed) == 1;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)host[i]) && !strchr("-._", host[i]))
            return false;
    }
    return length > 0 && host[0] != '.' && host[0] != '-';
}

static int check_authority(const char *text, size_t length, struct error *error)
{
    if (memchr(text, '@', length))
        return error_set(error, SAY_URL_LOGIN);
    const char *bracket = memrchr(text, ']', length);
    const char *after_host = bracket ? bracket : text;
    const char *colon = memchr(after_host, ':', length - (size_t)(after_host - text));
    size_t host_bytes = colon ? (size_t)(colon - text) : length;
    if (!is_host(text, host_bytes))
        return error_set(error, SAY_URL_HOST);
    if (!colon)
        return 0;
    int64_t port;
    const char *end = read_number(colon + 1, &port);
    if (end != text + length || port < 1 || port > 65535)
        return error_set(error, SAY_URL_PORT);
    return 0;
}

int value_url(const char *text, const char *schemes, struct error *error)
{
    size_t scheme_bytes = 0;
    while (isalnum((unsigned char)text[scheme_bytes]) ||
           (text[scheme_bytes] && strchr("+-.", text[scheme_bytes])))
        scheme_bytes++;
    if (!isalpha((unsigned char)*text) || !text_starts(text + scheme_bytes, "://") ||
        scheme_bytes > WORD_BYTES_MAX)
        return error_set(error, SAY_NOT_A_URL);
    if (check_scheme(text, scheme_bytes, schemes, error) < 0)
        return -1;
    for (const char *next = text; *next; next++) {
        if ((unsigned char)*next <= ' ' || *next == 0x7f || strchr("\"<>\\^`{|}", *next))
            return error_set(error, SAY_URL_CHARACTER);
    }
    const char *authority = text + scheme_bytes + strlen("://");
    return check_authority(authority, strcspn(authority, "/?#"), error);
}
