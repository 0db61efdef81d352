/* The two clocks. Code that decides takes `now` as an argument and never asks them itself. */
#ifndef AFFN_BASE_CLOCK_H
#define AFFN_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since some fixed moment; never jumps. For deadlines and delays. */
int64_t clock_mono_ms(void);

/* The same clock in microseconds, for what is measured. */
int64_t clock_mono_us(void);

/* Milliseconds since 1970-01-01T00:00:00Z. For what people and journals read. */
int64_t clock_unix_ms(void);

#endif
