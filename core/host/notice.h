/*
 * Notices: this sink's plugin tells an operator of another sink, by its extension AFFN_NOTICE. One
 * at a time. A sink that makes requests sends it beside the batches that are under way, in a slot of
 * its own; any other is called between two batches. Called by host.c; requests.c hands over the end
 * of the transfer.
 */
#ifndef AFFN_HOST_NOTICE_H
#define AFFN_HOST_NOTICE_H

#include <affnotify/notice.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/host/reply.h"

struct blot;
struct link;
struct plugin;
struct request;
struct transfer;
struct transfer_settings;

/* A zeroed struct has nothing to tell; host.c fills in the first members. */
struct notifying {
    const struct plugin *plugin;
    void *self;
    struct link *link;
    const struct blot *secrets;
    int64_t timeout_ms;
    bool trial;                               /* only tests are told */
    const struct transfer_settings *settings; /* of a sink that makes requests */

    bool busy; /* with this notice: */
    uint32_t number;
    int64_t started_ms;
    struct affn_notice face; /* what the plugin sees; it points into the frame */
    char *frame;
    struct reply reply;
    struct request *request; /* made when first needed */
    struct transfer *transfer;
    bool transferring; /* libcurl has the transfer */
};

void notice_finish(struct notifying *notifying);

/*
 * Takes the bytes of a NOTICE frame, which are copied; a request begins at once. False when they
 * are not well formed, when a notice is under way, and for a real one in a trial.
 */
bool notice_take(struct notifying *notifying, const char *bytes, size_t length);

/* In a sink that delivers by itself: tells what there is to tell. */
void notice_turn(struct notifying *notifying);

/* The end of a transfer, which libcurl still has: false when it is none of a notice's. */
bool notice_take_ended(struct notifying *notifying, CURL *easy, CURLcode result);

/* Forgets a notice that was not begun. */
void notice_drop(struct notifying *notifying);

#endif
