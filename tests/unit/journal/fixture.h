/* A journal in a directory of its own, and short ways to fill it and to ask it. */
#ifndef AFFN_TESTS_JOURNAL_FIXTURE_H
#define AFFN_TESTS_JOURNAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core/base/error.h"
#include "core/journal/journal.h"

#define BOTH_TYPES (1u << EVENT_CREATED | 1u << EVENT_DEACTIVATED)

struct scene {
    char directory[64];
    char path[96];
    struct journal *journal;
    struct error error;
};

/* For cmocka_unit_test_setup_teardown: an open, empty journal. */
int scene_setup(void **state);
int scene_teardown(void **state);

/* Closes and opens again. */
void scene_reopen(struct scene *scene);

void scene_begin(struct scene *scene);
void scene_commit(struct scene *scene);

/*
 * Appends the event number n of this e-mail, received at n seconds, and gives its seq. Events of
 * the same n have the same ID.
 */
int64_t scene_append(struct scene *scene, int n, enum event_type type, const char *email);

/* The same with all that an affiliate is made of. */
struct arrival scene_append_as(struct scene *scene, int n, enum event_type type, const char *email,
                               const char *affiliate_id, const char *deep_link);

/*
 * So many more, each of the number that is its seq: of affiliates a, b and c in turn, created and
 * deactivated in turn. In a transaction of their own.
 */
void scene_append_more(struct scene *scene, int count);

void scene_event_id(int n, char id[EVENT_ID_SIZE]);

/* The event with this seq as the bus would hold it, without its bytes. */
struct journal_event scene_event(struct scene *scene, int64_t seq);

/*
 * "1@500w 2b 4wA": the numbers of events that scene_append made, when they are due unless that is 0,
 * b for blocked, w for waiting, A for alone. Valid until the next call. Frees the events.
 */
const char *scene_describe(struct journal_event *events, int count);

struct journal_sink scene_sink(struct scene *scene, const char *name);
int64_t scene_open_sink(struct scene *scene, const char *name, uint32_t mask);

/* In a transaction that is open already. */
void scene_settle(struct scene *scene, int64_t sink, int64_t seq, enum settled_as as);
void scene_wait(struct scene *scene, int64_t sink, int64_t seq, bool alone);

/* Puts it aside after its first attempt, to be tried again then. */
void scene_wait_until(struct scene *scene, int64_t sink, int64_t seq, int64_t due_unix_ms);

/* Asks through the journal's own connection for one number. */
int64_t scene_number(struct scene *scene, const char *sql);

/* "journal PATH: SENTENCE" must be the error. */
void scene_expect_error(struct scene *scene, const char *sentence);

#endif
