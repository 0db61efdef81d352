/*
 * `affnotifyd --config-show`: the effective configuration as JSON, each value with where it comes
 * from, and of secrets no more than may be shown. Told in core/wire/README.md.
 */
#ifndef AFFN_BUS_CONFIG_SHOW_H
#define AFFN_BUS_CONFIG_SHOW_H

/* Of one sink, or of all there is for NULL. The exit status is 1 when there is nothing to show. */
int config_show_main(const char *config_path, const char *sink_name);

#endif
