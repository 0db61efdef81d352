/*
 * Whether the door can serve with its certificate and its key, and for how long: what `check` and a
 * reload must find before the door does. Reads both files; nothing of the key is kept.
 */
#ifndef AFFN_BUS_DOOR_CERTIFICATE_H
#define AFFN_BUS_DOOR_CERTIFICATE_H

#include <stdint.h>

struct config;
struct fingerprint_list;
struct mistakes;

/*
 * Adds what is wrong to mistakes, at `tls_certificate` or `tls_key` of [bus], and what the files hold
 * to the list. A key that is not set is passed over.
 */
void door_certificate_check(const struct config *config, int64_t now_unix_ms,
                            struct fingerprint_list *list, struct mistakes *mistakes);

#endif
