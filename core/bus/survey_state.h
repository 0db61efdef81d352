/*
 * The state folder: who may get at it, whether the bus can make it, and write what is in it. Makes and
 * changes nothing.
 */
#ifndef AFFN_BUS_SURVEY_STATE_H
#define AFFN_BUS_SURVEY_STATE_H

struct config;
struct mistakes;
struct place;

void survey_state(const struct config *config, const struct place *place,
                  struct mistakes *mistakes);

#endif
