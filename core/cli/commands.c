/* See commands.h. */
#include "core/cli/commands.h"

#include <stddef.h>

#include "core/cli/command.h"

const struct command *const command_list[] = {
    &command_emit,    &command_status,   &command_trace,   &command_events, &command_dead,
    &command_replay,  &command_hold,     &command_resume,  &command_skip,   &command_forget,
    &command_id,      &command_check,    &command_reload,  &command_render, &command_test,
    &command_plugins, &command_describe, &command_refused, &command_roster, &command_reconcile,
    &command_keygen,  &command_seal,     &command_config,  &command_init,   NULL,
};
