/*
 * RENDER: shows what a batch would make the sink send, and sends nothing. For a sink that makes
 * requests, `prepare` tells; for any other, its extension AFFN_RENDER. Secrets are masked, all else
 * is shown byte for byte. Called by host.c in a trial.
 */
#ifndef AFFN_HOST_RENDERING_H
#define AFFN_HOST_RENDERING_H

struct batch;
struct blot;
struct link;
struct plugin;

/* Each sends one RENDERED for a batch that was started. `secrets` are the sink's. */
void rendering_of_request(const struct plugin *plugin, void *self, const struct batch *batch,
                          const struct blot *secrets, struct link *link);
void rendering_of_text(const struct plugin *plugin, const void *self, const struct batch *batch,
                       const struct blot *secrets, struct link *link);

#endif
