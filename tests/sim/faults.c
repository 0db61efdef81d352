/* See faults.h. */
#include "tests/sim/faults.h"

#include "tests/sim/story.h"

uint64_t fault_counts[FAULTS];

const char *fault_name(enum fault fault)
{
    static const char *const names[FAULTS] = {
        [FAULT_START_IMPOSSIBLE] = "no process can be started",
        [FAULT_DEATH_AT_START] = "host dies before its handshake",
        [FAULT_NOT_LOADED] = "plugin cannot be loaded",
        [FAULT_HANG_AT_START] = "host hangs in its handshake",
        [FAULT_NOT_OPENED] = "plugin does not open",
        [FAULT_DEATH_AT_OPEN] = "host dies as it opens",
        [FAULT_HANG_AT_OPEN] = "host hangs as it opens",
        [FAULT_RETRY] = "RETRY",
        [FAULT_RETRY_AFTER] = "RETRY with Retry-After",
        [FAULT_TOO_MANY] = "RETRY with 429",
        [FAULT_REFUSED] = "REFUSED",
        [FAULT_DOWN] = "DOWN",
        [FAULT_MISSET] = "MISSET",
        [FAULT_EACH_ITS_OWN] = "a verdict for each event",
        [FAULT_PART_TAKEN] = "part of a batch taken",
        [FAULT_GIVEN_BACK] = "a batch given back unbegun",
        [FAULT_DEATH_BEFORE] = "host dies as it is given a batch",
        [FAULT_DEATH_WHILE] = "host dies while it delivers",
        [FAULT_DEATH_AFTER] = "host dies right after its answer",
        [FAULT_DEATH_IDLE] = "host dies at any moment",
        [FAULT_EVENT_KILLS] = "an event kills each host",
        [FAULT_SOCKET_CLOSED_FIRST] = "socket closed, then death",
        [FAULT_SOCKET_CLOSED_ONLY] = "socket closed and no death",
        [FAULT_EXIT] = "host ends by itself",
        [FAULT_HANG] = "no answer ever",
        [FAULT_SLOW] = "answer close to the timeout",
        [FAULT_TWICE] = "a verdict twice",
        [FAULT_UNKNOWN_BATCH] = "a verdict for an unknown batch",
        [FAULT_WRONG_COUNT] = "a verdict for more events than were given",
        [FAULT_MALFORMED] = "a frame with fields missing",
        [FAULT_TORN] = "half a frame, then death",
        [FAULT_SOCKET_FULL] = "socket full",
        [FAULT_KILLED_FOR_OVERRUN] = "killed for overrun",
        [FAULT_NO_END] = "host does not end when asked",
        [FAULT_DEATH_AT_END] = "host dies when asked to end",
        [FAULT_DISK_BUSY] = "SQLite: BUSY",
        [FAULT_DISK_FULL] = "SQLite: FULL",
        [FAULT_DISK_WRITE] = "SQLite: a write fails",
        [FAULT_DISK_SYNC] = "SQLite: a sync fails",
        [FAULT_DISK_READ] = "SQLite: a read fails",
        [FAULT_CLOCK_FORWARD] = "clock set forward",
        [FAULT_CLOCK_BACK] = "clock set back",
        [FAULT_STANDSTILL] = "bus stands still",
        [FAULT_MONTHS] = "machine off for months",
        [FAULT_BUS_KILLED] = "bus killed between turns",
        [FAULT_BUS_KILLED_WRITING] = "bus killed in a write",
        [FAULT_BUS_STOPPED] = "bus stopped",
        [FAULT_BUS_NOT_STARTED] = "bus cannot start",
        [FAULT_CONFIG_CHANGED] = "sink changed",
        [FAULT_CONFIG_RENAMED] = "sink renamed",
        [FAULT_CONFIG_REMOVED] = "sink removed",
        [FAULT_CONFIG_ADDED] = "sink added",
        [FAULT_RELOAD] = "configuration reloaded",
        [FAULT_RELOAD_MISTAKE] = "reload of a configuration with a mistake",
        [FAULT_RELOAD_QUEUED] = "reload while another runs",
        [FAULT_CHECK_DIES] = "check before a reload dies",
        [FAULT_CHECK_HANGS] = "check before a reload hangs",
        [FAULT_EVENT_TWICE] = "event sent twice",
        [FAULT_EVENT_OLD] = "event is old",
        [FAULT_BURST] = "burst of events",
        [FAULT_CLIENT_GONE] = "client leaves before its answer",
        [FAULT_UNAVAILABLE] = "sender is told to come again",
        [FAULT_HOLD] = "hold",
        [FAULT_RESUME] = "resume",
        [FAULT_SKIP] = "skip",
        [FAULT_SKIP_UNTIL] = "skip --until",
        [FAULT_REPLAY] = "replay",
        [FAULT_REPLAY_DEAD] = "replay --dead",
        [FAULT_REPLAY_SUPERSEDED] = "replay --superseded",
        [FAULT_REPLAY_TO_OTHER] = "replay --to",
        [FAULT_DROP] = "drop",
        [FAULT_COMMAND_REFUSED] = "command refused",
        [FAULT_COMMAND_FAILED] = "command failed at the disk",
    };
    return names[fault];
}

void fault_fired(enum fault fault)
{
    fault_counts[fault]++;
    story_tell("    * %s", fault_name(fault));
}
