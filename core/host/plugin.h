/*
 * A loaded plugin, in the shape of this host's own structs: what an older plugin does not have is
 * zero. Made by loader.c and descriptor.c; everybody else only reads it.
 */
#ifndef AFFN_HOST_PLUGIN_H
#define AFFN_HOST_PLUGIN_H

#include <affnotify/notice.h>
#include <affnotify/request.h>
#include <affnotify/sink.h>
#include <stdbool.h>

struct plugin {
    void *library;                   /* of dlopen */
    struct affn_sink sink;           /* .options is NULL: see below */
    struct affn_option *options;     /* sink.option_count rows of our own size */
    bool requests;                   /* it makes requests instead of delivering itself */
    struct affn_requester requester; /* only then */
    bool renders;                    /* it can show what it would deliver */
    struct affn_renderer renderer;   /* only then */
    bool notifies;                   /* it can tell an operator of another sink */
    struct affn_notifier notifier;   /* only then */
};

#endif
