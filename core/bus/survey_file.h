/*
 * One file that is read, as a survey sees it: who may read it, and whether we can. Says what it finds at the
 * place that names it; makes and changes nothing.
 */
#ifndef AFFN_BUS_SURVEY_FILE_H
#define AFFN_BUS_SURVEY_FILE_H

#include <stdbool.h>

struct mistakes;
struct place;

/* A file that holds a secret: warns of others who may have it. Silent when it is none. */
void survey_file_secret(const char *path, const struct place *place, struct mistakes *mistakes);

/* A file that is read: whether it can be. */
bool survey_file_read(const char *path, const struct place *place, struct mistakes *mistakes);

#endif
