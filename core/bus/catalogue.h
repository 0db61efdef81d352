/*
 * `affnotifyd --plugins` and `--describe NAME`: what plugins there are and what they say of
 * themselves. Each file is loaded in a host of its own, as far as its description, so that one that
 * crashes, hangs or is no plugin spoils nothing. Prints one JSON object.
 */
#ifndef AFFN_BUS_CATALOGUE_H
#define AFFN_BUS_CATALOGUE_H

/* config_path may be NULL: then there are the built-in plugins. Each returns the exit status. */
int catalogue_list(const char *config_path);

/* name is a plugin's, the path of a .so, or a sink's, whose plugin is then meant. */
int catalogue_describe(const char *config_path, const char *name);

#endif
