/* Each field of a description that can be wrong, with the sentence that says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <affnotify/request.h>
#include <string.h>

#include "core/base/error.h"
#include "core/host/descriptor.h"

struct self {
    const char *url;
    int64_t number;
    int32_t choice;
    struct affn_map map;
};

static int32_t deliver(void *self, const struct affn_batch *batch, struct affn_reply *reply)
{
    (void)self;
    (void)batch;
    (void)reply;
    return AFFN_DELIVERED;
}

static int32_t prepare(void *self, const struct affn_batch *batch, struct affn_request *request,
                       struct affn_reply *reply)
{
    (void)request;
    return deliver(self, batch, reply);
}

static struct affn_requester requester;

static const void *extension(const char *id)
{
    return strcmp(id, AFFN_REQUEST) == 0 ? &requester : NULL;
}

static void render(const void *self, const struct affn_batch *batch, struct affn_output *output)
{
    (void)self;
    (void)batch;
    (void)output;
}

static struct affn_renderer renderer;

static const void *rendering(const char *id)
{
    return strcmp(id, AFFN_RENDER) == 0 ? &renderer : NULL;
}

static const void *both(const char *id)
{
    return strcmp(id, AFFN_RENDER) == 0 ? (const void *)&renderer : extension(id);
}

static int32_t deliver_notice(void *self, const struct affn_notice *notice,
                              struct affn_reply *reply)
{
    (void)self;
    (void)notice;
    (void)reply;
    return AFFN_DELIVERED;
}

static int32_t prepare_notice(void *self, const struct affn_notice *notice,
                              struct affn_request *request, struct affn_reply *reply)
{
    (void)request;
    return deliver_notice(self, notice, reply);
}

static int32_t conclude_notice(void *self, const struct affn_notice *notice,
                               const struct affn_response *response, struct affn_reply *reply)
{
    (void)response;
    return deliver_notice(self, notice, reply);
}

static struct affn_notifier notifier;

static const void *notifying(const char *id)
{
    return strcmp(id, AFFN_NOTICE) == 0 ? &notifier : NULL;
}

static const void *requesting_and_notifying(const char *id)
{
    return strcmp(id, AFFN_NOTICE) == 0 ? (const void *)&notifier : extension(id);
}

static const char *const colours[] = {"red", "green", NULL};
static const char *const no_choices[] = {NULL};
static const char *const two_words[] = {"dark red", NULL};

/* A description in which all is right, for a test to break. */
static struct affn_option options[4];
static struct affn_sink sink;

static int make_right(void **state)
{
    (void)state;
    const struct affn_option right[] = {
        AFFN_OPT_URL(struct self, url, AFFN_REQUIRED, NULL, "Where to."),
        AFFN_OPT_INT(struct self, number, 0, "3", 1, 9, "A number."),
        AFFN_OPT_CHOICE(struct self, choice, 0, "red", colours, "A colour."),
        AFFN_OPT_MAP(struct self, map, 0, "A map."),
    };
    memcpy(options, right, sizeof options);
    requester = (struct affn_requester){AFFN_REQUESTER_STAMP, prepare, NULL};
    renderer = (struct affn_renderer){sizeof renderer, 0, render};
    notifier = (struct affn_notifier){AFFN_NOTIFIER_STAMP, deliver_notice, NULL, NULL};
    sink = (struct affn_sink){
        .self_bytes = sizeof(struct self),
        .option_count = 4,
        .options = options,
        .name = "right",
        .version = "1.0",
        .summary = "Is right.",
        .defaults = "retry=none",
        .deliver = deliver,
    };
    AFFN_STAMP_(&sink);
    return 0;
}

static void expect(const char *sentence)
{
    struct plugin plugin = {0};
    struct error error = {""};
    int result = descriptor_read(&sink, &plugin, &error);
    descriptor_finish(&plugin);
    assert_string_equal(error.text, sentence);
    assert_int_equal(result, *sentence ? -1 : 0);
    make_right(NULL);
}

static void right(void **state)
{
    (void)state;
    expect("");
    sink.deliver = NULL;
    sink.extension = extension;
    expect("");
    sink.options = NULL;
    sink.option_count = 0;
    sink.self_bytes = 0;
    sink.defaults = NULL;
    expect("");
}

static void stamp(void **state)
{
    (void)state;
    sink.abi = 0;
    expect("speaks ABI 0, but this affnotify speaks ABI 1: rebuild it");
    sink.revision = 7;
    expect("was built for revision 7 of ABI 1, but this affnotify knows only revision 1: update "
           "affnotify, or rebuild the plugin with AFFN_TARGET 1");
    sink.revision = 0;
    expect("states revision 0: let the macro AFFN_SINK describe it");
    sink.sink_bytes += 8;
    expect("sink_bytes is 136, which no revision up to 1 has: let the macros of affnotify/sink.h "
           "fill it in");
    sink.option_bytes = 56;
    expect("option_bytes is 56, which no revision up to 1 has: let the macros of affnotify/sink.h "
           "fill it in");
    sink.event_bytes = 0;
    expect("event_bytes is 0, which no revision up to 1 has: let the macros of affnotify/sink.h "
           "fill it in");
    sink.batch_bytes = 1000;
    expect("batch_bytes is 1000, which no revision up to 1 has: let the macros of "
           "affnotify/sink.h fill it in");
    sink.reply_bytes = 9;
    expect("reply_bytes is 9, which no revision up to 1 has: let the macros of affnotify/sink.h "
           "fill it in");
    sink.host_bytes = 4;
    expect("host_bytes is 4, which no revision up to 1 has: let the macros of affnotify/sink.h "
           "fill it in");
}

static void identity(void **state)
{
    (void)state;
    static char long_name[] = "a234567890123456789012345678901234567890123456789012345678901234";
    sink.name = NULL;
    expect("name is \"\", but must be of a-z, 0-9 and _, begin with a letter and have at most 63 "
           "bytes");
    sink.name = "Right";
    expect("name is \"Right\", but must be of a-z, 0-9 and _, begin with a letter and have at most "
           "63 bytes");
    sink.name = long_name + 1;
    expect("name is \"234567890123456789012345678901234567890123456789012345678901234\", but must "
           "be of a-z, 0-9 and _, begin with a letter and have at most 63 bytes");
    sink.name = long_name;
    expect("name is \"a234567890123456789012345678901234567890123456789012345678901234\", but must "
           "be of a-z, 0-9 and _, begin with a letter and have at most 63 bytes");
    sink.version = "";
    expect("version must be one line of 1 to 63 bytes, such as \"1.0.2\"");
    sink.summary = "Two\nlines.";
    expect("summary must be one sentence on one line");
    sink.defaults = "a\nb";
    expect("defaults must be one line, such as \"retry=standard batch=100\"");
    sink.self_bytes = 1024 * 1024 + 1;
    expect("self_bytes is 1048577, but may be at most 1048576");
    sink.option_count = 257;
    expect("option_count is 257, but may be at most 256");
    sink.options = NULL;
    expect("option_count is 4, but options is NULL");
}

static void ways_to_deliver(void **state)
{
    (void)state;
    sink.deliver = NULL;
    expect("has neither deliver nor the extension affn.request/1");
    sink.extension = extension;
    expect("has both deliver and the extension affn.request/1; it can deliver by one only");
    sink.deliver = NULL;
    sink.extension = extension;
    requester.requester_bytes = 4;
    expect("affn.request/1: requester_bytes is 4, which no revision up to 1 has: let the macros of "
           "affnotify/sink.h fill it in");
    sink.deliver = NULL;
    sink.extension = extension;
    requester.prepare = NULL;
    expect("affn.request/1: prepare is NULL");
    sink.deliver = NULL;
    sink.extension = extension;
    options[0].name = "proxy";
    expect("option proxy: the name is reserved for affnotify in sinks that make requests");
    options[0].name = "proxy"; /* but free for all others */
    expect("");
}

static void the_renderer(void **state)
{
    (void)state;
    struct plugin plugin = {0};
    struct error error = {""};
    assert_int_equal(descriptor_read(&sink, &plugin, &error), 0);
    assert_false(plugin.renders);
    descriptor_finish(&plugin);
    sink.extension = rendering;
    assert_int_equal(descriptor_read(&sink, &plugin, &error), 0);
    assert_true(plugin.renders);
    assert_ptr_equal(plugin.renderer.render, render);
    descriptor_finish(&plugin);

    sink.extension = rendering;
    renderer.render = NULL;
    expect("affn.render/1: render is NULL");
    sink.extension = rendering;
    renderer.renderer_bytes = 8;
    expect("affn.render/1: renderer_bytes is 8, which no revision up to 1 has: let the macros of "
           "affnotify/sink.h fill it in");
    sink.extension = rendering;
    renderer.renderer_bytes = sizeof renderer + 8;
    expect("affn.render/1: renderer_bytes is 24, which no revision up to 1 has: let the macros of "
           "affnotify/sink.h fill it in");
    sink.extension = both;
    sink.deliver = NULL;
    expect("has both the extension affn.render/1 and affn.request/1; what it would send is seen by "
           "the host");
}

static void expect_notifier(const char *sentence, bool requests)
{
    sink.extension = requests ? requesting_and_notifying : notifying;
    if (requests)
        sink.deliver = NULL;
    expect(sentence);
}

static void the_notifier(void **state)
{
    (void)state;
    struct plugin plugin = {0};
    struct error error = {""};
    assert_int_equal(descriptor_read(&sink, &plugin, &error), 0);
    assert_false(plugin.notifies);
    descriptor_finish(&plugin);
    sink.extension = notifying;
    assert_int_equal(descriptor_read(&sink, &plugin, &error), 0);
    assert_true(plugin.notifies);
    assert_ptr_equal(plugin.notifier.deliver, deliver_notice);
    descriptor_finish(&plugin);
    make_right(NULL);

    notifier = (struct affn_notifier){AFFN_NOTIFIER_STAMP, NULL, prepare_notice, NULL};
    expect_notifier("", true);
    notifier = (struct affn_notifier){AFFN_NOTIFIER_STAMP, NULL, prepare_notice, conclude_notice};
    expect_notifier("", true);
    expect_notifier("affn.notice/1: prepare is NULL in a sink that makes requests", true);
    notifier.prepare = prepare_notice;
    expect_notifier("affn.notice/1: deliver is set in a sink that makes requests", true);
    notifier.deliver = NULL;
    expect_notifier("affn.notice/1: deliver is NULL in a sink that makes no requests", false);
    notifier.prepare = prepare_notice;
    expect_notifier("affn.notice/1: prepare or conclude is set in a sink that makes no requests",
                    false);
    notifier.conclude = conclude_notice;
    expect_notifier("affn.notice/1: prepare or conclude is set in a sink that makes no requests",
                    false);
    notifier.notifier_bytes = 16;
    expect_notifier("affn.notice/1: notifier_bytes is 16, which no revision up to 1 has: let the "
                    "macros of affnotify/sink.h fill it in",
                    false);
    notifier.notice_bytes = 0;
    expect_notifier("affn.notice/1: notice_bytes is 0, which no revision up to 1 has: let the "
                    "macros of affnotify/sink.h fill it in",
                    false);
    notifier.notice_bytes += 8;
    expect_notifier("affn.notice/1: notice_bytes is 72, which no revision up to 1 has: let the "
                    "macros of affnotify/sink.h fill it in",
                    false);
}

static void option_rows(void **state)
{
    (void)state;
    options[1].name = NULL;
    expect("options[1]: its name is \"\", but must be of a-z, 0-9 and _, begin with a letter and "
           "have at most 63 bytes");
    options[1].name = "bus.x";
    expect("options[1]: its name is \"bus.x\", but must be of a-z, 0-9 and _, begin with a letter "
           "and have at most 63 bytes");
    options[1].name = "url";
    expect("option url: stands in the table twice");
    options[1].name = "was";
    expect("option was: the name is reserved for affnotify");
    options[1].name = "bat"; /* a part of a reserved word is not the word */
    expect("");
    options[3].name = "bus";
    expect("option bus: no map may be named so; \"bus.\" is reserved");
    options[1].type = 11;
    expect("option number: its type is 11, which is none");
    options[1].flags = 32;
    expect("option number: its flags are 0x20, of which some are unknown");
    options[1].flags = AFFN_WRITTEN;
    expect("option number: is AFFN_WRITTEN, but no AFFN_PATH");
    options[1].offset += 4;
    expect("option number: its offset 12 is not aligned for its type");
    options[1].offset = sizeof(struct self);
    expect("option number: its member at 40 does not lie within self_bytes (40)");
    options[1].offset = 0xfffffff8;
    expect("option number: its member at 4294967288 does not lie within self_bytes (40)");
    sink.self_bytes = 39;
    expect("option map: its member at 24 does not lie within self_bytes (39)");
    options[1].help = "";
    expect("option number: help must be one sentence on one line");
    options[1].choices = colours;
    expect("option number: has choices, but is no AFFN_CHOICE");
    options[2].choices = NULL;
    expect("option choice: has no choices");
    options[2].choices = no_choices;
    expect("option choice: has no choices");
    options[2].choices = two_words;
    expect("option choice: each choice must be one word");
    options[0].max = 1;
    expect("option url: has bounds, but is no number");
    options[1].min = 10;
    expect("option number: its min is greater than its max");
    options[3].fallback = "x";
    expect("option map: a map can have no default");
    options[1].fallback = "10";
    expect("option number: its default: must be from 1 to 9, not `10`");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(right, make_right),
        cmocka_unit_test_setup(stamp, make_right),
        cmocka_unit_test_setup(identity, make_right),
        cmocka_unit_test_setup(ways_to_deliver, make_right),
        cmocka_unit_test_setup(the_renderer, make_right),
        cmocka_unit_test_setup(the_notifier, make_right),
        cmocka_unit_test_setup(option_rows, make_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
