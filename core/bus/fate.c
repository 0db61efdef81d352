/* See fate.h. */
#include "core/bus/fate.h"

#include "affnotify/sink.h"

enum fate fate_of(const struct fate_attempt *attempt)
{
    if (attempt->verdict == AFFN_DELIVERED)
        return FATE_DELIVERED;
    if (attempt->retries == 0)
        return FATE_DEAD;
    switch (attempt->verdict) {
    case AFFN_REFUSED:
        return attempt->own ? FATE_DEAD : FATE_SINGLY;
    case AFFN_DOWN:
        return FATE_AGAIN;
    case AFFN_MISSET:
        if (!attempt->own)
            return FATE_SINGLY;
        return attempt->got_through ? FATE_DEAD : FATE_AGAIN;
    default:
        return attempt->attempts < attempt->retries ? FATE_LATER : FATE_DEAD;
    }
}
