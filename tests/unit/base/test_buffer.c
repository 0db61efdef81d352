/* Buffers: what is added and taken away, the NUL behind it, the limit. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/buffer.h"

/* The text so far, with the NUL that must always be there. */
static void check(const struct buffer *buffer, const char *text)
{
    assert_int_equal(buffer->len, strlen(text));
    assert_string_equal(buffer->data, text);
}

static void test_add(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    check(&buffer, "");
    assert_int_equal(buffer_add(&buffer, "", 0), 0);
    check(&buffer, "");
    assert_int_equal(buffer_add(&buffer, "abc-", 3), 0);
    assert_int_equal(buffer_add_text(&buffer, "def"), 0);
    assert_int_equal(buffer_printf(&buffer, " %d %s", 42, "ghi"), 0);
    check(&buffer, "abcdef 42 ghi");
    buffer_finish(&buffer);
    check(&buffer, "");
}

static void test_bytes_with_nul(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    assert_int_equal(buffer_add(&buffer, "a\0b", 3), 0);
    assert_int_equal(buffer.len, 3);
    assert_memory_equal(buffer.data, "a\0b", 4);
    buffer_finish(&buffer);
}

static void test_limit(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 5);
    assert_int_equal(buffer_add_text(&buffer, "abcdef"), -1);
    check(&buffer, "");
    assert_int_equal(buffer_add_text(&buffer, "abc"), 0);
    assert_int_equal(buffer_add_text(&buffer, "def"), -1);
    assert_int_equal(buffer_printf(&buffer, "%d", 123), -1);
    assert_int_equal(buffer_add(&buffer, "x", SIZE_MAX), -1);
    check(&buffer, "abc");
    assert_int_equal(buffer_add_text(&buffer, "de"), 0);
    check(&buffer, "abcde");
    assert_int_equal(buffer_add_text(&buffer, ""), 0);
    assert_int_equal(buffer_add_text(&buffer, "f"), -1);
    check(&buffer, "abcde");
    buffer_finish(&buffer);
}

static void test_drop(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_drop(&buffer, 0);
    assert_int_equal(buffer_add_text(&buffer, "abcdefghij"), 0);
    buffer_drop(&buffer, 3);
    check(&buffer, "defghij");
    assert_int_equal(buffer_add_text(&buffer, "klm"), 0);
    check(&buffer, "defghijklm");
    buffer_drop(&buffer, 10);
    check(&buffer, "");
    assert_int_equal(buffer_add_text(&buffer, "abcdefghij"), 0);
    buffer_clear(&buffer);
    check(&buffer, "");
    buffer_clear(&buffer);
    check(&buffer, "");
    buffer_finish(&buffer);
}

/* One byte at a time, so that every size of the memory is met. */
static void test_growth(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    for (size_t i = 0; i < 1000; i++) {
        char byte = (char)('a' + i % 26);
        assert_int_equal(buffer_add(&buffer, &byte, 1), 0);
        assert_int_equal(strlen(buffer.data), i + 1);
    }
    assert_int_equal(buffer_add(&buffer, "x", 1), -1);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(buffer.data[i], (char)('a' + i % 26));
    buffer_finish(&buffer);
}

static void test_finish(void **state)
{
    (void)state;
    struct buffer zeroed = {.data = NULL};
    buffer_finish(NULL);
    buffer_finish(&zeroed);

    struct buffer buffer;
    buffer_init(&buffer, 3);
    assert_int_equal(buffer_add_text(&buffer, "abc"), 0);
    buffer_finish(&buffer);
    buffer_finish(&buffer);
    /* It can be used again, within the same limit. */
    assert_int_equal(buffer_add_text(&buffer, "abcd"), -1);
    assert_int_equal(buffer_add_text(&buffer, "abc"), 0);
    check(&buffer, "abc");
    buffer_finish(&buffer);
}

/* What has left it is nowhere in its memory. */
static void test_secret(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init_secret(&buffer, 1000);
    assert_int_equal(buffer_add_text(&buffer, "example-secret-and-more"), 0);
    buffer_drop(&buffer, strlen("example-secret-"));
    check(&buffer, "and-more");
    for (size_t i = buffer.len; i < buffer.capacity; i++)
        assert_int_equal(buffer.data[i], 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(buffer_add_text(&buffer, "and-more"), 0);
    assert_int_equal(buffer.len, 21 * strlen("and-more"));
    assert_memory_equal(buffer.data, "and-moreand-more", 16);
    buffer_finish(&buffer);
    assert_true(buffer.is_secret);
    assert_int_equal(buffer_add_text(&buffer, "again"), 0);
    buffer_finish(&buffer);

    char memory[32], blank[32] = "";
    buffer_init_within(&buffer, memory, sizeof memory);
    buffer.is_secret = true;
    memset(memory, 'x', sizeof memory);
    buffer_add_text(&buffer, "example-secret");
    buffer_finish(&buffer);
    assert_memory_equal(memory, blank, sizeof memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),    cmocka_unit_test(test_bytes_with_nul),
        cmocka_unit_test(test_limit),  cmocka_unit_test(test_drop),
        cmocka_unit_test(test_growth), cmocka_unit_test(test_finish),
        cmocka_unit_test(test_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
