/*
 * The smtp sink: sends one mail a batch to a team, and one a notice, by the host's mail requests.
 * Here are its options, the rules between them, and its callbacks. It never puts anything of an
 * event where it could become an address or a header; the host speaks with the server.
 */
#include <string.h>
#include <strings.h>

#include <affnotify/notice.h>

#include "../common/character.h"
#include "envelope.h"
#include "message.h"
#include "sentences.h"
#include "verdict.h"

struct smtp {
    struct options options; /* first: the table's offsets are into it */
    struct envelope envelope;
    struct message message;
    const struct affn_host *host;
    bool told[RECIPIENTS_MAX]; /* which refused recipients the log has */
};

static const char *const starttls_choices[] = {"required", "never", NULL};
static const char *const auth_choices[] = {"plain", "login", "xoauth2", "oauthbearer", NULL};

static const struct affn_option table[] = {
    AFFN_OPT_URL(struct options, url, AFFN_REQUIRED, NULL,
                 "The mail server: smtp://HOST:PORT with STARTTLS, or smtps://HOST:PORT."),
    AFFN_OPT_CHOICE(struct options, starttls, 0, "required", starttls_choices,
                    "Whether smtp:// must be encrypted; never only to a server on this machine."),
    AFFN_OPT_STRING(struct options, user, 0, NULL, "Who logs in at the server."),
    AFFN_OPT_STRING(struct options, password, AFFN_SECRET, NULL, "The password of user."),
    AFFN_OPT_CHOICE(struct options, auth, 0, "plain", auth_choices, "How user logs in."),
    AFFN_OPT_STRING(struct options, oauth_token, AFFN_SECRET | AFFN_RARE, NULL,
                    "The access token of user, for auth = xoauth2 or oauthbearer."),
    AFFN_OPT_STRING(struct options, from, AFFN_REQUIRED, NULL,
                    "The sender: NAME <ADDRESS>, or ADDRESS."),
    AFFN_OPT_STRING(struct options, envelope_from, AFFN_RARE, NULL,
                    "The address that gets what cannot be delivered, instead of that of from."),
    AFFN_OPT_STRING(struct options, reply_to, AFFN_RARE, NULL,
                    "Who gets the answers, written as in to."),
    AFFN_OPT_STRING(struct options, to, AFFN_REQUIRED, NULL,
                    "The recipients: NAME <ADDRESS>, or ADDRESS, with commas between."),
    AFFN_OPT_STRING(struct options, cc, 0, NULL, "Recipients in the header Cc, written as in to."),
    AFFN_OPT_STRING(struct options, bcc, 0, NULL, "Recipients whom nobody sees, written as in to."),
    AFFN_OPT_STRING(struct options, list_id, AFFN_RARE, NULL,
                    "The header List-Id, for filters: NAME <LABEL.DOMAIN>, or LABEL.DOMAIN."),
    AFFN_OPT_STRING(struct options, subject_prefix, 0, NULL,
                    "Put before each subject, such as [Programme X]."),
};

/* ---- Rules ---- */

static bool is_smtps(const char *url)
{
    return strncasecmp(url, "smtps://", 8) == 0;
}

static const char *host_of(const char *url)
{
    return strstr(url, "://") + 3;
}

static const char *url_mistake(const char *url)
{
    if (!is_smtps(url) && strncasecmp(url, "smtp://", 7) != 0)
        return SAY_SCHEME;
    const char *host = host_of(url);
    if (!character_all_ascii(url) || strpbrk(url, " <>\"\\"))
        return SAY_HOST_CHARACTER;
    if (strchr(host, '@'))
        return SAY_LOGIN_IN_URL;
    size_t length = strcspn(host, "/?#");
    if (length == 0 || *host == ':')
        return SAY_NO_HOST;
    if (host[length] && strcmp(host + length, "/") != 0)
        return SAY_URL_END;
    return NULL;
}

/* 127.0.0.0/8 in four numbers, localhost, [::1]; then the port or the end. */
static bool is_this_machine(const char *host)
{
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    if (length == 9 && strncasecmp(host, "localhost", length) == 0)
        return true;
    if (length == 5 && strncmp(host, "[::1]", length) == 0)
        return true;
    size_t dots = 0;
    for (size_t i = 0; i < length; i++) {
        if (!strchr("0123456789.", host[i]))
            return false;
        dots += host[i] == '.';
    }
    return dots == 3 && strncmp(host, "127.", 4) == 0;
}

static void check_url(const struct options *options, struct affn_mistakes *mistakes)
{
    const char *mistake = url_mistake(options->url);
    if (mistake) {
        mistakes->add(mistakes, "url", mistake);
        return;
    }
    if (options->starttls != STARTTLS_NEVER)
        return;
    if (is_smtps(options->url))
        mistakes->add(mistakes, "starttls", SAY_STARTTLS_OF_SMTPS);
    else if (!is_this_machine(host_of(options->url)))
        mistakes->add(mistakes, "starttls", SAY_STARTTLS_NEVER);
}

static void check_text(const char *option, const char *text, struct affn_mistakes *mistakes)
{
    if (text && !*text)
        mistakes->add(mistakes, option, SAY_EMPTY);
    else if (text && character_any_hidden(text))
        mistakes->add(mistakes, option, SAY_HIDDEN);
}

static bool is_by_token(const struct options *options)
{
    return options->auth == AUTH_XOAUTH2 || options->auth == AUTH_OAUTHBEARER;
}

/* Whoever reads a token on its way may send mail with it, so it goes over TLS only: RFC 6750, 5.3. */
static void check_token(const struct options *options, struct affn_mistakes *mistakes)
{
    if (!options->oauth_token)
        mistakes->add(mistakes, "auth", SAY_NO_TOKEN);
    else if (!options->user)
        mistakes->add(mistakes, "oauth_token", SAY_NO_TOKEN_USER);
    if (options->password)
        mistakes->add(mistakes, "password", SAY_PASSWORD_OF_TOKEN);
    if (options->starttls == STARTTLS_NEVER)
        mistakes->add(mistakes, "starttls", SAY_TOKEN_IN_THE_CLEAR);
}

static void check_login(const struct options *options, struct affn_mistakes *mistakes)
{
    check_text("user", options->user, mistakes);
    check_text("password", options->password, mistakes);
    check_text("oauth_token", options->oauth_token, mistakes);
    if (is_by_token(options)) {
        check_token(options, mistakes);
        return;
    }
    if (options->oauth_token)
        mistakes->add(mistakes, "oauth_token", SAY_TOKEN_OF_PASSWORD);
    if (options->user && !options->password)
        mistakes->add(mistakes, "user", SAY_USER_ALONE);
    if (options->password && !options->user)
        mistakes->add(mistakes, "password", SAY_PASSWORD_ALONE);
}

static void smtp_check(const void *self, const struct affn_host *host,
                       struct affn_mistakes *mistakes)
{
    const struct options *options = &((const struct smtp *)self)->options;
    struct envelope envelope;
    (void)host;
    if (options->url) /* the table has said already that it is required */
        check_url(options, mistakes);
    check_login(options, mistakes);
    envelope_read(&envelope, options, mistakes);
    check_text("list_id", options->list_id, mistakes);
    check_text("subject_prefix", options->subject_prefix, mistakes);
    if (options->subject_prefix && strlen(options->subject_prefix) > PREFIX_BYTES_MAX)
        mistakes->add(mistakes, "subject_prefix", SAY_PREFIX_TOO_LONG);
}

/* ---- Requests ---- */

static int32_t smtp_open(void *self, const struct affn_host *host, struct affn_reply *reply)
{
    struct smtp *smtp = self;
    (void)reply;
    smtp->host = host;
    envelope_read(&smtp->envelope, &smtp->options, NULL);
    return AFFN_DELIVERED;
}

/* Which server, who logs in, from whom and to whom. */
static void describe_way(const struct smtp *smtp, struct affn_request *request)
{
    const struct options *options = &smtp->options;
    const struct envelope *envelope = &smtp->envelope;
    request->url(request, options->url, options->starttls == STARTTLS_NEVER ? AFFN_PLAIN : 0);
    if (options->user)
        request->auth(request, auth_choices[options->auth], options->user,
                      is_by_token(options) ? options->oauth_token : options->password);
    request->mail_from(request, envelope->sender);
    for (uint32_t i = 0; i < envelope->recipient_count; i++)
        request->rcpt(request, envelope->recipients[i]);
}

static int32_t smtp_prepare(void *self, const struct affn_batch *batch,
                            struct affn_request *request, struct affn_reply *reply)
{
    struct smtp *smtp = self;
    const struct options *options = &smtp->options;
    const struct story story = {
        .events = batch->events,
        .count = message_count(&smtp->message, batch),
        .sink = smtp->host->sink_name(),
        .prefix = options->subject_prefix ? options->subject_prefix : "",
    };
    reply->taken = story.count;
    describe_way(smtp, request);
    message_describe(&smtp->message, &smtp->envelope, &story, request);
    return AFFN_SEND;
}

static int32_t smtp_prepare_notice(void *self, const struct affn_notice *notice,
                                   struct affn_request *request, struct affn_reply *reply)
{
    struct smtp *smtp = self;
    const char *prefix = smtp->options.subject_prefix;
    const struct telling telling = {
        .notice = notice, .sink = smtp->host->sink_name(), .prefix = prefix ? prefix : ""};
    (void)reply;
    describe_way(smtp, request);
    message_describe_notice(&smtp->message, &smtp->envelope, &telling, request);
    return AFFN_SEND;
}

/* A mail that some did not get is delivered, so nobody would look for them: one line for each. */
static void tell_refused(struct smtp *smtp, const struct affn_response *response,
                         const struct affn_reply *reply)
{
    bool news = false;
    for (uint32_t i = 0; i < response->rcpt_reply_count && i < RECIPIENTS_MAX; i++) {
        bool refused = verdict_is_refused(response->rcpt_replies[i]);
        news = news || (refused && !smtp->told[i]);
        smtp->told[i] = smtp->told[i] || refused;
    }
    if (news)
        smtp->host->log(AFFN_LOG_WARNING, "not everybody got the mail; %s; %s", reply->remedy,
                        reply->what); /* this last: with many recipients it is cut */
}

static int32_t conclude(struct smtp *smtp, const struct affn_response *response,
                        struct affn_reply *reply)
{
    int32_t verdict = verdict_conclude(response, is_by_token(&smtp->options), reply);
    if (verdict == AFFN_DELIVERED)
        tell_refused(smtp, response, reply);
    return verdict;
}

static int32_t smtp_conclude(void *self, const struct affn_batch *batch,
                             const struct affn_response *response, struct affn_reply *reply)
{
    (void)batch;
    return conclude(self, response, reply);
}

static int32_t smtp_conclude_notice(void *self, const struct affn_notice *notice,
                                    const struct affn_response *response, struct affn_reply *reply)
{
    (void)notice;
    return conclude(self, response, reply);
}

static const struct affn_requester requester = {AFFN_REQUESTER_STAMP, smtp_prepare, smtp_conclude};

static const struct affn_notifier notifier = {AFFN_NOTIFIER_STAMP, NULL, smtp_prepare_notice,
                                              smtp_conclude_notice};

static const void *smtp_extension(const char *id)
{
    if (strcmp(id, AFFN_NOTICE) == 0)
        return &notifier;
    return strcmp(id, AFFN_REQUEST) == 0 ? &requester : NULL;
}

/* One connection is enough; news of last week need no alert. */
AFFN_SINK(.name = "smtp", .version = AFFN_VERSION,
          .summary = "Sends mail about each event, or each batch of them, to a team.",
          .defaults = "retry=standard batch=50 concurrency=1 expire=3d",
          .self_bytes = sizeof(struct smtp), .options = table, .option_count = AFFN_COUNT(table),
          .check = smtp_check, .open = smtp_open, .extension = smtp_extension)
