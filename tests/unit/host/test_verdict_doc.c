/*
 * core/host/VERDICTS.md is printed from the map itself: every status, every result of libcurl and
 * every reply of a mail server is asked for, and what is the same stands in one row. After a change
 * that is meant, AFFN_GOLDEN_WRITE=1 writes the file anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <affnotify/request.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/host/verdict_map.h"
#include "verdict.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define CURL_CODE_MAX 130 /* beyond the last that libcurl knows */

static struct buffer document;

static void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void print(const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert_in_range(length, 0, sizeof text - 1);
    assert_int_equal(buffer_add(&document, text, (size_t)length), 0);
}

static const char *verdict_name(int32_t verdict)
{
    static const char *const names[] = {"", "DELIVERED", "RETRY", "REFUSED", "DOWN", "MISSET"};
    return names[verdict];
}

static const char *or_dash(const char *text)
{
    return *text ? text : "-";
}

/* ---- Rows of codes that come to the same ---- */

struct answer {
    int32_t verdict;
    char remedy[512];
};

static void print_codes(int32_t first, int32_t last, const struct answer *answer,
                        const char *before)
{
    char codes[32];
    snprintf(codes, sizeof codes, first == last ? "%d" : "%d–%d", first, last);
    print("| %s%s | `%s` | %s |\n", before, codes, verdict_name(answer->verdict),
          or_dash(answer->remedy));
}

/* A row for each run of codes; `ask` says what becomes of one. */
static void print_runs(int32_t first, int32_t last, const char *before,
                       void (*ask)(int32_t code, int32_t phase, struct answer *answer),
                       int32_t phase)
{
    struct answer run, answer;
    int32_t begun = first;
    ask(first, phase, &run);
    for (int32_t code = first + 1; code <= last + 1; code++) {
        if (code <= last)
            ask(code, phase, &answer);
        if (code <= last && answer.verdict == run.verdict && !strcmp(answer.remedy, run.remedy))
            continue;
        print_codes(begun, code - 1, &run, before);
        begun = code;
        run = answer;
    }
}

/* ---- HTTP ---- */

static void ask_http(int32_t status, int32_t phase, struct answer *answer)
{
    (void)phase;
    struct verdict_note note;
    verdict_of_http(status, "HOST", &note);
    answer->verdict = note.verdict;
    snprintf(answer->remedy, sizeof answer->remedy, "%s", note.remedy);
}

static void print_http(void)
{
    print("## An HTTP status\n\n| status | verdict | what to do |\n| --- | --- | --- |\n");
    print_runs(200, 999, "", ask_http, 0);
    print("\n");
}

/* ---- Failures of libcurl ---- */

struct failure_row {
    const char *when; /* printed beside the number; "" for none */
    struct transfer_failure failure;
};

static struct verdict_note note_of(const struct transfer_failure *given)
{
    struct transfer_failure failure = *given;
    struct verdict_note note;
    failure.host = "HOST";
    failure.system = "…";
    failure.detail = failure.detail ? failure.detail : "…";
    failure.timeout_ms = 10000;
    verdict_of_failure(&failure, &note);
    return note;
}

static void print_failure(const struct failure_row *row)
{
    struct verdict_note note = note_of(&row->failure);
    print("| %d%s | `%s` | %s | %s |\n", (int)row->failure.result, row->when,
          verdict_name(note.verdict), note.what, or_dash(note.remedy));
}

static bool is_any(const struct verdict_note *note)
{
    const struct transfer_failure unknown = {.result = CURL_CODE_MAX};
    struct verdict_note any = note_of(&unknown);
    return note->verdict == any.verdict && !strcmp(note->what, any.what);
}

static void print_failures(void)
{
    static const struct failure_row special[] = {
        {", while the name is looked up",
         {.result = CURLE_OPERATION_TIMEDOUT, .progress = TRANSFER_LOOKUP}},
        {", before the connection stands",
         {.result = CURLE_OPERATION_TIMEDOUT, .progress = TRANSFER_CONNECT}},
        {", for mail, before it is greeted",
         {.result = CURLE_OPERATION_TIMEDOUT, .progress = TRANSFER_CONNECT, .mail = true}},
        {", later", {.result = CURLE_OPERATION_TIMEDOUT, .progress = TRANSFER_SENT}},
        {", for mail", {.result = CURLE_SSL_CONNECT_ERROR, .mail = true}},
        {"", {.result = CURLE_RECV_ERROR, .proxy_status = 407}},
        {"", {.result = CURLE_RECV_ERROR, .proxy_status = 502}},
    };
    print(
        "## No whole answer\n\nBy the number of libcurl's result "
        "([libcurl-errors](https://curl.se/libcurl/c/libcurl-errors.html)). `…` is what the system "
        "or libcurl says.\n\n"
        "| result | verdict | it says | what to do |\n| --- | --- | --- | --- |\n");
    for (int code = 1; code < CURL_CODE_MAX; code++) {
        const struct failure_row plain = {"", {.result = (CURLcode)code}};
        struct verdict_note note = note_of(&plain.failure);
        if (code != CURLE_OPERATION_TIMEDOUT && !is_any(&note))
            print_failure(&plain);
        for (size_t i = 0; i < COUNT(special); i++) {
            if ((int)special[i].failure.result == code && !special[i].failure.proxy_status)
                print_failure(&special[i]);
        }
    }
    for (size_t i = 0; i < COUNT(special); i++) {
        struct verdict_note note = note_of(&special[i].failure);
        if (special[i].failure.proxy_status)
            print("| any, when a proxy answered %s to CONNECT | `%s` | %s | %s |\n",
                  special[i].failure.proxy_status == 407 ? "407" : "another status, such as 502,",
                  verdict_name(note.verdict), note.what, or_dash(note.remedy));
    }
    const struct transfer_failure alert = {.result = CURLE_RECV_ERROR,
                                           .detail = "… alert unknown ca"};
    struct verdict_note ours = note_of(&alert);
    print("| any, when an alert of TLS is about our certificate | `%s` | %s | %s |\n",
          verdict_name(ours.verdict), ours.what, or_dash(ours.remedy));
    const struct transfer_failure unknown = {.result = CURL_CODE_MAX};
    struct verdict_note any = note_of(&unknown);
    print("| any other | `%s` | %s | %s |\n\n", verdict_name(any.verdict), any.what,
          or_dash(any.remedy));
}

/* ---- Mail ---- */

static const struct {
    int32_t phase;
    const char *name;
} phases[] = {
    {AFFN_PHASE_LOGIN, "the login"},
    {AFFN_PHASE_SENDER, "the sender (MAIL)"},
    {AFFN_PHASE_RECIPIENT, "the recipients (RCPT)"},
    {AFFN_PHASE_MESSAGE, "the message (DATA)"},
};

static void ask_smtp(int32_t code, int32_t phase, struct answer *answer)
{
    struct verdict_note note;
    verdict_of_smtp(phase, code, "HOST", &note);
    answer->verdict = note.verdict;
    snprintf(answer->remedy, sizeof answer->remedy, "%s", note.remedy);
}

/* As the smtp sink reads the host's answer. */
static void ask_smtp_sink(int32_t code, int32_t phase, struct answer *answer)
{
    struct verdict_note note;
    char what[1024] = "", remedy[1024] = "";
    verdict_of_smtp(phase, code, "HOST", &note);
    const struct affn_response response = {
        .code = code, .phase = phase, .verdict = note.verdict, .what = note.what, .body = ""};
    struct affn_reply reply = {
        .what = what, .what_bytes = sizeof what, .remedy = remedy, .remedy_bytes = sizeof remedy};
    answer->verdict = verdict_conclude(&response, false, &reply);
    snprintf(answer->remedy, sizeof answer->remedy, "%.500s", *remedy ? remedy : note.remedy);
}

static void print_phases(int32_t first,
                         void (*ask)(int32_t code, int32_t phase, struct answer *answer))
{
    print("| reply | verdict | what to do |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < COUNT(phases); i++) {
        char before[64];
        snprintf(before, sizeof before, "to %s: ", phases[i].name);
        print_runs(first, 599, before, ask, phases[i].phase);
    }
    print("\n");
}

static void print_lacks(void)
{
    print("### What a mail server does not offer\n\nThen nothing is sent.\n\n"
          "| verdict | it says | what to do |\n| --- | --- | --- |\n");
    for (enum offer_lack lack = OFFER_NO_LOGIN; lack <= OFFER_NO_UTF8; lack++) {
        struct verdict_note note;
        verdict_of_lack(lack, "XOAUTH2", "PLAIN LOGIN", "HOST", &note);
        print("| `%s` | %s | %s |\n", verdict_name(note.verdict), note.what, note.remedy);
    }
    print("\n");
}

static void print_mail(void)
{
    struct answer taken;
    ask_smtp(250, AFFN_PHASE_MESSAGE, &taken);
    print(
        "## A mail server's reply\n\nBy the phase in which it came. A mail that was taken (2xx to "
        "the message) is `%s`.\n\n",
        verdict_name(taken.verdict));
    print_phases(400, ask_smtp);
    print("A challenge (334) to what should have ended the login is a refusal like 535.\n\n");
    print_lacks();
    print(
        "### As the smtp sink reads it\n\nIts recipients stand in its section and not in the "
        "event, so a server that refuses all of them has something against our settings. Where 530 "
        "speaks of STARTTLS, what to do speaks of it too; with a login by token, 535 speaks of the "
        "token.\n\n");
    print_phases(400, ask_smtp_sink);
}

/* ---- The file ---- */

static void print_document(void)
{
    print(
        "# What becomes of an answer\n\n"
        "The host's map from what a far side did to a verdict, for every sink that makes requests. "
        "What the bus makes of\na verdict stands in [core/bus](../bus/README.md#when-an-attempt-"
        "fails). A plugin may read an answer its own way\n(`conclude` in `affnotify/request.h`): "
        "[slack](../../plugins/slack/README.md#what-becomes-of-an-answer) goes by Slack's words.\n"
        "\nThis file is printed from the map (`verdict_map.c`) by "
        "`tests/unit/host/test_verdict_doc.c`, which fails when the two\ndiffer; with "
        "`AFFN_GOLDEN_WRITE=1` it writes it anew.\n\n");
    print_http();
    print_failures();
    print_mail();
    document.len--; /* the last empty line */
}

static void the_file_is_what_the_map_says(void **state)
{
    (void)state;
    static char found[64 * 1024];
    buffer_init(&document, sizeof found - 1);
    print_document();
    bool writes = getenv("AFFN_GOLDEN_WRITE") != NULL;
    FILE *file = fopen(VERDICTS, writes ? "w" : "r");
    if (!file)
        fail_msg("%s: cannot be opened; AFFN_GOLDEN_WRITE=1 writes it", VERDICTS);
    size_t length = writes ? fwrite(document.data, 1, document.len, file)
                           : fread(found, 1, sizeof found - 1, file);
    assert_int_equal(fclose(file), 0);
    if (length != document.len || (!writes && memcmp(found, document.data, length) != 0))
        fail_msg("%s: is not what the map says; AFFN_GOLDEN_WRITE=1 writes it anew", VERDICTS);
    buffer_finish(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_file_is_what_the_map_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
