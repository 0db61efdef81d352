/* What the bus and the door say to each other: what is written comes back, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/wire/door_message.h"

static struct frame read_frame(const struct buffer *buffer)
{
    struct frame frame;
    size_t used;
    assert_int_equal(frame_read(buffer->data, buffer->len, &frame, &used), 1);
    assert_int_equal(used, buffer->len);
    return frame;
}

static const struct door_setup full = {
    .socket = "/run/bus.sock",
    .certificate = "/c",
    .key = "/k",
    .socket_count = HTTP_SOCKETS_MAX,
    .wanted_count = 3,
    .listener_count = 2,
    .listeners = {{DOOR_ROLE_INGEST, "https://a"}, {7, "http://b"}},
    .token_count = 2,
    .tokens = {"one", ""},
    .secret_count = 1,
    .secrets = {"whsec_"},
};

static void test_setup(void **state)
{
    (void)state;
    struct buffer buffer;
    struct door_setup got;
    buffer_init(&buffer, 4096);
    assert_int_equal(door_message_put_setup(&buffer, &full), 0);
    struct frame frame = read_frame(&buffer);
    assert_int_equal(frame.type, DOOR_MESSAGE_SETUP);
    assert_int_equal(door_message_get_setup(&frame, &got), 0);
    assert_string_equal(got.socket, "/run/bus.sock");
    assert_string_equal(got.certificate, "/c");
    assert_string_equal(got.key, "/k");
    assert_int_equal(got.socket_count, HTTP_SOCKETS_MAX);
    assert_int_equal(got.wanted_count, 3);
    assert_int_equal(got.listener_count, 2);
    assert_int_equal(got.listeners[1].role, 7);
    assert_string_equal(got.listeners[1].url, "http://b");
    assert_int_equal(got.token_count, 2);
    assert_string_equal(got.tokens[0], "one");
    assert_string_equal(got.tokens[1], "");
    assert_int_equal(got.secret_count, 1);
    assert_string_equal(got.secrets[0], "whsec_");
    buffer_finish(&buffer);
}

/* Each count beyond its limit, and each frame cut short, is an error. */
static void test_malformed(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    door_message_put_setup(&buffer, &full);
    for (size_t cut = 1; cut <= buffer.len - FRAME_HEAD_BYTES; cut++) {
        struct frame frame = read_frame(&buffer);
        struct door_setup got;
        frame.left -= cut;
        assert_int_equal(door_message_get_setup(&frame, &got), -1);
    }
    buffer_clear(&buffer);
    for (int which = 0; which < 3; which++) {
        struct frame_writer writer = frame_begin(&buffer, DOOR_MESSAGE_SETUP);
        frame_put_text(&writer, "");
        frame_put_text(&writer, "");
        frame_put_text(&writer, "");
        frame_put_u32(&writer, which == 0 ? HTTP_SOCKETS_MAX + 1 : 0);
        frame_put_u32(&writer, which == 1 ? HTTP_LISTENERS_MAX + 1 : 0);
        frame_put_u32(&writer, which == 2 ? HTTP_LISTENERS_MAX + 1 : 0);
        frame_put_u32(&writer, 0);
        frame_put_u32(&writer, 0);
        assert_int_equal(frame_end(&writer), 0);
        struct frame frame = read_frame(&buffer);
        struct door_setup got;
        assert_int_equal(door_message_get_setup(&frame, &got), -1);
        buffer_clear(&buffer);
    }
    struct frame_writer writer = frame_begin(&buffer, DOOR_MESSAGE_SETUP);
    for (int i = 0; i < 3; i++)
        frame_put_text(&writer, "");
    for (int i = 0; i < 3; i++)
        frame_put_u32(&writer, 0);
    frame_put_u32(&writer, HTTP_CREDENTIALS_MAX + 1);
    for (int i = 0; i <= HTTP_CREDENTIALS_MAX; i++)
        frame_put_text(&writer, "t");
    frame_put_u32(&writer, 0);
    assert_int_equal(frame_end(&writer), 0);
    struct frame frame = read_frame(&buffer);
    struct door_setup got;
    assert_int_equal(door_message_get_setup(&frame, &got), -1);
    buffer_finish(&buffer);
}

static void test_state(void **state)
{
    (void)state;
    static const struct door_state told = {
        .listener_count = 2,
        .listeners = {{DOOR_ROLE_INGEST, 0, "no port"}, {DOOR_ROLE_ADMIN, 1, ""}},
    };
    struct buffer buffer;
    struct door_state got;
    buffer_init(&buffer, 4096);
    assert_int_equal(door_message_put_state(&buffer, &told), 0);
    struct frame frame = read_frame(&buffer);
    assert_int_equal(frame.type, DOOR_MESSAGE_STATE);
    assert_int_equal(door_message_get_state(&frame, &got), 0);
    assert_int_equal(got.listener_count, 2);
    assert_int_equal(got.listeners[0].role, DOOR_ROLE_INGEST);
    assert_int_equal(got.listeners[0].is_open, 0);
    assert_string_equal(got.listeners[0].error, "no port");
    assert_int_equal(got.listeners[1].role, DOOR_ROLE_ADMIN);
    assert_int_equal(got.listeners[1].is_open, 1);
    assert_string_equal(got.listeners[1].error, "");
    for (size_t cut = 1; cut <= buffer.len - FRAME_HEAD_BYTES; cut++) {
        frame = read_frame(&buffer);
        frame.left -= cut;
        assert_int_equal(door_message_get_state(&frame, &got), -1);
    }
    buffer_clear(&buffer);
    struct frame_writer writer = frame_begin(&buffer, DOOR_MESSAGE_STATE);
    frame_put_u32(&writer, HTTP_LISTENERS_MAX + 1);
    assert_int_equal(frame_end(&writer), 0);
    frame = read_frame(&buffer);
    assert_int_equal(door_message_get_state(&frame, &got), -1);
    buffer_finish(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setup),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
