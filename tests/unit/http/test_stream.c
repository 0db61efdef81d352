/* The bytes of a connection, over a pair of sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/http/stream.h"

#define IN_BYTES_MAX  (STREAM_PIECE_BYTES + 100)
#define OUT_BYTES_MAX (4 * 1024 * 1024)
#define LARGE         (2 * 1024 * 1024) /* more than a socket takes */

struct ends {
    struct event_base *base;
    struct stream stream;
    int peer;
    int changes;
};

static void on_change(void *owner)
{
    ((struct ends *)owner)->changes++;
}

static void open_ends(struct ends *ends)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *ends = (struct ends){.base = event_base_new(), .peer = fds[1]};
    assert_int_equal(
        stream_open(&ends->stream, ends->base, fds[0], NULL, IN_BYTES_MAX, OUT_BYTES_MAX), 0);
    stream_listen(&ends->stream, on_change, ends);
}

static void close_ends(struct ends *ends)
{
    stream_close(&ends->stream);
    event_base_free(ends->base);
    if (ends->peer >= 0)
        close(ends->peer);
}

/* One turn of the loop; how often it said that something has changed. */
static int turn(struct ends *ends)
{
    ends->changes = 0;
    event_base_loop(ends->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    return ends->changes;
}

static void expect_unread(const struct ends *ends, const char *expected)
{
    size_t length;
    const char *bytes = stream_unread(&ends->stream, &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(bytes, expected, length);
}

static void test_receives(void **state)
{
    (void)state;
    struct ends ends;
    open_ends(&ends);
    assert_int_equal(write(ends.peer, "one two", 7), 7);
    assert_int_equal(turn(&ends), 1);
    expect_unread(&ends, "one two");
    stream_take(&ends.stream, 3);
    stream_take(&ends.stream, 1);
    expect_unread(&ends, "two");
    assert_int_equal(write(ends.peer, "!", 1), 1);
    assert_int_equal(turn(&ends), 1);
    expect_unread(&ends, "two!");
    stream_take(&ends.stream, 4);
    expect_unread(&ends, "");
    /* While it is off, it waits in the kernel. */
    stream_receive(&ends.stream, false);
    assert_int_equal(write(ends.peer, "later", 5), 5);
    assert_int_equal(turn(&ends), 0);
    stream_receive(&ends.stream, true);
    assert_int_equal(turn(&ends), 1);
    expect_unread(&ends, "later");
    /* The end is told once. */
    close(ends.peer);
    ends.peer = -1;
    assert_int_equal(turn(&ends), 1);
    assert_true(ends.stream.at_end && !ends.stream.failed);
    expect_unread(&ends, "later");
    stream_receive(&ends.stream, false);
    stream_receive(&ends.stream, true);
    assert_int_equal(turn(&ends), 0);
    close_ends(&ends);
}

static void test_more_than_is_kept(void **state)
{
    (void)state;
    static char piece[STREAM_PIECE_BYTES];
    struct ends ends;
    open_ends(&ends);
    assert_int_equal(write(ends.peer, piece, sizeof piece), sizeof piece);
    assert_int_equal(turn(&ends), 1);
    assert_int_equal(write(ends.peer, piece, 101), 101);
    assert_int_equal(turn(&ends), 1);
    assert_true(ends.stream.failed);
    close_ends(&ends);
}

static void test_sends_at_once(void **state)
{
    (void)state;
    char heard[8] = "";
    struct ends ends;
    open_ends(&ends);
    stream_send(&ends.stream, "now", 3);
    assert_int_equal(stream_unsent(&ends.stream), 0);
    assert_int_equal(read(ends.peer, heard, sizeof heard), 3);
    stream_end(&ends.stream);
    assert_int_equal(read(ends.peer, heard, sizeof heard), 0);
    close_ends(&ends);
}

/* Reads all that was sent, and looks whether it counts up. */
static void expect_count(struct ends *ends, size_t bytes)
{
    static unsigned char piece[64 * 1024];
    size_t at = 0;
    while (at < bytes) {
        ssize_t got = read(ends->peer, piece, sizeof piece);
        if (got < 0)
            assert_true(turn(ends) > 0);
        for (ssize_t i = 0; i < got; i++, at++)
            assert_int_equal(piece[i], (unsigned char)(at / 7));
    }
    assert_int_equal(stream_unsent(&ends->stream), 0);
    assert_int_equal(read(ends->peer, piece, 1), -1);
}

static void test_sends_the_rest_later(void **state)
{
    (void)state;
    static char large[LARGE];
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i / 7);
    struct ends ends;
    open_ends(&ends);
    stream_send(&ends.stream, large, LARGE / 2);
    assert_true(stream_unsent(&ends.stream) > 0);
    stream_send(&ends.stream, large + LARGE / 2, LARGE / 2); /* in order */
    expect_count(&ends, LARGE);
    for (size_t at = 0; at < LARGE; at += 1024)
        stream_gather(&ends.stream, large + at, 1024);
    expect_count(&ends, LARGE);
    close_ends(&ends);
}

static void test_gathers(void **state)
{
    (void)state;
    static char large[64 * 1024];
    char heard[8] = "";
    struct ends ends;
    open_ends(&ends);
    stream_gather(&ends.stream, "one ", 4);
    stream_gather(&ends.stream, "two", 3);
    assert_int_equal(read(ends.peer, heard, sizeof heard), -1);
    turn(&ends);
    assert_int_equal(read(ends.peer, heard, sizeof heard), 7);
    stream_gather(&ends.stream, large, sizeof large); /* so much does not wait */
    assert_int_equal(read(ends.peer, large, sizeof large), sizeof large);
    close_ends(&ends);
}

static void test_nobody_is_there(void **state)
{
    (void)state;
    struct ends ends;
    open_ends(&ends);
    close(ends.peer);
    ends.peer = -1;
    stream_send(&ends.stream, "x", 1);
    assert_true(ends.stream.failed);
    stream_send(&ends.stream, "x", 1);
    stream_gather(&ends.stream, "x", 1);
    close_ends(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receives),      cmocka_unit_test(test_more_than_is_kept),
        cmocka_unit_test(test_sends_at_once), cmocka_unit_test(test_sends_the_rest_later),
        cmocka_unit_test(test_gathers),       cmocka_unit_test(test_nobody_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
