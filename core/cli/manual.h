/*
 * Manual pages: man(7) source out of a template and the tables that the programs themselves read, so
 * that a page cannot tell of an option that is not there, nor leave one out.
 *
 * A line of the template that holds nothing but one of these is replaced:
 *
 *   @TITLE@            the head of a plugin's page and its NAME section
 *   @SYNOPSIS@         the least that a section with this plugin must hold
 *   @OPTIONS@          the plugin's own options
 *   @REQUEST_OPTIONS@  those of every sink that makes requests; nothing for another sink
 *   @SINK_OPTIONS@     those of every sink, with this plugin's defaults
 *   @SINK_KEYS@        the same with the defaults that hold for every plugin
 *   @BUS_KEYS@         the keys of [bus]
 *   @COMMANDS@         the commands of affnotify, with their options
 *
 * and @VERSION@ is replaced anywhere. Whatever else stands there is copied.
 */
#ifndef AFFN_CLI_MANUAL_H
#define AFFN_CLI_MANUAL_H

#include <stdio.h>

#include <jansson.h>

struct error;

/* The template of a plugin that brings none. */
extern const char manual_template[];

/*
 * Prints the page; answer is that of `describe`. Fails, and names the line, for a word between @
 * that is none of the above.
 */
int manual_print(FILE *out, const char *template, const json_t *answer, struct error *error);

#endif
