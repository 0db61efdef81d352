/*
 * The host of a trial, led through the frames of core/wire/message.h, a batch at a time:
 *
 *     handshake ──► opening ──► working ──► closing
 *         └────────────────────────▲          (render of a sink that delivers itself is not opened)
 *
 * What it says becomes the trial's answer. trial.c prepares the rest.
 */
#ifndef AFFN_BUS_TRIAL_HOST_H
#define AFFN_BUS_TRIAL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bus/handshake.h"
#include "core/bus/look.h"
#include "core/bus/trial.h"
#include "core/bus/trial_answer.h"
#include "core/bus/trial_events.h"

struct error;

enum trial_stage {
    STAGE_HANDSHAKE,
    STAGE_OPENING,
    STAGE_WORKING,
    STAGE_CLOSING, /* all is said; the plugin may close */
    STAGE_DONE,    /* nothing more is expected */
};

struct trial {
    enum trial_kind kind;
    struct handshake handshake;
    struct sink_tuning tuning;
    bool makes_requests;
    struct look look;
    enum trial_stage stage;
    struct trial_events events;
    size_t done;           /* events that were answered for */
    uint32_t asked;        /* events of the batch that the host has */
    uint32_t batch;        /* its number */
    bool takes_notices;    /* its plugin does */
    int64_t begun_mono_ms; /* of the stage, or the batch */
    struct trial_answer answer;
};

/* Whether something is sent, and the conversation told. */
bool trial_is_test(const struct trial *trial);

/* Whether the sink's section has mistakes. */
bool trial_has_mistakes(const struct trial *trial);

/* Runs a host to its end: what it said is in the answer, mistakes are in the handshake's. */
int trial_host_run(struct trial *trial, struct error *error);

#endif
