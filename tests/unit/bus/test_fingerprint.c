/* Fingerprints: what changes them, what does not, and that no secret is in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/bus/fingerprint.h"
#include "core/config/document.h"

/* ---- Lists ---- */

struct pair {
    const char *key;
    const char *value;
};

static void take(const struct pair *pairs, size_t count, char *hex)
{
    struct fingerprint_list list = {0};
    for (size_t i = 0; i < count; i++)
        fingerprint_add(&list, pairs[i].key, pairs[i].value);
    fingerprint_take(&list, hex);
    assert_null(list.lines);
    assert_int_equal(list.count, 0);
    assert_int_equal(strlen(hex), FINGERPRINT_SIZE - 1);
}

static void test_lists(void **state)
{
    (void)state;
    static const struct pair one[] = {{"a", "1"}, {"b", "2"}};
    static const struct pair turned[] = {{"b", "2"}, {"a", "1"}};
    static const struct pair others[][2] = {
        {{"a", "1"}, {"b", "3"}}, {{"a", "1"}, {"c", "2"}},   {{"a", "2"}, {"b", "1"}},
        {{"a", "1b"}, {"", "2"}}, {{"a", "1\n"}, {"b", "2"}},
    };
    char hex[FINGERPRINT_SIZE], other[FINGERPRINT_SIZE];
    take(one, 2, hex);
    take(turned, 2, other);
    assert_string_equal(hex, other);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        take(others[i], 2, other);
        assert_string_not_equal(hex, other);
    }
    take(one, 1, other);
    assert_string_not_equal(hex, other);
    take(one, 0, other);
    /* SHA-256 of nothing. */
    assert_string_equal(other, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_no_value_is_kept(void **state)
{
    (void)state;
    struct fingerprint_list list = {0};
    char hex[FINGERPRINT_SIZE];
    fingerprint_add(&list, "token", "open sesame");
    assert_null(strstr(list.lines[0], "sesame"));
    fingerprint_take(&list, hex);
}

/* ---- Sections and documents ---- */

static struct section section_of(struct setting *settings, size_t count, int line)
{
    return (struct section){.name = (char[]){"sink:a"},
                            .file = "a.ini",
                            .line = line,
                            .settings = settings,
                            .count = count};
}

/* Of a section alone, wherever it stands; and of all that was read, with its places. */
static void test_places(void **state)
{
    (void)state;
    char a[] = "a", one[] = "1", b[] = "b", two[] = "2";
    struct setting settings[] = {{a, one, "a.ini", 2}, {b, two, "a.ini", 3}};
    struct setting moved[] = {{b, two, "b.ini", 8}, {a, one, "b.ini", 9}};
    struct section first = section_of(settings, 2, 1), second = section_of(moved, 2, 7);
    first.name = second.name = a;
    struct document documents[] = {{.sections = &first, .count = 1},
                                   {.sections = &second, .count = 1}};
    char hex[FINGERPRINT_SIZE], other[FINGERPRINT_SIZE];
    fingerprint_section(&first, hex);
    fingerprint_section(&second, other);
    assert_string_equal(hex, other);
    fingerprint_document(&documents[0], hex);
    fingerprint_document(&documents[1], other);
    assert_string_not_equal(hex, other);
    fingerprint_document(&documents[0], other);
    assert_string_equal(hex, other);
    settings[1].value = one;
    fingerprint_document(&documents[0], other);
    assert_string_not_equal(hex, other);
    settings[1].value = two;
    first.name = b;
    fingerprint_document(&documents[0], other);
    assert_string_not_equal(hex, other);
}

/* ---- The plugin's file ---- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void set_time(const char *path, long seconds, long nanoseconds)
{
    const struct timespec times[] = {{seconds, 0}, {seconds, nanoseconds}};
    assert_int_equal(utimensat(0, path, times, 0), 0);
}

static void test_plugin(void **state)
{
    (void)state;
    char directory[] = "/tmp/affn-fingerprint-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char *path = memory_format("%s/a.so", directory);
    char *twin = memory_format("%s/b.so", directory);
    char hex[FINGERPRINT_SIZE], other[FINGERPRINT_SIZE];

    fingerprint_plugin(path, hex);
    fingerprint_plugin(twin, other);
    assert_string_not_equal(hex, other); /* neither is there: the paths differ */
    write_file(path, "one");
    set_time(path, 1000, 1);
    fingerprint_plugin(path, other);
    assert_string_not_equal(hex, other);
    fingerprint_plugin(path, hex);
    assert_string_equal(hex, other);

    set_time(path, 1000, 2);
    fingerprint_plugin(path, other);
    assert_string_not_equal(hex, other);
    write_file(path, "four");
    set_time(path, 1000, 1);
    fingerprint_plugin(path, other);
    assert_string_not_equal(hex, other);
    write_file(twin, "one"); /* renamed over the old one: another inode */
    set_time(twin, 1000, 1);
    assert_int_equal(rename(twin, path), 0);
    fingerprint_plugin(path, other);
    assert_string_not_equal(hex, other);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    free(path);
    free(twin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_no_value_is_kept),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_plugin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
