/* See daemon.h. */
#include "core/cli/daemon.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/program.h"

extern char **environ;

/* Starts it with its stdin and stdout being these; 0 or an errno. */
static int start(const char *path, const char *const *arguments, int in, int out, pid_t *pid)
{
    char *argv[DAEMON_ARGUMENTS_MAX + 2] = {(char *)(uintptr_t)path};
    for (size_t i = 0; arguments[i]; i++) {
        assert(i < DAEMON_ARGUMENTS_MAX);
        argv[i + 1] = (char *)(uintptr_t)arguments[i]; /* posix_spawn only reads them */
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    int result = posix_spawn(pid, path, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

/* Reads to the end of the output; what is beyond the limit makes it no answer at all. */
static int read_output(int fd, struct buffer *output)
{
    for (;;) {
        char chunk[16 * 1024];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return (int)got;
        if (buffer_add(output, chunk, (size_t)got) < 0)
            return -1;
    }
}

static json_t *run(const char *path, const char *const *arguments, int input_fd,
                   const int pipe_fds[2], struct buffer *output, struct error *error)
{
    pid_t pid;
    int status = 0;
    errno = start(path, arguments, input_fd, pipe_fds[1], &pid);
    close(pipe_fds[1]);
    if (errno != 0) {
        error_set_errno(error, "%s", path);
        close(pipe_fds[0]);
        return NULL;
    }
    int result = read_output(pipe_fds[0], output);
    close(pipe_fds[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    json_t *answer = NULL;
    if (result == 0)
        answer =
            json_loadb(output->data, output->len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (json_is_object(answer))
        return answer;
    json_decref(answer);
    if (WIFSIGNALED(status))
        error_set(error, "%s was ended by signal %d (%s)", path, WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else
        error_set(error, "%s gave no answer (exit code %d)", path, WEXITSTATUS(status));
    return NULL;
}

json_t *daemon_ask(const char *const *arguments, const struct buffer *input, struct error *error)
{
    int pipe_fds[2];
    int input_fd = file_in_memory("affnotifyd-input", input);
    if (input_fd < 0) {
        error_set_errno(error, "cannot hand its input to affnotifyd");
        return NULL;
    }
    if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
        error_set_errno(error, "a pipe to affnotifyd");
        close(input_fd);
        return NULL;
    }
    struct buffer output;
    buffer_init(&output, ANSWER_BYTES_MAX);
    char *path = program_relative("affnotifyd");
    json_t *answer = run(path, arguments, input_fd, pipe_fds, &output, error);
    free(path);
    buffer_finish(&output);
    close(input_fd);
    return answer;
}
