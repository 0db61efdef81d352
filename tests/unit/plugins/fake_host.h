/*
 * A host for tests of plugins: it keeps what a plugin logs, says and asks to be sent, as text that
 * a test compares as a whole. One host a test program; fake_host_reset between tests.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <affnotify/request.h>

/* What callbacks are given as `host`. Its clock stands still until fake_now_ms is changed. */
extern const struct affn_host fake_host;
extern int64_t fake_now_ms;

/* Whether it is a trial (AFFN_TRIAL). */
extern bool fake_trial;

/* The sink's own directory; NULL when it cannot be made. */
extern const char *fake_state_dir;

/* What was counted: "NAME NUMBER\n" for each call. */
extern char fake_counts[4096];

/* What was logged: "warning: TEXT\n" for each line. */
extern char fake_log[8192];

/* Mistakes and warnings of check: "mistake: url: TEXT\n", "warning: -: TEXT\n". */
extern struct affn_mistakes fake_mistakes;
extern char fake_mistakes_text[4096];

/* A reply, with what was set for single events: "0: 1: TEXT\n" (index, verdict). */
extern struct affn_reply fake_reply;
extern char fake_reply_sets[64 * 1024];

/* A request that writes down each call, a line each: "header webhook-id: evt_…\n". */
extern struct affn_request fake_request;
extern char fake_request_text[64 * 1024];

void fake_host_reset(void);

/* Empties the reply, as the host does before each callback. */
void fake_reply_reset(uint32_t count);

/* Where a plugin's option belongs in its struct; fails the program when it has no such option. */
void *fake_option(void *self, const char *name);

/* Fills the struct in as the host does with a section that says nothing. */
void fake_defaults(void *self);

/* An event with the ID "evt_" and `number` as 32 hex digits; its fields are the spec's example. */
struct affn_event fake_event(uint32_t number, char id[37]);

#endif
