/* affnotifyd: reads its options and runs the bus, a check, or the question for an ID. */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/bus/checker.h"
#include "core/bus/control.h"

#define STATUS_USAGE 2

static const char usage[] =
    "affnotifyd -c FILE [--strict] [--debug]  run the bus in the foreground\n"
    "affnotifyd -c FILE --check [--json]      check the configuration and every plugin's options\n"
    "affnotifyd --id EMAIL                    print the affiliate ID that this e-mail gives, as "
    "JSON\n"
    "affnotifyd --version | --help\n"
    "\n"
    "It logs to stderr. SIGTERM stops it: nothing new goes out, what is in flight gets 5 seconds.\n"
    "--strict refuses to start when any section has a mistake; without it, such a sink starts\n"
    "stopped and its events wait. --debug shows what plugins log at that level.\n";

static int print_id(const char *email)
{
    json_t *answer = control_id_answer(email, NULL);
    bool ok = json_is_true(json_object_get(answer, "ok"));
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(answer);
    return ok ? 0 : 1;
}

static int fail_usage(const char *text)
{
    fprintf(stderr, "affnotifyd: %s\n\n%s", text, usage);
    return STATUS_USAGE;
}

int main(int argc, char **argv)
{
    enum {
        OPTION_CHECK = 256,
        OPTION_JSON,
        OPTION_STRICT,
        OPTION_ID,
        OPTION_DEBUG,
        OPTION_VERSION
    };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, OPTION_CHECK},
        {"json", no_argument, NULL, OPTION_JSON},
        {"strict", no_argument, NULL, OPTION_STRICT},
        {"debug", no_argument, NULL, OPTION_DEBUG},
        {"id", required_argument, NULL, OPTION_ID},
        {"version", no_argument, NULL, OPTION_VERSION},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *config_path = NULL;
    bool check = false, json = false, strict = false;
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            config_path = optarg;
            break;
        case OPTION_CHECK:
            check = true;
            break;
        case OPTION_JSON:
            json = true;
            break;
        case OPTION_STRICT:
            strict = true;
            break;
        case OPTION_DEBUG:
            log_set_level(LOG_LEVEL_DEBUG);
            break;
        case OPTION_ID:
            return print_id(optarg);
        case OPTION_VERSION:
            puts("affnotifyd " AFFN_VERSION);
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            return STATUS_USAGE; /* getopt has said what is wrong */
        }
    }
    if (optind < argc)
        return fail_usage("takes options only");
    if (!config_path)
        return fail_usage("-c FILE is needed");
    return check ? checker_main(config_path, json) : bus_run(config_path, strict);
}
