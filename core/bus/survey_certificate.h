/* The certificate that a sink shows to its far side: whether it can be used with its key, and how long. */
#ifndef AFFN_BUS_SURVEY_CERTIFICATE_H
#define AFFN_BUS_SURVEY_CERTIFICATE_H

#include <stdint.h>

struct mistakes;
struct place;

/*
 * Reads both PEM files, which may be one: then key_path is certificate_path. What is wrong is added at
 * the place of the one that it is about. Nothing of the key is kept, or said.
 */
void survey_certificate(const char *certificate_path, const struct place *certificate_place,
                        const char *key_path, const struct place *key_place, int64_t now_unix_ms,
                        struct mistakes *mistakes);

#endif
