/* Paths in commands that are to be typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/config/config_option.h"

static void paths_are_quoted_where_a_shell_needs_it(void **state)
{
    static const struct {
        const char *path;
        const char *option;
    } cases[] = {
        {NULL, ""},
        {CONFIG_PATH_DEFAULT, ""},
        {"/srv/a-1_b.ini", " -c /srv/a-1_b.ini"},
        {"/srv/a b.ini", " -c '/srv/a b.ini'"},
        {"/srv/$a", " -c '/srv/$a'"},
        {"/srv/it's", " -c '/srv/it'\\''s'"},
        {"/srv/~a", " -c '/srv/~a'"},
        {"", " -c ''"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *option = config_option(cases[i].path);
        assert_string_equal(option, cases[i].option);
        free(option);
    }
}

static void a_key_lies_beside_its_configuration(void **state)
{
    static const struct {
        const char *path;
        const char *key;
    } cases[] = {
        {"/etc/affnotify/affnotify.ini", "/etc/affnotify/affnotify.key"},
        {"/srv/a.conf", "/srv/a.conf.key"},
        {"/srv/aini", "/srv/aini.key"},
        {".ini", ".ini.key"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *key = config_key_path(cases[i].path);
        assert_string_equal(key, cases[i].key);
        free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_quoted_where_a_shell_needs_it),
        cmocka_unit_test(a_key_lies_beside_its_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
