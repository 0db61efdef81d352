/* See launch.h. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD 3 /* behind stdin, stdout and stderr */

/* Its ends of the pipes, and where it says why it could not start. */
struct far_ends {
    int input;
    int output;
    int printed;
    int report;
};

void pipes_close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void pipes_close(struct pipes *pipes)
{
    pipes_close_one(&pipes->input);
    pipes_close_one(&pipes->unread);
    pipes_close_one(&pipes->answers);
    pipes_close_one(&pipes->printed);
}

/* ---- In the child, between fork and exec: async-signal-safe calls only ---- */

static _Noreturn void report(int fd, enum step step)
{
    struct start_failure failure = {.step = step, .error = errno};
    ssize_t written = write(fd, &failure, sizeof failure);
    _exit(written == sizeof failure ? 126 : 127);
}

static _Noreturn void become(const struct recipe *recipe, const struct far_ends *ends, pid_t parent)
{
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126); /* the host died before it was asked for */
    /* The host ignores some, and what is ignored stays so across exec. */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(ends->input, STDIN_FILENO) < 0 || dup2(ends->output, STDOUT_FILENO) < 0 ||
        dup2(ends->printed, STDERR_FILENO) < 0)
        report(ends->report, STEP_PIPE);
    close_range(FIRST_FD, ~0U, CLOSE_RANGE_CLOEXEC);
    if (chdir(recipe->folder) < 0)
        report(ends->report, STEP_FOLDER);
    execve(recipe->arguments[0], recipe->arguments, recipe->environment);
    report(ends->report, STEP_PROGRAM);
}

/* ---- In the host ---- */

/* A pipe of which our end does not block; its other end does, as programs expect. */
static int make_pipe(int *ours, int *theirs, int we_write)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    *ours = ends[we_write];
    *theirs = ends[!we_write];
    return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

/* Until it runs, which closes the pipe, or has said why not. */
static int wait_until_it_runs(int report_fd, struct start_failure *failure)
{
    ssize_t got;
    do {
        got = read(report_fd, failure, sizeof *failure);
    } while (got < 0 && errno == EINTR);
    if (got == 0)
        return 0;
    if (got != sizeof *failure)
        *failure = (struct start_failure){STEP_PROCESS, EIO};
    return -1;
}

pid_t launch(const struct recipe *recipe, struct pipes *pipes, struct start_failure *failure)
{
    struct far_ends ends = {-1, -1, -1, -1};
    int report_fd[2] = {-1, -1};
    pid_t pid = -1;
    *pipes = (struct pipes){-1, -1, -1, -1};
    *failure = (struct start_failure){STEP_NONE, 0};
    if (make_pipe(&pipes->input, &ends.input, 1) < 0 ||
        make_pipe(&pipes->printed, &ends.printed, 0) < 0 || pipe2(report_fd, O_CLOEXEC) < 0 ||
        (recipe->answers && make_pipe(&pipes->answers, &ends.output, 0) < 0)) {
        *failure = (struct start_failure){STEP_PIPE, errno};
        goto close_far_ends;
    }
    if (!recipe->answers)
        ends.output = ends.printed;
    ends.report = report_fd[1];
    pid_t parent = getpid();
    pid = fork();
    if (pid == 0)
        become(recipe, &ends, parent);
    if (pid < 0)
        *failure = (struct start_failure){STEP_PROCESS, errno};
    pipes_close_one(&report_fd[1]);
    if (pid > 0 && wait_until_it_runs(report_fd[0], failure) < 0) {
        waitpid(pid, NULL, 0);
        pid = -1;
    }
    pipes->unread = ends.input;
    ends.input = -1;

close_far_ends:
    pipes_close_one(&report_fd[0]);
    pipes_close_one(&report_fd[1]);
    pipes_close_one(&ends.input);
    if (recipe->answers)
        pipes_close_one(&ends.output);
    pipes_close_one(&ends.printed);
    if (pid < 0)
        pipes_close(pipes);
    return pid;
}
