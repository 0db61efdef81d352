/* affnotifyd: reads its options and runs the bus, or answers one question as JSON. */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/base/cores.h"
#include "core/base/log.h"
#include "core/base/program.h"
#include "core/bus/answer.h"
#include "core/bus/bus.h"
#include "core/bus/catalogue.h"
#include "core/bus/checker.h"
#include "core/bus/config_show.h"
#include "core/bus/control.h"
#include "core/bus/log_email.h"
#include "core/bus/sealer.h"
#include "core/bus/trial.h"

#define STATUS_USAGE 2

static const char usage[] =
    "affnotifyd -c FILE [--strict] [--debug]\n"
    "    Runs the bus in the foreground. It logs to stderr. SIGTERM stops it: nothing\n"
    "    new goes out, what is in flight gets 5 seconds. SIGHUP does what `affnotify\n"
    "    reload` does, and logs what that prints. --strict refuses to start\n"
    "    when any section has a mistake; without it, such a sink starts stopped and\n"
    "    its events wait. --debug shows what plugins log at that level.\n"
    "affnotifyd -c FILE --check [--json] [--online]\n"
    "    Checks the configuration, every plugin's options, and the files that they\n"
    "    name; with --online, that name servers know each host. Root looks as the\n"
    "    owner of the state folder. --digests, which a running affnotifyd uses,\n"
    "    looks at no more than a start would, and adds what tells one state of the\n"
    "    configuration from another.\n"
    "\n"
    "These print one line of JSON and can be used beside a running bus; `affnotify`\n"
    "shows the same for people:\n"
    "\n"
    "affnotifyd -c FILE --render SINK [--events]    what the sink would send\n"
    "affnotifyd -c FILE --test SINK [--events]      delivers a marked event\n"
    "affnotifyd -c FILE --test-notice SINK          gives a marked notice\n"
    "affnotifyd [-c FILE] --plugins                 the plugins that can be had\n"
    "affnotifyd [-c FILE] --describe NAME           a plugin, by its name, its path,\n"
    "                                               or a sink's name\n"
    "affnotifyd -c FILE --config-show               each value, and where it is from\n"
    "affnotifyd -c FILE --config-show-sink SINK     the same of one sink\n"
    "affnotifyd --id EMAIL                          the affiliate ID of an e-mail\n"
    "affnotifyd --keygen FILE                       makes a key file\n"
    "affnotifyd -c FILE --seal SECTION --key KEY    seals the secret that stdin holds\n"
    "affnotifyd -c FILE --seal-in-place [--again]   seals the literal secrets\n"
    "    With --events, events are read from stdin, a JSON object a line; without it\n"
    "    there is a sample.\n"
    "\n"
    "affnotifyd --version | --help\n";

/* What is to be done; the bus is run when nothing else is said. */
enum mode {
    MODE_RUN,
    MODE_CHECK,
    MODE_RENDER,
    MODE_TEST,
    MODE_TEST_NOTICE,
    MODE_PLUGINS,
    MODE_DESCRIBE,
    MODE_CONFIG_SHOW,
    MODE_CONFIG_SHOW_SINK,
    MODE_ID,
    MODE_KEYGEN,
    MODE_SEAL,
    MODE_SEAL_IN_PLACE,
    MODE_VERSION,
    MODE_HELP,
};

struct call {
    enum mode mode;
    const char *operand; /* of the mode's option */
    const char *config_path;
    const char *key;
    bool again;
    bool events;
    bool json;
    bool online;
    bool digests;
    bool strict;
};

static int fail_usage(const char *text)
{
    fprintf(stderr, "affnotifyd: %s\n\n%s", text, usage);
    return STATUS_USAGE;
}

static int read_options(int argc, char **argv, struct call *call)
{
    enum {
        OPTION_MODE = 256, /* and the mode's number */
        OPTION_EVENTS = OPTION_MODE + MODE_HELP + 1,
        OPTION_AGAIN,
        OPTION_KEY,
        OPTION_JSON,
        OPTION_ONLINE,
        OPTION_DIGESTS,
        OPTION_STRICT,
        OPTION_DEBUG,
    };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, OPTION_MODE + MODE_CHECK},
        {"render", required_argument, NULL, OPTION_MODE + MODE_RENDER},
        {"test", required_argument, NULL, OPTION_MODE + MODE_TEST},
        {"test-notice", required_argument, NULL, OPTION_MODE + MODE_TEST_NOTICE},
        {"plugins", no_argument, NULL, OPTION_MODE + MODE_PLUGINS},
        {"describe", required_argument, NULL, OPTION_MODE + MODE_DESCRIBE},
        {"config-show", no_argument, NULL, OPTION_MODE + MODE_CONFIG_SHOW},
        {"config-show-sink", required_argument, NULL, OPTION_MODE + MODE_CONFIG_SHOW_SINK},
        {"id", required_argument, NULL, OPTION_MODE + MODE_ID},
        {"keygen", required_argument, NULL, OPTION_MODE + MODE_KEYGEN},
        {"seal", required_argument, NULL, OPTION_MODE + MODE_SEAL},
        {"seal-in-place", no_argument, NULL, OPTION_MODE + MODE_SEAL_IN_PLACE},
        {"version", no_argument, NULL, OPTION_MODE + MODE_VERSION},
        {"help", no_argument, NULL, OPTION_MODE + MODE_HELP},
        {"again", no_argument, NULL, OPTION_AGAIN},
        {"events", no_argument, NULL, OPTION_EVENTS},
        {"key", required_argument, NULL, OPTION_KEY},
        {"json", no_argument, NULL, OPTION_JSON},
        {"online", no_argument, NULL, OPTION_ONLINE},
        {"digests", no_argument, NULL, OPTION_DIGESTS},
        {"strict", no_argument, NULL, OPTION_STRICT},
        {"debug", no_argument, NULL, OPTION_DEBUG},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == 'h')
            option = OPTION_MODE + MODE_HELP;
        if (option > OPTION_MODE && option < OPTION_EVENTS) {
            if (call->mode != MODE_RUN)
                return fail_usage("does one thing at a time");
            call->mode = (enum mode)(option - OPTION_MODE);
            call->operand = optarg;
        } else if (option == 'c') {
            call->config_path = optarg;
        } else if (option == OPTION_KEY) {
            call->key = optarg;
        } else if (option == OPTION_DEBUG) {
            log_set_level(LOG_LEVEL_DEBUG);
        } else if (option == '?') {
            return STATUS_USAGE; /* getopt has said what is wrong */
        } else {
            call->again = call->again || option == OPTION_AGAIN;
            call->events = call->events || option == OPTION_EVENTS;
            call->json = call->json || option == OPTION_JSON;
            call->online = call->online || option == OPTION_ONLINE;
            call->digests = call->digests || option == OPTION_DIGESTS;
            call->strict = call->strict || option == OPTION_STRICT;
        }
    }
    return optind < argc ? fail_usage("takes options only") : 0;
}

static int carry_out(const struct call *call)
{
    static const bool needs_config[] = {[MODE_RUN] = true,
                                        [MODE_CHECK] = true,
                                        [MODE_RENDER] = true,
                                        [MODE_TEST] = true,
                                        [MODE_TEST_NOTICE] = true,
                                        [MODE_CONFIG_SHOW] = true,
                                        [MODE_CONFIG_SHOW_SINK] = true,
                                        [MODE_SEAL] = true,
                                        [MODE_SEAL_IN_PLACE] = true,
                                        [MODE_HELP] = false};
    if (needs_config[call->mode] && !call->config_path)
        return fail_usage("-c FILE is needed");
    switch (call->mode) {
    case MODE_CHECK:
        return checker_main(call->config_path,
                            call->digests ? CHECKER_DIGESTS
                            : call->json  ? CHECKER_JSON
                                          : CHECKER_LINES,
                            call->online);
    case MODE_RENDER:
        return trial_main(call->config_path, TRIAL_RENDER, call->operand, call->events);
    case MODE_TEST:
        return trial_main(call->config_path, TRIAL_TEST, call->operand, call->events);
    case MODE_TEST_NOTICE:
        return trial_main(call->config_path, TRIAL_NOTICE, call->operand, false);
    case MODE_PLUGINS:
        return catalogue_list(call->config_path);
    case MODE_DESCRIBE:
        return catalogue_describe(call->config_path, call->operand);
    case MODE_CONFIG_SHOW:
    case MODE_CONFIG_SHOW_SINK:
        return config_show_main(call->config_path, call->operand);
    case MODE_ID:
        return answer_print(control_id_answer(call->operand, NULL));
    case MODE_KEYGEN:
        return sealer_keygen(call->operand);
    case MODE_SEAL:
        return sealer_seal(call->config_path, call->operand, call->key);
    case MODE_SEAL_IN_PLACE:
        return sealer_in_place(call->config_path, call->again);
    case MODE_VERSION:
        puts("affnotifyd " AFFN_VERSION);
        return 0;
    case MODE_HELP:
        fputs(usage, stdout);
        return 0;
    case MODE_RUN:
        break;
    }
    return bus_run(call->config_path, call->strict);
}

int main(int argc, char **argv)
{
    struct call call = {.mode = MODE_RUN};
    cores_hold_back();
    log_email_set(EMAIL_MASKED); /* until the configuration says otherwise */
    program_hold_standard_fds();
    int status = read_options(argc, argv, &call);
    if (call.mode != MODE_RUN)
        cores_forbid(); /* else the configuration decides */
    return status ? status : carry_out(&call);
}
