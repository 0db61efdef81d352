/* The configuration that `init` writes: its lines, and that each value is read as it was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/cli/starter.h"
#include "core/config/bus_keys.h"

static const char about[] =
    "{\"summary\":\"Does something.\",\"options\":["
    "{\"name\":\"url\",\"type\":\"url\",\"required\":true,\"secret\":true,\"default\":null,"
    "\"choices\":[],\"help\":\"Where to.\"},"
    "{\"name\":\"note\",\"type\":\"string\",\"required\":false,\"default\":null,\"choices\":[],"
    "\"help\":\"A help that is long enough to need a second line, because it goes on and on and "
    "on.\"},"
    "{\"name\":\"mode\",\"type\":\"choice\",\"default\":\"a ;b\",\"choices\":[\"a\",\"b\"],"
    "\"help\":\"How.\"},"
    "{\"name\":\"header\",\"type\":\"map\",\"default\":null,\"choices\":[],\"help\":\"More.\"},"
    "{\"name\":\"old\",\"type\":\"string\",\"deprecated\":true,\"default\":null,\"choices\":[],"
    "\"help\":\"Gone.\"}],"
    "\"host_options\":[{\"name\":\"proxy\",\"default\":null}],"
    "\"bus_options\":[{\"name\":\"plugin\",\"default\":null},{\"name\":\"retry\","
    "\"default\":\"none\"},{\"name\":\"was\",\"default\":\"\"}]}";

static char *write_sink(struct starter_answer *answers, size_t count)
{
    char *text = NULL;
    size_t length;
    json_t *json = json_loads(about, 0, NULL);
    FILE *out = open_memstream(&text, &length);
    assert_non_null(json);
    assert_non_null(out);
    starter_write_sink(out, &(struct starter_sink){"crm", "some", json, answers, count});
    fclose(out);
    json_decref(json);
    return text;
}

#define BEGINNING                                                                                  \
    "\n# Does something.\n[sink:crm]\nplugin = some\n# Where to. (url, required, secret)\n"
#define END                                                                                        \
    "# How. (a | b, default a ;b)\n;mode = \"a ;b\"\n"                                             \
    "# More. (map)\n;header.KEY =\n"                                                               \
    "# Of every sink that makes requests; `affnotify describe some` explains these\n"              \
    "# and those below.\n;proxy =\n"                                                               \
    "# Of every sink, with the defaults of this one.\n;retry = none\n"
#define NOTE                                                                                       \
    "# A help that is long enough to need a second line, because it goes on and on\n# and on.\n"

static void test_a_sink_without_answers_has_blanks(void **state)
{
    (void)state;
    char *text = write_sink(NULL, 0);
    assert_string_equal(text, BEGINNING "url = FILL-IN\n" NOTE ";note =\n" END);
    free(text);
}

static void test_answers_stand_in_their_places(void **state)
{
    (void)state;
    char url[] = "https://example.com", note[] = " a";
    struct starter_answer answers[] = {{"note", note}, {"url", url}};
    char *text = write_sink(answers, 2);
    assert_string_equal(text, BEGINNING "url = https://example.com\n" NOTE "note = \" a\"\n" END);
    free(text);
}

static void test_questions_are_for_what_has_no_default(void **state)
{
    (void)state;
    static const bool expected[] = {true, true, false, false, false};
    json_t *json = json_loads(about, 0, NULL);
    const json_t *options = json_object_get(json, "options");
    for (size_t i = 0; i < json_array_size(options); i++)
        assert_int_equal(starter_asks(json_array_get(options, i)), expected[i]);
    json_decref(json);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *written; /* NULL: no line can hold it */
    } rows[] = {
        {"plain", "plain"},   {"with blanks and ü", "with blanks and ü"},
        {"a\tb", "a\tb"},     {"a;b#c", "a;b#c"},
        {"a ;b", "\"a ;b\""}, {"a\t#b", "\"a\t#b\""},
        {"#a", "\"#a\""},     {";a", "\";a\""},
        {" a", "\" a\""},     {"a\t", "\"a\t\""},
        {"", "\"\""},         {"say \"a\"", "say \"a\""},
        {"\"a\"", NULL},      {" \"a\"", NULL},
        {"a\nb", NULL},       {"a\x1b[m", NULL},
        {"a\x7f", NULL},      {"a\xff", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *written = starter_value(rows[i].value);
        if (rows[i].written)
            assert_string_equal(written, rows[i].written);
        else
            assert_null(written);
        free(written);
    }
}

static void test_bus_has_every_key(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length, count;
    const struct bus_key *keys = bus_keys(&count);
    FILE *out = open_memstream(&text, &length);
    starter_write_bus(out, "/etc/a.ini", "/etc/a.key");
    fclose(out);
    for (size_t i = 0; i < count; i++) {
        char line[128];
        bool is_key = text_equal(keys[i].name, "secret_key");
        snprintf(line, sizeof line, "\n%s%s = %s\n", is_key ? "" : ";", keys[i].name,
                 is_key ? "/etc/a.key" : (keys[i].fallback ? keys[i].fallback : ""));
        if (!is_key && !keys[i].fallback)
            snprintf(line, sizeof line, "\n;%s =\n", keys[i].name);
        assert_non_null(keys[i].help);
        assert_non_null(strstr(text, line));
    }
    assert_non_null(strstr(text, " -c /etc/a.ini\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sink_without_answers_has_blanks),
        cmocka_unit_test(test_answers_stand_in_their_places),
        cmocka_unit_test(test_questions_are_for_what_has_no_default),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_bus_has_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
