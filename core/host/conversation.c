/* See conversation.h. */
#include "core/host/conversation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/host/blot.h"
#include "core/host/link.h"
#include "core/host/request.h"
#include "core/host/shown.h"

void conversation_init(struct conversation *conversation, struct link *link,
                       const struct blot *secrets)
{
    *conversation = (struct conversation){.link = link, .secrets = secrets};
    buffer_init(&conversation->body, SAID_BYTES_MAX);
    buffer_init(&conversation->notes, SAID_LINE_BYTES_MAX);
}

void conversation_finish(struct conversation *conversation)
{
    buffer_finish(&conversation->body);
    buffer_finish(&conversation->notes);
}

/* ---- One line ---- */

static void send_said(struct conversation *conversation, enum message_speaker speaker,
                      const char *text)
{
    struct message_said said = {
        .speaker = speaker,
        .after_ms = clock_mono_ms() - conversation->started_ms,
        .text = text,
    };
    int result = message_put_said(link_out(conversation->link), &said);
    assert(result == 0); /* SAID_LINE_BYTES_MAX sees to it */
}

/* What was said is enough. */
static void stop(struct conversation *conversation)
{
    if (!conversation->full)
        send_said(conversation, SPEAKER_NOTE, "the rest of the conversation is left out");
    conversation->full = true;
}

/* Says a line that may be shown; it is cut where it is too long. */
static void say(struct conversation *conversation, enum message_speaker speaker, char *line)
{
    line[text_cut(line, SAID_LINE_BYTES_MAX)] = '\0';
    conversation->said_bytes += strlen(line);
    if (conversation->said_bytes > SAID_BYTES_MAX)
        stop(conversation);
    else
        send_said(conversation, speaker, line);
}

/* The line at the front of text without its line end; moves past it. To be freed. */
static char *take_line(const char **text, size_t *length)
{
    const char *end = memchr(*text, '\n', *length);
    size_t whole = end ? (size_t)(end - *text) + 1 : *length;
    size_t bytes = end ? whole - 1 : whole;
    if (bytes > 0 && (*text)[bytes - 1] == '\r')
        bytes--;
    char *line = memory_text_part(*text, bytes);
    for (char *nul; (nul = memchr(line, '\0', bytes)) != NULL;)
        *nul = ' ';
    *text += whole;
    *length -= whole;
    return line;
}

/* Says each line as `shown` makes it; none where it gives NULL. */
static void say_lines(struct conversation *conversation, enum message_speaker speaker,
                      const char *text, size_t length,
                      char *(*shown)(struct conversation *conversation, const char *line))
{
    while (length > 0 && !conversation->full) {
        char *line = take_line(&text, &length);
        char *clean = shown(conversation, line);
        if (clean)
            say(conversation, speaker, clean);
        free(clean);
        memory_wipe_text(line);
    }
}

/* ---- How lines are shown ---- */

static char *show_plain(struct conversation *conversation, const char *line)
{
    return *line ? blot_new(conversation->secrets, &conversation->request->secrets, line) : NULL;
}

/* The first line of an HTTP request holds the path of its URL. */
static char *show_request_line(struct conversation *conversation, const char *line)
{
    const char *path = strstr(line, " /");
    const char *version = strstr(line, " HTTP/");
    if (!conversation->request->url_secret || !path || !version || path > version)
        return NULL;
    return memory_format("%.*s/" BLOT "%s", (int)(path + 1 - line), line, version);
}

static char *show_http_line(struct conversation *conversation, const char *line)
{
    if (!*line)
        return NULL;
    char *shown = show_request_line(conversation, line);
    return shown ? shown : shown_line(conversation->request, conversation->secrets, line);
}

/* From AUTH to its final reply, all that we say is the login; only how it is done is shown. */
static char *show_command(struct conversation *conversation, const char *line)
{
    if (!text_starts(line, "AUTH "))
        return conversation->logs_in ? memory_text(BLOT) : show_plain(conversation, line);
    conversation->logs_in = true;
    size_t mechanism = strcspn(line + 5, " ");
    return memory_format("%.*s%s", (int)(5 + mechanism), line, line[5 + mechanism] ? " " BLOT : "");
}

static void hear_reply(struct conversation *conversation, const char *line, size_t length)
{
    bool is_last = length > 3 && strspn(line, "0123456789") == 3 && line[3] != '-';
    if (is_last && memcmp(line, "334", 3) != 0)
        conversation->logs_in = false;
}

/* Of libcurl's notes, those that tell nobody what to do: of how it works inside. */
static bool is_noise(const char *note)
{
    static const char *const beginnings[] = {
        "ALPN",
        "CAfile:",
        "CApath:",
        "Closing connection",
        "Connection #",
        "Found bundle",
        "[HTTP/2]",
        "h2h3",
        "Copying HTTP/2",
        "Using Stream ID",
        "Using HTTP",
        "using HTTP",
        "Mark bundle",
        "Connection state changed",
        "old SSL session ID",
        "start date:",
        "We are completely uploaded",
        "upload completely sent",
        "Request completely sent",
    };
    static const char *const parts[] = {", TLS handshake,", ", TLS change cipher,", ", TLS header,",
                                        "close notify"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (text_starts(note, beginnings[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(note, parts[i]))
            return true;
    }
    return false;
}

static char *show_note(struct conversation *conversation, const char *line)
{
    line += strspn(line, " ");
    return is_noise(line) ? NULL : show_plain(conversation, line);
}

/* ---- Bodies ---- */

static char *show_clean(struct conversation *conversation, const char *line)
{
    (void)conversation;
    return blot_new(NULL, NULL, line);
}

/* A secret may lie across two pieces of a body, so it is looked at as a whole. */
static void say_body(struct conversation *conversation)
{
    struct buffer *body = &conversation->body;
    struct buffer clean;
    buffer_init(&clean, body->len / BLOT_BYTES_MIN * sizeof BLOT + body->len);
    int result = blot_bytes(conversation->secrets, &conversation->request->secrets, body->data,
                            body->len, conversation->body_cut, &clean);
    assert(result == 0);
    say_lines(conversation, conversation->speaker, clean.data, clean.len, show_clean);
    if (conversation->body_cut)
        stop(conversation);
    buffer_finish(&clean);
    buffer_clear(body);
    conversation->body_cut = false;
    say_lines(conversation, SPEAKER_NOTE, conversation->notes.data, conversation->notes.len,
              show_note);
    buffer_clear(&conversation->notes);
}

void conversation_hear_body(struct conversation *conversation, enum message_speaker speaker,
                            const char *bytes, size_t length)
{
    if (!conversation->link || conversation->full)
        return;
    if (speaker != conversation->speaker)
        say_body(conversation);
    struct buffer *body = &conversation->body;
    size_t room = body->max - body->len;
    conversation->speaker = speaker;
    conversation->body_cut = conversation->body_cut || length > room;
    buffer_add(body, bytes, length < room ? length : room);
}

/* A request's body is known as a whole; a mail is heard, for its dots are doubled on the way. */
static void hear_upload(struct conversation *conversation, const char *bytes, size_t length)
{
    const struct request *request = conversation->request;
    if (request->kind == REQUEST_MAIL)
        conversation_hear_body(conversation, SPEAKER_US, bytes, length);
    else if (!conversation->body_told)
        conversation_hear_body(conversation, SPEAKER_US, request->body.data, request->body.len);
    conversation->body_told = true;
}

/* A note between two pieces of a body waits for its end. */
static void hear_note(struct conversation *conversation, const char *bytes, size_t length)
{
    if (conversation->body.len > 0)
        buffer_add(&conversation->notes, bytes, length);
    else
        say_lines(conversation, SPEAKER_NOTE, bytes, length, show_note);
}

/* ---- The transfer ---- */

void conversation_begin(struct conversation *conversation, const struct request *request,
                        int64_t started_ms)
{
    conversation->request = request;
    conversation->started_ms = started_ms;
    conversation->logs_in = false;
    conversation->body_told = false;
    conversation->body_cut = false;
    buffer_clear(&conversation->body);
    buffer_clear(&conversation->notes);
    if (request->face.round > 0)
        return;
    conversation->said_bytes = 0;
    conversation->full = false;
}

void conversation_hear(struct conversation *conversation, curl_infotype type, const char *bytes,
                       size_t length)
{
    if (!conversation->link || !conversation->request || conversation->full)
        return;
    bool mail = conversation->request->kind == REQUEST_MAIL;
    switch (type) {
    case CURLINFO_DATA_OUT:
        hear_upload(conversation, bytes, length);
        return;
    case CURLINFO_HEADER_OUT:
        say_body(conversation);
        say_lines(conversation, SPEAKER_US, bytes, length, mail ? show_command : show_http_line);
        return;
    case CURLINFO_HEADER_IN:
        say_body(conversation);
        hear_reply(conversation, bytes, length);
        say_lines(conversation, SPEAKER_THEM, bytes, length, show_plain);
        return;
    case CURLINFO_TEXT:
        hear_note(conversation, bytes, length);
        return;
    default:
        return; /* as it comes over the wire: nothing for a reader */
    }
}

/* At once, in case what follows crashes. */
void conversation_end(struct conversation *conversation)
{
    if (!conversation->link)
        return;
    say_body(conversation);
    link_flush(conversation->link);
}
