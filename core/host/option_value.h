/*
 * One option's text to its typed value, by the option's row. Pure. Called for defaults when a
 * plugin is loaded (descriptor.c) and for the values of the section (options.c).
 */
#ifndef AFFN_HOST_OPTION_VALUE_H
#define AFFN_HOST_OPTION_VALUE_H

#include <affnotify/sink.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct option_value {
    int64_t number; /* AFFN_INT, AFFN_SIZE, AFFN_DURATION */
    int32_t small;  /* AFFN_BOOL, AFFN_CHOICE */
    char *text;     /* AFFN_STRING, AFFN_URL, AFFN_PATH: a copy */
    char **items;   /* AFFN_LIST: copies; NULL when there are none */
    uint32_t count;
};

/*
 * 0, or -1 with a sentence that does not name the option, and does not show the value of one with
 * AFFN_SECRET. AFFN_MAP has no value as a whole and must not come here.
 */
int option_value_parse(const struct affn_option *option, const char *text,
                       struct option_value *value, struct error *error);
void option_value_finish(struct option_value *value);

/* The size and alignment of a member of this type; 0 for an unknown type. */
size_t option_member_bytes(uint32_t type);
size_t option_member_alignment(uint32_t type);

#endif
