/* See faulty_disk.h. */
#include "faulty_disk.h"

#include <sqlite3.h>

#include "tests/sim/false_disk.h"

static sqlite3_vfs faulty;

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
    return false_disk_methods(file)->xWrite(file, bytes, length, offset);
}

static int sync_file(sqlite3_file *file, int flags)
{
    if (fails(FAULTY_SYNC))
        return codes[FAULTY_SYNC];
    return false_disk_methods(file)->xSync(file, flags);
}

static void replace(sqlite3_io_methods *methods)
{
    methods->xWrite = write_file;
    methods->xSync = sync_file;
}

static int sleep_us(sqlite3_vfs *vfs, int duration_us)
{
    (void)vfs;
    slept_us += duration_us;
    return duration_us;
}

void faulty_disk_install(void)
{
    faulty = *false_disk_real();
    faulty.zName = "faulty";
    faulty.xSleep = sleep_us;
    false_disk_install(&faulty, replace);
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
