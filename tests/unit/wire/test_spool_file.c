/* Files in the spool: their names, their bytes, their mode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/wire/spool_file.h"

#define FILES 50

static void names_sort_by_time(void **state)
{
    (void)state;
    char early[SPOOL_FILE_NAME_SIZE], late[SPOOL_FILE_NAME_SIZE];
    spool_file_name(999999999999999999, 4194304, 0xffffffff, early);
    spool_file_name(1000000000000000000, 1, 0, late);
    assert_string_equal(early, "0999999999.999999999-4194304-ffffffff.jsonl");
    assert_string_equal(late, "1000000000.000000000-1-00000000.jsonl");
    assert_true(strcmp(early, late) < 0);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **one, const struct dirent **other)
{
    return strcmp((*one)->d_name, (*other)->d_name);
}

static void files_sort_as_they_were_written(void **state)
{
    (void)state;
    char directory[] = "/tmp/affnotify-spool-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct spool_file spool = {.directory = directory};
    struct error error;
    mode_t before = umask(0077);
    for (int i = 0; i < FILES; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d\n", i);
        assert_int_equal(spool_file_write(&spool, text, strlen(text), NULL, &error), 0);
    }
    assert_int_equal(umask(before), 0077); /* as it was */
    struct dirent **entries;
    assert_int_equal(scandir(directory, &entries, visible, by_bytes), FILES);
    for (int i = 0; i < FILES; i++) {
        char *path = memory_format("%s/%s", directory, entries[i]->d_name);
        struct buffer bytes;
        struct stat status;
        buffer_init(&bytes, 16);
        assert_int_equal(file_read(path, &bytes, &error), 0);
        assert_int_equal(atoi(bytes.data), i);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0640); /* the bus's group can read it */
        unlink(path);
        buffer_finish(&bytes);
        free(path);
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(rmdir(directory), 0); /* nothing else was left there */
}

static void names_never_go_back(void **state)
{
    (void)state;
    struct error error;
    struct spool_file spool = {.directory = "/nowhere", .last_unix_ns = INT64_MAX - 1};
    assert_int_equal(spool_file_write(&spool, "x\n", 2, NULL, &error), -1);
    assert_string_equal(error.text,
                        "there is no directory /nowhere; make it, or name another as the spool");
    assert_true(spool.last_unix_ns == INT64_MAX); /* though the clock is far behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_sort_by_time),
        cmocka_unit_test(files_sort_as_they_were_written),
        cmocka_unit_test(names_never_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
