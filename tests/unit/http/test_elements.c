/* Where the elements of an array begin and end, whatever they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/http/elements.h"

#define MAX 8

/* From memory of just that length, so that a look behind it is seen. */
static void expect(const char *json, size_t bytes, const char *expected)
{
    char *copy = memory_new(bytes, 1);
    struct element elements[MAX];
    char found[256] = "none";
    memcpy(copy, json, bytes);
    int count = elements_find(copy, bytes, elements, MAX);
    if (count >= 0)
        found[0] = '\0';
    for (int i = 0; i < count && i < MAX; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%.*s", i > 0 ? "|" : "",
                 (int)elements[i].bytes, elements[i].text);
    if (strcmp(found, expected) != 0)
        fail_msg("%s: %s and not %s", json, found, expected);
    free(copy);
}

static void elements(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[1]", "1"},
        {" [ 1 ,\t\r\n2 ]\n", "1|2"},
        {"[{\"a\":1},{\"b\":[2,{}]}]", "{\"a\":1}|{\"b\":[2,{}]}"},
        {"[\"a,b]\",2]", "\"a,b]\"|2"},
        {"[\"\\\",\",2]", "\"\\\",\"|2"},
        {"[\"\\\\\",2]", "\"\\\\\"|2"},
        {"[{\"a\":1e400},nonsense]", "{\"a\":1e400}|nonsense"},
        {"[{\"a\":1],2]", "{\"a\":1]|2"}, /* each is parsed for itself then */
        {"[[],[[]]]", "[]|[[]]"},
        {"[\"\x01\xff\"]", "\"\x01\xff\""},
        /* Nobody can say. */
        {"", "none"},
        {" ", "none"},
        {"{}", "none"},
        {"\"[1]\"", "none"},
        {"[", "none"},
        {"[]", "none"},
        {"[1", "none"},
        {"[1,", "none"},
        {"[1,]", "none"},
        {"[,1]", "none"},
        {"[1,,2]", "none"},
        {"[1]]", "none"},
        {"[1] 2", "none"},
        {"[1],[2]", "none"},
        {"[1}]", "none"},
        {"[{},{]", "none"},
        {"[{\"a\":{}}},{}]", "none"},
        {"[\"a]", "none"},
        {"[\"a\\", "none"},
        {"[\"a\\\"]", "none"},
        {"[{\"a\":[},1]", "none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(cases[i][0], strlen(cases[i][0]), cases[i][1]);
    expect("[\0,1]", 5, "|1"); /* the first is printed as far as its NUL */
}

static void more_than_there_is_room_for(void **state)
{
    (void)state;
    struct element found[2];
    assert_int_equal(elements_find("[1,2,3]", 7, found, 2), 3);
    assert_int_equal(*found[1].text, '2');
    assert_int_equal(elements_find("[1,2,3]", 7, NULL, 0), 3);
}

static void as_deep_as_it_can_be(void **state)
{
    (void)state;
    static char deep[100001];
    struct element found[1];
    memset(deep, '[', 50000);
    memset(deep + 50000, ']', 50000);
    assert_int_equal(elements_find(deep, 100000, found, 1), 1);
    assert_int_equal(found[0].bytes, 99998);
    assert_int_equal(elements_find(deep, 99999, found, 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements),
        cmocka_unit_test(more_than_there_is_room_for),
        cmocka_unit_test(as_deep_as_it_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
