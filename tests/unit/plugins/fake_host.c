/* See fake_host.h. */
#include "fake_host.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int64_t fake_now_ms;
bool fake_trial;
const char *fake_state_dir;
char fake_counts[4096];
char fake_log[8192];
char fake_mistakes_text[4096];
char fake_reply_sets[64 * 1024];
char fake_request_text[64 * 1024];

static char what[1024];
static char remedy[1024];

/* Appends to one of the texts above; a test that overflows it is wrong. */
#define ADD(text, ...)                                                                             \
    do {                                                                                           \
        size_t used = strlen(text);                                                                \
        int added = snprintf((text) + used, sizeof(text) - used, __VA_ARGS__);                     \
        assert(added >= 0 && used + (size_t)added < sizeof(text));                                 \
    } while (0)

__attribute__((format(printf, 2, 3))) static void host_log(int32_t level, const char *format, ...)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    ADD(fake_log, "%s: %s\n", levels[level], line);
}

static int64_t host_mono_ms(void)
{
    return fake_now_ms;
}

static const char *host_state_dir(void)
{
    return fake_state_dir;
}

static const char *host_sink_name(void)
{
    return "test";
}

static void counter_add(const char *name, uint64_t number)
{
    ADD(fake_counts, "%s %llu\n", name, (unsigned long long)number);
}

static const void *host_extension(const char *id)
{
    static const struct affn_counter counter = {sizeof counter, 0, counter_add};
    if (strcmp(id, AFFN_COUNTER) == 0)
        return &counter;
    return fake_trial && strcmp(id, AFFN_TRIAL) == 0 ? &fake_trial : NULL;
}

const struct affn_host fake_host = {
    .log = host_log,
    .mono_ms = host_mono_ms,
    .state_dir = host_state_dir,
    .sink_name = host_sink_name,
    .extension = host_extension,
};

static void mistakes_add(struct affn_mistakes *mistakes, const char *option, const char *text)
{
    (void)mistakes;
    ADD(fake_mistakes_text, "mistake: %s: %s\n", option ? option : "-", text);
}

static void mistakes_warn(struct affn_mistakes *mistakes, const char *option, const char *text)
{
    (void)mistakes;
    ADD(fake_mistakes_text, "warning: %s: %s\n", option ? option : "-", text);
}

struct affn_mistakes fake_mistakes = {.add = mistakes_add, .warn = mistakes_warn};

static void reply_set(struct affn_reply *reply, uint32_t index, int32_t verdict, int32_t code,
                      const char *text)
{
    (void)reply;
    ADD(fake_reply_sets, "%u: %d %d: %s\n", index, verdict, code, text ? text : "");
}

struct affn_reply fake_reply;

void fake_reply_reset(uint32_t count)
{
    what[0] = '\0';
    remedy[0] = '\0';
    fake_reply_sets[0] = '\0';
    fake_reply = (struct affn_reply){
        .what = what,
        .what_bytes = sizeof what,
        .remedy = remedy,
        .remedy_bytes = sizeof remedy,
        .taken = count,
        .set = reply_set,
    };
}

static const char *secret_mark(uint32_t flags)
{
    return flags & AFFN_SECRET ? " (secret)" : "";
}

static void request_method(struct affn_request *request, const char *method)
{
    (void)request;
    ADD(fake_request_text, "method %s\n", method);
}

static void request_url(struct affn_request *request, const char *url, uint32_t flags)
{
    (void)request;
    ADD(fake_request_text, "url %s%s%s\n", url, secret_mark(flags),
        flags & AFFN_PLAIN ? " (plain)" : "");
}

static void request_header(struct affn_request *request, const char *name, const char *value,
                           uint32_t flags)
{
    (void)request;
    ADD(fake_request_text, "header %s: %s%s\n", name, value, secret_mark(flags));
}

static void request_body(struct affn_request *request, const void *bytes, uint32_t length)
{
    (void)request;
    ADD(fake_request_text, "body %.*s\n", (int)length, (const char *)bytes);
}

static void request_auth(struct affn_request *request, const char *mechanism, const char *user,
                         const char *secret)
{
    (void)request;
    ADD(fake_request_text, "auth %s %s %s\n", mechanism, user ? user : "-", secret);
}

static void request_mail_from(struct affn_request *request, const char *address)
{
    (void)request;
    ADD(fake_request_text, "mail_from %s\n", address);
}

static void request_rcpt(struct affn_request *request, const char *address)
{
    (void)request;
    ADD(fake_request_text, "rcpt %s\n", address);
}

static void request_part(struct affn_request *request, const char *type, const void *bytes,
                         uint32_t length)
{
    (void)request;
    ADD(fake_request_text, "part %s: %.*s\n", type, (int)length, (const char *)bytes);
}

struct affn_request fake_request = {
    .method = request_method,
    .url = request_url,
    .header = request_header,
    .body = request_body,
    .auth = request_auth,
    .mail_from = request_mail_from,
    .rcpt = request_rcpt,
    .part = request_part,
};

void fake_host_reset(void)
{
    fake_now_ms = 1000000;
    fake_trial = false;
    fake_state_dir = NULL;
    fake_counts[0] = '\0';
    fake_log[0] = '\0';
    fake_mistakes_text[0] = '\0';
    fake_request_text[0] = '\0';
    fake_reply_reset(1);
}

void *fake_option(void *self, const char *name)
{
    const struct affn_sink *sink = affn_sink_v1();
    const struct affn_option *option = sink->options;
    while (strcmp(option->name, name) != 0) {
        option++;
        assert(option < sink->options + sink->option_count);
    }
    return (char *)self + option->offset;
}

static int32_t choice_of(const struct affn_option *option)
{
    for (int32_t i = 0; option->choices[i]; i++)
        if (strcmp(option->choices[i], option->fallback) == 0)
            return i;
    assert(!"a default is one of the choices");
    return -1;
}

static void fake_default(void *self, const struct affn_option *option)
{
    char *member = (char *)self + option->offset;
    switch (option->type) {
    case AFFN_INT:
    case AFFN_SIZE:
    case AFFN_DURATION:
        assert(!option->fallback); /* no plugin that is tested so has one */
        *(int64_t *)(void *)member = AFFN_UNSET;
        break;
    case AFFN_BOOL:
        *(int32_t *)(void *)member = option->fallback ? strcmp(option->fallback, "yes") == 0 : -1;
        break;
    case AFFN_CHOICE:
        *(int32_t *)(void *)member = option->fallback ? choice_of(option) : -1;
        break;
    case AFFN_LIST:
    case AFFN_MAP:
        break;
    default:
        *(const char **)(void *)member = option->fallback;
        break;
    }
}

void fake_defaults(void *self)
{
    const struct affn_sink *sink = affn_sink_v1();
    memset(self, 0, sink->self_bytes);
    for (uint32_t i = 0; i < sink->option_count; i++)
        fake_default(self, &sink->options[i]);
}

struct affn_event fake_event(uint32_t number, char id[37])
{
    static const char canonical[] =
        "{\"event\":\"affiliate.created\",\"affiliate_id\":\"ia_43831f8e\","
        "\"email\":\"affiliate@example.com\",\"deep_link\":\"https://myapp.link/ref/abc123\","
        "\"occurred_at\":\"2026-03-18T12:00:00.000Z\"}";
    snprintf(id, 37, "evt_%032x", number);
    return (struct affn_event){
        .id = id,
        .event = "affiliate.created",
        .affiliate_id = "ia_43831f8e",
        .email = "affiliate@example.com",
        .deep_link = "https://myapp.link/ref/abc123",
        .occurred_at = "2026-03-18T12:00:00.000Z",
        .canonical = canonical,
        .canonical_bytes = sizeof canonical - 1,
        .occurred_unix_ms = 1773835200000,
        .attempt = 1,
    };
}
