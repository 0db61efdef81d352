/* See seal_doubt.h. */
#include "core/bus/seal_doubt.h"

#include <stdbool.h>
#include <stddef.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/bus/option_kind.h"
#include "core/bus/secret_shown.h"
#include "core/config/config.h"
#include "core/config/secret.h"
#include "core/wire/message.h"

/* Whether a URL in it says who logs in, as https://user:password@host/ does. */
static bool has_login(const char *value)
{
    char *without = secret_shown_plain(value);
    bool is_same = text_equal(value, without);
    memory_wipe_text(without);
    return !is_same;
}

/* Whether there is something that stands there as it is. */
static bool is_literal(const char *value)
{
    return *value && !config_is_blank(value) && !secret_is_reference(value);
}

static char *doubt_unknown(const struct message_table *table, const struct sink_config *sink,
                           const char *key, const char *value, const char *option)
{
    const char *nearest = option_kind_nearest(table, key);
    if (nearest && (option_kind_is_secret(table, nearest) || has_login(value)))
        return memory_format("was not sealed: there is no such key; did you mean `%s`?", nearest);
    if (nearest)
        return NULL; /* meant for one that is no secret */
    return memory_format(
        "was not sealed, and may be a secret: there is no such key; see `affnotify "
        "describe %s%s`",
        sink->name, option);
}

char *seal_doubt_url(const char *key, const char *value)
{
    if (!is_literal(value) || !has_login(value))
        return NULL;
    return memory_format("the URL says who logs in, and was not sealed: `%s` is no secret; take "
                         "that out of it, and write it below a key of its own",
                         key);
}

char *seal_doubt(const struct message_table *table, const struct sink_config *sink, const char *key,
                 const char *value, const char *option)
{
    if (!is_literal(value))
        return NULL;
    if (!table)
        return memory_text("was not sealed, and may be a secret: that is known once the plugin of "
                           "this section can be loaded; mend that and seal again");
    if (option_kind_knows(table, key))
        return seal_doubt_url(key, value);
    return doubt_unknown(table, sink, key, value, option);
}
