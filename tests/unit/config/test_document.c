/*
 * INI files as they stand. Each case is a file, what it must come to (sections and settings with
 * their lines), and the mistakes word for word; every trap of inih is here.
 */
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

#include "core/base/buffer.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/config/document.h"
#include "scratch.h"

/* "[bus]@1 key@2=value …", with the file's name before the line where it is not a.ini. */
static char *describe(const struct document *document, const char *directory)
{
    struct buffer all;
    buffer_init(&all, 1024 * 1024);
    for (size_t i = 0; i < document->count; i++) {
        const struct section *section = &document->sections[i];
        const char *file = section->file + strlen(directory) + 1;
        buffer_printf(&all, "%s[%s]@%s%d", i > 0 ? " " : "", section->name,
                      strcmp(file, "a.ini") == 0 ? "" : file, section->line);
        for (size_t j = 0; j < section->count; j++) {
            const struct setting *setting = &section->settings[j];
            assert_string_equal(setting->file, section->file);
            buffer_printf(&all, " %s@%d=%s", setting->key, setting->line, setting->value);
        }
    }
    char *result = memory_text(all.data);
    buffer_finish(&all);
    return result;
}

static void expect(const char *directory, int result, const char *found, const char *wrong)
{
    struct document document;
    struct mistakes mistakes;
    char *path = scratch_path(directory, "a.ini");
    mistakes_init(&mistakes);
    assert_int_equal(document_read(path, &document, &mistakes), result);
    char *described = describe(&document, directory);
    char *texts = scratch_mistakes(directory, &mistakes);
    assert_string_equal(texts, wrong);
    assert_string_equal(described, found);
    free(texts);
    free(described);
    free(path);
    mistakes_finish(&mistakes);
    document_finish(&document);
}

#define X49 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* clang-format off */
static const struct {
    const char *text;
    size_t length; /* 0: text ends with NUL */
    const char *found;
    const char *wrong;
} cases[] = {
    {"", 0, "", ""},
    {"\n\n", 0, "", ""},
    {"[bus]\nstate = /x\nsocket=/y", 0, "[bus]@1 state@2=/x socket@3=/y", ""},
    {"\t[ bus ]  \n", 0, "[bus]@1", "a.ini:1: [bus] this line is indented; begin it at the margin: a value cannot go on in the next line\n"},
    {"[ bus ]  \n k\n", 0, "[bus]@1", "a.ini:2: [bus] this line is indented; begin it at the margin: a value cannot go on in the next line\n"},

    /* an indented line repeats the last key; comments and blank lines may be indented */
    {"[bus]\nk = 1\n  j = 2\n", 0, "[bus]@1 k@2=1", "a.ini:3: [bus] this line is indented; begin it at the margin: a value cannot go on in the next line\n"},
    {"[bus]\nk = 1\n  ; more\n\t# more\n   \nj = 2\n", 0, "[bus]@1 k@2=1 j@6=2", ""},
    {"; one\n# two ] = \xff \x01\n[bus]\n;k = 1\n#k = 1\n", 0, "[bus]@3", ""},

    /* a value is cut at " ;" and " #" */
    {"[bus]\nk = 5s ; five\nj = 1\n", 0, "[bus]@1 k@2=5s j@3=1", "a.ini:2: [bus] k: a blank and `;` stand in the value; put the comment on its own line, or quote the value\n"},
    {"[bus]\nk = 5s\t; five\n", 0, "[bus]@1 k@2=5s", "a.ini:2: [bus] k: a blank and `;` stand in the value; put the comment on its own line, or quote the value\n"},
    {"[bus]\nk = /x/crm.csv # my file\nj = 1\n", 0, "[bus]@1 k@2=/x/crm.csv j@3=1", "a.ini:2: [bus] k: a blank and `#` stand in the value; put the comment on its own line, or quote the value\n"},
    {"[bus]\nk =\t# none\n", 0, "[bus]@1 k@2=", "a.ini:2: [bus] k: a blank and `#` stand in the value; put the comment on its own line, or quote the value\n"},
    {"[bus]\nk = a # b ; c\n", 0, "[bus]@1 k@2=a", "a.ini:2: [bus] k: a blank and `#` stand in the value; put the comment on its own line, or quote the value\n"},
    {"[bus]\nk = https://a/b#c\nj = \"#1 # 2\"\ni = #1\n", 0, "[bus]@1 k@2=https://a/b#c j@3=#1 # 2 i@4=", "a.ini:4: [bus] i: a blank and `#` stand in the value; put the comment on its own line, or quote the value\n"},
    {"[bus]\nk = ; none\n", 0, "[bus]@1 k@2=", "a.ini:2: [bus] k: a blank and `;` stand in the value; put the comment on its own line, or quote the value\n"},
    {"[bus]\nk = a;b;c\nj =;d\ni = a#b\nh =#c\n", 0, "[bus]@1 k@2=a;b;c j@3=;d i@4=a#b h@5=#c", ""},
    {"[bus]\nk = a;b ;c\n", 0, "[bus]@1 k@2=a;b", "a.ini:2: [bus] k: a blank and `;` stand in the value; put the comment on its own line, or quote the value\n"},

    /* quotes */
    {"[bus]\nk = \"a ; b\"  \n", 0, "[bus]@1 k@2=a ; b", ""},
    {"[bus]\nk = \"  a\t\"\nj=\"\"\n", 0, "[bus]@1 k@2=  a\t j@3=", ""},
    {"[bus]\nk = \"a\\\"\n", 0, "[bus]@1 k@2=a\\", ""},
    {"[bus]\nk = say \"a\" and \"b\"\n", 0, "[bus]@1 k@2=say \"a\" and \"b\"", ""},
    {"[bus]\nk = \"a\nj = 2\n", 0, "[bus]@1 k@2=a j@3=2", "a.ini:2: [bus] k: the value begins with a `\"` that is never closed; end it with `\"`\n"},
    {"[bus]\nk = \"\n", 0, "[bus]@1 k@2=", "a.ini:2: [bus] k: the value begins with a `\"` that is never closed; end it with `\"`\n"},
    {"[bus]\nk = \"a\" ; b\n", 0, "[bus]@1 k@2=a", "a.ini:2: [bus] k: text follows the value's closing `\"`; a quoted value ends its line and holds no `\"` itself\n"},
    {"[bus]\nk = \"a\", \"b\"\n", 0, "[bus]@1 k@2=a", "a.ini:2: [bus] k: text follows the value's closing `\"`; a quoted value ends its line and holds no `\"` itself\n"},

    /* a section's name */
    {"[sink:" X49 X49 "]\nk = 1\n", 0, "[sink:" X49 X49 "]@1 k@2=1", ""},
    {"[bus]\n[" X49 X49 X49 "]\nk = 1\n", 0, "[bus]@1", "a.ini:2: this section's name has 147 bytes; a name has at most 127\n"},
    {"[a]\n[bus\nk = 1\n", 0, "[a]@1 [bus]@2 k@3=1", "a.ini:2: [bus] the section's name is not closed; write [bus]\n"},
    {"[bus] state\nk = 1\n", 0, "[bus]@1 k@2=1", "a.ini:1: [bus] text follows the section's name; put it on its own line\n"},
    {"[bus] ; state\n", 0, "[bus]@1", "a.ini:1: [bus] text follows the section's name; put it on its own line\n"},
    {"[a]\n[]\nk = 1\n[b]\nk = 2\n", 0, "[a]@1 [b]@4 k@5=2", "a.ini:2: this section has no name; write [bus] or [sink:NAME]\n"},
    {"[", 0, "", "a.ini:1: this section has no name; write [bus] or [sink:NAME]\n"},
    {"[a]\n[b\x01]\nk = 1\n", 0, "[a]@1", "a.ini:2: byte 3 of this line begins the control character U+0001; take it out\n"},

    /* a second section of the same name; the same key twice */
    {"[a]\nk = 1\n[b]\n[a]\nk = 2\n", 0, "[a]@1 k@2=1 [b]@3", "a.ini:4: [a] this section begins at a.ini:1 already; put these keys there\n"},
    {"[a]\nk = 1\nj = 2\nk = 1\n", 0, "[a]@1 k@2=1 j@3=2", "a.ini:4: [a] k: this key stands in line 2 already; keep one of the two\n"},
    {"[a]\nk = 1\n[b]\nk = 1\n", 0, "[a]@1 k@2=1 [b]@3 k@4=1", ""},

    /* an empty section */
    {"[a]\n[b]\n\n[c]", 0, "[a]@1 [b]@2 [c]@4", ""},

    /* keys */
    {"k = 1\nj = 2\n[a]\n", 0, "[a]@3", "a.ini:1: k: this key stands before any section; put it below [bus] or [sink:NAME]\na.ini:2: j: this key stands before any section; put it below [bus] or [sink:NAME]\n"},
    {"[a]\nhidden\n", 0, "[a]@1", "a.ini:2: [a] this line has no `=`; write `key = value`, or begin a comment with `;`\n"},
    {"[a]\n= hidden\n", 0, "[a]@1", "a.ini:2: [a] this line has no key before its `=`; write `key = value`\n"},
    {"[a]\nhidden: b\n", 0, "[a]@1", "a.ini:2: [a] a `:` stands where `=` belongs; write `key = value`\n"},
    {"[a]\nhidden: b = c\n", 0, "[a]@1", "a.ini:2: [a] a `:` stands where `=` belongs; write `key = value`\n"},
    {"[a]\nurl = https://h:1/?a=b:c\n", 0, "[a]@1 url@2=https://h:1/?a=b:c", ""},
    {"[a]\nheader.X-Team_1 = b\n", 0, "[a]@1 header.X-Team_1@2=b", ""},
    {"[a]\nhid den = b\n", 0, "[a]@1", "a.ini:2: [a] what stands before the `=` is not a key; a key is made of letters, digits, `_`, `-` and `.`, and begins with a letter or digit\n"},
    {"[a]\n-k = b\n", 0, "[a]@1", "a.ini:2: [a] what stands before the `=` is not a key; a key is made of letters, digits, `_`, `-` and `.`, and begins with a letter or digit\n"},
    {"[a]\n" X49 X49 X49 " = b\n", 0, "[a]@1", "a.ini:2: [a] this line's key has 147 bytes; a key has at most 127\n"},

    /* like our own stand-ins */
    {"[5]\nsection = 5\n5 = section\n[section]\n", 0, "[5]@1 section@2=5 5@3=section [section]@4", ""},

    /* bytes */
    {"\xef\xbb\xbf[a]\r\nk = 1\r\n\r\nj = \"2\"\r\n", 0, "[a]@1 k@2=1 j@4=2", ""},
    {"\xef\xbb\xbf", 0, "", ""},
    {"[a]\nk = \xc3\xa4\xf0\x9f\x8e\x89\n", 0, "[a]@1 k@2=\xc3\xa4\xf0\x9f\x8e\x89", ""},
    {"[a]\nk = x\xe4y\nj = 1\n", 0, "[a]@1 j@3=1", "a.ini:2: [a] byte 6 of this line is not UTF-8; save the file as UTF-8\n"},
    {"[a]\nk = x\xc3\nj = 1\n", 0, "[a]@1 j@3=1", "a.ini:2: [a] byte 6 of this line is not UTF-8; save the file as UTF-8\n"},
    {"[a]\nk = x\0y\nj = 1\n", 18, "[a]@1 j@3=1", "a.ini:2: [a] byte 6 of this line begins the control character U+0000; take it out\n"},
    {"[a]\n\0\nj = 1\n", 12, "[a]@1 j@3=1", "a.ini:2: [a] byte 1 of this line begins the control character U+0000; take it out\n"},
    {"[a]\rk = 1\r", 0, "", "a.ini:1: byte 4 of this line begins the control character U+000D; take it out\n"},
    {"[a]\nk = \x1b[31m\n", 0, "[a]@1", "a.ini:2: [a] byte 5 of this line begins the control character U+001B; take it out\n"},
    {"[a]\nk = \xc2\x9b\n", 0, "[a]@1", "a.ini:2: [a] byte 5 of this line begins the control character U+009B; take it out\n"},
    {"[a]\nk = a\tb\n", 0, "[a]@1 k@2=a\tb", ""},
};
/* clang-format on */

static void test_cases(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_write(*state, "a.ini", cases[i].text, cases[i].length);
        expect(*state, 0, cases[i].found, cases[i].wrong);
    }
}

/*
 * A key with a value of so many bytes, whose every 10 bytes look like a line of their own to inih.
 */
static char *long_setting(size_t bytes)
{
    char *text = memory_new(bytes + 64, 1);
    size_t head = (size_t)sprintf(text, "k = ");
    for (size_t i = 0; i < bytes; i++)
        text[head + i] = "abcd = efg"[i % 10] == ' ' ? '_' : "abcd = efg"[i % 10];
    return text;
}

static void test_long_lines(void **state)
{
    static const size_t lengths[] = {195, 196, 197, 198, 199, 200, 1000, INI_LINE_BYTES_MAX - 4};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char *setting = long_setting(lengths[i]);
        char *text = memory_format("[a]\n%s\nj = 1\n", setting);
        char *found = memory_format("[a]@1 k@2=%s j@3=1", setting + strlen("k = "));
        scratch_write(*state, "a.ini", text, 0);
        expect(*state, 0, found, "");
        free(found);
        free(text);
        free(setting);
    }
    char *setting = long_setting(INI_LINE_BYTES_MAX - 3);
    char *text = memory_format("[a]\n%s\nj = 1\n", setting);
    scratch_write(*state, "a.ini", text, 0);
    expect(*state, 0, "[a]@1 j@3=1",
           "a.ini:2: [a] this line has 65537 bytes; a line has at most 65536\n");
    free(text);
    free(setting);
}

static void test_too_many_lines(void **state)
{
    struct buffer text;
    buffer_init(&text, INI_FILE_BYTES_MAX);
    for (int i = 0; i < INI_LINES_MAX + 2; i++)
        buffer_add_text(&text, "; a comment does not count\n[a\n");
    scratch_write(*state, "a.ini", text.data, 0);
    buffer_finish(&text);

    struct document document;
    struct mistakes mistakes;
    char *path = scratch_path(*state, "a.ini");
    mistakes_init(&mistakes);
    assert_int_equal(document_read(path, &document, &mistakes), 0);
    /* The first is not closed; of each of the others it is also said that it is not the first. */
    assert_int_equal(mistakes.count, 2 * INI_LINES_MAX - 1 + 1);
    char *last = mistake_text(&mistakes.items[mistakes.count - 1]);
    assert_string_equal(last + strlen(path),
                        ":16386: more than 8192 lines; the rest of this file was not read");
    free(last);
    free(path);
    mistakes_finish(&mistakes);
    document_finish(&document);
}

static void test_unreadable(void **state)
{
    expect(*state, -1, "", "a.ini: cannot be read: No such file or directory\n");

    char *path = scratch_path(*state, "a.ini");
    assert_int_equal(mkdir(path, 0700), 0);
    expect(*state, -1, "", "a.ini: cannot be read: Is a directory\n");
    assert_int_equal(rmdir(path), 0);
    free(path);

    char *large = memory_new(INI_FILE_BYTES_MAX + 2, 1);
    memset(large, '\n', INI_FILE_BYTES_MAX + 1);
    scratch_write(*state, "a.ini", large, INI_FILE_BYTES_MAX);
    expect(*state, 0, "", "");
    scratch_write(*state, "a.ini", large, INI_FILE_BYTES_MAX + 1);
    expect(*state, -1, "", "a.ini: cannot be read: longer than 4194304 bytes\n");
    free(large);
}

static void test_directory(void **state)
{
    scratch_write(*state, "a.ini", "[bus]\n[x]\nk = 1\n", 0);
    scratch_write(*state, "conf.d/20.ini", "[c]\nk = 3\n", 0);
    scratch_write(*state, "conf.d/10.ini", "[b]\nk = 2\n", 0);
    scratch_write(*state, "conf.d/10-B.ini", "\n[B]\n", 0);
    scratch_write(*state, "conf.d/.hidden.ini", "[hidden]\n", 0);
    scratch_write(*state, "conf.d/old.ini~", "[old]\n", 0);
    scratch_write(*state, "conf.d/README", "[readme]\n", 0);
    expect(*state, 0,
           "[bus]@1 [x]@2 k@3=1 [B]@conf.d/10-B.ini2 [b]@conf.d/10.ini1 k@2=2 "
           "[c]@conf.d/20.ini1 k@2=3",
           "");

    /* A section of the same name elsewhere; a key before any section of its own file. */
    scratch_write(*state, "conf.d/20.ini", "k = 3\n[x]\nj = 2\n", 0);
    char *link = scratch_path(*state, "conf.d/30.ini");
    assert_int_equal(symlink("/nonexistent/x.ini", link), 0);
    char *directory = scratch_path(*state, "conf.d/40.ini");
    assert_int_equal(mkdir(directory, 0700), 0);
    expect(*state, 0, "[bus]@1 [x]@2 k@3=1 [B]@conf.d/10-B.ini2 [b]@conf.d/10.ini1 k@2=2",
           "conf.d/20.ini:1: k: this key stands before any section; put it below [bus] or "
           "[sink:NAME]\n"
           "conf.d/20.ini:2: [x] this section begins at a.ini:2 already; put these keys there\n"
           "conf.d/30.ini: cannot be read: No such file or directory\n"
           "conf.d/40.ini: cannot be read: Is a directory\n");
    free(directory);
    free(link);
}

static void test_no_directory(void **state)
{
    scratch_write(*state, "a.ini", "[bus]\n", 0);
    scratch_write(*state, "conf.d", "", 0);
    expect(*state, 0, "[bus]@1", "conf.d: cannot be read: Not a directory\n");
}

static void test_too_many_files(void **state)
{
    scratch_write(*state, "a.ini", "[bus]\n", 0);
    for (int i = 0; i <= INI_FILES_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "conf.d/%03d.ini", i);
        scratch_write(*state, name, i == INI_FILES_MAX ? "[last]\n" : "\n", 0);
    }
    expect(*state, 0, "[bus]@1", "conf.d: holds 257 files named *.ini; at most 256 can be read\n");
}

/* A path without a directory: conf.d lies in the working directory. */
static void test_relative_path(void **state)
{
    scratch_write(*state, "a.ini", "[bus]\n", 0);
    scratch_write(*state, "conf.d/b.ini", "[b]\n", 0);
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(*state), 0);
    struct document document;
    struct mistakes mistakes;
    mistakes_init(&mistakes);
    assert_int_equal(document_read("a.ini", &document, &mistakes), 0);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(mistakes.count, 0);
    assert_int_equal(document.file_count, 2);
    assert_string_equal(document.files[1], "conf.d/b.ini");
    const struct section *section = document_section(&document, "b");
    assert_non_null(section);
    struct place place = section_place(section, NULL);
    assert_string_equal(place.file, "conf.d/b.ini");
    assert_int_equal(place.line, 1);
    assert_string_equal(place.section, "b");
    assert_null(place.key);
    assert_null(document_section(&document, "c"));
    assert_null(section_setting(section, "k"));
    free(before);
    mistakes_finish(&mistakes);
    document_finish(&document);
    document_finish(NULL);
    mistakes_finish(NULL);
}

static void test_counts(void **state)
{
    (void)state;
    struct mistakes mistakes;
    struct place place = {"a.ini", 3, "sink:crm", "k"};
    mistakes_init(&mistakes);
    for (int i = 0; i < 20; i++)
        mistakes_add(&mistakes, &place, "wrong %d", i);
    mistakes_warn(&mistakes, &place, "odd");
    place.section = "sink:crm2";
    mistakes_add(&mistakes, &place, "wrong");
    place.section = NULL;
    mistakes_add(&mistakes, &place, "wrong");
    assert_int_equal(mistakes_errors(&mistakes), 22);
    assert_int_equal(mistakes_errors_in(&mistakes, "sink:crm"), 20);
    assert_int_equal(mistakes_errors_in(&mistakes, "sink"), 0);
    char *text = mistake_text(&mistakes.items[19]);
    assert_string_equal(text, "a.ini:3: [sink:crm] k: wrong 19");
    free(text);
    mistakes_finish(&mistakes);
}

#define SCRATCHED(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCHED(test_cases),          SCRATCHED(test_long_lines),
        SCRATCHED(test_too_many_lines), SCRATCHED(test_unreadable),
        SCRATCHED(test_directory),      SCRATCHED(test_no_directory),
        SCRATCHED(test_too_many_files), SCRATCHED(test_relative_path),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
