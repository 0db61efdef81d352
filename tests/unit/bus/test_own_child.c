/* A process that was reaped is not killed: its number may be another's by then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/bus/bus.h"
#include "core/bus/own_child.h"

static pid_t killed; /* by the last call; 0: none */
static int answers;

/* In the place of libc's. */
int kill(pid_t pid, int number)
{
    assert_int_equal(number, SIGKILL);
    killed = pid;
    return 0;
}

static void done(struct bus *bus, json_t *answer)
{
    (void)bus;
    (void)answer;
    answers++;
}

static void a_reaped_process_is_not_killed(void **state)
{
    (void)state;
    static const char *const arguments[] = {"-c", "exit 0", NULL};
    struct bus bus = {.own_program_fd = open("/bin/sh", O_RDONLY | O_CLOEXEC)};
    struct error error;
    int status;
    bus.base = event_base_new();
    struct own_child *child = own_child_ask(&bus, arguments, done, &error);
    assert_non_null(child);
    pid_t pid = waitpid(-1, &status, 0);
    own_child_kill(child);
    assert_int_equal(killed, pid);

    killed = 0;
    assert_false(own_child_reaped(&bus, pid + 1));
    assert_true(own_child_reaped(&bus, pid));
    assert_false(own_child_reaped(&bus, pid));
    own_child_kill(child);
    assert_int_equal(killed, 0);
    event_base_loop(bus.base, EVLOOP_ONCE); /* the end of its output, which came later */
    assert_int_equal(answers, 1);
    assert_null(bus.own_children);

    assert_non_null(own_child_ask(&bus, arguments, done, &error));
    pid = waitpid(-1, &status, 0);
    assert_true(own_child_reaped(&bus, pid));
    own_child_stop_all(&bus);
    assert_int_equal(killed, 0);
    event_base_free(bus.base);
    close(bus.own_program_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reaped_process_is_not_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
