/*
 * What tests of the smtp sink share: options by name, events with hostile values, a request that
 * keeps the two parts of the mail apart, and golden files of what was described.
 */
#ifndef SMTP_FIXTURE_H
#define SMTP_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include <affnotify/notice.h>

#include "fake_host.h"

/* The sink's struct. */
extern char *smtp_self;

/* The parts of the mail described last. */
extern char smtp_plain[256 * 1024];
extern char smtp_page[256 * 1024];

/* What every test begins with: a sink without options, the fake host emptied. */
void smtp_reset(void);
void smtp_set(const char *option, const char *value);
void smtp_choose(const char *option, int32_t choice);

/* The options of most tests, and then `open`. */
void smtp_open_example(void);

/* prepare with these events: the sink must send; checks each header's bytes. Returns `taken`. */
uint32_t smtp_prepare(const struct affn_event *events, uint32_t count);

/* The same with a notice. */
void smtp_prepare_notice(const struct affn_notice *notice);

/*
 * Compares text with the golden file of this name, or writes the file when the environment has
 * AFFN_GOLDEN_WRITE=1.
 */
void smtp_expect_golden(const char *name, const char *text);

#endif
