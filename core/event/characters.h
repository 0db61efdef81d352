/*
 * What no value of an event may hold: bytes that are not UTF-8, control characters, and the two
 * characters that JSON would have to escape. Pure, and free of libraries.
 */
#ifndef AFFN_EVENT_CHARACTERS_H
#define AFFN_EVENT_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event/event.h"

/* The double quote and the backslash. */
bool character_needs_escape(uint32_t character);

/*
 * 0, or -1 with the refusal of the first character that is not UTF-8, a control character (C0, DEL,
 * C1), or forbidden in this field; `remedy` says what to do about a forbidden one.
 */
int characters_check(const char *field, const char *text, size_t length,
                     bool (*is_forbidden)(uint32_t character), const char *remedy,
                     struct refusal *refusal);

/* The refusal of a control character at this byte, counted from 0; -1. */
int characters_refuse_control(const char *field, uint32_t character, size_t at,
                              struct refusal *refusal);

#endif
