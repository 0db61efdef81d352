/*
 * One file or folder, as a survey sees it: who may read it, and whether we can. Says what it finds at the
 * place that names it; makes and changes nothing.
 */
#ifndef AFFN_BUS_SURVEY_FILE_H
#define AFFN_BUS_SURVEY_FILE_H

#include <stdbool.h>

struct mistakes;
struct place;

/* The folder of the journal. One that is not there is fine: the bus makes it. */
void survey_file_state(const char *path, const struct place *place, struct mistakes *mistakes);

/* A file that holds a secret: warns of others who may have it. Silent when it is none. */
void survey_file_secret(const char *path, const struct place *place, struct mistakes *mistakes);

/* A file that is read: whether it can be. */
bool survey_file_read(const char *path, const struct place *place, struct mistakes *mistakes);

/*
 * A file that a sink writes: whether it can be written, or made when it is not there. Its folder may be the
 * state folder, which the bus makes.
 */
void survey_file_written(const char *path, const char *state, const struct place *place,
                         struct mistakes *mistakes);

/* The path without links, `.` and `..`, whether the file is there or not; to be freed. */
char *survey_file_real(const char *path);

#endif
