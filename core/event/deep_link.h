/*
 * Deep links: absolute URIs (RFC 3986) and IRIs (RFC 3987) of any scheme. Pure, and free of
 * libraries.
 */
#ifndef AFFN_EVENT_DEEP_LINK_H
#define AFFN_EVENT_DEEP_LINK_H

#include "core/event/event.h"

/*
 * 0 for a link or the empty string; -1 with the refusal, whose field is "deep_link". Looks at the
 * scheme, the characters and the percent signs; the rest belongs to the scheme.
 */
int deep_link_check(const char *text, struct refusal *refusal);

#endif
