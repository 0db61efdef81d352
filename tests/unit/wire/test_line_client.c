/* The client's side of the line protocol, against a socket of this very process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/wire/line_client.h"

#define FAR_MS 60000

struct pair {
    char directory[32];
    char path[48];
    int listener;
    int bus; /* the bus's end of the connection */
    struct line_client client;
    struct error error;
};

static int64_t far(void)
{
    return clock_mono_ms() + FAR_MS;
}

static void listen_there(struct pair *pair)
{
    *pair = (struct pair){.directory = "/tmp/affnotify-line-XXXXXX", .bus = -1};
    assert_non_null(mkdtemp(pair->directory));
    snprintf(pair->path, sizeof pair->path, "%s/bus.sock", pair->directory);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, pair->path, sizeof pair->path);
    pair->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(pair->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(pair->listener, 1), 0);
    line_client_init(&pair->client);
}

static void connect_there(struct pair *pair)
{
    listen_there(pair);
    assert_int_equal(line_client_connect(&pair->client, pair->path, far(), &pair->error), 0);
    pair->bus = accept(pair->listener, NULL, NULL);
    assert_true(pair->bus >= 0);
}

static void finish(struct pair *pair)
{
    line_client_finish(&pair->client);
    if (pair->bus >= 0)
        close(pair->bus);
    close(pair->listener);
    unlink(pair->path);
    rmdir(pair->directory);
}

static void say(struct pair *pair, const char *text)
{
    assert_int_equal(write(pair->bus, text, strlen(text)), strlen(text));
}

static void expect_line(struct pair *pair, const char *text)
{
    const char *line;
    size_t length;
    assert_int_equal(line_client_read(&pair->client, &line, &length, far(), &pair->error), 0);
    assert_string_equal(line, text);
    assert_int_equal(length, strlen(text));
}

static void expect_failure(struct pair *pair, int64_t deadline, const char *text)
{
    const char *line;
    size_t length;
    assert_int_equal(line_client_read(&pair->client, &line, &length, deadline, &pair->error), -1);
    assert_string_equal(pair->error.text, text);
}

static void lines_go_and_come(void **state)
{
    (void)state;
    struct pair pair;
    char received[16] = "";
    connect_there(&pair);
    assert_int_equal(line_client_send(&pair.client, "hello\n", 6, far(), &pair.error), 0);
    assert_int_equal(read(pair.bus, received, sizeof received), 6);
    assert_string_equal(received, "hello\n");
    say(&pair, "one\n\ntwo\nthr");
    expect_line(&pair, "one");
    expect_line(&pair, "");
    expect_line(&pair, "two");
    expect_failure(&pair, 0, "the bus did not answer in time");
    say(&pair, "ee\n");
    expect_line(&pair, "three");
    say(&pair, "unfinished");
    close(pair.bus);
    pair.bus = -1;
    expect_failure(&pair, far(),
                   "the bus closed the connection before it answered; its log tells why");
    finish(&pair);
}

static void answers_are_read_while_lines_are_sent(void **state)
{
    (void)state;
    struct pair pair;
    const size_t length = 4 * 1024 * 1024;
    char *bytes = memory_new(length, 1);
    connect_there(&pair);
    say(&pair, "an answer\n");
    assert_int_equal(line_client_send(&pair.client, bytes, length, clock_mono_ms(), &pair.error),
                     -1); /* nobody reads at the other end */
    assert_string_equal(pair.error.text, "the bus did not answer in time");
    assert_int_equal(pair.client.in.len, strlen("an answer\n"));
    close(pair.bus);
    pair.bus = -1;
    assert_int_equal(line_client_send(&pair.client, bytes, length, far(), &pair.error), -1);
    assert_string_equal(pair.error.text, "the connection to the bus was lost: Broken pipe");
    expect_line(&pair, "an answer"); /* still there */
    finish(&pair);
    free(bytes);
}

static void an_endless_answer_is_given_up(void **state)
{
    (void)state;
    struct pair pair;
    char piece[16 * 1024];
    memset(piece, 'x', sizeof piece);
    connect_there(&pair);
    for (size_t i = 0; i < ANSWER_BYTES_MAX / sizeof piece; i++) {
        assert_int_equal(write(pair.bus, piece, sizeof piece), sizeof piece);
        expect_failure(&pair, 0, "the bus did not answer in time");
    }
    assert_int_equal(write(pair.bus, piece, sizeof piece), sizeof piece);
    expect_failure(&pair, far(), "the bus's answer is longer than 4194304 bytes");
    finish(&pair);
}

static void what_cannot_be_connected_says_why(void **state)
{
    (void)state;
    struct pair pair;
    listen_there(&pair);
    close(pair.listener);
    assert_int_equal(line_client_connect(&pair.client, pair.path, far(), &pair.error), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_non_null(strstr(pair.error.text, "bus.sock: Connection refused"));
    assert_int_equal(line_client_connect(&pair.client, "/nowhere/x", far(), &pair.error), -1);
    assert_int_equal(errno, ENOENT);
    assert_string_equal(pair.error.text, "/nowhere/x: No such file or directory");
    char path[200];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(line_client_connect(&pair.client, path, far(), &pair.error), -1);
    assert_non_null(strstr(pair.error.text, ": a socket's path has at most 107 bytes"));
    pair.listener = -1;
    finish(&pair);
}

static void a_full_queue_is_waited_for_within_the_time(void **state)
{
    (void)state;
    struct pair pair;
    struct line_client others[8];
    struct error error;
    listen_there(&pair);
    size_t count = 0;
    int result = 0;
    while (count < 8 && result == 0) { /* the queue takes one or two */
        line_client_init(&others[count]);
        result = line_client_connect(&others[count++], pair.path, clock_mono_ms(), &error);
    }
    assert_int_equal(result, -1);
    assert_int_equal(errno, EAGAIN);
    assert_non_null(strstr(error.text, "bus.sock: nobody took the connection in time"));
    while (count > 0)
        line_client_finish(&others[--count]);
    finish(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_and_come),
        cmocka_unit_test(answers_are_read_while_lines_are_sent),
        cmocka_unit_test(an_endless_answer_is_given_up),
        cmocka_unit_test(what_cannot_be_connected_says_why),
        cmocka_unit_test(a_full_queue_is_waited_for_within_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
