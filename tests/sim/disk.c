/* See disk.h. */
#include "tests/sim/disk.h"

#include <sqlite3.h>
#include <string.h>

#include "tests/sim/draw.h"
#include "tests/sim/false_disk.h"
#include "tests/sim/faults.h"
#include "tests/sim/times.h"

static sqlite3_vfs *real;
static sqlite3_vfs simulated;

static struct {
    enum disk_trouble trouble;
    int after;
    int count; /* 0: nothing fails */
    int writes_to_death;
    bool dies;
    bool cut_off;
    bool spared;
} disk;

static const struct {
    int code;
    enum fault fault;
} troubles[DISK_TROUBLES] = {
    [DISK_BUSY] = {SQLITE_BUSY, FAULT_DISK_BUSY},
    [DISK_FULL] = {SQLITE_FULL, FAULT_DISK_FULL},
    [DISK_WRITE] = {SQLITE_IOERR_WRITE, FAULT_DISK_WRITE},
    [DISK_SYNC] = {SQLITE_IOERR_FSYNC, FAULT_DISK_SYNC},
    [DISK_READ] = {SQLITE_IOERR_READ, FAULT_DISK_READ},
};

/* SQLITE_OK, or the code of what fails now. */
static int trouble_of(enum disk_trouble trouble)
{
    if (disk.spared || disk.count == 0 || disk.trouble != trouble || disk.after-- > 0)
        return SQLITE_OK;
    disk.count--;
    disk.after = 0;
    fault_fired(troubles[trouble].fault);
    return troubles[trouble].code;
}

static bool is_dead(void)
{
    return disk.cut_off && !disk.spared;
}

/* ---- A file's methods ---- */

static int die_in_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    disk.dies = false;
    disk.cut_off = true;
    fault_fired(FAULT_BUS_KILLED_WRITING);
    false_disk_methods(file)->xWrite(file, bytes, length / 2, offset);
    return SQLITE_IOERR_WRITE;
}

static int write_file(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    if (is_dead())
        return SQLITE_IOERR_WRITE;
    if (disk.dies && !disk.spared && disk.writes_to_death-- == 0)
        return die_in_write(file, bytes, length, offset);
    int code = trouble_of(DISK_FULL);
    if (code == SQLITE_OK)
        code = trouble_of(DISK_WRITE);
    return code != SQLITE_OK ? code : false_disk_methods(file)->xWrite(file, bytes, length, offset);
}

static int read_file(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset)
{
    int code = trouble_of(DISK_READ);
    return code != SQLITE_OK ? code : false_disk_methods(file)->xRead(file, bytes, length, offset);
}

static int sync_file(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return is_dead() ? SQLITE_IOERR_FSYNC : trouble_of(DISK_SYNC);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    return is_dead() ? SQLITE_IOERR_TRUNCATE : false_disk_methods(file)->xTruncate(file, size);
}

static int lock_shared_memory(sqlite3_file *file, int offset, int count, int flags)
{
    int code = flags & SQLITE_SHM_LOCK ? trouble_of(DISK_BUSY) : SQLITE_OK;
    return code != SQLITE_OK ? code
                             : false_disk_methods(file)->xShmLock(file, offset, count, flags);
}

static void replace(sqlite3_io_methods *methods)
{
    methods->xRead = read_file;
    methods->xWrite = write_file;
    methods->xSync = sync_file;
    methods->xTruncate = truncate_file;
    if (methods->xShmLock)
        methods->xShmLock = lock_shared_memory;
}

/* ---- The disk's own methods ---- */

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return is_dead() ? SQLITE_IOERR_DELETE : real->xDelete(real, name, sync);
}

static int sleep_us(sqlite3_vfs *vfs, int duration_us)
{
    (void)vfs;
    times_pass(duration_us / 1000);
    return duration_us;
}

static int give_random(sqlite3_vfs *vfs, int count, char *bytes)
{
    (void)vfs;
    for (int i = 0; i < count; i++)
        bytes[i] = (char)draw_bits(DRAW_DISK);
    return count;
}

void disk_install(void)
{
    real = false_disk_real();
    simulated = *real;
    simulated.zName = "simulated";
    simulated.xDelete = delete_file;
    simulated.xSleep = sleep_us;
    simulated.xRandomness = give_random;
    false_disk_install(&simulated, replace);
}

/* ---- What the world does to it ---- */

void disk_begin(void)
{
    memset(&disk, 0, sizeof disk);
    sqlite3_randomness(0, NULL); /* it begins anew, from this run's stream */
}

void disk_break(enum disk_trouble trouble, int after, int count)
{
    disk.trouble = trouble;
    disk.after = after;
    disk.count = count;
}

void disk_mend(void)
{
    disk.count = 0;
}

bool disk_is_broken(void)
{
    return disk.count > 0;
}

void disk_kill_in_write(int after)
{
    disk.dies = true;
    disk.writes_to_death = after;
}

void disk_cut_off(void)
{
    disk.cut_off = true;
}

bool disk_is_cut_off(void)
{
    return disk.cut_off;
}

void disk_join(void)
{
    disk.cut_off = disk.dies = false;
}

void disk_spare(bool spared)
{
    disk.spared = spared;
}
