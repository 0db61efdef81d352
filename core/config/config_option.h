/*
 * The configuration's file in a command that somebody is told to type: with the path that is in use, so
 * that it can be copied as it stands. Pure.
 */
#ifndef AFFN_CONFIG_CONFIG_OPTION_H
#define AFFN_CONFIG_CONFIG_OPTION_H

/* What `affnotify seal` and `affnotify init` take without -c. */
#define CONFIG_PATH_DEFAULT "/etc/affnotify/affnotify.ini"

/* " -c PATH", quoted for a shell where it needs it, or "" for the default and for NULL; to be freed. */
char *config_option(const char *path);

/* Where the key of a configuration lies that has none yet: beside it, called after it; to be freed. */
char *config_key_path(const char *path);

/* A path as a shell takes it; to be freed. */
char *config_quoted(const char *path);

#endif
