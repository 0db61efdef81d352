/* See rendering.h. */
#include "core/host/rendering.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/host/batch.h"
#include "core/host/blot.h"
#include "core/host/link.h"
#include "core/host/mime.h"
#include "core/host/outcome.h"
#include "core/host/plugin.h"
#include "core/host/reply.h"
#include "core/host/request.h"
#include "core/host/shown.h"
#include "core/wire/message.h"

#define LINES_MAX (REQUEST_HEADERS_MAX + 4 + REQUEST_RECIPIENTS_MAX)

/* One RENDERED while it is made; its texts are to be freed. */
struct rendering {
    struct message_rendered message;
    const char *lines[LINES_MAX];
    struct buffer body;
    char *url;
    const struct request *request;
    const struct blot *secrets;
};

static void add_line(struct rendering *rendering, char *line)
{
    assert(rendering->message.line_count < LINES_MAX);
    rendering->lines[rendering->message.line_count++] = line;
}

static void finish(struct rendering *rendering)
{
    for (uint32_t i = 0; i < rendering->message.line_count; i++)
        free((char *)rendering->lines[i]);
    free(rendering->url);
    buffer_finish(&rendering->body);
}

static void send_verdict(struct link *link, uint32_t taken, int32_t verdict, const char *what,
                         const char *remedy)
{
    struct message_rendered message = {
        .taken = taken, .verdict = verdict, .what = what, .remedy = remedy, .body = ""};
    int result = message_put_rendered(link_out(link), &message);
    assert(result == 0);
}

static void send_rendering(struct link *link, struct rendering *rendering)
{
    rendering->message.verdict = AFFN_SEND;
    rendering->message.lines = rendering->lines;
    rendering->message.url = rendering->url;
    rendering->message.body = rendering->body.data;
    rendering->message.body_bytes = (uint32_t)rendering->body.len;
    char what[TEXT_BYTES_MAX];
    if (message_put_rendered(link_out(link), &rendering->message) == 0)
        return;
    snprintf(what, sizeof what, "what would be sent has %zu bytes, more than can be shown",
             rendering->body.len);
    send_verdict(link, rendering->message.taken, AFFN_MISSET, what,
                 "show fewer events, or lower `batch`");
}

static void add_body(struct rendering *rendering, const char *bytes, size_t length)
{
    const struct blot *more = rendering->request ? &rendering->request->secrets : NULL;
    buffer_init(&rendering->body, (size_t)2 * FRAME_BYTES_MAX + 3 * length);
    int result = blot_bytes(rendering->secrets, more, bytes, length, false, &rendering->body);
    assert(result == 0);
}

/* ---- HTTP ---- */

/* A line of libcurl's own, unless the plugin has one of that name. */
static void add_default(struct rendering *rendering, const char *name, const char *value)
{
    const struct request *request = rendering->request;
    if (request_find_header(request, name, 0) == request->header_count)
        add_line(rendering, memory_format("%s: %s", name, value));
}

/* "Name:" with nothing but blanks behind it is not sent; "Name;" is sent as "Name:". */
static void add_header(struct rendering *rendering, size_t index)
{
    const struct request *request = rendering->request;
    const char *line = request->headers[index].data;
    const char *colon = strchr(line, ':');
    if (!colon)
        add_line(rendering, memory_format("%.*s:", (int)strcspn(line, ";"), line));
    else if (colon[1 + strspn(colon + 1, " \t")])
        add_line(rendering, shown_line(request, rendering->secrets, line));
}

/* A Host of the plugin's comes where libcurl's would, and under that name. */
static void add_host(struct rendering *rendering)
{
    const struct request *request = rendering->request;
    size_t index = request_find_header(request, "Host", 0);
    const char *value = index < request->header_count ? request->headers[index].data + 5 : NULL;
    char *line = value ? memory_format("Host:%s", value) : memory_format("Host: %s", request->host);
    add_line(rendering, shown_line(request, rendering->secrets, line));
    free(line);
}

/* In the order in which libcurl sends them. */
static void add_headers(struct rendering *rendering)
{
    const struct request *request = rendering->request;
    add_host(rendering);
    add_default(rendering, "User-Agent", REQUEST_USER_AGENT);
    add_default(rendering, "Accept", "*/*");
    for (size_t i = 0; i < request->header_count; i++) {
        if (request_find_header(request, "Host", i) != i)
            add_header(rendering, i);
    }
    if (request_has_content(request))
        add_line(rendering, memory_format("Content-Length: %zu", request->body.len));
}

static void render_http(struct rendering *rendering)
{
    const struct request *request = rendering->request;
    rendering->message.kind = "http";
    rendering->message.method = request_method(request);
    add_headers(rendering);
    add_body(rendering, request->body.data, request->body.len);
}

/* ---- Mail ---- */

static void render_mail(struct rendering *rendering)
{
    const struct request *request = rendering->request;
    struct buffer message;
    rendering->message.kind = "mail";
    rendering->message.sender = request->mail_from;
    for (size_t i = 0; i < request->rcpt_count; i++)
        add_line(rendering, memory_text(request->rcpts[i].data));
    buffer_init(&message, MIME_MESSAGE_BYTES_MAX);
    mime_compose(&message, request);
    add_body(rendering, message.data, message.len);
    buffer_finish(&message);
}

/* ---- Sinks that make requests ---- */

static void render_request(const struct request *request, uint32_t taken,
                           const struct blot *secrets, struct link *link)
{
    struct rendering rendering = {.request = request, .secrets = secrets};
    rendering.message.taken = taken;
    rendering.url = shown_url(request, secrets);
    if (request->kind == REQUEST_HTTP)
        render_http(&rendering);
    else
        render_mail(&rendering);
    send_rendering(link, &rendering);
    finish(&rendering);
}

static void send_answer(struct reply *reply, int32_t verdict, const struct request *request,
                        const struct blot *secrets, struct link *link)
{
    struct outcome_texts texts;
    outcome_texts(reply, secrets, &request->secrets, &texts);
    send_verdict(link, reply->face.taken, verdict, texts.what, texts.remedy);
}

void rendering_of_request(const struct plugin *plugin, void *self, const struct batch *batch,
                          const struct blot *secrets, struct link *link)
{
    struct request *request = memory_new(1, sizeof *request);
    struct reply reply = {.count = 0};
    request_init(request);
    request_begin(request, 0);
    reply_begin(&reply, batch->face.count);
    int32_t answer = plugin->requester.prepare(self, &batch->face, &request->face, &reply.face);
    if (answer == AFFN_SEND)
        request_complete(request);
    else
        answer = outcome_verdict(answer);
    if (answer == AFFN_SEND && request->problem[0]) {
        reply_default(&reply, request->problem, REQUEST_PROBLEM_REMEDY);
        answer = AFFN_MISSET;
    }
    outcome_right_taken(&reply.face, batch->face.count, &answer);
    if (answer == AFFN_SEND)
        render_request(request, reply.face.taken, secrets, link);
    else
        send_answer(&reply, answer, request, secrets, link);
    reply_finish(&reply);
    request_finish(request);
    free(request);
}

/* ---- Sinks that deliver by themselves ---- */

struct output {
    struct affn_output face; /* what the plugin sees; first, so that it can be found */
    struct buffer text;
    bool full;
};

/* What is left out begins with a whole character. */
static void output_write(struct affn_output *face, const void *bytes, uint32_t length)
{
    struct output *output = (struct output *)(void *)face;
    size_t room = RENDERED_TEXT_BYTES_MAX - output->text.len;
    if (output->full || length == 0)
        return;
    output->full = length > room;
    size_t added = length;
    if (output->full) {
        const char *text = bytes;
        for (added = room; added > 0 && ((unsigned char)text[added] & 0xc0) == 0x80;)
            added--;
    }
    buffer_add(&output->text, bytes, added);
}

static void send_cannot(const struct plugin *plugin, const struct batch *batch, struct link *link)
{
    char what[TEXT_BYTES_MAX];
    snprintf(what, sizeof what, "the plugin %s cannot show what it would send", plugin->sink.name);
    send_verdict(link, batch->face.count, AFFN_MISSET, what,
                 "use `affnotify test SINK`, which sends a marked sample");
}

void rendering_of_text(const struct plugin *plugin, const void *self, const struct batch *batch,
                       const struct blot *secrets, struct link *link)
{
    if (!plugin->renders) {
        send_cannot(plugin, batch, link);
        return;
    }
    struct output output = {.face = {.write = output_write}};
    buffer_init(&output.text, RENDERED_TEXT_BYTES_MAX);
    plugin->renderer.render(self, &batch->face, &output.face);
    struct rendering rendering = {.secrets = secrets};
    rendering.message.taken = batch->face.count;
    rendering.message.kind = "text";
    add_body(&rendering, output.text.data, output.text.len);
    send_rendering(link, &rendering);
    finish(&rendering);
    buffer_finish(&output.text);
}
