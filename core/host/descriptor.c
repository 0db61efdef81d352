/* See descriptor.h. */
#include "core/host/descriptor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/host/option_value.h"
#include "core/host/sentences.h"

#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* How large each struct must be at least for ABI 1, and how large it may be for our revision. */
struct size_rule {
    const char *name;
    uint32_t stated;
    size_t least;
    size_t most;
};

static int check_sizes(const struct size_rule *rules, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct size_rule *rule = &rules[i];
        if (rule->stated < rule->least || rule->stated > rule->most || rule->stated % 4 != 0)
            return error_set(error, SAY_SIZE, rule->name, rule->stated, AFFN_REVISION);
    }
    return 0;
}

static int check_stamp(const struct affn_sink *raw, struct error *error)
{
    if (raw->abi != AFFN_ABI)
        return error_set(error, SAY_ABI, raw->abi, AFFN_ABI);
    if (raw->revision > AFFN_REVISION)
        return error_set(error, SAY_LATER_REVISION, raw->revision, AFFN_ABI, AFFN_REVISION,
                         AFFN_REVISION);
    if (raw->revision == 0)
        return error_set(error, SAY_REVISION_0);
    const struct size_rule rules[] = {
        {"sink_bytes", raw->sink_bytes, END_OF(struct affn_sink, deliver), sizeof *raw},
        {"option_bytes", raw->option_bytes, END_OF(struct affn_option, offset),
         sizeof(struct affn_option)},
        {"event_bytes", raw->event_bytes, sizeof(char *), sizeof(struct affn_event)},
        {"batch_bytes", raw->batch_bytes, sizeof(char *), sizeof(struct affn_batch)},
        {"reply_bytes", raw->reply_bytes, sizeof(char *), sizeof(struct affn_reply)},
        {"host_bytes", raw->host_bytes, sizeof(char *), sizeof(struct affn_host)},
    };
    return check_sizes(rules, sizeof rules / sizeof *rules, error);
}

/* The form that names of plugins and options have: a-z, 0-9 and _, beginning with a letter. */
static bool is_name(const char *name)
{
    size_t length = strlen(name);
    size_t legal = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return legal == length && length > 0 && length < NAME_BYTES_MAX && *name >= 'a' && *name <= 'z';
}

/* One line of something that can be read. */
static bool is_sentence(const char *text)
{
    if (!text || !*text || strlen(text) >= TEXT_BYTES_MAX)
        return false;
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

/* Whether `word` is one of `words`, which have blanks between. */
static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length) {
        bool begins = at == words || at[-1] == ' ';
        bool ends = at[length] == '\0' || at[length] == ' ';
        if (length > 0 && begins && ends)
            return true;
    }
    return false;
}

static int check_identity(const struct affn_sink *sink, struct error *error)
{
    if (!sink->name || !is_name(sink->name))
        return error_set(error, SAY_PLUGIN_NAMED, sink->name ? sink->name : "", NAME_BYTES_MAX - 1);
    if (!is_sentence(sink->version) || strlen(sink->version) >= NAME_BYTES_MAX)
        return error_set(error, SAY_VERSION, NAME_BYTES_MAX - 1);
    if (!is_sentence(sink->summary))
        return error_set(error, SAY_SUMMARY);
    if (sink->defaults && *sink->defaults && !is_sentence(sink->defaults))
        return error_set(error, SAY_DEFAULTS);
    if (sink->self_bytes > PLUGIN_SELF_BYTES_MAX)
        return error_set(error, SAY_SELF_BYTES, sink->self_bytes, PLUGIN_SELF_BYTES_MAX);
    if (sink->option_count > PLUGIN_OPTIONS_MAX)
        return error_set(error, SAY_OPTION_COUNT, sink->option_count, PLUGIN_OPTIONS_MAX);
    if (sink->option_count > 0 && !sink->options)
        return error_set(error, SAY_OPTIONS_NULL, sink->option_count);
    return 0;
}

static int check_option_name(const struct plugin *plugin, uint32_t index, struct error *error)
{
    const char *name = plugin->options[index].name;
    if (!name || !is_name(name))
        return error_set(error, SAY_OPTION_NAMED, index, name ? name : "", NAME_BYTES_MAX - 1);
    for (uint32_t i = 0; i < index; i++) {
        if (text_equal(plugin->options[i].name, name))
            return error_set(error, SAY_OPTION_TWICE, name);
    }
    if (has_word(AFFN_RESERVED_KEYS, name))
        return error_set(error, SAY_OPTION_RESERVED, name);
    if (plugin->requests && has_word(AFFN_RESERVED_REQUEST_KEYS, name))
        return error_set(error, SAY_OPTION_RESERVED_REQUEST, name);
    if (plugin->options[index].type == AFFN_MAP && text_equal(name, "bus"))
        return error_set(error, SAY_OPTION_BUS);
    return 0;
}

static int check_option_place(const struct affn_sink *sink, const struct affn_option *option,
                              struct error *error)
{
    size_t bytes = option_member_bytes(option->type);
    if (bytes == 0)
        return error_set(error, SAY_OPTION_TYPE, option->name, option->type);
    if (option->flags & ~(AFFN_REQUIRED | AFFN_SECRET | AFFN_DEPRECATED | AFFN_WRITTEN | AFFN_RARE))
        return error_set(error, SAY_OPTION_FLAGS, option->name, option->flags);
    if (option->flags & AFFN_WRITTEN && option->type != AFFN_PATH)
        return error_set(error, SAY_OPTION_WRITTEN, option->name);
    if (option->offset % option_member_alignment(option->type) != 0)
        return error_set(error, SAY_OPTION_ALIGNMENT, option->name, option->offset);
    if (option->offset > sink->self_bytes || bytes > sink->self_bytes - option->offset)
        return error_set(error, SAY_OPTION_OUTSIDE, option->name, option->offset, sink->self_bytes);
    return 0;
}

static int check_choices(const struct affn_option *option, struct error *error)
{
    if (option->type != AFFN_CHOICE && option->choices)
        return error_set(error, SAY_CHOICES_OF_OTHER, option->name);
    if (option->type != AFFN_CHOICE)
        return 0;
    if (!option->choices || !option->choices[0])
        return error_set(error, SAY_NO_CHOICES, option->name);
    for (const char *const *choice = option->choices; *choice; choice++) {
        if (!is_sentence(*choice) || strpbrk(*choice, " ,"))
            return error_set(error, SAY_CHOICE_WORD, option->name);
    }
    return 0;
}

static int check_bounds(const struct affn_option *option, struct error *error)
{
    bool bounded = option->min != 0 || option->max != 0;
    bool number =
        option->type == AFFN_INT || option->type == AFFN_SIZE || option->type == AFFN_DURATION;
    if (bounded && !number)
        return error_set(error, SAY_BOUNDS_OF_OTHER, option->name);
    if (option->min > option->max)
        return error_set(error, SAY_BOUNDS_CROSSED, option->name);
    return 0;
}

static int check_fallback(const struct affn_option *option, struct error *error)
{
    if (!option->fallback)
        return 0;
    if (option->type == AFFN_MAP)
        return error_set(error, SAY_MAP_DEFAULT, option->name);
    struct option_value value;
    int result = option_value_parse(option, option->fallback, &value, error);
    option_value_finish(&value);
    return result < 0 ? error_prefix(error, SAY_OPTION_DEFAULT, option->name) : 0;
}

static int check_option(const struct plugin *plugin, uint32_t index, struct error *error)
{
    const struct affn_option *option = &plugin->options[index];
    if (check_option_name(plugin, index, error) < 0 ||
        check_option_place(&plugin->sink, option, error) < 0)
        return -1;
    if (!is_sentence(option->help))
        return error_set(error, SAY_OPTION_HELP, option->name);
    if (check_choices(option, error) < 0 || check_bounds(option, error) < 0)
        return -1;
    return check_fallback(option, error);
}

/* How it delivers: by itself or by requests, but not by both. */
static int read_requester(struct plugin *plugin, struct error *error)
{
    const struct affn_sink *sink = &plugin->sink;
    const struct affn_requester *raw = sink->extension ? sink->extension(AFFN_REQUEST) : NULL;
    if (!raw && !sink->deliver)
        return error_set(error, SAY_NO_DELIVERY, AFFN_REQUEST);
    if (raw && sink->deliver)
        return error_set(error, SAY_TWO_DELIVERIES, AFFN_REQUEST);
    if (!raw)
        return 0;
    const struct size_rule rules[] = {
        {"requester_bytes", raw->requester_bytes, END_OF(struct affn_requester, prepare),
         sizeof *raw},
        {"request_bytes", raw->request_bytes, sizeof(char *), sizeof(struct affn_request)},
        {"response_bytes", raw->response_bytes, sizeof(char *), sizeof(struct affn_response)},
    };
    if (check_sizes(rules, sizeof rules / sizeof *rules, error) < 0)
        return error_prefix(error, AFFN_REQUEST);
    memcpy(&plugin->requester, raw, raw->requester_bytes);
    if (!plugin->requester.prepare)
        return error_set(error, SAY_PREPARE_NULL, AFFN_REQUEST);
    plugin->requests = true;
    return 0;
}

/* How it shows what it would deliver, when the host cannot see that by itself. */
static int read_renderer(struct plugin *plugin, struct error *error)
{
    const struct affn_sink *sink = &plugin->sink;
    const struct affn_renderer *raw = sink->extension ? sink->extension(AFFN_RENDER) : NULL;
    if (!raw)
        return 0;
    if (plugin->requests)
        return error_set(error, SAY_TWO_EXTENSIONS, AFFN_RENDER, AFFN_REQUEST);
    const struct size_rule rules[] = {
        {"renderer_bytes", raw->renderer_bytes, END_OF(struct affn_renderer, render), sizeof *raw},
    };
    if (check_sizes(rules, sizeof rules / sizeof *rules, error) < 0)
        return error_prefix(error, AFFN_RENDER);
    memcpy(&plugin->renderer, raw, raw->renderer_bytes);
    if (!plugin->renderer.render)
        return error_set(error, SAY_RENDER_NULL, AFFN_RENDER);
    plugin->renders = true;
    return 0;
}

/* How it tells of other sinks: in the way in which it delivers. */
static int read_notifier(struct plugin *plugin, struct error *error)
{
    const struct affn_sink *sink = &plugin->sink;
    const struct affn_notifier *raw = sink->extension ? sink->extension(AFFN_NOTICE) : NULL;
    if (!raw)
        return 0;
    const struct size_rule rules[] = {
        {"notifier_bytes", raw->notifier_bytes, END_OF(struct affn_notifier, conclude),
         sizeof *raw},
        {"notice_bytes", raw->notice_bytes, sizeof(char *), sizeof(struct affn_notice)},
    };
    if (check_sizes(rules, sizeof rules / sizeof *rules, error) < 0)
        return error_prefix(error, AFFN_NOTICE);
    struct affn_notifier *notifier = &plugin->notifier;
    memcpy(notifier, raw, raw->notifier_bytes);
    if (plugin->requests && !notifier->prepare)
        return error_set(error, SAY_NOTICE_PREPARE_NULL, AFFN_NOTICE);
    if (plugin->requests && notifier->deliver)
        return error_set(error, SAY_NOTICE_DELIVER_SET, AFFN_NOTICE);
    if (!plugin->requests && !notifier->deliver)
        return error_set(error, SAY_NOTICE_DELIVER_NULL, AFFN_NOTICE);
    if (!plugin->requests && (notifier->prepare || notifier->conclude))
        return error_set(error, SAY_NOTICE_PREPARE_SET, AFFN_NOTICE);
    plugin->notifies = true;
    return 0;
}

static void copy_options(struct plugin *plugin)
{
    const struct affn_sink *sink = &plugin->sink;
    plugin->options = memory_new(sink->option_count, sizeof *plugin->options);
    const char *row = (const char *)sink->options;
    for (uint32_t i = 0; i < sink->option_count; i++, row += sink->option_bytes)
        memcpy(&plugin->options[i], row, sink->option_bytes);
    plugin->sink.options = NULL;
}

int descriptor_read(const struct affn_sink *raw, struct plugin *plugin, struct error *error)
{
    if (check_stamp(raw, error) < 0)
        return -1;
    memcpy(&plugin->sink, raw, raw->sink_bytes);
    if (check_identity(&plugin->sink, error) < 0 || read_requester(plugin, error) < 0 ||
        read_renderer(plugin, error) < 0 || read_notifier(plugin, error) < 0)
        return -1;
    copy_options(plugin);
    for (uint32_t i = 0; i < plugin->sink.option_count; i++) {
        if (check_option(plugin, i, error) < 0)
            return -1;
    }
    return 0;
}

void descriptor_finish(struct plugin *plugin)
{
    free(plugin->options);
    plugin->options = NULL;
}
