/* Frames: what is written comes back, and everything malformed is an error. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire/frame.h"

static struct buffer new_buffer(size_t max)
{
    struct buffer buffer;
    buffer_init(&buffer, max);
    return buffer;
}

static void test_bytes_on_the_wire(void **state)
{
    (void)state;
    struct buffer buffer = new_buffer(1000);
    struct frame_writer writer = frame_begin(&buffer, 0x01020304);
    frame_put_u32(&writer, 0xa1b2c3d4);
    frame_put_i64(&writer, -2);
    frame_put_text(&writer, "ab");
    assert_int_equal(frame_end(&writer), 0);
    static const char expected[] = "\x13\0\0\0\x04\x03\x02\x01\xd4\xc3\xb2\xa1"
                                   "\xfe\xff\xff\xff\xff\xff\xff\xff\x02\0\0\0ab";
    assert_int_equal(buffer.len, sizeof expected);
    assert_memory_equal(buffer.data, expected, sizeof expected);
    buffer_finish(&buffer);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct buffer buffer = new_buffer(1000);
    struct frame_writer writer = frame_begin(&buffer, 7);
    frame_put_u32(&writer, 0);
    frame_put_u32(&writer, UINT32_MAX);
    frame_put_i64(&writer, INT64_MIN);
    frame_put_i64(&writer, INT64_MAX);
    frame_put_text(&writer, NULL);
    frame_put_text(&writer, "J\u00f6rg");
    frame_put_bytes(&writer, "a\0b", 3);
    assert_int_equal(frame_end(&writer), 0);

    struct frame frame;
    size_t used, length;
    assert_int_equal(frame_read(buffer.data, buffer.len, &frame, &used), 1);
    assert_int_equal(used, buffer.len);
    assert_int_equal(frame.type, 7);
    assert_int_equal(frame_done(&frame), -1); /* not read yet */
    assert_true(frame_get_u32(&frame) == 0);
    assert_true(frame_get_u32(&frame) == UINT32_MAX);
    assert_true(frame_get_i64(&frame) == INT64_MIN);
    assert_true(frame_get_i64(&frame) == INT64_MAX);
    assert_string_equal(frame_get_text(&frame), "");
    assert_string_equal(frame_get_text(&frame), "J\u00f6rg");
    assert_memory_equal(frame_get_bytes(&frame, &length), "a\0b", 4);
    assert_int_equal(length, 3);
    assert_int_equal(frame_done(&frame), 0);
    buffer_finish(&buffer);
}

/* Two frames in one piece, which arrives byte by byte. */
static void test_frames_in_pieces(void **state)
{
    (void)state;
    struct buffer buffer = new_buffer(1000);
    for (uint32_t type = 1; type <= 2; type++) {
        struct frame_writer writer = frame_begin(&buffer, type);
        frame_put_u32(&writer, type * 10);
        assert_int_equal(frame_end(&writer), 0);
    }
    const size_t each = FRAME_HEAD_BYTES + 4;
    assert_int_equal(buffer.len, 2 * each);
    for (size_t arrived = 0; arrived <= buffer.len; arrived++) {
        struct frame frame;
        size_t used = 99;
        char *part = malloc(arrived + 1);
        assert_non_null(part);
        char *exact = part + 1; /* just these bytes, for the sanitizer */
        memcpy(exact, buffer.data, arrived);
        int result = frame_read(exact, arrived, &frame, &used);
        assert_int_equal(result, arrived >= each);
        assert_int_equal(used, arrived >= each ? each : 99);
        free(part);
    }
    struct frame frame;
    size_t used;
    assert_int_equal(frame_read(buffer.data + each, each, &frame, &used), 1);
    assert_int_equal(frame.type, 2);
    assert_int_equal(frame_get_u32(&frame), 20);
    buffer_finish(&buffer);
}

static void test_frame_without_fields(void **state)
{
    (void)state;
    struct buffer buffer = new_buffer(FRAME_HEAD_BYTES);
    struct frame_writer writer = frame_begin(&buffer, 5);
    assert_int_equal(frame_end(&writer), 0);
    struct frame frame;
    size_t used;
    assert_int_equal(frame_read(buffer.data, buffer.len, &frame, &used), 1);
    assert_int_equal(used, FRAME_HEAD_BYTES);
    assert_int_equal(frame_done(&frame), 0);
    buffer_finish(&buffer);
}

/* The head alone tells that a frame is too long. */
static void test_length_over_the_limit(void **state)
{
    (void)state;
    static const struct {
        unsigned char head[FRAME_HEAD_BYTES];
        int result;
    } cases[] = {
        {{0x00, 0x00, 0x10, 0x00, 1, 0, 0, 0}, 0}, /* 1 MiB: to be waited for */
        {{0x01, 0x00, 0x10, 0x00, 1, 0, 0, 0}, -1},
        {{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame;
        size_t used;
        assert_int_equal(frame_read((const char *)cases[i].head, FRAME_HEAD_BYTES, &frame, &used),
                         cases[i].result);
    }
}

/* The greatest frame goes through; one byte more leaves the buffer as it was. */
static void test_writing_to_the_limit(void **state)
{
    (void)state;
    struct buffer buffer = new_buffer(4 * FRAME_BYTES_MAX);
    static char bytes[FRAME_BYTES_MAX + 1];
    assert_int_equal(buffer_add_text(&buffer, "before"), 0);

    struct frame_writer writer = frame_begin(&buffer, 1);
    frame_put_bytes(&writer, bytes, FRAME_BYTES_MAX - 5 + 1);
    assert_int_equal(frame_end(&writer), -1);
    assert_int_equal(buffer.len, 6);
    assert_string_equal(buffer.data, "before");

    writer = frame_begin(&buffer, 1);
    frame_put_bytes(&writer, bytes, sizeof bytes);
    assert_int_equal(frame_end(&writer), -1);
    assert_string_equal(buffer.data, "before");

    writer = frame_begin(&buffer, 1);
    frame_put_bytes(&writer, bytes, FRAME_BYTES_MAX - 5);
    assert_int_equal(frame_end(&writer), 0);
    struct frame frame;
    size_t used, length;
    assert_int_equal(frame_read(buffer.data + 6, buffer.len - 6, &frame, &used), 1);
    frame_get_bytes(&frame, &length);
    assert_int_equal(length, FRAME_BYTES_MAX - 5);
    assert_int_equal(frame_done(&frame), 0);
    buffer_finish(&buffer);
}

/* Wherever the buffer is full, nothing of the frame stays. */
static void test_full_buffer(void **state)
{
    (void)state;
    const size_t whole = 6 + FRAME_HEAD_BYTES + 4 + 8 + 4 + 3 + 1;
    for (size_t max = 6; max <= whole; max++) {
        struct buffer buffer = new_buffer(max);
        assert_int_equal(buffer_add_text(&buffer, "before"), 0);
        struct frame_writer writer = frame_begin(&buffer, 1);
        frame_put_u32(&writer, 1);
        frame_put_i64(&writer, 1);
        frame_put_text(&writer, "abc");
        assert_int_equal(frame_end(&writer), max < whole ? -1 : 0);
        if (max < whole) {
            assert_int_equal(buffer.len, 6);
            assert_string_equal(buffer.data, "before");
        }
        buffer_finish(&buffer);
    }
    struct buffer none = new_buffer(0);
    struct frame_writer writer = frame_begin(&none, 1);
    assert_int_equal(frame_end(&writer), -1);
    assert_int_equal(none.len, 0);
    buffer_finish(&none);
}

/* A frame whose fields are these bytes. */
static struct frame frame_of(const char *bytes, size_t length)
{
    return (struct frame){.type = 1, .next = bytes, .left = length};
}

static void test_missing_fields(void **state)
{
    (void)state;
    static const char bytes[8] = "";
    for (size_t left = 0; left < 4; left++) {
        struct frame frame = frame_of(bytes, left);
        assert_int_equal(frame_get_u32(&frame), 0);
        assert_int_equal(frame_done(&frame), -1);
    }
    for (size_t left = 0; left < 8; left++) {
        struct frame frame = frame_of(bytes, left);
        assert_int_equal(frame_get_i64(&frame), 0);
        assert_int_equal(frame_done(&frame), -1);
    }
    for (size_t left = 0; left < 5; left++) {
        struct frame frame = frame_of(bytes, left);
        assert_string_equal(frame_get_text(&frame), "");
        assert_int_equal(frame_done(&frame), -1);
    }
}

/* Once it has failed it stays so, whatever is left. */
static void test_failure_stays(void **state)
{
    (void)state;
    static const char bytes[] = "\x09\0\0\0ab";
    struct frame frame = frame_of(bytes, sizeof bytes);
    assert_string_equal(frame_get_text(&frame), "");
    assert_true(frame.failed);
    assert_int_equal(frame_get_u32(&frame), 0);
    assert_true(frame_get_i64(&frame) == 0);
    assert_string_equal(frame_get_text(&frame), "");
    assert_int_equal(frame_get_count(&frame, 1), 0);
    frame.left = 0;
    assert_int_equal(frame_done(&frame), -1);
}

static void test_malformed_text(void **state)
{
    (void)state;
    static const struct {
        char bytes[9];
        size_t length;
    } cases[] = {
        {"\x02\0\0\0ab!", 7},    /* no NUL behind it */
        {"\x03\0\0\0ab", 7},     /* the NUL is missing */
        {"\x03\0\0\0a\0b", 8},   /* a NUL within */
        {"\x01\0\0\0\0", 6},     /* a NUL alone */
        {"\xff\xff\xff\xff", 5}, /* longer than anything */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame = frame_of(cases[i].bytes, cases[i].length);
        assert_string_equal(frame_get_text(&frame), "");
        assert_true(frame.failed);
    }
    /* Bytes may hold a NUL. */
    struct frame frame = frame_of(cases[2].bytes, cases[2].length);
    size_t length;
    assert_memory_equal(frame_get_bytes(&frame, &length), "a\0b", 4);
    assert_int_equal(frame_done(&frame), 0);
}

static void test_counts(void **state)
{
    (void)state;
    static const char bytes[] = "\x02\0\0\0twoXtwoX";
    const size_t length = 4 + 8;
    struct frame frame = frame_of(bytes, length);
    assert_int_equal(frame_get_count(&frame, 4), 2);
    assert_false(frame.failed);
    frame = frame_of(bytes, length - 1);
    assert_int_equal(frame_get_count(&frame, 4), 0);
    assert_true(frame.failed);
    frame = frame_of(bytes, length);
    assert_int_equal(frame_get_count(&frame, 5), 0);
    assert_true(frame.failed);
    frame = frame_of("\xff\xff\xff\xff!!!!", 8);
    assert_int_equal(frame_get_count(&frame, 1), 0);
    assert_true(frame.failed);
    frame = frame_of("\0\0\0", 4);
    assert_int_equal(frame_get_count(&frame, 4), 0);
    assert_int_equal(frame_done(&frame), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_on_the_wire),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_frames_in_pieces),
        cmocka_unit_test(test_frame_without_fields),
        cmocka_unit_test(test_length_over_the_limit),
        cmocka_unit_test(test_writing_to_the_limit),
        cmocka_unit_test(test_full_buffer),
        cmocka_unit_test(test_missing_fields),
        cmocka_unit_test(test_failure_stays),
        cmocka_unit_test(test_malformed_text),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
