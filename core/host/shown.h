/*
 * What of a request may be shown: its URL and its header lines, with what is secret in them masked
 * by where it stands, and other known secrets blotted out. Pure. Called by rendering.c and
 * conversation.c.
 */
#ifndef AFFN_HOST_SHOWN_H
#define AFFN_HOST_SHOWN_H

struct blot;
struct request;

/* To be freed. A secret URL is shown as https://HOST/••••. `known` are the sink's secrets. */
char *shown_url(const struct request *request, const struct blot *known);

/* A header line, of the request or as libcurl sends it; without a line end. To be freed. */
char *shown_line(const struct request *request, const struct blot *known, const char *line);

#endif
