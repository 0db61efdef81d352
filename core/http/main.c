/*
 * affnotify-http: started by the bus, with its socket on fd 3 and systemd's sockets behind it. It
 * has no options: everything it needs to know comes by that socket.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/base/cores.h"
#include "core/base/program.h"
#include "core/http/door.h"

static bool is_started_by_the_bus(void)
{
    struct stat status;
    return fstat(3, &status) == 0 && S_ISSOCK(status.st_mode);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("affnotify-http " AFFN_VERSION);
        return 0;
    }
    if (argc > 1 || !is_started_by_the_bus()) {
        fputs("affnotify-http: is started by affnotifyd, when [bus] has the key `listen` or "
              "`admin_listen`\n",
              stderr);
        return 2;
    }
    cores_follow();
    program_hold_standard_fds();
    return door_run();
}
