/*
 * See event.h: names, canonical bytes and the way back. Free of libraries, for programs that must
 * start fast. Nothing is escaped: no value of an event can hold what JSON would escape.
 */
#include "core/event/event.h"

#include <assert.h>
#include <string.h>

#include "core/base/text.h"
#include "core/event/deep_link.h"
#include "core/event/email.h"
#include "core/event/timestamp.h"

#define BEFORE_TYPE         "{\"event\":\""
#define BEFORE_AFFILIATE_ID "\",\"affiliate_id\":\""
#define BEFORE_EMAIL        "\",\"email\":\""
#define BEFORE_DEEP_LINK    "\",\"deep_link\":\""
#define BEFORE_OCCURRED_AT  "\",\"occurred_at\":\""
#define AT_THE_END          "\"}"

#define TYPE_BYTES_MAX (sizeof "affiliate.deactivated" - 1)

_Static_assert(sizeof BEFORE_TYPE BEFORE_AFFILIATE_ID BEFORE_EMAIL BEFORE_DEEP_LINK
                           BEFORE_OCCURRED_AT AT_THE_END +
                       TYPE_BYTES_MAX + sizeof((struct event *)0)->affiliate_id +
                       sizeof((struct event *)0)->email + sizeof((struct event *)0)->deep_link +
                       sizeof((struct event *)0)->occurred_at <=
                   EVENT_CANONICAL_BYTES_MAX,
               "the longest event fits");

/* ---- Names ---- */

const char *event_type_name(enum event_type type)
{
    static const char *const names[] = {
        [EVENT_CREATED] = "affiliate.created",
        [EVENT_DEACTIVATED] = "affiliate.deactivated",
    };
    assert(type == EVENT_CREATED || type == EVENT_DEACTIVATED);
    return names[type];
}

const char *event_via_name(enum event_via via)
{
    static const char *const names[] = {
        [EVENT_VIA_UNKNOWN] = "",
        [EVENT_VIA_DASHBOARD] = "dashboard",
        [EVENT_VIA_SELF_SIGNUP] = "self_signup",
        [EVENT_VIA_JOIN_REQUEST] = "join_request",
    };
    assert((size_t)via < sizeof names / sizeof *names);
    return names[via];
}

/* Whether text is this prefix, so many lower-case hex digits, and nothing else. */
static bool is_id(const char *text, const char *prefix, size_t digits)
{
    if (!text_starts(text, prefix))
        return false;
    const char *hex = text + strlen(prefix);
    return strspn(hex, "0123456789abcdef") == digits && hex[digits] == '\0';
}

bool event_id_valid(const char *text)
{
    return is_id(text, "evt_", 32);
}

/* ---- Canonical bytes ---- */

size_t event_encode(const struct event *event, char canonical[EVENT_CANONICAL_BYTES_MAX + 1])
{
    char *end = canonical;
    end = stpcpy(end, BEFORE_TYPE);
    end = stpcpy(end, event_type_name(event->type));
    end = stpcpy(end, BEFORE_AFFILIATE_ID);
    end = stpcpy(end, event->affiliate_id);
    end = stpcpy(end, BEFORE_EMAIL);
    end = stpcpy(end, event->email);
    end = stpcpy(end, BEFORE_DEEP_LINK);
    end = stpcpy(end, event->deep_link);
    end = stpcpy(end, BEFORE_OCCURRED_AT);
    end = stpcpy(end, event->occurred_at);
    end = stpcpy(end, AT_THE_END);
    return (size_t)(end - canonical);
}

/* What is left to decode. */
struct rest {
    const char *next;
    size_t left;
};

/* Takes these very bytes off the front. */
static bool take(struct rest *rest, const char *expected)
{
    size_t length = strlen(expected);
    if (rest->left < length || memcmp(rest->next, expected, length) != 0)
        return false;
    rest->next += length;
    rest->left -= length;
    return true;
}

/* Takes a value off the front, up to the quote that ends it; `size` counts the NUL. */
static bool take_value(struct rest *rest, char *value, size_t size)
{
    const char *quote = memchr(rest->next, '"', rest->left);
    size_t length = quote ? (size_t)(quote - rest->next) : size;
    if (length >= size || memchr(rest->next, '\0', length))
        return false;
    memcpy(value, rest->next, length);
    value[length] = '\0';
    rest->next += length;
    rest->left -= length;
    return true;
}

static bool type_from_name(const char *name, enum event_type *type)
{
    for (*type = EVENT_CREATED; *type <= EVENT_DEACTIVATED; (*type)++) {
        if (text_equal(name, event_type_name(*type)))
            return true;
    }
    return false;
}

/* Whether every value is one that parsing would have let through unchanged. */
static bool values_hold(struct event *event)
{
    struct refusal refusal;
    char email[EMAIL_BYTES_MAX + 1];
    char email_key[EMAIL_BYTES_MAX + 1];
    char occurred_at[TIMESTAMP_SIZE];
    if (!is_id(event->affiliate_id, "ia_", 8) ||
        email_parse(event->email, email, email_key, &refusal) < 0 ||
        !text_equal(email, event->email) || deep_link_check(event->deep_link, &refusal) < 0 ||
        timestamp_parse(event->occurred_at, &event->occurred_unix_ms) < 0)
        return false;
    timestamp_format(event->occurred_unix_ms, occurred_at);
    return text_equal(occurred_at, event->occurred_at);
}

int event_decode(const char *canonical, size_t bytes, struct event *event)
{
    struct rest rest = {.next = canonical, .left = bytes};
    char type[TYPE_BYTES_MAX + 1];
    bool shaped = take(&rest, BEFORE_TYPE) && take_value(&rest, type, sizeof type) &&
                  take(&rest, BEFORE_AFFILIATE_ID) &&
                  take_value(&rest, event->affiliate_id, sizeof event->affiliate_id) &&
                  take(&rest, BEFORE_EMAIL) &&
                  take_value(&rest, event->email, sizeof event->email) &&
                  take(&rest, BEFORE_DEEP_LINK) &&
                  take_value(&rest, event->deep_link, sizeof event->deep_link) &&
                  take(&rest, BEFORE_OCCURRED_AT) &&
                  take_value(&rest, event->occurred_at, sizeof event->occurred_at) &&
                  take(&rest, AT_THE_END) && rest.left == 0;
    return shaped && type_from_name(type, &event->type) && values_hold(event) ? 0 : -1;
}
