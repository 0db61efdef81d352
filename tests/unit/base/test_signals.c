/* What would end the program waits, and ends it afterwards; what is ignored stays ignored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/signals.h"

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

/* How a child ends that gets the signal while it holds them: 1 when it was not told of it. */
static int end_of_child(int number, void (*usual)(int))
{
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t before;
        signal(number, usual);
        signals_hold(&before);
        bool early = signals_came();
        raise(number);
        if (early || signals_came() != (usual == SIG_DFL))
            _exit(1);
        signals_release(&before);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

static void one_that_came_has_its_effect_later(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int status = end_of_child(numbers[i], SIG_DFL);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), numbers[i]);
    }
}

static void an_ignored_one_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int status = end_of_child(numbers[i], SIG_IGN);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_came_has_its_effect_later),
        cmocka_unit_test(an_ignored_one_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
