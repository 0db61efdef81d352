/* See false_disk.h. */
#include "tests/sim/false_disk.h"

#include <assert.h>

/* SQLite has a table of methods for files with locks and another for files without. */
#define TABLES 2
static const sqlite3_io_methods *real_methods[TABLES];
static sqlite3_io_methods own_methods[TABLES];
static void (*replace_methods)(sqlite3_io_methods *methods);

sqlite3_vfs *false_disk_real(void)
{
    return sqlite3_vfs_find("unix");
}

const sqlite3_io_methods *false_disk_methods(const sqlite3_file *file)
{
    return real_methods[file->pMethods - own_methods];
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    sqlite3_vfs *real = false_disk_real();
    int code = real->xOpen(real, name, file, flags, out);
    if (code != SQLITE_OK || !file->pMethods)
        return code;
    int table = 0;
    while (table < TABLES && real_methods[table] && real_methods[table] != file->pMethods)
        table++;
    assert(table < TABLES);
    real_methods[table] = file->pMethods;
    own_methods[table] = *file->pMethods;
    replace_methods(&own_methods[table]);
    file->pMethods = &own_methods[table];
    return code;
}

void false_disk_install(sqlite3_vfs *disk, void (*replace)(sqlite3_io_methods *methods))
{
    replace_methods = replace;
    disk->xOpen = open_file;
    int registered = sqlite3_vfs_register(disk, 1);
    assert(registered == SQLITE_OK);
    (void)registered;
}
