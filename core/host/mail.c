/* See mail.h. */
#include "core/host/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/config/base64.h"
#include "core/host/mime.h"

/* ---- The conversation ---- */

/* A command of ours begins a phase; all before MAIL is the login. */
static void hear_command(struct mail *mail, const char *text)
{
    static const struct {
        const char *command;
        int32_t phase;
    } commands[] = {
        {"MAIL ", AFFN_PHASE_SENDER},
        {"RCPT ", AFFN_PHASE_RECIPIENT},
        {"DATA", AFFN_PHASE_MESSAGE},
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (text_starts(text, commands[i].command))
            mail->phase = commands[i].phase;
    }
    if (text_starts(text, "QUIT"))
        mail->over = true;
    offer_hear_command(&mail->offer, text);
}

static void hear_rcpt_reply(struct mail *mail)
{
    if (mail->reply_count == REQUEST_RECIPIENTS_MAX)
        return;
    uint32_t index = mail->reply_count++;
    memcpy(mail->texts[index], mail->last, sizeof mail->texts[index]);
    mail->replies[index].text = mail->texts[index];
    mail->replies[index].code = mail->code;
}

/*
 * What a server has against a token it says in JSON, as a challenge in Base64 (RFC 7628, 3.2.2, and
 * XOAUTH2 alike); there is nothing else in the conversation that tells why.
 */
static void read_challenge(struct mail *mail)
{
    size_t length;
    char *text =
        text_starts(mail->last, "334 ") ? (char *)base64_decode(mail->last + 4, &length) : NULL;
    if (text && text[0] == '{')
        snprintf(mail->last, sizeof mail->last, "334 %s", text);
    memory_wipe_text(text);
}

/*
 * Three digits end a reply, alone or with a blank behind them; with a hyphen more lines follow (RFC
 * 5321, 4.2.1). libcurl waits on after all else, and so do we.
 */
static void hear_reply(struct mail *mail, const char *line, size_t length)
{
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == '\n'))
        length--;
    if (mail->over || strspn(line, "0123456789") != 3)
        return;
    char text[MAIL_REPLY_BYTES_MAX];
    snprintf(text, sizeof text, "%.*s", (int)length, line);
    offer_hear_reply(&mail->offer, text);
    if (length > 3 && line[3] != ' ')
        return;
    memcpy(mail->last, text, sizeof mail->last);
    mail->code = (int32_t)strtol(mail->last, NULL, 10);
    read_challenge(mail);
    if (mail->phase == AFFN_PHASE_RECIPIENT)
        hear_rcpt_reply(mail);
}

void mail_hear(struct mail *mail, curl_infotype type, const char *bytes, size_t length)
{
    char line[MAIL_REPLY_BYTES_MAX];
    if (type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT)
        return;
    snprintf(line, sizeof line, "%.*s", (int)length, bytes);
    if (type == CURLINFO_HEADER_OUT)
        hear_command(mail, line);
    else
        hear_reply(mail, line, strlen(line));
}

/* ---- What is sent ---- */

static size_t on_read(char *bytes, size_t one, size_t room, void *context)
{
    (void)one;
    struct mail *mail = context;
    size_t left = mail->message.len - mail->sent;
    size_t length = left < room ? left : room;
    memcpy(bytes, mail->message.data + mail->sent, length);
    mail->sent += length;
    return length;
}

/* libcurl asks between any two of its steps; this is the one place to end a mail in time. */
static int on_progress(void *context, curl_off_t down_bytes, curl_off_t downed, curl_off_t up_bytes,
                       curl_off_t upped)
{
    (void)down_bytes, (void)downed, (void)up_bytes, (void)upped;
    struct mail *mail = context;
    if (mail->lack == OFFER_ENOUGH)
        mail->lack = offer_lacks(&mail->offer, mail->wants_login, mail->wants_utf8);
    return mail->lack != OFFER_ENOUGH;
}

void mail_set_base(struct mail *mail, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, mail);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /* so spelled until libcurl 8.2 */
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, mail);
}

void mail_finish(struct mail *mail)
{
    buffer_finish(&mail->message);
}

/*
 * OAUTHBEARER has the user between commas, where a comma and "=" are written otherwise (RFC 5801,
 * 4), which libcurl leaves to us. To be freed.
 */
static char *spell_user(const struct request *request)
{
    bool escaped = text_equal(request->mechanism->name, "oauthbearer");
    char *spelt = memory_new(3 * strlen(request->user) + 1, 1);
    size_t used = 0;
    for (const char *at = request->user; *at; at++) {
        const char *other = *at == ',' ? "=2C" : *at == '=' ? "=3D" : NULL;
        if (escaped && other)
            memcpy(spelt + used, other, 3);
        else
            spelt[used] = *at;
        used += escaped && other ? 3 : 1;
    }
    return spelt;
}

static void set_login(CURL *easy, const struct request *request)
{
    const struct request_mechanism *mechanism = request->mechanism;
    bool token = mechanism && mechanism->is_token;
    char *user = mechanism ? spell_user(request) : NULL;
    curl_easy_setopt(easy, CURLOPT_USERNAME, user);
    memory_wipe_text(user);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, mechanism && !token ? request->secret : NULL);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, token ? request->secret : NULL);
    curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, mechanism ? mechanism->option : "AUTH=LOGIN");
}

/* Of a domain beyond ASCII libcurl says the ASCII form. */
static bool is_utf8(const char *address)
{
    for (const char *at = strrchr(address, '@'); at && address < at; address++) {
        if ((unsigned char)*address >= 0x80)
            return true;
    }
    return false;
}

static bool wants_utf8(const struct request *request)
{
    for (size_t i = 0; i < request->rcpt_count; i++) {
        if (is_utf8(request->rcpts[i].data))
            return true;
    }
    return is_utf8(request->mail_from);
}

/* STARTTLS or nothing, unless request.c has seen that the mail stays on this machine. */
void mail_prepare(struct mail *mail, CURL *easy, struct request *request)
{
    buffer_finish(&mail->message);
    buffer_init(&mail->message, MIME_MESSAGE_BYTES_MAX);
    mime_compose(&mail->message, request);
    mail->sent = 0;
    mail->phase = AFFN_PHASE_LOGIN;
    mail->over = false;
    mail->code = 0;
    mail->last[0] = '\0';
    mail->reply_count = 0;
    mail->offer = (struct offer){.settled = false};
    mail->lack = OFFER_ENOUGH;
    mail->wants_login = request->mechanism;
    mail->wants_utf8 = wants_utf8(request);
    set_login(easy, request);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, request->mail_from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, request->rcpts);
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     request->plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
}

/* ---- The end ---- */

/* When nobody was accepted, one "try later" among the refusals is worth a later try. */
static int32_t recipients_code(const struct mail *mail)
{
    for (uint32_t i = 0; i < mail->reply_count; i++) {
        if (mail->replies[i].code < 500)
            return mail->replies[i].code;
    }
    return mail->code;
}

static uint32_t refused_count(const struct mail *mail)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < mail->reply_count; i++)
        count += mail->replies[i].code >= 400;
    return count;
}

/* Whether it ended without the reply to our last command: what was said before tells nothing. */
static bool is_broken_off(CURLcode result)
{
    return result == CURLE_OPERATION_TIMEDOUT || result == CURLE_RECV_ERROR ||
           result == CURLE_GOT_NOTHING;
}

/* libcurl looks through the mechanisms by itself. */
static enum offer_lack refused_mechanism(const struct mail *mail, CURLcode result)
{
    if (result != CURLE_LOGIN_DENIED || mail->code >= 300)
        return OFFER_ENOUGH;
    return mail->offer.auth[0] ? OFFER_NO_MECHANISM : OFFER_NO_LOGIN;
}

/* What the server said last has nothing to do with it. */
static void conclude_lack(struct mail *mail, const struct request *request,
                          struct verdict_note *note)
{
    const char *option = request->mechanism ? request->mechanism->option : "";
    verdict_of_lack(mail->lack, text_starts(option, "AUTH=") ? option + 5 : option,
                    mail->offer.auth, request->host, note);
    mail->code = 0;
    mail->last[0] = '\0';
}

bool mail_conclude(struct mail *mail, const struct request *request, CURLcode result,
                   struct verdict_note *note)
{
    for (uint32_t i = 0; i < mail->reply_count; i++) {
        mail->pointers[i] = &mail->replies[i];
        mail->replies[i].address = i < request->rcpt_count ? request->rcpts[i].data : "";
    }
    if (result != CURLE_ABORTED_BY_CALLBACK)
        mail->lack = refused_mechanism(mail, result);
    if (mail->lack != OFFER_ENOUGH) {
        conclude_lack(mail, request, note);
        return true;
    }
    bool challenged = result == CURLE_LOGIN_DENIED && mail->code == SMTP_CHALLENGE;
    bool refused =
        (mail->code >= 400 && result != CURLE_USE_SSL_FAILED && !is_broken_off(result)) ||
        challenged;
    if (result != CURLE_OK && !refused)
        return false;
    int32_t code = mail->phase == AFFN_PHASE_RECIPIENT ? recipients_code(mail) : mail->code;
    verdict_of_smtp(mail->phase, code, request->host, note);
    uint32_t lost = refused_count(mail);
    if (note->verdict == AFFN_DELIVERED && lost > 0) {
        size_t used = strlen(note->what);
        snprintf(note->what + used, sizeof note->what - used, ", but refused %u of %u recipients",
                 lost, mail->reply_count);
    }
    return true;
}
