/*
 * A file that a sink writes: whether it ever can, and whether it is affnotify's own. Makes and changes
 * nothing.
 */
#ifndef AFFN_BUS_SURVEY_WRITTEN_H
#define AFFN_BUS_SURVEY_WRITTEN_H

struct config;
struct mistakes;
struct place;

/*
 * Whether it can be written, or made when it is not there. Its folder may be the state folder, which the bus
 * makes.
 */
void survey_written(const char *path, const struct config *config, const struct place *place,
                    struct mistakes *mistakes);

/* The path without links, `.` and `..`, whether the file is there or not; to be freed. */
char *survey_written_real(const char *path);

/* The same text for every name of one file; to be freed. */
char *survey_written_identity(const char *path);

#endif
