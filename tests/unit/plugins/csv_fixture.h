/*
 * The CSV sink on a real file in a directory of its own, with system calls that fail when told to.
 * For the tests of plugins/csv alone, which are linked with --wrap of write, fsync, ftruncate and
 * nanosleep. Events are told apart by their number: see fake_event.
 */
#ifndef CSV_FIXTURE_H
#define CSV_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Write fails with write_errno after write_bytes_left more bytes, the others at once; 0: nothing
 * fails. */
extern int write_errno;
extern size_t write_bytes_left;
extern int fsync_errno;
extern int ftruncate_errno;
extern int rename_errno;
extern int write_calls;
extern int fsync_calls;

/* By how much the civil clock is ahead of the real one. */
extern int64_t clock_moved_ms;

/* After so many more steps (write, fsync, ftruncate, rename) the process ends, before the next, or
 * in the middle of it when that is a write; -1: never. */
extern int steps_left;
extern bool half_a_write;

/* A sleep moves the fake clock and takes no time. At the third, the file gets the name new_name,
 * when there is one, and sleeping_fd gives up its lock. */
extern int sleeps;
extern int sleeping_fd;
extern const char *new_name;

/* Sets options before the next `open`; NULL: all are as the section of a path alone has them. */
extern void (*configure)(void *self);

extern char directory[];
extern char path[64];

/* Around each test. */
int set_up(void **state);
int tear_down(void **state);

/* Sets path to another name in the directory. */
void set_up_path(const char *name);

/* A new host on the same file, as after a restart or a crash. Returns the verdict of `open`. */
int32_t reopen(void);

/* Delivers the events from `first` on, in one batch. Returns the verdict. */
int32_t deliver(uint32_t first, uint32_t count);
int32_t deliver_flagged(uint32_t first, uint32_t count, uint32_t flags);

/* Delivers a batch of the test's own; the reply is as fake_reply_reset left it. */
struct affn_batch;
int32_t deliver_batch(const struct affn_batch *batch);

/* The header row of the own columns, and a row of them without a NUL, of which it gives the length. */
#define ROW_HEADER "Event ID,Event,Affiliate ID,E-mail,Deep link,Occurred at,Status\r\n"
struct affn_event;
size_t own_row(const struct affn_event *event, char *text);

/* The row of an event, in static memory. */
const char *row(uint32_t number);

/* Expects the header and the rows of `count` events from `first` on, and no other byte. */
void expect_rows(uint32_t first, uint32_t count);
void expect_rows_in(const char *name, uint32_t first, uint32_t count);

/* Expects just this in a file of the directory. */
void expect_file(const char *name, const char *text);

/* Nothing to deliver for a second. */
void idle(void);

/* Expects what the reply says, behind the path, and the remedy. */
void expect_what(const char *end, const char *remedy);

/* "the user root": who runs the test. In static memory. */
const char *user(void);

/* Appends to the file, as somebody else. */
void put(const char *bytes, size_t length);
void put_text(const char *text);

off_t size_of_file(void);

#endif
