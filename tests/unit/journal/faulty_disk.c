/* See faulty_disk.h. */
#include "faulty_disk.h"

#include <assert.h>
#include <sqlite3.h>

static sqlite3_vfs *real;
static sqlite3_vfs faulty;

/* SQLite has a table of methods for files with locks and another for files without. */
#define TABLES 2
static const sqlite3_io_methods *real_methods[TABLES];
static sqlite3_io_methods faulty_methods[TABLES];

static int codes[2];     /* by operation; 0 while it works */
static int countdown[2]; /* operations that still work */
static bool has_failed;
static int slept_us;

static bool fails(enum faulty_disk_operation operation)
{
    if (codes[operation] == 0 || --countdown[operation] > 0)
        return false;
    has_failed = true;
    return true;
}

static int write_file(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    if (fails(FAULTY_WRITE))
        return codes[FAULTY_WRITE];
    return real_methods[file->pMethods - faulty_methods]->xWrite(file, bytes, length, offset);
}

static int sync_file(sqlite3_file *file, int flags)
{
    if (fails(FAULTY_SYNC))
        return codes[FAULTY_SYNC];
    return real_methods[file->pMethods - faulty_methods]->xSync(file, flags);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int code = real->xOpen(real, name, file, flags, out);
    if (code != SQLITE_OK || !file->pMethods)
        return code;
    int table = 0;
    while (table < TABLES && real_methods[table] && real_methods[table] != file->pMethods)
        table++;
    assert(table < TABLES);
    real_methods[table] = file->pMethods;
    faulty_methods[table] = *file->pMethods;
    faulty_methods[table].xWrite = write_file;
    faulty_methods[table].xSync = sync_file;
    file->pMethods = &faulty_methods[table];
    return code;
}

static int sleep_us(sqlite3_vfs *vfs, int duration_us)
{
    (void)vfs;
    slept_us += duration_us;
    return duration_us;
}

void faulty_disk_install(void)
{
    real = sqlite3_vfs_find("unix");
    faulty = *real;
    faulty.zName = "faulty";
    faulty.xOpen = open_file;
    faulty.xSleep = sleep_us;
    int registered = sqlite3_vfs_register(&faulty, 1);
    assert(registered == SQLITE_OK);
    (void)registered;
}

void faulty_disk_break(enum faulty_disk_operation operation, int nth, int code)
{
    codes[operation] = code;
    countdown[operation] = nth;
    has_failed = false;
}

bool faulty_disk_mend(void)
{
    codes[FAULTY_WRITE] = codes[FAULTY_SYNC] = 0;
    return has_failed;
}

int faulty_disk_slept_ms(void)
{
    return slept_us / 1000;
}
