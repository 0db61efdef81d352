/*
 * The exec sink with programs that tests write: scripts in a folder of their own, run for real. For
 * the tests of plugins/exec alone. Its host has a real clock; what is logged is in fake_log, but
 * for the noise of a program that prints much.
 */
#ifndef EXEC_FIXTURE_H
#define EXEC_FIXTURE_H

#include <stdint.h>
#include <sys/types.h>

#define SECRET_VALUE "example-of-a-token"

extern char directory[];

/* Around each test; the latter fails when a process or a descriptor was left behind. */
int set_up(void **state);
int tear_down(void **state);

/* How long a batch may take, from now on in this test; long enough for a busy machine at first. */
extern int64_t timeout_ms;

/* Opens the sink in this mode with a script of sh as its program, behind a first line of its own.
 * Returns the verdict. */
int32_t open_script(const char *mode, const char *script);

/* The same with any command and folder; NULL for the sink's own folder. */
int32_t open_command(const char *mode, const char *command, const char *folder);

/* Delivers `count` events numbered from `first` on; returns the verdict. */
int32_t deliver(uint32_t first, uint32_t count);
int32_t deliver_flagged(uint32_t first, uint32_t count, uint32_t flags, uint32_t attempt);

/* What `idle` and `close` do. */
void idle(void);
void close_sink(void);

/* Writes, and reads, a file in the directory; the text is in static memory, "" when there is no
 * file. */
void write_file(const char *name, const char *text, mode_t mode);
const char *read_file(const char *name);
const char *path_of(const char *name);

/* Children of this process, running and dead; descriptors of this process. */
unsigned children(void);
unsigned descriptors(void);

/* A millisecond, between two looks at what is waited for. */
void nap(void);

#endif
