/*
 * The elements of an array of which one, at least, is no JSON: where each begins and ends, so that
 * the others are not lost with it. Pure. Called by ingest_lines.c.
 */
#ifndef AFFN_HTTP_ELEMENTS_H
#define AFFN_HTTP_ELEMENTS_H

#include <stddef.h>

struct element {
    const char *text; /* without blanks around it; part of the array's */
    size_t bytes;
};

/*
 * How many elements there are, and the first `max` of them. -1 when nobody can say: the text is no
 * array, its brackets or quotes do not close, or an element is empty.
 */
int elements_find(const char *json, size_t bytes, struct element *elements, int max);

#endif
